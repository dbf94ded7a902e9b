"""What may mislead in a result: each caution names the rule, the figures and what they touch."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from src.data.profile import DataIssue, Dataset
from src.data.semantic import Role, SemanticModel
from src.insights.buckets import (
    Period,
    days_covered,
    days_in,
    is_partial,
    period_of,
)
from src.insights.compute import FactBook, leading_first
from src.insights.facts import Fact
from src.insights.samples import Caution, sample_cautions
from src.insights.shape import Measure, Shape
from src.query_engine.describe import conditions
from src.query_engine.phrases import capital, label_in, say
from src.query_engine.phrases.issues import issue_text
from src.reporting.formats import format_value

ISSUES_SHOWN = 3
LAG_DAYS = 3
SHORT_PERIOD_DAYS = 45
LOW_DAY_LEVEL = 0.5


def find_cautions(book: FactBook, shape: Shape, dataset: Dataset | None) -> tuple[Caution, ...]:
    """Every caution that applies, weightiest first; figures they use are added to the facts."""
    if not shape.rows:
        return (_empty(shape),)
    period = period_of(shape.plan, dataset)
    found = [
        *_cut(book, shape),
        *_currencies(shape, dataset),
        *sample_cautions(book, shape, period),
        *_buckets(book, shape, period),
        *_last_day(book, shape, dataset),
        *_issues(book, shape, dataset, period),
        *_lag(shape, dataset, period),
        *_nulls(book, shape),
        *_single(shape),
    ]
    return tuple(sorted(found, key=lambda caution: -caution.weight))


def _empty(shape: Shape) -> Caution:
    """An empty result, with the conditions that may have emptied it."""
    told: tuple[str, ...] = ()
    if shape.plan is not None and shape.table is not None:
        told = conditions(shape.plan, SemanticModel(name="", tables=(shape.table,)))
    key = "empty_why" if told else "empty"
    return Caution("empty_result", _say(shape, key, conditions="; ".join(told)), weight=100)


def _cut(book: FactBook, shape: Shape) -> Iterator[Caution]:
    if shape.result.truncated:
        rows = _fact(book, "rows")
        rows = rows or book.add("rows", shape.rows, book.how("rows_fetched"), unit="count")
        text = _say(shape, "truncated", count=shape.rows)
        yield Caution("truncated", text, (rows.id,), 95)


def _currencies(shape: Shape, dataset: Dataset | None) -> Iterator[Caution]:
    money = [m for m in shape.measures if m.column.unit in ("currency", "multiple")]
    if not money:
        return
    if any(not m.comparable for m in money) or len({m.column.currency for m in money} - {None}) > 1:
        text = _say(shape, "currencies")
        yield Caution("mixed_currencies", text, weight=94)
        return
    table, plan = shape.table, shape.plan
    column = table.currency_column if table else None
    if dataset is None or plan is None or column is None:
        return
    profile = dataset.profile.tables.get(plan.table)
    held = profile.columns.get(column) if profile else None
    fixed = any(f.column == column and f.op == "=" for f in plan.filters)
    if held and held.distinct > 1 and not fixed and column not in plan.dimensions:
        text = _say(shape, "currencies_mixed", column=column)
        yield Caution("mixed_currencies", text, weight=94)


def _buckets(book: FactBook, shape: Shape, period: Period) -> Iterator[Caution]:
    """First and last buckets that the period covers only in part."""
    grain = shape.time.grain if shape.time else None
    if all(m.to_date for m in shape.measures):
        return  # nothing is left out of a running total
    starts = sorted({start for start in shape.buckets if start})
    for start in dict.fromkeys((starts[0], starts[-1])) if starts and grain else ():
        if not is_partial(start, grain, period):
            continue
        label = shape.bucket_label(shape.buckets.index(start))
        named = say(shape.language, f"bucket.{grain}", bucket=label)
        covered, whole = days_covered(start, grain, period), days_in(start, grain)
        facts = [
            book.add("covered_days", covered, book.how("covered"), unit="count", subject=label),
            book.add("bucket_days", whole, book.how("bucket_days"), unit="count", subject=label),
        ]
        text = _say(shape, "partial_bucket", bucket=capital(named), covered=covered, count=whole)
        yield Caution("partial_bucket", text, tuple(f.id for f in facts), 75)


def _last_day(book: FactBook, shape: Shape, dataset: Dataset | None) -> Iterator[Caution]:
    """A last day of the data that stands far below the week before it."""
    profile = dataset.profile.tables.get(shape.plan.table) if dataset and shape.plan else None
    if profile is None or shape.time is None or shape.time.grain != "day":
        return
    measure = next((m for m in leading_first(shape) if m.additive and not m.to_date), None)
    line = shape.by_bucket(measure) if measure else []
    if measure is None or len(line) < 8 or line[-1][0] != profile.last_day:
        return
    week, last = [point for _, point in line[-8:-1]], line[-1][1]
    usual = median(point.value for point in week)
    if usual <= 0 or last.value >= LOW_DAY_LEVEL * usual:
        return
    fact = book.add(
        "last_day_level", last.value / usual, book.how("last_day"),
        measure=measure, unit="ratio", subject=last.label,
        cells=last.cells + tuple(cell for point in week for cell in point.cells),
    )  # fmt: skip
    share = format_value(fact.value, "ratio", None, shape.language)
    text = _say(shape, "last_day", day=last.label, share=share, label=measure.title)
    yield Caution("partial_last_day", text, (fact.id,), 78)


def _issues(
    book: FactBook, shape: Shape, dataset: Dataset | None, period: Period
) -> Iterator[Caution]:
    """Known oddities of the data that fall into the period and touch the result's columns."""
    if dataset is None or shape.plan is None:
        return
    profile = dataset.profile.tables.get(shape.plan.table)
    used = _columns_used(shape)
    touching = [
        issue
        for issue in (profile.issues if profile else ())
        if _overlaps(issue, period) and _touches(issue, used, shape)
    ]
    touching.sort(key=lambda issue: (issue.harmless, issue.start is None))
    for issue in touching[:ISSUES_SHOWN]:
        message = issue_text(issue, shape.language)
        fact = book.add(
            "data_issue", issue.rows or 0, book.how("issue", rule=issue.rule),
            unit="count", subject=message,
        )  # fmt: skip
        running = all(m.to_date for m in shape.measures)
        by_day = shape.time is not None and shape.time.grain == "day" and not running
        if by_day and issue.unsettled:
            message = _say(shape, "left_out", message=message)
        weight = 30.0 if issue.harmless else 70.0 if issue.start else 40.0
        yield Caution(issue.rule, message, (fact.id,), weight)


