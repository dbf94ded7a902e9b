"""Reading single words of time phrases: units, counts, years and days of the month at a token.

What the words are comes from the lexicon; the rules see canonical words only, so that a language
is data. Russian forms that change the meaning ("3 квартал" is the third, "3 квартала" are three)
are told apart here.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

from src.query_engine.nl.calendar import Period
from src.query_engine.nl.lexicon import Lexicon
from src.query_engine.nl.text import Token, stem
from src.query_engine.plan import Grain

Match = tuple[Period, int]

UNITS = {
    "day": Grain.DAY,
    "week": Grain.WEEK,
    "month": Grain.MONTH,
    "quarter": Grain.QUARTER,
    "year": Grain.YEAR,
}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4}
_FUSED = re.compile(r"(\d{1,4})([a-zа-я]{1,9})")
_ORDINAL_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th|го|е|ого|й|ое)?")
_ORDINAL = re.compile(r"(\d)(?:st|nd|rd|th|й|ый|ий|го|е|ое|я|ая|м|ом|ем)")
_GENITIVE = ("а", "я", "и", "ов", "ев", "ей", "ель", "лет", "ок", "мес", "дн", "нед", "кв")
_INSTRUMENTAL = ("ом", "ем", "лей", "цей", "ым", "им", "ами", "ями")


@dataclass(frozen=True, slots=True)
class TimeWords:
    """The tokens of one question, read as words of time.

    Attributes:
        anchor: the day that relative phrases count from.
        first: the first day in the data, where it is known.
    """

    tokens: tuple[Token, ...]
    lexicon: Lexicon
    anchor: dt.date
    first: dt.date | None = None
    _found: dict[int, dict[int, frozenset[str]]] = field(default_factory=dict, compare=False)

    def _at(self, i: int) -> dict[int, frozenset[str]]:
        """The time phrases at a token; looked up once, for many rules ask."""
        if not 0 <= i < len(self.tokens):
            return {}
        if i not in self._found:
            self._found[i] = self.lexicon.time.at(self.tokens, i)
        return self._found[i]

    def has(self, i: int, canon: str) -> int:
        """How many tokens at `i` stand for the canonical word; 0 when they do not."""
        found = self._at(i)
        if not found:  # as for most tokens, of which hundreds of rules ask
            return 0
        return max((length for length, names in found.items() if canon in names), default=0)

    def named(self, i: int, group: str) -> tuple[str, int] | None:
        """The member of a group such as ``months`` at `i`, and its length."""
        found = self._at(i)
        for length in sorted(found, reverse=True):
            for name in found[length]:
                if name.startswith(f"{group}:"):
                    return name.split(":", 1)[1], length
        return None

    def month(self, i: int) -> tuple[int, int] | None:
        found = self.named(i, "months")
        return (int(found[0]), found[1]) if found else None

    def unit(self, i: int) -> tuple[Grain, int] | None:
        return next(((unit, n) for word, unit in UNITS.items() if (n := self.has(i, word))), None)

    def number(self, i: int) -> tuple[int, int] | None:
        """A whole number in digits or words."""
        if not 0 <= i < len(self.tokens):
            return None
        token = self.tokens[i]
        if token.kind == "number" and token.unit == "plain" and isinstance(token.value, float):
            return (int(token.value), 1) if token.value.is_integer() else None
        spelled = self.lexicon.numbers.get(token.stem)
        return (int(spelled), 1) if spelled is not None else None

    def stretch(self, i: int) -> tuple[int, Grain, int] | None:
        """A count with its unit: "7 days", "two weeks", "7d", "3 full months"; not "3 квартал"."""
        fused = self._fused(i)
        if fused:
            return fused
        half = self.has(i, "half_year")
        if half:
            return 6, Grain.MONTH, half
        number = self.number(i)
        if not number or not 0 < number[0] <= 10_000 or self.year(i):
            return None
        n = number[1] + self.has(i + number[1], "full")
        unit = self.unit(i + n)
        if not unit or self._ordinal_form(number[0], unit[0], i + n):
            return None
        return number[0], unit[0], n + unit[1]

    def _fused(self, i: int) -> tuple[int, Grain, int] | None:
        found = _FUSED.fullmatch(self.norm(i))
        if not found:
            return None
        letters = {"d": "day", "w": "week", "y": "year"}.get(found[2])
        names = self.lexicon.time.meanings.get((stem(found[2]),), set())
        unit = next((u for word, u in UNITS.items() if word in names or word == letters), None)
        return (int(found[1]), unit, 1) if unit and int(found[1]) else None

    def _ordinal_form(self, number: int, unit: Grain, i: int) -> bool:
        """Whether a Russian unit stands in the case that follows an ordinal, not a count."""
        word = self.norm(i)
        if word.isascii() or word.endswith(_GENITIVE):
            return word == "кв"
        return unit is Grain.QUARTER or number % 10 != 1

    def ordinal(self, i: int) -> tuple[int, int] | None:
        """The third of "third quarter": in words, digits ("3rd", "3-й") or Roman capitals."""
        for word, value in _ORDINALS.items():
            n = self.has(i, word)
            if n:
                return value, n
        if not 0 <= i < len(self.tokens):
            return None
        found = _ORDINAL.fullmatch(self.norm(i))
        if found:
            return int(found[1]), 1
        roman = _ROMAN.get(self.tokens[i].text)
        return (roman, 1) if roman else None

    def year(self, i: int) -> int | None:
        if not 0 <= i < len(self.tokens):
            return None
        token = self.tokens[i]
        if token.kind == "number" and token.text.isdigit() and len(token.text) == 4:
            year = int(token.text)
            return year if 1990 <= year <= 2100 else None
        return None

    def short_year(self, i: int) -> int | None:
        """The 26 of "May 26" and "Q3 26", where the data is of about that year."""
        if not 0 <= i < len(self.tokens):
            return None
        token = self.tokens[i]
        if token.kind != "number" or not token.text.isdigit() or len(token.text) != 2:
            return None
        year = 2000 + int(token.text)
        earliest = (self.first or self.anchor).year
        return year if earliest <= year <= self.anchor.year else None

    def year_after(self, i: int) -> tuple[int, int] | None:
        """ "2025", "of 2025", ", 2025", "last year", "2025 года" right after a name."""
        n = self.has(i, "of")
        n += self.has(i + n, "the")
        if not n and self.norm(i) == "," and self.year(i + 1):
            n = 1
        year = self.year(i + n)
        if year:
            return year, n + 1 + self._russian_year(i + n + 1)
        for word, back in (("last", 1), ("this", 0), ("before_last", 2)):
            k = self.has(i + n, word)
            if k and self.has(i + n + k, "year"):
                return self.anchor.year - back, n + k + self.has(i + n + k, "year")
        return None

    def _russian_year(self, i: int) -> int:
        return 1 if self.norm(i) in ("год", "года", "году", "г") else 0

    def day_of_month(self, i: int) -> int | None:
        if not 0 <= i < len(self.tokens) or self.tokens[i].kind not in ("number", "word"):
            return None
        found = _ORDINAL_DAY.fullmatch(self.norm(i))
        return int(found[1]) if found and 1 <= int(found[1]) <= 31 else None

    def instrumental(self, i: int, n: int) -> bool:
        """Whether a Russian phrase is in the case of "compared with": "с августом"."""
        words = [t.norm for t in self.tokens[i : i + n] if not t.norm.isascii()]
        return any(word.endswith(_INSTRUMENTAL) for word in words)

    def norm(self, i: int) -> str:
        return self.tokens[i].norm if 0 <= i < len(self.tokens) else ""

    def text(self, i: int, n: int) -> str:
        return " ".join(token.norm for token in self.tokens[i : i + n])
