"""Deals that were won, lost or are still open: "win rate by source", "open pipeline by owner"."""

from __future__ import annotations

from src.query_engine.nl.reading import State, with_first
from src.query_engine.nl.vocabulary import Target
from src.query_engine.phrases import Note
from src.query_engine.plan import AdHoc, Filter

_WON = {
    "won", "closed won", "win", "deal won", "выиграна", "выигран", "успешно реализовано",
    "сделка успешна", "продажа",
}  # fmt: skip
_LOST = {
    "lost", "closed lost", "loss", "deal lost", "проиграна", "проигран", "закрыто и не реализовано",
    "сделка провалена", "отказ",
}  # fmt: skip


def outcomes(state: State) -> None:
    """Only where a column says of each row that it was won or lost."""
    sides = _sides(state)
    if sides is None:
        return
    column, won, lost = sides
    for i, item in enumerate(state.items):
        plain = not (item.targets or item.hits)
        if plain and state.is_free(i, "win_rate"):
            name = "win_rate" if state.table.metric("win_rate") is None else "won_of_closed"
            part = (Filter(column=column, op="=", values=(won,)),)
            made = AdHoc(
                name=name, label=item.text.capitalize(), aggregation="count_rows", part=part
            )
            state.out.ad_hoc.append(made)
            state.out.filters.append(Filter(column=column, op="in", values=(won, lost)))
            state.out.notes.append(Note("note.won_of_closed", won=won, lost=lost))
            state.items = with_first(state.items, i, targets=(Target("metric", made.name),))
        elif plain and state.is_free(i, "still_open"):
            state.take(i)
            state.out.filters.append(Filter(column=column, op="not in", values=(won, lost)))
            state.out.notes.append(Note("note.still_open", said=item.text, won=won, lost=lost))


def _sides(state: State) -> tuple[str, str, str] | None:
    """The column that tells won from lost, and its two values."""
    found: dict[str, dict[str, str]] = {}
    for column, value, _ in state.context.values.entries:
        said = " ".join(value.casefold().replace("-", " ").replace("_", " ").split())
        for side, words in (("won", _WON), ("lost", _LOST)):
            if said in words:
                found.setdefault(column, {}).setdefault(side, value)
    both = [(c, v["won"], v["lost"]) for c, v in found.items() if len(v) == len(("won", "lost"))]
    return both[0] if len(both) == 1 else None
