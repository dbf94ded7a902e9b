"""Reads numbers as people and ad platforms write them, with one rule for Python and the engine.

The way a column is written (decimal mark, grouping, currency, percent) is decided once for the
column by all its values, then every value is read by that one rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from src.data.concepts import CURRENCY_SYMBOLS
from src.data.ingestion.formats import (
    CURRENCY_TOKENS,
    SPACES,
    is_missing_number,
    literal,
    trim_sql,
)

_MINUS = "\u2212\u2013-"  # the plain one last: it would make a range elsewhere in brackets
_SPACE_CLASS = "[ \u00a0\u202f\u2009\u2007'\u2019]"
_MARKS = re.compile(rf"({CURRENCY_TOKENS})", re.IGNORECASE)
# Words for thousands, millions and billions, as dashboards shorten numbers: 1.2M, 850 тыс.
_SCALES = (
    (1_000, r"k|к|тыс\.?|tsd\.?|tys\.?"),
    (1_000_000, r"mn|mio\.?|mln\.?|m|м|млн\.?"),
    (1_000_000_000, r"bn|b|mrd\.?|mld\.?|млрд\.?"),
)
_SCALE = "|".join(words for _, words in _SCALES)
_SCALE_END = rf"(?i){_SPACE_CLASS}*(?:{{scale}}){_SPACE_CLASS}*((?:{CURRENCY_TOKENS})?[)-]?)$"
_CODES = {"rur": "RUB", "руб": "RUB", "руб.": "RUB", "р": "RUB", "р.": "RUB", "us$": "USD",
          "ca$": "CAD", "a$": "AUD", "r$": "BRL", "zł": "PLN", "kč": "CZK", "грн": "UAH",
          "грн.": "UAH"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How the numbers of a column are written.

    Attributes:
        decimal: the decimal mark.
        percent: values carry a percent sign and are turned into fractions.
        currency: ISO code of the symbol beside the values.
        currencies: all codes found beside the values.
        ambiguous: nothing in the values tells a decimal mark from a thousands separator.
        scaled: values may be shortened by a word for thousands, millions or billions.
        mixed: some values are written with the other decimal mark; each is read by its own, and
            those that may be read both ways are not read.
    """

    decimal: str
    percent: bool = False
    currency: str | None = None
    currencies: frozenset[str] = frozenset()
    ambiguous: bool = False
    scaled: bool = False
    mixed: bool = False

    @property
    def group(self) -> str:
        """The thousands separator that goes with the decimal mark; spaces always do."""
        return "," if self.decimal == "." else "."

    def pattern(self) -> str:
        """Regular expression of one number, in the dialect that Python and RE2 share."""
        group = f"(?:{_SPACE_CLASS}|{re.escape(self.group)})"
        tokens = f"(?:{CURRENCY_TOKENS})"
        # Indian accounts group by two digits above the thousands: 12,34,567.
        lakhs = r"\d{1,2}(?:,\d{2})+,\d{3}|" if self.group == "," else ""
        digits = rf"(?:\d{{1,3}}(?:{group}\d{{3}})+|{lakhs}\d+)"
        scale = rf"(?:{_SPACE_CLASS}*(?:{_SCALE}))?" if self.scaled else ""
        number = rf"(?:{digits}(?:{re.escape(self.decimal)}\d*)?|{re.escape(self.decimal)}\d+)"
        # Spaces follow what must be there: spaces between optional pieces alone take cubic time.
        return (
            rf"(?i)\(?\s*(?:[+{_MINUS}]\s*)?(?:{tokens}\s*)?(?:[+{_MINUS}]\s*)?"
            rf"{number}(?:e[-+]?\d+)?"
            rf"{scale}{_SPACE_CLASS}*(?:%|{tokens})?[)-]?"
        )

    def parse(self, text: str) -> float | None:
        """`text` as a number (percents as fractions), or None when it is not one."""
        plain = text.strip(SPACES + "\r\n")
        if self.mixed:
            if re.fullmatch(_EITHER, plain):
                return None
            readings = (style.parse(plain) for style in self._both())
            return next((value for value in readings if value is not None), None)
        if not re.fullmatch(self.pattern(), plain):
            return None
        times = 1
        for factor, words in _SCALES if self.scaled else ():
            shorter = re.sub(_SCALE_END.format(scale=words), r"\1", plain)
            if shorter != plain:
                times, plain = factor, shorter
                break
        bare = _MARKS.sub("", plain)
        negative = "(" in plain or any(c in bare.split("e")[0].split("E")[0] for c in _MINUS)
        kept = re.sub(rf"[^0-9eE{re.escape(self.decimal)}]", "", re.sub(r"(?i)e\+?", "e", bare))
        exponent = re.search(r"(?i)e([-+]?\d+)", bare)
        mantissa = kept.lower().split("e")[0].replace(self.decimal, ".")
        value = float(mantissa + (f"e{exponent.group(1)}" if exponent else ""))
        value = (-abs(value) if negative else value) * times
        return value / 100 if plain.endswith("%") else value

    def sql(self, column: str, *, plain: bool = False) -> str:
        """Expression for the engine: `column`, a VARCHAR, as DOUBLE or NULL. Same as `parse`.

        Bare numbers go through a cast, which is ten times faster than a pattern.

        Args:
            plain: read nothing but bare numbers; the rest becomes NULL.
        """
        if plain:
            return self._bare_sql(column)
        if self.mixed:
            own, other = (style.sql(column) for style in self._both())
            either = f"regexp_full_match({trim_sql(column)}, {literal(_EITHER)})"
            return f"CASE WHEN NOT {either} THEN coalesce({own}, {other}) END"
        trimmed = trim_sql(column)
        # A cast also takes nan, inf and 1_000, and here the thousands separator: spoil those.
        foreign = "_nNfF" if self.decimal == "." else "._nNfF"
        bare = f"translate({trimmed}, '{foreign}', '{'x' * len(foreign)}')"
        if self.decimal != ".":
            bare = f"replace({bare}, ',', '.')"
        return (
            f"coalesce({self._bare_sql(column)}, {self._grouped_sql(column)}, "
            f"TRY_CAST({bare} AS DOUBLE), {self._pattern_sql(trimmed)})"
        )

    def _both(self) -> tuple[NumberStyle, NumberStyle]:
        """The style with its own decimal mark, and with the other."""
        return replace(self, mixed=False), replace(self, mixed=False, decimal=self.group)

    def _bare_sql(self, column: str) -> str:
        """The same for a bare number without anything around it, twenty times as fast."""
        if self.decimal == ".":
            cast, foreign = f"TRY_CAST({column} AS DOUBLE)", "_"
        else:
            cast, foreign = f"TRY_CAST(replace({column}, ',', '.') AS DOUBLE)", "_."
        clean = " AND ".join(f"NOT contains({column}, '{mark}')" for mark in foreign)
        return f"CASE WHEN {clean} AND isfinite({cast}) THEN {cast} END"

    def _grouped_sql(self, column: str) -> str:
        """The same for a number with thousands marked and nothing else, three times as fast."""
        mark = f"[ \u00a0\u202f{self.group}]"
        grouped = rf"-?\d{{1,3}}(?:{mark}\d{{3}})+(?:[{self.decimal}]\d+)?"
        bare = f"regexp_replace({column}, {literal(mark)}, '', 'g')"
        if self.decimal != ".":
            bare = f"replace({bare}, ',', '.')"
        return (
            f"CASE WHEN regexp_full_match({column}, {literal(grouped)}) "
            f"THEN TRY_CAST({bare} AS DOUBLE) END"
        )

    def _pattern_sql(self, trimmed: str) -> str:
        whole, times = trimmed, ""
        if self.scaled:
            ends = [(factor, literal(_SCALE_END.format(scale=w))) for factor, w in _SCALES]
            cases = " ".join(
                f"WHEN regexp_matches({trimmed}, {end}) THEN {factor}" for factor, end in ends
            )
            times = f" * CASE {cases} ELSE 1 END"
            whole = f"regexp_replace({trimmed}, {literal(_SCALE_END.format(scale=_SCALE))}, '\\1')"
        bare = f"regexp_replace({whole}, {literal('(?i)' + CURRENCY_TOKENS)}, '', 'g')"
        drop = rf"[^0-9eE{re.escape(self.decimal)}+-]"
        mantissa = f"regexp_replace({bare}, {literal(drop)}, '', 'g')"
        if self.decimal != ".":
            mantissa = f"replace({mantissa}, {literal(self.decimal)}, '.')"
        unsigned = f"trim({mantissa}, '+-')"
        negative = f"regexp_matches({bare}, {literal(rf'^[(]|^[{_MINUS}]|-$')})"
        value = f"TRY_CAST({unsigned} AS DOUBLE) * CASE WHEN {negative} THEN -1 ELSE 1 END{times}"
        if self.percent:
            value = f"({value}) / CASE WHEN suffix({trimmed}, '%') THEN 100 ELSE 1 END"
        return f"CASE WHEN regexp_full_match({trimmed}, {literal(self.pattern())}) THEN {value} END"

    def describe(self) -> str:
        """The style in plain words."""
        words = ["numbers with a decimal " + ("point" if self.decimal == "." else "comma")]
        if self.mixed:
            words = ["numbers with a decimal point or comma"]
        if self.percent:
            words.append("percents, turned into fractions")
        if self.currency:
            words.append(f"amounts in {self.currency}")
        if self.scaled:
            words.append("shortened to thousands or millions")
        return ", ".join(words)


