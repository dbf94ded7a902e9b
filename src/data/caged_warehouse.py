"""What warehouses share whose every statement runs in a caged worker of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from src.config.settings import Settings, get_settings
from src.data.approved import ApprovedQuery, GuardVerdict, sql_sha256
from src.data.cage.frames import Head
from src.data.cage.guarding import guard
from src.data.cage.results import to_result
from src.data.cage.runner import RESULT_BYTES, require_approved
from src.data.profile import Dataset, Profile
from src.data.result import QueryResult
from src.data.semantic import SemanticModel
from src.data.warehouse import CancelToken, RunLimits
from src.errors import NotApproved


class CagedWarehouse(ABC):
    """Implements `src.data.warehouse.Warehouse` but for where the data is and how it is reached.

    Args:
        settings: limits of a query; the process's own by default.
    """

    dialect: ClassVar[str]

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or get_settings()
        self._limits = RunLimits(
            seconds=self._settings.query_timeout_seconds,
            rows=self._settings.query_row_limit,
            memory_mb=self._settings.query_memory_mb,
        )

    @abstractmethod
    def dataset(self) -> Dataset:
        """Model, profile and identity of the data."""

    def schema(self) -> SemanticModel:
        return self.dataset().model

    def profile(self) -> Profile:
        return self.dataset().profile

    def check(self, sql: str) -> GuardVerdict:
        """The guard's verdict on `sql` against the tables that may be read. Runs nothing."""
        return guard(sql, self.dialect, self._readable())

    def explain(self, sql: str) -> str:
        """The engine's plan of a statement the guard allows, as text.

        Raises:
            NotApproved: the guard refuses it.
            ExecutionError: as `run`.
        """
        verdict = self.check(sql)
        if not verdict.allowed:
            why = "; ".join(reason.message for reason in verdict.reasons)
            raise NotApproved(f"The guard refuses this statement: {why}.")
        from src.data.cage.results import to_frame

        head, body = self._execute(self._request(sql, self._limits, explain=True), self._limits)
        if not head["columns"]:
            return ""
        # DuckDB names its plan in a first column and gives it in the last.
        return "\n".join(str(text) for text in to_frame(body).iloc[:, -1])

    def run(
        self,
        approved: ApprovedQuery,
        *,
        limits: RunLimits | None = None,
        cancel: CancelToken | None = None,
    ) -> QueryResult:
        """Run exactly the approved bytes in a worker of their own; see `Warehouse.run`."""
        sql = require_approved(approved, self.dialect)
        limits = limits or self._limits
        head, body = self._execute(self._request(sql, limits, explain=False), limits, cancel)
        return to_result(head, body, sql, limits)

    @abstractmethod
    def _readable(self) -> Sequence[str]:
        """Names of the tables a statement may read."""

    @abstractmethod
    def _execute(
        self, request: Head, limits: RunLimits, cancel: CancelToken | None = None
    ) -> tuple[Head, bytes]:
        """A worker's answer to the request."""

    def _request(self, sql: str, limits: RunLimits, *, explain: bool) -> Head:
        return {
            "sql": sql,
            "sha256": sql_sha256(sql),
            "tables": None,
            "explain": explain,
            "rows": limits.rows,
            "bytes": RESULT_BYTES,
            "seconds": limits.seconds,
        }
