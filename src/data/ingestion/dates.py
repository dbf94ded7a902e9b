"""Reads dates as reports write them; whether the day or the month comes first is for the evidence.

Numeric ways of writing are read by the engine; dates with month names, and periods, by a table of
their distinct values.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from src.data.ingestion.formats import SPACES, is_placeholder

_TIME = (
    r"(?:[T ,]+(\d{1,2}):(\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?\s*([AaPp][Mm])?"
    r"\s*(Z|UTC|[+-]\d{2}:?\d{2}|(?(second)[+-]\d{2}|Z))?)?"  # 10:00-11 is two hours
)
_PATTERNS = {
    "iso": re.compile(r"(\d{4})([-./])(\d{1,2})\2(\d{1,2})" + _TIME),
    "parts": re.compile(r"(\d{1,2})([-./])(\d{1,2})\2(\d{4}|\d{2})" + _TIME),
    "compact": re.compile(r"(\d{4})(\d{2})(\d{2})"),
    "compact_hour": re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})"),
    "month": re.compile(r"(\d{4})[-./](\d{1,2})"),
    "compact_month": re.compile(r"(\d{4})(\d{2})"),
    "month_first": re.compile(r"(\d{1,2})[-./](\d{4})"),
    "serial": re.compile(r"\d{5}(?:[.,]\d+)?"),
    "epoch": re.compile(r"\d{10}(?:\.\d+)?|\d{13}"),
}
# Digits alone, and 05.2026, are dates only where the header says that the column holds dates.
_NEED_HEADER = ("compact", "compact_hour", "compact_month", "month_first", "serial", "epoch")
_MONTH_STEMS = (
    ("jan", "янв", "ene"),
    ("feb", "фев", "fév", "fev"),
    ("mar", "мар", "mär"),
    ("apr", "апр", "avr", "abr"),
    ("may", "май", "мая", "mai"),
    ("jun", "июн", "juin"),
    ("jul", "июл", "juil"),
    ("aug", "авг", "aoû", "ago"),
    ("sep", "сен", "set"),
    ("oct", "окт", "okt", "out"),
    ("nov", "ноя"),
    ("dec", "дек", "dez", "déc", "dic"),
)
_WORDS = re.compile(r"[^\W\d_]+", re.UNICODE)
_WEEK = re.compile(
    r"(?P<y>\d{4})[- ]?W(?P<w>\d{1,2})|(?:KW|CW|W|week|woche|semaine|semana|неделя)\W*"
    r"(?P<w2>\d{1,2})\W+(?P<y2>\d{4})|(?P<w3>\d{1,2})\W+неделя\W+(?P<y3>\d{4})\W*г?\.?",
    re.IGNORECASE,
)
_QUARTER = re.compile(
    r"(?P<y>\d{4})\W*Q(?P<q>[1-4])|(?:Q|T)(?P<q2>[1-4])\W*(?P<y2>\d{4})"
    r"|(?P<q3>[1-4])\W*(?:кв|квартал|quarter|quartal|trimestre)\W*(?P<y3>\d{4})\W*г?\.?",
    re.IGNORECASE,
)
# As spreadsheet programs write a month (Jan-26); a day of the month comes first there (26-Jan).
_SHORT_MONTH = re.compile(r"([^\W\d_]{3,9})\.?[-'’ ]['’]?(\d{2})")


@dataclass(frozen=True, slots=True)
class DateStyle:
    """How the dates of a column are written.

    Attributes:
        kind: ``iso``, ``parts`` (numbers with separators), ``compact`` (20260501), ``month``,
            ``serial`` (spreadsheet days), ``epoch`` (seconds or milliseconds) or ``words``.
        day_first: for ``parts``, whether 03/04 is 3 April.
        has_time: some value has a time of day.
        ambiguous: nothing in the values says whether the day comes first.
        evidence: why the order of day and month was chosen, in plain words.
    """

    kind: str
    day_first: bool = True
    has_time: bool = False
    ambiguous: bool = False
    evidence: str = ""

    def describe(self) -> str:
        """The style in plain words."""
        words = {
            "iso": "dates as year-month-day",
            "parts": "dates as " + ("day/month/year" if self.day_first else "month/day/year"),
            "compact": "dates as YYYYMMDD",
            "compact_hour": "hours as YYYYMMDDHH",
            "month": "months, as their first day",
            "compact_month": "months, as their first day",
            "month_first": "months, as their first day",
            "serial": "spreadsheet day numbers",
            "epoch": "seconds or milliseconds since 1970, in UTC",
            "words": "dates in words, or periods as their first day",
        }[self.kind]
        return words + (" with a time of day" if self.has_time and self.kind != "epoch" else "")

    def parse(self, text: str) -> dt.datetime | None:
        """`text` as a point in time (offsets turned into UTC), or None when it is not one."""
        plain = text.strip(SPACES + "\r\n")
        if self.kind == "words":
            return parse_words(plain)
        found = _PATTERNS[self.kind].fullmatch(plain)
        if not found:
            return None
        try:
            return self._from_groups(found)
        except (ValueError, OverflowError, OSError):
            return None

    def _from_groups(self, found: re.Match[str]) -> dt.datetime:
        groups = found.groups()
        if self.kind == "serial":
            days = float(found.group().replace(",", "."))
            return dt.datetime(1899, 12, 30) + dt.timedelta(seconds=round(days * 86400))
        if self.kind == "epoch":
            seconds = float(found.group()) / (1000 if len(found.group().split(".")[0]) == 13 else 1)
            return dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)
        if self.kind == "month_first":
            return _sane(dt.datetime(int(groups[1]), int(groups[0]), 1))
        if self.kind in ("month", "compact_month"):
            return _sane(dt.datetime(int(groups[0]), int(groups[1]), 1))
        if self.kind.startswith("compact"):
            hour = int(groups[3]) if self.kind == "compact_hour" else 0
            return _sane(dt.datetime(int(groups[0]), int(groups[1]), int(groups[2]), hour))
        if self.kind == "iso":
            day = dt.datetime(int(groups[0]), int(groups[2]), int(groups[3]))
        else:
            first, second, year = int(groups[0]), int(groups[2]), int(groups[3])
            year += 0 if len(groups[3]) == 4 else 2000 if year < 70 else 1900
            month, of_month = (second, first) if self.day_first else (first, second)
            day = dt.datetime(year, month, of_month)
        return _with_time(_sane(day), groups[4:])


def _sane(moment: dt.datetime) -> dt.datetime:
    if not 1900 <= moment.year <= 2200:
        raise ValueError(moment.year)
    return moment


def _with_time(day: dt.datetime, groups: tuple[str | None, ...]) -> dt.datetime:
    hour, minute, second, half, zone = groups
    if hour is None or minute is None:
        return day
    number = int(hour)
    if half:
        number = number % 12 + (12 if half.lower() == "pm" else 0)
    moment = day.replace(hour=number, minute=int(minute), second=int(second or 0))
    if zone and zone not in ("Z", "UTC"):
        sign = -1 if zone[0] == "-" else 1
        digits = zone[1:].replace(":", "")
        offset = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
        moment -= sign * offset
    return moment


def parse_words(text: str) -> dt.datetime | None:
    """A date with a month name (``1 May 2026``, ``май 2026``), or the first day of a period
    (``04.05.2026 - 10.05.2026``)."""
    found = _week_or_quarter(text)
    if found:
        return found
    short = _SHORT_MONTH.fullmatch(text)
    month = _month(short.group(1).lower()) if short else None
    if short and month and (" " not in text or "'" in text or "’" in text):
        return dt.datetime(2000 + int(short.group(2)), month, 1)
    period = re.fullmatch(r"(?:с\s+)?(\S+)\s*(?:-|–|—|\bto\b|\bпо\b|~)\s*(\S+)", text)
    if period:
        both = [_one_date(part) for part in period.groups()]
        if both[0] and both[1] and both[0] <= both[1]:
            return both[0]
    words = [w.lower() for w in _WORDS.findall(text)]
    months = [m for m in (_month(w) for w in words) if m]
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    years = [n for n in numbers if 1900 <= n <= 2200]
    days = [n for n in numbers if 1 <= n <= 31]
    if len(months) != 1 or len(numbers) > 2 or ":" in text:
        return None
    if not years and len(numbers) == 2:
        # "01-May-26": the second number is the year.
        years, days = [2000 + numbers[1]], [numbers[0]]
    if len(years) != 1 or len(days) > 1 or len(words) > 3:
        return None
    try:
        return dt.datetime(years[0], months[0], days[0] if days else 1)
    except ValueError:
        return None


def _week_or_quarter(text: str) -> dt.datetime | None:
    """The Monday of an ISO week (``2026-W05``, ``KW 5/2026``), or a quarter's first day."""
    try:
        if week := _WEEK.fullmatch(text):
            year, number = (int(next(filter(None, week.group(n, n + "2", n + "3")))) for n in "yw")
            return dt.datetime.fromisocalendar(year, number, 1)
        if quarter := _QUARTER.fullmatch(text):
            year, number = (
                int(next(filter(None, quarter.group(n, n + "2", n + "3")))) for n in "yq"
            )
            return _sane(dt.datetime(year, 3 * number - 2, 1))
    except ValueError:
        return None
    return None


