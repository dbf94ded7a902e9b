"""What may mislead in a result: each caution names the rule, the figures and what they touch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from src.data.profile import DataIssue, Dataset
from src.data.semantic import Aggregation, Role
from src.insights.buckets import Period, days_covered, days_in, is_partial, period_of
from src.insights.compute import FactBook, leading_first
from src.insights.facts import Fact
from src.insights.ranking import complete_points
from src.insights.samples import differ, evidence_for
from src.insights.shape import Measure, Shape
from src.query_engine.plan import QueryPlan
from src.reporting.formats import format_value

ISSUES_SHOWN = 3
LAG_DAYS = 3
SHORT_PERIOD_DAYS = 45
LOW_DAY_LEVEL = 0.5
_LATE_CONCEPTS = frozenset(
    {"conversions", "conversion_value", "orders", "leads", "installs", "new_customers"}
)


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning in words, with the ids of its facts; a higher weight is shown first."""

    rule: str
    text: str
    facts: tuple[str, ...] = ()
    weight: float = 50.0


def find_cautions(book: FactBook, shape: Shape, dataset: Dataset | None) -> tuple[Caution, ...]:
    """Every caution that applies, weightiest first; figures they use are added to the facts."""
    if not shape.rows:
        return (_empty(shape.plan),)
    period = period_of(shape.plan, dataset)
    found = [
        *_cut(book, shape),
        *_currencies(shape, dataset),
        *_samples(book, shape, period),
        *_buckets(book, shape, period),
        *_last_day(book, shape, dataset),
        *_issues(book, shape, dataset, period),
        *_lag(shape, dataset, period),
        *_nulls(book, shape),
        *_single(shape),
    ]
    return tuple(sorted(found, key=lambda caution: -caution.weight))


def _empty(plan: QueryPlan | None) -> Caution:
    """An empty result, with the conditions that may have emptied it."""
    conditions = list(_conditions(plan)) if plan else []
    text = "No rows matched."
    if conditions:
        text += f" Conditions that may have emptied the result: {'; '.join(conditions)}."
    return Caution("empty_result", text, weight=100)


def _conditions(plan: QueryPlan) -> Iterator[str]:
    for item in plan.filters:
        values = ", ".join(str(value) for value in item.values)
        yield f"{item.column} {item.op} {values}".strip()
    for rule in plan.having:
        of = {"change": "change of ", "change_pct": "relative change of ", "share": "share of "}
        bounds = " and ".join(format_value(value, "number") for value in rule.values)
        yield f"{of.get(rule.of, '')}{rule.metric} {rule.op} {bounds}"
    if plan.time and (plan.time.start or plan.time.end):
        yield f"the period {_days_text(plan.time.start, plan.time.end)}"


def _cut(book: FactBook, shape: Shape) -> Iterator[Caution]:
    if shape.result.truncated:
        rows = _fact(book, "rows") or book.add("rows", shape.rows, "rows fetched", unit="count")
        text = (
            f"The result was cut at {format_value(rows.value, 'count')} rows; "
            "totals and ranks cover only the rows shown."
        )
        yield Caution("truncated", text, (rows.id,), 95)


def _currencies(shape: Shape, dataset: Dataset | None) -> Iterator[Caution]:
    money = [m for m in shape.measures if m.column.unit in ("currency", "multiple")]
    if not money:
        return
    if any(not m.comparable for m in money) or len({m.column.currency for m in money} - {None}) > 1:
        text = "Rows are in different currencies, so amounts are neither added up nor ranked."
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
        text = (
            f"The data holds several currencies in {column}; amounts here mix them. "
            f"Filter on one {column} or break down by it."
        )
        yield Caution("mixed_currencies", text, weight=94)


def _samples(book: FactBook, shape: Shape, period: Period) -> Iterator[Caution]:
    """Leaders by a ratio that rest on few events, or whose lead is within chance."""
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
            if measure.metric and measure.metric.aggregation is Aggregation.RATIO:
                text = (
                    f"The result does not show how much data stands behind each {measure.label}; "
                    "add the counts before calling a winner."
                )
                yield Caution("sample_unknown", text, weight=42)
            continue
        if mine.small:
            fact = book.add(
                "sample", mine.events, f"{mine.label} behind {measure.label} of the subject",
                measure=measure, unit="count", subject=leader.label, cells=mine.cells,
            )  # fmt: skip
            text = (
                f"{leader.label} leads {measure.label} with {mine.label} of only "
                f"{format_value(mine.events, 'count')}; too few to call it a winner."
            )
            yield Caution("small_sample", text, (fact.id,), 90)
        elif not differ(leader, mine, second, theirs):
            facts = [book.value("compared", measure, point) for point in (leader, second)]
            unit, currency = measure.column.unit, measure.column.currency
            text = (
                f"{leader.label} ({format_value(leader.value, unit, currency)}) and {second.label} "
                f"({format_value(second.value, unit, currency)}) are within chance of each other "
                f"in {measure.label}."
            )
            yield Caution("within_chance", text, tuple(f.id for f in facts), 80)


