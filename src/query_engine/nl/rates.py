"""Rates that the model does not name although it has both of their sides: opens of what was sent.

Which measure stands above and which below is data of the lexicon (``rates.toml``); a model that
names the rate itself answers for it.
"""

from __future__ import annotations

from src.data.semantic import Aggregation, Metric, Unit
from src.query_engine.nl.annotate import Item
from src.query_engine.nl.lexicon import rates as known_rates
from src.query_engine.nl.proportions import adds_up
from src.query_engine.nl.reading import State, with_first
from src.query_engine.nl.sums import is_money
from src.query_engine.nl.vocabulary import VERB, Target
from src.query_engine.plan import AdHoc

_TO = {"to", "в", "к", "до"}
_RATE = {"rate", "conversion", "conversion rate", "cr", "cvr", "ratio"}
_CONVERSION = {*_RATE, "конверсия", "конверсии", "конверсию", "cr", "cvr"}
_STARTS = {"from", "of", "из", "с", "от"}
_UNIQUE = {("unique",), ("distinct",), ("full",), ("complete",), ("уникальн",), ("полн",)}
_NEAR = 0.85  # a part of the name of another measure is not what "rate" alone means
_ABBREVIATED = 4  # letters of a rate known by those alone: CTOR, EPC
_OWN_NAME = 0.9  # a measure must be called so; a part of a longer name is another measure


def rates(state: State) -> None:
    """ "Open rate by channel" of a table of opens and deliveries."""
    for i, item in enumerate(state.items):
        rate = next((c for c in sorted(item.grammar) if c.startswith("rate:")), None)
        if rate is None or item.targets or item.hits:
            continue
        made = _rate(state, rate.removeprefix("rate:"), item)
        if made is None:
            continue
        if all(known.name != made.name for known in state.out.ad_hoc):
            state.out.ad_hoc.append(made)
        target = (Target("metric", made.name),)
        state.items = with_first(state.items, i, targets=target, grammar=frozenset())


def steps(state: State) -> None:
    """ "Checkout to purchase rate", «конверсия из клика в покупку»: the later step per earlier one.

    A rate that is known by such a name but divides otherwise has it in ``rates.toml``.
    """
    for i in range(1, len(state.items) - 1):
        item = state.items[i]
        if item.text.lower() not in _TO or item.targets or item.hits or not state.free(i):
            continue
        left, right = state.metric(i - 1), state.metric(i + 1)
        said = _said_rate(state, i)
        pair = _summed(state, left), _summed(state, right)
        if not said or pair[0] is None or pair[1] is None or left == right:
            continue
        name = _of_steps(state, pair[1], pair[0], (*said, i))
        if name is None:
            continue
        state.take(i - 1, i, *said)
        state.items = with_first(state.items, i + 1, targets=(Target("metric", name),))


def _said_rate(state: State, i: int) -> list[int]:
    """The words that make the steps around item `i` a rate; none where nothing says so."""
    after = i + 2
    if state.free(after) and state.items[after].text.lower() in _RATE:
        return [after]
    start = i - 2
    opened = state.free(start) and state.items[start].text.lower() in _STARTS
    word = start - 1
    if opened and state.free(word) and state.items[word].text.lower() in _CONVERSION:
        return [word, start]
    return []


def _summed(state: State, name: str | None) -> Metric | None:
    spec = state.table.metric(name) if name else None
    known = spec is not None and spec.aggregation is Aggregation.SUM and adds_up(state, spec)
    return spec if known else None


def _of_steps(state: State, top: Metric, bottom: Metric, said: tuple[int, ...]) -> str | None:
    sides = (top.numerator, bottom.numerator)
    for known in state.table.metrics:
        if known.aggregation is Aggregation.RATIO and (known.numerator, known.denominator) == sides:
            return known.name
    name = f"{top.name}_per_{bottom.name}"
    if state.table.metric(name) or state.table.column(name):
        return None
    first, last = min((*said, said[-1] - 1)), max((*said, said[-1] + 1))
    text = " ".join(item.text for item in state.items[first : last + 1])
    label = text[:1].upper() + text[1:]
    state.out.ad_hoc.append(
        AdHoc(name=name, label=label, aggregation="sum", column=sides[0], per=sides[1])
    )
    return name


def unnamed(state: State) -> None:
    """Refuse "order rate" where nothing says what the orders are divided by; a return on cost, too.

    The "rate" of another measure, such as a conversion rate, does not answer for it.
    """
    for i in range(1, len(state.items)):
        item, target = state.items[i], state.target(i)
        if state.items[i - 1].stemmed in _UNIQUE and state.free(i - 1) and _is_total(state, i):
            state.out.problem = f"{state.items[i - 1].text} {item.text}"
        before = state.metric(i - 1) if state.free(i - 1) else None
        if (
            state.free(i)
            and item.stemmed == ("rate",)
            and before
            and not (target and target.weight >= _NEAR)
        ):
            spec = state.table.metric(before)
            if spec is None or spec.aggregation is not Aggregation.RATIO:
                state.out.problem = f"{state.items[i - 1].text} {item.text}"
    for i in range(len(state.items) - 2):
        words = [state.items[k].text.lower() for k in (i, i + 1)]
        known = any(target.weight > VERB for target in state.items[i].targets)
        if words == ["return", "on"] and state.metric(i + 2) and not known:
            state.out.problem = " ".join(state.items[k].text for k in range(i, i + 3))


def _is_total(state: State, i: int) -> bool:
    """Whether item `i` names a sum over rows, which does not say how many were unique."""
    spec = state.table.metric(state.metric(i) or "") if state.free(i) else None
    return spec is not None and spec.aggregation is Aggregation.SUM and spec.unit is Unit.COUNT


def _rate(state: State, name: str, item: Item) -> AdHoc | None:
    spec = known_rates()[name]
    top = _first(state, spec["of"])
    scale = spec.get("scale", 1.0)
    alike = scale == 1 and not spec.get("price")
    bottom = _first(state, spec["per"], like=top if alike else None)
    if top is None or bottom is None or top.name == bottom.name:
        return None
    while state.table.metric(name) or state.table.column(name):
        name += "_"
    said = item.text if item.text[1:] != item.text[1:].lower() else item.text.lower()
    label = said[:1].upper() + said[1:] if said.islower() else said
    if len(said) <= _ABBREVIATED and said.islower() and said.isascii():
        label = said.upper()
    return AdHoc(
        name=name, label=label, aggregation="sum", column=top.numerator, per=bottom.numerator,
        scale=scale,
    )  # fmt: skip


def _first(state: State, names: list[str], like: Metric | None = None) -> Metric | None:
    """The first of these measures that the table has, if it adds up; money only beside money."""
    for name in names:
        target = state.context.vocabulary.lookup(name)
        if target is None or target.kind != "metric" or target.weight < _OWN_NAME:
            continue
        metric = state.table.metric(target.name)
        fits = metric is not None and (like is None or is_money(metric) == is_money(like))
        if metric and fits and metric.aggregation is Aggregation.SUM and adds_up(state, metric):
            return metric
    return None
