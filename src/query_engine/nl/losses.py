"""Measures of what was lost: "lost impressions", «доля потерянных показов».

Campaigns that lost conversions have fewer than before; lost impressions are others than those that
were shown, and no fall of them. Without a subject that loses, the word describes the measure, and
is left for the data to know or for the refusal to name.
"""

from __future__ import annotations

import re
from dataclasses import replace

from src.query_engine.nl.reading import State

# A Russian passive participle describes, with a subject or without.
_LOST = re.compile(r"lost|потерян\w+", re.IGNORECASE)
_SAID_OF = {"of", "with", "for", "by"}
_SUBJECT = ("which", "which_one", "whose", "copula", "pronoun", "how_much", "count")


def lost(state: State) -> None:
    """Take the sense of a fall from a "lost" that describes the measure beside it."""
    for i, item in enumerate(state.items):
        if item.hits or item.targets or not _LOST.fullmatch(item.text):
            continue
        beside = state.metric(i + 1) or (i and state.metric(i - 1))
        if beside and (not item.text.isascii() or not _somebody_loses(state, i)):
            grammar = item.grammar - {"fell"}
            kept = replace(item, grammar=grammar)
            state.items = (*state.items[:i], kept, *state.items[i + 1 :])


def _somebody_loses(state: State, i: int) -> bool:
    """Whether a thing, a value or a question word stands before, and is no breakdown."""
    if i and state.items[i - 1].text.lower() in _SAID_OF:
        return False
    return any(
        item.hits
        or item.any_of(*_SUBJECT)
        or (state.column(k) and not (k and state.items[k - 1].any_of("by", "per_group")))
        for k, item in enumerate(state.items[:i])
    )
