"""The texts of a catalogue as a reviewer goes through them: one light line each, in file order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from src.catalogue.journal import Entry, Journal, Verdict
from src.catalogue.tasks import Keys
from src.catalogue.values import CopyTask, Language

VIEWS: Final = ("open", "approved", "edited", "rejected", "offline", "failed", "all")
"""What a reviewer may look at; ``open``: written, and nobody has decided."""


@dataclass(slots=True)
class Line:
    """One text without its text.

    Attributes:
        state: ``failed`` when nobody could write it.
        engine: ``model``, ``offline``, or empty.
    """

    key: str
    task_id: str
    product_id: str
    type: str
    title: str
    language: Language | None
    state: Literal["written", "failed"]
    engine: str
    verdict: Verdict | None

    def take(self, entry: Entry) -> None:
        """Follow a result that was written anew, or judged."""
        self.state = "failed" if entry.copy is None else "written"
        self.engine = entry.copy.engine if entry.copy else ""
        self.verdict = entry.reviewed

    def is_in(self, view: str) -> bool:
        """Whether the line belongs to one of `VIEWS`."""
        if view == "all":
            return True
        if view == "open":
            return self.state == "written" and self.verdict is None
        if view == "failed":
            return self.state == "failed" and self.verdict is None
        if view == "offline":
            return self.engine == "offline" and self.verdict is None
        return self.verdict == view


@dataclass(slots=True)
class Lines:
    """Every text there is for the products and templates as they are now; `missing` are not
    written yet."""

    lines: list[Line]
    missing: int

    def view(self, name: str, kind: str | None = None, search: str = "") -> list[Line]:
        """The lines of a view, of a content type, whose title or product id holds `search`."""
        wanted = search.strip().casefold()
        return [
            line
            for line in self.lines
            if line.is_in(name)
            and (kind is None or line.type == kind)
            and (not wanted or wanted in f"{line.title} {line.product_id}".casefold())
        ]

    def counts(self) -> Counter[str]:
        """How many lines each view has."""
        return Counter(view for line in self.lines for view in VIEWS if line.is_in(view))


def read_lines(
    tasks: Iterable[CopyTask],
    journal: Journal,
    keys: Keys,
    on_kept: Callable[[CopyTask, Entry], None],
    stands: Callable[[Entry], bool] = lambda _: True,
) -> Lines:
    """Go through the tasks once.

    Args:
        on_kept: told of every text that is there.
        stands: False for a text that is being written again: it counts as missing.
    """
    lines: list[Line] = []
    missing = 0
    for task in tasks:
        key = keys.of(task)
        entry = journal.find(key)
        if entry is None or not stands(entry):
            missing += 1
            continue
        on_kept(task, entry)
        line = Line(
            key, task.id, task.product_id, task.type, task.title, task.rules.language,
            "written", "", None,
        )  # fmt: skip
        line.take(entry)
        lines.append(line)
    return Lines(lines, missing)
