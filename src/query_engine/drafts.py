"""The values that pass between the steps: clarification, interpretation, draft.

Frozen data and no effects; the state machine stores them as they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from src.data.approved import ApprovedQuery, GuardVerdict
from src.query_engine.plan import QueryPlan


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Interpretation(_Value):
    """One reading of the question, in words and as a plan. Also readable like a mapping:
    ``item["interpretation"]``, ``item["confidence"]``.

    Attributes:
        text: the reading in one sentence.
        confidence: probability that this is the reading the analyst means, 0 to 1; those of one
            clarification add up to at most 1.
        assumptions: what was filled in that the question did not say, in plain words.
        sense: what tells this reading from its siblings, in a few words ("by ROAS").
        engine: who proposed it: ``offline`` or a model name.
    """

    text: str
    confidence: float
    assumptions: tuple[str, ...] = ()
    plan: QueryPlan | None = None
    sense: str = ""
    engine: str = "offline"

    def __getitem__(self, key: str) -> Any:
        if key == "interpretation":
            return self.text
        if key in type(self).model_fields:
            return getattr(self, key)
        raise KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Like `dict.get`."""
        try:
            return self[key]
        except KeyError:
            return default

    def keys(self) -> Iterator[str]:
        """Like `dict.keys`, so that ``dict(item)`` works."""
        yield "interpretation"
        yield from (name for name in type(self).model_fields if name != "text")

    def __contains__(self, key: object) -> bool:
        return key == "interpretation" or key in type(self).model_fields


class Refusal(_Value):
    """Why a question cannot be answered from this data.

    Attributes:
        kind: stable name of the reason.
        reason: plain words that name what is missing.
        missing: the words of the question that nothing in the data matches.
        nearest: questions that can be asked instead, nearest first; each parses.
    """

    kind: Literal[
        "empty", "too_long", "missing_column", "missing_value", "missing_period", "unsupported",
        "not_a_question",
    ]  # fmt: skip
    reason: str
    missing: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()


class Clarification(_Value):
    """The outcome of the Clarify step: at most five readings, best first, or a refusal.

    Attributes:
        not_understood: words that no reading uses; shown to the analyst.
        engine: who answered.
        notes: e.g. that a model failed and the offline engine took over.
    """

    question: str
    interpretations: tuple[Interpretation, ...] = ()
    refusal: Refusal | None = None
    not_understood: tuple[str, ...] = ()
    engine: str = "offline"
    notes: tuple[str, ...] = ()


class Lint(_Value):
    """A warning about what the SQL means; never blocks.

    Attributes:
        rule: stable name, e.g. ``average_of_ratio``, ``summed_reach``, ``mixed_currencies``,
            ``partial_last_day``.
        severity: ``warning`` (may mislead) or ``info``.
        start, end: character offsets in the SQL, or None.
    """

    rule: str
    message: str
    severity: Literal["info", "warning"] = "warning"
    hint: str = ""
    start: int | None = None
    end: int | None = None


class OutputColumn(_Value):
    """What a column of the result means, so that it can be formatted, charted and explained.

    Attributes:
        kind: ``metric`` is the value itself; ``baseline`` the metric in the comparison period;
            ``change`` absolute and ``change_pct`` relative change (a fraction); ``share`` a
            fraction of the total.
        metric: name of the metric this column belongs to, for all but dimension and time.
        unit: value of `src.data.semantic.Unit`, or None for text and dates.
        grain: for kind ``time``, value of `Grain`.
        to_date: each value takes in those of the buckets before it.
    """

    name: str
    label: str
    kind: Literal[
        "dimension", "time", "metric", "baseline", "change", "change_pct", "share", "other"
    ]
    metric: str | None = None
    unit: str | None = None
    currency: str | None = None
    grain: str | None = None
    higher_is_better: bool | None = None
    to_date: bool = False


class SqlDraft(_Value):
    """SQL for the analyst to review. Nothing runs from here but through `approve`.

    Attributes:
        explanation: what the SQL does, a sentence a line.
        reads: columns it reads, as ``table.column``.
        columns: what its output columns mean; empty when unknown (edited beyond recognition).
        engine: who wrote it: ``offline``, a model name, or ``you`` after an edit.
        disagreement: when a model's SQL differs from the compiler's for the same plan: how.
        edited: True when a person changed the text.
        comment: the reviewer's comment that this draft answers.
    """

    sql: str
    dialect: str
    explanation: tuple[str, ...] = ()
    guard: GuardVerdict
    lints: tuple[Lint, ...] = ()
    reads: tuple[str, ...] = ()
    columns: tuple[OutputColumn, ...] = ()
    plan: QueryPlan | None = None
    engine: str = "offline"
    disagreement: str | None = None
    edited: bool = False
    comment: str | None = None

    def approve(self, *, by: str, at: dt.datetime | None = None) -> ApprovedQuery:
        """Approve exactly this text in the name of `by`.

        Raises:
            NotApproved: the guard refuses the text.
        """
        return ApprovedQuery.approve(self.sql, self.guard, by=by, at=at)
