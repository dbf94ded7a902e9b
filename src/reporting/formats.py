"""Numbers and dates as a reader of the locale expects them, for screens, charts, files and prose.

`format_value` follows `src.data.semantic.Unit`. NULL prints as an en dash, never as 0. Decimals
are rounded half up from their exact digits; a value too small for the usual decimals keeps two
significant digits, so that a bid of $0.0046 does not read as free.
"""

from __future__ import annotations

import datetime as dt
import decimal
import functools
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from src.query_engine.drafts import OutputColumn
from src.query_engine.phrases import Language, month, say
from src.query_engine.phrases import day as phrases_day
from src.reporting.cells import day, plain

if TYPE_CHECKING:
    from babel import Locale

NULL_TEXT = "–"
_CONTEXT = decimal.Context(prec=120, rounding=decimal.ROUND_HALF_UP)
_COMPACT_FROM = 10_000
_PLAIN_RANGE = (Decimal("1e-9"), Decimal("1e40"))


def format_value(
    value: Any,
    unit: str | None = None,
    currency: str | None = None,
    locale: str = "en",
    *,
    compact: bool = False,
) -> str:
    """Text of one value.

    Args:
        value: a number in stored scale (a CTR of 5% is 0.05), a date, text, or NULL.
        unit: value of `Unit`, or None for text, dates and plain numbers.
        currency: ISO code for unit ``currency``; without it the amount is printed bare.
        locale: ``en``, ``ru`` or any other CLDR locale; an unknown one reads as English.
        compact: for axes and tight places: large numbers shortened (``$12.3K``), whole amounts
            without cents.
    """
    cell = plain(value)
    if cell is None:
        return NULL_TEXT
    if isinstance(cell, dt.date | dt.datetime):
        return _date_text(cell, locale)
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        return str(cell)
    if not math.isfinite(cell):
        return "∞" if cell > 0 else "-∞"
    exact = cell if isinstance(cell, Decimal) else Decimal(repr(cell))
    with decimal.localcontext(_CONTEXT):
        return _number_text(exact, unit, currency, _locale(locale), compact)


def format_change(
    value: Any, unit: str | None = None, currency: str | None = None, locale: str = "en"
) -> str:
    """Text of a difference, always signed; a difference of ratios is in percentage points."""
    cell = plain(value)
    if not isinstance(cell, int | float | Decimal):
        return NULL_TEXT
    if unit == "ratio":
        points = (cell if isinstance(cell, Decimal) else Decimal(repr(cell))) * 100
        suffix = "п.п." if _locale(locale).language == "ru" else "pp"
        text = f"{format_value(points, 'number', None, locale)}\u00a0{suffix}"
    else:
        text = format_value(cell, unit, currency, locale)
    return f"+{text}" if cell > 0 else text


def format_cell(value: Any, column: OutputColumn, locale: str = "en") -> str:
    """Text of a result's cell: shares and relative changes in percent, time buckets by grain."""
    if column.kind == "time":
        return format_bucket(value, column.grain, locale)
    if column.kind == "change":
        return format_change(value, column.unit, column.currency, locale)
    if column.kind == "change_pct":
        text = format_value(value, "ratio", None, locale)
        cell = plain(value)
        return f"+{text}" if isinstance(cell, int | float | Decimal) and cell > 0 else text
    if column.kind == "share":
        return format_value(value, "ratio", None, locale)
    return format_value(value, column.unit, column.currency, locale)


