"""Names and values as DuckDB text: the one place where user text becomes SQL."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal

from src.errors import PlanError
from src.query_engine.plan import Scalar

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")

# Words that DuckDB or PostgreSQL do not take as a bare column name everywhere.
_RESERVED = frozenset(
    """
    all analyse analyze and anti any array as asc asof asymmetric at authorization between bigint
    binary bit boolean both by case cast char character check coalesce collate collation column
    columns concurrently constraint create cross current_catalog current_date current_role
    current_schema current_time current_timestamp current_user date_add date_sub dec decimal default
    deferrable desc describe distinct do else end except exists extract false fetch filter float for
    foreign freeze from full generated glob grant group grouping grouping_id grouping_set groups
    having if ilike in initially inner inout int integer intersect interval into is isnull join
    lambda lateral leading left like limit localtime localtimestamp map matched national natural
    nchar none not notnull null nullif numeric offset on only or order out outer over overlaps
    overlay partition pivot pivot_longer pivot_wider placing position positional precision primary
    qualify range real references replace returning right row rows sample select semi session_user
    set setof show similar smallint some struct substring summarize symmetric system_user table
    tablesample then time timestamp to trailing treat trim true try_cast tuple union unique unnest
    unpack unpivot user using values varchar variadic verbose when where window with within
    xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot
    xmlserialize xmltable
    """.split()  # noqa: SIM905 - a list literal of one word a line would bury the module
)


def identifier(name: str) -> str:
    """`name` as an identifier, quoted unless it is a plain lower-case word in every dialect.

    Raises:
        PlanError: the name cannot be written in SQL at all.
    """
    _encodable(name)
    if not name or "\x00" in name:
        raise PlanError("A table or column without a usable name cannot be queried.")
    if _PLAIN.fullmatch(name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """`value` as a string literal."""
    _encodable(value)
    return "'" + value.replace("'", "''") + "'"


def number(value: float | Decimal) -> str:
    """`value` as a numeric literal; whole numbers without a fraction.

    Raises:
        PlanError: the value is infinite or not a number.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise PlanError(f"{value} is not a number a column can be compared with.")
    if isinstance(value, int) or (value == int(value) and abs(float(value)) < 1e15):
        return str(int(value))
    return str(value) if isinstance(value, Decimal) else repr(value)


def day(value: dt.date) -> str:
    """`value` as a date literal."""
    return f"DATE '{value.isoformat()}'"


def moment(value: dt.date, type_name: str) -> str:
    """The first instant of day `value`, as a literal of the timestamp type `type_name`."""
    kind = "TIMESTAMPTZ" if is_zoned(type_name) else "TIMESTAMP"
    return f"{kind} '{value.isoformat()} 00:00:00'"


def like(value: str, *, prefix: str = "%", suffix: str = "%") -> str:
    """A LIKE pattern that matches `value` literally, with its ESCAPE clause when it needs one."""
    escaped = re.sub(r"([!%_])", r"!\1", value)
    clause = f" ESCAPE {text('!')}" if escaped != value else ""
    return text(prefix + escaped + suffix) + clause


def is_zoned(type_name: str) -> bool:
    """Whether the type is a timestamp with time zone."""
    upper = type_name.upper()
    return upper.startswith("TIMESTAMP") and ("TZ" in upper or "WITH TIME ZONE" in upper)


def family(type_name: str) -> str:
    """``number``, ``text``, ``date``, ``timestamp``, ``boolean`` or ``other``, from a type name."""
    upper = type_name.upper()
    if upper.startswith(("TIMESTAMP", "DATETIME")):
        return "timestamp"
    if upper == "DATE":
        return "date"
    if upper.startswith("BOOL"):
        return "boolean"
    if re.match(r"U?(TINY|SMALL|BIG|HUGE)?INT|INTEGER|UINTEGER|DECIMAL|NUMERIC|DOUBLE|REAL|FLOAT|"
                r"INT\d|NUMBER|MONEY|BIGNUM", upper) and "[" not in upper:  # fmt: skip
        return "number"
    if re.match(r"(VAR)?CHAR|TEXT|STRING|ENUM|UUID|CHARACTER|BPCHAR|N(VAR)?CHAR|CITEXT", upper):
        return "text"
    return "other"


def literal(value: Scalar, type_name: str, where: str) -> str:
    """`value` as a literal that compares with a column of type `type_name`.

    Args:
        where: the column's name, for the message.

    Raises:
        PlanError: the value cannot be one of the column's values.
    """
    kind = family(type_name)
    if kind == "number":
        return _as_number(value, where)
    if kind in ("date", "timestamp"):
        return day(as_day(value, where))
    if kind == "boolean":
        return _as_boolean(value, where)
    if isinstance(value, bool):
        return text("true" if value else "false")
    if kind == "text" or isinstance(value, str | dt.date):
        return text(value if isinstance(value, str) else str(value))
    return number(value)


def as_day(value: Scalar, where: str) -> dt.date:
    """`value` as a day.

    Raises:
        PlanError: it is not one.
    """
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        raise PlanError(f"{value!r} is not a date, and {where} holds dates.") from None


def _as_number(value: Scalar, where: str) -> str:
    if isinstance(value, bool | dt.date):
        raise PlanError(f"{value} is not a number, and {where} holds numbers.")
    if not isinstance(value, str):
        return number(value)
    try:
        return number(Decimal(value.strip().replace("_", "x")))
    except (ArithmeticError, ValueError):
        raise PlanError(f"{value!r} is not a number, and {where} holds numbers.") from None


def _as_boolean(value: Scalar, where: str) -> str:
    known = {
        "true": "TRUE",
        "1": "TRUE",
        "yes": "TRUE",
        "false": "FALSE",
        "0": "FALSE",
        "no": "FALSE",
    }
    found = known.get(str(value).strip().lower())
    if found is None:
        raise PlanError(f"{value!r} is neither true nor false, and {where} holds only these.")
    return found


def _encodable(value: str) -> None:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise PlanError("The text holds half a character (a lone surrogate); retype it.") from None
