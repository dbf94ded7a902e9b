"""Processes that make model calls and tell which of them were answered, until they are killed."""

from __future__ import annotations

import multiprocessing
import os
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from src.config.models import load_models
from src.config.settings import Settings
from src.llm.router import Router
from src.llm.types import LLMRequest, TaskType

# Forked off a process that has loaded everything: a start of Python for each would take seconds.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["callers", "openai", "sqlalchemy.dialects.postgresql", "psycopg", "src.llm.engine",
     "src.llm.providers.openai_compatible"]
)  # fmt: skip


@dataclass
class Caller:
    """A process under way; `answered` gives the sessions of its calls as they are answered."""

    process: BaseProcess
    answered: Connection

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def rest(self) -> list[str]:
        """All sessions that were answered and not yet received; waits for the process's end."""
        heard = []
        try:
            while True:
                heard.append(self.answered.recv())
        except (EOFError, OSError):  # the latter: killed in the middle of telling
            self.process.join(60)
        return heard


def start_caller(
    home: Path, models: Path, state_url: str | None, name: str, calls: int, threads: int = 1
) -> Caller:
    """A process that makes `calls` calls on each of its threads, one session each."""
    receiving, sending = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(
        target=_call, args=(home, models, state_url, name, calls, threads, sending), daemon=True
    )
    process.start()
    sending.close()
    return Caller(process, receiving)


def _call(
    home: Path,
    models: Path,
    state_url: str | None,
    name: str,
    calls: int,
    threads: int,
    answered: Connection,
) -> None:
    settings = Settings(_env_file=None, campaign_analyst_home=home, state_database_url=state_url)
    router = Router(settings, load_models(models))
    one_at_a_time = threading.Lock()

    def work(thread: int) -> None:
        for number in range(calls):
            session = f"{name}-{thread}-{number}"
            router.complete(LLMRequest(task=TaskType.EVALUATION, prompt="Why?", session=session))
            with one_at_a_time:
                answered.send(session)

    workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    answered.close()
    os._exit(0)  # as if it were killed: nothing may depend on a proper end
