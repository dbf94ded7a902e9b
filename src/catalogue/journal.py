"""What a run has written so far: the file that makes a restart cost nothing.

A SQLite file, not lines of JSON: a result is looked up by its key without reading the others, so
memory stays flat; a batch of results is durable as one transaction, or not there; and the lock that
keeps a second process out is the operating system's, so it ends with its process, kill -9 included.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

from src.catalogue.values import Copy
from src.errors import StateError, StepConflict
from src.llm.ledger_rows import from_pico, to_pico
from src.llm.types import Usage

_APPLICATION: Final = 0x43415450  # "CATP"
_VERSION: Final = 1
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, task_id TEXT NOT NULL, "
    "type TEXT NOT NULL, title TEXT NOT NULL, at TEXT NOT NULL, failed TEXT, "
    "temporary INTEGER NOT NULL DEFAULT 0, text TEXT, "
    "engine TEXT, provider TEXT, model TEXT, route TEXT, failed_over TEXT, usage TEXT, "
    "cost_pico INTEGER, seconds REAL, calls TEXT, notes TEXT)",
    "CREATE TABLE IF NOT EXISTS reviews (key TEXT PRIMARY KEY, verdict TEXT NOT NULL, text TEXT, "
    "at TEXT NOT NULL)",
)
_COLUMNS: Final = (
    "key", "task_id", "type", "title", "at", "failed", "temporary", "text", "engine", "provider",
    "model", "route", "failed_over", "usage", "cost_pico", "seconds", "calls", "notes",
)  # fmt: skip
# Rows of one statement: at each statement's end this thread lets go of the interpreter, and waits
# for milliseconds until a busy one has it back.
_USAGE: Final = tuple(one.name for one in fields(Usage))
_ROWS_AT_ONCE: Final = 64
_TO_DISK_SECONDS: Final = 1.0
Verdict = Literal["approved", "edited", "rejected"]
_Statement = tuple[str, Sequence[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """How one task ended: with a copy, or with the reasons why there is none.

    Attributes:
        key: of `tasks.Keys`.
        temporary: there is no copy for reasons that may pass, such as a provider that was down.
        reviewed, revised: a person's verdict, and the text they put in its place.
    """

    key: str
    task_id: str
    type: str
    title: str
    copy: Copy | None = None
    reasons: tuple[str, ...] = ()
    temporary: bool = False
    reviewed: Verdict | None = None
    revised: str | None = None

    @property
    def text(self) -> str | None:
        """The text as it goes out: the person's, or else the engine's."""
        if self.reviewed == "rejected":
            return None
        return self.revised if self.revised is not None else self.copy.text if self.copy else None


class Journal:
    """One run's results on disk. Its methods may be called from any thread; one process at a time.

    Raises:
        StepConflict: another process has it open.
        StateError: the file is something else, damaged, or of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._to_disk_at = 0.0
        self._waits_for_disk: bool | None = None
        self._reviewed = False  # whether there may be a review that a new result takes away
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(
            path, timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare()
        except sqlite3.OperationalError as error:
            self._connection.close()
            if "locked" in str(error):
                raise StepConflict(
                    f"Another process is working on {path.name}.",
                    where=path.name,
                    kept="Nothing was started; the other run goes on.",
                    hint="Wait for it, or give this run a journal of its own.",
                ) from None
            raise _unusable(path, str(error)) from None
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise _unusable(path, str(error)) from None
        except BaseException:
            self._connection.close()
            raise

    def find(self, key: str) -> Entry | None:
        """The result kept under `key`."""
        with self._lock:
            row = self._connection.execute(
                "SELECT results.*, reviews.verdict, reviews.text FROM results "
                "LEFT JOIN reviews USING (key) WHERE key = ?",
                (key,),
            ).fetchone()
        return _entry(row) if row else None

    def write(self, entries: Sequence[Entry]) -> None:
        """Keep results. All of them outlast this process when this returns; a power cut may cost
        those of the last second.

        Raises:
            StateError: they could not be written, e.g. on a full disk; none of them was.
        """
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        statements: list[_Statement] = []
        for start in range(0, len(entries), _ROWS_AT_ONCE):
            some = entries[start : start + _ROWS_AT_ONCE]
            values = tuple(value for entry in some for value in _row(entry, now))
            statements.append((_inserting(len(some)), [values]))
        with self._lock:
            if self._reviewed:
                keys = [(entry.key,) for entry in entries]
                statements.append(("DELETE FROM reviews WHERE key = ?", keys))
            self._change(statements)

    def review(self, key: str, verdict: Verdict, text: str | None = None) -> None:
        """Keep a person's verdict on a result; a new result takes it away."""
        self._keep_reviews([(key, verdict, text)])

    def review_all(self, keys: Sequence[str], verdict: Verdict) -> None:
        """Keep the same verdict on many results: all of it or, on an error, none."""
        self._keep_reviews([(key, verdict, None) for key in keys])

    def forget(self, key: str) -> None:
        """Drop a result, so that the next run writes it anew."""
        self._change([
            ("DELETE FROM results WHERE key = ?", [(key,)]),
            ("DELETE FROM reviews WHERE key = ?", [(key,)]),
        ])  # fmt: skip

    def entries(self) -> Iterator[Entry]:
        """Every result, in order of writing."""
        last = 0
        while True:
            with self._lock:
                rows = self._connection.execute(
                    "SELECT results.rowid, results.*, reviews.verdict, reviews.text FROM results "
                    "LEFT JOIN reviews USING (key) WHERE results.rowid > ? "
                    "ORDER BY results.rowid LIMIT 500",
                    (last,),
                ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            yield from (_entry(row[1:]) for row in rows)

    def stopgap(self) -> Entry | None:
        """The last text that the offline template wrote because no model could be asked."""
        with self._lock:
            row = self._connection.execute(
                "SELECT key FROM results WHERE engine = 'offline' AND temporary "
                "ORDER BY rowid DESC LIMIT 1"
            ).fetchone()
        return self.find(row[0]) if row else None

    def remember(self, name: str, value: Any) -> None:
        """Keep a fact about the run (JSON-ready), durably, e.g. the id of a batch under way."""
        with self._lock:
            self._connection.execute(
                "INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)",
                (name, json.dumps(value)),
            )

    def recall(self, name: str) -> Any:
        """A fact that was kept; None when there is none."""
        with self._lock:
            row = self._connection.execute(
                "SELECT value FROM facts WHERE name = ?", (name,)
            ).fetchone()
        return json.loads(row[0]) if row else None

    def close(self) -> None:
        """Let go of the file and its lock."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _keep_reviews(self, reviews: Sequence[tuple[str, Verdict, str | None]]) -> None:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        with self._lock:
            self._reviewed = True
            self._change([
                ("INSERT OR REPLACE INTO reviews (key, verdict, text, at) VALUES (?, ?, ?, ?)",
                 [(*review, now) for review in reviews]),
            ])  # fmt: skip

    def _change(self, statements: Sequence[_Statement]) -> None:
        """Run statements as one transaction, which a single one is by itself. Every commit outlasts
        the process; to wait for the disk each time would hold everything up that looks for a result
        meanwhile."""
        with self._lock:
            to_disk = time.monotonic() >= self._to_disk_at
            try:
                if to_disk != self._waits_for_disk:
                    how = "FULL" if to_disk else "NORMAL"
                    self._connection.execute(f"PRAGMA synchronous = {how}")
                    self._waits_for_disk = to_disk
                if len(statements) == 1 and len(statements[0][1]) == 1:
                    self._connection.execute(statements[0][0], statements[0][1][0])
                else:
                    self._connection.execute("BEGIN")
                    for statement, rows in statements:
                        self._connection.executemany(statement, rows)
                    self._connection.execute("COMMIT")
                if to_disk:
                    self._to_disk_at = time.monotonic() + _TO_DISK_SECONDS
            except sqlite3.Error as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise StateError(
                    f"Results could not be written to {self.path.name}: {error}.",
                    where=self.path.name,
                    kept="Every result written before, and the ledger of what was spent.",
                    hint="Make room on the disk and start again: what is kept is not paid again.",
                ) from None

    def _prepare(self) -> None:
        run = self._connection.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        (application,) = run("PRAGMA application_id").fetchone()
        (version,) = run("PRAGMA user_version").fetchone()
        (tables,) = run("SELECT count(*) FROM sqlite_master").fetchone()
        if application != _APPLICATION and tables:
            raise _unusable(self.path, "it is a database of something else")
        if version > _VERSION:
            raise _unusable(self.path, "it was written by a newer version")
        run("PRAGMA journal_mode = WAL")
        run("BEGIN EXCLUSIVE")
        for table in _TABLES:
            run(table)
        run(f"PRAGMA application_id = {_APPLICATION}")
        run(f"PRAGMA user_version = {_VERSION}")
        run("COMMIT")
        self._reviewed = run("SELECT 1 FROM reviews LIMIT 1").fetchone() is not None


def set_aside(path: Path) -> Path | None:
    """Rename a journal and its log, so that a run starts afresh and nothing paid is deleted.

    Returns:
        Where it is now; None when there was none.

    Raises:
        StepConflict: another process has it open.
    """
    if not path.exists():
        return None
    Journal(path).close()  # brings the log into the file, and fails while somebody writes
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S")
    number, target = 1, path.with_name(f"{path.name}.{stamp}")
    while target.exists():
        number, target = number + 1, path.with_name(f"{path.name}.{stamp}-{number}")
    path.rename(target)
    return target


def _unusable(path: Path, why: str) -> StateError:
    return StateError(
        f"{path.name} cannot be used as a journal: {why}.",
        where=path.name,
        kept="The file was not changed.",
        hint="Name another file, or start afresh: then this one is set aside.",
    )


def _inserting(rows: int) -> str:
    marks = f"({', '.join('?' * len(_COLUMNS))})"
    return (
        f"INSERT OR REPLACE INTO results ({', '.join(_COLUMNS)}) "  # noqa: S608 - our own names
        f"VALUES {', '.join([marks] * rows)}"
    )


def _row(entry: Entry, now: str) -> tuple[Any, ...]:
    head = (entry.key, _utf8(entry.task_id), _utf8(entry.type), _utf8(entry.title), now)
    made = entry.copy
    if made is None:
        reasons = json.dumps(entry.reasons)
        return (*head, reasons, entry.temporary, *[None] * 11)
    return (
        *head,
        None,
        made.temporary,
        _utf8(made.text),
        made.engine,
        made.provider,
        made.model,
        _utf8(made.route),
        made.failed_over,
        json.dumps({name: getattr(made.usage, name) for name in _USAGE}) if made.usage else None,
        to_pico(made.cost),
        made.seconds,
        json.dumps(made.calls),
        json.dumps(made.notes),
    )


def _utf8(text: str) -> str:
    """Half a surrogate pair, which JSON may bring, is no character and cannot be stored."""
    return text.encode("utf-8", "replace").decode()


def _entry(row: Sequence[Any]) -> Entry:
    kept = dict(zip(_COLUMNS, row, strict=False))
    verdict, revised = row[len(_COLUMNS) :]
    made: Copy | None = None
    if kept["failed"] is None:
        made = Copy(
            task_id=kept["task_id"],
            text=kept["text"],
            engine=kept["engine"],
            provider=kept["provider"],
            model=kept["model"],
            route=kept["route"],
            failed_over=kept["failed_over"],
            usage=Usage(**json.loads(kept["usage"])) if kept["usage"] else None,
            cost=None if kept["cost_pico"] is None else from_pico(kept["cost_pico"]),
            seconds=kept["seconds"],
            calls=tuple(json.loads(kept["calls"])),
            notes=tuple(json.loads(kept["notes"])),
            temporary=bool(kept["temporary"]),
        )
    return Entry(
        key=kept["key"],
        task_id=kept["task_id"],
        type=kept["type"],
        title=kept["title"],
        copy=made,
        reasons=tuple(json.loads(kept["failed"])) if kept["failed"] else (),
        temporary=made is None and bool(kept["temporary"]),
        reviewed=verdict,
        revised=revised,
    )
