"""SQL text as a syntax tree for reading, never for deciding what may run (the guard does that).

sqlglot raises RecursionError on deep nesting, so text is measured before it is parsed, and every
caller treats None ("not readable") as a normal answer.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

MAX_LENGTH = 50_000
MAX_DEPTH = 40


def parse(sql: str, dialect: str = "duckdb") -> exp.Expr | None:
    """The tree of one statement, or None when it is too large or sqlglot cannot read it.

    The tree is shared between callers: copy it before changing it.
    """
    if len(sql) > MAX_LENGTH or depth(sql) > MAX_DEPTH:
        return None
    return _parse(sql, dialect)


@lru_cache(maxsize=32)
def _parse(sql: str, dialect: str) -> exp.Expr | None:
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        statements = [s for s in sqlglot.parse(sql, read=dialect) if s is not None]
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError, IndexError):
        return None
    first = statements[0] if len(statements) == 1 else None
    return first if isinstance(first, _expression()) else None


def text(node: exp.Expr, dialect: str = "duckdb", limit: int = 200) -> str:
    """A piece of the tree as SQL on one line, cut after `limit` characters."""
    try:
        written = " ".join(node.sql(dialect=dialect).split())
    except (RecursionError, ValueError, AttributeError):
        return "…"
    return written if len(written) <= limit else written[: limit - 1] + "…"


def span(node: exp.Expr) -> tuple[int, int] | tuple[None, None]:
    """Character offsets that a piece covers, end exclusive, as far as its tokens are known."""
    starts, ends = [], []
    for child in node.walk():
        start, end = child.meta.get("start"), child.meta.get("end")
        if isinstance(start, int) and isinstance(end, int):
            starts.append(start)
            ends.append(end + 1)
    return (min(starts), max(ends)) if starts else (None, None)


def depth(sql: str) -> int:
    """The deepest nesting of brackets and CASE words, by a linear scan."""
    deepest = level = 0
    for char in sql:
        if char in "([{":
            level += 1
            deepest = max(deepest, level)
        elif char in ")]}":
            level -= 1
    return deepest


def _expression() -> type[exp.Expr]:
    from sqlglot import exp

    return exp.Expr
