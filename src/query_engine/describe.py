"""A plan in words: one sentence for what it answers, and what it assumes.

The words are those of the plan's language; they come from the catalogues in `phrases`.
"""

from __future__ import annotations

import datetime as dt

from src.data.semantic import Aggregation, SemanticModel, Table, Unit
from src.query_engine.phrases import (
    Language,
    capital,
    day,
    listed,
    lowered,
    name_in,
    number,
    period_label,
    plural,
    say,
)
from src.query_engine.plan import (
    TIME,
    Comparison,
    Either,
    Filter,
    Having,
    Order,
    QueryPlan,
    Scalar,
    TimeRange,
)

_OPS = {
    "=": "eq", "!=": "ne", "in": "in", "not in": "not_in", "between": "between", ">": "gt",
    ">=": "gte", "<": "lt", "<=": "lte", "contains": "contains", "not contains": "not_contains",
    "starts with": "starts_with", "is null": "is_null", "is not null": "is_not_null",
}  # fmt: skip
_SHOWN_VALUES = 4


def describe_plan(plan: QueryPlan, model: SemanticModel) -> str:
    """One sentence for what the plan answers. Never raises; unknown names stay as they are."""
    table, language = model.table(plan.table), plan.language
    parts = [_what(plan, table)]
    days = [said for f in plan.filters if (said := _weekdays(f, table, language))]
    parts.extend(say(language, "plan.on_days", days=said) for said in days)
    where = [
        filter_words(f, table, language) for f in plan.filters if not _weekdays(f, table, language)
    ]
    chosen = [
        listed(language, _any_row(o, table, language), "or") for o in plan.either if o.filters
    ]
    where += _apart(chosen, alone=len(where) + len(chosen) == 1)
    if where:
        parts.append(say(language, "plan.where", conditions=all_of(language, where)))
    if plan.all_having:
        key = "plan.only_with" if plan.limit else "plan.with"
        having = [_having(h, plan, table) for h in plan.having]
        chosen = [listed(language, _any(o, plan, table), "or") for o in plan.either if o.having]
        having += _apart(chosen, alone=len(having) + len(chosen) == 1)
        parts.append(say(language, key, conditions=all_of(language, having)))
    if plan.time:
        parts.append(_when(plan.time, language))
    if plan.comparison:
        baseline = comparison_words(plan.comparison, language)
        parts.append(say(language, "plan.compared", period=baseline))
    if plan.share_of_total:
        parts.append(say(language, "plan.share"))
    if table and len(model.tables) > 1:
        parts.append(say(language, "plan.in_table", table=table.label or table.name))
    text = " ".join(part for part in parts if part).replace(" ,", ",")
    order = _order(plan, table)
    return (capital(text) + (f", {order}" if order else "")).rstrip(".") + "."


def conditions(plan: QueryPlan, model: SemanticModel) -> tuple[str, ...]:
    """Each condition of the plan in words: on rows, on groups, and its period."""
    table, language = model.table(plan.table), plan.language
    told = [filter_words(f, table, language) for f in plan.filters]
    told += [listed(language, _any_row(o, table, language), "or") for o in plan.either if o.filters]
    told += [_having(h, plan, table) for h in plan.having]
    told += [listed(language, _any(o, plan, table), "or") for o in plan.either if o.having]
    if plan.time:
        told.append(period_words(plan.time, language))
    return tuple(told)


def period_words(time: TimeRange, language: Language) -> str:
    """A period by its name and its days: "last 30 days (10 Aug 2024 to 8 Sep 2024)"."""
    return days_of(time, language)


def comparison_words(comparison: Comparison, language: Language) -> str:
    """The second period by its name and its days; the name is that of its kind without another."""
    baseline = comparison.baseline
    if not baseline.label and comparison.kind != "custom":
        label = "previous period" if comparison.kind == "previous_period" else "a year before"
        baseline = baseline.model_copy(update={"label": label})
    return days_of(baseline, language)


def column_words(table: Table | None, name: str | None) -> str:
    column = table.column(name) if table and name else None
    label = (column.label if column else "") or name or ""
    return lowered(label.replace("_", " "))


def named(language: Language, table: Table | None, name: str | None) -> str:
    return name_in(language, column_words(table, name))


