"""Dates beside the one that periods are of: "deals closed in June" in a list by creation date."""

from __future__ import annotations

from src.data.semantic import Aggregation, Column, Role
from src.query_engine.nl.calendar import Period
from src.query_engine.nl.reading import State, with_first
from src.query_engine.nl.text import name_stems
from src.query_engine.nl.vocabulary import Target
from src.query_engine.phrases import Note, PeriodName
from src.query_engine.plan import Filter, FilterOp, Scalar

_SAME = 4  # letters that "created" and "creation", "closed" and "close" share


def dates(state: State) -> None:
    """A verb that a date column is named by says which date the period beside it is of.

    The "up" of "signed up" is no rise. The noun for what happened then is a number of rows:
    "signups by month" of a signup date.
    """
    counted = next(
        (
            Target("metric", m.name)
            for m in state.table.metrics
            if m.aggregation is Aggregation.COUNT_ROWS
        ),
        None,
    )
    for i, item in enumerate(state.items):
        if not state.free(i) or item.kind != "word" or item.targets or item.hits or item.period:
            continue
        column = _dated(state, item.stemmed)
        if column is None or any(c.startswith("grain_") for c in item.grammar):
            continue
        if i and state.items[i - 1].text.lower() in ("per", "/"):
            continue  # "leads per invoice" is no date
        if column.name == state.table.time_column:
            if not item.plural:
                state.take(i, *((i + 1,) if state.is_free(i + 1, "grew", "fell") else ()))
            elif counted is not None:
                state.items = with_first(state.items, i, targets=(counted,))
            continue
        at = _period_beside(state, i)
        period = state.items[at].period if at is not None else None
        if at is None or period is None:
            continue
        state.take(i, at)
        state.out.filters.append(_within(column, period))
        label = (column.label or column.name).replace("_", " ").lower()
        state.out.notes.append(Note("note.date_of", period=PeriodName(period.label), column=label))


def _dated(state: State, words: tuple[str, ...]) -> Column | None:
    """The date column that one word names: "closed" for ``close_date``."""
    if len(words) != 1 or len(words[0]) < _SAME:
        return None
    found = [
        c
        for c in state.table.columns
        if c.role in (Role.TIME, Role.DIMENSION)
        and c.type.upper().startswith(("DATE", "TIMESTAMP"))
        and any(w[:_SAME] == words[0][:_SAME] for w in name_stems(c.name) if len(w) >= _SAME)
    ]
    return found[0] if len(found) == 1 else None


def _period_beside(state: State, i: int) -> int | None:
    at = state.next(i)
    if not state.free(at):
        return None
    period = state.items[at].period
    usable = period is not None and bool(period.start or period.end)
    return at if usable and not (period and period.options) else None


def _within(column: Column, period: Period) -> Filter:
    if period.start and period.end:
        op: FilterOp = "between"
        values: tuple[Scalar, ...] = (period.start, period.end)
        if period.start == period.end:
            op, values = "=", (period.start,)
        return Filter(column=column.name, op=op, values=values)
    if period.start:
        return Filter(column=column.name, op=">=", values=(period.start,))
    assert period.end is not None
    return Filter(column=column.name, op="<=", values=(period.end,))