def _one_date(text: str) -> dt.datetime | None:
    for style in (DateStyle("iso"), DateStyle("parts")):
        found = style.parse(text)
        if found:
            return found
    return None


def _month(word: str) -> int | None:
    if len(word) < 3:
        return None
    for number, stems in enumerate(_MONTH_STEMS, start=1):
        if any(word.startswith(stem) for stem in stems) and len(word) <= 10:
            return number
    return None


def find_date_style(values: Iterable[str], *, header_says_date: bool) -> DateStyle | None:
    """The way that at least 98 of 100 `values` are written as dates, or None.

    The order of day and month of ``parts`` is left to `settle_order`, which sees the whole column.
    """
    plain = [v for v in (v.strip(SPACES + "\r\n") for v in values) if not is_placeholder(v)]
    if not plain:
        return None
    for kind in _PATTERNS:
        if kind in _NEED_HEADER and not header_says_date:
            continue
        styles = [DateStyle(kind), DateStyle(kind, day_first=False)]
        if any(_reads(s.parse, plain) for s in styles) and _plausible(kind, plain):
            timed = kind in ("compact_hour", "epoch") or any(re.search(r"\d:\d", v) for v in plain)
            return DateStyle(kind, has_time=timed)
    return DateStyle("words") if _reads(parse_words, plain[:2000]) else None


