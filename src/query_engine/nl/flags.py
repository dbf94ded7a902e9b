"""Yes-or-no columns used as adjectives: "how many orders were returned", "cancelled bookings"."""

from __future__ import annotations

from src.data.semantic import Column, Role
from src.query_engine.nl.reading import State
from src.query_engine.plan import Filter, Scalar


def flags(state: State) -> None:
    """Keep the rows that are so; "by returned" and "returned and country" still break down, and
    "with a promotion and without" sets both sides beside each other."""
    for i in range(len(state.items)):
        name = state.column(i) if state.free(i) and not state.items[i].hits else None
        column = state.table.column(name) if name else None
        sides = _sides(state, column) if column else None
        if column is None or sides is None or _listed(state, i):
            continue
        before = state.prev(i)
        negated = state.is_free(before, "not", "none")
        state.take(i, *([before] if negated else []))
        kept = Filter(column=column.name, op="=", values=(sides[1] if negated else sides[0],))
        other = kept.model_copy(update={"values": (sides[0] if negated else sides[1],)})
        if other in state.out.filters:
            state.out.filters.remove(other)
            state.out.add_dimension(column.name)
            continue
        state.out.filters.append(kept)


def _sides(state: State, column: Column) -> tuple[Scalar, Scalar] | None:
    """The stored yes and no of a flag; None for any other column."""
    if column.role is not Role.DIMENSION:
        return None
    if column.type.upper().startswith("BOOL"):
        return True, False
    values = state.context.flags.get(column.name)
    return values if values else None


def _listed(state: State, i: int) -> bool:
    """Whether the word stands in a list of breakdowns rather than as an adjective."""
    before = state.items[i - 1] if i else None
    if before is None:
        return False
    said_by = before.any_of("by") and not before.any_of("filler", "which_one")
    return said_by or (before.any_of("and") and _by_before(state, i))


def _by_before(state: State, i: int) -> bool:
    return any(state.items[k].text.lower() in ("by", "per", "по") for k in range(i))
