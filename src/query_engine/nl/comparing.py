"""Two periods of one question: a comparison, or one stretch named in pieces."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from src.query_engine.months import add_months
from src.query_engine.nl.calendar import Period, bucket, previous, shift, year_before
from src.query_engine.nl.reading import State
from src.query_engine.plan import Grain

_DAY = dt.timedelta(days=1)
_THE_ONE_BEFORE = {"previous", "prior", "preceding", "предыдущий"}


def leans(period: Period) -> bool:
    """Whether a period has no days of its own, only a place beside another."""
    return period.style in ("before", "same", "stretch")


def beside(period: Period, current: Period) -> Period | None:
    """The days of a leaning period, next to the one it leans on."""
    unit, start, end = period.unit, current.start, current.end
    if period.style == "stretch" and start is not None and end is not None:
        if unit in (None, current.unit) and period.count == current.count:
            return previous(current)
        if unit is None:
            return None
        return Period(
            shift(start, unit, -period.count), start - _DAY, period.label, "absolute", unit
        )
    if unit is None or start is None or end is None:
        return None
    if period.style == "same":
        moved = replace(
            current, start=shift(start, unit, -1), end=shift(end, unit, -1), relative=False
        )
        return replace(moved, label=period.label)
    if unit is Grain.YEAR and current.unit is not Grain.YEAR:
        return year_before(current)
    if current.unit is unit and current.count == 1:
        return previous(current)
    return Period(shift(start, unit, -1), start - _DAY, period.label, "absolute", unit)


def same_year(left: Period, right: Period) -> tuple[Period, Period]:
    """ "Q2 and Q3 2025": a year said with one of two periods is meant for both."""
    if _moved(left, right).start == right.start or _moved(right, left).start == left.start:
        return left, right  # the same month of two years
    yearly = _of_year(left, right)
    if yearly is not None:
        return left, yearly
    if left.dated and not right.dated and not right.relative:
        return left, _moved(right, left)
    if right.dated and not left.dated and not left.relative:
        return _moved(left, right), right
    return left, right


def _of_year(period: Period, year: Period) -> Period | None:
    """ "September 2026 against 2025": the year alone stands for its September."""
    short = period.unit in (Grain.MONTH, Grain.QUARTER) and period.count == 1
    if not short or year.unit is not Grain.YEAR or year.relative or year.count != 1:
        return None
    if not (period.start and year.start) or period.relative or period.start.year == year.start.year:
        return None
    return _moved(period, replace(year, unit=period.unit))


def _moved(period: Period, dated: Period) -> Period:
    if period.start is None or period.end is None or dated.start is None:
        return period
    if dated.unit is Grain.YEAR or period.holiday:
        return period
    years = dated.start.year - period.start.year
    start, end = add_months(period.start, 12 * years), add_months(period.end, 12 * years)
    if period.unit is Grain.MONTH and period.count == 1:
        end = bucket(start, Grain.MONTH)[1]
    label = period.label.replace(str(period.start.year), str(start.year))
    return replace(period, start=start, end=end, label=label)


def union(periods: list[Period]) -> Period | None:
    """ "September and October": periods that touch are one stretch; None when there is a gap."""
    known = [(p.start, p.end, p) for p in periods if p.start and p.end and not leans(p)]
    if len(known) < len(periods):
        return None
    known.sort(key=lambda k: (k[0], k[1]))
    end = known[0][1]
    for start, last, _ in known[1:]:
        if start > end + _DAY:
            return None
        end = max(end, last)
    label = " and ".join(p.label for _, _, p in known)
    relative = any(p.relative for p in periods)
    return Period(known[0][0], end, label, "absolute", relative=relative)


def the_one_before(period: Period, words: str) -> bool:
    """Whether "prior month" stands beside another period, and so before that one."""
    return bool(_THE_ONE_BEFORE & set(words.lower().split())) and period.style == "calendar"


def clipped(period: Period, anchor: dt.date) -> Period:
    """A calendar unit the data covers in part, up to the last day: like is compared with like."""
    if period.style != "calendar" or period.start is None or period.end is None:
        return period
    if not period.start <= anchor < period.end:
        return period
    label = f"{period.label} up to {anchor.isoformat()}"
    return replace(period, end=anchor, style="to_date", label=label)


def compare(state: State, current: Period, baseline: Period) -> None:
    """Set two periods against each other; a part of a unit against the same part of the other."""
    if (current.start, current.end) == (baseline.start, baseline.end):
        # "the last 7 days against the previous 7 days", "this Black Friday against the last"
        one_day = current.start == current.end and current.style == "absolute"
        baseline = (year_before(current) if one_day else previous(current)) or baseline
    current = replace(clipped(current, state.context.anchor), options=())
    baseline = replace(baseline, options=())
    cut = _like_for_like(current, baseline)
    if cut:
        whole = replace(baseline, label=f"all of {baseline.label}")
        baseline = replace(cut, options=(cut, whole))
        state.out.cost("vague_period")
    state.out.period, state.out.baseline = current, baseline
    state.out.comparison = "custom"


def _like_for_like(current: Period, baseline: Period) -> Period | None:
    if current.style != "to_date" or baseline.style != "calendar":
        return None
    same = current.unit is baseline.unit and current.count == baseline.count
    if not same or not (current.start and current.end and baseline.start and baseline.end):
        return None
    end = baseline.start + (current.end - current.start)
    if current.unit in (Grain.MONTH, Grain.QUARTER, Grain.YEAR):
        end = _same_place(current, baseline)
    if end >= baseline.end:
        return None
    return replace(baseline, end=end, label=f"the same days of {baseline.label}", style="absolute")


def _same_place(current: Period, baseline: Period) -> dt.date:
    """The day as far into the baseline's months as the current period has come."""
    assert current.start and current.end and baseline.start
    months = (baseline.start.year - current.start.year) * 12
    months += baseline.start.month - current.start.month
    return add_months(current.end, months)


def each_beside_the_last(state: State, period: Period) -> None:
    """ "Month over month in 2026": each month of it beside the month before."""
    unit = state.out.comparison_unit
    if unit is None or state.out.grain not in (None, unit) or not (period.start and period.end):
        return
    opening, closing = bucket(period.start, unit), bucket(period.end, unit)
    whole = unit is Grain.WEEK or period.start == opening[0]
    if not whole or period.end <= opening[1]:
        return
    first, last = shift(period.start, unit, -1), shift(period.end, unit, -1)
    if period.end == closing[1]:
        last = bucket(shift(closing[0], unit, -1), unit)[1]
    label = f"the same period a {unit.value} earlier"
    state.out.grain = unit
    state.out.baseline = Period(first, last, label, "absolute", unit)
    state.out.comparison = "custom"
