"""Running totals: "cumulative spend by day", «расход нарастающим итогом по неделям»."""

from __future__ import annotations

from dataclasses import replace

from src.errors import PlanError
from src.query_engine.compiler.resolve import resolve_metric
from src.query_engine.nl.calendar import Period
from src.query_engine.nl.reading import State
from src.query_engine.nl.span import NoPlan, auto_grain
from src.query_engine.phrases import Note
from src.query_engine.plan import RECURRING, QueryPlan

_SO_FAR = {("to", "date"), ("so", "far")}
_ASKED = ("what", "how", "сколько", "каков", "какой", "какая")
_SUMMED = ("cumul", "accumul", "накоплен")  # said of one total, too; a "running total" is not


def running(state: State) -> None:
    """The words that ask for totals to date."""
    for i, item in enumerate(state.items):
        if state.is_free(i, "running") and not (item.targets or item.hits):
            state.take(i)
            state.out.running = state.out.running or item.text
        elif words := _to_date(state, i):
            state.take(*words)
            said = " ".join(state.items[k].text for k in words)
            state.out.running = state.out.running or said


def _to_date(state: State, i: int) -> list[int]:
    """ "Running spend by day", and "spend to date by day"; "spend to date" alone is a total."""
    if not state.free(i) or i + 1 >= len(state.items):
        return []
    text = state.items[i].text.lower()
    pair = (text, state.items[i + 1].text.lower())
    if pair[0] == "running" and state.metric(i + 1) and not state.items[i].targets:
        return [i]
    by = any(c.startswith("grain_") for item in state.items for c in item.grammar)
    said_of = by and i > 0 and state.metric(i - 1) is not None
    if said_of and tuple(text.split()) in _SO_FAR:
        return [i]
    return [i, i + 1] if said_of and pair in _SO_FAR and state.free(i + 1) else []


def courses(state: State, period: Period | None) -> list[tuple[State, str]]:
    """ "Cumulative spend in May": its course over time, or the one total that it comes to.

    With buckets that were asked for it is the course.
    """
    said = state.out.running
    if not said or state.out.grain or state.out.trend:
        return [(state, "")]
    reading = state.out
    if not (reading.metrics or reading.vague or reading.ranked):
        raise NoPlan("missing_column", Note("refused.running_what"))
    grain = auto_grain(period, state.context)
    shown = Note("note.running_shown", said=said, grain=Note(f"word.{grain.value}"))
    summed = Note("note.running_summed", said=said)
    course = replace(reading, grain=grain, notes=[*reading.notes, shown])
    total = replace(reading, running="", notes=[*reading.notes, summed])
    made = [course, total]
    if said.lower().startswith(_SUMMED):
        chosen = (reading.ranked or reading.having) and not (reading.share or reading.change)
        if chosen or state.table.time_column is None:
            made = [total]
        elif reading.dimensions or _asks_a_number(state):
            made.reverse()
    return [(replace(state, out=out), "course_or_total") for out in made]


def _asks_a_number(state: State) -> bool:
    """ "What is our cumulative spend this year"."""
    first = state.items[0].text.lower()
    return state.items[0].any_of("how_much") or first.startswith(_ASKED)


def check_running(state: State, plan: QueryPlan) -> None:
    """Refuse a running total of what has none, by name.

    Raises:
        NoPlan: with kind ``unsupported``.
    """
    if not plan.running_total:
        return
    reading = state.out
    if plan.grain in RECURRING:
        grain = Note(f"word.{plan.grain}")
        raise NoPlan("unsupported", Note("refused.running_recurring", grain=grain))
    if reading.ranked or reading.share or reading.change or plan.having or plan.limit:
        raise NoPlan("unsupported", Note("refused.running_with"))
    for name in plan.metrics:
        if not accumulates(state, plan, name):
            raise NoPlan("unsupported", Note("refused.running_metric", metric=state.label(name)))


def accumulates(state: State, plan: QueryPlan, name: str) -> bool:
    """Whether the buckets of a measure tell what it is to date."""
    try:
        return resolve_metric(name, plan, state.table).accumulates
    except PlanError:
        return False
