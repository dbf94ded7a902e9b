"""A short question that leans on the one before: "and by device?", "only Meta", "top 3"."""

from __future__ import annotations

from dataclasses import replace

from src.query_engine.nl.calendar import Period, bucket, previous, year_before
from src.query_engine.nl.finish import Candidate, finish
from src.query_engine.nl.medians import check_medians
from src.query_engine.nl.ordering import directed
from src.query_engine.nl.reading import Reading, State
from src.query_engine.nl.running import check_running
from src.query_engine.nl.span import NoPlan
from src.query_engine.phrases import Note
from src.query_engine.plan import Filter, Order, QueryPlan, TimeRange

_MARKERS = ("what_about", "same", "also", "instead")
_KEEPS = ("=", "in", "contains", "starts with")


def merge(state: State, plan: QueryPlan) -> list[Candidate] | None:
    """The candidates of `plan` changed by a fragment; None when the question stands by itself.

    Raises:
        NoPlan: the fragment asks for what a plan cannot say, e.g. a period outside the data.
    """
    marked = [i for i, item in enumerate(state.items) if state.free(i) and item.any_of(*_MARKERS)]
    if not _leans(state, bool(marked)):
        return None
    state.take(*marked)
    for i, item in enumerate(state.items):
        if state.free(i) and item.any_of("only", "compare", "versus") and not item.targets:
            state.take(i)
    if state.leftovers():
        return None
    words = {category for i in marked for category in state.items[i].grammar}
    replacing = "instead" in words or any(
        state.items[i].text.lower() in ("what about", "how about", "what of") for i in marked
    )
    return _changed(state, plan, replacing=replacing)


def _leans(state: State, marked: bool) -> bool:
    """Whether the words make sense only after another question."""
    reading, items = state.out, state.items
    if marked or (not reading.dimensions and any(i.any_of("referring") for i in items)):
        return True
    first = next((i for i in range(len(items)) if not state.skippable(i)), None)
    if first is None:
        return items[0].any_of("only", "by") if items else False
    lead = items[first]
    if lead.any_of("only", "not", "by", "order") or (
        items[0].any_of("only", "by", "per_group") and not lead.targets
    ):
        return True
    content = [i for i in range(len(items)) if not state.skippable(i)]
    if reading.having and set(reading.metrics) <= {h.metric for h in reading.having}:
        return not reading.dimensions
    if reading.metrics:
        return len(content) == 1 and not reading.ranked
    if reading.dimensions:
        return items[0].any_of("by") or any(
            item.any_of("by") and len(item.stemmed) > 1 for item in items
        )
    return bool(
        reading.filters or reading.period or reading.limit or reading.grain or reading.comparison
        or reading.share or reading.having or reading.trend or reading.ranked or reading.against
        or reading.running
    )  # fmt: skip


def _changed(state: State, plan: QueryPlan, *, replacing: bool) -> list[Candidate]:
    reading = state.out
    if _only_the_total(state):
        return [_in_total(plan)]
    made = [_merged(state, plan, replace_dimensions=replacing)]
    if reading.dimensions and plan.dimensions and not replacing:
        other = _merged(state, plan, replace_dimensions=True)
        if other.plan != made[0].plan:
            made.append(replace(other, rank=3, sense=Note("sense.in_place")))
    return made


def _only_the_total(state: State) -> bool:
    """ "And in total?": nothing else is said."""
    said = [item for item in state.items if item.targets or item.hits or item.period or item.number]
    return not said and any(item.any_of("total") for item in state.items)


def _in_total(plan: QueryPlan) -> Candidate:
    """The plan without its breakdown, and what ranked or chose the parts."""
    whole = QueryPlan(
        table=plan.table,
        metrics=plan.metrics,
        filters=plan.filters,
        either=tuple(one for one in plan.either if one.filters),
        time=plan.time,
        comparison=plan.comparison,
        ad_hoc=tuple(a for a in plan.ad_hoc if a.name in plan.metrics),
    )
    return Candidate(whole, (Note("note.follow_up"),), {"follow_up": 1})


