"""Periods as questions name them: buckets, shifts, holidays. Weeks start on Monday."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Literal

from src.query_engine import months
from src.query_engine.months import add_months, month_end, whole_months
from src.query_engine.plan import Grain, TimeRange

Style = Literal[
    "calendar",
    "rolling",
    "to_date",
    "absolute",
    "open",
    "all",
    "before",
    "same",
    "stretch",
    "sides",
]


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days with how it was said, so that the stretch before it can be found.

    Attributes:
        start, end: inclusive; None is open.
        style: ``before`` and ``same`` have no days of their own: they stand for the unit right
            before another period, or for that period a unit earlier; ``stretch`` for as many units
            right before it; ``sides`` are the two `parts`, on either side of a day.
        unit, count: three months is (month, 3); None for dates given one by one.
        relative: counted from the anchor.
        weekdays: ISO weekdays it is limited to; empty for all.
        options: other stretches the same words can mean, for vague words such as "recently".
        dated: the year was said, not filled in.
        holiday: name of the day, for days whose date moves from year to year.
        parts: the two ends of "from March to May", for questions that compare them.
    """

    start: dt.date | None
    end: dt.date | None
    label: str
    style: Style
    unit: Grain | None = None
    count: int = 1
    relative: bool = False
    weekdays: tuple[int, ...] = ()
    options: tuple[Period, ...] = ()
    parts: tuple[Period, ...] = ()
    holiday: str = ""
    dated: bool = True

    def time_range(self, anchor: dt.date | None) -> TimeRange:
        return TimeRange(
            start=self.start,
            end=self.end,
            label=self.label,
            anchor=anchor if self.relative else None,
        )


def bucket(day: dt.date, unit: Grain) -> tuple[dt.date, dt.date]:
    """First and last day of the calendar unit that holds `day`."""
    if unit is Grain.WEEK:
        start = day - dt.timedelta(days=day.weekday())
        return start, start + dt.timedelta(days=6)
    if unit is Grain.MONTH:
        return day.replace(day=1), month_end(day)
    if unit is Grain.QUARTER:
        start = day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
        return start, month_end(add_months(start, 2))
    if unit is Grain.YEAR:
        return day.replace(month=1, day=1), day.replace(month=12, day=31)
    return day, day


def shift(day: dt.date, unit: Grain, count: int) -> dt.date:
    """`day` moved by `count` units; calendar months keep the day of the month."""
    if unit is Grain.WEEK:
        return day + dt.timedelta(weeks=count)
    if unit in (Grain.MONTH, Grain.QUARTER, Grain.YEAR):
        return add_months(day, count * {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[unit])
    return day + dt.timedelta(days=count)


def previous(period: Period) -> Period | None:
    """The stretch of the same kind right before: a month before a month, 30 days before 30."""
    start, end = period.start, period.end
    if start is None or end is None:
        return None
    if period.unit and period.style in ("calendar", "to_date"):
        new_start = shift(start, period.unit, -period.count)
        if period.style == "to_date":
            new_end = min(new_start + (end - start), start - dt.timedelta(days=1))
        else:
            new_end = start - dt.timedelta(days=1)
    elif not _by_days(period) and (count := whole_months(start, end)):
        new_start, new_end = add_months(start, -count), start - dt.timedelta(days=1)
    else:
        new_end = start - dt.timedelta(days=1)
        new_start = new_end - (end - start)
    return replace(
        period, start=new_start, end=new_end, label=before_label(period), options=(), relative=False
    )


def _by_days(period: Period) -> bool:
    """The last 30 days are 30 days, even where they happen to be all of September."""
    return period.style == "rolling" and period.unit in (Grain.DAY, Grain.WEEK)


def year_before(period: Period) -> Period | None:
    """The same days a year earlier."""
    if period.start is None or period.end is None:
        return None
    start, end = months.year_before(period.start, period.end)
    if period.holiday:
        start = end = holiday(period.holiday, period.start.year - 1)
    return replace(
        period,
        start=start,
        end=end,
        label="the same period a year earlier",
        options=(),
        relative=False,
    )


def before_label(period: Period) -> str:
    if (
        period.start
        and period.end
        and period.count == 1
        and period.unit
        and period.style != "rolling"
    ):
        return f"the {period.unit.value} before"
    if period.start and period.end:
        days = (period.end - period.start).days + 1
        return "the day before" if days == 1 else f"the {days} days before"
    return "the period before"


_AFTER_THANKSGIVING = {"thanksgiving": 0, "black_friday": 1, "cyber_monday": 4}


def holiday(name: str, year: int) -> dt.date:
    """A named day of the shopping year."""
    if name in _AFTER_THANKSGIVING:
        first = dt.date(year, 11, 1)
        thanksgiving = first + dt.timedelta(days=(3 - first.weekday()) % 7 + 21)
        return thanksgiving + dt.timedelta(days=_AFTER_THANKSGIVING[name])
    month, day = {
        "christmas": (12, 25), "christmas_eve": (12, 24), "new_year": (1, 1),
        "valentines": (2, 14), "halloween": (10, 31), "womens_day": (3, 8),
        "new_year_eve": (12, 31), "boxing_day": (12, 26), "singles_day": (11, 11),
        "independence_day": (7, 4), "defenders_day": (2, 23), "orthodox_christmas": (1, 7),
        "victory_day": (5, 9), "labour_day": (5, 1), "knowledge_day": (9, 1),
    }[name]  # fmt: skip
    return dt.date(year, month, day)
