"""The book of every model call: one row per attempt, one per call, in the state database.

A caller goes on only when its rows are durable. Into a SQLite file that nobody else is writing to
they go at once; else one thread writes them, and commits whatever has gathered, so that a thousand
concurrent calls share commits.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import re
import sqlite3
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from src.llm.ledger_rows import CallEnd, CallTag, attempt_row, call_row, from_pico, to_pico
from src.llm.ledger_writers import SqliteWriter, Writer, is_file, open_writer
from src.llm.types import Attempt

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

__all__ = ["CallEnd", "CallTag", "Ledger", "from_pico", "open_state", "to_pico"]

log = logging.getLogger(__name__)
_BUSY_SECONDS = 10.0
_TURN_SECONDS = 0.02
_RACED = re.compile("locked|already exists|duplicate key")
_CHECKPOINT_EVERY = 200  # writes; the thread's connection keeps the write-ahead log short


@dataclass(slots=True)
class _Job:
    attempts: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    done: Future[None]


class Ledger:
    """Writes rows; `usage.py` reads them. One per process and database."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._engine: Engine | None = None
        self._writer: Writer | None = None
        self._quick: SqliteWriter | None = None
        self._quick_lock = threading.Lock()
        self._quick_writes = 0

    @property
    def engine(self) -> Engine:
        """The database, its tables made on first use."""
        with self._lock:
            if self._engine is None:
                self._engine = open_state(self._url)
            return self._engine

    def record(
        self, tag: CallTag, attempts: list[tuple[int, str, Attempt]], end: CallEnd | None = None
    ) -> Future[None]:
        """Write attempts (number, kind, attempt) and perhaps the end of a call.

        Returns:
            a future that is done when the rows are durable, or failed when they cannot be written.
        """
        job = _Job(
            attempts=[attempt_row(tag, *entry) for entry in attempts],
            calls=[call_row(tag, end)] if end is not None else [],
            done=Future(),
        )
        if self._write_at_once(job):
            job.done.set_result(None)
        else:
            self._hand_over(job)
        return job.done

    def _write_at_once(self, job: _Job) -> bool:
        """Write on the caller's own thread, if that takes no waiting for anybody."""
        quick = self._quick
        if quick is None or not self._quick_lock.acquire(blocking=False):
            return False
        try:
            self._quick_writes += 1
            if self._quick_writes % _CHECKPOINT_EVERY == 0:
                return False
            quick.write(job.attempts, job.calls)
        except sqlite3.Error:  # busy, full or closed: the thread waits, and says what is wrong
            return False
        else:
            return True
        finally:
            self._quick_lock.release()

    def _hand_over(self, job: _Job) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="llm-ledger", daemon=True)
                self._thread.start()
        self._queue.put(job)

    def close(self) -> None:
        """Finish what is queued and let go of the database."""
        if self._thread is not None and self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
        with self._quick_lock:
            quick, self._quick = self._quick, None
        for writer in (self._writer, quick):
            if writer is not None:
                writer.close()
        self._writer = None
        if self._engine is not None:
            self._engine.dispose()

    def _work(self) -> None:
        while True:
            job = self._queue.get()
            if job is None:
                return
            batch = [job]
            stop = False
            while not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    stop = True
                    break
                batch.append(following)
            self._commit(batch)
            if stop:
                return

    def _commit(self, batch: list[_Job]) -> None:
        # A caller may have given up waiting; its rows are written all the same.
        waiting = [job.done for job in batch if job.done.set_running_or_notify_cancel()]
        try:
            self._insert(batch)
        except Exception as error:  # noqa: BLE001 - the waiting callers must hear of any failure
            log.warning("The usage ledger could not be written: %s", type(error).__name__)
            for done in waiting:
                done.set_exception(error)
        else:
            for done in waiting:
                done.set_result(None)

    def _insert(self, batch: list[_Job]) -> None:
        """Write a batch in one transaction; once more on a new connection if the old one died."""
        import sqlalchemy as sa

        attempts = [row for job in batch for row in job.attempts]
        calls = [row for job in batch for row in job.calls]
        if self._writer is None:
            self._writer = open_writer(self.engine)
            if is_file(self.engine):
                with contextlib.suppress(sa.exc.DBAPIError, sqlite3.Error):  # can do without
                    self._quick = SqliteWriter(self.engine, patient=False)
        try:
            self._writer.write(attempts, calls)
        except (sa.exc.DBAPIError, sqlite3.Error):
            self._writer.close()
            self._writer = open_writer(self.engine)
            # Rows that are there already mean that the lost connection had committed them.
            with contextlib.suppress(sa.exc.IntegrityError, sqlite3.IntegrityError):
                self._writer.write(attempts, calls)


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
