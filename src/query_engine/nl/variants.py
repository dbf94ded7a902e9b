"""Questions whose shares and lists of values can be meant in two ways: a reading for each."""

from __future__ import annotations

from dataclasses import replace

from src.query_engine.nl.proportions import part_of
from src.query_engine.nl.reading import State
from src.query_engine.phrases import Note
from src.query_engine.plan import Filter

_WITHIN = {"in", "of", "в", "во", "от"}
_CHOOSING = {"in", "on", "for", "within", "at", "the", "в", "во", "на", "для"}


def share_of_part(state: State) -> list[tuple[State, str]]:
    """ "Share of lost leads by source": over the sources, or the lost among each source's leads."""
    reading = state.out
    at = next((k for k in reversed(range(len(reading.filters))) if _chosen(reading.filters[k])), -1)
    one = len(reading.metrics) == 1 and not reading.having and not reading.comparison
    if not (reading.share and (reading.dimensions or reading.grain) and at >= 0 and one):
        return [(state, "")]
    rest = [f for k, f in enumerate(reading.filters) if k != at]
    made = part_of(state, reading.metrics[0], reading.filters[at])
    if made is None or reading.filters[at].column in reading.dimensions:
        return [(state, "")]
    within = replace(
        reading, share=False, filters=rest, metrics=[made.name], ad_hoc=[*reading.ad_hoc, made]
    )
    costs = ["ambiguous_share", "share_within"]
    if _names_the_part(state, reading.filters[at]):
        costs.reverse()
    readings = [(state, costs[0]), (replace(state, out=within), costs[1])]
    return sorted(readings, key=lambda r: r[1] != "ambiguous_share")


def _names_the_part(state: State, condition: Filter) -> bool:
    """Whether the value stands where the part of a whole is named, not where rows are chosen.

    "Share of revenue from Meta by month", "share of mobile in spend by platform"; but "share of
    revenue by month in Europe" is over Europe alone.
    """
    at = _said_at(state, condition)
    if at is None:
        return False
    measures = [k for k in range(len(state.items)) if state.metric(k)]
    measure = max(measures, default=0)
    if at < measure:
        share = state.items[at - 1].any_of("share") if at else False
        joined = any(state.items[k].text.lower() in _WITHIN for k in range(at + 1, measure))
        return share and joined
    broken = [
        k
        for k in range(measure + 1, len(state.items))
        if k not in measures and not state.items[k].hits
        and (state.column(k) or any(c.startswith("grain_") for c in state.items[k].grammar))
    ]  # fmt: skip
    before = state.items[at - 1].text.lower()
    return not (broken and broken[0] < at and before in _CHOOSING)


def _said_at(state: State, condition: Filter) -> int | None:
    """The item whose value the condition is of."""
    for i, item in enumerate(state.items):
        hit = item.hits[0] if item.hits else None
        if hit and hit.column == condition.column and set(hit.values) & set(condition.values):
            return i
    return None


def _chosen(condition: Filter) -> bool:
    return condition.op in ("=", "in")


def splits(state: State) -> list[tuple[State, str]]:
    """ "Spend by device for Meta and Google": over both together, or each by itself."""
    column = state.out.split
    if not column:
        return [(state, "")]
    apart = replace(state.out, dimensions=[*state.out.dimensions, column])
    notes = [
        n for n in state.out.notes if not (isinstance(n, Note) and n.key == "note.side_by_side")
    ]
    over_both = replace(state.out, notes=notes)
    return [(replace(state, out=apart), ""), (replace(state, out=over_both), "summed_values")]


def things(state: State) -> list[tuple[State, str]]:
    """ "What did Meta campaigns spend": all of them together, or each of them."""
    column = state.out.said_of
    if not column or column in state.out.dimensions:
        return [(state, "")]
    each = replace(state.out, dimensions=[*state.out.dimensions, column])
    return [(state, ""), (replace(state, out=each), "summed_values")]


def said_after(state: State, condition: Filter, index: int) -> bool:
    return any(
        hit.column == condition.column and set(hit.values) & set(condition.values)
        for item in state.items[index + 1 :]
        for hit in item.hits[:1]
    )
