"""Time phrases: "last 30 days", "Q3 2025", "from March to May", "since Black Friday".

A phrase is a period with a name or counted from the anchor, the prepositions before it, and a
second period where it has two ends. The rules for single periods are in `named_periods` and
`relative_periods`; here they are put together.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from src.query_engine.months import add_months
from src.query_engine.nl.calendar import Period, bucket
from src.query_engine.nl.lexicon import Lexicon
from src.query_engine.nl.named_periods import day_of_same_month, days_of_month, loose_year, year_of
from src.query_engine.nl.relative_periods import rolling
from src.query_engine.nl.single_periods import end_of_range, longest, single
from src.query_engine.nl.text import Token
from src.query_engine.nl.time_words import Match, TimeWords
from src.query_engine.plan import Grain

_AFTER_YEAR = {"?", ".", "!", ",", "by", "per", "vs", "and", "for", "with", "по", "и"}
_COMPARING = {
    "over", "under", "above", "below", "than", "least", "most", "exceeding", "top", "bottom",
    "first", "больше", "меньше", "более", "менее", "выше", "ниже", "топ",
}  # fmt: skip
_BEFORE_YEAR = {
    "vs", "versus", "and", "or", "with", "against", "to", "year", "calendar", ",", ".", "и", "с",
    "против",
}  # fmt: skip
_NOT_SINCE = {"from", "as of", "beginning"}
_CHANGING = {
    "change",
    "changed",
    "difference",
    "grew",
    "grow",
    "fell",
    "drop",
    "dropped",
    "compare",
}
_AND = {"and", "&", "vs", "versus", "и"}
_SPAN_PREPOSITIONS = {"for", "за"}
_DAY = dt.timedelta(days=1)


class PeriodFinder:
    """Finds the longest time phrase at a position of one question.

    Args:
        anchor: the day relative phrases count from: the last the data covers.
        first: the first day in the data.
    """

    def __init__(
        self,
        tokens: tuple[Token, ...],
        lexicon: Lexicon,
        anchor: dt.date,
        first: dt.date | None = None,
    ) -> None:
        self.words = TimeWords(tokens, lexicon, anchor, first)

    def at(self, start: int) -> Match | None:
        """The period whose phrase starts at token `start`, and its length in tokens."""
        w = self.words
        found = longest(_two_ended(w, start), _one_ended(w, start), _plain(w, start))
        if found and any(token.other for token in w.tokens[start : start + found[1]]):
            return self._either_order(start, found), found[1]
        return found

    def _either_order(self, start: int, found: Match) -> Period:
        """A date such as 3/5 that both orders allow: the one the data covers, or both readings."""
        w = self.words
        swapped = tuple(replace(t, value=t.other, other=None) if t.other else t for t in w.tokens)
        again = PeriodFinder(swapped, w.lexicon, w.anchor, w.first).at(start)
        readings = {
            (p.start, p.end): p
            for p, n in (found, again or found)
            if n == found[1] and _within(p, w)
        }
        chosen = next(iter(readings.values()), found[0])
        return replace(chosen, options=tuple(readings.values())) if len(readings) > 1 else chosen


def _within(period: Period, w: TimeWords) -> bool:
    first = w.first or dt.date.min
    return (period.start or first) <= w.anchor and (period.end or w.anchor) >= first


def _plain(w: TimeWords, i: int) -> Match | None:
    """A phrase with or without the preposition before it; a year where it cannot be a count."""
    found = _range(w, i)
    if found:
        return found
    n = w.has(i, "on")
    if n:
        n += w.has(i + n, "the")
        found = _range(w, i + n)
        if found:
            return found[0], found[1] + n
        lasting = _lasting(w, i + n) if w.norm(i) in _SPAN_PREPOSITIONS else None
        if lasting:
            return lasting[0], lasting[1] + n
        year = w.year(i + n)
        # "over 2000 clicks" is a threshold, "in 2000" a year
        if year and w.norm(i) not in ("over", "at", "across", "from"):
            return year_of(year), n + 1 + w.has(i + n + 1, "year")
    alone = i + 1 >= len(w.tokens) or w.norm(i + 1) in _AFTER_YEAR
    before = w.norm(i - 1)
    if before in _BEFORE_YEAR or (alone and before and before not in _COMPARING):
        return loose_year(w, i)
    year = w.year(i)
    if year and not w.norm(i + 1).isascii() and w.has(i + 1, "year"):
        return year_of(year), 1 + w.has(i + 1, "year")
    return None


def _lasting(w: TimeWords, i: int) -> Match | None:
    """The "7 days" of "spend for 7 days", the "неделю" of "за неделю": the last ones."""
    found = w.stretch(i)
    if found:
        count, unit, n = found
        plural = f"{unit.value}{'s' if count != 1 else ''}"
        return rolling(w, unit, count, f"last {count} {plural}"), n
    bare = w.unit(i)
    # "в среднем за месяц" is an average per month
    averaged = any(t.norm.startswith("средн") for t in w.tokens[:i])
    if bare and bare[0] is not Grain.DAY and not w.norm(i).isascii() and not averaged:
        return rolling(w, bare[0], 1, f"last 1 {bare[0].value}"), bare[1]
    return None


def _range(w: TimeWords, i: int) -> Match | None:
    """Two single periods joined by a dash or "to", or one alone."""
    left = single(w, i)
    if not left:
        return None
    n = w.has(i + left[1], "to")
    if n and left[0].style in ("absolute", "calendar") and left[0].start:
        at = i + left[1] + n
        right = single(w, at + w.has(at, "the")) or day_of_same_month(w, at, left[0])
        joined = right and _join(left[0], right[0])
        if right and joined:
            return joined, at + right[1] + (w.has(at, "the") if single(w, at) is None else 0) - i
    return left


def _two_ended(w: TimeWords, i: int) -> Match | None:
    """from March to May, between the 1st and the 15th of October, since 5 May until 9 May."""
    for word, joiner in (("from", "to"), ("between", "and"), ("since", "until")):
        n = w.has(i, word)
        if not n:
            continue
        n += w.has(i + n, "the")
        shared = _shared_month(w, i + n)
        left = end_of_range(w, i + n)
        if shared and (not left or shared[1] >= left[1]):
            return shared[0], n + shared[1]
        if not left:
            continue
        m = i + n + left[1]
        k = w.has(m, joiner) or w.has(m, "to")
        if not k:
            continue
        k += w.has(m + k, "the")
        right = end_of_range(w, m + k)
        if not right or right[0].start != right[0].end:
            right = longest(right, day_of_same_month(w, m + k, left[0]))
        joined = right and _join(left[0], right[0])
        if right and joined:
            return joined, n + left[1] + k + right[1]
    return None


def _shared_month(w: TimeWords, i: int) -> Match | None:
    """The "1 to 15 October" of "from 1 to 15 October"."""
    return days_of_month(w, i)


def _one_ended(w: TimeWords, i: int) -> Match | None:
    """Phrases with one end: since, after, before, until; or with a day between two sides."""
    sides = _both_sides(w, i)
    if sides:
        return sides
    for word in ("since", "after", "before", "until"):
        n = w.has(i, word)
        if not n:
            continue
        said = w.text(i, n)
        n += w.has(i + n, "on")
        n += w.has(i + n, "the")
        found = end_of_range(w, i + n)
        if said in _NOT_SINCE and not _onwards(w, i + n) and not _single_date(w, i, found):
            continue
        if not found or (word == "since" and w.instrumental(i + n, found[1])):
            continue
        to_its_end = word == "before" and w.has(i + n, "end_of")
        made = _open(w, "until" if to_its_end else word, found[0])
        if made:
            return made, n + found[1]
    return None


def _both_sides(w: TimeWords, i: int) -> Match | None:
    """ "Before and after 1 July": as many days from it on as there are, and as many before it."""
    n = w.has(i, "before")
    n += w.norm(i + n) in _AND if n else 0
    after = w.has(i + n, "after") if n else 0
    n += after
    n += w.has(i + n, "the")
    found = end_of_range(w, i + n) if after else None
    start = found[0].start if found else None
    if found is None or start is None or start > w.anchor:
        return None
    days = (w.anchor - start).days + 1
    if w.first is not None:
        days = min(days, (start - w.first).days)
    if days < 1:
        return None
    length = dt.timedelta(days=days)
    label = found[0].label
    before = Period(start - length, start - _DAY, f"the {days} days before {label}", "absolute")
    since = Period(start, start + length - _DAY, f"the {days} days from {label}", "absolute")
    return replace(since, style="sides", parts=(before, since)), n + found[1]


def _single_date(w: TimeWords, i: int, found: Match | None) -> bool:
    """Whether "from 2026-09-01" is a start: one date, and nothing that changes from it."""
    date = found is not None and found[0].style == "absolute" and found[0].start == found[0].end
    return date and w.norm(i) == "from" and not any(t.norm in _CHANGING for t in w.tokens)


def _onwards(w: TimeWords, i: int) -> bool:
    """Whether "from X" stands for "since X": with a word such as "onwards" after it."""
    return any(t.norm in ("onward", "onwards", "forward") for t in w.tokens[i : i + 6])


def _open(w: TimeWords, word: str, period: Period) -> Period | None:
    start, end = period.start, period.end
    if start is None or end is None:
        return None
    label = f"{word} {period.label}"
    if word == "since":
        return Period(start, max(w.anchor, start), label, "open", relative=True)
    if word == "after":
        return Period(end + _DAY, max(w.anchor, end + _DAY), label, "open", relative=True)
    if word == "before":
        return Period(None, start - _DAY, label, "open", relative=period.relative)
    return Period(None, end, label, "open", relative=period.relative)


def _join(left: Period, right: Period) -> Period | None:
    """From the start of one to the end of the other; a missing year is the other one's."""
    if not (left.start and left.end and right.start and right.end):
        return None
    start, end = left.start, right.end
    if not left.dated and right.dated:
        start = _in_year(start, end.year)
    elif left.dated and not right.dated and not right.relative:
        end = _in_year(end, start.year)
        if right.unit is Grain.MONTH:
            end = bucket(end, Grain.MONTH)[1]
        if end < start:
            end = add_months(end, 12)
    while start > end and not left.dated:
        start = add_months(start, -12)
    if start > end:
        return None
    label = f"{left.label} to {right.label}"
    if (start, end) != (left.start, right.end):
        label = f"{start.isoformat()} to {end.isoformat()}"
    relative = left.relative or right.relative
    dated = left.dated or right.dated
    ends = (left, right)
    return Period(start, end, label, "absolute", relative=relative, parts=ends, dated=dated)


def _in_year(day: dt.date, year: int) -> dt.date:
    return add_months(day, 12 * (year - day.year))
