"""Changing a reading with widgets: metrics, breakdown, time, filters, sorting and rows kept."""

from __future__ import annotations

import datetime as dt
from typing import Final

import streamlit as st

from src.errors import AnalystError
from src.query_engine import plan_edit
from src.query_engine.plan import Filter, Grain, QueryPlan, Scalar
from src.query_engine.plan_edit import Choice, FilterChoice, Options
from src.ui.ask.picking import pick
from src.ui.ask.steps import begin_step
from src.ui.errors import show_error
from src.ui.messages import t
from src.ui.safe_text import safe_text
from src.workflow.analysis import AnalysisSession, Analyst

_LIST_OPS: Final = ("in", "not in", "=", "!=")
_ONE_TEXT_OPS: Final = ("contains", "not contains", "starts with")
_NO_VALUE_OPS: Final = ("is null", "is not null")
_COMPARISONS: Final = (None, "previous_period", "previous_year")


def plan_editor(analyst: Analyst, session: AnalysisSession, *, key: str) -> None:
    """An editor of the chosen reading, or before the choice of any of the readings.

    Args:
        key: tells this editor's widgets from another editor's on the same page.
    """
    plans = _plans(session)
    if not plans:
        return
    with st.expander(t("plan.title") if session.chosen else t("plan.title_pick")):
        name = next(iter(plans))
        if len(plans) > 1:
            name = st.selectbox(t("plan.based_on"), list(plans), key=f"{key}_base_{session.id}")
        plan = plans[name]
        prefix = f"{key}_{session.id}_{abs(hash(plan))}"
        try:
            edited = _widgets(plan, plan_edit.options(session.dataset, plan), prefix)
        except AnalystError as error:
            show_error(error)
            return
        if st.button(t("plan.apply"), key=f"{prefix}_apply"):
            if edited == plan and session.chosen is not None:
                st.info(t("plan.no_change"))
                return
            begin_step(analyst, session.id, "edit_plan", lambda s, _: s.edit_plan(edited))
            st.rerun()


def _plans(session: AnalysisSession) -> dict[str, QueryPlan]:
    """The plans that can be started from, by how people see them."""
    chosen = session.chosen
    readings = (chosen,) if chosen is not None else session.interpretations
    return {r.text: r.plan for r in readings if r.plan is not None}


def _widgets(plan: QueryPlan, options: Options, prefix: str) -> QueryPlan:
    """Draw the widgets; the plan as they stand."""
    plan = plan_edit.with_metrics(plan, *_several("metrics", plan.metrics, options.metrics, prefix))
    plan = plan_edit.with_dimensions(
        plan, *_several("breakdown", plan.dimensions, options.dimensions, prefix)
    )
    left, right = st.columns(2)
    with left:
        plan = _grain(plan, options, prefix)
    with right:
        plan = _limit(plan, prefix)
    plan = _period(plan, options, prefix)
    plan = _order(plan, options, prefix)
    return _filters(plan, options, prefix)


def _several(
    name: str, chosen: tuple[str, ...], choices: tuple[Choice, ...], prefix: str
) -> list[str]:
    labels = {choice.name: choice.label for choice in choices}
    given = [c for c in chosen if c in labels]
    return pick(t(f"plan.{name}"), labels, given, f"{prefix}_{name}")


def _grain(plan: QueryPlan, options: Options, prefix: str) -> QueryPlan:
    if not options.grains:
        return plan
    choices: list[Grain | None] = [None, *options.grains]
    grain = st.selectbox(
        t("plan.grain"),
        choices,
        index=choices.index(plan.grain),
        format_func=lambda value: t(f"grain.{value.value}") if value else t("plan.grain_none"),
        key=f"{prefix}_grain",
    )
    return plan if grain == plan.grain else plan_edit.with_grain(plan, grain)


def _limit(plan: QueryPlan, prefix: str) -> QueryPlan:
    limit = st.number_input(
        t("plan.limit"),
        min_value=1,
        value=plan.limit,
        step=1,
        key=f"{prefix}_limit",
        help=t("plan.limit_help"),
    )
    return plan if limit == plan.limit else plan_edit.with_limit(plan, limit, plan.limit_per)


def _period(plan: QueryPlan, options: Options, prefix: str) -> QueryPlan:
    if options.first_day is None or options.last_day is None:
        return plan
    start = plan.time.start if plan.time else None
    end = plan.time.end if plan.time else None
    first, last, beside = st.columns(3)
    # Plans may name days outside the data; the calendars must reach them.
    earliest = min(d for d in (options.first_day, start, end) if d)
    latest = max(d for d in (options.last_day, start, end) if d)
    with first:
        new_start = _day(t("plan.from"), start, earliest, latest, f"{prefix}_from")
    with last:
        new_end = _day(t("plan.to"), end, earliest, latest, f"{prefix}_to")
    if (new_start, new_end) != (start, end):
        plan = plan_edit.with_period(plan, new_start, new_end)
    with beside:
        return _comparison(plan, prefix)


def _day(
    label: str, value: dt.date | None, first: dt.date, last: dt.date, key: str
) -> dt.date | None:
    picked = st.date_input(
        label,
        value=value,
        min_value=first,
        max_value=last,
        format="YYYY-MM-DD",
        key=key,
        help=t("plan.day_help"),
    )
    return picked if isinstance(picked, dt.date) else None


