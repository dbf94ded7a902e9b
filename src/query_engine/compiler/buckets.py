"""Calendar buckets, and the shift that lays a comparison period over the first."""

from __future__ import annotations

import datetime as dt

from src.data.semantic import Table
from src.errors import PlanError
from src.query_engine.compiler import quoting as q
from src.query_engine.compiler.resolve import time_column
from src.query_engine.plan import RECURRING, Grain, QueryPlan, TimeRange

_MONTHLY = (Grain.MONTH, Grain.QUARTER, Grain.YEAR)


def bucket(grain: Grain, table: Table, shift: str = "") -> str:
    """The bucket of a row: the first day of it, 1 (Monday) to 7 for a weekday, or which part of
    the week, as text.

    Args:
        shift: what moves the row's date first, e.g. ``+ INTERVAL 3 MONTH``.
    """
    column = time_column(table)
    moved = q.identifier(column.name)
    if q.family(column.type) not in ("date", "timestamp"):
        moved = f"CAST({moved} AS DATE)"
    if shift:
        moved = f"{moved} {shift}"
    if grain is Grain.WEEKDAY:
        return f"CAST(EXTRACT(ISODOW FROM {moved}) AS INTEGER)"
    if grain is Grain.WEEKPART:
        number = f"CAST(EXTRACT(ISODOW FROM {moved}) AS INTEGER)"
        return f"CASE WHEN {number} >= 6 THEN 'weekend' ELSE 'weekday' END"
    if grain is Grain.DAY:
        is_day = q.family(column.type) == "date" and not shift
        return moved if is_day else f"CAST({moved} AS DATE)"
    return f"CAST(DATE_TRUNC('{grain.value}', {moved}) AS DATE)"


def baseline_shift(plan: QueryPlan) -> str:
    """What moves a day of the comparison period into the plan's, in whole buckets; empty for none.

    The first bucket of one meets the first of the other, the second the second, and so on. Year on
    year goes by the calendar, so that 29 February does not move what follows.

    Raises:
        PlanError: a period has no first day to count from.
    """
    if plan.comparison is None or plan.grain in (None, *RECURRING):
        return ""
    start = _start(plan.time, "period")
    before = _start(plan.comparison.baseline, "comparison period")
    months = (start.year - before.year) * 12 + start.month - before.month
    if plan.grain in _MONTHLY:
        return _interval(_whole(months, plan.grain), "MONTH")
    if plan.grain is Grain.WEEK:
        return _interval((_monday(start) - _monday(before)).days, "DAY")
    if months % 12 == 0 and months and start.day == before.day:
        return _interval(months // 12, "YEAR")
    return _interval((start - before).days, "DAY")


def _interval(count: int, unit: str) -> str:
    if count == 0:
        return ""
    return f"{'+' if count > 0 else '-'} INTERVAL {abs(count)} {unit}"


def _whole(months: int, grain: Grain) -> int:
    """Months rounded to whole buckets: two quarters that start mid-way still meet as quarters."""
    step = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[grain]
    return round(months / step) * step


def _start(time: TimeRange | None, what: str) -> dt.date:
    if time is None or time.start is None:
        raise PlanError(
            f"The {what} has no first day, so its buckets cannot be lined up with the other's.",
            hint="Name the first day, or compare without a breakdown by time.",
        )
    return time.start


def _monday(value: dt.date) -> dt.date:
    return value - dt.timedelta(days=value.weekday())
