"""A killed run loses nothing, repeats nothing, and pays again only for what was under way.

benchmarks/catalogue_kill.py does the same fifty times with the whole command and the real SDKs.
"""

from __future__ import annotations

import json
import signal
import time
from collections import Counter

from killed_run import AT_ONCE, TASKS, run

from tests.forked import start


def test_a_run_that_is_killed_three_times_ends_as_an_undisturbed_one(tmp_path):
    journal, bill, out = (tmp_path / name for name in ("run.journal", "bill", "copy.jsonl"))
    bill.touch()
    for answers in (5, 21, 44):  # counted, not timed: the kill comes midway on any machine
        running = start(run, journal, bill, out)
        while bill.read_bytes().count(b"\n") < answers:
            assert running.process.is_alive()
            time.sleep(0.001)
        running.kill()
        assert running.process.exitcode == -signal.SIGKILL
        assert not out.exists()
    last = start(run, journal, bill, out)
    last.rest()
    assert last.process.exitcode == 0
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["text"] for row in rows] == [f"Text of {task.id}" for task in TASKS]
    billed = Counter(bill.read_text().split())
    assert billed.keys() == {task.id for task in TASKS}
    assert sum(billed.values()) - len(TASKS) <= 3 * AT_ONCE