def _merged(state: State, plan: QueryPlan, *, replace_dimensions: bool) -> Candidate:
    reading = state.out
    metrics = _metrics(state, plan, replacing=replace_dimensions)
    dimensions = tuple(reading.dimensions) if replace_dimensions else plan.dimensions
    if not replace_dimensions:
        dimensions = tuple(dict.fromkeys((*plan.dimensions, *reading.dimensions)))
    dimensions = dimensions or plan.dimensions
    limit, per = reading.limit or plan.limit, plan.limit_per
    added = [d for d in dimensions if d not in plan.dimensions]
    if plan.limit and not reading.limit and added and len(dimensions) > len(plan.dimensions) > 0:
        per = added[0]
        dimensions = (per, *(d for d in dimensions if d != per))
    having = (
        *(h for h in plan.having if h.metric not in {n.metric for n in reading.having}),
        *reading.having,
    )
    scratch = Reading(
        metrics=list(metrics),
        ad_hoc=[*plan.ad_hoc, *(a for a in reading.ad_hoc if a not in plan.ad_hoc)],
        dimensions=list(dimensions),
        filters=list(_filters(plan, reading.filters)),
        having=[*having, *(h for one in plan.either for h in one.having)],
        either=[*plan.either, *reading.either],
        grain=reading.grain or plan.grain,
        trend=reading.trend or bool(reading.running and not (reading.grain or plan.grain)),
        running=reading.running or ("kept" if plan.running_total else ""),
        order=[],
        share=reading.share or plan.share_of_total,
        include_empty=reading.include_empty or plan.include_empty,
        weekdays=reading.weekdays,
        notes=list(reading.notes),
        costs={**reading.costs, "follow_up": 1},
        limit_per=per,
    )
    _check_either(reading, plan)
    period = _period(state, plan)
    _comparison(scratch, reading, plan, period)
    scratch.period = period
    filled = finish(State(state.items, state.context, scratch, set(state.used)))[0]
    order = _order(state, plan, filled.plan)
    update = {
        "order": order,
        "limit": limit,
        "limit_per": per if limit and per in dimensions else None,
    }
    kept = filled.plan.model_copy(update=update)
    if plan.time and not reading.period and kept.time and reading.comparison is None:
        kept = kept.model_copy(update={"time": plan.time})
    check_running(state, kept)
    check_medians(state, kept)
    return replace(filled, plan=kept, notes=(Note("note.follow_up"), *filled.notes))


def _check_either(reading: Reading, plan: QueryPlan) -> None:
    """Refuse to say which of several conditions a new one of the same measure or column replaces.

    Raises:
        NoPlan: with kind ``unsupported``.
    """
    said = {h.metric for h in reading.having} | {f.column for f in reading.filters}
    for one in plan.either:
        if said & ({h.metric for h in one.having} | {f.column for f in one.filters}):
            raise NoPlan("unsupported", Note("refused.either_again"))


def _metrics(state: State, plan: QueryPlan, *, replacing: bool) -> tuple[str, ...]:
    """New measures take the place of the old ones, unless they are added to them."""
    conditions = {h.metric for h in state.out.having}
    new = [m for m in state.out.metrics if m not in conditions]
    adding = state.items[0].any_of("also") or state.items[0].text.lower() in (
        "and",
        "plus",
        "add",
        "и",
    )
    if new and all(o.by in new for o in state.out.order) and len(state.out.order) == len(new):
        return tuple(dict.fromkeys((*plan.metrics, *new)))  # "sorted by CPA" shows it beside
    if not new:
        return tuple(dict.fromkeys((*plan.metrics, *state.out.metrics)))
    return tuple(new) if replacing or not adding else tuple(dict.fromkeys((*plan.metrics, *new)))


