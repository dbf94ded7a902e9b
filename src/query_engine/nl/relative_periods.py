"""Periods counted from the anchor: yesterday, last month, the past 30 days, two weeks ago.

The anchor is the last day the data covers, and no relative period reaches beyond it unless its
calendar unit does by name ("this month" ends on the anchor, never on the 31st).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from src.query_engine.months import add_months, month_end
from src.query_engine.nl.calendar import Period, bucket, shift
from src.query_engine.nl.named_periods import month_name, named_holiday, quarter_or_half, season
from src.query_engine.nl.time_words import Match, TimeWords
from src.query_engine.plan import Grain

_DAY = dt.timedelta(days=1)
_TO_DATE = {
    "mtd": Grain.MONTH, "ytd": Grain.YEAR, "qtd": Grain.QUARTER, "wtd": Grain.WEEK,
}  # fmt: skip
_ROLLING_NAMES = {
    Grain.WEEK: "7 days",
    Grain.MONTH: "month (rolling)",
    Grain.QUARTER: "3 months",
    Grain.YEAR: "12 months",
}


def rolling(w: TimeWords, unit: Grain, count: int, label: str) -> Period:
    """The last `count` units up to the anchor; whole months where it ends one."""
    count = min(count, 10_000)
    start = shift(w.anchor, unit, -count) + _DAY
    if w.anchor == month_end(w.anchor):
        start = shift(w.anchor + _DAY, unit, -count)
    return Period(start, w.anchor, label, "rolling", unit, count, True)


def so_far(w: TimeWords, unit: Grain, label: str) -> Period:
    return Period(bucket(w.anchor, unit)[0], w.anchor, label, "to_date", unit, 1, True)


def calendar_back(w: TimeWords, unit: Grain, count: int, label: str) -> Period:
    start, end = bucket(shift(bucket(w.anchor, unit)[0], unit, -count), unit)
    return Period(start, end, label, "calendar", unit, 1, True)


def single_day(day: dt.date, label: str) -> Period:
    return Period(day, day, label, "calendar", Grain.DAY, relative=True)


def named_day(w: TimeWords, i: int) -> Match | None:
    """today, yesterday, the day before yesterday."""
    for word, back in (("before_yesterday", 2), ("yesterday", 1), ("today", 0)):
        n = w.has(i, word)
        if n:
            return single_day(w.anchor - back * _DAY, word.replace("before_", "the day before ")), n
    return None


def everything(w: TimeWords, i: int) -> Match | None:
    """all time, recently."""
    n = w.has(i, "all_time")
    if n:
        return Period(None, None, "all the data", "all"), n
    n = w.has(i, "recently")
    if n and not w.unit(i + n) and not w.number(i + n):
        options = tuple(rolling(w, Grain.DAY, d, f"last {d} days") for d in (30, 7, 90))
        return replace(options[0], options=options), n
    return None


def to_date(w: TimeWords, i: int) -> Match | None:
    for word, unit in _TO_DATE.items():
        n = w.has(i, word)
        if n:
            return so_far(w, unit, f"{unit.value} to date"), n
    return None


def short_names(w: TimeWords, i: int) -> Match | None:
    """LY, LM, LW, L7D, L30D."""
    for word, unit in (("ly", Grain.YEAR), ("lm", Grain.MONTH), ("lw", Grain.WEEK)):
        n = w.has(i, word)
        if n:
            return _last_whole(w, unit, full=False), n
    norm = w.norm(i)
    digits = norm[1:-1]
    units = {"d": Grain.DAY, "w": Grain.WEEK, "m": Grain.MONTH}
    if norm[:1] == "l" and digits.isdigit() and norm[-1] in units and 0 < int(digits) <= 1000:
        unit = units[norm[-1]]
        return rolling(w, unit, int(digits), f"last {digits} {unit.value}s"), 1
    return None


def counted(w: TimeWords, i: int) -> Match | None:
    """last 30 days, past two weeks, the last 2 full months, last 7d, last 3m."""
    lead = w.has(i, "last") or w.has(i, "past")
    if not lead:
        return None
    full = w.has(i + lead, "full")
    n = lead + full
    months = w.norm(i + n)
    if months[:-1].isdigit() and months.endswith("m") and 0 < int(months[:-1]) <= 120:
        found = int(months[:-1]), Grain.MONTH, 1
    else:
        stretch = w.stretch(i + n)
        if not stretch:
            return None
        found = stretch
    count, unit, width = found
    full = full or w.has(i + n + 1, "full")
    plural = f"{unit.value}{'s' if count != 1 else ''}"
    if not full:
        return rolling(w, unit, count, f"last {count} {plural}"), n + width
    end = bucket(w.anchor, unit)[0] - _DAY
    if bucket(w.anchor, unit)[1] == w.anchor:
        end = w.anchor
    start = shift(bucket(end, unit)[0], unit, 1 - count)
    label = f"last {count} full {plural}"
    return Period(start, end, label, "calendar", unit, count, True), n + width


def this_or_last(w: TimeWords, i: int) -> Match | None:
    """this week, last month, past year, the month before last, last March."""
    back = _before_last(w, i)
    if back:
        return back
    this, last, past = w.has(i, "this"), w.has(i, "last"), w.has(i, "past")
    n = this or last or past
    if not n:
        return None
    full = w.has(i + n, "full")
    n += full
    unit = w.unit(i + n)
    if not unit:
        return _last_named(w, i, n) if last or past else _this_named(w, i, n)
    grain, length = unit[0], n + unit[1]
    if this:
        length += w.has(i + length, "to_date")
        return so_far(w, grain, f"this {grain.value}"), length
    if grain is Grain.DAY:
        back_one = w.text(i, n) == "previous"
        day = w.anchor - _DAY if back_one else w.anchor
        return single_day(day, "the day before the last" if back_one else "the last day"), length
    whole = _last_whole(w, grain, full=bool(full))
    if last or full:
        return whole, length
    recent = rolling(w, grain, 1, f"last {_ROLLING_NAMES[grain]}")
    return replace(recent, options=(recent, whole)), length


def _last_whole(w: TimeWords, grain: Grain, *, full: bool) -> Period:
    """The unit before the one that the data ends in; the last week of data up to a Sunday.

    Of such data nobody asks before Monday. Where a longer unit ends with the data, either it or the
    one before may be meant.
    """
    before = calendar_back(w, grain, 1, f"last {grain.value}")
    start, end = bucket(w.anchor, grain)
    if end != w.anchor:
        return before
    label = f"the last full {grain.value}" if full else f"last {grain.value}"
    ending = Period(start, end, label, "calendar", grain, 1, True)
    if full or grain is Grain.WEEK:
        return ending
    return replace(before, options=(before, replace(ending, label=f"the {grain.value} that ended")))


def _before_last(w: TimeWords, i: int) -> Match | None:
    n = w.has(i, "before_last")
    unit = w.unit(i + n) if n else None
    if unit is None:
        unit = w.unit(i)
        n = w.has(i + unit[1], "before_last") if unit else 0
    if not n or unit is None:
        return None
    label = f"the {unit[0].value} before last"
    over = unit[0] is Grain.WEEK and bucket(w.anchor, Grain.WEEK)[1] == w.anchor
    return calendar_back(w, unit[0], 1 if over else 2, label), n + unit[1]


def _last_named(w: TimeWords, i: int, n: int) -> Match | None:
    """last March, last Q3, last summer, last Friday, last Christmas."""
    named = month_name(w, i + n) or quarter_or_half(w, i + n) or season(w, i + n)
    if named:
        period = named[0]
        # "last March" said in March is the one before
        if period.start and period.end and period.end >= w.anchor and not period.dated:
            start, end = add_months(period.start, -12), month_end(add_months(period.end, -12))
            label = period.label.replace(str(period.start.year), str(start.year))
            period = replace(period, start=start, end=end, label=label)
        return period, n + named[1]
    weekday = w.named(i + n, "weekdays")
    if weekday:
        back = (w.anchor.isoweekday() - int(weekday[0])) % 7 or 7
        return single_day(w.anchor - back * _DAY, w.text(i, n + weekday[1])), n + weekday[1]
    found = named_holiday(w, i + n)
    return (found[0], n + found[1]) if found else None


def _this_named(w: TimeWords, i: int, n: int) -> Match | None:
    """this September, this Q3, this summer, this Black Friday."""
    kinds = (month_name, quarter_or_half, season, named_holiday)
    found = next((match for kind in kinds if (match := kind(w, i + n))), None)
    return (found[0], n + found[1]) if found else None


def ago(w: TimeWords, i: int) -> Match | None:
    """3 days ago, two weeks ago, "неделю назад": the unit that was then."""
    the = w.has(i, "the")
    found = w.stretch(i)
    if not found:
        unit = w.unit(i + the)
        found = (1, unit[0], the + unit[1]) if unit else None
    n = w.has(i + found[2], "ago") if found else 0
    if not found or not n or found[0] > 3650:
        return None
    start, end = bucket(shift(w.anchor, found[1], -found[0]), found[1])
    length = found[2] + n
    return Period(start, end, w.text(i, length), "calendar", found[1], relative=True), length


def weekend(w: TimeWords, i: int) -> Match | None:
    """last weekend; weekends, weekdays and Fridays as days of the week that are picked."""
    lead = w.has(i, "last") or w.has(i, "this") or w.has(i, "past")
    n = w.has(i + lead, "weekend")
    if n and lead:
        saturday = w.anchor - ((w.anchor.isoweekday() - 6) % 7) * _DAY
        sunday = min(saturday + _DAY, w.anchor)
        return Period(saturday, sunday, "the last weekend", "absolute", relative=True), lead + n
    if n:
        return Period(None, None, "weekends", "all", weekdays=(6, 7)), n
    n = w.has(i, "workday")
    if n:
        return Period(None, None, "Monday to Friday", "all", weekdays=(1, 2, 3, 4, 5)), n
    day = w.named(i, "weekdays")
    if not day:
        return None
    label = w.text(i, day[1]).title()
    if w.norm(i + day[1] - 1).endswith(("s", "ам")):
        return Period(None, None, label, "all", weekdays=(int(day[0]),)), day[1]
    on = w.anchor - ((w.anchor.isoweekday() - int(day[0])) % 7) * _DAY
    return single_day(on, f"{label} {on.isoformat()}"), day[1]


def beside_another(w: TimeWords, i: int) -> Match | None:
    """Phrases that lean on another period: "the month before", "same day last week".

    They carry no days of their own: `style` says how the other period is moved.
    """
    n = w.has(i, "the")
    stretch = _stretch_before(w, i + n)
    if stretch:
        return stretch[0], n + stretch[1]
    unit = w.unit(i + n)
    k = w.has(i + n + unit[1], "before_it") if unit else 0
    if unit and k:
        return Period(None, None, f"the {unit[0].value} before", "before", unit[0]), n + unit[1] + k
    moved = _same_days(w, i)
    if moved:
        return moved
    same = w.has(i, "same")
    unit = w.unit(i + same) if same else None
    if not same or not unit:
        return None
    n = same + unit[1]
    n += w.has(i + n, "of")
    last = w.has(i + n, "last") + (w.has(i + n, "the") if not w.has(i + n, "last") else 0)
    back = w.unit(i + n + last) if last else None
    if not back or back[0] is unit[0]:
        return None
    label = f"the same {unit[0].value} a {back[0].value} earlier"
    return Period(None, None, label, "same", back[0]), n + last + back[1]


def _stretch_before(w: TimeWords, i: int) -> Match | None:
    """ "The 4 weeks before", and the "previous 7" that borrows its unit from another period."""
    found = w.stretch(i)
    k = w.has(i + found[2], "before_it") if found else 0
    if found and k:
        label = f"the {found[0]} {found[1].value}s before"
        return Period(None, None, label, "stretch", found[1], found[0]), found[2] + k
    last = w.has(i, "last")
    number = w.number(i + last) if last else None
    if not number or w.unit(i + last + number[1]) or w.text(i, last) in ("last", "прошлый"):
        return None
    at_end = w.norm(i + last + number[1]) in ("", "?", ".", ",", "!", "by", "по")
    if not at_end:
        return None
    label = f"the {number[0]} before"
    return Period(None, None, label, "stretch", None, number[0]), last + number[1]


def _same_days(w: TimeWords, i: int) -> Match | None:
    """ "The same period last month", "last month same period"."""
    same = w.has(i, "same_days")
    n = same + (w.has(i + same, "of") if same else 0)
    last = w.has(i + n, "last")
    unit = w.unit(i + n + last) if last else None
    if unit is None:
        return None
    n += last + unit[1]
    same = same or w.has(i + n, "same_days")
    if not same or unit[0] is Grain.DAY:
        return None
    n += w.has(i + n, "same_days")
    label = f"the same period a {unit[0].value} earlier"
    return Period(None, None, label, "same", unit[0]), n
