"""A data set in an immutable DuckDB file, queried through disposable caged workers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from src.config.settings import Settings
from src.data.cage.duckdb_threads import default_threads
from src.data.cage.frames import Head
from src.data.cage.launcher import Worker
from src.data.cage.pool import QUEUE_SECONDS, WorkerPool, query_slot
from src.data.cage.runner import exchange
from src.data.caged_warehouse import CagedWarehouse
from src.data.profile import Dataset
from src.data.warehouse import CancelToken, RunLimits
from src.errors import DataFileError


class DuckDBWarehouse(CagedWarehouse):
    """Implements `src.data.warehouse.Warehouse` on one DuckDB file.

    A worker is started ahead of the first query, and the next one after each query; `close` ends
    the spare. May be used from any thread.

    Args:
        path: the data set's ``.duckdb`` file; it is opened read-only and never changed.
        dataset: model and profile of what the file holds.

    Raises:
        DataFileError: there is no such file.
    """

    dialect = "duckdb"

    def __init__(self, path: Path, dataset: Dataset, settings: Settings | None = None) -> None:
        super().__init__(settings)
        self._path = Path(path).resolve()
        if not self._path.is_file():
            raise DataFileError(
                f"The data set {dataset.name} has no data file any more.",
                where=self._path.name,
                hint="Upload the file again.",
            )
        self._dataset = dataset
        self._pool = WorkerPool("duckdb", lambda: self._configuration(self._limits.memory_mb))
        self._tables: tuple[str, ...] | None = None
        self._pool.warm()

    def dataset(self) -> Dataset:
        return self._dataset

    def close(self) -> None:
        """End the spare worker. Queries that run are not disturbed."""
        self._pool.close()

    def __enter__(self) -> DuckDBWarehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _execute(
        self, request: Head, limits: RunLimits, cancel: CancelToken | None = None
    ) -> tuple[Head, bytes]:
        with query_slot(self._settings.query_workers, cancel, QUEUE_SECONDS):
            worker = self._ready_worker(limits, cancel)
            try:
                return exchange(worker, request, limits, cancel)
            finally:
                self._pool.warm_soon()

    def _ready_worker(self, limits: RunLimits, cancel: CancelToken | None) -> Worker:
        pool = self._pool
        if limits.memory_mb != self._limits.memory_mb:  # a spare has the usual limit
            pool = WorkerPool("duckdb", lambda: self._configuration(limits.memory_mb))
        worker, greeting = pool.ready(cancel)
        if "failed" in greeting:
            worker.kill()
        self._learn(greeting)
        return worker

    def _readable(self) -> Sequence[str]:
        if self._tables is None:
            self._learn(self._pool.greeting())
        return self._tables or ()

    def _learn(self, greeting: Head) -> None:
        if "failed" in greeting:
            raise DataFileError(
                f"The data file of {self._dataset.name} cannot be opened.",
                where=self._path.name,
                hint="Upload the file again.",
            )
        self._tables = tuple(greeting["tables"])

    def _configuration(self, memory_mb: int) -> Head:
        return {
            "database": str(self._path),
            "memory_mb": memory_mb,
            "threads": default_threads(),
        }


if TYPE_CHECKING:
    from src.data.warehouse import Warehouse

    def _is_a_warehouse(warehouse: DuckDBWarehouse) -> Warehouse:
        return warehouse
