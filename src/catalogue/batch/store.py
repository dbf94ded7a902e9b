"""What was handed in and what came back: a SQLite file in the run's folder.

A batch is written down before it is handed in, and its id after, so that a run that died in
between knows there may be one. The file is locked as long as a run has it open.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from src.catalogue.checks import Problem
from src.catalogue.values import Copy, CopyRules, CopyTask
from src.errors import StateError, StepConflict
from src.llm.types import Attempt, Outcome, Usage

FILE = "batches.db"
_VERSION = 1
_SCHEMA = (
    "CREATE TABLE parts (name TEXT PRIMARY KEY, deployment TEXT NOT NULL, state TEXT NOT NULL,"
    " batch_id TEXT NOT NULL DEFAULT '', requests INTEGER NOT NULL,"
    " submitted_at TEXT NOT NULL DEFAULT '', tries INTEGER NOT NULL DEFAULT 0,"
    " cancelled INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE items (part TEXT NOT NULL, number INTEGER NOT NULL, print TEXT NOT NULL,"
    " task TEXT NOT NULL, state TEXT NOT NULL, end TEXT, wanted INTEGER NOT NULL DEFAULT 1,"
    " PRIMARY KEY (part, number))",
    "CREATE INDEX items_by_print ON items (print)",
    "CREATE INDEX items_by_state ON items (state, wanted)",
)
PartState = Literal["ready", "submitting", "open", "over"]
ItemState = Literal["asked", "written", "live"]


@dataclass(frozen=True, slots=True)
class Part:
    """A batch: `requests` texts of one deployment, marked with `name` at the provider."""

    name: str
    deployment: str
    state: PartState
    requests: int
    batch_id: str = ""
    submitted_at: dt.datetime | None = None
    tries: int = 0
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """What came of an item in its batch.

    Attributes:
        copy: the text, when it may be used.
        because: why it is left to the live path, e.g. ``refused``; `told` in words.
        attempt, call: the request in the batch as the ledger has it; None and empty when it was
            never begun.
        answer, problems: what the model wrote and why it was rejected, for the live path to have
            it repaired.
    """

    copy: Copy | None = None
    because: str = ""
    told: str = ""
    attempt: Attempt | None = None
    call: str = ""
    answer: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A task in a part; `custom_id` names it at the provider."""

    part: str
    number: int
    task: CopyTask
    state: ItemState
    wanted: bool
    end: End | None = None

    @property
    def custom_id(self) -> str:
        """The part's name and the item's place in it."""
        return f"{self.part}-{self.number}"