def _buckets(book: FactBook, shape: Shape, period: Period) -> Iterator[Caution]:
    """First and last buckets that the period covers only in part."""
    grain = shape.time.grain if shape.time else None
    starts = sorted({start for start in shape.buckets if start})
    for start in dict.fromkeys((starts[0], starts[-1])) if starts and grain else ():
        if not is_partial(start, grain, period):
            continue
        label = shape.bucket_label(shape.buckets.index(start))
        covered, whole = days_covered(start, grain, period), days_in(start, grain)
        facts = [
            book.add("covered_days", covered, "days of the bucket in the period",
                     unit="count", subject=label),
            book.add("bucket_days", whole, "days of the whole bucket", unit="count", subject=label),
        ]  # fmt: skip
        text = (
            f"{label} covers only {covered} of {whole} days; "
            "it is left out of changes, trend and ranks."
        )
        yield Caution("partial_bucket", text, tuple(f.id for f in facts), 75)


def _last_day(book: FactBook, shape: Shape, dataset: Dataset | None) -> Iterator[Caution]:
    """A last day of the data that stands far below the week before it."""
    profile = dataset.profile.tables.get(shape.plan.table) if dataset and shape.plan else None
    if profile is None or shape.time is None or shape.time.grain != "day":
        return
    measure = next((m for m in leading_first(shape) if m.additive), None)
    line = shape.by_bucket(measure) if measure else []
    if measure is None or len(line) < 8 or line[-1][0] != profile.last_day:
        return
    week, last = [point for _, point in line[-8:-1]], line[-1][1]
    usual = median(point.value for point in week)
    if usual <= 0 or last.value >= LOW_DAY_LEVEL * usual:
        return
    fact = book.add(
        "last_day_level", last.value / usual, "last day ÷ median of the seven days before",
        measure=measure, unit="ratio", subject=last.label,
        cells=last.cells + tuple(cell for point in week for cell in point.cells),
    )  # fmt: skip
    text = (
        f"{last.label}, the last day in the data, has {format_value(fact.value, 'ratio')} of the "
        f"usual {measure.label}; it is probably incomplete."
    )
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
    touching.sort(key=lambda issue: issue.start is None)
    for issue in touching[:ISSUES_SHOWN]:
        message = issue.message if issue.message.endswith(".") else f"{issue.message}."
        fact = book.add(
            "data_issue", issue.rows or 0, f"rows concerned, rule {issue.rule}",
            unit="count", subject=message,
        )  # fmt: skip
        yield Caution(issue.rule, message, (fact.id,), 70 if issue.start else 40)


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
    if any(c.concept in _LATE_CONCEPTS for c in columns if c.name in names):
        text = (
            "The last days in the data may still gain conversions, which are booked with a delay; "
            "ratios built on them will change with them."
        )
        yield Caution("conversion_lag", text, weight=45)


def _nulls(book: FactBook, shape: Shape) -> Iterator[Caution]:
    for measure in leading_first(shape):
        fact = _fact(book, "nulls", measure)
        if fact is None:
            continue
        column = measure.metric.denominator if measure.metric else None
        why = f", where {column} is zero or missing" if column else ""
        rows = "row" if fact.value == 1 else "rows"
        text = (
            f"{measure.label} is empty in {format_value(fact.value, 'count')} {rows}{why}, "
            "and left out of ranks."
        )
        yield Caution("null_values", text, (fact.id,), 55)
        return


def _single(shape: Shape) -> Iterator[Caution]:
    if shape.rows == 1 and shape.measures and not any(m.baseline for m in shape.measures):
        text = "A single row: there is nothing here to rank or to compare it with."
        yield Caution("single_row", text, weight=20)


def _columns_used(shape: Shape) -> set[str]:
    """Columns of the table that the plan reads: sides of its metrics, groups, filters, time."""
    plan, table = shape.plan, shape.table
    if plan is None or table is None:
        return set()
    metrics = [m.metric for m in shape.measures if m.metric]
    sides = {side for m in metrics for side in (m.numerator, m.denominator) if side}
    return sides | set(plan.dimensions) | {f.column for f in plan.filters}


def _overlaps(issue: DataIssue, period: Period) -> bool:
    starts_after = issue.start and period.end and issue.start > period.end
    ends_before = issue.end and period.start and issue.end < period.start
    return not (starts_after or ends_before)


def _fact(book: FactBook, kind: str, measure: Measure | None = None) -> Fact | None:
    name = measure.name if measure else None
    return next((f for f in book.facts if f.kind == kind and f.metric == name), None)


def _days_text(start: dt.date | None, end: dt.date | None) -> str:
    if start and end:
        return f"{format_value(start)} to {format_value(end)}"
    return f"from {format_value(start)}" if start else f"up to {format_value(end)}"
