"""Edits of a plan by widgets: what can be chosen, and pure functions that choose it.

Every function returns a new plan; none of them fails on a plan the compiler takes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from src.data.profile import Dataset
from src.data.semantic import Role, Table
from src.query_engine.compiler.quoting import family
from src.query_engine.compiler.resolve import resolve_metric, resolve_table
from src.query_engine.months import add_months, whole_months, year_before
from src.query_engine.plan import (
    RECURRING,
    Comparison,
    Filter,
    Grain,
    Order,
    QueryPlan,
    TimeRange,
)

VALUES_SHOWN = 1_000
_TEXT_OPS = ("=", "!=", "in", "not in", "contains", "not contains", "starts with")
_ORDERED_OPS = ("=", "!=", ">", ">=", "<", "<=", "between")
_NULL_OPS = ("is null", "is not null")


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose: its name in plans and how people see it."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """A column to filter by.

    Attributes:
        kind: ``text``, ``number``, ``date``, ``timestamp``, ``boolean`` or ``other``.
        ops: the operators that make sense for it.
        values: most frequent first, at most `VALUES_SHOWN`; empty where values are not listed.
        values_complete: whether `values` are all there are.
    """

    name: str
    label: str
    kind: str
    ops: tuple[str, ...]
    values: tuple[str, ...] = ()
    values_complete: bool = True


@dataclass(frozen=True, slots=True)
class Options:
    """All that the widgets of one plan may offer.

    Attributes:
        grains: empty when the table has no dates.
        orders: what the result can be sorted by.
        first_day, last_day: of the data.
    """

    metrics: tuple[Choice, ...]
    dimensions: tuple[Choice, ...]
    filters: tuple[FilterChoice, ...]
    grains: tuple[Grain, ...]
    orders: tuple[Choice, ...]
    first_day: dt.date | None
    last_day: dt.date | None


def options(dataset: Dataset, plan: QueryPlan) -> Options:
    """What can be chosen for `plan`.

    Raises:
        PlanError: the plan's table is not in the data set.
    """
    table = resolve_table(plan, dataset.model)
    figures = dataset.profile.tables.get(table.name)
    metrics = [Choice(m.name, m.label or m.name) for m in table.metrics]
    metrics += [Choice(a.name, a.label) for a in plan.ad_hoc]
    if plan.running_total:
        metrics = [m for m in metrics if resolve_metric(m.name, plan, table).accumulates]
    dimensions = [Choice(c.name, c.label or c.name) for c in table.dimensions]
    return Options(
        metrics=tuple(metrics),
        dimensions=tuple(dimensions),
        filters=_filters(dataset, table),
        grains=tuple(Grain) if table.time_column else (),
        orders=_orders(plan, metrics, dimensions),
        first_day=figures.first_day if figures else None,
        last_day=figures.last_day if figures else None,
    )


def with_metrics(plan: QueryPlan, *names: str) -> QueryPlan:
    """The plan with other metrics; sorting and conditions on metrics that left go with them."""
    left = set(plan.metrics) - set(names)
    having = tuple(h for h in plan.having if h.metric not in left)
    either = tuple(e for e in plan.either if not left & {h.metric for h in e.having})
    order = tuple(o for o in plan.order if o.by not in left)
    if plan.order and not order and names:
        order = (plan.order[0].model_copy(update={"by": names[0]}),)
    return _updated(plan, metrics=names, having=having, either=either, order=order)


def with_dimensions(plan: QueryPlan, *names: str) -> QueryPlan:
    """The plan with another breakdown; what referred to a column that left goes with it."""
    left = set(plan.dimensions) - set(names)
    order = tuple(o for o in plan.order if o.by not in left)
    keep_per = plan.limit_per in names or plan.limit_per not in plan.dimensions
    return _updated(
        plan,
        dimensions=tuple(dict.fromkeys(names)),
        order=order,
        limit_per=plan.limit_per if keep_per else None,
    )


def with_filters(plan: QueryPlan, *items: Filter) -> QueryPlan:
    """The plan with these filters and no others, each once."""
    return _updated(plan, filters=tuple(dict.fromkeys(items)))


def with_period(
    plan: QueryPlan, start: dt.date | None, end: dt.date | None, label: str = ""
) -> QueryPlan:
    """The plan with another period, both days included, in either order; None and None: all days.

    A comparison moves along: the days just before, or the same days a year before. One with a
    period of its own stays as it is, while its buckets can be laid over those of the period.
    """
    if start and end and start > end:
        start, end = end, start
    time = TimeRange(start=start, end=end, label=label) if start or end else None
    changed = _updated(plan, time=time)
    kind = plan.comparison.kind if plan.comparison else None
    if kind is None or kind == "custom":
        return _lined_up(changed)
    return with_comparison(changed, kind)


def with_comparison(
    plan: QueryPlan, kind: str | None, baseline: TimeRange | None = None
) -> QueryPlan:
    """The plan beside another period: ``previous_period``, ``previous_year``, ``custom`` or None.

    Without a period of both days, or a `baseline` for ``custom``, there is nothing to compare with
    and the plan comes back without a comparison. Conditions and sorting on changes go with it.
    """
    found = baseline if kind == "custom" else _period_before(plan.time, kind)
    if found is not None:
        comparison = Comparison.model_validate({"kind": kind, "baseline": found})
        return _lined_up(_updated(plan, comparison=comparison))
    changes = ("change", "change_pct")
    return _updated(
        plan,
        comparison=None,
        having=tuple(h for h in plan.having if h.of not in changes),
        either=tuple(e for e in plan.either if not any(h.of in changes for h in e.having)),
        order=tuple(o for o in plan.order if o.of not in changes),
    )


def with_grain(plan: QueryPlan, grain: Grain | None) -> QueryPlan:
    """The plan by day, week, month … or without a breakdown by time; then sorted by time.

    A running total goes with the buckets that follow each other.
    """
    order = tuple(o for o in plan.order if o.by != "time")
    if grain is not None:
        order = (Order(by="time", descending=False), *order)
    per = None if plan.limit_per == "time" and grain is None else plan.limit_per
    running = plan.running_total and grain is not None and grain not in RECURRING
    changes = {"grain": grain, "order": order, "limit_per": per, "running_total": running}
    return _lined_up(_updated(plan, **changes))


def with_limit(plan: QueryPlan, limit: int | None, per: str | None = None) -> QueryPlan:
    """The plan with so many rows, in all or per value of a dimension; None keeps all."""
    if limit is None or limit < 1:
        return _updated(plan, limit=None, limit_per=None)
    return _updated(plan, limit=limit, limit_per=per)


def with_order(plan: QueryPlan, by: str | None, *, descending: bool = True) -> QueryPlan:
    """The plan sorted by a metric, a column or ``time``; None leaves it to the compiler."""
    order = (Order(by=by, descending=descending),) if by else ()
    return _updated(plan, order=order)


def _lined_up(plan: QueryPlan) -> QueryPlan:
    """The plan without a comparison whose buckets have no first day to be counted from."""
    if plan.comparison is None or plan.grain in (None, *RECURRING):
        return plan
    if plan.time and plan.time.start and plan.comparison.baseline.start:
        return plan
    return with_comparison(plan, None)


def _period_before(time: TimeRange | None, kind: str | None) -> TimeRange | None:
    if time is None or time.start is None or time.end is None:
        return None
    try:
        found = _baseline(time.start, time.end, kind)
    except OverflowError:
        return None  # before the calendar begins
    begins_earlier = found and found.start and found.start < time.start
    return found if begins_earlier else None


def _baseline(start: dt.date, end: dt.date, kind: str | None) -> TimeRange | None:
    if kind == "previous_year":
        before, last = year_before(start, end)
        return TimeRange(start=before, end=last, label="a year before")
    if kind != "previous_period":
        return None
    last = start - dt.timedelta(days=1)
    months = whole_months(start, end)
    before = add_months(start, -months) if months else last - (end - start)
    return TimeRange(start=before, end=last, label="previous period")


def _filters(dataset: Dataset, table: Table) -> tuple[FilterChoice, ...]:
    figures = dataset.profile.tables.get(table.name)
    found = []
    for column in table.columns:
        if column.role in (Role.IGNORED, Role.TIME):
            continue
        kind = family(column.type)
        counted = figures.columns.get(column.name) if figures else None
        ops: tuple[str, ...] = _TEXT_OPS if kind in ("text", "other") else _ORDERED_OPS
        if kind == "boolean":
            ops = ("=",)
        found.append(
            FilterChoice(
                column.name,
                column.label or column.name,
                kind,
                ops + (_NULL_OPS if counted is None or counted.nulls else ()),
                counted.values[:VALUES_SHOWN] if counted else (),
                bool(counted and counted.values_complete and len(counted.values) <= VALUES_SHOWN),
            )
        )
    return tuple(found)


def _orders(plan: QueryPlan, metrics: list[Choice], dimensions: list[Choice]) -> tuple[Choice, ...]:
    chosen = [m for m in metrics if m.name in plan.metrics]
    chosen += [d for d in dimensions if d.name in plan.dimensions]
    if plan.grain:
        chosen.insert(0, Choice("time", plan.grain.value.capitalize()))
    return tuple(chosen)


def _updated(plan: QueryPlan, **changes: object) -> QueryPlan:
    return QueryPlan.model_validate({**dict(plan), **changes})
