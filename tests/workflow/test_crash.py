"""kill -9 in the middle of a step: what was stored is there, and the step can be taken again."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tests.forked import start
from tests.workflow.scripted import RecordingWarehouse, ScriptedEngines, analyst


class Stuck(ScriptedEngines):
    """Engines that tell when they are in a step, and never end it."""

    def __init__(self, step: str, telling: Connection) -> None:
        super().__init__()
        self.step, self.telling = step, telling

    def _step(self, what):
        super()._step(what)
        if what[0] == self.step:
            self.telling.send("in the step")
            threading.Event().wait()


def stick(telling: Connection, home: Path, step: str) -> None:
    warehouse = RecordingWarehouse()
    if step == "run":
        warehouse.gate = threading.Event()
        threading.Thread(
            target=lambda: (warehouse.started.wait(), telling.send("in the step")), daemon=True
        ).start()
    session = analyst(home, warehouse, Stuck(step, telling)).ask("Spend by campaign?")
    session.choose(0)
    session.run(session.approve(by="ann"))
    session.insights()


def keep_asking(telling: Connection, home: Path) -> None:
    person = analyst(home, RecordingWarehouse())
    telling.send("ready")
    while True:
        session = person.ask("Spend by campaign?")
        session.run(session.choose(0).approve(by="ann"))


AFTER = {
    "clarify": ("asked", lambda s: s.clarify(), "interpreted"),
    "draft": ("chosen", lambda s: s.redraft(), "drafted"),
    "run": ("approved", lambda s: s.run(s.approved), "executed"),
    "explain": ("executed", lambda s: s.insights(), "explained"),
}


@pytest.mark.parametrize("step", AFTER)
def test_a_killed_process_loses_only_the_step_it_was_in(step, tmp_path):
    child = start(stick, tmp_path, step)
    assert child.told.recv() == "in the step"
    person = analyst(tmp_path, RecordingWarehouse())
    (line,) = person.sessions()
    assert line.running == step
    child.kill()
    assert child.process.exitcode == -signal.SIGKILL
    stage, again, next_stage = AFTER[step]
    session = person.resume(line.id)
    assert session.state.stage == stage
    assert session.running is None
    again(session)
    assert session.state.stage == next_stage


def test_killing_writers_at_any_moment_leaves_a_whole_history(tmp_path):
    """Each child asks and answers in a loop; whatever moment it is killed at, every analysis it
    left can be opened at a stored step and taken on to a result."""
    for delay in (0.02, 0.11, 0.23):
        child = start(keep_asking, tmp_path)
        assert child.told.recv() == "ready"
        time.sleep(delay)
        child.kill()
        assert child.process.exitcode == -signal.SIGKILL
    with sqlite3.connect(tmp_path / "state.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    person = analyst(tmp_path, RecordingWarehouse())
    left = person.sessions(limit=1000)
    assert left
    for line in left[:3]:
        session = person.resume(line.id)
        if session.state.stage == "asked":
            session.clarify()
        if session.state.stage in {"interpreted", "chosen"}:
            session.choose(0)
        session.run(session.approved or session.approve(by="ann"))
        assert session.state.stage == "executed"
