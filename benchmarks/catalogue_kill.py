"""Kills a catalogue run with SIGKILL at random moments and counts what is lost or paid twice.

Each moment is one run of 60 texts, 8 at once, against a loopback provider that takes 60 ms: it is
started, killed a random part of a latency after a random one of its answers (from before the first
to after the last, when the output is written), and started again until it ends. Promised: no text
lost, none different from an undisturbed run, none twice in the output, and no more answers paid
again than were under way at the kill. Exit code 1 when that is not kept.

    python -m benchmarks.catalogue_kill [--moments 50] [--seed 1] [--processes 1] [--json]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.serving.copy_server import CopyServer
from benchmarks.serving.killing import Left, Victim

TEXTS, AT_ONCE, LATENCY = 60, 8, 0.06


def one_moment(folder: Path, answers: int, seconds: float, processes: int) -> tuple[Left, int]:
    """A run that is killed `seconds` after so many answers, and how many it had by then."""
    with CopyServer(latency=LATENCY) as server:
        victim = Victim(folder, server, TEXTS, AT_ONCE, processes)

        def due() -> bool:
            if server.counts().answered < answers:
                return False
            time.sleep(seconds)
            return True

        killed = victim.kill_when(due)
        answered = server.counts().answered
        return victim.look(int(killed)), answered


def main() -> int:
    """Print the sums; 0 when the promise is kept."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parsed = parser.parse_args()
    chance = random.Random(parsed.seed)
    results: list[Left] = []
    midway = 0
    with tempfile.TemporaryDirectory() as folder:
        for moment in range(parsed.moments):
            home = Path(folder) / str(moment)
            left, answered = one_moment(
                home, chance.randint(0, TEXTS), chance.uniform(0, 2 * LATENCY), parsed.processes
            )
            results.append(left)
            midway += 0 < answered < TEXTS
    sums = {
        "moments": parsed.moments,
        "killed": sum(one.kills for one in results),
        "midway": midway,
        "texts": sum(one.texts for one in results),
        "lost": sum(one.lost for one in results),
        "wrong": sum(one.wrong for one in results),
        "repeated": sum(one.repeated for one in results),
        "paid_again": sum(one.paid_again for one in results),
        "allowed": sum(one.allowed for one in results),
        "unsound": [asdict(one) for one in results if not one.sound],
    }
    if parsed.json:
        print(json.dumps(sums, indent=2))
    else:
        print(
            f"{sums['killed']} kills at {parsed.moments} random moments, {midway} of them while "
            f"texts were being written: {sums['lost']} of {sums['texts']:,} texts lost, "
            f"{sums['wrong']} different, {sums['repeated']} twice in the output; "
            f"{sums['paid_again']} answers paid again (texts under way at the kills: at most "
            f"{sums['allowed']})"
        )
    return 0 if all(one.sound for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