def _reads(parse: Callable[[str], dt.datetime | None], values: Sequence[str]) -> bool:
    """Whether `parse` reads 98 of 100 `values`; it stops at the first that is one too many."""
    spare = len(values) - 0.98 * len(values)
    for value in values:
        if parse(value) is None:
            spare -= 1
            if spare < 0:
                return False
    return True


def _plausible(kind: str, values: list[str]) -> bool:
    if kind == "serial":
        # 25569 is 1970 and 73051 is 2100 in spreadsheet days.
        return all(25569 <= float(v.replace(",", ".")) <= 73051 for v in values[:500])
    if kind == "parts":
        return any(re.search(r"\d{4}", v) for v in values) or all(len(v) >= 6 for v in values)
    return True


def settle_order(
    style: DateStyle,
    parts: Iterable[tuple[int, int, int]],
    *,
    forced: bool | None,
    locale_day_first: bool | None,
    dotted: bool,
) -> DateStyle:
    """Decide whether the day comes first, from the distinct (first, second, year) of a column.

    Args:
        forced: what the user said.
        locale_day_first: what the rest of the file suggests, or None.
        dotted: the parts are separated by points, which only day-first countries do.
    """
    if forced is not None:
        return replace(style, day_first=forced, evidence="you chose it")
    triples = list(parts)
    first_high = sum(a > 12 for a, _, _ in triples)
    second_high = sum(b > 12 for _, b, _ in triples)
    if first_high > second_high:
        return replace(style, day_first=True, evidence="the first number goes above 12")
    if second_high > first_high:
        return replace(style, day_first=False, evidence="the second number goes above 12")
    if dotted:
        return replace(style, day_first=True, evidence="dates with points have the day first")
    spans = [_span(triples, day_first) for day_first in (True, False)]
    if len(triples) > 2 and spans[0] * 3 < spans[1]:
        return replace(
            style, day_first=True, ambiguous=True, evidence="read so, the days follow one another"
        )
    if len(triples) > 2 and spans[1] * 3 < spans[0]:
        return replace(
            style, day_first=False, ambiguous=True, evidence="read so, the days follow one another"
        )
    if locale_day_first is not None:
        why = "the rest of the file is written as in countries that put the day first"
        if not locale_day_first:
            why = "the rest of the file is written in the American way"
        return replace(style, day_first=locale_day_first, ambiguous=True, evidence=why)
    return replace(style, day_first=False, ambiguous=True, evidence="nothing in the file tells")


def _span(triples: list[tuple[int, int, int]], day_first: bool) -> int:
    """Days between the first and the last date."""
    days = []
    for a, b, year in triples:
        try:
            days.append(dt.date(year, b if day_first else a, a if day_first else b).toordinal())
        except ValueError:
            continue
    return max(days) - min(days) + 1 if days else 10**6
