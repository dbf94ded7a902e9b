"""Averages over time or things: "average daily spend", "revenue per booking", "в среднем в день".

Such an average is a total divided by how many days, rows or things there are; it stands in the
question as a measure of its own, so that every later clause can rank, filter or compare by it.
"""

from __future__ import annotations

from typing import Literal

from src.data.semantic import Aggregation, Column, Metric, Role
from src.query_engine.nl.reading import State, with_first
from src.query_engine.nl.vocabulary import Target
from src.query_engine.plan import AdHoc, Grain

_GRAINS = {
    "grain_day": Grain.DAY, "grain_week": Grain.WEEK, "grain_month": Grain.MONTH,
    "grain_quarter": Grain.QUARTER, "grain_year": Grain.YEAR,
}  # fmt: skip
_AVERAGED = {
    "per_day_average": Grain.DAY, "per_week_average": Grain.WEEK, "per_month_average": Grain.MONTH,
}  # fmt: skip
_ADJECTIVES = {
    Grain.DAY: "daily", Grain.WEEK: "weekly", Grain.MONTH: "monthly", Grain.QUARTER: "quarterly",
    Grain.YEAR: "yearly",
}  # fmt: skip
_OF = {"of", "for", "across", "among"}
_BY = {"by", "по", "which", "what"}
THINGS = {"campaign", "ad_group", "ad", "keyword", "customer", "employee", "account_id"}
_PERSONS = {"customer", "account_id", "employee"}
_LISTABLE = 50  # things of which "units per SKU" lists each
_How = Literal["sum", "count_rows", "count_distinct"]
_ADDED_UP: dict[Aggregation, _How] = {
    Aggregation.SUM: "sum",
    Aggregation.COUNT_ROWS: "count_rows",
    Aggregation.COUNT_DISTINCT: "count_distinct",
}


def averages(state: State) -> None:
    """Replace a measure and the words that average it by the measure they make together."""
    _over_time(state)
    _over_things(state)
    _of_things(state)


def _over_time(state: State) -> None:
    for i, item in enumerate(state.items):
        if item.targets or not state.free(i):
            continue
        grain = next((g for name, g in _AVERAGED.items() if item.any_of(name)), None)
        if grain is None and not item.any_of("average"):
            continue
        unit = None if grain else _grain_near(state, i)
        grain = grain or (grain_of(state, unit) if unit is not None else None)
        measure = _measure_near(state, i)
        if grain is None or measure is None or state.table.time_column is None:
            continue
        if divided_by(state, measure, grain.value, f"average {_ADJECTIVES[grain]} {{}}"):
            state.take(i, *([unit] if unit is not None else []))


def _grain_near(state: State, average: int) -> int | None:
    """ "Average weekly conversions", "average spend per week"; not "average CPC by week"."""
    after = state.next(average)
    if grain_of(state, after) and state.items[after].stemmed[0] not in _BY:
        return after
    measure = _measure_near(state, average)
    for k in range(len(state.items)):
        near = measure is not None and (k == state.next(measure) or k == state.next(average))
        near = near or k == state.prev(average)
        if near and grain_of(state, k) and state.items[k].stemmed[0] not in _BY:
            return k
    return None


def grain_of(state: State, i: int) -> Grain | None:
    """The bucket that a word of its own stands for."""
    if not state.free(i) or state.items[i].targets:
        return None
    return next((g for name, g in _GRAINS.items() if state.items[i].any_of(name)), None)


def _measure_near(state: State, average: int) -> int | None:
    """The first measure after the words of averaging, else the last one before."""
    found = [k for k in range(len(state.items)) if state.free(k) and state.metric(k)]
    return next((k for k in found if k > average), found[-1] if found else None)


def _over_things(state: State) -> None:
    for i in range(1, len(state.items) - 1):
        if not state.free(i) or not state.items[i].any_of("per_each"):
            continue
        said = next((k for k, it in enumerate(state.items) if _says_average(state, k)), None)
        thing = _thing(state, i + 1, averaged=said is not None)
        if thing is None or not state.metric(i - 1) or not state.free(i - 1):
            continue
        per, noun = thing
        if divided_by(state, i - 1, per, f"average {{}} per {noun}"):
            state.take(i, i + 1, *([said] if said is not None else []))


