"""The user's own PostgreSQL database, queried through disposable caged workers."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from src.config.settings import Settings
from src.data.cage.frames import Head
from src.data.cage.launcher import Worker
from src.data.cage.pool import WorkerPool, query_slot
from src.data.cage.runner import exchange
from src.data.caged_warehouse import CagedWarehouse
from src.data.postgres_survey import Survey, survey
from src.data.profile import Dataset
from src.data.warehouse import CancelToken, RunLimits
from src.errors import ConfigError

_SURVEY_SECONDS = 120.0


class PostgresWarehouse(CagedWarehouse):
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
        super().__init__(settings)
        self._conninfo, self._name, self._id = _conninfo(url)
        self._survey: Survey | None = None
        self._survey_lock = threading.Lock()

    def dataset(self) -> Dataset:
        """Model and profile of the readable tables, measured on samples at the first call."""
        return self._surveyed().dataset

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a careful administrator would change, e.g. that the role may write."""
        return self._surveyed().warnings

    def close(self) -> None:
        """Nothing to do: no connection outlives its query."""

    def _readable(self) -> Sequence[str]:
        return self._surveyed().readable

    def _request(self, sql: str, limits: RunLimits, *, explain: bool) -> Head:
        surveyed = self._surveyed()
        return {
            **super()._request(sql, limits, explain=explain),
            "tables": list(surveyed.readable),
            "schemas": list(surveyed.schemas),
        }

    def _execute(
        self, request: Head, limits: RunLimits, cancel: CancelToken | None = None
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
        head, _ = self._execute(request, limits)
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
