"""The time side of a plan: defaults for comparisons, buckets and weekdays; periods out of reach."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Literal

from src.query_engine.months import add_months
from src.query_engine.nl.calendar import Period, bucket, previous, year_before
from src.query_engine.nl.context import TableContext
from src.query_engine.nl.reading import State
from src.query_engine.phrases import Note, PeriodName
from src.query_engine.plan import (
    RECURRING,
    Comparison,
    Filter,
    Grain,
)

RefusalKind = Literal["missing_column", "missing_period", "unsupported", "not_a_question"]


class NoPlan(Exception):
    """This reading cannot be a plan; kind, reason and missing words as in `Refusal`."""

    def __init__(self, kind: RefusalKind, reason: str, missing: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.missing = missing


_DAY = dt.timedelta(days=1)
_MAX_WEEKDAY_DATES = 4000
_NO_DATES = Note("refused.no_dates")
_FINER = {
    Grain.MONTH: (Grain.DAY, Grain.WEEK, *RECURRING),
    Grain.WEEK: (Grain.DAY, *RECURRING),
}


def comparison_of(
    state: State, period: Period | None, notes: list[str]
) -> tuple[Comparison | None, Period | None]:
    """The second period, and the first where the question left it open.

    Raises:
        NoPlan: there are no dates, or the period has an open end.
    """
    reading, anchor = state.out, state.context.anchor
    if reading.comparison is None:
        return None, period
    if state.table.time_column is None:
        raise NoPlan("missing_column", Note("refused.no_dates_to_compare"), ("dates",))
    if reading.baseline is not None:
        base = reading.baseline.time_range(anchor)
        return Comparison(kind=reading.comparison, baseline=base), period
    if reading.comparison == "previous_year":
        if period is None or period.end is None or period.start is None:
            period = Period(
                bucket(anchor, Grain.YEAR)[0],
                anchor,
                "this year so far",
                "to_date",
                Grain.YEAR,
                relative=True,
            )
            notes.append(Note("note.year_so_far"))
        before = year_before(period)
    else:
        if period is None or period.start is None or period.end is None:
            period = _last_complete(reading.comparison_unit, anchor)
            notes.append(Note("note.period", label=PeriodName(period.label)))
        before = previous(period)
    if before is None:
        raise NoPlan("unsupported", Note("refused.open_end"))
    check_period(before, state.context)
    return Comparison(kind=reading.comparison, baseline=before.time_range(None)), period


def _last_complete(unit: Grain | None, anchor: dt.date) -> Period:
    """The last whole unit in the data; the last 30 days when no unit was named."""
    if unit is None:
        return Period(
            anchor - dt.timedelta(days=29), anchor, "last 30 days", "rolling", Grain.DAY, 30, True
        )
    start, end = bucket(anchor, unit)
    if end > anchor:
        end = start - dt.timedelta(days=1)
        start = bucket(end, unit)[0]
    return Period(start, end, f"the last complete {unit.value}", "calendar", unit, 1, True)


def with_baselines(state: State) -> list[tuple[State, int]]:
    """The reading once per stretch its baseline can mean, and its place among them."""
    baseline = state.out.baseline
    if baseline is None or not baseline.options:
        return [(state, 0)]
    return [
        (replace(state, out=replace(state.out, baseline=option)), rank)
        for rank, option in enumerate(baseline.options)
    ]


def auto_grain(period: Period | None, context: TableContext) -> Grain:
    """Buckets that give a readable line: days for three months, weeks for a year, then months."""
    start = (period.start if period else None) or context.first or context.anchor
    end = min((period.end if period else None) or context.anchor, context.anchor)
    days = (end - start).days + 1
    if context.spacing is not Grain.DAY:
        return context.spacing if days <= 366 else Grain.MONTH
    return Grain.DAY if days <= 92 else Grain.WEEK if days <= 366 else Grain.MONTH


def weekday_filter(state: State, period: Period | None) -> list[Filter]:
    """A plan has no weekday condition: the days of the period are listed one by one."""
    if not state.out.weekdays:
        return []
    column = state.table.column(state.table.time_column or "")
    if column is None:
        raise NoPlan("missing_column", _NO_DATES, ("dates",))
    start = (period.start if period else None) or state.context.first or state.context.anchor
    end = min((period.end if period else None) or state.context.anchor, state.context.anchor)
    span = (end - start).days + 1
    if span > _MAX_WEEKDAY_DATES:
        raise NoPlan("unsupported", Note("refused.too_many_weekdays"))
    days = tuple(
        day
        for day in (start + dt.timedelta(days=n) for n in range(span))
        if day.isoweekday() in state.out.weekdays
    )
    return [Filter(column=column.name, op="in", values=days)] if days else []


def check_period(period: Period | None, context: TableContext) -> None:
    """Refuse a period the data does not reach.

    Raises:
        NoPlan: with kind ``missing_period`` and the range that exists.
    """
    if period is None or period.style == "all":
        return
    if context.table.time_column is None:
        raise NoPlan("missing_column", _NO_DATES, (period.label,))
    if context.first is None:
        return
    after = period.start is not None and period.start > context.anchor
    before = period.end is not None and period.end < context.first
    between = not (after or before) and _between_dates(period, context)
    if between:
        raise NoPlan(
            "missing_period",
            Note("refused.between_dates", step=_step(context), period=PeriodName(period.label)),
            (period.label,),
        )
    if after or before:
        covered = {"first": context.first, "last": context.anchor}
        raise NoPlan(
            "missing_period",
            Note("refused.outside", **covered, period=PeriodName(period.label)),
            (period.label,),
        )


def _step(context: TableContext) -> Note:
    return Note(f"word.{context.spacing.value}")


def _between_dates(period: Period, context: TableContext) -> bool:
    """Whether a period falls between two dates of a table that has one a month or week."""
    if context.spacing is Grain.DAY or not (period.start and period.end and context.first):
        return False
    if context.spacing is Grain.MONTH:
        return add_months(period.start - _DAY, 1).replace(day=1) > period.end
    ahead = (context.first - period.start).days % 7
    return period.start + ahead * _DAY > period.end


def check_grain(grain: Grain | None, context: TableContext) -> None:
    """Refuse buckets finer than the dates of the table.

    Raises:
        NoPlan: with kind ``unsupported``.
    """
    if grain in _FINER.get(context.spacing, ()):
        raise NoPlan(
            "unsupported",
            Note("refused.too_fine", step=_step(context), grain=Note(f"word.{grain}")),
        )
