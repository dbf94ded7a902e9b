"""The book of every model call: one row per attempt, one per call, in the state database.

Rows are written by one thread that commits whatever has gathered, so a thousand concurrent calls
share commits; a caller goes on only when its rows are durable. Money is stored in whole
picodollars (1e-12 dollars): sums in SQL are exact.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from src.llm.types import Attempt, Outcome

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

log = logging.getLogger(__name__)
_PICO = Decimal(10) ** 12
_BUSY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class CallTag:
    """What all rows of one logical call share."""

    call_id: str
    task: str
    profile: str
    session: str | None = None
    user: str | None = None
    priority: str = "interactive"
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended; written with its last attempt.

    Attributes:
        kind: what answered: ``model``, ``cache``, ``offline``; ``none`` when nothing did.
        fallback: something other than the first choice answered.
    """

    kind: str
    outcome: Outcome
    seconds: float
    attempts: tuple[Attempt, ...]
    started_at: dt.datetime
    provider: str | None = None
    model: str | None = None
    error: str | None = None
    fallback: bool = False
    time_to_first_token: float | None = None
    saved: Decimal | None = None


@dataclass(slots=True)
class _Job:
    attempts: list[dict[str, Any]]
    call: dict[str, Any] | None
    done: Future[None]


class Ledger:
    """Writes rows; `usage.py` reads them. One per process and database."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._engine: Engine | None = None
        self._writer: _Writer | None = None

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
            attempts=[_attempt_row(tag, *entry) for entry in attempts],
            call=_call_row(tag, end) if end is not None else None,
            done=Future(),
        )
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="llm-ledger", daemon=True)
                self._thread.start()
        self._queue.put(job)
        return job.done

    def close(self) -> None:
        """Finish what is queued and let go of the database."""
        if self._thread is not None and self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
        if self._writer is not None:
            self._writer.close()
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
        calls = [job.call for job in batch if job.call is not None]
        if self._writer is None:
            self._writer = _Writer(self.engine)
        try:
            self._writer.write(attempts, calls)
        except sa.exc.DBAPIError:
            self._writer.close()
            self._writer = _Writer(self.engine)
            # Rows that are there already mean that the lost connection had committed them.
            with contextlib.suppress(sa.exc.IntegrityError):
                self._writer.write(attempts, calls)


class _Writer:
    """The writing thread's own connection, kept open: opening one costs more than a commit."""

    def __init__(self, engine: Engine) -> None:
        from src.llm import ledger_tables

        self._connection = engine.connect()
        self._attempts = ledger_tables.attempts.insert()
        self._calls = ledger_tables.calls.insert()

    def write(self, attempts: list[dict[str, Any]], calls: list[dict[str, Any]]) -> None:
        with self._connection.begin():
            if attempts:
                self._connection.execute(self._attempts, attempts)
            if calls:
                self._connection.execute(self._calls, calls)

    def close(self) -> None:
        self._connection.invalidate()
        self._connection.close()


def to_pico(amount: Decimal | None) -> int | None:
    """Dollars as whole picodollars."""
    return None if amount is None else int((amount * _PICO).to_integral_value())


def from_pico(amount: Any) -> Decimal:
    """Picodollars (or SQL's NULL sum) as dollars."""
    return Decimal(int(amount or 0)) / _PICO


def open_state(url: str) -> Engine:
    """The state database at `url`, ready to use: SQLite in WAL mode, or a server."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import metadata

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

    metadata.create_all(engine)
    return engine


def _attempt_row(tag: CallTag, number: int, kind: str, attempt: Attempt) -> dict[str, Any]:
    usage = attempt.usage
    return {
        "call_id": tag.call_id,
        "number": number,
        "kind": kind,
        "started_at": _naive(attempt.started_at),
        "task": tag.task,
        "session": tag.session,
        "user": tag.user,
        "profile": tag.profile,
        "deployment": attempt.deployment,
        "provider": attempt.provider,
        "model": attempt.model,
        "outcome": attempt.outcome.value,
        "error": attempt.error,
        "detail": attempt.detail,
        "seconds": attempt.seconds,
        "input_tokens": usage.input_tokens if usage else None,
        "cached_input_tokens": usage.cached_input_tokens if usage else None,
        "cache_write_tokens": usage.cache_write_tokens if usage else None,
        "output_tokens": usage.output_tokens if usage else None,
        "reasoning_tokens": usage.reasoning_tokens if usage else None,
        "cost_pico": to_pico(attempt.cost),
    }


def _call_row(tag: CallTag, end: CallEnd) -> dict[str, Any]:
    usages = [attempt.usage for attempt in end.attempts if attempt.usage is not None]
    known = [attempt.cost for attempt in end.attempts if attempt.cost is not None]
    return {
        "call_id": tag.call_id,
        "started_at": _naive(end.started_at),
        "task": tag.task,
        "session": tag.session,
        "user": tag.user,
        "profile": tag.profile,
        "priority": tag.priority,
        "tags": tag.tags,
        "kind": end.kind,
        "provider": end.provider,
        "model": end.model,
        "outcome": end.outcome.value,
        "error": end.error,
        "fallback": end.fallback,
        "attempts": len(end.attempts),
        "seconds": end.seconds,
        "time_to_first_token": end.time_to_first_token,
        "input_tokens": sum(usage.input_tokens for usage in usages),
        "cached_input_tokens": sum(usage.cached_input_tokens for usage in usages),
        "output_tokens": sum(usage.output_tokens for usage in usages),
        "reasoning_tokens": sum(usage.reasoning_tokens for usage in usages),
        "cost_pico": to_pico(sum(known, Decimal(0))),
        "unknown_costs": len(end.attempts) - len(known),
        "saved_pico": to_pico(end.saved),
    }


def _naive(moment: dt.datetime) -> dt.datetime:
    """UTC without a zone: the one form SQLite and PostgreSQL compare alike."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None)