def _of_things(state: State) -> None:
    """ "Average spend of Meta campaigns": their total by their number, not a mean over rows."""
    said = next((k for k in range(len(state.items)) if _says_average(state, k)), None)
    if said is None:
        return
    for i in range(1, len(state.items) - 1):
        if state.items[i].text.lower() not in _OF or not state.free(i):
            continue
        at = i + 1
        while at < len(state.items) - 1 and state.items[at].hits and not state.column(at):
            at += 1
        column = state.table.column(state.column(at) or "") if state.free(at) else None
        if column is None or not state.items[at].plural or column.concept not in THINGS:
            continue
        noun = (column.label or column.name).lower()
        if state.free(i - 1) and divided_by(state, i - 1, column.name, f"average {{}} per {noun}"):
            state.take(i, at, said)
            return


def _says_average(state: State, i: int) -> bool:
    return state.is_free(i, "average") and not state.items[i].targets


def _thing(state: State, i: int, *, averaged: bool) -> tuple[str, str] | None:
    """What is divided by: ``row`` or a column, and its noun; None where it is a breakdown.

    "Spend per campaign" is a breakdown; "average spend per campaign" and "orders per customer",
    of which there are too many to list, are one number.
    """
    item, target = state.items[i], state.target(i)
    if target is None or item.plural or not state.free(i):
        return None
    metric = state.table.metric(target.name) if target.kind == "metric" else None
    if target.kind == "rows" or (metric and metric.aggregation is Aggregation.COUNT_ROWS):
        return "row", item.text.lower()
    if metric and metric.aggregation is Aggregation.COUNT_DISTINCT:
        return metric.numerator or "row", item.text.lower()
    column = state.table.column(target.name) if target.kind == "column" else None
    if column is not None and state.context.is_unique(column.name):
        return "row", item.text.lower()
    if column is None or not _is_thing(state, column, averaged=averaged):
        return None
    noun = item.text if item.text.isascii() else column.label or column.name
    return column.name, noun.lower()


def _is_thing(state: State, column: Column, *, averaged: bool) -> bool:
    if averaged:
        return bool(
            column.identified_by or column.role is Role.IDENTIFIER or column.concept in THINGS
        )
    named = any(c.identified_by == column.name for c in state.table.columns)
    listable = 0 < state.context.distinct.get(column.name, 0) <= _LISTABLE
    identifier = column.role is Role.IDENTIFIER and not named and not listable
    return column.concept in _PERSONS or identifier


def divided_by(state: State, measure: int, per: str, label: str) -> bool:
    """Let item `measure` stand for its total divided by the number of `per`."""
    name = state.metric(measure)
    spec = state.table.metric(name) if name else None
    if spec is None or spec.aggregation not in _ADDED_UP:
        return False
    if per == spec.numerator:
        return False
    made = AdHoc(
        name=_free_name(state, f"{spec.name}_per_{per}"),
        label=_sentence(label.format(_noun(state, spec))),
        aggregation=_ADDED_UP[spec.aggregation],
        column=None if spec.aggregation is Aggregation.COUNT_ROWS else spec.numerator,
        per=per,
    )
    state.out.ad_hoc.append(made)
    state.items = with_first(state.items, measure, targets=(Target("metric", made.name),))
    return True


def _noun(state: State, spec: Metric) -> str:
    label = spec.label or spec.name
    if spec.aggregation is Aggregation.COUNT_ROWS and spec.label in ("", "Rows"):
        label = state.table.label or label
    return label if label.isupper() else label[:1].lower() + label[1:]


def _sentence(label: str) -> str:
    return label[:1].upper() + label[1:]


def _free_name(state: State, name: str) -> str:
    taken = {m.name for m in state.table.metrics} | {c.name for c in state.table.columns}
    while name in taken:
        name += "_"
    return name
