"""How the rows of an answer are sorted: as asked, else by what makes it readable."""

from __future__ import annotations

from src.data.semantic import Table, Unit
from src.query_engine.nl.reading import State
from src.query_engine.plan import Grain, Order


def order_of(
    state: State,
    metrics: list[str],
    dimensions: list[str],
    grain: Grain | None,
    sense: tuple[str, str] | None,
) -> list[Order]:
    reading, table = state.out, state.table
    if not (dimensions or grain):
        return []
    if sense:
        return [Order(by=metrics[0], descending=_descending(table, metrics[0], sense))]
    if reading.order:
        order = [o if o.by in metrics or o.by in dimensions else None for o in reading.order]
        kept = [o for o in order if o]
        if reading.change in ("grew", "fell") and kept:
            return [
                Order(
                    by=kept[0].by,
                    of="change",
                    descending=(reading.change == "grew") == kept[0].descending,
                )
            ]
        return [directed(state, o) for o in kept]
    if reading.change in ("grew", "fell") and metrics and dimensions:
        return [Order(by=metrics[0], of="change", descending=reading.change == "grew")]
    if reading.ranked and metrics:
        return [directed(state, Order(by=metrics[0]))]
    if grain:
        return [Order(by="time", descending=False)]
    if metrics:
        return [
            Order(
                by=metrics[0],
                of="share" if reading.share and is_additive(table, metrics[0]) else "value",
            )
        ]
    return [Order(by=dimensions[0], descending=False)]


def directed(state: State, order: Order) -> Order:
    """The order, turned to the direction that was said: up, down, best or worst first."""
    direction = state.out.direction
    if direction == "up":
        return order.model_copy(update={"descending": True})
    if direction == "down":
        return order.model_copy(update={"descending": False})
    if direction in ("best", "worst"):
        better = (
            metric := state.table.metric(order.by)
        ) is None or metric.higher_is_better is not False
        return order.model_copy(update={"descending": better == (direction == "best")})
    return order


def _descending(table: Table, name: str, sense: tuple[str, str]) -> bool:
    metric = table.metric(name)
    kind, direction = sense
    if kind == "size":
        return direction == "good"
    if kind == "cost":
        return direction == "bad"
    better = metric is None or metric.higher_is_better is not False
    return better == (direction == "good")


def is_additive(table: Table, name: str) -> bool:
    metric = table.metric(name)
    return metric is None or metric.unit not in (Unit.RATIO, Unit.MULTIPLE)