def _comparison(plan: QueryPlan, prefix: str) -> QueryPlan:
    current = plan.comparison.kind if plan.comparison else None
    choices = [*_COMPARISONS, *(["custom"] if current == "custom" else [])]
    picked = st.selectbox(
        t("plan.comparison"),
        choices,
        index=choices.index(current),
        format_func=lambda value: t(f"comparison.{value or 'none'}"),
        key=f"{prefix}_comparison",
        help=t("plan.comparison_help"),
    )
    return plan if picked == current else plan_edit.with_comparison(plan, picked)


def _order(plan: QueryPlan, options: Options, prefix: str) -> QueryPlan:
    labels = {c.name: c.label for c in (*options.metrics, *options.dimensions)}
    if plan.grain:
        labels["time"] = t(f"grain.{plan.grain.value}")
    kept = [n for n in (*plan.metrics, *plan.dimensions) if n in labels]
    choices: list[str | None] = [None, *(["time"] if plan.grain else []), *kept]
    current = plan.order[0] if plan.order and plan.order[0].by in choices else None
    by, way = st.columns(2)
    picked = by.selectbox(
        t("plan.order"),
        choices,
        index=choices.index(current.by) if current else 0,
        format_func=lambda value: labels[value] if value else t("plan.order_none"),
        key=f"{prefix}_order_{len(choices)}",
    )
    down = way.selectbox(
        t("plan.direction"),
        (True, False),
        index=0 if current is None or current.descending else 1,
        format_func=lambda value: t("plan.largest") if value else t("plan.smallest"),
        key=f"{prefix}_direction",
        disabled=picked is None,
    )
    if picked == (current.by if current else None) and (
        current is None or down == current.descending
    ):
        return plan
    return plan_edit.with_order(plan, picked, descending=bool(down))


def _filters(plan: QueryPlan, options: Options, prefix: str) -> QueryPlan:
    by_name = {choice.name: choice for choice in options.filters}
    kept = [f for f in plan.filters if f.column not in by_name]
    active = pick(
        t("plan.filters"),
        {name: choice.label for name, choice in by_name.items()},
        list(dict.fromkeys(f.column for f in plan.filters if f.column in by_name)),
        f"{prefix}_filters",
        help=t("plan.filters_help"),
    )
    made: list[Filter] = list(kept)
    for name in active:
        mine = [f for f in plan.filters if f.column == name]
        # Two conditions on one column (from … and below …) are shown as one editor each.
        for place, current in enumerate(mine or [None]):
            new = _filter(by_name[name], current, f"{prefix}_{name}_{place}")
            if new is not None:
                made.append(new)
    if set(made) == set(plan.filters):
        return plan
    return plan_edit.with_filters(plan, *made)


def _filter(choice: FilterChoice, current: Filter | None, key: str) -> Filter | None:
    """The condition that the widgets of one filter make; None while it has no value."""
    left, right = st.columns([1, 2])
    ops = list(choice.ops)
    if choice.kind in ("text", "other"):
        # One value or several is for the list of values to say.
        ops = [op for op in ops if op not in ("=", "!=")]
    shown = {"=": "in", "!=": "not in"}.get(current.op, current.op) if current else ops[0]
    if choice.kind not in ("text", "other") and current:
        shown = current.op
    op = left.selectbox(
        safe_text(choice.label),
        ops if shown in ops else [shown, *ops],
        index=ops.index(shown) if shown in ops else 0,
        format_func=lambda value: t(f"filter_op.{_OP_KEYS[value]}"),
        key=f"{key}_op",
    )
    if op is None or op in _NO_VALUE_OPS:
        return Filter.model_validate({"column": choice.name, "op": op}) if op else None
    values = _values(choice, op, current.values if current else (), key, right)
    if not values:
        return None
    exact = {"in": "=", "not in": "!="}.get(op, op) if len(values) == 1 else op
    return Filter.model_validate({"column": choice.name, "op": exact, "values": values})


_OP_KEYS: Final = {
    "=": "equals", "!=": "not_equals", "in": "one_of", "not in": "none_of",
    "contains": "contains", "not contains": "not_contains", "starts with": "starts_with",
    ">": "above", ">=": "at_least", "<": "below", "<=": "at_most", "between": "between",
    "is null": "empty", "is not null": "not_empty",
}  # fmt: skip


def _values(
    choice: FilterChoice,
    op: str,
    current: tuple[Scalar, ...],
    key: str,
    place: st.delta_generator.DeltaGenerator,
) -> tuple[Scalar, ...]:
    label = t("plan.filter_values", column=safe_text(choice.label))
    if choice.kind == "boolean":
        picked = place.selectbox(label, (True, False), index=0, key=f"{key}_bool")
        return (bool(picked),)
    if choice.kind == "number":
        return _numbers(label, op, current, key, place)
    if op in _ONE_TEXT_OPS or not choice.values:
        text = place.text_input(
            label, value=str(current[0]) if current else "", key=f"{key}_text_{op in _LIST_OPS}"
        )
        return (text,) if text else ()
    given = [str(value) for value in current]
    known = dict.fromkeys([*given, *choice.values])
    with place:
        names = {value: value for value in known}
        return tuple(pick(label, names, given, key, complete=choice.values_complete))


def _numbers(
    label: str,
    op: str,
    current: tuple[Scalar, ...],
    key: str,
    place: st.delta_generator.DeltaGenerator,
) -> tuple[Scalar, ...]:
    count = 2 if op == "between" else 1
    values = []
    for position, column in enumerate(place.columns(count)):
        given = current[position] if position < len(current) else None
        value = column.number_input(
            label,
            value=float(given) if isinstance(given, int | float) else None,
            key=f"{key}_number_{count}_{position}",
        )
        if value is None:
            return ()
        values.append(value)
    return tuple(values)