def format_bucket(value: Any, grain: str | None, locale: str = "en") -> str:
    """Text of a time bucket that starts on `value`: ``Nov 2026``, ``Q4 2026``, ``Mon``."""
    if grain == "weekday":
        return _weekday_text(value, locale)
    start = day(value)
    if start is None:
        return format_value(value, None, None, locale)
    if grain == "year":
        return str(start.year)
    spoken = _spoken(locale)
    if grain == "quarter":
        key = {"number": (start.month + 2) // 3, "year": str(start.year)}
        return say(spoken or "en", "word.quarter_of", **key)
    if grain == "month":
        if spoken:
            return month(spoken, start)
        from babel.dates import format_skeleton

        return format_skeleton("yMMM", start, locale=_locale(locale))
    return _date_text(start, locale)


def xlsx_number_format(column: OutputColumn) -> str:
    """Excel number format of the column; Excel itself localises the separators."""
    signed = column.kind in ("change", "change_pct")
    if column.kind in ("share", "change_pct") or column.unit == "ratio":
        return _signed("0.00%") if signed else "0.00%"
    base = {"count": "#,##0.##", "multiple": "#,##0.00", "number": "#,##0.00"}.get(
        column.unit or "", "General"
    )
    if column.unit == "count" and column.kind == "metric":
        base = "#,##0"
    if column.unit == "currency":
        base = "#,##0.00"
        if column.currency:
            mark = _symbol(column.currency).replace('"', "")
            base = f'"{mark}"{base}' if column.currency in _PREFIXED else f'{base}\u00a0"{mark}"'
    return _signed(base) if signed and base != "General" else base


def separators(locale: str = "en") -> tuple[str, str]:
    """The locale's decimal and thousands separators."""
    from babel.numbers import get_decimal_symbol, get_group_symbol

    where = _locale(locale)
    return str(get_decimal_symbol(where)), str(get_group_symbol(where))


def currency_mark(currency: str | None, locale: str = "en") -> str:
    """The currency's sign in the locale (``$``, ``₽``), or its code; empty without a currency."""
    if not currency:
        return ""
    from babel.numbers import get_currency_symbol

    return str(get_currency_symbol(currency, locale=_locale(locale)))


_PREFIXED = frozenset({"USD", "GBP", "JPY", "CNY", "INR", "AUD", "CAD", "BRL", "MXN", "ILS", "KRW"})


def _signed(base: str) -> str:
    return f"+{base};-{base};{base}"


def _symbol(currency: str | None) -> str:
    return currency_mark(currency, "ru" if currency in ("RUB", "KZT", "UAH") else "en")


@functools.lru_cache(maxsize=32)
def _locale(name: str) -> Locale:
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


def _number_text(
    value: Decimal, unit: str | None, currency: str | None, locale: Locale, compact: bool
) -> str:
    from babel.numbers import format_compact_decimal, format_scientific

    if value and not _PLAIN_RANGE[0] <= abs(value) < _PLAIN_RANGE[1]:
        return str(format_scientific(value, format="0.###E0", locale=locale))
    if unit == "ratio":
        return _decimal(_rounded(value * 100, 2), "#,##0.##", locale) + _percent_sign(locale)
    if unit == "currency" and currency:
        return _money(value, currency, locale, compact)
    if compact and abs(value) >= _COMPACT_FROM:
        return str(format_compact_decimal(value, locale=locale, fraction_digits=1))
    if unit in ("currency", "multiple") and not compact:
        return _decimal(_rounded(value, 2), "#,##0.00", locale)
    return _decimal(_rounded(value, 2), "#,##0.##", locale)


def _money(value: Decimal, currency: str, locale: Locale, compact: bool) -> str:
    from babel.numbers import format_compact_currency, format_currency, get_currency_precision

    if compact and abs(value) >= _COMPACT_FROM:
        text = format_compact_currency(value, currency, locale=locale, fraction_digits=1)
    elif compact and value == value.to_integral_value():
        pattern = locale.currency_formats["standard"].pattern.replace("0.00", "0")
        text = format_currency(value, currency, pattern, locale=locale, currency_digits=False)
    else:
        digits = get_currency_precision(currency)
        text = format_currency(
            _rounded(value, digits), currency, locale=locale, decimal_quantization=False
        )
    # CLDR parts an alphabetic code from its amount with a space; Babel leaves it out.
    mark = currency_mark(currency, str(locale))
    head, found, tail = str(text).partition(mark)
    if found and mark[-1:].isalpha() and tail[:1].isdigit():
        return f"{head}{mark}\u00a0{tail}"
    return str(text)


def _decimal(value: Decimal, pattern: str, locale: Locale) -> str:
    from babel.numbers import format_decimal

    text = format_decimal(value, format=pattern, locale=locale, decimal_quantization=False)
    return str(text)


def _percent_sign(locale: Locale) -> str:
    return "%" if locale.language in ("en", "zh", "ja", "ko", "it", "pt") else "\u00a0%"


def _rounded(value: Decimal, digits: int) -> Decimal:
    """`value` at `digits` decimals, or at two significant digits when that would hide it."""
    if value and abs(value) < Decimal(1).scaleb(1 - digits):
        digits = max(digits, 1 - value.adjusted())
    rounded = value.quantize(Decimal(1).scaleb(-digits))
    if digits > 2:
        rounded = rounded.normalize()
    return rounded if rounded else abs(rounded)


def _date_text(value: dt.date, locale: str) -> str:
    from babel.dates import format_date, format_datetime

    spoken, timed = _spoken(locale), isinstance(value, dt.datetime) and value.time() != dt.time()
    if spoken:
        told = phrases_day(spoken, value)
        return f"{told}, {value:%H:%M:%S}" if timed else told
    if timed:
        return str(format_datetime(value, "medium", locale=_locale(locale)))
    return str(format_date(value, "medium", locale=_locale(locale)))


def _spoken(locale: str) -> Language | None:
    """The language of the sentences, whose dates tables and charts share; None for the others."""
    name = locale[:2].lower()
    if name == "ru":
        return "ru"
    return "en" if name == "en" or _locale(locale).language == "en" else None


def _weekday_text(value: Any, locale: str) -> str:
    """ISO numbers 1 (Monday) to 7 become names; anything else is already one."""
    from babel.dates import get_day_names

    cell = plain(value)
    if isinstance(cell, int | float | Decimal) and cell == int(cell) and 1 <= cell <= 7:
        return str(get_day_names("abbreviated", locale=_locale(locale))[int(cell) - 1])
    return NULL_TEXT if cell is None else str(cell)
