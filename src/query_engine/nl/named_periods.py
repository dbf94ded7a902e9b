"""Periods with a name of their own: dates, months, quarters, halves, weeks, years, holidays.

A name without a year is its latest occurrence that has begun by the anchor.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from src.query_engine.months import add_months, month_end
from src.query_engine.nl.calendar import Period, bucket, holiday
from src.query_engine.nl.time_words import Match, TimeWords
from src.query_engine.plan import Grain

_QUARTER = re.compile(r"(?:([qh])([1-4])|([1-4])([qh]))(?:'?(\d\d))?")
_RUSSIAN_QUARTER = re.compile(r"([1-4])кв")
_MAY_IS_A_MONTH_AFTER = frozenset(
    {
        "in", "of", "to", "from", "since", "until", "during", "for", "and", "last", "with", "vs",
        "before", "after", "between", "through", "by", "versus",
    }
)  # fmt: skip
_WINTER = 12
_SEASONS = {3: "spring", 6: "summer", 9: "autumn", _WINTER: "winter"}
_DOTTED = re.compile(r"([0-3]?\d)\.(0[1-9]|1[0-2])")


def month_of(start: dt.date, *, dated: bool = True) -> Period:
    label = start.strftime("%B %Y")
    return Period(start, month_end(start), label, "calendar", Grain.MONTH, dated=dated)


def year_of(year: int) -> Period:
    return Period(dt.date(year, 1, 1), dt.date(year, 12, 31), str(year), "calendar", Grain.YEAR)


def day_of(day: dt.date, *, dated: bool = True) -> Period:
    return Period(day, day, day.isoformat(), "absolute", Grain.DAY, dated=dated)


def loose_year(w: TimeWords, i: int) -> Match | None:
    year = w.year(i)
    return (year_of(year), 1) if year else None


def written(w: TimeWords, i: int) -> Match | None:
    """A date in figures: 2026-03-05, 5.03.2026, 3/5, 2026-03."""
    token = w.tokens[i]
    if token.kind == "date" and isinstance(token.value, dt.date):
        return day_of(token.value), 1
    if token.kind == "month" and isinstance(token.value, dt.date):
        return month_of(token.value), 1
    if token.kind == "day" and isinstance(token.value, dt.date):
        made = _dated(w, None, token.value.month, token.value.day)
        return (made, 1) if made else None
    dotted = _DOTTED.fullmatch(token.text) if token.kind == "number" else None
    if dotted and _dates_are_dotted(w, i):
        made = _dated(w, None, int(dotted[2]), int(dotted[1]))
        return (made, 1) if made else None
    return None


def _dates_are_dotted(w: TimeWords, i: int) -> bool:
    """Whether 01.10 is a day and not a decimal: written with a zero no decimal has."""
    near = w.tokens[max(0, i - 2) : i + 3]
    texts = [t.text for t in near if t.kind == "number" and _DOTTED.fullmatch(t.text)]
    return any(t.startswith("0") for t in texts) and w.norm(i - 1) in {
        "с", "со", "по", "до", "за", "от", "на", "-", "–", "—",
        "from", "to", "on", "since", "until",
    }  # fmt: skip


def month_name(w: TimeWords, i: int) -> Match | None:
    """March, March 2025, March 5, March 5th 2025, March 26."""
    month = w.month(i)
    if not month:
        return None
    number, n = month
    if w.norm(i) == "may" and not _may_is_a_month(w, i):
        return None
    day = w.day_of_month(i + n)
    if day and not w.stretch(i + n):
        return _month_and_day(w, i, number, day)
    year = w.year_after(i + n)
    if year:
        return month_of(dt.date(year[0], number, 1)), n + year[1]
    start = dt.date(w.anchor.year, number, 1)
    if start > w.anchor:
        start = add_months(start, -12)
    return month_of(start, dated=False), n


def _month_and_day(w: TimeWords, i: int, month: int, day: int) -> Match | None:
    """A month with a number after it: its day, or a short year ("Sept 26"), or either."""
    n = 2
    year = w.year_after(i + n)
    made = _dated(w, year[0] if year else None, month, day)
    length = n + (year[1] if year else 0)
    short = w.short_year(i + 1)
    if year or not short:
        return (made, length) if made else None
    in_year = month_of(dt.date(short, month, 1))
    if w.has(i - 1, "in") or made is None:
        return in_year, n
    if w.has(i - 1, "on_day") or w.has(i + n, "to") or w.norm(i + n) in ("and", "и"):
        return made, n
    return replace(made, options=(made, in_year)), n


def _may_is_a_month(w: TimeWords, i: int) -> bool:
    """After a preposition, before a year or a day, last of all, or written May inside."""
    capital = (w.tokens[i].text == "May" and i > 0) or i == len(w.tokens) - 1 > 0
    following = bool(w.year(i + 1)) or (bool(w.day_of_month(i + 1)) and not w.unit(i + 2))
    return capital or following or w.norm(i - 1) in _MAY_IS_A_MONTH_AFTER or w.norm(i) != "may"


def day_first(w: TimeWords, i: int) -> Match | None:
    """5 March, 5th of March 2025."""
    day = w.day_of_month(i)
    if not day:
        return None
    of = w.has(i + 1, "of")
    month = w.month(i + 1 + of)
    if not month:
        return None
    n = 1 + of + month[1]
    year = w.year_after(i + n)
    made = _dated(w, year[0] if year else None, month[0], day)
    return (made, n + (year[1] if year else 0)) if made else None


def days_of_month(w: TimeWords, i: int) -> Match | None:
    """1-15 October, "с 1 по 15 октября": two days that share the month after them."""
    first = w.day_of_month(i)
    k = (w.has(i + 1, "to") or w.has(i + 1, "and")) if first else 0
    k += w.has(i + 1 + k, "the") if k else 0
    last = day_first(w, i + 1 + k) if k else None
    if not first or not last or last[0].start is None or first >= last[0].start.day:
        return None
    start = last[0].start.replace(day=first)
    label = f"{start.isoformat()} to {last[0].label}"
    return (
        Period(start, last[0].end, label, "absolute", dated=last[0].dated),
        1 + k + last[1],
    )


def day_of_same_month(w: TimeWords, i: int, left: Period) -> Match | None:
    """The 12 of "March 5 to 12", with the year that may follow it."""
    day = w.day_of_month(i)
    if not day or left.unit is not Grain.DAY or left.start is None or day <= left.start.day:
        return None
    year = None if left.dated else w.year_after(i + 1)
    made = _dated(w, year[0] if year else left.start.year, left.start.month, day)
    if made is None:
        return None
    return replace(made, dated=left.dated or bool(year)), 1 + (year[1] if year else 0)


def _dated(w: TimeWords, year: int | None, month: int, day: int) -> Period | None:
    try:
        found = dt.date(year or w.anchor.year, month, day)
        if year is None and found > w.anchor:
            found = dt.date(w.anchor.year - 1, month, day)
    except ValueError:
        return None
    return day_of(found, dated=year is not None)


def quarter_or_half(w: TimeWords, i: int) -> Match | None:
    """Q3 2025, 3Q, H1'26, second half of 2025, "3 квартал", quarter 3, 2025 Q3."""
    before = w.year(i)
    if before:
        k = 1 + (w.norm(i + 1) in ("год", "года", "-", "–"))
        later = _quarter_name(w, i + k)
        return (_quarter(w, later[0], later[1], before), k + later[2]) if later else None
    found = _quarter_name(w, i)
    if not found:
        return None
    kind, index, n, short = found[0], found[1], found[2], found[3]
    year = w.year_after(i + n)
    if year:
        return _quarter(w, kind, index, year[0]), n + year[1]
    k = w.norm(i + n) == "-"
    if not short and w.short_year(i + n + k):
        short, n = w.short_year(i + n + k), n + 1 + k
    return _quarter(w, kind, index, short), n


