"""Days: what is odd about them in the data, and periods that cannot be compared fairly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from src.data.profile import DataIssue, TableProfile
from src.data.semantic import Role, Table
from src.query_engine.describe import period_words
from src.query_engine.drafts import Lint
from src.query_engine.lints.reading import Days, Reading
from src.query_engine.months import whole_months
from src.query_engine.phrases.issues import issue_text

_SMALL = 0.02


def data_issues(reading: Reading) -> Iterator[Lint]:
    """What the profile found odd about the days and columns that the statement reads.

    It is a warning where it touches a good part of the days that are read, else information.
    """
    for table, figures in _profiled(reading):
        for issue in figures.issues:
            share = _share_touched(issue, table, figures, reading)
            if share and _concerns(issue, table, reading):
                heavy = share >= _SMALL and not issue.harmless
                yield reading.lint(
                    issue.rule,
                    issue_text(issue, reading.language),
                    hint=reading.say("data_issue_hint"),
                    severity="warning" if heavy else "info",
                )


def latest_days(reading: Reading) -> Iterator[Lint]:
    """The last day of the data may be incomplete, and conversions still arrive for the last few."""
    for table, figures in _profiled(reading):
        if figures.last_day is None or not _reads_measures(table, reading):
            continue
        if any(issue.unsettled for issue in figures.issues):
            continue
        if any(_covers(d, figures.last_day) for d in _days(table, reading)):
            yield reading.lint(
                "partial_last_day",
                reading.say("partial_last_day", day=figures.last_day),
                severity="info",
            )


def no_time_filter(reading: Reading) -> Iterator[Lint]:
    """A table with dates read without a period."""
    for table, figures in _profiled(reading):
        if table.time_column is None or not _reads_measures(table, reading):
            continue
        if any(d.table == table.name for d in reading.ranges) or _time_in_where(table, reading):
            continue
        first, last = figures.first_day, figures.last_day
        key = "all_days_span" if first else "all_days"
        message = reading.say(key, table=table.name, first=first, last=last)
        wanted = reading.plan.time if reading.plan and reading.plan.table == table.name else None
        if wanted and (wanted.start or wanted.end):
            name = period_words(wanted, reading.language)
            lost = reading.say("period_lost", all_days=message, period=name)
            yield reading.lint("no_time_filter", lost, hint=reading.say("period_lost_hint"))
        else:
            yield reading.lint("no_time_filter", message, severity="info")


def unequal_periods(reading: Reading) -> Iterator[Lint]:
    """Two periods of different length side by side: sums differ for that reason alone."""
    pair = _compared(reading)
    if pair is None:
        return
    first, second = pair
    if first.length is None or second.length is None or first.length == second.length:
        return
    months = _whole_months(first) == _whole_months(second) > 0
    key = "unequal_months" if months else "unequal_periods"
    yield reading.lint(
        "unequal_periods",
        reading.say(key, first=first.length, second=second.length),
        hint=reading.say(f"{key}_hint"),
        severity="info" if months else "warning",
    )


def baseline_outside(reading: Reading) -> Iterator[Lint]:
    """A period that the data does not, or not wholly, hold."""
    for table, figures in _profiled(reading):
        first, last = figures.first_day, figures.last_day
        if first is None or last is None:
            continue
        for days in _days(table, reading):
            start, end = days.start or first, days.end or last
            if end < first or start > last:
                key = "outside_data"
            elif start < first or end > last:
                key = "partly_outside_data"
            else:
                continue
            yield reading.lint(
                "period_outside_data",
                reading.say(key, start=start, end=end, first=first, last=last),
            )


def _profiled(reading: Reading) -> Iterator[tuple[Table, TableProfile]]:
    for table in reading.tables:
        figures = reading.figures(table)
        if figures is not None:
            yield table, figures


def _days(table: Table, reading: Reading) -> list[Days]:
    """The periods of a table in the text; all its days when the text names none."""
    found = [d for d in reading.ranges if d.table == table.name]
    return found or [Days(table.name, None, None)]


def _covers(days: Days, day: dt.date) -> bool:
    return (days.start is None or days.start <= day) and (days.end is None or day <= days.end)


def _concerns(issue: DataIssue, table: Table, reading: Reading) -> bool:
    """Whether the statement reads the measure that the issue is about: the first it names; what
    is odd about conversions is odd about all that comes with them, their value too."""
    listed = [c for c in map(table.column, issue.columns) if c is not None]
    measures = [c for c in listed if c.role is Role.MEASURE]
    subjects = measures[:1] or listed[:1]
    if not subjects:
        return _reads_measures(table, reading) or _counts(reading)
    if subjects[0].is_outcome:
        subjects = [c for c in table.columns if c.is_outcome]
    return _star(reading) or any(c.name.casefold() in reading.columns for c in subjects)


def _share_touched(
    issue: DataIssue, table: Table, figures: TableProfile, reading: Reading
) -> float:
    """The part of the days read that the issue lies on, 1 where days are not known, 0 for none."""
    start, end = issue.start or figures.first_day, issue.end or figures.last_day
    if start is None or end is None:
        return 1.0
    best = 0.0
    for days in _days(table, reading):
        low, high = days.start or figures.first_day or start, days.end or figures.last_day or end
        both = (min(high, end) - max(low, start)).days + 1
        if both > 0:
            best = max(best, both / max((high - low).days + 1, 1))
    return best


def _counts(reading: Reading) -> bool:
    from sqlglot import exp

    return any(not c.find(exp.Distinct) for c in reading.tree.find_all(exp.Count))


def _star(reading: Reading) -> bool:
    return any(s.is_star for s in reading.selects())


def _reads_measures(table: Table, reading: Reading) -> bool:
    measures = {c.name.casefold() for c in table.columns if c.role is Role.MEASURE}
    return bool(measures & reading.columns)


def _time_in_where(table: Table, reading: Reading) -> bool:
    from sqlglot import exp

    name = (table.time_column or "").casefold()
    return any(
        c.name.casefold() == name
        for where in reading.tree.find_all(exp.Where)
        for c in where.find_all(exp.Column)
    )


def _compared(reading: Reading) -> tuple[Days, Days] | None:
    """The two periods that the text sets side by side."""
    closed = list(dict.fromkeys(d for d in reading.ranges if d.length is not None))
    if len(closed) == 2 and closed[0].table == closed[1].table:
        return closed[0], closed[1]
    return None


def _whole_months(days: Days) -> int:
    return whole_months(days.start, days.end) if days.start and days.end else 0


RULES = (data_issues, latest_days, no_time_filter, unequal_periods, baseline_outside)
