"""How much data a ratio rests on, and whether a lead is more than chance.

A leader by a ratio is a "winner" only if enough events stand behind it. Events are conversions for
a cost per conversion or a conversion rate, clicks for CTR and CPC; ROAS and order value borrow the
conversions beside them, because money itself has no sample size. A query that lacks the counts is
not changed behind the reviewer's back: the caution names what to add.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from src.data.semantic import Aggregation, Unit
from src.insights.buckets import Period
from src.insights.compute import FactBook, leading_first
from src.insights.facts import CellRef, Fact
from src.insights.ranking import complete_points
from src.insights.shape import Measure, Point, Shape
from src.insights.stats import cost_interval, proportions_differ, rates_differ, wilson
from src.query_engine.phrases import label_in, listed, say
from src.reporting.formats import format_value

MIN_EVENTS = 30
_EVENT_CONCEPTS = ("conversions", "orders", "leads", "installs")


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning in words, with the ids of its facts; a higher weight is shown first."""

    rule: str
    text: str
    facts: tuple[str, ...] = ()
    weight: float = 50.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """The events behind one value, with their cells.

    Attributes:
        trials: of a proportion, what the events are a part of.
        counted: the ratio is one per event (a CPA, a CPC), so that its noise is that of the count.
    """

    label: str
    events: float
    cells: tuple[CellRef, ...]
    trials: float | None = None
    counted: bool = False

    @property
    def small(self) -> bool:
        return self.events < MIN_EVENTS


def sample_cautions(book: FactBook, shape: Shape, period: Period) -> Iterator[Caution]:
    """Leaders by a ratio that rest on few events, or whose lead is within chance.

    A lead in a proportion counts as real when Newcombe's 95% interval of the difference (Newcombe
    1998, method 10, on Wilson's intervals) excludes zero; in a cost per event, when the logarithm
    of the quotient is beyond the Poisson noise of both counts.
    """
    asked = False
    for measure in leading_first(shape):
        ranked = sorted(
            complete_points(shape, measure, period),
            key=lambda p: p.value,
            reverse=not measure.low_is_good,
        )
        if len(ranked) < 2 or not measure.comparable or shape.is_series:
            continue
        leader, second = ranked[0], ranked[1]
        if leader.value == second.value:
            continue
        mine, theirs = (evidence_for(shape, measure, p) for p in (leader, second))
        if mine is None or theirs is None:
            if not asked and measure.metric and measure.metric.aggregation is Aggregation.RATIO:
                asked = True
                weight = 72 if measure is leading_first(shape)[0] else 42
                yield Caution("sample_unknown", _ask_for_counts(shape, measure), weight=weight)
        elif mine.small:
            yield _small(book, shape, measure, leader, mine)
        elif not differ(leader, mine, second, theirs):
            yield _within_chance(book, shape, measure, leader, second)


def _ask_for_counts(shape: Shape, measure: Measure) -> str:
    """Which counts to ask for, where the table has them."""
    table, metric = shape.table, measure.metric
    assert table is not None
    assert metric is not None
    sides = [table.column(name) for name in (metric.numerator, metric.denominator) if name]
    counts = [c for c in sides if c and c.unit is Unit.COUNT]
    concepts = {c.concept: c for c in table.columns}
    counts = counts or [concepts[name] for name in _EVENT_CONCEPTS if name in concepts][:1]
    names = [label_in(shape.language, c.label or c.name) for c in counts]
    key = "sample_unknown" if names else "sample_unknown_plain"
    told = listed(shape.language, names)
    return say(shape.language, f"caution.{key}", label=measure.title, counts=told)


def _small(
    book: FactBook, shape: Shape, measure: Measure, leader: Point, mine: Evidence
) -> Caution:
    """A leader on few events, with the interval its value may lie in where there is one."""
    how = book.how("sample", events=mine.label, label=measure.title)
    events = book.add(
        "sample", mine.events, how, measure=measure, unit="count", subject=leader.label,
        cells=mine.cells,
    )  # fmt: skip
    told = {
        "subject": leader.label,
        "label": measure.title,
        "events": mine.label,
        "count": format_value(mine.events, "count", None, shape.language),
    }
    ends = _interval(book, measure, leader, mine)
    if not ends:
        text = say(shape.language, "caution.small_sample", **told)
        return Caution("small_sample", text, (events.id,), 90)
    low, high = (format_value(f.value, f.unit, f.currency, shape.language) for f in ends)
    text = say(shape.language, "caution.small_sample_interval", **told, low=low, high=high)
    return Caution("small_sample", text, (events.id, *(f.id for f in ends)), 90)


def _interval(
    book: FactBook, measure: Measure, leader: Point, mine: Evidence
) -> tuple[Fact, Fact] | None:
    """The ends of the 95% interval of the leader's value, as facts."""
    if mine.trials:
        kind, ends = "interval", wilson(mine.events, mine.trials)
    elif mine.counted and mine.events > 0:
        kind, ends = "cost", cost_interval(leader.value, mine.events)
    else:
        return None
    low, high = (
        book.add(
            f"interval_{side}", value,
            book.how(f"{kind}_{side}", label=measure.title, events=mine.label),
            measure=measure, unit=measure.column.unit, subject=leader.label,
            cells=leader.cells + mine.cells,
        )
        for side, value in zip(("low", "high"), ends, strict=True)
    )  # fmt: skip
    return low, high


def _within_chance(
    book: FactBook, shape: Shape, measure: Measure, leader: Point, second: Point
) -> Caution:
    facts = [book.value("compared", measure, point) for point in (leader, second)]
    first, other = (format_value(f.value, f.unit, f.currency, shape.language) for f in facts)
    text = say(
        shape.language,
        "caution.within_chance",
        one=leader.label,
        first=first,
        other=second.label,
        second=other,
        label=measure.title,
    )
    return Caution("within_chance", text, tuple(f.id for f in facts), 80)


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
    return Evidence(_label(shape, column), total, cells, counted=column == bottom)


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
    return measure.title if measure else column
