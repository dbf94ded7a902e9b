"""Clauses that divide: a measure by another one, or by its own total."""

from __future__ import annotations

from src.data.semantic import Aggregation, Metric
from src.query_engine.nl.reading import State, with_first
from src.query_engine.nl.vocabulary import Target

_RATIO_WORDS = {"per", "/", "за", "на", "as % of", "as percentage of", "as a percentage of"}


_SOURCE_WORDS = {"from", "из", "от"}


def ratios(state: State) -> None:
    """Two measures joined: "revenue per click" is a ratio the model has, or one it has not.

    "Revenue from new customers" splits a measure by another one, which no plan can.
    """
    for i in range(1, len(state.items) - 1):
        left, right = state.metric(i - 1), state.metric(i + 1)
        if left and right and _is_rate(state, i):
            state.out.problem = " ".join(item.text for item in state.items[i - 1 : i + 2])
            continue
        word = state.items[i].text.lower()
        if not (left and right and state.free(i)) or word not in _RATIO_WORDS | _SOURCE_WORDS:
            continue
        name = _ratio_of(state, left, right) if word in _RATIO_WORDS else None
        if name:
            # the ratio stands where its last word does, so that a threshold finds it there
            state.take(i - 1, i)
            ratio = (Target("metric", name),)
            state.items = with_first(state.items, i - 1, targets=ratio)
            state.items = with_first(state.items, i + 1, targets=ratio)
        elif not (word in _SOURCE_WORDS and state.items[i - 1].text == state.items[i + 1].text):
            state.out.problem = " ".join(item.text for item in state.items[i - 1 : i + 2])


def _is_rate(state: State, i: int) -> bool:
    """ "Landing page views to purchase rate": a ratio of two measures by its own name."""
    after = state.items[i + 1]
    rate = "rate" in after.text.lower() or (
        i + 2 < len(state.items) and state.items[i + 2].text.lower() == "rate"
    )
    return rate and state.items[i].text.lower() in ("to", "-to-") and state.free(i)


def _ratio_of(state: State, left: str, right: str) -> str | None:
    top, bottom = state.measure_column(left), state.measure_column(right)
    for metric in state.table.metrics:
        sides = (metric.numerator, metric.denominator)
        if top and metric.aggregation is Aggregation.RATIO and sides == (top, bottom):
            return metric.name
    return None


def shares(state: State) -> None:
    """share of spend by platform; what percentage of spend goes to Meta; spend in percent."""
    for i, item in enumerate(state.items):
        if not state.is_free(i, "share", "of_total") or item.targets:
            continue
        after = state.next(i)
        while (
            after < len(state.items)
            and state.items[after].any_of("total", "of_total", "share")
            and not state.items[after].targets
        ):
            after = state.next(after)
        before = state.prev(i)
        if _of_another(state, before, after):
            state.out.problem = " ".join(k.text for k in state.items[max(before, 0) : after + 1])
            return
        metric_at = after if state.metric(after) else before if state.metric(before) else None
        if metric_at is None:
            metric_at = _summed_measure(state)
        if metric_at is None:
            if len(item.stemmed) > 1:
                state.take(i)
                state.out.share = True
            continue
        metric = state.metric(metric_at)
        spec = state.spec(metric) if metric else None
        if isinstance(spec, Metric) and spec.aggregation is Aggregation.RATIO:
            continue
        state.take(i, metric_at)
        for k in range(i, after):
            if state.is_free(k, "of_total", "total", "share"):
                state.take(k)
        if metric:
            state.out.add_metric(metric)
        state.out.share = True


def _of_another(state: State, before: int, after: int) -> bool:
    """ "Expense as % of sales": one measure in percent of another is a ratio, not a share."""
    left, right = state.metric(before), state.metric(after)
    free = state.free(before) and state.free(after)
    return bool(left and right and left != right and free)


def _summed_measure(state: State) -> int | None:
    """The first measure of the question that has a total to take a share of."""
    for i in range(len(state.items)):
        metric = state.metric(i) if state.free(i) else None
        spec = state.spec(metric) if metric else None
        if isinstance(spec, Metric) and spec.aggregation is not Aggregation.RATIO:
            return i
    return None
