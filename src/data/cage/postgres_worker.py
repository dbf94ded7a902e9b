"""A disposable worker with one read-only PostgreSQL connection.

The connection is made first, then the process gives up files and every other network address. The
transaction is read-only and pinned by a first statement, after which the server refuses to make it
writable again; untrusted SQL goes through a server-side cursor, which takes a query and nothing
else.
"""

from __future__ import annotations

import contextlib
import hashlib
import signal
import socket
import time
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import TextLoader

from src.data.cage import confine
from src.data.cage.arrow_results import encode
from src.data.cage.frames import Head, receive_frame, send_frame
from src.data.cage.postgres_guard import judge
from src.data.cage.postgres_rows import to_table

_REQUEST_LIMIT: Final = 1 << 20
_HEADROOM_MB: Final = 512
_CONNECT_SECONDS: Final = 10
_FIRST_ROWS: Final = 50
_FETCH_ROWS: Final = 1000
_DEFAULT_PORT: Final = 5432
_BEFORE_SQL: Final = len('DECLARE "analyst" CURSOR FOR ')
_REHEARSAL: Final = (
    "SELECT 1::int2, 1::int8, 1.5::numeric, 1::float8, true, 'x'::text, now(), now()::timestamp, "
    "now()::date, now()::time, ARRAY[1], ARRAY['x'], '1 day'::interval, '{}'::jsonb, ''::bytea"
)
# a Python object would lose months, offsets, or the exact text of a document
_AS_TEXT: Final = ("json", "jsonb", "interval", "timetz", "money", "uuid", "inet", "cidr")


def serve(channel: socket.socket) -> None:
    """Connect, get ready, run one request, end. SIGTERM cancels what the server is doing."""
    config, _ = receive_frame(channel, body_limit=0)
    signal.signal(signal.SIGTERM, _stop)
    try:
        connection = _connect(config["conninfo"])
    except psycopg.Error as error:
        send_frame(channel, {"failed": {"kind": "connect", "message": _reason(error)}})
        return
    _rehearse(connection)
    confine.limit_resources(memory_mb=config["memory_mb"] + _HEADROOM_MB, file_mb=0)
    confine.restrict_files(ports=_ports(config["conninfo"]))
    send_frame(channel, {"ready": True})
    request, _ = receive_frame(channel, body_limit=_REQUEST_LIMIT)
    confine.limit_cpu(request["seconds"])
    head, body = _answer(connection, request)
    send_frame(channel, head, body)
    with contextlib.suppress(psycopg.Error):
        connection.rollback()
        connection.close()


def _rehearse(connection: psycopg.Connection[Any]) -> None:
    """Go once through guard and reading: what they load late, they load now."""
    judge("SELECT 1", None)
    cursor = connection.execute(_REHEARSAL)
    encode(to_table(cursor.description or [], cursor.fetchall())[0])
    connection.rollback()


def _stop(*_: object) -> None:
    raise KeyboardInterrupt  # psycopg answers it by cancelling on the server


def _ports(conninfo: str) -> list[int]:
    text = str(conninfo_to_dict(conninfo).get("port") or _DEFAULT_PORT)
    return [int(port) for port in text.split(",") if port.strip().isdigit()]


