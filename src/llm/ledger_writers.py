"""How rows reach the state database: plain SQL into a SQLite file, SQLAlchemy into a server."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine import Engine

Rows = list[dict[str, Any]]


class Writer(Protocol):
    """A connection of its own, kept open: opening one costs more than a commit."""

    def write(self, attempts: Rows, calls: Rows) -> None: ...

    def close(self) -> None: ...


def open_writer(engine: Engine) -> Writer:
    """The writer for whatever database this is."""
    return SqliteWriter(engine) if is_file(engine) else ServerWriter(engine)


def is_file(engine: Engine) -> bool:
    """Whether the database is a SQLite file."""
    name = engine.url.database
    return engine.dialect.name == "sqlite" and bool(name) and name != ":memory:"


class ServerWriter:
    """Writes through SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        from src.llm import ledger_tables

        self._connection = engine.connect()
        self._attempts = ledger_tables.attempts.insert()
        self._calls = ledger_tables.calls.insert()

    def write(self, attempts: Rows, calls: Rows) -> None:
        """Write all rows in one transaction."""
        with self._connection.begin():
            if attempts:
                self._connection.execute(self._attempts, attempts)
            if calls:
                self._connection.execute(self._calls, calls)

    def close(self) -> None:
        """Let go of the connection, whatever state it is in."""
        self._connection.invalidate()
        self._connection.close()


class SqliteWriter:
    """Writes plain SQL: SQLAlchemy takes several times as long for the same two rows.

    Rows that are there already are passed over: a process may have died between writing them and
    emptying its spool.
    """

    def __init__(self, engine: Engine) -> None:
        from src.llm import ledger_tables

        self._handle = engine.raw_connection()
        self._connection = cast(Any, self._handle.driver_connection)
        self._attempts = _insert(ledger_tables.attempts)
        self._calls = _insert(ledger_tables.calls)

    def write(self, attempts: Rows, calls: Rows) -> None:
        """Write all rows in one transaction.

        Raises:
            sqlite3.Error: nothing was written.
        """
        try:
            self._connection.executemany(self._attempts, map(_plain, attempts))
            self._connection.executemany(
                self._calls, ({**_plain(row), "tags": _json(row["tags"])} for row in calls)
            )
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        self._handle.invalidate()


def _insert(table: sa.Table) -> str:
    names = [column.name for column in table.columns]
    quoted = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(f":{name}" for name in names)
    return (
        f"INSERT INTO {table.name} ({quoted}) VALUES ({values}) "  # noqa: S608 - our own names
        "ON CONFLICT DO NOTHING"
    )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Times as SQLAlchemy writes and reads them; out of a spool they come so already."""
    moment = row["started_at"]
    return row if isinstance(moment, str) else {**row, "started_at": as_text(moment)}


def as_text(moment: dt.datetime) -> str:
    """A time as SQLAlchemy keeps it in SQLite."""
    return moment.isoformat(sep=" ", timespec="microseconds")


def _json(tags: dict[str, str]) -> str:
    return json.dumps(tags) if tags else "{}"
