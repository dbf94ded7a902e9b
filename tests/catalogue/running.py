"""Tasks, writers and runs for tests of the pipeline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from src.catalogue.journal import Journal
from src.catalogue.pipeline import CatalogueRun
from src.catalogue.progress import Progress
from src.catalogue.tasks import Keys
from src.catalogue.values import Copy, CopyRules, CopyTask


def task(number: int, **rest: Any) -> CopyTask:
    values: dict[str, Any] = {
        "id": f"p{number}/description",
        "product_id": f"p{number}",
        "type": "description",
        "prompt": f"Describe product {number}.",
        "title": f"Product {number}",
        "rules": CopyRules(language="en"),
        "max_tokens": 100,
    }
    return CopyTask(**values | rest)


def copy_of(asked: CopyTask, text: str = "", **rest: Any) -> Copy:
    values: dict[str, Any] = {
        "task_id": asked.id,
        "text": text or f"Text of {asked.id}",
        "engine": "model",
        "provider": "openai",
        "model": "gpt-6-luna",
        "route": "standard",
        "cost": Decimal("0.001"),
    }
    return Copy(**values | rest)


class Scripted:
    """A writer that counts, remembers what it was asked, and can be held back.

    Args:
        say: makes the text, or raises.
    """

    def __init__(self, say: Callable[[CopyTask], Copy] = copy_of) -> None:
        self.say = say
        self.asked: list[str] = []
        self.now = self.most = 0
        self.gate: asyncio.Event | None = None

    async def write(self, asked: CopyTask) -> Copy:
        self.asked.append(asked.id)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await (self.gate.wait() if self.gate is not None else asyncio.sleep(0))
            return self.say(asked)
        finally:
            self.now -= 1


def run_of(
    tasks: list[CopyTask], writer: Any, journal: Journal, strategy: Any = "smart", **rest: Any
) -> CatalogueRun:
    return CatalogueRun(lambda: tasks, len(tasks), writer, journal, Keys(strategy), **rest)


def finish(tasks: list[CopyTask], writer: Any, path: Path, **rest: Any) -> Progress:
    """One whole run over the journal at `path`."""
    with Journal(path) as journal:
        return asyncio.run(run_of(tasks, writer, journal, **rest).run())
