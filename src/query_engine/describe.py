"""A plan in words: one sentence for what it answers, and what it assumes."""

from __future__ import annotations

import datetime as dt

from src.data.profile import Profile
from src.data.semantic import Aggregation, Metric, Role, SemanticModel, Table, Unit
from src.query_engine.plan import (
    GRAINS,
    AdHoc,
    Filter,
    Grain,
    Having,
    Order,
    QueryPlan,
    Scalar,
    TimeRange,
)

_OPS = {
    "=": "is", "!=": "is not", ">": "above", ">=": "at least", "<": "below", "<=": "at most",
    "contains": "contains", "not contains": "does not contain", "starts with": "starts with",
    "is null": "is missing", "is not null": "is present",
}  # fmt: skip
_SHOWN_VALUES = 4
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def describe_plan(plan: QueryPlan, model: SemanticModel) -> str:
    """One sentence for what the plan answers. Never raises; unknown names stay as they are."""
    table = model.table(plan.table)
    parts = [_what(plan, table)]
    said = [_filter(condition, table) for condition in plan.filters]
    parts.extend(text for text in said if not text.startswith("where "))
    where = [text.removeprefix("where ") for text in said if text.startswith("where ")]
    if where:
        parts.append("where " + " and ".join(where))
    if plan.having:
        lead = "with " if not plan.limit else ", only those with "
        parts.append(lead + " and ".join(_having(h, plan, table) for h in plan.having))
    if plan.time:
        parts.append(_when(plan.time))
    if plan.comparison:
        parts.append(f", compared with {_range(plan.comparison.baseline)}")
    if plan.share_of_total:
        parts.append("and the share of the total")
    text = " ".join(part for part in parts if part).replace(" ,", ",")
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
            f"{plan.time.label or 'the period'} is {_range(plan.time, labelled=False)}, "
            f"counted from {_day(plan.time.anchor)}, {_anchor(plan.time.anchor, last)}"
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
    notes.extend(_divided(made, table) for made in plan.ad_hoc if made.per)
    notes.extend(_partial(made, table) for made in plan.ad_hoc if made.part)
    if plan.include_empty:
        notes.append("groups without any rows in the period are listed too")
    return tuple(notes)


def _divided(made: AdHoc, table: Table | None) -> str:
    """How an average over days, rows or things is computed."""
    counted = f"number of distinct {plural(_column(table, made.column))}"
    top = {"sum": f"total {_column(table, made.column)}", "count_rows": "the number of rows"}.get(
        made.aggregation, counted
    )
    if made.per in GRAINS:
        bottom = f"the {plural(made.per)} that have rows"
    elif made.per == "row":
        bottom = "the rows"
    elif table and (column := table.column(made.per or "")) and column.role is Role.MEASURE:
        return f"{made.label} is {top} divided by total {_column(table, made.per)}"
    else:
        bottom = f"different {plural(_column(table, made.per))}"
    return f"{made.label} is {top} divided by the number of {bottom.removeprefix('the ')}"


def _partial(made: AdHoc, table: Table | None) -> str:
    """What a share within each group divides by what."""
    whole = f"total {_column(table, made.column)}" if made.column else "all rows"
    kept = " and ".join(_filter(f, table).removeprefix("where ") for f in made.part)
    top = f"the {_column(table, made.column)}" if made.column else "the rows"
    return f"{made.label} is {top} where {kept} divided by {whole}, within each group"


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
        label = _lower(metric.label or metric.name)
        averaged = metric.aggregation is Aggregation.AVERAGE and "average" not in label.lower()
        return f"average {label}" if averaged else label
    ad_hoc = next((a for a in plan.ad_hoc if a.name == name), None)
    return _lower(ad_hoc.label) if ad_hoc else name.replace("_", " ")


def _what(plan: QueryPlan, table: Table | None) -> str:
    groups = _groups(plan, table)
    names = [_metric(plan, table, name) for name in plan.metrics]
    if plan.count_groups and groups:
        return f"number of {_join([plural(g) for g in groups])}"
    if not names:
        return f"list of {_join([plural(g) for g in groups])}" if groups else "all rows"
    if plan.limit and groups:
        return _ranking(plan, table, groups, names)
    return _join(names) + (f" by {_join(groups)}" if groups else "")