def _connect(conninfo: str) -> psycopg.Connection[Any]:
    connection = psycopg.connect(
        conninfo,
        prepare_threshold=0,
        connect_timeout=_CONNECT_SECONDS,
        application_name="campaign-analyst",
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.commit()
    for name in _AS_TEXT:
        connection.adapters.register_loader(name, TextLoader)
    return connection


def _begin(connection: psycopg.Connection[Any], seconds: float, schemas: list[str]) -> None:
    """Start the read-only transaction, set its limits, and pin it."""
    milliseconds = max(1, int(seconds * 1000))
    connection.read_only = True
    connection.execute("SELECT 1")
    for name, value in (
        ("statement_timeout", str(milliseconds)),
        ("lock_timeout", str(min(milliseconds, 5000))),
        ("idle_in_transaction_session_timeout", str(milliseconds + 60_000)),
        ("client_connection_check_interval", "2000"),
        *([("search_path", ", ".join(map(_quote, schemas)))] if schemas else []),
    ):
        # an older server lacks some settings
        with contextlib.suppress(psycopg.errors.UndefinedObject), connection.transaction():
            connection.execute("SELECT set_config(%s, %s, true)", (name, value))


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _answer(connection: psycopg.Connection[Any], request: Head) -> tuple[Head, bytes]:
    try:
        _begin(connection, request["seconds"], request.get("schemas", []))
        if "trusted" in request:
            return _trusted(connection, request["trusted"])
        return _untrusted(connection, request)
    except KeyboardInterrupt:
        return {"failed": {"kind": "timeout"}}, b""
    except MemoryError:
        return {"failed": {"kind": "memory"}}, b""
    except psycopg.errors.QueryCanceled:
        return {"failed": {"kind": "timeout"}}, b""
    except Exception as error:  # noqa: BLE001 (every failure of the engine is a message)
        return {"failed": _describe(error, request.get("sql", ""))}, b""


def _trusted(connection: psycopg.Connection[Any], statements: list[Any]) -> tuple[Head, bytes]:
    """Rows of statements the app wrote itself, as JSON; a failure is None and the rest go on."""
    results: list[list[list[Any]] | None] = []
    for sql, parameters in statements:
        try:
            with connection.transaction():
                rows = connection.execute(sql, parameters or None).fetchall()
            results.append([[_plain(value) for value in row] for row in rows])
        except psycopg.Error:
            results.append(None)
    return {"results": results}, b""


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _untrusted(connection: psycopg.Connection[Any], request: Head) -> tuple[Head, bytes]:
    sql = request["sql"]
    if hashlib.sha256(sql.encode()).hexdigest() != request["sha256"]:
        return {"failed": {"kind": "changed"}}, b""
    judgement = judge(sql, request["tables"])
    if not judgement.allowed:
        return {"refused": judgement.to_json()}, b""
    started = time.perf_counter()
    explains = judgement.explains or request["explain"]
    text = f"EXPLAIN {sql}" if request["explain"] else sql
    # DECLARE CURSOR takes no EXPLAIN; the guard has seen that it explains a query
    cursor: Any = connection.cursor() if explains else connection.cursor(name="analyst")
    with cursor:
        cursor.execute(text)
        rows, cut_by_size = _read(cursor, request["rows"], request["bytes"])
        table, columns = to_table(cursor.description, rows[: request["rows"]])
    return {
        "columns": columns,
        "truncated": cut_by_size or len(rows) > request["rows"],
        "cut_by_size": cut_by_size,
        "seconds": time.perf_counter() - started,
    }, encode(table)


def _read(cursor: Any, limit: int, size: int) -> tuple[list[tuple[Any, ...]], bool]:
    rows: list[tuple[Any, ...]] = []
    used, step = 0, _FIRST_ROWS
    while len(rows) <= limit:
        batch = cursor.fetchmany(min(step, limit + 1 - len(rows)))
        if not batch:
            break
        rows += batch
        used += sum(
            len(value) if isinstance(value, str | bytes) else 16 for row in batch for value in row
        )
        if used > size:
            return rows, True
        step = max(1, min(_FETCH_ROWS, (size // 8) * len(rows) // max(1, used)))
    return rows, False


def _describe(error: Exception, sql: str) -> Head:
    """The server's message, hint and place; its context may name objects the user cannot see."""
    if not isinstance(error, psycopg.Error):
        return {"kind": "sql", "message": f"The rows could not be read ({type(error).__name__})."}
    place = None
    position = error.diag.statement_position
    if position and position.isdigit():
        place = _line_and_column(sql, int(position) - 1 - _BEFORE_SQL)
    return {
        "kind": "sql",
        "message": error.diag.message_primary or "The server closed the connection.",
        "hint": error.diag.message_hint,
        "where": place,
    }


def _line_and_column(sql: str, at: int) -> str | None:
    if not 0 <= at <= len(sql):
        return None
    line = sql.count("\n", 0, at) + 1
    return f"line {line}, column {at - sql.rfind(chr(10), 0, at)}"


def _reason(error: psycopg.Error) -> str:
    """Why there is no connection, without address or user."""
    text = str(error).rsplit("failed: ", 1)[-1].strip().split("\n")[0]
    return text.removeprefix("FATAL:").strip()[:300]
