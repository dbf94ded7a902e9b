"""How far apart the dates of a table are, and so how far its last date reaches.

A report of one row a month is dated on the first; its last month is covered to the end, and
nothing in it can be shown by day.
"""

from __future__ import annotations

import datetime as dt

from src.data.profile import TableProfile
from src.query_engine.months import month_end
from src.query_engine.plan import Grain

_FEWEST = 3


def spacing(profile: TableProfile | None, time_column: str | None) -> Grain:
    """`Grain.MONTH` or `Grain.WEEK` when every date starts one of those in a row, else a day."""
    if profile is None or not (profile.first_day and profile.last_day):
        return Grain.DAY
    column = profile.columns.get(time_column or "")
    first, last = profile.first_day, profile.last_day
    if column is None or column.distinct < _FEWEST:
        return Grain.DAY
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if first.day == last.day == 1 and column.distinct == months:
        return Grain.MONTH
    weeks, rest = divmod((last - first).days, 7)
    return Grain.WEEK if rest == 0 and column.distinct == weeks + 1 else Grain.DAY


def covered_until(last: dt.date, spaced: Grain) -> dt.date:
    """The last day that a table's last date stands for."""
    if spaced is Grain.MONTH:
        return month_end(last)
    return last + dt.timedelta(days=6) if spaced is Grain.WEEK else last
