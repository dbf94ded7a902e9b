"""A worker that judges statements and runs none, so it may serve many of them."""

from __future__ import annotations

import socket

import duckdb

from src.data.cage import confine
from src.data.cage.duckdb_guard import Judgement, judge
from src.data.cage.duckdb_worker import open_hardened
from src.data.cage.frames import receive_frame, send_frame

_MEMORY_MB = 512


def serve(channel: socket.socket) -> None:
    """Answer each statement with a judgement until the app hangs up."""
    config, _ = receive_frame(channel, body_limit=0)
    parser: duckdb.DuckDBPyConnection | None = None
    if config["dialect"] == "postgres":
        import pglast  # noqa: F401 (loaded while files can still be read)
    else:
        parser = open_hardened(None, memory_mb=_MEMORY_MB, threads=1)
        judge(parser, "SELECT 1", None)
    confine.limit_resources(memory_mb=2 * _MEMORY_MB, file_mb=0)
    confine.restrict_files()
    send_frame(channel, {"ready": True})
    while True:
        try:
            request, _ = receive_frame(channel, body_limit=0)
        except EOFError:
            return
        judgement = _judge(parser, request["sql"], request["tables"])
        send_frame(channel, judgement.to_json())


def _judge(
    parser: duckdb.DuckDBPyConnection | None, sql: str, tables: list[str] | None
) -> Judgement:
    if parser is not None:
        return judge(parser, sql, tables)
    from src.data.cage.postgres_guard import judge as judge_postgres

    return judge_postgres(sql, tables)
