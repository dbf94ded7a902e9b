"""Whether every name and value of a plan exists in the semantic model."""

from __future__ import annotations

from collections.abc import Iterator

from src.data.semantic import Role, SemanticModel, Table
from src.query_engine.plan import GRAINS, RECURRING, TIME, QueryPlan

_VALUES = {"is null": 0, "is not null": 0, "between": 2}


def plan_problems(plan: QueryPlan, model: SemanticModel) -> tuple[str, ...]:
    """What is wrong with `plan`, in plain words; empty when everything it names exists."""
    table = model.table(plan.table)
    if table is None:
        return (f"there is no table {plan.table}",)
    return tuple(_problems(plan, table))


def _problems(plan: QueryPlan, table: Table) -> Iterator[str]:
    ad_hoc = {a.name for a in plan.ad_hoc}
    metrics = {m.name for m in table.metrics} | ad_hoc
    groups = {c.name for c in table.columns if c.role is not Role.IGNORED}
    for extra in plan.ad_hoc:
        if extra.name in {m.name for m in table.metrics} | groups:
            yield f"{extra.name} is the name of something else"
        for condition in extra.part:
            if condition.column not in groups:
                yield f"there is no column {condition.column}"
        if extra.part and extra.aggregation not in ("sum", "count_rows"):
            yield f"{extra.name} takes a share of what is neither a sum nor a count of rows"
        for other in (extra.plus, extra.less):
            if other is not None and other not in groups:
                yield f"there is no column {other}"
        measures = {c.name for c in table.columns if c.role is Role.MEASURE}
        counted = extra.per is not None and extra.per not in measures
        if (extra.plus or extra.less) and (extra.aggregation != "sum" or counted or extra.part):
            yield f"{extra.name} adds up what is no plain sum"
        if extra.scale != 1 and extra.per is None:
            yield f"{extra.name} has a scale and is no quotient"
        if extra.aggregation == "median":
            if extra.of not in {m.name for m in table.metrics} and extra.column not in groups:
                yield f"{extra.name} is a median of nothing"
            if extra.over not in GRAINS | groups | {"row"}:
                yield f"{extra.name} is a median over nothing"
            continue
        if extra.aggregation == "count_rows":
            continue
        if extra.column not in groups:
            yield f"there is no column {extra.column}"
    for name in (*plan.metrics, *(h.metric for h in plan.all_having)):
        if name not in metrics:
            yield f"there is no metric {name}"
    for name in (*plan.dimensions, *(f.column for f in plan.all_filters)):
        if name not in groups:
            yield f"there is no column {name}"
    for order in plan.order:
        if order.by not in (metrics | set(plan.dimensions)) and not (
            order.by == "time" and plan.grain
        ):
            yield f"{order.by} is not part of the result"
    for condition in plan.all_filters:
        wanted = _VALUES.get(condition.op)
        given = len(condition.values)
        if (wanted is not None and given != wanted) or (wanted is None and given == 0):
            yield f"the condition on {condition.column} has {given} values"
    if any(len(h.values) != (2 if h.op == "between" else 1) for h in plan.all_having):
        yield "a threshold has the wrong number of values"
    if (plan.grain or plan.time or plan.comparison) and table.time_column is None:
        yield "the table has no dates"
    for one in plan.either:
        if len(one.filters) + len(one.having) < 2 or (one.filters and one.having):
            yield "an either-or is not between two conditions of one kind"
    if plan.running_total and (plan.grain is None or plan.grain in RECURRING):
        yield "a running total has no days, weeks or months to follow"
    parts = {*plan.dimensions, *([TIME] if plan.grain else [])}
    if plan.limit_per and plan.limit_per not in parts:
        yield f"{plan.limit_per} is not part of the breakdown"
    if plan.limit is not None and plan.limit < 1:
        yield "the limit is below 1"
    if not (plan.metrics or plan.dimensions or plan.grain):
        yield "the plan asks for nothing"
