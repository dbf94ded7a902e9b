"""Facts of a result: every number a sentence may use, with the cells and the formula behind it.

Kinds, and how each is recomputed from its cells. "Sum" is the plain sum of the cells of an additive
metric, and for a ratio metric ``scale * sum(numerator cells) / sum(denominator cells)``; a single
cell is itself.

==================  ================================================================================
rows, nulls         a count: rows of the result; cells of the metric that are NULL
total               sum over all rows
leader, laggard,    the value of `subject`: best and worst where the metric has a good direction,
runner_up           otherwise largest and smallest
rank                position of `subject` by the leading metric, 1 is the leader
share, top3_share   cells of `subject` over all cells of the metric; or the result's own share cell
spread              largest value over smallest
variation           population standard deviation of the cells over their mean
gap                 value of `subject` over the total, less 1
baseline            sum over the comparison period
change              value over baseline value, less 1, of `subject` or of the whole
driver              value less baseline value of `subject`
latest, previous    values of the last complete time bucket and of the one before
trend, trend_p,     Sen's slope per bucket, the p-value (stats.py), and how many complete buckets
buckets             they rest on
outlier, usual      a bucket far off its neighbours, and the median of those
reached, halfway    of a running total: its last cell, and the first that has half of that; a sum
                    over rows takes of each group of a running total the last cell only
==================  ================================================================================
"""

from __future__ import annotations

from src.data.profile import DataIssue, Dataset
from src.insights.buckets import period_of, settled
from src.insights.facts import CellRef, Extreme, Fact
from src.insights.shape import Measure, Point, Shape
from src.query_engine.phrases import Language, say

MEASURE_LIMIT = 6


class FactBook:
    """Facts in the order they were found, numbered as they come.

    Args:
        language: in which their formulas are worded.
    """

    def __init__(self, language: Language = "en") -> None:
        self._facts: list[Fact] = []
        self.language = language

    @property
    def facts(self) -> tuple[Fact, ...]:
        return tuple(self._facts)

    def add(
        self,
        kind: str,
        value: float,
        formula: str,
        *,
        measure: Measure | None = None,
        unit: str | None = None,
        subject: str = "",
        cells: tuple[CellRef, ...] = (),
        extreme: Extreme = "",
    ) -> Fact:
        """Record a fact; the currency is the measure's when the unit is money."""
        currency = measure.column.currency if measure and unit == "currency" else None
        fact = Fact(
            id=f"f{len(self._facts) + 1}",
            kind=kind,
            value=value,
            unit=unit,
            currency=currency,
            metric=measure.name if measure else None,
            subject=subject,
            cells=cells,
            formula=formula,
            extreme=extreme,
        )
        self._facts.append(fact)
        return fact

    def how(self, key: str, **values: object) -> str:
        """A formula in words, by its key in the catalogue."""
        return say(self.language, f"formula.{key}", **values)

    def value(
        self,
        kind: str,
        measure: Measure,
        point: Point,
        formula: str = "",
        extreme: Extreme = "",
    ) -> Fact:
        """Record a value of the measure in its own unit."""
        return self.add(
            kind,
            point.value,
            formula or point.formula,
            measure=measure,
            unit=measure.column.unit,
            subject=point.label,
            cells=point.cells,
            extreme=extreme,
        )


def facts_of(shape: Shape, dataset: Dataset | None) -> FactBook:
    """Every fact of the result, most telling metric first.

    Args:
        shape: from `read_shape`. Without a plan, for SQL that a person rewrote, no total, share or
            average is claimed, because nothing says what may be added up.
    """
    from src.insights.ranking import ranking_facts
    from src.insights.timeline import comparison_facts, running_facts, series_facts

    book = FactBook(shape.language)
    if not shape.rows:
        return book
    book.add("rows", shape.rows, book.how("rows"), unit="count")
    period = period_of(shape.plan, dataset)
    grain = shape.time.grain if shape.time else None
    for measure in leading_first(shape)[:MEASURE_LIMIT]:
        sure = settled(period, _unsettling(shape, measure, dataset), grain)
        if measure.to_date and shape.is_series:
            running_facts(book, shape, measure)
            continue
        if measure.baseline is not None:
            comparison_facts(book, shape, measure)
        # Where rows are left out, one bucket has other groups in it than the next.
        if shape.time is not None and not measure.to_date and _all_groups(shape):
            series_facts(book, shape, measure, sure)
        ranking_facts(book, shape, measure, sure)
    return book


def _all_groups(shape: Shape) -> bool:
    return shape.complete or shape.plan is None


def _unsettling(shape: Shape, measure: Measure, dataset: Dataset | None) -> list[DataIssue]:
    """Issues of the last days that the measure's figures suffer from."""
    profile = dataset.profile.tables.get(shape.plan.table) if dataset and shape.plan else None
    metric, table = measure.metric, shape.table
    if profile is None or metric is None or table is None:
        return []
    sides = {metric.numerator, metric.denominator}
    late = any(c.is_outcome for c in table.columns if c.name in sides)
    return [i for i in profile.issues if late or i.rule == "partial_last_day"]


def leading_first(shape: Shape) -> list[Measure]:
    """Measures with the one the result is ordered by in front."""
    order = shape.plan.order if shape.plan else ()
    leading = order[0].by if order else None
    return sorted(shape.measures, key=lambda m: leading not in (m.name, m.column.name))
