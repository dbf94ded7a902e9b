"""Checks of a daily series: gaps, incomplete last days, days without activity or conversions."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_ONE = dt.timedelta(days=1)
_LAST_DAYS = 7
_LAG_DAYS = 14
_USUAL_DAYS = 28


@dataclass(frozen=True, slots=True)
class Day:
    """Sums of one day: rows, a volume such as spend, clicks, conversions."""

    day: dt.date
    rows: int
    volume: float
    clicks: float
    conversions: float


@dataclass(frozen=True, slots=True)
class Span:
    """Days `start` to `end`, inclusive; the share of the usual level they are at; for missing
    conversions, how many were to be expected."""

    start: dt.date
    end: dt.date
    share: float = 0.0
    expected: float = 0.0

    def words(self) -> str:
        """``on 3 May 2026``, or ``from … to …``."""
        if self.start == self.end:
            return f"on {day_words(self.start)}"
        return f"from {day_words(self.start)} to {day_words(self.end)}"


def day_words(day: dt.date) -> str:
    """A day as every sentence writes it: 8 Sep 2024."""
    return f"{day.day} {day:%b %Y}"


def is_daily(days: Sequence[Day]) -> bool:
    """Whether most days of the period have rows: weekly and monthly reports have gaps by design."""
    if len(days) < 7:
        return False
    return len(days) >= 0.6 * ((days[-1].day - days[0].day).days + 1)


def missing_days(days: Sequence[Day]) -> list[Span]:
    """Gaps between days that have rows. Gaps on idle weekdays, such as weekends, are a habit."""
    gaps = [
        Span(before.day + _ONE, after.day - _ONE)
        for before, after in pairwise(days)
        if after.day - before.day > _ONE
    ]
    weekdays = [d.weekday() for d in (x.day for x in days)]
    idle = {w for w in range(7) if weekdays.count(w) * 5 < len(days) / 7}
    return [gap for gap in gaps if not all(d.weekday() in idle for d in _days(gap))]


def partial_days(days: Sequence[Day]) -> Span | None:
    """The last days that are under half of the same weekdays of the four weeks before."""
    volume = {d.day: d.volume for d in days}
    end = days[-1].day
    span: Span | None = None
    for back in range(min(_LAST_DAYS, len(days) // 2)):
        day = end - back * _ONE
        earlier = [volume[day - w * 7 * _ONE] for w in range(1, 5) if day - w * 7 * _ONE in volume]
        if len(earlier) < 2:
            break
        usual = statistics.median(earlier)
        # Half is far outside weekday swings (0.86 to 1.22) but inside those of a tiny account, so
        # the day must also be lower than any of the four.
        if (
            usual <= 0
            or volume.get(day, 0.0) >= 0.5 * usual
            or volume.get(day, 0.0) >= min(earlier)
        ):
            break
        share = volume.get(day, 0.0) / usual
        span = Span(day, end, share if span is None else min(span.share, share))
    # A fall that goes on for a week is a change, not an unfinished day.
    return None if span and (span.end - span.start).days >= _LAST_DAYS - 1 else span


def conversion_lag(days: Sequence[Day]) -> Span | None:
    """The last days whose conversions per click fall short, more so the later the day.

    A day counts when its conversions are under 85% of what the four weeks before would give, and
    together they are short by more than three standard deviations of a Poisson count.
    """
    if len(days) < _USUAL_DAYS + 3:
        return None
    for length in range(min(_LAG_DAYS, len(days) - _USUAL_DAYS), 0, -1):
        tail, before = days[-length:], days[-length - _USUAL_DAYS : -length]
        clicks = sum(d.clicks for d in before)
        rate = sum(d.conversions for d in before) / clicks if clicks else 0.0
        expected = [rate * d.clicks for d in tail]
        if rate <= 0 or not all(expected):
            continue
        shares = [d.conversions / e for d, e in zip(tail, expected, strict=True)]
        total, got = sum(expected), sum(d.conversions for d in tail)
        falling = all(b <= a + 0.1 for a, b in pairwise(shares))
        short = total - got > 3 * total**0.5
        if max(shares) < 0.85 and shares[-1] < 0.7 and falling and short and got > 0:
            return Span(tail[0].day, tail[-1].day, got / total)
    return None


def broken_tracking(days: Sequence[Day]) -> list[Span]:
    """Runs of days with clicks and no conversion at all, where chance is no explanation.

    At the usual rate at least 25 conversions were to be expected, and conversions came before.
    Independent conversions would need fewer, but real ones come in clusters.
    """
    found: list[Span] = []
    run: list[Day] = []
    for position, day in enumerate([*days, None]):
        if day is not None and day.clicks > 0 and day.conversions == 0:
            run.append(day)
            continue
        if run:
            start = position - len(run)
            around = [*days[max(0, start - _USUAL_DAYS) : start], *days[position : position + 7]]
            clicks = sum(d.clicks for d in around)
            rate = sum(d.conversions for d in around) / clicks if clicks else 0.0
            expected = rate * sum(d.clicks for d in run)
            had_before = any(d.conversions for d in days[max(0, start - _USUAL_DAYS) : start])
            if expected >= 25 and had_before:
                found.append(Span(run[0].day, run[-1].day, 0.0, expected))
            run = []
    return found


def silent_days(days: Sequence[Day]) -> list[Span]:
    """Runs of up to three days whose volume is zero though rows are there, amid activity."""
    found: list[Span] = []
    run: list[Day] = []
    for position, day in enumerate([*days, None]):
        if day is not None and day.volume == 0:
            run.append(day)
            continue
        start = position - len(run)
        if 0 < len(run) <= 3 and start >= 14 and day is not None:
            around = [*days[start - 14 : start], *days[position : position + 7]]
            if all(d.volume > 0 for d in around):
                found.append(Span(run[0].day, run[-1].day))
        run = []
    return found


def _days(span: Span) -> list[dt.date]:
    return [span.start + n * _ONE for n in range((span.end - span.start).days + 1)]
