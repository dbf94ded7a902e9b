"""Questions whose shares and lists of values can be meant in two ways: a reading for each."""

from __future__ import annotations

from dataclasses import replace

from src.data.semantic import Aggregation, Unit
from src.query_engine.nl.proportions import made_ratio, part_of
from src.query_engine.nl.reading import State
from src.query_engine.nl.text import name_stems
from src.query_engine.phrases import Note
from src.query_engine.plan import AdHoc, Filter

_WITHIN = {"in", "of", "в", "во", "от"}
_CHOOSING = {"in", "on", "for", "within", "at", "the", "в", "во", "на", "для"}


def share_of_part(state: State) -> list[tuple[State, str]]:
    """ "Share of lost leads by source": over the sources, or the lost among each source's leads."""
    reading = state.out
    whole = _whole_of(state)
    if whole is not None:
        of_whole = replace(reading, share=False, metrics=[whole.name])

        return [(replace(state, out=of_whole), "ambiguous_share"), (state, "share_within")]
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


def _whole_of(state: State) -> AdHoc | None:
    """The rate of "share of viewable impressions", where there are impressions to divide by."""
    reading = state.out
    one = len(reading.metrics) == 1 and not (reading.having or reading.comparison)
    spec = state.table.metric(reading.metrics[0]) if reading.share and one else None
    if spec is None or spec.unit is not Unit.COUNT or spec.aggregation is not Aggregation.SUM:
        return None
    words = name_stems(spec.numerator or spec.name)
    for whole in state.table.metrics:
        summed = whole.aggregation is Aggregation.SUM and whole.unit is Unit.COUNT
        own = name_stems(whole.numerator or whole.name)
        if summed and len(own) == len(words) - 1 and words[1:] == own:
            said = (spec.label or spec.name, (whole.label or whole.name).lower())
            name = made_ratio(state, said, spec.name, whole.name)
            return next((a for a in state.out.ad_hoc if a.name == name), None)
    return None


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
        if _leads_share(state, at, measure):
            return True
        share = state.items[at - 1].any_of("share") if at else False
        if share and state.out.grain and not state.out.dimensions:
            return True  # "share of mobile clicks by month": no month's share of them
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


def _leads_share(state: State, at: int, measure: int) -> bool:
    """ "Mobile share of clicks by month": the part stands right before the word."""
    chosen = at and state.items[at - 1].text.lower() in _CHOOSING | {"of", "from"}
    after = range(at + 1, min(at + 3, measure))
    share = next((k for k in after if state.items[k].any_of("share")), None)
    return not chosen and share is not None


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
