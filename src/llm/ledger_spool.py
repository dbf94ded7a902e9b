"""Rows that are safe but not yet in the database: one append to a file of this process.

A transaction of SQLite for every call costs more processor time than the rest of the router; an
append survives the death of the process just as well. The ledger's thread moves what has gathered
into the database and empties the file. A file whose process died is read by whoever opens the
ledger next. The owner's lock on its file says that it lives.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

from src.llm.ledger_writers import Rows, as_text

try:
    import fcntl
except ImportError:  # Windows: rows go straight into the database there
    fcntl = None  # type: ignore[assignment]

_MARK = ".unsaved-"
_MODE = 0o600
_encode = json.JSONEncoder(default=as_text, separators=(",", ":")).encode


class Spool:
    """This process's file beside a SQLite database; made when the first row comes."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._file: int | None = None
        self._path: Path | None = None
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many entries are in the file and not in the database."""
        return self._waiting

    def keep(self, attempts: Rows, calls: Rows) -> None:
        """Append rows, durably against the death of this process.

        Raises:
            OSError: they could not be written.
        """
        line = _encode([attempts, calls]).encode() + b"\n"
        with self._lock:
            if self._file is None:
                self._open()
            assert self._file is not None
            if os.write(self._file, line) != len(line):
                # Half a line would spoil the next one: an empty line in between ends it.
                os.write(self._file, b"\n")
                raise OSError("The disk is full.")
            self._waiting += 1

    def settle(self, entries: int) -> None:
        """Forget so many entries: they are in the database now."""
        with self._lock:
            self._waiting -= entries
            if self._waiting == 0 and self._file is not None:
                os.ftruncate(self._file, 0)

    def close(self) -> None:
        """Close the file, and remove it when nothing in it is needed any more."""
        with self._lock:
            if self._file is None or self._path is None:
                return
            if self._waiting == 0:
                self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = self._path = None
            self._waiting = 0

    def _open(self) -> None:
        """A file that is ours: one that somebody took for a dead process's before we had locked
        it is gone, and another is made."""
        while True:
            path = self._database.with_name(f"{self._database.name}{_MARK}{uuid.uuid4().hex}")
            file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, _MODE)
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(file).st_nlink:
                    self._file, self._path = file, path
                    return
            os.close(file)


def can_spool() -> bool:
    """Whether this system has the locks that tell a dead process's file from a living one's."""
    return fcntl is not None


@contextlib.contextmanager
def left_behind(database: Path) -> Iterator[tuple[Rows, Rows]]:
    """The rows of processes that died before they had moved them; none of them, mostly.

    Their files are removed when the block ends well, and stay for the next one when it does not.
    """
    attempts: Rows = []
    calls: Rows = []
    taken: list[tuple[Path, int]] = []
    try:
        for path in database.parent.glob(f"{database.name}{_MARK}*"):
            with contextlib.suppress(OSError):
                file = os.open(path, os.O_RDONLY)
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:  # its process lives
                    os.close(file)
                    continue
                taken.append((path, file))
                for line in path.read_bytes().splitlines():
                    with contextlib.suppress(ValueError):  # cut short when its process died
                        entry = json.loads(line)
                        attempts += entry[0]
                        calls += entry[1]
        yield attempts, calls
        for path, _ in taken:
            path.unlink(missing_ok=True)
    finally:
        for _, file in taken:
            os.close(file)
