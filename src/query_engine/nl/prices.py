"""What one of something costs: "how much does a click cost?", «во сколько обходится конверсия»."""

from __future__ import annotations

from src.query_engine.nl.rankings import cost_of
from src.query_engine.nl.reading import State, with_first
from src.query_engine.nl.vocabulary import Target

_ONE = {"a", "an", "one", "each", "single", "один", "одна", "одно", "одного", "одной", "каждый"}
_COSTS = {"cost", "costs", "стоит", "стоят", "стоил", "стоила", "стоило", "обходится", "обошлась"}
_COSTS |= {"обошелся", "обошёлся", "обошлось", "обходилась", "обходился"}


def price_of_one(state: State) -> None:
    """Let the thing stand for its cost per one."""
    if not state.items or not _asks_for_an_amount(state):
        return
    for i, item in enumerate(state.items):
        counted = state.metric(i)
        if counted is None or item.plural or state.measure_column(counted) is None:
            continue
        around = range(max(0, i - 2), min(len(state.items), i + 2))
        cost = next((k for k in around if state.items[k].text.lower() in _COSTS), None)
        ones = [k for k in (i - 1,) if state.items[k].text.lower() in _ONE]
        russian = cost is not None and not state.items[cost].text.isascii()
        if cost is None or cost == i or not (ones or russian):
            continue
        price = cost_of(state, counted)
        if price is not None and price != counted:
            state.take(cost, *ones)
            state.items = with_first(state.items, i, targets=(Target("metric", price),))
        return


def _asks_for_an_amount(state: State) -> bool:
    return any(item.any_of("how_much", "which_one") for item in state.items[:2])
