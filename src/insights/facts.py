"""Facts: numbers computed by code, each tied to the cells it came from."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Extreme = Literal["", "highest", "lowest"]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CellRef(_Value):
    """A cell of the result: row position (0-based, in result order) and column name."""

    row: int
    column: str


class Fact(_Value):
    """One number with its meaning.

    Attributes:
        id: unique within a result, ``f1``, ``f2`` …
        kind: ``leader``, ``laggard``, ``total``, ``share``, ``spread``, ``change``, ``trend`` …
        value: the number, in stored scale; a CTR of 5% is 0.05.
        unit: value of `src.data.semantic.Unit`, or None.
        subject: what it is about, e.g. a campaign's name; empty for the whole result.
        cells: every cell that the number was computed from.
        formula: how it was computed, in words, e.g. ``sum of spend over 14 rows``.
        extreme: ``highest`` or ``lowest`` of its column for a leader or laggard, else empty; ties
            at the other end leave a leader without a laggard to tell it from.
    """

    id: str
    kind: str
    value: float
    unit: str | None = None
    currency: str | None = None
    metric: str | None = None
    subject: str = ""
    cells: tuple[CellRef, ...] = ()
    formula: str = ""
    extreme: Extreme = ""


class Insight(_Value):
    """A sentence about the result.

    Attributes:
        kind: ``finding`` or ``caution`` (sample size, partial day, truncated result, data issue).
        text: numbers formatted for the reader.
        facts: ids of the facts its numbers are; every number in `text` is one of them.
        verified: True when the grounding check resolved every number and name in `text`.
        engine: ``offline`` (worded by code) or a model name.
    """

    kind: Literal["finding", "caution"]
    text: str
    facts: tuple[str, ...] = ()
    verified: bool = True
    engine: str = "offline"


class InsightReport(_Value):
    """Facts and the sentences built on them, most important first."""

    facts: tuple[Fact, ...] = ()
    insights: tuple[Insight, ...] = ()
    engine: str = "offline"
    notes: tuple[str, ...] = ()

    def fact(self, fact_id: str) -> Fact | None:
        """The fact of that id, or None."""
        return next((f for f in self.facts if f.id == fact_id), None)
