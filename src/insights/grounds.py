"""What sentences about one result may rest on, gathered from its facts, cells and plan."""

from __future__ import annotations

from collections.abc import Iterator

from src.data.semantic import Aggregation, SemanticModel
from src.insights.compute import FactBook
from src.insights.grounding import Grounds
from src.insights.shape import Shape
from src.query_engine.describe import comparison_words, conditions, period_words
from src.query_engine.phrases import period_label
from src.query_engine.plan import QueryPlan
from src.reporting.cells import number
from src.reporting.formats import format_value


def grounds_of(shape: Shape, book: FactBook) -> Grounds:
    """The grounds for sentences about `shape`."""
    return Grounds(
        facts=book.facts,
        metrics=_metrics(shape),
        names=frozenset(_names(shape)),
        parameters=tuple(_parameters(shape.plan)) if shape.plan else (),
        phrases=tuple(_phrases(shape)),
    )


def _metrics(shape: Shape) -> dict[str, tuple[str, ...]]:
    """Words for every metric of the table, also for those that the result does not hold: a number
    said of one of them must not pass as another's."""
    absent = shape.table.metrics if shape.table else ()
    words = {
        metric.name: _words(metric.name, metric.label, ())
        for metric in absent
        if metric.aggregation is not Aggregation.COUNT_ROWS
    }
    for measure in shape.measures:
        synonyms = measure.metric.synonyms if measure.metric else ()
        words[measure.name] = _words(measure.name, measure.label, (measure.title, *synonyms))
    return words


def _words(name: str, label: str, more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((label, name, name.replace("_", " "), *more)))


def _names(shape: Shape) -> Iterator[str]:
    """Every value of the groups, alone and as rows name them, and every bucket."""
    yield from (key for key in shape.keys if key)
    for column in shape.dimensions:
        yield from (cell for cell in shape.cells[column.name] if cell and isinstance(cell, str))
    if shape.time is not None:
        yield from (shape.bucket_label(row) for row in range(shape.rows) if shape.buckets[row])


def _parameters(plan: QueryPlan) -> Iterator[float]:
    for rule in plan.all_having:
        yield from rule.values
        if rule.of in ("change_pct", "share"):
            yield from (value * 100 for value in rule.values)
    for condition in plan.all_filters:
        cells = (number(value) for value in condition.values)
        yield from (float(cell) for cell in cells if cell is not None)
    if plan.limit is not None:
        yield float(plan.limit)


def _phrases(shape: Shape) -> Iterator[str]:
    plan = shape.plan
    if plan is None:
        return
    if shape.table is not None:
        yield from conditions(plan, SemanticModel(name="", tables=(shape.table,)))
    for condition in plan.all_filters:
        yield from (str(value) for value in condition.values if isinstance(value, str))
        yield condition.column
    if plan.comparison:
        yield comparison_words(plan.comparison, shape.language)
    ranges = [plan.time, plan.comparison.baseline if plan.comparison else None]
    for span in ranges:
        if span is None:
            continue
        yield period_words(span, shape.language)
        yield from (text for text in (span.label, period_label(shape.language, span.label)) if text)
        for day in (span.start, span.end):
            if day is not None:
                yield from (format_value(day, locale=shape.language), day.isoformat())
