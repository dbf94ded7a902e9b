"""What a ranking keeps: things within each month, or of each thing its best days."""

from __future__ import annotations

from src.query_engine.nl.reading import State
from src.query_engine.nl.span import NoPlan
from src.query_engine.phrases import Note
from src.query_engine.plan import TIME, Grain

_ENDS = ("top", "bottom", "best", "worst", "highest", "lowest", "cheapest", "dearest")
_EACH = {"each", "every", "каждый", "каждую", "каждом", "каждой"}
_WHEN = {"which", "what", "when", "каком", "какой", "какие", "какая", "когда"}


def check_ranking(state: State, dimensions: list[str], grain: Grain | None) -> None:
    """A cut within each month, or of each thing's days, is said to the plan; others are refused.

    Raises:
        NoPlan: with kind ``unsupported``.
    """
    reading = state.out
    if reading.limit and len(dimensions) > 1 and not reading.limit_per and _cut_later(state):
        raise NoPlan(
            "unsupported",
            Note("refused.ranking_in_ranking"),
        )
    if grain and reading.ranked and reading.grains > 1:
        raise NoPlan(
            "unsupported",
            Note("refused.ranking_in_grain", grain=Note(f"word.{grain.value}")),
        )
    if not (grain and dimensions and reading.ranked):
        return
    if reading.limit_per:  # "top 3 campaigns by platform and month"
        raise NoPlan(
            "unsupported",
            Note("refused.ranking_in_grain", grain=Note(f"word.{grain.value}")),
        )
    asked_when = any(
        item.any_of(f"grain_{grain}", "when") and _WHEN & set(item.text.lower().split())
        for item in state.items
    )
    buckets = _cuts_buckets(state)
    adjacent = buckets is True and reading.superlative and not reading.limit
    if not (reading.limit or reading.singular or adjacent) or (asked_when and buckets is None):
        return
    if buckets is None or len(dimensions) > 1 or asked_when:
        raise NoPlan(
            "unsupported",
            Note("refused.ranking_in_grain", grain=Note(f"word.{grain.value}")),
        )
    reading.limit = reading.limit or 1
    reading.limit_per = dimensions[0] if buckets else TIME


def _cuts_buckets(state: State) -> bool | None:
    """Whether a ranking keeps days or months ("best month of each campaign", "highest daily
    spend"), or things ("top 3 campaigns per month"): whichever is said right after it."""
    ends = [i for i, item in enumerate(state.items) if item.any_of(*_ENDS) and not item.targets]
    if any(
        state.column(i) and state.items[i - 1].any_of("which_one")
        for i in range(1, len(state.items))
    ):
        return False  # "which platform had the highest spend each week"
    for i in range(ends[0] + 1 if ends else len(state.items), len(state.items)):
        item = state.items[i]
        if any(c.startswith(("grain_", "unit_")) for c in item.grammar):
            return not _EACH & set(item.text.lower().split())
        if state.column(i):
            return False
        if state.metric(i) and i == ends[0] + 1 and len(ends) == 1:
            continue
        if not (state.skippable(i) or item.number or state.metric(i)):
            return None
    return None


def _cut_later(state: State) -> bool:
    """ "By platform and device, top 2 platforms only": the cut names one breakdown again."""
    columns = [(i, state.column(i)) for i in range(len(state.items)) if state.column(i)]
    names = [name for _, name in columns]
    return any(
        name in names[:n] and state.items[i - 1].number is not None and i - 1 in state.used
        for n, (i, name) in enumerate(columns)
        if i
    )
