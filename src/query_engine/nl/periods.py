"""Time phrases: "last 30 days", "Q3 2025", "from March to May", "since Black Friday".

Relative phrases count from the anchor, the last day in the data. The words come from the lexicon;
the rules here see canonical tokens only, so that a language is data.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from src.query_engine.nl.calendar import (
    Period,
    add_months,
    bucket,
    holiday,
    month_end,
    shift,
)
from src.query_engine.nl.lexicon import Lexicon
from src.query_engine.nl.text import Token
from src.query_engine.plan import Grain

_UNITS = {
    "day": Grain.DAY,
    "week": Grain.WEEK,
    "month": Grain.MONTH,
    "quarter": Grain.QUARTER,
    "year": Grain.YEAR,
}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_TO_DATE = {"mtd": Grain.MONTH, "ytd": Grain.YEAR, "qtd": Grain.QUARTER, "wtd": Grain.WEEK}
_CALENDAR_NAMES = {"mtd": "month", "ytd": "year", "qtd": "quarter", "wtd": "week"}
_AFTER_YEAR = {"?", ".", "!", ",", "by", "per", "vs", "and", "for", "with"}
_COMPARING = {
    "over",
    "under",
    "above",
    "below",
    "than",
    "least",
    "most",
    "exceeding",
    "top",
    "bottom",
    "first",
}
_BEFORE_YEAR = {
    "vs",
    "versus",
    "and",
    "or",
    "with",
    "against",
    "to",
    "year",
    "calendar",
    ",",
    ".",
    "и",
    "с",
    "против",
}
Match = tuple[Period, int]


@dataclass(slots=True)
class PeriodFinder:
    """Finds the longest time phrase at a position of one question.

    Args:
        anchor: the last day in the data.
        first: the first day in the data.
    """

    tokens: tuple[Token, ...]
    lexicon: Lexicon
    anchor: dt.date
    first: dt.date | None = None

    def at(self, start: int) -> Match | None:
        """The period whose phrase starts at token `start`, and its length in tokens."""
        matches = [m for m in (self._compound(start), self._plain(start)) if m]
        return max(matches, key=lambda m: m[1]) if matches else None

    def _plain(self, i: int) -> Match | None:
        """A simple phrase, with or without the preposition before it."""
        simple = self._range(i)
        if simple:
            return simple
        n = self._is(i, "on")
        if n:
            n += self._is(i + n, "the")
            found = self._range(i + n)
            if found:
                return found[0], found[1] + n
            stretch = self._stretch(i + n) if self._norm(i) in ("for", "за") else None
            if stretch:
                return stretch[0], stretch[1] + n
            year = self._year(i + n)
            # "over 2000 clicks" is a threshold, "in 2000" a year
            if year and self._norm(i) not in ("over", "at", "across", "from"):
                return _whole_year(year), n + 1 + self._is(i + n + 1, "year")
        alone = i + 1 >= len(self.tokens) or self.tokens[i + 1].norm in _AFTER_YEAR
        before = self._norm(i - 1)
        if before in _BEFORE_YEAR or (alone and before and before not in _COMPARING):
            return self._loose_year(i)
        return None

    def _stretch(self, i: int) -> Match | None:
        """The "7 days" of "spend for 7 days": the last ones."""
        number = self._number(i)
        unit = self._unit(i + number[1]) if number else None
        if not number or not unit or self._year(i) or not 0 < number[0] <= 1000:
            return None
        label = f"last {number[0]} {unit[0].value}s"
        return self._rolling(unit[0], number[0], label), number[1] + unit[1]

    def _range(self, i: int) -> Match | None:
        """Two simple phrases joined by a dash or "to", or one alone."""
        left = self._simple(i)
        if not left:
            return None
        n = self._is(i + left[1], "to")
        if n and left[0].style in ("absolute", "calendar") and left[0].start:
            right = self._simple(i + left[1] + n) or self._day_of_month(i + left[1] + n, left[0])
            joined = right and self._join(left[0], right[0])
            if right and joined:
                return joined, left[1] + n + right[1]
        return left

    def _compound(self, i: int) -> Match | None:
        for word, joiner in (("from", "to"), ("between", "and")):
            n = self._is(i, word)
            if not n:
                continue
            n += self._is(i + n, "the")
            left = self._simple(i + n) or self._loose_year(i + n)
            if not left:
                continue
            m = i + n + left[1]
            k = self._is(m, joiner) or self._is(m, "to")
            if not k:
                continue
            k += self._is(m + k, "the")
            right = self._simple(m + k) or self._loose_year(m + k)
            joined = right and self._join(left[0], right[0])
            if right and joined:
                return joined, n + left[1] + k + right[1]
        return self._open(i)

    def _open(self, i: int) -> Match | None:
        """Phrases with one end: since, after, before, until."""
        for word in ("since", "after", "before", "until"):
            n = self._is(i, word)
            if not n:
                continue
            if (
                word == "since"
                and self._text(i, n) in ("from", "as of", "beginning")
                and (not self._later_to(i + n))
            ):
                continue
            n += self._is(i + n, "on")
            n += self._is(i + n, "the")
            found = self._simple(i + n) or self._loose_year(i + n)
            if not found:
                continue
            made = self._one_sided(word, found[0])
            if made:
                return made, n + found[1]
        return None

    def _later_to(self, i: int) -> bool:
        """Whether "from X" stands for "since X": with a word such as "on" or "onwards" after it."""
        return any(
            token.norm in ("onward", "onwards", "forward") for token in self.tokens[i : i + 6]
        )

    def _one_sided(self, word: str, period: Period) -> Period | None:
        day = dt.timedelta(days=1)
        start, end = period.start, period.end
        if start is None or end is None:
            return None
        label = f"{word} {period.label}"
        if word == "since":
            last = max(self.anchor, start)
            return Period(start, last, label, "open", relative=True)
        if word == "after":
            return Period(end + day, max(self.anchor, end + day), label, "open", relative=True)
        if word == "before":
            return Period(None, start - day, label, "open")
        return Period(None, end, label, "open")

    def _join(self, left: Period, right: Period) -> Period | None:
        """From the start of one to the end of the other; a missing year is the other one's."""
        if not (left.start and left.end and right.start and right.end):
            return None
        start, end = left.start, right.end
        if start > end and not left.dated and not right.dated:
            start = add_months(start, -12)
            while start > end:
                start = add_months(start, -12)
        elif not left.dated and right.dated:
            start = start.replace(
                year=end.year, day=min(start.day, 28) if start.month == 2 else start.day
            )
            if start > end:
                start = add_months(start, -12)
        if start > end:
            return None
        relative = left.relative or right.relative
        label = f"{left.label} to {right.label}"
        if start != left.start:
            label = f"{start.isoformat()} to {end.isoformat()}"
        return Period(start, end, label, "absolute", relative=relative, parts=(left, right))

    def _simple(self, i: int) -> Match | None:
        if i >= len(self.tokens):
            return None
        token = self.tokens[i]
        if token.kind == "date" and isinstance(token.value, dt.date):
            return Period(
                token.value, token.value, token.value.isoformat(), "absolute", Grain.DAY
            ), 1
        if token.kind == "month" and isinstance(token.value, dt.date):
            return _month(token.value), 1
        skip = self._is(i, "the")
        rules = (
            self._named_day,
            self._to_date_words,
            self._counted,
            self._this_or_last,
            self._ago,
            self._month_name,
            self._day_first,
            self._quarter_or_half,
            self._week_of,
            self._holiday,
            self._weekend,
            self._edge,
        )
        best: Match | None = None
        for rule in rules:
            found = rule(i + skip)
            if found and (best is None or found[1] + skip > best[1]):
                best = found[0], found[1] + skip
        return best

    # one rule per shape of phrase

    def _named_day(self, i: int) -> Match | None:
        one = dt.timedelta(days=1)
        for word, back in (("before_yesterday", 2), ("yesterday", 1), ("today", 0)):
            n = self._is(i, word)
            if n:
                day = self.anchor - back * one
                return Period(day, day, self._text(i, n), "calendar", Grain.DAY, relative=True), n
        same = self._is(i, "same")
        n = same and self._is(i + same, "day")
        last = self._is(i + same + n, "last") or self._is(i + same + n, "of") if n else 0
        unit = self._unit(i + same + n + last) if last else None
        if unit and unit[0] is not Grain.DAY:
            day = shift(self.anchor, unit[0], -1)
            length = same + n + last + unit[1]
            label = self._text(i, length)
            return Period(day, day, label, "calendar", Grain.DAY, relative=True), length
        n = self._is(i, "all_time")
        if n:
            return Period(None, None, "all the data", "all"), n
        n = self._is(i, "recently")
        if n and not self._unit(i + n) and not self._number(i + n):
            options = tuple(
                self._rolling(Grain.DAY, days, f"last {days} days") for days in (30, 7, 90)
            )
            return replace(options[0], options=options), n
        return None

    def _to_date_words(self, i: int) -> Match | None:
        for word, unit in _TO_DATE.items():
            n = self._is(i, word)
            if n:
                return self._so_far(unit, f"{_CALENDAR_NAMES[word]} to date"), n
        return None

    def _counted(self, i: int) -> Match | None:
        """last 30 days, past two weeks, the last full month, the first 10 days of May."""
        n = self._is(i, "last") or self._is(i, "past")
        if not n:
            return self._first_days(i)
        n += self._is(i + n, "full")
        full = n > (self._is(i, "last") or self._is(i, "past"))
        number = self._number(i + n)
        if not number:
            return None
        count, width = number
        width += self._is(i + n + width, "full")
        unit = self._unit(i + n + width)
        if not unit or not 0 < count <= 10_000:
            return None
        length = n + width + unit[1]
        label = f"last {count} {unit[0].value}{'s' if count != 1 else ''}"
        if full or self._is(i + n + number[1], "full"):
            start = shift(bucket(self.anchor, unit[0])[0], unit[0], -count)
            end = bucket(self.anchor, unit[0])[0] - dt.timedelta(days=1)
            return Period(
                start, end, f"last {count} full {unit[0].value}s", "calendar", unit[0], count, True
            ), length
        return self._rolling(unit[0], count, label), length

    def _first_days(self, i: int) -> Match | None:
        first = self._is(i, "first")
        number = self._number(i + first) if first else None
        if first and not number:
            number = (1, 0)
        if not first or not number:
            return None
        unit = self._unit(i + first + number[1])
        if not unit or unit[0] not in (Grain.DAY, Grain.WEEK, Grain.MONTH):
            return None
        at = i + first + number[1] + unit[1]
        of = self._is(at, "of")
        inner = (self._simple(at + of) or self._loose_year(at + of)) if of else None
        if not inner or inner[0].start is None:
            return None
        start = inner[0].start
        end = shift(start, unit[0], number[0]) - dt.timedelta(days=1)
        length = at + of + inner[1] - i
        return Period(
            start, end, self._text(i, length), "absolute", relative=inner[0].relative
        ), length

    def _this_or_last(self, i: int) -> Match | None:
        """this week, last month, previous quarter, past year, last March."""
        this = self._is(i, "this")
        last = self._is(i, "last")
        past = self._is(i, "past")
        n = this or last or past
        if not n:
            return None
        n += self._is(i + n, "full")
        unit = self._unit(i + n)
        if unit:
            if this:
                length = n + unit[1] + self._is(i + n + unit[1], "to_date")
                return self._so_far(unit[0], f"this {unit[0].value}"), length
            if past and not last and unit[0] is not Grain.DAY:
                return self._rolling(unit[0], 1, f"last {_days_in(unit[0])}"), n + unit[1]
            if unit[0] is Grain.DAY:
                day = (
                    self.anchor
                    if self._text(i, n) != "previous"
                    else self.anchor - dt.timedelta(days=1)
                )
                return Period(
                    day, day, "the last day", "calendar", Grain.DAY, relative=True
                ), n + unit[1]
            return self._calendar_back(unit[0], 1, f"last {unit[0].value}"), n + unit[1]
        named = self._month_name(i + n) or self._quarter_or_half(i + n)
        if named and last:
            period = named[0]
            # "last March" said in March is the one before
            if period.start and period.end and period.end >= self.anchor and not period.dated:
                period = replace(
                    period,
                    start=add_months(period.start, -12),
                    end=month_end(add_months(period.end, -12)),
                )
                period = replace(period, label=_month_label(period))
            return period, n + named[1]
        return self._last_weekday(i, n)

    def _last_weekday(self, i: int, n: int) -> Match | None:
        weekday = self._prefixed(i + n, "weekdays")
        if weekday:
            back = (self.anchor.isoweekday() - int(weekday[0])) % 7 or 7
            day = self.anchor - dt.timedelta(days=back)
            return Period(
                day, day, self._text(i, n + weekday[1]), "calendar", Grain.DAY, relative=True
            ), n + weekday[1]
        holiday_ = self._holiday(i + n)
        return (holiday_[0], n + holiday_[1]) if holiday_ else None

    def _ago(self, i: int) -> Match | None:
        """3 days ago, two weeks ago: the unit that was then."""
        number = self._number(i) or ((1, self._is(i, "the")) if self._is(i, "the") else None)
        unit = self._unit(i + number[1]) if number else None
        if not number or not unit:
            return None
        n = number[1] + unit[1]
        ago = self._is(i + n, "ago")
        if not ago or not 0 < number[0] <= 3650:
            return None
        start, end = bucket(shift(self.anchor, unit[0], -number[0]), unit[0])
        return Period(
            start, end, self._text(i, n + ago), "calendar", unit[0], relative=True
        ), n + ago

    def _month_name(self, i: int) -> Match | None:
        """March, March 2025, March 5, March 5th 2025."""
        month = self._prefixed(i, "months")
        if not month:
            return None
        n = month[1]
        if month[0] == "5" and self.tokens[i].norm == "may" and not self._month_context(i):
            return None
        day = self._ordinal_day(i + n)
        if day and not self._year(i + n):
            year = self._year(i + n + 1)
            made = self._day(year, int(month[0]), day)
            return (made, n + 1 + (1 if year else 0)) if made else None
        of = self._is(i + n, "of")
        year = self._year(i + n + of)
        if year:
            return _month(dt.date(year, int(month[0]), 1)), n + of + 1
        follow = self._relative_year(i + n + of)
        if follow:
            return _month(dt.date(follow[0], int(month[0]), 1)), n + of + follow[1]
        start = dt.date(self.anchor.year, int(month[0]), 1)
        if start > self.anchor:
            start = add_months(start, -12)
        return replace(_month(start), dated=False), n

    def _month_context(self, i: int) -> bool:
        """Whether "may" is the month: after a preposition, before a year, or written May."""
        before = self.tokens[i - 1].norm if i else ""
        return (
            self.tokens[i].text == "May"
            or bool(self._year(i + 1))
            or before
            in {
                "in",
                "of",
                "to",
                "from",
                "since",
                "until",
                "during",
                "for",
                "and",
                "last",
                "with",
                "vs",
                "before",
                "after",
                "between",
                "through",
            }
        )

    def _day_first(self, i: int) -> Match | None:
        """5 March, 5th of March 2025."""
        day = self._ordinal_day(i)
        if not day:
            return None
        of = self._is(i + 1, "of")
        month = self._prefixed(i + 1 + of, "months")
        if not month:
            return None
        n = 1 + of + month[1]
        year = self._year(i + n)
        made = self._day(year, int(month[0]), day)
        return (made, n + (1 if year else 0)) if made else None

    def _day_of_month(self, i: int, left: Period) -> Match | None:
        """The 12 of "March 5 to 12"."""
        day = self._ordinal_day(i)
        if not day or left.unit is not Grain.DAY or left.start is None or day <= left.start.day:
            return None
        made = self._day(left.start.year, left.start.month, day)
        return (made, 1) if made else None

    def _quarter_or_half(self, i: int) -> Match | None:
        token = self._norm(i)
        kind, index, n = "", 0, 1
        if len(token) == 2 and token[0] in "qh" and token[1] in "1234":
            kind, index = token[0], int(token[1])
        elif len(token) == 2 and token[1] in "qh" and token[0] in "1234":
            kind, index = token[1], int(token[0])
        else:
            ordinal = next((w for w in _ORDINALS if self._is(i, w)), None)
            for word, letter in (("quarter", "q"), ("half", "h")):
                n = self._is(i + 1, word) if ordinal else 0
                if ordinal and n:
                    kind, index, n = letter, _ORDINALS[ordinal], 1 + n
                    break
            else:
                return None
        if kind == "h" and index > 2:
            return None
        of = self._is(i + n, "of")
        of += self._is(i + n + of, "the")
        year = self._year(i + n + of)
        follow = self._relative_year(i + n + of)
        months = 3 if kind == "q" else 6
        chosen = year or (follow[0] if follow else self.anchor.year)
        start = dt.date(chosen, (index - 1) * months + 1, 1)
        if not year and not follow and start > self.anchor:
            start = add_months(start, -12)
        n += of + 1 if year else of + follow[1] if follow else 0
        end = month_end(add_months(start, months - 1))
        unit = Grain.QUARTER if kind == "q" else Grain.MONTH
        count = 1 if kind == "q" else 6
        label = f"{kind.upper()}{index} {start.year}"
        dated = bool(year or follow)
        return Period(start, end, label, "calendar", unit, count, dated=dated), n

    def _week_of(self, i: int) -> Match | None:
        """week of 3 March, week 12 of 2025."""
        if not self._is(i, "week"):
            return None
        of = self._is(i + 1, "of")
        inner = self._simple(i + 1 + of) if of and self._norm(i + 1) == "of" else None
        if inner and inner[0].start and inner[0].start == inner[0].end:
            start, end = bucket(inner[0].start, Grain.WEEK)
            return Period(
                start, end, f"the week of {start.isoformat()}", "calendar", Grain.WEEK
            ), 1 + of + inner[1]
        number = self._number(i + 1)
        if not number or not 1 <= number[0] <= 53:
            return None
        n = 1 + number[1]
        of = self._is(i + n, "of")
        year = self._year(i + n + of)
        try:
            start = dt.date.fromisocalendar(year or self.anchor.isocalendar().year, number[0], 1)
        except ValueError:
            return None
        if not year and start > self.anchor:
            start = dt.date.fromisocalendar(
                self.anchor.isocalendar().year - 1, min(number[0], 52), 1
            )
        end = start + dt.timedelta(days=6)
        label = f"week {number[0]} of {start.isocalendar().year}"
        return Period(start, end, label, "calendar", Grain.WEEK), n + (of + 1 if year else 0)

    def _holiday(self, i: int) -> Match | None:
        found = self._prefixed(i, "holidays")
        if not found:
            return None
        n = found[1]
        year = self._year(i + n)
        day = holiday(found[0], year or self.anchor.year)
        if not year and day > self.anchor:
            day = holiday(found[0], self.anchor.year - 1)
        label = f"{self._text(i, n)} {day.year}"
        period = Period(day, day, label, "absolute", Grain.DAY, holiday=found[0])
        return period, n + (1 if year else 0)

    def _weekend(self, i: int) -> Match | None:
        last = self._is(i, "last") or self._is(i, "this") or self._is(i, "past")
        n = self._is(i + last, "weekend")
        if n and last:
            back = (self.anchor.isoweekday() - 6) % 7
            saturday = self.anchor - dt.timedelta(days=back)
            return Period(
                saturday,
                saturday + dt.timedelta(days=1),
                "the last weekend",
                "absolute",
                relative=True,
            ), last + n
        if n:
            return Period(None, None, "weekends", "all", weekdays=(6, 7)), n
        n = self._is(i, "workday")
        if n:
            return Period(None, None, "Monday to Friday", "all", weekdays=(1, 2, 3, 4, 5)), n
        day = self._prefixed(i, "weekdays")
        if day and self.tokens[i].norm.endswith(("s", "ам")):
            return Period(
                None, None, self._text(i, day[1]).title(), "all", weekdays=(int(day[0]),)
            ), day[1]
        if day:
            back = (self.anchor.isoweekday() - int(day[0])) % 7
            on = self.anchor - dt.timedelta(days=back)
            return Period(
                on,
                on,
                f"{self._text(i, day[1]).title()} {on.isoformat()}",
                "calendar",
                Grain.DAY,
                relative=True,
            ), day[1]
        return None

    def _edge(self, i: int) -> Match | None:
        """the beginning of the year: a day that "since" makes sense of."""
        for word in ("beginning_of", "end_of"):
            n = self._is(i, word)
            if not n:
                continue
            n += self._is(i + n, "the")
            inner = self._simple(i + n) or self._loose_year(i + n)
            unit = self._unit(i + n)
            if not inner and unit:
                inner = self._so_far(unit[0], f"this {unit[0].value}"), unit[1]
            if inner and inner[0].start and inner[0].end:
                day = inner[0].start if word == "beginning_of" else inner[0].end
                return Period(
                    day, day, self._text(i, n + inner[1]), "absolute", Grain.DAY
                ), n + inner[1]
        return None

    # pieces

    def _is(self, i: int, canon: str) -> int:
        """How many tokens at `i` stand for the canonical word; 0 when they do not."""
        if not 0 <= i < len(self.tokens):
            return 0
        found = self.lexicon.time.at(self.tokens, i)
        return max((length for length, names in found.items() if canon in names), default=0)

    def _prefixed(self, i: int, group: str) -> tuple[str, int] | None:
        if not 0 <= i < len(self.tokens):
            return None
        found = self.lexicon.time.at(self.tokens, i)
        for length in sorted(found, reverse=True):
            for name in found[length]:
                if name.startswith(f"{group}:"):
                    return name.split(":", 1)[1], length
        return None

    def _unit(self, i: int) -> tuple[Grain, int] | None:
        return next(((unit, n) for word, unit in _UNITS.items() if (n := self._is(i, word))), None)

    def _number(self, i: int) -> tuple[int, int] | None:
        if i >= len(self.tokens):
            return None
        token = self.tokens[i]
        if token.kind == "number" and token.unit == "plain" and isinstance(token.value, float):
            return (int(token.value), 1) if token.value == int(token.value) else None
        spelled = self.lexicon.numbers.get(token.stem)
        return (int(spelled), 1) if spelled is not None else None

    def _year(self, i: int) -> int | None:
        if not 0 <= i < len(self.tokens):
            return None
        token = self.tokens[i]
        if token.kind == "number" and token.text.isdigit() and len(token.text) == 4:
            year = int(token.text)
            return year if 1990 <= year <= 2100 else None
        return None

    def _relative_year(self, i: int) -> tuple[int, int] | None:
        """The "last year" of "March last year"."""
        for word, back in (("last", 1), ("this", 0)):
            n = self._is(i, word)
            if n and self._is(i + n, "year"):
                return self.anchor.year - back, n + self._is(i + n, "year")
        return None

    def _loose_year(self, i: int) -> Match | None:
        year = self._year(i)
        return (_whole_year(year), 1) if year else None

    def _ordinal_day(self, i: int) -> int | None:
        norm = self._norm(i)
        digits = (
            norm.removesuffix("st")
            .removesuffix("nd")
            .removesuffix("rd")
            .removesuffix("th")
            .removesuffix("го")
        )
        if digits.isdigit() and len(digits) <= 2 and 1 <= int(digits) <= 31:
            return int(digits)
        return None

    def _day(self, year: int | None, month: int, day: int) -> Period | None:
        try:
            found = dt.date(year or self.anchor.year, month, day)
            if year is None and found > self.anchor:
                found = dt.date(self.anchor.year - 1, month, day)
        except ValueError:
            return None
        return Period(
            found, found, found.isoformat(), "absolute", Grain.DAY, dated=year is not None
        )

    def _rolling(self, unit: Grain, count: int, label: str) -> Period:
        start = shift(self.anchor, unit, -min(count, 10_000)) + dt.timedelta(days=1)
        return Period(start, self.anchor, label, "rolling", unit, count, True)

    def _so_far(self, unit: Grain, label: str) -> Period:
        return Period(bucket(self.anchor, unit)[0], self.anchor, label, "to_date", unit, 1, True)

    def _calendar_back(self, unit: Grain, count: int, label: str) -> Period:
        start, end = bucket(shift(bucket(self.anchor, unit)[0], unit, -count), unit)
        return Period(start, end, label, "calendar", unit, 1, True)

    def _norm(self, i: int) -> str:
        return self.tokens[i].norm if 0 <= i < len(self.tokens) else ""

    def _text(self, i: int, n: int) -> str:
        return " ".join(token.norm for token in self.tokens[i : i + n])


def _month(start: dt.date) -> Period:
    period = Period(start, month_end(start), "", "calendar", Grain.MONTH)
    return replace(period, label=_month_label(period))


def _month_label(period: Period) -> str:
    return period.start.strftime("%B %Y") if period.start else ""


def _whole_year(year: int) -> Period:
    return Period(dt.date(year, 1, 1), dt.date(year, 12, 31), str(year), "calendar", Grain.YEAR)


def _days_in(unit: Grain) -> str:
    return {
        Grain.WEEK: "7 days",
        Grain.MONTH: "month (rolling)",
        Grain.QUARTER: "3 months",
        Grain.YEAR: "12 months",
    }[unit]
