"""Arithmetic of calendar months, the same for periods said in words and picked with widgets."""

from __future__ import annotations

import calendar
import datetime as dt


def month_end(day: dt.date) -> dt.date:
    """The last day of the month that holds `day`."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of another month, or its last day where that does not exist.

    It never leaves the calendar: before the year 1 it stays in that year, after 9998 in that one.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    year = min(max(year, 1), 9998)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def whole_months(start: dt.date, end: dt.date) -> int:
    """How many calendar months the days make up, both included; 0 when they are not whole ones."""
    if start.day != 1 or end != month_end(end):
        return 0
    return (end.year - start.year) * 12 + end.month - start.month + 1


def year_before(start: dt.date, end: dt.date) -> tuple[dt.date, dt.date]:
    """The same days a year earlier; whole months stay whole, so a February keeps its 29th."""
    first, last = add_months(start, -12), add_months(end, -12)
    return first, month_end(last) if whole_months(start, end) else last
