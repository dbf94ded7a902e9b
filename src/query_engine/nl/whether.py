"""Yes-or-no questions of one value: "Is CTR better on mobile?", "выше ли CPA в выходные?".

The value alone says nothing of better or higher: all values of its column answer the question.
"""

from __future__ import annotations

from src.query_engine.nl.averages import divided_by
from src.query_engine.nl.reading import State
from src.query_engine.plan import Grain

_ASKED = {"is", "are", "was", "were", "do", "does", "did", "has", "have"}
_MOST_VALUES = 50


def whether(state: State) -> None:
    """Break down by the one value's column, or by the part of the week it is."""
    if not _asked(state):
        return
    compared = [i for i, item in enumerate(state.items) if item.any_of("comparative")]
    measures = [i for i in range(len(state.items)) if state.metric(i)]
    others = any(state.column(i) for i in range(len(state.items)))
    numbers = any(item.number and not item.hits for item in state.items)
    if len(compared) != 1 or len(measures) != 1 or others or numbers:
        return
    if any(item.any_of("versus") and not item.any_of("filler") for item in state.items):
        return
    said = [
        i
        for i, item in enumerate(state.items)
        if (item.hits and not item.targets) or (item.period and item.period.weekdays)
    ]
    if len(said) == 1 and state.out.grain is None and _spread(state, said[0]):
        state.take(said[0], compared[0])
        if state.out.grain is not None:
            # There are five working days for two of a weekend.
            divided_by(state, measures[0], "day", "average daily {}")


def _asked(state: State) -> bool:
    words = [item.text.lower() for item in state.items]
    return bool(words) and (words[0].split()[0] in _ASKED or "ли" in words[:3])


def _spread(state: State, i: int) -> bool:
    item = state.items[i]
    if item.period:
        halves = item.period.weekdays in ((6, 7), (1, 2, 3, 4, 5))
        state.out.grain = Grain.WEEKPART if halves else Grain.WEEKDAY
        return True
    column = item.hits[0].column
    if not 1 < state.context.distinct.get(column, 0) <= _MOST_VALUES:
        return False
    state.out.add_dimension(column)
    return True
