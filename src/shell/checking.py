"""`check-sql`: the guard for people and pipes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from src.data.approved import GuardVerdict
from src.errors import InputError
from src.query_engine.sql_guard import check_sql

_DIALECTS: Final = ("duckdb", "postgres", "postgresql")
_BYTE_LIMIT: Final = 1_000_000


def check(source: str, dialect: str) -> GuardVerdict:
    """The guard's verdict on the SQL in the file `source`, or on standard input for ``-``.

    Raises:
        InputError: the file cannot be read as text, is empty or huge, or the dialect is unknown.
    """
    if dialect.lower() not in _DIALECTS:
        raise InputError(
            f"The guard does not know the dialect {dialect!r}.",
            where="--dialect",
            hint=f"Use one of {', '.join(_DIALECTS)}.",
        )
    data = _read(source)
    where = "standard input" if source == "-" else source
    if len(data) > _BYTE_LIMIT:
        raise InputError(f"The SQL is longer than {_BYTE_LIMIT:,} bytes.", where=where)
    try:
        sql = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "The SQL is not UTF-8 text.",
            where=f"{where}, byte {error.start}",
            hint="Save as UTF-8.",
        ) from error
    if not sql.strip():
        raise InputError(
            "There is no SQL to check.", where=where, hint="Name a file, or pipe a statement in."
        )
    return check_sql(sql, dialect=dialect)


def verdict_words(verdict: GuardVerdict) -> str:
    """The verdict in lines."""
    if verdict.allowed:
        return "\n".join(
            [
                "Allowed: one read-only query.",
                f"Tables: {', '.join(verdict.tables) or 'none'}",
                f"Functions: {', '.join(verdict.functions) or 'none'}",
            ]
        )
    lines = ["Refused:"]
    for reason in verdict.reasons:
        at = "" if reason.position is None else f" (at character {reason.position})"
        lines.append(f"  - {reason.message}{at} [{reason.rule}]")
    return "\n".join(lines)


def _read(source: str) -> bytes:
    if source == "-":
        return b"" if sys.stdin is None else sys.stdin.buffer.read(_BYTE_LIMIT + 1)
    try:
        with Path(source).open("rb") as file:
            return file.read(_BYTE_LIMIT + 1)
    except (OSError, ValueError) as error:
        raise InputError(
            "The file with the SQL cannot be read.",
            where=source,
            hint="Check the name, or use - to read standard input.",
        ) from error
