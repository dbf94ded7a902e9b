"""How values are written: the patterns shared by header detection and column typing."""

from __future__ import annotations

import re

# Written instead of a value. The dashes are what ad platforms print for "nothing".
_PLACEHOLDERS = frozenset({"", "-", "--", "---", "\u2013", "\u2014", "null", "\\n"})
_NOT_A_NUMBER = frozenset({"n/a", "na", "nan", "none", "#n/a", "#div/0!", "#value!", "#ref!", "inf",
                           "-inf", "n.a.", "n.d.", "n/d", "nd", "k.a.", "b.d.", "#num!", "#name?",
                           "#null!", "(not set)", "not available", "нет данных", "н/д", "н.д.",
                           "нет"})  # fmt: skip

SPACES = "\u0020\u00a0\u202f\u2009\u2007\t"
_MARGIN = SPACES + "\r\n"
CURRENCY_TOKENS = (
    r"us\$|ca\$|a\$|r\$|[$€£₽₸₴₺₹¥₩₪]|usd|eur|gbp|rub|rur|руб\.?|р\.?|kzt|uah|грн\.?|byn|try|inr|"
    r"jpy|cny|chf|cad|aud|brl|mxn|pln|zł|czk|kč|sek|nok|dkk|kr\.?|aed|sgd|hkd|krw|nzd|zar|ils|thb"
)


def is_placeholder(text: str) -> bool:
    """Whether a cell says "nothing": empty, a dash, null."""
    return text.strip(SPACES + "\r\n").lower() in _PLACEHOLDERS


def is_missing_number(text: str) -> bool:
    """Whether a cell of a number column says "nothing"; also ``n/a`` and spreadsheet errors."""
    plain = text.strip(SPACES + "\r\n").lower()
    return plain in _PLACEHOLDERS or plain in _NOT_A_NUMBER


def placeholders(*, numbers: bool) -> tuple[str, ...]:
    """The cells, lower case and trimmed, that mean "nothing"."""
    return tuple(sorted(_PLACEHOLDERS | (_NOT_A_NUMBER if numbers else frozenset())))


_GROUP = "[ \u00a0\u202f\u2009.,'’]"
_ANY_NUMBER = re.compile(
    rf"^\(?\s*(?:[-+−–]\s*)?(?:(?:{CURRENCY_TOKENS})\s*)?(?:[-+−–]\s*)?"
    rf"(?:(?:\d{{1,3}}(?:{_GROUP}\d{{3}})+|\d+)(?:[.,]\d*)?|[.,]\d+)(?:e[-+]?\d+)?"
    rf"\s*(?:%|{CURRENCY_TOKENS})?\)?$",
    re.IGNORECASE,
)
_ANY_DATE = re.compile(
    r"^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([T ,]+\d{1,2}:\d{2}.*)?$|^\d{4}-\d{2}$", re.IGNORECASE
)


def looks_like_value(text: str) -> bool:
    """Whether a cell is a number or a date, in any way of writing them."""
    plain = text.strip(SPACES + "\r\n")
    if not plain or not any(c.isdigit() for c in plain):
        return False
    return bool(_ANY_NUMBER.match(plain) or _ANY_DATE.match(plain))


def trim_sql(column: str) -> str:
    """Expression for the engine: `column` without the spaces around it."""
    return f"CASE WHEN {padded_sql(column)} THEN {_trim(column)} ELSE {column} END"


def _trim(column: str) -> str:
    return f"trim({column}, {literal(_MARGIN)})"


def padded_sql(column: str) -> str:
    """Condition for the engine: `column` is empty or may have spaces around it.

    The engine builds the set of characters to trim anew for each row, which costs ten times as much
    as looking at the first and last bytes; nearly no row needs it.
    """
    at_start = [f"prefix({column}, {literal(c)})" for c in _MARGIN if ord(c) > 0x7F]
    at_end = [f"suffix({column}, {literal(c)})" for c in _MARGIN]
    return " OR ".join([f"{column} < '!'", *at_start, *at_end])


def nothing_sql(column: str, *, numbers: bool) -> str:
    """Condition for the engine: a cell says "nothing", with or without spaces around it."""
    words = placeholders(numbers=numbers)
    listed = ", ".join(map(literal, words))
    longest = max(len(word.encode()) for word in words)
    bare = f"strlen({column}) <= {longest} AND lower({column}) IN ({listed})"
    return (
        f"CASE WHEN {padded_sql(column)} THEN lower({_trim(column)}) IN ({listed}) ELSE {bare} END"
    )


def literal(text: str) -> str:
    """`text` as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
