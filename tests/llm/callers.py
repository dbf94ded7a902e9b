"""Processes that make model calls and tell which of them were answered, until they are killed."""

from __future__ import annotations

import os
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from src.config.models import load_models
from src.config.settings import Settings
from src.llm.router import Router
from src.llm.types import LLMRequest, TaskType
from tests.forked import Forked, start


def start_caller(
    home: Path, models: Path, state_url: str | None, name: str, calls: int, threads: int = 1
) -> Forked:
    """A process that makes `calls` calls on each of its threads, one session each; it tells the
    sessions of its calls as they are answered."""
    return start(_call, home, models, state_url, name, calls, threads)


def _call(
    answered: Connection,
    home: Path,
    models: Path,
    state_url: str | None,
    name: str,
    calls: int,
    threads: int,
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
