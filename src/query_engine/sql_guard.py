"""The guard's public face: may this SQL text run?

The judgement itself is made on the engine's own syntax tree, in a caged worker
(`src.data.cage`); nothing of the text is ever run here.
"""

from __future__ import annotations

from collections.abc import Iterable

from src.data.approved import GuardVerdict
from src.data.cage.guarding import guard

_ALIASES = {"postgresql": "postgres", "pg": "postgres"}


def check_sql(
    sql: str, dialect: str = "duckdb", tables: Iterable[str] | None = None
) -> GuardVerdict:
    """The verdict on `sql`: exactly one read-only query on known tables, or the reasons why not.

    Never raises for what the text says; a statement that cannot be judged is refused.

    Args:
        dialect: ``duckdb`` or ``postgres``.
        tables: names that may be read; None lets any plain table name pass, never a file path.
    """
    name = dialect.lower()
    return guard(sql, _ALIASES.get(name, name), tables)
