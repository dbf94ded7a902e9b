"""From outcomes to figures: accuracy, recall, refusals, over-asking, calibration, cost, latency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

BINS = 10
AMBIGUOUS = "ambiguous"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Outcome(_Value):
    """What became of one case.

    Attributes:
        result: ``right`` and ``wrong`` answers; ``refused``; ``failed`` when no SQL came or ran;
            ``gold_failed`` when the gold SQL itself does not run (left out of all figures).
        rank: position (1-based) of the first reading whose SQL gives a gold answer, or None.
        confidence: the engine's own, of its first reading.
        readings: how many it offered.
        seconds_to_readings, seconds_to_sql: wall time of the two steps.
        reason: why it is not right, in a few words.
    """

    question: str
    expected_refusal: bool
    result: Literal["right", "wrong", "refused", "failed", "gold_failed"]
    rank: int | None = None
    confidence: float | None = None
    readings: int = 0
    sql: str | None = None
    engine: str = ""
    reason: str = ""
    seconds_to_readings: float = 0.0
    seconds_to_sql: float = 0.0
    tags: tuple[str, ...] = ()
    ambiguous: bool = False


class CalibrationBin(_Value):
    """Answers whose confidence lies in [low, high): how many, their mean confidence, their share
    that was right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


class Calibration(_Value):
    """How far confidence can be believed. Brier: mean squared gap between confidence and outcome
    (0 best); ECE: expected calibration error over equal-width bins. None without answers."""

    brier: float | None
    ece: float | None
    bins: tuple[CalibrationBin, ...]


class EvaluationReport(_Value):
    """Figures of one run, fractions from 0 to 1; None where there was nothing to count.

    Attributes:
        accuracy: first readings that give a gold answer, of answerable cases.
        recall_at_5: answerable cases where any of the readings does.
        refusal_precision: refusals that were expected, of all refusals.
        refusal_recall: expected refusals that came.
        over_asking: unambiguous answerable cases where several readings were offered although the
            first was right.
        cost: dollars, exact decimal text; None when unknown.
        seconds_to_readings, seconds_to_sql: p50 and p95.
        by_tag: accuracy per tag.
    """

    engine: str
    cases: int
    answerable: int
    accuracy: float | None
    recall_at_5: float | None
    refusal_precision: float | None
    refusal_recall: float | None
    over_asking: float | None
    calibration: Calibration
    cost: str | None
    seconds_to_readings: dict[str, float]
    seconds_to_sql: dict[str, float]
    by_tag: dict[str, float]
    outcomes: tuple[Outcome, ...]

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready data."""
        return self.model_dump(mode="json")


def score(outcomes: Sequence[Outcome], *, engine: str, cost: str | None = None) -> EvaluationReport:
    """The figures of a run."""
    counted = [o for o in outcomes if o.result != "gold_failed"]
    answerable = [o for o in counted if not o.expected_refusal]
    refused = [o for o in counted if o.result == "refused"]
    impossible = [o for o in counted if o.expected_refusal]
    clear = [o for o in answerable if not o.ambiguous]
    tags = sorted({t for o in answerable for t in o.tags})
    return EvaluationReport(
        engine=engine,
        cases=len(outcomes),
        answerable=len(answerable),
        accuracy=_share([o.result == "right" for o in answerable]),
        recall_at_5=_share([o.rank is not None and o.rank <= 5 for o in answerable]),
        refusal_precision=_share([o.expected_refusal for o in refused]),
        refusal_recall=_share([o.result == "refused" for o in impossible]),
        over_asking=_share([o.readings > 1 and o.result == "right" for o in clear]),
        calibration=calibrate(
            [(o.confidence, o.result == "right") for o in counted if o.confidence is not None]
        ),
        cost=cost,
        seconds_to_readings=_percentiles([o.seconds_to_readings for o in outcomes]),
        seconds_to_sql=_percentiles([o.seconds_to_sql for o in outcomes if o.sql]),
        by_tag={
            t: _share([o.result == "right" for o in answerable if t in o.tags]) or 0.0 for t in tags
        },
        outcomes=tuple(outcomes),
    )


def calibrate(pairs: Sequence[tuple[float, bool]]) -> Calibration:
    """Brier score and expected calibration error of (confidence, was right) pairs."""
    if not pairs:
        return Calibration(brier=None, ece=None, bins=())
    bins = []
    for i in range(BINS):
        inside = [p for p in pairs if min(int(p[0] * BINS), BINS - 1) == i]
        if inside:
            mean = sum(c for c, _ in inside) / len(inside)
            right = sum(r for _, r in inside) / len(inside)
            bins.append(
                CalibrationBin(
                    low=i / BINS,
                    high=(i + 1) / BINS,
                    count=len(inside),
                    confidence=mean,
                    accuracy=right,
                )
            )
    total = len(pairs)
    return Calibration(
        brier=sum((c - r) ** 2 for c, r in pairs) / total,
        ece=sum(b.count * abs(b.confidence - b.accuracy) for b in bins) / total,
        bins=tuple(bins),
    )


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    """Nearest-rank p50 and p95 in seconds."""
    if not values:
        return {}
    ranked = sorted(values)
    last = len(ranked) - 1
    return {"p50": ranked[round(0.50 * last)], "p95": ranked[round(0.95 * last)]}
