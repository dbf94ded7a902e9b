"""How much data a ratio rests on, and whether a lead is more than chance.

A leader by a ratio is a "winner" only if enough events stand behind it. Events are conversions for
a cost per conversion or a conversion rate, clicks for CTR and CPC; ROAS and order value borrow the
conversions beside them, because money itself has no sample size.
"""

from __future__ import annotations

from dataclasses import dataclass

from src.data.semantic import Aggregation, Unit
from src.insights.facts import CellRef
from src.insights.shape import Measure, Point, Shape
from src.insights.stats import proportions_differ, rates_differ

MIN_EVENTS = 30
_EVENT_CONCEPTS = ("conversions", "orders", "leads", "installs")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The events behind one value, with their cells; trials where the ratio is a proportion."""

    label: str
    events: float
    cells: tuple[CellRef, ...]
    trials: float | None = None

    @property
    def small(self) -> bool:
        return self.events < MIN_EVENTS


def evidence_for(shape: Shape, measure: Measure, point: Point) -> Evidence | None:
    """The events that `point` rests on, or None when the result does not hold them."""
    metric, table = measure.metric, shape.table
    if metric is None or table is None or metric.aggregation is not Aggregation.RATIO:
        return None
    top, bottom = _count(shape, metric.numerator), _count(shape, metric.denominator)
    if top and bottom and metric.scale == 1 and metric.unit is Unit.RATIO:
        events, trials = _sum(shape, top, point), _sum(shape, bottom, point)
        return Evidence(_label(shape, top), events[0], events[1], trials[0])
    column = bottom or top or _events_beside(shape)
    if column is None:
        return None
    total, cells = _sum(shape, column, point)
    return Evidence(_label(shape, column), total, cells)


def differ(leader: Point, a: Evidence, other: Point, b: Evidence) -> bool:
    """Whether the two values differ at 95%, by the test that fits the ratio."""
    if a.trials and b.trials:
        return proportions_differ((a.events, a.trials), (b.events, b.trials))
    return rates_differ(leader.value, a.events, other.value, b.events)


def _count(shape: Shape, column: str | None) -> str | None:
    """The result column with the sum of `column`, if that counts things."""
    found = shape.sums.get(column or "")
    if found is None:
        return None
    unit = next((m.column.unit for m in shape.measures if m.column.name == found), None)
    return found if unit == "count" else None


def _events_beside(shape: Shape) -> str | None:
    concepts = {c.concept: c.name for c in shape.table.columns} if shape.table else {}
    beside = (_count(shape, concepts.get(concept)) for concept in _EVENT_CONCEPTS)
    return next((column for column in beside if column), None)


def _sum(shape: Shape, column: str, point: Point) -> tuple[float, tuple[CellRef, ...]]:
    values = [(row, shape.value(column, row) or 0.0) for row in point.rows]
    return sum(v for _, v in values), tuple(CellRef(row=r, column=column) for r, _ in values)


def _label(shape: Shape, column: str) -> str:
    measure = next((m for m in shape.measures if m.column.name == column), None)
    return measure.label if measure else column
