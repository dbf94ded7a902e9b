"""A plan in words: one sentence for what it answers, and what it assumes."""

from __future__ import annotations

import datetime as dt

from src.data.profile import Profile
from src.data.semantic import Aggregation, Metric, SemanticModel, Table, Unit
from src.query_engine.plan import Filter, Grain, Having, Order, QueryPlan, Scalar, TimeRange

_OPS = {
    "=": "is", "!=": "is not", ">": "above", ">=": "at least", "<": "below", "<=": "at most",
    "contains": "contains", "not contains": "does not contain", "starts with": "starts with",
    "is null": "is missing", "is not null": "is present",
}  # fmt: skip
_SHOWN_VALUES = 4


def describe_plan(plan: QueryPlan, model: SemanticModel) -> str:
    """One sentence that says what the plan answers. Never raises: unknown names are shown as they are."""
    table = model.table(plan.table)
    parts = [_what(plan, table)]
    breakdown = _breakdown(plan, table)
    if breakdown:
        parts.append(breakdown)
    parts.extend(_filter(condition, table) for condition in plan.filters)
    if plan.having:
        parts.append("with " + " and ".join(_having(h, plan, table) for h in plan.having))
    if plan.time:
        parts.append(_when(plan.time))
    if plan.comparison:
        parts.append(f"compared with {_range(plan.comparison.baseline)}")
    if plan.share_of_total:
        parts.append("with the share of the total")
    text = " ".join(part for part in parts if part)
    order = _order(plan, table)
    return (text[:1].upper() + text[1:] + (f", {order}" if order else "")).rstrip(".") + "."


def assumptions(plan: QueryPlan, model: SemanticModel, profile: Profile) -> tuple[str, ...]:
    """What the plan fills in that a question need not say: anchors, ranges, definitions."""
    table = model.table(plan.table)
    figures = profile.tables.get(plan.table)
    notes: list[str] = []
    first, last = (figures.first_day, figures.last_day) if figures else (None, None)
    if plan.time and plan.time.anchor:
        notes.append(
            f"{plan.time.label or 'the period'} is {_range(plan.time, labelled=False)}, counted from {_day(plan.time.anchor)}, "
            "the last day in the data"
        )
    if plan.time and first and last:
        notes.extend(_overlap(plan.time, first, last))
    if plan.comparison and first and last:
        notes.extend(_overlap(plan.comparison.baseline, first, last))
    if plan.time is None and table and table.time_column and first and last:
        notes.append(f"no period named: all the data, {_day(first)} to {_day(last)}")
    for name in dict.fromkeys((*plan.metrics, *(h.metric for h in plan.having))):
        metric = table.metric(name) if table else None
        if table and metric and metric.aggregation is Aggregation.RATIO:
            notes.append(_definition(metric, table))
    if plan.include_empty:
        notes.append("groups without any rows in the period are listed too")
    return tuple(notes)


def _definition(metric: Metric, table: Table) -> str:
    top, bottom = (_column(table, name) for name in (metric.numerator, metric.denominator))
    scale = f"{metric.scale:g} × " if metric.scale != 1 else ""
    return f"{metric.label} is {scale}total {top} divided by total {bottom}"


def _column(table: Table | None, name: str | None) -> str:
    column = table.column(name) if table and name else None
    label = (column.label if column else "") or name or ""
    return _lower(label.replace("_", " "))


def _lower(label: str) -> str:
    """Lower case, but acronyms stay: "Spend" is spend, "ROAS" is ROAS."""
    return " ".join(
        w if (len(w) > 1 and w.isupper()) or any(c.isupper() for c in w[1:]) else w.lower()
        for w in label.split()
    )


def _metric(plan: QueryPlan, table: Table | None, name: str) -> str:
    metric = table.metric(name) if table else None
    if metric:
        return _lower(metric.label or metric.name)
    ad_hoc = next((a for a in plan.ad_hoc if a.name == name), None)
    return _lower(ad_hoc.label) if ad_hoc else name.replace("_", " ")


def _what(plan: QueryPlan, table: Table | None) -> str:
    names = _join([_metric(plan, table, name) for name in plan.metrics])
    if not plan.metrics:
        return (
            "list of " + _join([_column(table, name) for name in plan.dimensions])
            if plan.dimensions
            else "all rows"
        )
    ranking = _ranking(plan, table)
    return f"{ranking}{names}"


def _ranking(plan: QueryPlan, table: Table | None) -> str:
    if not plan.limit:
        return ""
    thing = (
        _column(table, plan.dimensions[-1])
        if plan.dimensions
        else (plan.grain.value if plan.grain else "row")
    )
    order = plan.order[0] if plan.order else None
    side = "first" if order is None else "highest" if order.descending else "lowest"
    count = "" if plan.limit == 1 else f"{plan.limit} "
    per = f" of each {_column(table, plan.limit_per)}" if plan.limit_per else ""
    by = f" by {_ordered_by(order, plan, table)}" if order else ""
    return f"the {count}{side} {thing}{per}{by}: "