def _ranking(plan: QueryPlan, table: Table | None, groups: list[str], names: list[str]) -> str:
    """ "the 5 campaigns with the lowest CPA", "for each platform, the 3 campaigns with …"."""
    per = _column(table, plan.limit_per) if plan.limit_per else ""
    things = [g for g in groups if g != per] or groups
    thing = things[-1] if len(things) == 1 else f"combination of {_join(things)}"
    one = plan.limit == 1
    noun = (
        thing if one else plural(thing) if len(things) == 1 else "combinations of " + _join(things)
    )
    order = plan.order[0] if plan.order else None
    if order is None or order.by == "time":
        text = f"the first {noun if one else f'{plan.limit} {noun}'}"
    elif order.descending and not one:
        text = f"top {plan.limit} {noun} by {_ordered_by(order, plan, table)}"
    else:
        end = "highest" if order.descending else "lowest"
        count = "" if one else f"{plan.limit} "
        text = f"the {count}{noun} with the {end} {_ordered_by(order, plan, table)}"
    shown = [
        n for name, n in zip(plan.metrics, names, strict=True) if not order or name != order.by
    ]
    also = f", and {'its' if one else 'their'} {_join(shown)}" if shown else ""
    return f"{f'for each {per}, ' if per else ''}{text}{also}"


def _groups(plan: QueryPlan, table: Table | None) -> list[str]:
    groups = [_column(table, name) for name in plan.dimensions]
    if plan.grain:
        groups.insert(0, "day of the week" if plan.grain is Grain.WEEKDAY else plan.grain.value)
    return groups


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


def _filter(condition: Filter, table: Table | None) -> str:
    name = _column(table, condition.column)
    days = _weekdays(condition, table)
    if days:
        return f"on {days}"
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
    link = "is " if condition.op in (">", ">=", "<", "<=") else ""
    return f"where {name} {link}{verb} {text}".rstrip()


def _weekdays(condition: Filter, table: Table | None) -> str:
    """ "Saturdays and Sundays" for a list of dates that are all of those."""
    if table is None or condition.column != table.time_column or condition.op != "in":
        return ""
    dates = [v for v in condition.values if isinstance(v, dt.date)]
    found = sorted({d.weekday() for d in dates})
    if len(dates) < len(condition.values) or len(dates) < 3 or len(found) > 5:
        return ""
    return _join([f"{_WEEKDAYS[day]}s" for day in found])


def _having(h: Having, plan: QueryPlan, table: Table | None) -> str:
    metric = table.metric(h.metric) if table else None
    partial = any(a.part for a in plan.ad_hoc if a.name == h.metric)
    fraction = partial or h.of in ("change_pct", "share")
    unit = Unit.RATIO if fraction else metric.unit if metric else None
    name = _metric(plan, table, h.metric)
    subject = {
        "value": name,
        "change": f"a change in {name}",
        "change_pct": f"a relative change in {name}",
        "share": f"a share of {name}",
    }[h.of]
    numbers = [_number(v, unit) for v in h.values]
    if h.op == "=" and h.values == (0.0,) and h.of == "value":
        return f"no {name}"
    verb = {"=": "equal to", "!=": "not equal to", "between": "between"}.get(h.op) or _OPS[h.op]
    return f"{subject} {verb} {' and '.join(numbers)}"


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
    if order is None or plan.limit or order.by == "time" or not plan.metrics or plan.count_groups:
        return ""
    if any(h.metric == order.by and h.op == "=" and h.of == order.of for h in plan.having):
        return ""  # all are the same
    return f"{'highest' if order.descending else 'lowest'} {_ordered_by(order, plan, table)} first"


def _when(time: TimeRange) -> str:
    span = _range(time, labelled=False)
    if not time.label or time.label in span:
        return f", {span}"
    return f", {time.label} ({span})"


def _anchor(anchor: dt.date, last: dt.date | None) -> str:
    """What the day that relative words count from is to the data."""
    if anchor == last:
        return "the last day in the data"
    if last and last < anchor <= last + dt.timedelta(days=30):
        return "the end of the last period in the data"
    return "as the data names no last day"


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


def plural(noun: str) -> str:
    """An English plural, good enough for labels."""
    if not noun or not noun.isascii() or noun.endswith("s"):
        return noun
    if noun.endswith("y") and noun[-2:-1] not in set("aeiou"):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("x", "ch", "sh")) else "s")


def _join(words: list[str], last: str = "and") -> str:
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + f" {last} {words[-1]}"
