"""Processes of their own, for tests that share files between them and kill them.

They are forked off one process that has loaded the parts: a start of Python for each would take
seconds. Their work is a function of a module.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

_CONTEXT = multiprocessing.get_context("forkserver")
# One list for all tests: the process is one, and whoever starts it first decides what it loads.
_CONTEXT.set_forkserver_preload(
    ["pytest", "openai", "psycopg", "sqlalchemy.dialects.postgresql", "src.llm.engine",
     "src.llm.providers.openai_compatible", "src.catalogue.smart_llm_client",
     "src.catalogue.outputs", "src.workflow.analysis", "tests.workflow.scripted"]
)  # fmt: skip


@dataclass(frozen=True)
class Forked:
    """A process under way.

    Attributes:
        told: gives what the process sends, and an EOFError after the last of it.
    """

    process: BaseProcess
    told: Connection

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def kill(self) -> None:
        """kill -9, and wait for the end."""
        self.process.kill()
        self.process.join()

    def rest(self) -> list[object]:
        """What it sent and nobody received yet; waits for the process's end."""
        heard = []
        try:
            while True:
                heard.append(self.told.recv())
        except (EOFError, OSError):  # the latter: killed in the middle of telling
            self.process.join(60)
        return heard


def start(work: Callable[..., None], *args: object) -> Forked:
    """A process that does `work(telling, *args)`; what it sends on `telling` can be heard here."""
    hearing, telling = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=work, args=(telling, *args), daemon=True)
    process.start()
    telling.close()
    return Forked(process, hearing)