def _metric(plan: QueryPlan, table: Table | None, name: str) -> str:
    metric = table.metric(name) if table else None
    if metric:
        label = name_in(plan.language, lowered(metric.label or metric.name))
        averaged = metric.aggregation is Aggregation.AVERAGE and "average" not in label.lower()
        return say(plan.language, "word.average", name=label) if averaged else label
    ad_hoc = next((a for a in plan.ad_hoc if a.name == name), None)
    if ad_hoc is None:
        return name.replace("_", " ")
    # What stands after a colon are values of the data.
    head, colon, values = ad_hoc.label.partition(": ")
    return f"{lowered(head)}{colon}{values}"


def _to_date(plan: QueryPlan, table: Table | None, name: str) -> str:
    """A measure, and that it is put out as a running total."""
    said = _metric(plan, table, name)
    if not plan.running_total:
        return said
    metric = table.metric(name) if table else None
    own = next((a for a in plan.ad_hoc if a.name == name), None)
    ratio = bool(metric and metric.aggregation is Aggregation.RATIO) or bool(
        own and (own.per or own.part)
    )
    return say(plan.language, "plan.ratio_to_date" if ratio else "plan.running_total", name=said)


def _what(plan: QueryPlan, table: Table | None) -> str:
    groups, language = _groups(plan, table), plan.language
    names = [_to_date(plan, table, name) for name in plan.metrics]
    many = listed(language, [plural(g) for g in groups])
    if plan.count_groups and groups:
        return say(language, "plan.count", groups=many)
    if not names:
        return say(language, "plan.list", groups=many) if groups else say(language, "plan.all_rows")
    if plan.limit and groups:
        return _ranking(plan, table, groups, names)
    metrics = listed(language, names)
    if not groups:
        return metrics
    return say(language, "plan.by", metrics=metrics, groups=listed(language, groups))


def _ranking(plan: QueryPlan, table: Table | None, groups: list[str], names: list[str]) -> str:
    """ "the 5 campaigns with the lowest CPA", "for each platform, the 3 campaigns with …"."""
    language = plan.language
    per = named(language, table, plan.limit_per) if plan.limit_per else ""
    if plan.limit_per == TIME and plan.grain:
        per = say(language, f"word.{plan.grain.value}")
    kept = [g for g in groups if g != per] or groups
    thing, things = kept[-1], plural(kept[-1])
    if len(kept) > 1:
        joined = listed(language, kept)
        thing = say(language, "plan.combination", things=joined)
        things = say(language, "plan.combinations", things=joined)
    order, one = plan.order[0] if plan.order else None, plan.limit == 1
    if order is None or order.by == "time":
        key, by = "first", ""
    else:
        by = _ordered_by(order, plan, table)
        key = "highest" if order.descending else "lowest"
    if key == "highest" and not one:
        key = "top"
    else:
        key += "_one" if one else "_many"
    what = say(language, f"plan.{key}", thing=thing, things=things, count=plan.limit, by=by)
    shown = [
        n for name, n in zip(plan.metrics, names, strict=True) if not order or name != order.by
    ]
    if shown:
        also = "plan.also_one" if one else "plan.also_many"
        what = say(language, also, what=what, metrics=listed(language, shown))
    return say(language, "plan.for_each", per=per, what=what) if per else what


def _groups(plan: QueryPlan, table: Table | None) -> list[str]:
    groups = [named(plan.language, table, name) for name in plan.dimensions]
    if plan.grain:
        groups.insert(0, say(plan.language, f"word.{plan.grain.value}"))
    return groups


def _ordered_by(order: Order, plan: QueryPlan, table: Table | None) -> str:
    if order.by == "time":
        return say(plan.language, "word.time")
    known = order.by in plan.metrics or (table is not None and table.metric(order.by) is not None)
    name = _metric(plan, table, order.by) if known else named(plan.language, table, order.by)
    return say(plan.language, f"of.{order.of}", name=name)


def filter_words(condition: Filter, table: Table | None, language: Language) -> str:
    name = named(language, table, condition.column)
    shown = [_value(v, language) for v in condition.values]
    if condition.op in ("in", "not in"):
        if len(shown) > _SHOWN_VALUES + 1:
            first = ", ".join(shown[:_SHOWN_VALUES])
            values = say(language, "word.more", shown=first, count=len(shown) - _SHOWN_VALUES)
        else:
            values = listed(language, shown, "or")
    elif condition.op == "between":
        values = f" {say(language, 'word.and')} ".join(shown)
    else:
        values = " ".join(shown)
    return say(language, f"is.{_OPS[condition.op]}", name=name, values=values)