class BatchStore:
    """The file, opened for one run at a time.

    Raises:
        StepConflict: another run has it open.
        StateError: it cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, isolation_level=None, timeout=0.2)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
        except (OSError, sqlite3.Error) as error:
            if "locked" in str(error):
                raise StepConflict(
                    "Another run is working with these batches.",
                    where=self.path.name,
                    hint="Wait for it to end, or cancel it.",
                ) from None
            raise StateError(
                f"The batches' state cannot be used: {error}.",
                where=self.path.name,
                hint="Name another folder, or move the file away; the batches then start afresh.",
            ) from None

    def find(self, task: CopyTask) -> Item | None:
        """The newest item with exactly this task, and mark it as wanted by this run."""
        row = self._connection.execute(
            "SELECT part, number, task, state, wanted, end FROM items WHERE print = ?"
            " ORDER BY rowid DESC LIMIT 1",
            (_fingerprint(task),),
        ).fetchone()
        if row is None:
            return None
        self._connection.execute(
            "UPDATE items SET wanted = 1 WHERE part = ? AND number = ?", row[:2]
        )
        return replace(_item(row), wanted=True)

    def add(self, name: str, deployment: str, tasks: Sequence[CopyTask]) -> Part:
        """A new part that is ready to be handed in."""
        with self._transaction():
            self._connection.execute(
                "INSERT INTO parts (name, deployment, state, requests) VALUES (?, ?, 'ready', ?)",
                (name, deployment, len(tasks)),
            )
            self._insert(name, tasks, "asked", None)
        return Part(name, deployment, "ready", len(tasks))

    def add_live(self, name: str, tasks: Sequence[CopyTask], end: End) -> None:
        """Items that are left to the live path without having been in a batch."""
        with self._transaction():
            self._insert(name, tasks, "live", json.dumps(_plain_end(end), ensure_ascii=False))

    def parts(self) -> list[Part]:
        """Every part that is not over, oldest first."""
        rows = self._connection.execute(
            "SELECT name, deployment, state, requests, batch_id, submitted_at, tries, cancelled"
            " FROM parts WHERE state != 'over' ORDER BY rowid"
        ).fetchall()
        return [
            Part(
                name=row[0],
                deployment=row[1],
                state=row[2],
                requests=row[3],
                batch_id=row[4],
                submitted_at=dt.datetime.fromisoformat(row[5]) if row[5] else None,
                tries=row[6],
                cancelled=bool(row[7]),
            )
            for row in rows
        ]

    def known_batches(self) -> frozenset[str]:
        """Ids of all batches this folder ever had."""
        rows = self._connection.execute("SELECT batch_id FROM parts WHERE batch_id != ''")
        return frozenset(row[0] for row in rows)

    def put(self, part: Part) -> Part:
        """Write a part's state down, durably."""
        at = part.submitted_at.isoformat() if part.submitted_at else ""
        self._connection.execute(
            "UPDATE parts SET state = ?, batch_id = ?, submitted_at = ?, tries = ?, cancelled = ?"
            " WHERE name = ?",
            (part.state, part.batch_id, at, part.tries, part.cancelled, part.name),
        )
        return part

    def items(self, part: str, state: ItemState = "asked") -> list[Item]:
        """A part's items in that state, in order."""
        rows = self._connection.execute(
            "SELECT part, number, task, state, wanted, end FROM items"
            " WHERE part = ? AND state = ? ORDER BY number",
            (part, state),
        ).fetchall()
        return [_item(row) for row in rows]

    def item(self, part: str, number: int) -> Item | None:
        """One item, while it waits for its answer."""
        row = self._connection.execute(
            "SELECT part, number, task, state, wanted, end FROM items"
            " WHERE part = ? AND number = ? AND state = 'asked'",
            (part, number),
        ).fetchone()
        return None if row is None else _item(row)

    def settle(self, ended: Sequence[tuple[Item, End]]) -> None:
        """Write down what came of items, all of them or none."""
        with self._transaction():
            self._connection.executemany(
                "UPDATE items SET state = ?, end = ? WHERE part = ? AND number = ?",
                [
                    (
                        "written" if end.copy is not None else "live",
                        json.dumps(_plain_end(end), ensure_ascii=False),
                        item.part,
                        item.number,
                    )
                    for item, end in ended
                ],
            )

    def live(self, behind: int, most: int) -> list[tuple[int, Item]]:
        """Items that this run wants and the live path has to write, with their row numbers."""
        rows = self._connection.execute(
            "SELECT rowid, part, number, task, state, wanted, end FROM items"
            " WHERE state = 'live' AND wanted AND rowid > ? ORDER BY rowid LIMIT ?",
            (behind, most),
        ).fetchall()
        return [(row[0], _item(row[1:])) for row in rows]

    def forget(self, item: Item) -> None:
        """Drop an item: whoever asked for it has its result, or it was never done."""
        self._connection.execute(
            "DELETE FROM items WHERE part = ? AND number = ?", (item.part, item.number)
        )

    def drop_unanswered(self, part: Part) -> int:
        """Forget a cancelled part's items without an answer; a later run asks anew."""
        with self._transaction():
            dropped = self._connection.execute(
                "DELETE FROM items WHERE part = ? AND state = 'asked'", (part.name,)
            ).rowcount
            self._connection.execute("UPDATE parts SET state = 'over' WHERE name = ?", (part.name,))
        return dropped

    def close(self) -> None:
        """Let go of the file and its lock."""
        self._connection.close()

    def _insert(
        self, part: str, tasks: Sequence[CopyTask], state: ItemState, end: str | None
    ) -> None:
        self._connection.executemany(
            "INSERT INTO items (part, number, print, task, state, end) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (part, n, _fingerprint(task), _task_json(task), state, end)
                for n, task in enumerate(tasks)
            ],
        )

    def _transaction(self) -> _Transaction:
        return _Transaction(self._connection)

    def _prepare(self) -> None:
        run = self._connection.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        (version,) = run("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise sqlite3.DatabaseError("it was written by another version")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        with self._transaction():
            if version == 0:
                for statement in _SCHEMA:
                    run(statement)
                run(f"PRAGMA user_version = {_VERSION}")
            run("UPDATE items SET wanted = 0")


class _Transaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")


def tasks_of(items: Sequence[Item]) -> Iterator[tuple[str, CopyTask]]:
    """Custom ids and tasks."""
    return ((item.custom_id, item.task) for item in items)


def _fingerprint(task: CopyTask) -> str:
    # The offline text is nobody's answer but our own: a new one is no reason to pay again.
    return hashlib.blake2b(
        _task_json(replace(task, offline_text=None)).encode(), digest_size=16
    ).hexdigest()


def _task_json(task: CopyTask) -> str:
    return json.dumps(asdict(task), ensure_ascii=False, sort_keys=True)


def _task(text: str) -> CopyTask:
    fields = json.loads(text)
    rules = fields.pop("rules")
    return CopyTask(**fields, rules=CopyRules(**{**rules, "forbidden": tuple(rules["forbidden"])}))


def _item(row: Sequence[Any]) -> Item:
    part, number, task, state, wanted, end = row
    return Item(part, number, _task(task), state, bool(wanted), _end(end) if end else None)


def _plain_end(end: End) -> dict[str, Any]:
    plain = asdict(end)
    for part in ("copy", "attempt"):
        if plain[part] is not None:
            cost = plain[part]["cost"]
            plain[part]["cost"] = None if cost is None else str(cost)
    if end.attempt is not None:
        plain["attempt"]["started_at"] = end.attempt.started_at.isoformat()
    return plain


def _end(text: str) -> End:
    plain = json.loads(text)
    copy, attempt = plain.pop("copy"), plain.pop("attempt")
    problems = plain.pop("problems", ())  # a folder of an earlier version has none
    return End(
        **plain,
        problems=tuple(Problem(**problem) for problem in problems),
        copy=_copy(copy) if copy is not None else None,
        attempt=_attempt(attempt) if attempt is not None else None,
    )


def _copy(plain: dict[str, Any]) -> Copy:
    lists = {name: tuple(plain[name]) for name in ("calls", "notes")}
    return Copy(**{**_amounts(plain), **lists})


def _attempt(plain: dict[str, Any]) -> Attempt:
    at = dt.datetime.fromisoformat(plain["started_at"])
    return Attempt(**{**_amounts(plain), "outcome": Outcome(plain["outcome"]), "started_at": at})


def _amounts(plain: dict[str, Any]) -> dict[str, Any]:
    usage, cost = plain["usage"], plain["cost"]
    return {
        **plain,
        "usage": Usage(**usage) if usage is not None else None,
        "cost": Decimal(cost) if cost is not None else None,
    }
