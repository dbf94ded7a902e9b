"""The tasks whose results are still to come, on disk: in batch mode that may be all of a catalogue.

SQLite's own temporary database: small ones stay in memory, and it is gone with its connection.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from src.catalogue.values import CopyTask


@dataclass(frozen=True, slots=True)
class TaskHead:
    """What the journal says of a task."""

    id: str
    type: str
    title: str


class OpenTasks:
    """Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute(
            "CREATE TABLE open (id TEXT PRIMARY KEY, key TEXT, type TEXT, title TEXT) WITHOUT ROWID"
        )

    def add(self, task: CopyTask, key: str) -> None:
        """Keep a task; `key` is the one of its result."""
        row = (task.id, key, task.type, task.title)
        with self._lock:
            self._database.execute("INSERT OR REPLACE INTO open VALUES (?, ?, ?, ?)", row)

    def find(self, task_id: str) -> tuple[str, TaskHead]:
        """The key of a task's result, and the task.

        Raises:
            KeyError: it is not open.
        """
        with self._lock:
            row = self._database.execute(
                "SELECT key, id, type, title FROM open WHERE id = ?", (task_id,)
            ).fetchone()
        if row is None:
            raise KeyError(task_id)
        return row[0], TaskHead(*row[1:])

    def forget(self, task_ids: Iterable[str]) -> None:
        """Drop tasks whose results are kept."""
        with self._lock:
            self._database.executemany("DELETE FROM open WHERE id = ?", [(i,) for i in task_ids])

    def close(self) -> None:
        """Let go of the temporary database."""
        with self._lock:
            self._database.close()
