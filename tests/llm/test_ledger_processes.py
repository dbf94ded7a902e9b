"""Processes that share a ledger, and are killed: its rows against the wire server's own count."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from callers import start_caller
from dialects import Answer, whole
from wire import Asked, Wire, fail, say

from src.llm import usage
from src.llm.ledger import Ledger
from src.llm.types import TaskType
from tests.forked import Forked

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 and fork are not known")
MODELS = """
default_profile = "test"
[retry]
attempts = 9
base_seconds = 0
[breaker]
failures = 999
[cache]
enabled = false
[providers.gateway]
kind = "openai_compatible"
base_url = "{url}/chat/v1"
[deployments.gateway-model]
provider = "gateway"
model = "gateway-model"
price = {{ input = 1, output = 2 }}
[profiles.test]
""" + "".join(f'[profiles.test.tasks.{task}]\nchain = ["gateway-model"]\n' for task in TaskType)
Start = Callable[..., Forked]


@pytest.fixture(params=["sqlite", "postgresql"])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("new_database")())
    (tmp_path / "home").mkdir()
    return f"sqlite:///{tmp_path}/home/state.db"


@pytest.fixture
def start(wire: Wire, tmp_path: Path, state_url: str) -> Start:
    models = tmp_path / "models.toml"
    models.write_text(MODELS.format(url=wire.url))

    def begin(name: str, calls: int, threads: int = 1) -> Forked:
        return start_caller(tmp_path / "home", models, state_url, name, calls, threads)

    return begin


def sessions(ledger: Ledger) -> set[str]:
    """The sessions whose call is in the book as answered and paid for."""
    query = sa.text("SELECT session FROM llm_calls WHERE outcome = 'ok' AND cost_pico > 0")
    with ledger.engine.connect() as connection:
        return {session for (session,) in connection.execute(query)}


def test_threads_of_two_processes_lose_no_row(start, wire, state_url):
    wire.on("chat", *[fail(529, "overloaded_error"), say(), say()] * 25, say())
    callers = [start(name, calls=8, threads=5) for name in ("first", "second")]
    answered = [session for caller in callers for session in caller.rest()]
    ledger = Ledger(state_url)
    assert len(answered) == 80
    assert sessions(ledger) == set(answered)
    rows = usage.attempts(ledger, limit=10_000)
    assert len(rows) == len(wire.asked()) == 105
    assert usage.summary(ledger)["retries"] == 25
    ledger.close()


class Strike:
    """A step of the wire server that kills its caller at one request, at a moment of it."""

    def __init__(self, moment: str, request: int) -> None:
        self.moment, self.request = moment, request
        self.victim: int | None = None
        self.known = threading.Event()

    def aim(self, pid: int) -> None:
        self.victim = pid
        self.known.set()

    def __call__(self, handler: Any, asked: Asked) -> None:
        self.known.wait(30)
        self.request -= 1
        now = self.moment if self.request == 0 else ""
        if now == "before":
            self.kill()
        if now == "within":
            handler.send_response(200)
            handler.send_header("content-length", "4000")
            handler.end_headers()
            handler.wfile.write(b'{"choices": [')
            self.kill()
            return
        handler.send_json(200, whole("chat", Answer(), asked.model))
        if now == "after":
            self.kill()

    def kill(self) -> None:
        assert self.victim is not None
        os.kill(self.victim, signal.SIGKILL)


def test_a_kill_at_any_moment_loses_nothing_that_was_answered(start, wire, state_url):
    """Before the provider answers, in the middle of its answer, after it, and when the caller has
    been told: what a process was told is in the book, and nothing is there that nobody asked."""
    chance = random.Random(16)
    told: set[str] = set()
    ledger = Ledger(state_url)
    for number in range(8 if state_url.startswith("sqlite") else 4):
        moment, after = ("before", "within", "after", "told")[number % 4], chance.randrange(1, 9)
        strike = Strike(moment, after)
        wire.on("chat", strike)
        caller = start(f"caller{number}", calls=400)
        strike.aim(caller.pid)
        if moment == "told":
            told |= {caller.told.recv() for _ in range(after)}
            strike.kill()
        told |= set(caller.rest())
        assert caller.process.exitcode == -signal.SIGKILL
        assert told <= sessions(ledger)
        assert usage.summary(ledger)["calls"] <= len(wire.asked())
    assert told
    assert len(usage.attempts(ledger, limit=10_000)) == usage.summary(ledger)["calls"]
    ledger.close()
