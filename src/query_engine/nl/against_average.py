"""Measures held against their own average: "CPA above average", «CTR ниже среднего»."""

from __future__ import annotations

from src.query_engine.nl.conditions import ADDED_UP, operator
from src.query_engine.nl.reading import State
from src.query_engine.phrases import Note
from src.query_engine.plan import Having

_THE = ("the", "its", "our", "overall")


def above_average(state: State) -> None:
    """ "Campaigns with CPA above average", "platforms with above average CTR", «выше среднего»."""
    for i in range(len(state.items) - 1):
        op = operator(state, i)
        after = i + 1
        while after < len(state.items) - 1 and state.items[after].text.lower() in _THE:
            after += 1
        held = op in (">", "<") and state.free(i) and state.is_free(after, "average")
        if not held or state.items[after].targets or _is_a_grade(state, after):
            continue
        near = (state.prev(i), state.next(after))
        at = next((k for k in near if state.free(k) and state.metric(k)), None)
        metric = state.metric(at) if at is not None else _only_one(state)
        if metric is None or op is None:
            continue
        with state.spanned():
            state.take(i, *range(i + 1, after + 1), *([at] if at is not None else []))
            state.out.add_metric(metric)
            state.out.having.append(Having(metric=metric, op=op, values=(1.0,), of="average"))
        spec = state.spec(metric)
        summed = spec is not None and spec.aggregation in ADDED_UP and not state.divided(metric)
        state.out.notes.append(Note("note.average_of_groups" if summed else "note.average_of_all"))


def _is_a_grade(state: State, average: int) -> bool:
    """The "below average" of a quality rank: a value of that column."""
    word = state.items[average].text.lower()
    return bool(state.context.values.partial((word,), word))


def _only_one(state: State) -> str | None:
    """The measure, where the question names a single one."""
    found = {name for i in range(len(state.items)) if (name := state.metric(i))}
    return next(iter(found)) if len(found) == 1 else None