def _quarter_name(w: TimeWords, i: int) -> tuple[str, int, int, int | None] | None:
    """Kind, index, length and a year written with it."""
    glued = _QUARTER.fullmatch(w.norm(i))
    if glued:
        kind, index = glued[1] or glued[4], int(glued[2] or glued[3])
        year = 2000 + int(glued[5]) if glued[5] else None
        return (kind, index, 1, year) if kind == "q" or index <= 2 else None
    russian = _RUSSIAN_QUARTER.fullmatch(w.norm(i))
    if russian:
        return "q", int(russian[1]), 1, None
    for word, kind, most in (("quarter", "q", 4), ("half", "h", 2)):
        found = _ordered(w, i, word)
        if found and found[0] <= most:
            return kind, found[0], found[1], None
    return None


def _ordered(w: TimeWords, i: int, word: str) -> tuple[int, int] | None:
    """ "third quarter", "quarter 3", "3 квартал", or the "2" of "2 и 3 квартал"."""
    ordinal = w.ordinal(i)
    if ordinal:
        n = w.has(i + ordinal[1], word)
        if n:
            return ordinal[0], ordinal[1] + n
    number = w.number(i)
    if number and 1 <= number[0] <= 4:
        n = w.has(i + number[1], word)
        if n and not w.norm(i + number[1]).isascii() and not w.stretch(i):
            return number[0], number[1] + n
    n = w.has(i, word)
    after = w.number(i + n) if n else None
    if after and 1 <= after[0] <= 4 and not w.unit(i + n + after[1]):
        return after[0], n + after[1]
    shared = ordinal or number
    joined = shared and (w.has(i + shared[1], "and") or w.norm(i + shared[1]) in ("vs", "против"))
    if shared and joined:
        later = _ordered(w, i + shared[1] + 1, word)
        if later and later[1] > 1 and shared[0] < later[0]:
            return shared[0], shared[1]
    return None


