"""What rows are worth: the "value" of "total value of orders" is their amount, not their number."""

from __future__ import annotations

from src.data.semantic import Aggregation, Unit
from src.query_engine.nl.mainstays import row_amount
from src.query_engine.nl.reading import State, with_first
from src.query_engine.nl.vocabulary import Target
from src.query_engine.phrases import Note

WORTH = ("value", "worth")


def worth(state: State) -> None:
    """ "Value of orders by month", "orders value", "cumulative order value".

    Of "order value" alone nothing tells whether it is that of all orders or of one.
    """
    for i, item in enumerate(state.items):
        if item.text.lower() not in WORTH or item.targets or item.hits or not state.free(i):
            continue
        at = i + 2 if i + 1 < len(state.items) and state.items[i + 1].text == "of" else i - 1
        if not state.free(at) or not _is_a_number_of(state, at):
            continue
        added = state.out.running or any(k.any_of("total") for k in state.items)
        amount = row_amount(state.table)
        if amount is None or not (state.items[at].plural or added):
            state.out.refuse(Note("asked.value_of_each", thing=state.items[at].text.lower()))
            return
        state.take(i)
        state.items = with_first(state.items, at, targets=(Target("metric", amount.name),))


def _is_a_number_of(state: State, at: int) -> bool:
    """Whether the item names how many there are of something."""
    spec = state.table.metric(state.metric(at) or "")
    target = state.target(at)
    if spec is None:
        return target is not None and target.kind == "rows"
    counted = spec.aggregation in (Aggregation.COUNT_ROWS, Aggregation.COUNT_DISTINCT)
    return counted or (spec.aggregation is Aggregation.SUM and spec.unit is Unit.COUNT)
