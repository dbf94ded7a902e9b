"""Things that were active: those with rows in which something was spent, shown or clicked."""

from __future__ import annotations

from src.data.semantic import Additivity, Column, Role
from src.query_engine.nl.reading import State
from src.query_engine.phrases import Note
from src.query_engine.plan import Filter

_SIGNS = ("spend", "impressions", "clicks", "sessions")


def activity(state: State) -> None:
    """ "Active campaigns per month", "сколько кампаний активно в мае": those that did something.

    A column that says what is active answers for itself, as a value. Without any time named, what
    is active now is asked, which the figures do not say.
    """
    timed = any(
        not (item.targets or item.hits)
        and (item.period or any(c.startswith("grain_") for c in item.grammar))
        for item in state.items
    )
    if not timed:
        return
    for i, item in enumerate(state.items):
        if not state.is_free(i, "active") or item.targets or item.hits:
            continue
        said_of = state.column(i + 1) or state.column(i - 1)
        sign = _sign(state)
        if not said_of or sign is None:
            continue
        state.take(i)
        state.out.filters.append(Filter(column=sign.name, op=">", values=(0,)))
        label = (sign.label or sign.name).replace("_", " ").lower()
        state.out.notes.append(Note("note.active", said=item.text, measure=label))


def _sign(state: State) -> Column | None:
    """The measure that tells activity; None where the table has none that is known for it."""
    measures = [
        c for c in state.table.columns
        if c.role is Role.MEASURE and c.additivity in (None, Additivity.ADDITIVE)
    ]  # fmt: skip
    return next((c for sign in _SIGNS for c in measures if c.concept == sign), None)
