"""A run that a test kills: 60 texts, 4 at once, by a writer that bills each in a file."""

from __future__ import annotations

import asyncio
import os
from multiprocessing.connection import Connection
from pathlib import Path

from running import copy_of, run_of, task

from src.catalogue.journal import Journal
from src.catalogue.outputs import export
from src.catalogue.tasks import Keys

TASKS = [task(number) for number in range(60)]
AT_ONCE = 4


class Billing:
    """Writes down what it is paid for, as a provider would, before it answers."""

    def __init__(self, bill: Path) -> None:
        self.bill = os.open(bill, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def write(self, asked):
        await asyncio.sleep(0.005)
        os.write(self.bill, f"{asked.id}\n".encode())
        await asyncio.sleep(0.005)
        return copy_of(asked)


def run(telling: Connection, journal: Path, bill: Path, out: Path) -> None:
    with Journal(journal) as opened:
        asyncio.run(run_of(TASKS, Billing(bill), opened, concurrency=AT_ONCE).run())
        export(out, TASKS, opened, Keys("smart"))
