"""kill -9 in the middle of a step: what was stored is there, and the step can be taken again."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.workflow.scripted import RecordingWarehouse, analyst

ROOT = Path(__file__).parents[2]

CHILD = """
import sys, threading
from pathlib import Path
from tests.workflow.scripted import RecordingWarehouse, ScriptedEngines, analyst

class Stuck(ScriptedEngines):
    def _step(self, what):
        super()._step(what)
        if what[0] == sys.argv[2]:
            print("in the step", flush=True)
            threading.Event().wait()

warehouse = RecordingWarehouse()
if sys.argv[2] == "run":
    warehouse.gate = threading.Event()
    threading.Thread(
        target=lambda: (warehouse.started.wait(), print("in the step", flush=True)), daemon=True
    ).start()
session = analyst(Path(sys.argv[1]), warehouse, Stuck()).ask("Spend by campaign?")
session.choose(0)
session.run(session.approve(by="ann"))
session.insights()
"""

AFTER = {
    "clarify": ("asked", lambda s: s.clarify(), "interpreted"),
    "draft": ("chosen", lambda s: s.redraft(), "drafted"),
    "run": ("approved", lambda s: s.run(s.approved), "executed"),
    "explain": ("executed", lambda s: s.insights(), "explained"),
}


@pytest.mark.parametrize("step", AFTER)
def test_a_killed_process_loses_only_the_step_it_was_in(step, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path), step],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    assert child.stdout.readline() == "in the step\n"
    person = analyst(tmp_path, RecordingWarehouse())
    (line,) = person.sessions()
    assert line.running == step
    child.send_signal(signal.SIGKILL)
    child.wait()
    stage, again, next_stage = AFTER[step]
    session = person.resume(line.id)
    assert session.state.stage == stage
    assert session.running is None
    again(session)
    assert session.state.stage == next_stage


def test_killing_writers_at_any_moment_leaves_a_whole_history(tmp_path):
    """Each child asks and answers in a loop; whatever moment it is killed at, every analysis it
    left can be opened at a stored step and taken on to a result."""
    code = """
import sys
from pathlib import Path
from tests.workflow.scripted import RecordingWarehouse, analyst
person = analyst(Path(sys.argv[1]), RecordingWarehouse())
print("ready", flush=True)
while True:
    session = person.ask("Spend by campaign?")
    session.run(session.choose(0).approve(by="ann"))
"""
    for delay in (0.02, 0.11, 0.23):
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert child.stdout.readline() == b"ready\n"
        time.sleep(delay)
        child.kill()
        child.wait()
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
