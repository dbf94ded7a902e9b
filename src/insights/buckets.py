"""Calendar buckets of a time series: where they end, and whether the data covers all their days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from src.data.profile import DataIssue, Dataset
from src.query_engine.plan import QueryPlan


@dataclass(frozen=True, slots=True)
class Period:
    """The days a result is about, both inclusive; None where nobody said."""

    start: dt.date | None = None
    end: dt.date | None = None


def period_of(plan: QueryPlan | None, dataset: Dataset | None) -> Period:
    """The plan's period, cut to the days the data has."""
    if plan is None:
        return Period()
    table = dataset.profile.tables.get(plan.table) if dataset else None
    first, last = (table.first_day, table.last_day) if table else (None, None)
    start = plan.time.start if plan.time else None
    end = plan.time.end if plan.time else None
    starts = [day for day in (start, first) if day]
    ends = [day for day in (end, last) if day]
    return Period(max(starts) if starts else None, min(ends) if ends else None)


def settled(period: Period, issues: Iterable[DataIssue], grain: str | None) -> Period:
    """The period without the last days that are not complete yet, of a series by day.

    Their figures would pass for a change, a peak or an outlier; longer buckets can bear them.
    """
    starts = [i.start for i in issues if i.unsettled and i.start]
    if grain != "day" or not starts:
        return period
    before = min(starts) - dt.timedelta(days=1)
    return Period(period.start, min(period.end, before) if period.end else before)


def next_bucket(start: dt.date, grain: str | None) -> dt.date:
    """First day of the bucket after the one that starts on `start`."""
    if grain in ("month", "quarter", "year"):
        months = {"month": 1, "quarter": 3, "year": 12}[grain]
        index = start.year * 12 + start.month - 1 + months
        return dt.date(index // 12, index % 12 + 1, 1)
    return start + dt.timedelta(days=7 if grain == "week" else 1)


def days_in(start: dt.date, grain: str | None) -> int:
    """Calendar days of the bucket."""
    return (next_bucket(start, grain) - start).days


def days_covered(start: dt.date, grain: str | None, period: Period) -> int:
    """Days of the bucket that lie in the period; all of them where the period is open."""
    first = max(start, period.start) if period.start else start
    after = next_bucket(start, grain)
    stop = min(after, period.end + dt.timedelta(days=1)) if period.end else after
    return max((stop - first).days, 0)


def is_partial(start: dt.date, grain: str | None, period: Period) -> bool:
    """Whether some days of the bucket are outside the period."""
    return days_covered(start, grain, period) < days_in(start, grain)
