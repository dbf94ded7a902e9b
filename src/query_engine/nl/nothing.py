"""Clauses about what is not there: groups without a measure or a value, and empty columns."""

from __future__ import annotations

from src.data.semantic import Aggregation
from src.query_engine.nl.conditions import ADDED_UP
from src.query_engine.nl.proportions import part_of
from src.query_engine.nl.reading import State, with_first
from src.query_engine.plan import Filter, FilterOp, Having


def nothing(state: State) -> None:
    """with zero conversions, no clicks, without any orders; and their opposite, with any orders."""
    _not_anything(state)
    for i, item in enumerate(state.items):
        if state.free(i) and item.any_of("none", "some", "never"):
            with state.spanned():
                _nothing_at(state, i)


def _nothing_at(state: State, i: int) -> None:
    item = state.items[i]
    after = state.next(i, over=("not", "none", "some") if item.any_of("never") else ())
    if item.any_of("none") and (_none_of_value(state, i, after) or _blank(state, i, after)):
        return
    metric = state.metric(after)
    if not metric or not state.free(after):
        return
    state.take(i, after)
    if item.any_of("never"):
        state.take(*(k for k in range(i + 1, after) if state.is_free(k, "not", "none", "some")))
        _never_converted(state, after)
        metric = state.metric(after) or metric
    if item.any_of("none", "never"):
        _keep_those_without(state, metric)
    else:
        state.out.add_metric(metric)
        state.out.having.append(Having(metric=metric, op=">", values=(0.0,)))


def something(state: State) -> None:
    """ "Campaigns that spent something": a measure above 0."""
    for i, item in enumerate(state.items):
        before = state.prev(i)
        metric = state.metric(before) if state.free(before) else None
        if metric and state.is_free(i, "anything") and not item.targets:
            with state.spanned():
                state.take(i, before)
                state.out.add_metric(metric)
                state.out.having.append(Having(metric=metric, op=">", values=(0.0,)))


def negative(state: State) -> None:
    """ "Campaigns with negative ROI"."""
    for i, item in enumerate(state.items):
        metric = state.metric(i + 1) if state.free(i + 1) else None
        if metric and state.is_free(i, "negative") and not (item.targets or item.hits):
            with state.spanned():
                state.take(i, i + 1)
                state.out.add_metric(metric)
                state.out.having.append(Having(metric=metric, op="<", values=(0.0,)))


def _keep_those_without(state: State, metric: str) -> None:
    """Keep the groups that have 0 of the measure, those without a row among them."""
    state.out.add_metric(metric)
    state.out.having.append(Having(metric=metric, op="=", values=(0.0,)))
    state.out.include_empty = True


def _not_anything(state: State) -> None:
    """ "Spent nothing", "have not spent anything", «ничего не потратили»."""
    for i, item in enumerate(state.items):
        said, measured = item.text.lower(), i - 1
        denied: int | None = None
        if said == "anything":
            denied = next((k for k in (i - 2, i - 3) if _denies(state, k)), None)
        elif said == "ничего" and state.is_free(i + 1, "not"):
            denied, measured = i + 1, i + 2
        if denied is None and said != "nothing":
            continue
        metric = state.metric(measured) if state.free(measured) else None
        if metric is None or not state.free(i):
            continue
        state.take(i, measured, *([] if denied is None else [denied]))
        _keep_those_without(state, metric)


def _denies(state: State, k: int) -> bool:
    return state.is_free(k, "not") or (state.free(k) and state.items[k].text.endswith("n't"))


def _never_converted(state: State, at: int) -> None:
    """The verb "converted" stands for the count, where the table names a rate so, too."""
    counts = [
        t for t in state.items[at].targets
        if t.kind == "metric" and (spec := state.table.metric(t.name)) is not None
        and spec.aggregation in ADDED_UP
    ]  # fmt: skip
    if counts:
        state.items = with_first(state.items, at, targets=tuple(counts))


def _none_of_value(state: State, i: int, value: int) -> bool:
    """ "Owners that had no B2B sends": those in whose sends B2B has no part, not all but B2B.

    "Spend without Meta campaigns" and "spend without mobile spend" leave rows out.
    """
    at = value + 1
    hits = state.items[value].hits if state.free(value) else ()
    if not (hits and state.free(at)) or state.items[value].targets:
        return False
    name, things = state.metric(at), state.items[at]
    asked = [metric for metric in map(state.metric, range(i)) if metric]
    are_things = _are_things(state, at)
    if name in asked or (asked and are_things) or not (name or are_things):
        return False
    if not any(map(state.column, range(i))) or state.column(at) == hits[0].column:
        return False
    op: FilterOp = "=" if len(hits[0].values) == 1 else "in"
    condition = Filter(column=hits[0].column, op=op, values=hits[0].values)
    made = part_of(state, name, condition, noun=things.text.lower())
    if made is None:
        return False
    state.take(i, value, at)
    state.out.ad_hoc.append(made)
    _keep_those_without(state, made.name)
    return True


def _are_things(state: State, at: int) -> bool:
    """ "Sends", "campaigns", "orders": what the rows are, or are of."""
    item, target = state.items[at], state.target(at)
    spec = state.table.metric(state.metric(at) or "")
    if spec is not None:
        return spec.aggregation in (Aggregation.COUNT_ROWS, Aggregation.COUNT_DISTINCT)
    if target is not None and target.kind == "rows":
        return True
    return item.plural and bool(item.any_of("unsupported:action") or state.column(at))


def _blank(state: State, i: int, at: int) -> bool:
    """ "Orders with no UTM source": rows where the column is empty, as in some it is."""
    name = state.column(at) if state.free(at) else None
    if name is None or name not in state.context.gaps or state.items[at].plural:
        return False
    state.take(i, at)
    state.out.filters.append(Filter(column=name, op="is null"))
    return True
