"""Brings columns from the data file into the engine's buffers while nobody waits."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Final

import duckdb

from src.data.cage import confine

_SECONDS: Final = 3.0
_BYTES_OF_A_VALUE: Final = 4  # as stored, roughly


class ReadAhead:
    """Reads in a thread until it is stopped, out of time, or a quarter of the memory may be full.

    It has a connection of its own, so that stopping it never touches the query.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, memory_mb: int) -> None:
        self._connection = connection.cursor()
        self._budget = memory_mb * confine.MEGABYTE // 4
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the reading; returns when it has ended."""
        self._stopping.set()
        while self._thread.is_alive():
            self._connection.interrupt()
            self._thread.join(timeout=0.01)

    def _read(self) -> None:
        with contextlib.suppress(duckdb.Error, MemoryError):
            columns = self._connection.execute(
                "SELECT c.schema_name, c.table_name, c.column_name, t.estimated_size "
                "FROM duckdb_columns() c JOIN duckdb_tables() t USING (database_name, table_oid) "
                "WHERE database_name = 'data' ORDER BY t.estimated_size, table_oid, column_index"
            ).fetchall()
            until = time.monotonic() + _SECONDS
            for schema, table, column, rows in columns:
                self._budget -= rows * _BYTES_OF_A_VALUE
                if self._budget < 0 or time.monotonic() > until or self._stopping.is_set():
                    return
                place = ".".join(map(_quote, ("data", schema, table)))
                self._connection.execute(
                    f"SELECT bit_xor(hash({_quote(column)})) FROM {place}"  # noqa: S608
                ).fetchall()


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
