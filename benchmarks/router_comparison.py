"""Our router beside LiteLLM's Router and pydantic-ai's FallbackModel: CPU a call, import, memory.

They cannot be installed beside the newest provider SDKs, so they get an environment of their own
in the user's cache folder. All speak Chat Completions with one loopback server in a process of its
own, one call after the other, each subject in fresh processes that take turns; what a subject adds
to a call is counted against the bare openai SDK of its own environment. The ledger is on.

The promises: at most a fifth of what LiteLLM adds to a call, a tenth of its import time and of the
memory its import takes. Exit code 1 when one is not kept, or nothing could be compared.

    python benchmarks/router_comparison.py [--calls 600] [--rounds 3] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import venv
import zlib
from pathlib import Path

import platformdirs

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.router_overhead import serve, served

ROOT = Path(__file__).resolve().parents[1]
SUBJECT = ROOT / "benchmarks" / "comparison" / "subject.py"
PINS = ("litellm==1.106.2", "pydantic-ai-slim[openai]==2.31.1")
BLOCKS = 20
SHARE_OF_ADDED, SHARE_OF_IMPORT, SHARE_OF_MEMORY = 0.2, 0.1, 0.1
# Name, whose environment, and what its calls are measured against.
SUBJECTS = {
    "ours": ("ours", "our sdk"),
    "our sdk": ("ours", None),
    "litellm": ("theirs", "their sdk"),
    "pydantic_ai": ("theirs", "their sdk"),
    "their sdk": ("theirs", None),
}


def environment() -> Path:
    """The Python of an environment with the others in it, made on first use."""
    mark = f"{zlib.crc32(' '.join(PINS).encode()):08x}"
    folder = platformdirs.user_cache_path("campaign-analyst") / f"router-comparison-{mark}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        print(f"Installing {' and '.join(PINS)} for comparison", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PINS], check=True)
        (folder / "complete").touch()
    return python


def run(name: str, python: Path, url: str, calls: int) -> dict[str, float]:
    """A subject's figures, from a fresh process."""
    clean = {key: value for key, value in os.environ.items() if "API_KEY" not in key}
    quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [python, SUBJECT, name.rsplit(maxsplit=1)[-1], url, str(calls), str(BLOCKS)],
        capture_output=True,
        text=True,
        check=True,
        env={**clean, **quiet},
        cwd=ROOT,
    )
    return json.loads(done.stdout.splitlines()[-1])


def compare(url: str, theirs: Path, calls: int, rounds: int) -> dict[str, dict[str, float]]:
    """Medians over rounds for every subject, and what it adds to a call of the bare SDK."""
    pythons = {"ours": Path(sys.executable), "theirs": theirs}
    seen: dict[str, list[dict[str, float]]] = {name: [] for name in SUBJECTS}
    for warm in (True, *[False] * rounds):
        for name, (whose, _) in SUBJECTS.items():
            figures = run(name, pythons[whose], url, BLOCKS if warm else calls)
            if not warm:  # the first one wrote the bytecode
                seen[name].append(figures)
    medians = {
        name: {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        for name, rows in seen.items()
    }
    for name, (_, bare) in SUBJECTS.items():
        if bare is not None:
            added = medians[name]["call_cpu_ms"] - medians[bare]["call_cpu_ms"]
            medians[name]["added_cpu_ms"] = added
    return medians


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        theirs = environment()
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"The others could not be installed, nothing is compared: {error}", file=sys.stderr)
        return 1
    with served(serve) as (url, _):
        rows = compare(url, theirs, options.calls, options.rounds)
    own = rows["ours"]
    shares = {
        f"share_of_{other}s_{name}": round(own[name] / rows[other][name], 3)
        for other in ("litellm", "pydantic_ai")
        for name in (
            "added_cpu_ms",
            "import_cpu_s",
            "import_mib",
            "first_answer_cpu_s",
            "working_mib",
        )
    }
    if options.json:
        print(json.dumps({"rows": rows, **shares}))
    else:
        for name, row in rows.items():
            print(f"{name}: " + ", ".join(f"{key} {value:.3f}" for key, value in row.items()))
        print("\n".join(f"{name}: {value}" for name, value in shares.items()))
    kept = (
        shares["share_of_litellms_added_cpu_ms"] <= SHARE_OF_ADDED
        and shares["share_of_litellms_import_cpu_s"] <= SHARE_OF_IMPORT
        and shares["share_of_litellms_import_mib"] <= SHARE_OF_MEMORY
    )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