@dataclass(frozen=True, slots=True)
class NumberEvidence:
    """What the values of a column say about how its numbers are written.

    Attributes:
        values: values that are not placeholders.
        numbers: those of them that are numbers in one way of writing or another.
        point, comma: votes for the decimal mark.
        open_comma: values such as ``1,234`` that may be either.
        open_point: values such as ``1.234``, plain numbers to a program, thousands to a German.
        plain: every value is a bare number, as programs write them.
        scaled: numbers among them shortened by a word for thousands, millions or billions.
        words: values without a digit.
    """

    values: int = 0
    numbers: int = 0
    point: int = 0
    comma: int = 0
    open_comma: int = 0
    open_point: int = 0
    percents: int = 0
    currencies: frozenset[str] = frozenset()
    plain: bool = False
    scaled: int = 0
    words: int = 0


_POINT_CURRENCIES = {"USD", "GBP", "CAD", "AUD", "INR", "JPY"}
_BARE = re.compile(r"-?\d+(?:\.\d+)?")
_GROUPED_POINT = re.compile(r"^-?\d{1,3}\.\d{3}$")
_LOOSE = NumberStyle("."), NumberStyle(",")
_LOOSE_SCALED = NumberStyle(".", scaled=True), NumberStyle(",", scaled=True)
_WORDS_SHARE = 0.3
# One mark with three digits behind it: the decimal mark or the thousands separator.
_EITHER = r"\D*\d{1,3}[.,]\d{3}\D*"


