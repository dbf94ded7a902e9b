"""Columns that stand for what an ad table pays, earns and sells under names of their own.

"Booking value" beside "Bookings" and clicks is what the ads brought, though no export calls
revenue so. The column keeps its name and its metric; it gains the words people ask with, and the
standard ratios (ROAS, CPA, conversion rate) are made of it. Only where exactly one column can be
it: of two amounts neither is guessed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from src.data.concepts import header_words
from src.data.semantic import Additivity, Column, Unit

_FILE: Final = Path(__file__).with_name("stand_ins.toml")
_TRAFFIC: Final = {"impressions", "clicks", "sessions"}
_RESULTS: Final = {"orders", "conversions", "leads", "installs"}
_UNITS: Final = {
    "spend": (Unit.CURRENCY, Unit.NUMBER),
    "conversion_value": (Unit.CURRENCY, Unit.NUMBER),
    "orders": (Unit.COUNT,),
}


def stand_ins(measures: Sequence[Column]) -> dict[str, Column]:
    """Concepts that no column of a table of ads has by name, each with the column that can be it.

    Args:
        measures: the table's measures, with the concepts that their headers name.
    """
    known = {c.concept for c in measures if c.concept}
    if not known & _TRAFFIC:
        return {}
    found: dict[str, Column] = {}
    for concept, words in _words().items():
        if concept in known or (concept == "orders" and known & _RESULTS):
            continue
        able = [c for c in measures if _can_be(c, words) and c.unit in _UNITS[concept]]
        if len(able) == 1 and able[0] not in found.values():
            found[concept] = able[0]
    return found


def _can_be(column: Column, words: Mapping[str, frozenset[str]]) -> bool:
    named = set(header_words(column.label)) | set(header_words(column.name))
    additive = column.additivity is Additivity.ADDITIVE and column.concept is None
    return additive and bool(named & words["words"]) and not named & words["not"]


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Mapping[str, frozenset[str]]]:
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        concept: {kind: frozenset(words) for kind, words in lists.items()}
        for concept, lists in read.items()
    }
