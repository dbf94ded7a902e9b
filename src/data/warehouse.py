"""The face every kind of storage shows to the layers above."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol

from src.data.approved import ApprovedQuery, GuardVerdict
from src.data.profile import Dataset, Profile
from src.data.result import QueryResult
from src.data.semantic import SemanticModel


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What one query may use. Seconds of wall time, rows fetched, megabytes of engine memory."""

    seconds: float = 30.0
    rows: int = 10_000
    memory_mb: int = 1024


class CancelToken:
    """Set from any thread to stop a running query."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()


class Warehouse(Protocol):
    """A place that holds tables and runs approved SQL, one disposable worker a query."""

    @property
    def dialect(self) -> str:
        """sqlglot's dialect name: ``duckdb``, ``postgres`` …"""
        ...

    def dataset(self) -> Dataset:
        """Model, profile and identity of the data."""
        ...

    def schema(self) -> SemanticModel: ...

    def profile(self) -> Profile: ...

    def check(self, sql: str) -> GuardVerdict:
        """The guard's verdict on `sql` against this warehouse's tables. Runs nothing."""
        ...

    def explain(self, sql: str) -> str:
        """The engine's plan as text, for a statement the guard allows."""
        ...

    def run(
        self,
        approved: ApprovedQuery,
        *,
        limits: RunLimits | None = None,
        cancel: CancelToken | None = None,
    ) -> QueryResult:
        """Run exactly the approved bytes.

        Raises:
            NotApproved: `approved` is not an `ApprovedQuery`, its hash does not match, or the
                guard, which runs again, refuses it.
            QueryTimeout, QueryOutOfMemory, WorkerCrashed, QueryCancelled, SqlFailed, EngineBusy.
        """
        ...

    def close(self) -> None: ...