def _quarter(w: TimeWords, kind: str, index: int, year: int | None) -> Period:
    months = 3 if kind == "q" else 6
    start = dt.date(year or w.anchor.year, (index - 1) * months + 1, 1)
    if not year and start > w.anchor:
        start = add_months(start, -12)
    end = month_end(add_months(start, months - 1))
    unit, count = (Grain.QUARTER, 1) if kind == "q" else (Grain.MONTH, 6)
    label = f"{kind.upper()}{index} {start.year}"
    return Period(start, end, label, "calendar", unit, count, dated=bool(year))


def season(w: TimeWords, i: int) -> Match | None:
    """Summer 2025, "зимой", last spring: three whole months, from the first of one."""
    found = w.named(i, "seasons")
    if not found:
        return None
    month, n = int(found[0]), found[1]
    year = w.year_after(i + n)
    start = dt.date(year[0] if year else w.anchor.year, month, 1)
    if not year and start > w.anchor:
        start = add_months(start, -12)
    name = _SEASONS[month]
    period = _season(name, start, dated=bool(year))
    if year and start.month == _WINTER:  # the winter of a year began in it, or the year before
        before = _season(name, add_months(start, -12), dated=True)
        period = replace(before, options=(before, period))
    return period, n + (year[1] if year else 0)


def _season(name: str, start: dt.date, *, dated: bool) -> Period:
    end = month_end(add_months(start, 2))
    label = f"{name} {start.year}" + (f"/{end.year % 100:02}" if end.year != start.year else "")
    return Period(start, end, label, "calendar", Grain.MONTH, 3, dated=dated)


def week_number(w: TimeWords, i: int) -> Match | None:
    """Week 12 of 2025, week 12."""
    n = w.has(i, "week")
    number = w.number(i + n) if n else None
    if not number or not 1 <= number[0] <= 53:
        return None
    n += number[1]
    year = w.year_after(i + n)
    this = w.anchor.isocalendar().year
    try:
        start = dt.date.fromisocalendar(year[0] if year else this, number[0], 1)
        if not year and start > w.anchor:
            start = dt.date.fromisocalendar(this - 1, number[0], 1)
    except ValueError:
        return None
    label = f"week {number[0]} of {start.isocalendar().year}"
    end = start + dt.timedelta(days=6)
    return Period(start, end, label, "calendar", Grain.WEEK), n + (year[1] if year else 0)


def week_of_day(inner: Period) -> Period:
    """The week a day falls in, Monday to Sunday."""
    start, end = bucket(inner.start or dt.date.min, Grain.WEEK)
    label = f"the week of {start.isoformat()}"
    return Period(start, end, label, "calendar", Grain.WEEK)


def named_holiday(w: TimeWords, i: int) -> Match | None:
    """Black Friday, Christmas 2025, last Christmas."""
    found = w.named(i, "holidays")
    if not found:
        return None
    name, n = found
    if w.text(i, n).lower() == "single day":  # the stem of Singles' Day
        return None
    year = w.year_after(i + n)
    day = holiday(name, year[0] if year else w.anchor.year)
    if not year and day > w.anchor:
        day = holiday(name, w.anchor.year - 1)
    label = f"{w.text(i, n)} {day.year}"
    period = Period(day, day, label, "absolute", Grain.DAY, holiday=name, dated=year is not None)
    n += year[1] if year else 0
    week = w.has(i + n, "week")
    return (week_of_day(period), n + week) if week else (period, n)
