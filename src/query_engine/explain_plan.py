"""A plan's SQL in plain sentences: what is read, kept, grouped, computed, compared and sorted."""

from __future__ import annotations

import datetime as dt

from src.data.semantic import Aggregation, Column, Role, SemanticModel, Table
from src.query_engine.compiler.outputs import Outputs, Value, has_share, resolve_outputs
from src.query_engine.compiler.resolve import entity_columns, resolve_column, resolve_table
from src.query_engine.plan import GRAINS, Filter, Grain, Having, Order, QueryPlan, TimeRange

_OPS = {
    "=": "is", "!=": "is not", "in": "is one of", "not in": "is none of", "contains": "contains",
    "not contains": "does not contain", "starts with": "starts with", ">": "is above",
    ">=": "is at least", "<": "is below", "<=": "is at most", "between": "is between",
    "is null": "is empty", "is not null": "is not empty",
}  # fmt: skip
_EXCLUDING = ("!=", "not in", "not contains")
_OF = {"change": "change in ", "change_pct": "relative change in ", "share": "share of total "}


def explain_plan(plan: QueryPlan, model: SemanticModel) -> tuple[str, ...]:
    """The sentences, in the order in which the SQL works.

    Raises:
        PlanError: the plan names something the model does not have.
    """
    table = resolve_table(plan, model)
    outputs = resolve_outputs(plan, table, None)
    lines = [f"Reads {table.label or table.name}{_days(plan.time)}."]
    lines += [_filter(f, table) for f in plan.filters]
    lines += _groups(plan, table, outputs)
    lines += [_computed(v, table) for v in outputs.values]
    lines += _comparison(plan, outputs)
    shares = [_title(v) for v in outputs.values if has_share(v, plan)]
    if shares:
        lines.append(f"Adds the share of {_listed(shares)} in the total over all groups.")
    lines += [_having(h, outputs, plan) for h in plan.having]
    lines += _ending(plan, table, outputs)
    return tuple(lines)


def _days(time: TimeRange | None) -> str:
    if time is None or (time.start is None and time.end is None):
        return ", all days"
    if time.start and time.end:
        count = (time.end - time.start).days + 1
        if count == 1:
            return f", only {_day(time.start)}"
        return f", from {_day(time.start)} to {_day(time.end)} ({count} days, both included)"
    if time.start:
        return f", from {_day(time.start)} on"
    return f", up to {_day(time.end)}" if time.end else ""


def _day(value: dt.date) -> str:
    return f"{value.day} {value:%b %Y}"


def _filter(item: Filter, table: Table) -> str:
    column = resolve_column(item.column, table)
    sentence = f"Keeps rows where {_condition(item, table)}"
    notes = []
    if item.op in _EXCLUDING:
        notes.append("rows where it is empty stay")
    if column.identified_by and item.values:
        notes.append(f"found by {column.identified_by}, so rows under an older name count too")
    return sentence + (f" ({'; '.join(notes)})." if notes else ".")


def _condition(item: Filter, table: Table) -> str:
    values = [_value(v) for v in item.values]
    joined = " and ".join(values) if item.op == "between" else _listed(values, "or")
    return f"{_name(resolve_column(item.column, table))} {_OPS[item.op]} {joined}".rstrip()


def _value(value: object) -> str:
    if isinstance(value, dt.date):
        return _day(value)
    return f"“{value}”" if isinstance(value, str) else f"{value:,}"


def _groups(plan: QueryPlan, table: Table, outputs: Outputs) -> list[str]:
    if not outputs.keys:
        return ["Makes one row of totals."]
    names = []
    for key in outputs.keys:
        if key.dimension is None:
            weekday = plan.grain is Grain.WEEKDAY
            names.append("weekday (1 is Monday)" if weekday else str(plan.grain))
        elif key.named_apart and key.dimension.identifier:
            column, identifier = key.dimension.column, key.dimension.identifier
            names.append(
                f"{_name(column)} (told apart by {identifier.name}, shown by its latest name)"
            )
        else:
            names.append(_name(key.dimension.column))
    lines = [f"Makes one row for each {_listed(names)}."]
    if plan.include_empty:
        lines.append("Groups without rows in the period are listed too, with empty figures.")
    return lines