def _touches(issue: DataIssue, used: set[str], shape: Shape) -> bool:
    """Whether the result reads what the issue is about: its first measure, else any column."""
    columns = [shape.table.column(name) for name in issue.columns] if shape.table else []
    measures = [c.name for c in columns if c and c.role is Role.MEASURE]
    if measures:
        return measures[0] in used
    return not issue.columns or bool(used & set(issue.columns))


def _lag(shape: Shape, dataset: Dataset | None, period: Period) -> Iterator[Caution]:
    """Conversions of the newest days, which platforms keep booking for a while."""
    profile = dataset.profile.tables.get(shape.plan.table) if dataset and shape.plan else None
    if profile is None or profile.last_day is None or period.end is None:
        return
    if any("lag" in issue.rule and _overlaps(issue, period) for issue in profile.issues):
        return
    fine = shape.time is not None and shape.time.grain in ("day", "week")
    length = (period.end - period.start).days + 1 if period.start else None
    if (profile.last_day - period.end).days > LAG_DAYS or not (
        fine or (length is not None and length <= SHORT_PERIOD_DAYS)
    ):
        return
    names = _columns_used(shape)
    columns = shape.table.columns if shape.table else ()
    if any(c.is_outcome for c in columns if c.name in names):
        text = _say(shape, "lag")
        yield Caution("conversion_lag", text, weight=45)


def _nulls(book: FactBook, shape: Shape) -> Iterator[Caution]:
    for measure in leading_first(shape):
        fact = _fact(book, "nulls", measure)
        if fact is None:
            continue
        metric, table = measure.metric, shape.table
        column = table.column(metric.denominator or "") if table and metric else None
        name = label_in(shape.language, column.label or column.name) if column else ""
        text = _say(
            shape,
            "nulls",
            count=int(fact.value),
            Label=capital(measure.title),
            why=_say(shape, "why_empty", column=name) if column else "",
        )
        yield Caution("null_values", text, (fact.id,), 55)
        return


def _single(shape: Shape) -> Iterator[Caution]:
    asked = shape.plan is not None and shape.plan.limit == 1
    grouped = (shape.dimensions or shape.time is not None) and not asked
    if (
        shape.rows == 1
        and grouped
        and shape.measures
        and not any(m.baseline for m in shape.measures)
    ):
        text = _say(shape, "single_row")
        yield Caution("single_row", text, weight=20)


def _columns_used(shape: Shape) -> set[str]:
    """Columns of the table that the plan reads: sides of its metrics, groups, filters, time."""
    plan, table = shape.plan, shape.table
    if plan is None or table is None:
        return set()
    metrics = [m.metric for m in shape.measures if m.metric]
    sides = {side for m in metrics for side in (m.numerator, m.denominator) if side}
    return sides | set(plan.dimensions) | {f.column for f in plan.all_filters}


def _overlaps(issue: DataIssue, period: Period) -> bool:
    starts_after = issue.start and period.end and issue.start > period.end
    ends_before = issue.end and period.start and issue.end < period.start
    return not (starts_after or ends_before)


def _fact(book: FactBook, kind: str, measure: Measure | None = None) -> Fact | None:
    name = measure.name if measure else None
    return next((f for f in book.facts if f.kind == kind and f.metric == name), None)


def _say(shape: Shape, key: str, **values: object) -> str:
    return say(shape.language, f"caution.{key}", **values)