def _ordered_by(order: Order, plan: QueryPlan, table: Table | None) -> str:
    if order.by == "time":
        return "time"
    known = order.by in plan.metrics or (table is not None and table.metric(order.by) is not None)
    name = _metric(plan, table, order.by) if known else _column(table, order.by)
    return {
        "value": name,
        "change": f"change in {name}",
        "change_pct": f"relative change in {name}",
        "share": f"share of {name}",
    }[order.of]


def _breakdown(plan: QueryPlan, table: Table | None) -> str:
    if not plan.metrics:
        return f"by {plan.grain.value}" if plan.grain else ""
    groups = [_column(table, name) for name in plan.dimensions]
    if plan.grain:
        groups.insert(0, "day of the week" if plan.grain is Grain.WEEKDAY else plan.grain.value)
    return f"by {_join(groups)}" if groups else ""


def _filter(condition: Filter, table: Table | None) -> str:
    name = _column(table, condition.column)
    shown = [_value(v) for v in condition.values]
    if condition.op in ("in", "not in"):
        more = f" and {len(shown) - _SHOWN_VALUES} more" if len(shown) > _SHOWN_VALUES + 1 else ""
        listed = ", ".join(shown[:_SHOWN_VALUES]) + more if more else _join(shown, "or")
        return f"where {name} is {'not ' if condition.op == 'not in' else ''}{listed}"
    if condition.op == "between":
        return f"where {name} is between {' and '.join(shown)}"
    text = " ".join(shown)
    if condition.op in ("contains", "not contains", "starts with"):
        text = f"“{text}”"
    verb = _OPS.get(condition.op, condition.op)
    return f"where {name} {'is ' if condition.op in ('>', '>=', '<', '<=') else ''}{verb} {text}".rstrip()


def _having(h: Having, plan: QueryPlan, table: Table | None) -> str:
    metric = table.metric(h.metric) if table else None
    unit = Unit.RATIO if h.of in ("change_pct", "share") else metric.unit if metric else None
    name = _metric(plan, table, h.metric)
    subject = {
        "value": name,
        "change": f"a change in {name}",
        "change_pct": f"a relative change in {name}",
        "share": f"a share of {name}",
    }[h.of]
    numbers = [_number(v, unit) for v in h.values]
    if h.op == "between":
        return f"{subject} between {' and '.join(numbers)}"
    return f"{subject} {_OPS.get(h.op, h.op) if h.op not in ('=', '!=') else 'equal to' if h.op == '=' else 'not equal to'} {' '.join(numbers)}"


def _number(value: float, unit: Unit | None) -> str:
    if unit is Unit.RATIO:
        return f"{value * 100:,.10g}%"
    return f"{value:,.10g}"


def _value(value: Scalar) -> str:
    if isinstance(value, dt.date):
        return _day(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _order(plan: QueryPlan, table: Table | None) -> str:
    order = plan.order[0] if plan.order else None
    if order is None or plan.limit or order.by == "time" or not plan.metrics:
        return ""
    return f"{'highest' if order.descending else 'lowest'} {_ordered_by(order, plan, table)} first"


def _when(time: TimeRange) -> str:
    span = _range(time, labelled=False)
    if time.label and time.label not in span:
        return (
            f"in {time.label} ({span})"
            if not time.label.startswith(("since", "before", "after", "until"))
            else f"{time.label} ({span})"
        )
    return f"in {span}"


def _range(time: TimeRange, *, labelled: bool = True) -> str:
    if time.start and time.end:
        span = (
            _day(time.start)
            if time.start == time.end
            else f"{_day(time.start)} to {_day(time.end)}"
        )
    elif time.start:
        span = f"from {_day(time.start)}"
    elif time.end:
        span = f"up to {_day(time.end)}"
    else:
        span = "all the data"
    return f"{time.label} ({span})" if labelled and time.label and time.label != span else span


def _overlap(time: TimeRange, first: dt.date, last: dt.date) -> list[str]:
    label = time.label or "the period"
    notes = []
    if time.start and time.start < first:
        notes.append(f"the data starts on {_day(first)}, so {label} is covered from there")
    if time.end and time.end > last:
        notes.append(f"the data ends on {_day(last)}, so {label} is covered up to there")
    return notes


def _day(day: dt.date) -> str:
    return f"{day.day} {day.strftime('%b %Y')}"


def _join(words: list[str], last: str = "and") -> str:
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + f" {last} {words[-1]}"
