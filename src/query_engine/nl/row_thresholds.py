"""Thresholds that are no measure's of a group: the amount of a row, how many things there are."""

from __future__ import annotations

from typing import cast

from src.data.semantic import Aggregation, Role
from src.query_engine.nl.mainstays import row_amount
from src.query_engine.nl.reading import State, is_text
from src.query_engine.phrases import Note
from src.query_engine.plan import Filter, Having, HavingOp

Spot = tuple[int, int, int]  # of the comparing word, the number, and the last word of both


def on_rows_or_things(state: State, op: HavingOp, spot: Spot) -> bool:
    """Whether a threshold without a measure could be used, in the first way that fits."""
    return _on_column(state, op, spot) or _on_count(state, op, spot) or _on_amount(state, op, spot)


def _on_column(state: State, op: HavingOp, spot: Spot) -> bool:
    """age over 30, on a numeric dimension: a condition on rows."""
    start, number, last = spot
    left = state.prev(start)
    name = state.column(left)
    profile = state.table.column(name) if name else None
    if profile is None or is_text(profile):
        return False
    token = state.items[number].number
    if token is None:
        return False
    value = cast(float, token.value)
    state.take(left, start, number, *([last] if last != number else []))
    shown = int(value) if value == int(value) else value
    state.out.filters.append(Filter(column=profile.name, op=op, values=(shown,)))
    return True


def _on_count(state: State, op: HavingOp, spot: Spot) -> bool:
    """ "Owners with more than 45 won deals": how many of the things that rows are, of a value."""
    start, number, last = spot
    noun = state.next(last)
    while noun < len(state.items) and state.items[noun].hits and not state.items[noun].targets:
        noun = state.next(noun)
    token = state.items[number].number
    metric = _how_many(state, noun) if state.free(noun) else None
    name = state.column(noun)
    grouped = any(state.column(k) not in (None, name) for k in range(start))
    if not (metric and grouped and token and token.unit == "plain"):
        return False
    state.take(start, number, noun, last)
    values = (float(cast(float, token.value)),)
    state.out.add_metric(metric)
    state.out.having.append(Having(metric=metric, op=op, values=values))
    return True


def _how_many(state: State, noun: int) -> str | None:
    """The number of what item `noun` names in the plural: things with an identifier, or rows."""
    target, column = state.target(noun), state.table.column(state.column(noun) or "")
    if target is None or not state.items[noun].plural:
        return None
    if column is not None and column.role is Role.IDENTIFIER:
        return state.aggregate("count_distinct", column.name)
    spec = state.table.metric(target.name) if target.kind == "metric" else None
    rows = spec is not None and spec.aggregation is Aggregation.COUNT_ROWS
    return state.aggregate("count_rows", None) if rows or target.kind == "rows" else None


def _on_amount(state: State, op: HavingOp, spot: Spot) -> bool:
    """ "Deals over 15k still in negotiation": the amount of each, where rows have one."""
    start, number, last = spot
    thing, token = state.prev(start), state.items[number].number
    while thing >= 0 and state.items[thing].hits and not state.items[thing].targets:
        thing = state.prev(thing)
    name = state.column(thing) if thing >= 0 else None
    column, amount = state.table.column(name) if name else None, row_amount(state.table)
    rows = column is not None and column.role is Role.IDENTIFIER
    if not rows or amount is None or token is None or token.unit == "percent":
        return False
    state.take(start, number, last)
    value = float(cast(float, token.value))
    bound = int(value) if value.is_integer() else value
    state.out.filters.append(Filter(column=str(amount.numerator), op=op, values=(bound,)))
    label = (amount.label or amount.name).lower()
    state.out.notes.append(Note("note.amount_of_row", measure=label))
    return True