def weigh(values: Iterable[str]) -> NumberEvidence:
    """Collect the evidence of the distinct `values` of a column."""
    seen = numbers = point = comma = open_comma = open_point = percents = scaled = words = 0
    currencies: set[str] = set()
    bare = True
    for value in values:
        if is_missing_number(value):
            continue
        seen += 1
        plain = value.strip(SPACES + "\r\n")
        if _BARE.fullmatch(plain):
            numbers += 1
            point += "." in plain and not _GROUPED_POINT.search(plain)
            open_point += bool(_GROUPED_POINT.search(plain))
            continue
        bare = False
        as_point, as_comma = (re.fullmatch(s.pattern(), plain) for s in _LOOSE)
        if not as_point and not as_comma:
            as_point, as_comma = (re.fullmatch(s.pattern(), plain) for s in _LOOSE_SCALED)
            scaled += bool(as_point or as_comma)
        if not as_point and not as_comma:
            words += not any(c.isdigit() for c in plain)
            continue
        numbers += 1
        percents += plain.endswith("%")
        currencies |= {_code(token) for token in _MARKS.findall(plain)}
        if as_point and not as_comma:
            point += 1
        elif as_comma and not as_point:
            comma += 1
        elif re.search(r"\d,\d{3}(?!\d)", plain):
            open_comma += 1
        elif re.search(r"\d\.\d{3}(?!\d)", plain):
            open_point += 1
    return NumberEvidence(
        seen,
        numbers,
        point,
        comma,
        open_comma,
        open_point,
        percents,
        frozenset(currencies),
        plain=bare and seen > 0,
        scaled=scaled,
        words=words,
    )


def choose_style(
    evidence: NumberEvidence, file_decimal: str | None, *, measured: bool = False
) -> NumberStyle | None:
    """The one style that reads the column, or None when it is not a column of numbers.

    Args:
        measured: the header names something that is counted or paid, so that words among the
            numbers ("free") stand for nothing, and "5M" is five millions and no size.
        file_decimal: the decimal mark that the rest of the file uses, where known; it settles
            columns that hold nothing but values such as ``1,234``.
    """
    values, numbers = evidence.values, evidence.numbers
    if not measured:
        numbers -= evidence.scaled
    elif evidence.words <= _WORDS_SHARE * values:
        values -= evidence.words
    if not values or numbers < 0.98 * values:
        return None
    ambiguous = False
    mixed = measured and bool(evidence.comma and evidence.point)
    if evidence.comma != evidence.point:
        decimal = "," if evidence.comma > evidence.point else "."
    elif evidence.open_comma or evidence.open_point:
        decimal = file_decimal or "."
        ambiguous = file_decimal is None and bool(evidence.open_comma)
    else:
        decimal = file_decimal or "."
    codes = evidence.currencies
    if codes & _POINT_CURRENCIES:
        ambiguous = False
    return NumberStyle(
        decimal=decimal,
        percent=evidence.percents > 0,
        currency=next(iter(codes)) if len(codes) == 1 else None,
        currencies=codes,
        ambiguous=ambiguous,
        scaled=evidence.scaled > 0,
        mixed=mixed and not (evidence.open_comma or evidence.open_point),
    )


def _code(token: str) -> str:
    plain = token.lower()
    return CURRENCY_SYMBOLS.get(plain) or _CODES.get(plain) or plain.upper().rstrip(".")
