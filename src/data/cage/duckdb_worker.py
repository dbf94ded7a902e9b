"""A disposable worker: one hardened DuckDB connection, the guard, one approved statement.

The order of the hardening steps matters: files are opened first, then the engine forbids itself
external access, then file systems, then any further change of settings; Landlock closes the rest.
"""

from __future__ import annotations

import hashlib
import json
import socket
import time
from typing import Any, Final

import duckdb

from src.data.cage import confine
from src.data.cage.arrow_results import encode, fetch
from src.data.cage.duckdb_guard import judge
from src.data.cage.engine_errors import describe_failure
from src.data.cage.frames import Head, receive_frame, send_frame
from src.data.cage.read_ahead import ReadAhead

_SQL_LIMIT: Final = 1 << 20
_HEADROOM_MB: Final = 512

_REHEARSAL: Final = (
    "SELECT '1'::BIT, 1::HUGEINT, 1.5::DECIMAL(4, 1), 'x', DATE '2024-01-01', INTERVAL 1 DAY, "
    "[1], {'a': 1}, TIMESTAMPTZ '2024-01-01 00:00:00+00', uuid()"
)
_CONFIG: Final = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "allow_persistent_secrets": "false",
    "enable_external_file_cache": "false",
    "temp_directory": "",
}
_LOCKS: Final = (
    "PRAGMA enable_profiling='no_output'",  # counts the rows that are scanned
    "SET enable_progress_bar=false",
    "SET streaming_buffer_size='256KB'",  # a larger one is filled before the first row is seen
    "SET python_enable_replacements=false",
    "SET TimeZone='UTC'",
    "SET max_expression_depth=400",
    "SET allowed_configs=[]",
    "SET enable_external_access=false",
    "SET disabled_filesystems='LocalFileSystem'",
    "SET lock_configuration=true",
)


def open_hardened(
    database: str | None, *, memory_mb: int, threads: int
) -> duckdb.DuckDBPyConnection:
    """A connection that can read the file `database` and nothing else."""
    config: dict[str, str | bool | int | float | list[str]] = {
        **_CONFIG,
        "threads": str(threads),
        "memory_limit": f"{memory_mb}MB",
    }
    connection = duckdb.connect(":memory:", config=config)
    if database is not None:
        quoted = database.replace("'", "''")
        connection.execute(f"ATTACH '{quoted}' AS data (READ_ONLY)")
        connection.execute("USE data")
    # time zone data is loaded while files can still be read
    connection.execute("SELECT TIMESTAMPTZ '2024-01-01 00:00:00+00'").fetchall()
    for lock in _LOCKS:
        connection.execute(lock)
    return connection


def serve(channel: socket.socket) -> None:
    """Take the configuration, get ready, then run one request and end."""
    config, _ = receive_frame(channel, body_limit=0)
    try:
        connection = open_hardened(
            config["database"], memory_mb=config["memory_mb"], threads=config["threads"]
        )
    except duckdb.Error as error:
        send_frame(channel, {"failed": describe_failure(error, "", config["database"])})
        return
    tables = _catalogue(connection) if config["database"] else {}
    _rehearse(connection)
    # DuckDB's own memory limit comes first; this one stops what it does not count
    confine.limit_resources(memory_mb=2 * config["memory_mb"] + _HEADROOM_MB, file_mb=0)
    landlock = confine.restrict_files()
    send_frame(channel, {"ready": True, "tables": tables, "landlock": landlock})
    read_ahead = ReadAhead(connection, config["memory_mb"])
    request, _ = receive_frame(channel, body_limit=_SQL_LIMIT)
    read_ahead.stop()
    confine.limit_cpu(request["seconds"])
    head, body = _answer(connection, request, tables, config["database"])
    send_frame(channel, head, body)


def _answer(
    connection: duckdb.DuckDBPyConnection,
    request: Head,
    tables: dict[str, int],
    database: str | None,
) -> tuple[Head, bytes]:
    sql = request["sql"]
    if hashlib.sha256(sql.encode()).hexdigest() != request["sha256"]:
        return {"failed": {"kind": "changed"}}, b""
    judgement = judge(connection, sql, request["tables"] or list(tables))
    if not judgement.allowed:
        return {"refused": judgement.to_json()}, b""
    text = f"EXPLAIN {sql}" if request["explain"] else sql
    started = time.perf_counter()
    try:
        fetched = fetch(connection, text, rows=request["rows"], size=request["bytes"])
    except MemoryError:
        return {"failed": {"kind": "memory"}}, b""
    except Exception as error:  # noqa: BLE001 (every failure of the engine is a message)
        return {"failed": describe_failure(_located(connection, text, error), sql, database)}, b""
    seconds = time.perf_counter() - started
    head: dict[str, Any] = {
        "columns": fetched.columns,
        "truncated": fetched.truncated,
        "cut_by_size": fetched.cut_by_size,
        "seconds": seconds,
        "rows_read": None if request["explain"] else _rows_read(connection),
    }
    return head, encode(fetched.table)


def _rows_read(connection: duckdb.DuckDBPyConnection) -> int | None:
    """Rows of tables that the finished query scanned; None when it was left before its end."""
    figures = json.loads(connection.get_profiling_information(format="json"))
    scanned = figures.get("query", {}).get("total_rows_scanned")
    return None if scanned is None else int(scanned)


def _located(connection: duckdb.DuckDBPyConnection, sql: str, error: Exception) -> Exception:
    """The same error with the engine's pointer into the text, which relations leave out."""
    if isinstance(error, duckdb.BinderException | duckdb.CatalogException):
        try:
            connection.execute(sql)  # fails at binding again, before anything runs
        except duckdb.Error as again:
            return again
    return error


def _rehearse(connection: duckdb.DuckDBPyConnection) -> None:
    """Go once through guard and fetching: what they load late, they load now."""
    judge(connection, "SELECT 1", [])
    encode(fetch(connection, _REHEARSAL, rows=1, size=1 << 20).table)


def _catalogue(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Tables and views of the data file with their estimated rows."""
    rows = connection.execute(
        "SELECT schema_name, table_name, estimated_size FROM duckdb_tables() "
        "WHERE database_name = 'data' UNION ALL "
        "SELECT schema_name, view_name, 0 FROM duckdb_views() "
        "WHERE database_name = 'data' AND NOT internal"
    ).fetchall()
    return {
        (name if schema == "main" else f"{schema}.{name}"): int(size or 0)
        for schema, name, size in rows
    }