def _computed(value: Value, table: Table) -> str:
    metric, column = value.measured.metric, value.measured.numerator
    name = _title(value)
    if value.measured.per is not None:
        return f"{name} is {_divided(value, table)}."
    if value.measured.part:
        return f"{name} is {_partial(value, table)}."
    if metric.aggregation is Aggregation.COUNT_ROWS:
        return f"{name} is the number of rows."
    assert column is not None
    if metric.aggregation is Aggregation.RATIO:
        assert value.measured.denominator is not None
        bottom = value.measured.denominator.name
        times = "" if metric.scale == 1 else f" times {metric.scale:,.10g}"
        return (
            f"{name} is total {column.name} divided by total {bottom}{times}; "
            f"empty where {bottom} is 0."
        )
    if value.measured.semi_additive:
        owners = _listed([c.name for c in entity_columns(column, table)]) or "day"
        return (
            f"{name} does not add up over time: it is taken once per {owners} and day, averaged "
            f"over the days, then added up over {owners}."
        )
    words = {
        Aggregation.SUM: "the sum of",
        Aggregation.AVERAGE: "the average over rows of",
        Aggregation.MINIMUM: "the smallest",
        Aggregation.MAXIMUM: "the largest",
        Aggregation.COUNT_DISTINCT: "the number of different values of",
    }
    counted = column.name
    if metric.aggregation is Aggregation.COUNT_DISTINCT and column.identified_by:
        counted = column.identified_by
    return f"{name} is {words[metric.aggregation]} {counted}."


def _divided(value: Value, table: Table) -> str:
    """What a plan's own metric divides by what."""
    measured, per = value.measured, value.measured.per or ""
    column = measured.numerator.name if measured.numerator else ""
    top = {
        Aggregation.COUNT_ROWS: "the number of rows",
        Aggregation.COUNT_DISTINCT: f"the number of different values of {column}",
    }.get(measured.metric.aggregation, f"total {column}")
    if per in GRAINS:
        return f"{top} divided by the number of {per}s that have rows"
    measure = table.column(per)
    if measure is not None and measure.role is Role.MEASURE:
        return f"{top} divided by total {per}; empty where {per} is 0"
    counted = "rows" if per == "row" else f"different values of {per}"
    return f"{top} divided by the number of {counted}"


def _partial(value: Value, table: Table) -> str:
    """What a plan's own share takes of what."""
    column = value.measured.numerator
    kept = " and ".join(_condition(f, table) for f in value.measured.part)
    if column is None:
        return f"the number of rows where {kept}, divided by the number of rows"
    return f"total {column.name} of rows where {kept}, divided by total {column.name}"


def _comparison(plan: QueryPlan, outputs: Outputs) -> list[str]:
    if plan.comparison is None:
        return []
    period = _days(plan.comparison.baseline).removeprefix(", ")
    lines = [f"Sets beside it the same figures {period}, and the change."]
    if plan.grain and plan.grain is not Grain.WEEKDAY:
        lines.append(
            f"The first {plan.grain} of one period stands beside the first of the other, and so on."
        )
    added = [_title(v) for v in outputs.values if v.measured.additive]
    if outputs.keys and added:
        lines.append(f"A group with rows in one period only has 0 {_listed(added)} in the other.")
    return lines


def _having(item: Having, outputs: Outputs, plan: QueryPlan) -> str:
    value = outputs.value(item.metric)
    name = _title(value) if value else item.metric
    values = " and ".join(f"{v:,.10g}" for v in item.values)
    zero = plan.include_empty and value is not None and value.measured.additive
    note = " (a group without rows counts as 0)" if zero and item.of == "value" else ""
    return f"Keeps groups whose {_OF.get(item.of, '')}{name} {_OPS[item.op]} {values}{note}."


def _ending(plan: QueryPlan, table: Table, outputs: Outputs) -> list[str]:
    if not outputs.keys:
        return []
    if plan.count_groups and not plan.limit:
        return ["Counts the groups that are left."]
    lines = []
    if plan.order:
        terms = [_order(o, plan, table, outputs) for o in plan.order]
        lines.append(f"Sorts by {', then by '.join(terms)}; empty values come last.")
    elif plan.grain:
        lines.append(f"Sorts by {plan.grain}.")
    elif any(v.shown for v in outputs.values):
        first = next(v for v in outputs.values if v.shown)
        lines.append(f"Sorts by {_title(first)}, largest first; empty values come last.")
    if plan.limit_per:
        lines.append(f"Keeps the first {plan.limit} rows of each {plan.limit_per}.")
    elif plan.limit:
        rows = "row" if plan.limit == 1 else f"{plan.limit} rows"
        lines.append(f"Keeps the first {rows}.")
    if plan.count_groups:
        lines.append("Counts the groups that are left.")
    return lines


def _order(item: Order, plan: QueryPlan, table: Table, outputs: Outputs) -> str:
    key, value = outputs.key(item.by, plan, table), outputs.value(item.by)
    if key is not None:
        name = _name(key.dimension.column) if key.dimension else str(plan.grain)
        return f"{name}, {'last first' if item.descending else 'in order'}"
    name = _OF.get(item.of, "") + (_title(value) if value else item.by)
    return f"{name}, {'largest' if item.descending else 'smallest'} first"


def _name(column: Column) -> str:
    return column.label or column.name


def _title(value: Value) -> str:
    return value.measured.metric.label or value.measured.metric.name


def _listed(names: list[str], word: str = "and") -> str:
    if len(names) > 8:
        names = [*names[:8], f"{len(names) - 8} more"]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"
