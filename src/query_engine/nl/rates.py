"""Rates that the model does not name although it has both of their sides: opens of what was sent.

Which measure stands above and which below is data of the lexicon (``rates.toml``); a model that
names the rate itself answers for it.
"""

from __future__ import annotations

from src.data.semantic import Aggregation, Metric
from src.query_engine.nl.annotate import Item
from src.query_engine.nl.lexicon import rates as known_rates
from src.query_engine.nl.proportions import adds_up
from src.query_engine.nl.reading import State, with_first
from src.query_engine.nl.vocabulary import Target
from src.query_engine.plan import AdHoc

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


def _rate(state: State, name: str, item: Item) -> AdHoc | None:
    spec = known_rates()[name]
    top, bottom = _first(state, spec["of"]), _first(state, spec["per"])
    if top is None or bottom is None or top.name == bottom.name:
        return None
    while state.table.metric(name) or state.table.column(name):
        name += "_"
    label = item.text if item.text.isupper() else item.text[:1].upper() + item.text[1:].lower()
    return AdHoc(
        name=name, label=label, aggregation="sum", column=top.numerator, per=bottom.numerator
    )


def _first(state: State, names: list[str]) -> Metric | None:
    """The first of these measures that the table has, if it adds up."""
    for name in names:
        target = state.context.vocabulary.lookup(name)
        if target is None or target.kind != "metric" or target.weight < _OWN_NAME:
            continue
        metric = state.table.metric(target.name)
        if metric and metric.aggregation is Aggregation.SUM and adds_up(state, metric):
            return metric
    return None