def _filters(plan: QueryPlan, new: list[Filter]) -> tuple[Filter, ...]:
    """A new choice of values replaces the old one of the same column; an exclusion adds to it."""
    chosen = {f.column for f in new if f.op in _KEEPS}
    dropped = {(f.column, value) for f in new if f.op in ("!=", "not in") for value in f.values}
    kept = []
    for old in plan.filters:
        if old.column in chosen:
            continue
        if old.op in ("=", "in"):
            values = tuple(v for v in old.values if (old.column, v) not in dropped)
            if not values:
                continue
            if values != old.values:
                op = "=" if len(values) == 1 else "in"
                kept.append(old.model_copy(update={"values": values, "op": op}))
                continue
        kept.append(old)
    return (*kept, *new)


def _period(state: State, plan: QueryPlan) -> Period | None:
    """The period said, counted from the one before where it was "the previous" one."""
    said = state.out.period
    old = _as_period(plan.time)
    if state.out.against and old:
        return old
    asked_before = state.out.comparison in ("previous_period", "previous_year") and any(
        item.any_of("same") for item in state.items
    )
    if asked_before and old:
        return previous(old) if state.out.comparison == "previous_period" else year_before(old)
    if said is None:
        return old
    if not (old and old.start and said.relative and said.unit and said.style == "calendar"):
        return said
    span = (old.start, old.end)
    again = (said.start, said.end) == span
    if again or (bucket(old.start, said.unit) == span and _says_previous(state)):
        return previous(replace(old, unit=said.unit, style="calendar", count=1))
    return said


def _says_previous(state: State) -> bool:
    words = {word for item in state.items if item.period for word in item.stemmed}
    return bool(words & {"previous", "prior", "preceding", "предыдущ", "прошл"})


def _as_period(time: TimeRange | None) -> Period | None:
    if time is None:
        return None
    return Period(time.start, time.end, time.label, "absolute", relative=time.anchor is not None)


def _comparison(scratch: Reading, reading: Reading, plan: QueryPlan, period: Period | None) -> None:
    """Keep comparing with the stretch before when the period moves."""
    against = reading.against
    if against and period and plan.time:
        scratch.comparison = "previous_period" if against.relative else "custom"
        scratch.baseline = previous(period) if against.relative else against
        return
    asked_to_move = period is not None and reading.comparison and period != _as_period(plan.time)
    if reading.comparison and not asked_to_move:
        scratch.comparison, scratch.baseline = reading.comparison, reading.baseline
        scratch.comparison_unit = reading.comparison_unit
    elif plan.comparison and period == _as_period(plan.time):
        scratch.comparison = plan.comparison.kind
        scratch.baseline = _as_period(plan.comparison.baseline)
    elif plan.comparison and plan.comparison.kind != "custom":
        scratch.comparison = plan.comparison.kind


def _order(state: State, old: QueryPlan, new: QueryPlan) -> tuple[Order, ...]:
    reading = state.out
    wanted = [o for o in reading.order if o.by in new.metrics or o.by in new.dimensions]
    if wanted:
        return tuple(wanted)
    kept = []
    for order in old.order:
        by = order.by
        descending = order.descending
        if by in old.metrics and by not in new.metrics and new.metrics:
            by = new.metrics[0]
            judged = {_better(state, order.by), _better(state, by)}
            descending = descending != (judged == {True, False})
        if by in new.metrics or by in new.dimensions or (by == "time" and new.grain):
            kept.append(order.model_copy(update={"by": by, "descending": descending}))
    if not kept or (new.grain and not old.grain):
        kept = list(new.order)
    if reading.change in ("grew", "fell") and new.comparison and new.metrics and new.dimensions:
        return (Order(by=new.metrics[0], of="change", descending=reading.change == "grew"),)
    if kept:
        best_first = _better(state, kept[0].by) is False and not kept[0].descending
        if not (best_first and reading.direction in ("up", "down")):
            kept[0] = directed(state, kept[0])
        elif reading.direction == "down":
            kept[0] = kept[0].model_copy(update={"descending": True})
    return tuple(kept)


def _better(state: State, metric: str) -> bool | None:
    """Whether more of it is better; None where neither is, as for spend."""
    spec = state.table.metric(metric)
    return spec.higher_is_better if spec else None
