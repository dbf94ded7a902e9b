"""The book of every model call: one row per attempt, one per call, in the state database.

A caller goes on only when its rows are durable. Beside a SQLite file they are once they are in
this process's spool; one thread moves what has gathered into the database, so that a thousand
calls share commits. A server's rows are durable when they are committed. Whoever reads gets the
database from `Ledger.engine`, which holds all rows by then.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import queue
import re
import sqlite3
import threading
import time
import weakref
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from src.llm.ledger_rows import CallEnd, CallTag, attempt_row, call_row, from_pico, to_pico
from src.llm.ledger_spool import Spool, can_spool, left_behind
from src.llm.ledger_writers import Writer, is_file, open_writer
from src.llm.types import Attempt

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

__all__ = ["CallEnd", "CallTag", "Ledger", "from_pico", "open_state", "to_pico"]

log = logging.getLogger(__name__)
_BUSY_SECONDS = 10.0
_TURN_SECONDS = 0.02
_GATHER_SECONDS = 0.1  # how long spooled rows wait for company; a reader does not wait for that
_RACED = re.compile("locked|already exists|duplicate key")


_DURABLE: Future[None] = Future()
_DURABLE.set_result(None)


@dataclass(frozen=True, slots=True)
class _Job:
    """Rows to be written; without rows: a reader who waits until those before it are."""

    attempts: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    done: Future[None]
    spooled: bool = False


class Ledger:
    """Writes rows; `usage.py` reads them. One per process and database."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._engine: Engine | None = None
        self._writer: Writer | None = None
        self._spool: Spool | None = None
        self._late: list[_Job] = []
        self._hurry = threading.Event()

    @property
    def engine(self) -> Engine:
        """The database with all rows in it, its tables made on first use."""
        engine = self._opened()
        if self._spool is not None and threading.current_thread() is not self._thread:
            if self._spool.waiting:
                self._flush()
            self._take_over(engine)
        return engine

    def record(
        self, tag: CallTag, attempts: list[tuple[int, str, Attempt]], end: CallEnd | None = None
    ) -> Future[None]:
        """Write attempts (number, kind, attempt) and perhaps the end of a call.

        Returns:
            a future that is done when the rows are durable, or failed when they cannot be written.
        """
        if self._engine is None:
            self._opened()
        attempt_rows = [attempt_row(tag, *entry) for entry in attempts]
        call_rows = [call_row(tag, end)] if end is not None else []
        spooled = False
        if self._spool is not None:
            with contextlib.suppress(OSError):  # then the database itself may still take it
                self._spool.keep(attempt_rows, call_rows)
                spooled = True
        job = _Job(attempt_rows, call_rows, _DURABLE if spooled else Future(), spooled)
        self._hand_over(job)
        return job.done

    def close(self) -> None:
        """Finish what is queued and let go of the database."""
        if self._thread is not None and self._thread.is_alive():
            self._queue.put(None)
            self._hurry.set()
            self._thread.join()
        if self._writer is not None:
            self._writer.close()
        self._writer, self._late = None, []
        if self._spool is not None:
            self._spool.close()
        if self._engine is not None:
            self._engine.dispose()

    def _opened(self) -> Engine:
        with self._lock:
            if self._engine is None:
                engine = open_state(self._url)
                if is_file(engine) and can_spool():
                    self._spool = Spool(Path(str(engine.url.database)))
                    _finish_at_exit(self)
                self._engine = engine
            return self._engine

    def _hand_over(self, job: _Job) -> None:
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(
                        target=self._work, name="llm-ledger", daemon=True
                    )
                    self._thread.start()
        self._queue.put(job)

    def _flush(self) -> None:
        """Wait until every row that is queued is in the database, or until that is hopeless."""
        job = _Job([], [], Future())
        self._hand_over(job)
        self._hurry.set()
        with contextlib.suppress(TimeoutError):
            job.done.exception(timeout=_BUSY_SECONDS)

    def _take_over(self, engine: Engine) -> None:
        """Move the rows that a killed process left behind; if the file is busy, next time."""
        database = Path(str(engine.url.database))
        with (
            contextlib.suppress(sqlite3.Error),
            self._lock,
            left_behind(database) as (attempts, calls),
        ):
            if attempts or calls:
                with contextlib.closing(open_writer(engine)) as writer:
                    writer.write(attempts, calls)

    def _work(self) -> None:
        while True:
            batch, stop = self._gathered()
            if batch:
                self._commit(batch)
            if stop:
                return

    def _gathered(self) -> tuple[list[_Job], bool]:
        """The next jobs, and whether they are the last."""
        job = self._queue.get()
        if job is not None and job.spooled:
            self._hurry.wait(_GATHER_SECONDS)
        self._hurry.clear()
        batch: list[_Job] = []
        while job is not None:
            batch.append(job)
            if self._queue.empty():
                return batch, False
            job = self._queue.get()
        return batch, True

    def _commit(self, batch: list[_Job]) -> None:
        batch, self._late = self._late + batch, []
        # A caller may have given up waiting; its rows are written all the same.
        waiting = [
            job.done for job in batch if not job.spooled and job.done.set_running_or_notify_cancel()
        ]
        try:
            self._insert(batch)
        except Exception as error:  # noqa: BLE001 - the waiting callers must hear of any failure
            log.warning("The usage ledger could not be written: %s", type(error).__name__)
            self._late = [job for job in batch if job.spooled]
            for done in waiting:
                done.set_exception(error)
        else:
            if self._spool is not None:
                self._spool.settle(sum(job.spooled for job in batch))
            for done in waiting:
                done.set_result(None)

    def _insert(self, batch: list[_Job]) -> None:
        """Write a batch in one transaction; once more on a new connection if the old one died."""
        import sqlalchemy as sa

        attempts = [row for job in batch for row in job.attempts]
        calls = [row for job in batch for row in job.calls]
        if not attempts and not calls:
            return
        engine = self._opened()
        if self._writer is None:
            self._writer = open_writer(engine)
        try:
            self._writer.write(attempts, calls)
        except (sa.exc.DBAPIError, sqlite3.Error):
            self._writer.close()
            self._writer = open_writer(engine)
            # Rows that are there already mean that the lost connection had committed them.
            with contextlib.suppress(sa.exc.IntegrityError):
                self._writer.write(attempts, calls)


def _finish_at_exit(ledger: Ledger) -> None:
    known = weakref.ref(ledger)

    def finish() -> None:
        if (still := known()) is not None:
            still.close()

    atexit.register(finish)


def open_state(url: str) -> Engine:
    """The state database at `url`, ready to use: SQLite in WAL mode, or a server."""
    import sqlalchemy as sa

    parsed = sa.make_url(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    if sqlite and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    arguments = {"timeout": _BUSY_SECONDS} if sqlite else {}
    engine = sa.create_engine(parsed, connect_args=arguments, pool_pre_ping=not sqlite)
    if sqlite:

        @sa.event.listens_for(engine, "connect")
        def _pragmas(connection: Any, _record: Any) -> None:
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode=WAL")
            # A committed row survives the death of the process; only a power cut could lose it.
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.close()

    _make_tables(engine)
    return engine


def _make_tables(engine: Engine) -> None:
    """Make what is missing. Another process may be at it: SQLite does not wait for its turn to
    switch a new file's journal mode, and both may find the same table missing."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import metadata

    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            metadata.create_all(engine)
        except sa.exc.DBAPIError as error:
            somebody_else = _RACED.search(str(error.orig))
            if somebody_else is None or time.monotonic() > end:
                raise
            time.sleep(_TURN_SECONDS)
        else:
            return
