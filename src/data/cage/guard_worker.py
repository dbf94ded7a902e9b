"""A worker that judges statements and runs none, so it may serve many of them."""

from __future__ import annotations

import functools
import socket
from collections.abc import Callable

from src.data.cage import confine
from src.data.cage.frames import receive_frame, send_frame
from src.data.cage.judgement import Judgement

Judge = Callable[[str, list[str] | None], Judgement]

_MEMORY_MB = 512


def serve(channel: socket.socket) -> None:
    """Answer each statement with a judgement until the app hangs up."""
    config, _ = receive_frame(channel, body_limit=0)
    judge = _postgres() if config["dialect"] == "postgres" else _duckdb()
    judge("SELECT 1", None)  # what is loaded late is loaded while files can be read
    confine.limit_resources(memory_mb=2 * _MEMORY_MB, file_mb=0)
    confine.restrict_files()
    send_frame(channel, {"ready": True})
    while True:
        try:
            request, _ = receive_frame(channel, body_limit=0)
        except EOFError:
            return
        send_frame(channel, judge(request["sql"], request["tables"]).to_json())


def _duckdb() -> Judge:
    from src.data.cage import duckdb_guard
    from src.data.cage.duckdb_worker import open_hardened

    parser = open_hardened(None, memory_mb=_MEMORY_MB, threads=1)
    return functools.partial(duckdb_guard.judge, parser)


def _postgres() -> Judge:
    from src.data.cage import postgres_guard

    return postgres_guard.judge
