"""A killed run loses nothing, repeats nothing, and pays again only for what was under way.

benchmarks/catalogue_kill.py does the same fifty times with the whole command and the real SDKs.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from killed_run import AT_ONCE, TASKS

SCRIPT = Path(__file__).with_name("killed_run.py")


def test_a_run_that_is_killed_three_times_ends_as_an_undisturbed_one(tmp_path):
    journal, bill, out = (tmp_path / name for name in ("run.journal", "bill", "copy.jsonl"))
    bill.touch()
    command = [sys.executable, str(SCRIPT), str(journal), str(bill), str(out)]
    for answers in (5, 21, 44):  # counted, not timed: the kill comes midway on any machine
        process = subprocess.Popen(command)
        while bill.read_bytes().count(b"\n") < answers:
            assert process.poll() is None
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not out.exists()
    subprocess.run(command, check=True)
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["text"] for row in rows] == [f"Text of {task.id}" for task in TASKS]
    billed = Counter(bill.read_text().split())
    assert billed.keys() == {task.id for task in TASKS}
    assert sum(billed.values()) - len(TASKS) <= 3 * AT_ONCE
