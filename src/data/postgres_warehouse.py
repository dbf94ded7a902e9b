"""The user's own PostgreSQL database, queried through disposable caged workers."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any

from src.config.settings import Settings, get_settings
from src.data.approved import ApprovedQuery, GuardVerdict, sql_sha256
from src.data.cage.frames import Head
from src.data.cage.guarding import guard
from src.data.cage.launcher import Worker
from src.data.cage.pool import WorkerPool, query_slot
from src.data.cage.results import to_frame, to_result
from src.data.cage.runner import RESULT_BYTES, exchange, require_approved
from src.data.postgres_survey import Survey, survey
from src.data.profile import Dataset, Profile
from src.data.result import QueryResult
from src.data.semantic import SemanticModel
from src.data.warehouse import CancelToken, RunLimits
from src.errors import ConfigError, NotApproved

_SURVEY_SECONDS = 120.0


class PostgresWarehouse:
    """Implements `src.data.warehouse.Warehouse` on a PostgreSQL database.

    Every statement runs in a read-only transaction of a connection of its own, in a process of its
    own. The address and its password reach that process alone and are in no error.

    Args:
        url: ``postgresql://user:password@host:port/database?…``, with or without a driver name.

    Raises:
        ConfigError: the URL cannot be read.
        ExecutionError: the database cannot be reached; from the first use, not from here.
    """

    dialect = "postgres"

    def __init__(self, url: str, settings: Settings | None = None) -> None:
        self._conninfo, self._name, self._id = _conninfo(url)
        self._settings = settings or get_settings()
        self._limits = RunLimits(
            seconds=self._settings.query_timeout_seconds,
            rows=self._settings.query_row_limit,
            memory_mb=self._settings.query_memory_mb,
        )
        self._survey: Survey | None = None
        self._survey_lock = threading.Lock()

    def dataset(self) -> Dataset:
        """Model and profile of the readable tables, measured on samples at the first call."""
        return self._surveyed().dataset

    def schema(self) -> SemanticModel:
        return self.dataset().model

    def profile(self) -> Profile:
        return self.dataset().profile

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a careful administrator would change, e.g. that the role may write."""
        return self._surveyed().warnings

    def check(self, sql: str) -> GuardVerdict:
        """The guard's verdict on `sql` against the tables the role may read. Runs nothing."""
        return guard(sql, self.dialect, self._surveyed().readable)

    def explain(self, sql: str) -> str:
        """PostgreSQL's plan of a statement the guard allows, as text.

        Raises:
            NotApproved: the guard refuses it.
            ExecutionError: as `run`.
        """
        verdict = self.check(sql)
        if not verdict.allowed:
            why = "; ".join(reason.message for reason in verdict.reasons)
            raise NotApproved(f"The guard refuses this statement: {why}.")
        _, body = self._execute(self._request(sql, self._limits, explain=True), self._limits, None)
        return "\n".join(str(line) for line in to_frame(body).iloc[:, 0])

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

    def close(self) -> None:
        """Nothing to do: no connection outlives its query."""

    def _request(self, sql: str, limits: RunLimits, *, explain: bool) -> Head:
        return {
            "sql": sql,
            "sha256": sql_sha256(sql),
            "tables": list(self._surveyed().readable),
            "schemas": list(self._surveyed().schemas),
            "explain": explain,
            "rows": limits.rows,
            "bytes": RESULT_BYTES,
            "seconds": limits.seconds,
        }

    def _execute(
        self, request: Head, limits: RunLimits, cancel: CancelToken | None
    ) -> tuple[Head, bytes]:
        with query_slot(self._settings.query_workers, cancel):
            worker = self._connected(limits, cancel)
            return exchange(worker, request, limits, cancel, gently=True)

    def _connected(self, limits: RunLimits, cancel: CancelToken | None) -> Worker:
        configuration = {"conninfo": self._conninfo, "memory_mb": limits.memory_mb}
        worker, head = WorkerPool("postgres", lambda: configuration).ready(cancel)
        if "failed" in head:
            worker.kill()
            raise ConfigError(
                f"The database {self._name} cannot be opened: {head['failed']['message']}.",
                where="DATABASE_URL",
                hint="Check its address, user and password.",
            )
        return worker

    def _surveyed(self) -> Survey:
        with self._survey_lock:
            if self._survey is None:
                self._survey = survey(self._ask, dataset_id=self._id, name=self._name)
            return self._survey

    def _ask(self, statements: list[tuple[str, list[Any]]]) -> list[list[list[Any]] | None]:
        limits = RunLimits(seconds=_SURVEY_SECONDS, memory_mb=self._limits.memory_mb)
        request = {"trusted": statements, "seconds": limits.seconds}
        head, _ = self._execute(request, limits, None)
        results: list[list[list[Any]] | None] = head["results"]
        return results


def _conninfo(url: str) -> tuple[str, str, str]:
    """The libpq address, the database's name, and an identifier that holds no secret."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    scheme, separator, rest = url.partition("://")
    plain = f"postgresql://{rest}" if separator else scheme
    try:
        parts = conninfo_to_dict(plain)
    except ProgrammingError:
        raise ConfigError(
            "The database URL cannot be read.",
            where="DATABASE_URL",
            hint="Write it as postgresql://user:password@host:port/database.",
        ) from None
    name = str(parts.get("dbname") or "postgres")
    place = "|".join(str(parts.get(key) or "") for key in ("host", "port", "dbname", "user"))
    return make_conninfo(plain), name, f"postgres-{hashlib.sha256(place.encode()).hexdigest()[:12]}"


if TYPE_CHECKING:
    from src.data.warehouse import Warehouse

    def _is_a_warehouse(warehouse: PostgresWarehouse) -> Warehouse:
        return warehouse