def _apart(conditions: list[str], *, alone: bool) -> list[str]:
    """In brackets where others stand beside them."""
    return conditions if alone else [f"({condition})" for condition in conditions]


def _any_row(one: Either, table: Table | None, language: Language) -> list[str]:
    return [filter_words(f, table, language) for f in one.filters]


def _any(one: Either, plan: QueryPlan, table: Table | None) -> list[str]:
    return [_having(h, plan, table) for h in one.having]


def _weekdays(condition: Filter, table: Table | None, language: Language) -> str:
    """ "Saturdays and Sundays" for a list of dates that are all of those."""
    if table is None or condition.column != table.time_column or condition.op != "in":
        return ""
    dates = [v for v in condition.values if isinstance(v, dt.date)]
    found = sorted({d.isoweekday() for d in dates})
    if len(dates) < len(condition.values) or len(dates) < 3 or len(found) > 5:
        return ""
    return listed(language, [say(language, f"weekdays.{number}") for number in found])


def _having(h: Having, plan: QueryPlan, table: Table | None) -> str:
    metric = table.metric(h.metric) if table else None
    own = next((a for a in plan.ad_hoc if a.name == h.metric), None)
    partial = own is not None and bool(own.part or (own.less and own.per))
    if own is not None and own.of and table is not None:
        metric = table.metric(own.of)
    fraction = partial or h.of in ("change_pct", "share")
    unit = Unit.RATIO if fraction else metric.unit if metric else None
    name, language = _metric(plan, table, h.metric), plan.language
    if h.op == "=" and h.values == (0.0,) and h.of == "value":
        return say(language, "has.none", name=name)
    if h.of == "average":
        return _against_average(h, name, language)
    if h.of != "value":
        name = say(language, f"of.a_{h.of}", name=name)
    values = f" {say(language, 'word.and')} ".join(_number(v, unit, language) for v in h.values)
    return say(language, f"has.{_OPS[h.op]}", name=name, values=values)


def _against_average(h: Having, name: str, language: Language) -> str:
    average = say(language, "has.average")
    if h.values != (1.0,):
        average = say(language, "has.times_average", times=h.values[0], average=average)
    return say(language, f"has.{_OPS[h.op]}", name=name, values=average)


def _number(value: float, unit: Unit | None, language: Language) -> str:
    if unit is Unit.RATIO:
        return say(language, "word.percent", value=value * 100)
    return number(language, value)


def _value(value: Scalar, language: Language) -> str:
    if isinstance(value, dt.date):
        return day(language, value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return number(language, value) if isinstance(value, float) else str(value)


def _order(plan: QueryPlan, table: Table | None) -> str:
    order = plan.order[0] if plan.order else None
    if order is None or plan.limit or order.by == "time" or not plan.metrics or plan.count_groups:
        return ""
    if any(h.metric == order.by and h.op == "=" and h.of == order.of for h in plan.having):
        return ""  # all are the same
    key = "plan.highest_first" if order.descending else "plan.lowest_first"
    return say(plan.language, key, by=_ordered_by(order, plan, table))


def _when(time: TimeRange, language: Language) -> str:
    span, label = days_of(time, language, labelled=False), period_label(language, time.label)
    if not label or label in span:
        return say(language, "plan.period", span=span)
    return say(language, "plan.named_period", label=label, span=span)


def period_name(time: TimeRange, language: Language) -> str:
    named = period_label(language, time.label)
    return say(language, "assumed.named", label=named) if named else say(language, "assumed.period")


def days_of(time: TimeRange, language: Language, *, labelled: bool = True) -> str:
    start = day(language, time.start) if time.start else ""
    end = day(language, time.end) if time.end else ""
    if start and end:
        span = start if start == end else say(language, "span.range", start=start, end=end)
    elif start:
        span = say(language, "span.from", start=start)
    elif end:
        span = say(language, "span.to", end=end)
    else:
        span = say(language, "span.all")
    label = period_label(language, time.label)
    if labelled and label and label != span:
        return say(language, "span.named", label=label, span=span)
    return span


def all_of(language: Language, conditions: list[str]) -> str:
    return f" {say(language, 'word.and')} ".join(conditions)
