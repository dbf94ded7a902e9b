"""One period at a token, whatever kind: named, relative, or a part of another one."""

from __future__ import annotations

import datetime as dt

from src.query_engine.nl import named_periods as named
from src.query_engine.nl import relative_periods as relative
from src.query_engine.nl.calendar import Period, bucket, shift
from src.query_engine.nl.time_words import Match, TimeWords
from src.query_engine.plan import Grain

_RULES = (
    named.written,
    named.days_of_month,
    named.day_first,
    named.month_name,
    named.quarter_or_half,
    named.season,
    named.week_number,
    named.named_holiday,
    relative.named_day,
    relative.everything,
    relative.to_date,
    relative.short_names,
    relative.counted,
    relative.this_or_last,
    relative.ago,
    relative.weekend,
    relative.beside_another,
)
_DAY = dt.timedelta(days=1)


def longest(*matches: Match | None) -> Match | None:
    """The match that covers most tokens; the first of equals."""
    return max((m for m in matches if m), key=lambda m: m[1], default=None)


def single(w: TimeWords, i: int) -> Match | None:
    """The longest single period at token `i`, without a preposition before it."""
    if i >= len(w.tokens):
        return None
    found = [rule(w, i) for rule in (*_RULES, week_of, part)]
    skip = w.has(i, "the")
    if skip:
        inner = single(w, i + skip)
        found.append((inner[0], inner[1] + skip) if inner else None)
    return longest(*found)


def end_of_range(w: TimeWords, i: int) -> Match | None:
    """A period that may also be a bare year or the edge of one, as the ends of a range can be."""
    return longest(single(w, i), edge(w, i)) or named.loose_year(w, i)


def week_of(w: TimeWords, i: int) -> Match | None:
    """The week of 3 March."""
    n = w.has(i, "week")
    of = w.has(i + n, "of") if n else 0
    inner = single(w, i + n + of) if of else None
    if not inner or inner[0].start is None or inner[0].start != inner[0].end:
        return None
    return named.week_of_day(inner[0]), n + of + inner[1]


def edge(w: TimeWords, i: int) -> Match | None:
    """The beginning of the year: a day that "since" makes sense of."""
    for word in ("beginning_of", "end_of"):
        n = w.has(i, word)
        if not n:
            continue
        n += w.has(i + n, "the")
        inner, unit = single(w, i + n) or named.loose_year(w, i + n), w.unit(i + n)
        if not inner and unit:
            inner = relative.so_far(w, unit[0], f"this {unit[0].value}"), unit[1]
        if inner and inner[0].start and inner[0].end:
            day = inner[0].start if word == "beginning_of" else inner[0].end
            label = f"the {word.replace('_of', '')} of {inner[0].label}"
            return Period(day, day, label, "absolute", Grain.DAY), n + inner[1]
    return None


def part(w: TimeWords, i: int) -> Match | None:
    """The first 10 days of May, the last week of September, the last quarter of 2025."""
    first, last = w.has(i, "first"), w.has(i, "last") or w.has(i, "past")
    n = first or last
    if not n:
        return None
    count, unit, width = w.stretch(i + n) or (1, None, 0)
    if unit is None:
        bare = w.unit(i + n)
        if not bare:
            return None
        unit, width = bare
    at = i + n + width
    of = w.has(at, "of")
    inner = end_of_range(w, at + of) if of or not w.norm(at).isascii() else None
    if not inner or inner[0].start is None or inner[0].end is None or inner[0].style == "all":
        return None
    whole = inner[0]
    start, end = (
        _head(whole.start, unit, count) if first else _tail(whole.end, unit, count)  # type: ignore[arg-type]
    )
    if (end if first else start) < whole.start or start > whole.end:  # type: ignore[operator]
        return None
    which = "first" if first else "last"
    what = unit.value if count == 1 else f"{count} {unit.value}s"
    label = f"the {which} {what} of {whole.label}"
    length = at + of + inner[1] - i
    return Period(start, end, label, "absolute", relative=whole.relative), length


def _head(start: dt.date, unit: Grain, count: int) -> tuple[dt.date, dt.date]:
    return start, shift(start, unit, count) - _DAY


def _tail(end: dt.date, unit: Grain, count: int) -> tuple[dt.date, dt.date]:
    if unit in (Grain.DAY, Grain.WEEK):
        return shift(end, unit, -count) + _DAY, end
    return shift(bucket(end, unit)[0], unit, 1 - count), end
