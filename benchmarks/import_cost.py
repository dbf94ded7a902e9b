"""What importing the router's public face costs, against importing the three provider SDKs.

Each import runs in a fresh interpreter, bytecode cached, several times in turn; the figure is the
median of CPU seconds, so that a busy machine slows both sides alike.

    python benchmarks/import_cost.py [--runs 7] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUBJECTS = {
    "router": "src.config.llm_router",
    "sdks": "anthropic, openai, google.genai",
}
PROBE = """
import sys, time
began = time.process_time()
import {modules}
spent = time.process_time() - began
heavy = [name for name in ("anthropic", "openai", "google.genai", "sqlalchemy", "genai_prices",
                           "pydantic", "streamlit") if name in sys.modules]
print(spent, len(sys.modules), ",".join(heavy))
"""
LIMIT = 0.1


def measure(modules: str) -> tuple[float, int, str]:
    """CPU seconds, modules loaded, and which heavy packages are among them."""
    probe = PROBE.format(modules=modules)
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT
    )
    seconds, count, *heavy = done.stdout.rstrip("\n").split(" ")
    return float(seconds), int(count), " ".join(heavy)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for modules in SUBJECTS.values():
        measure(modules)  # writes the bytecode
    seen = {name: [] for name in SUBJECTS}
    for _ in range(options.runs):
        for name, modules in SUBJECTS.items():
            seen[name].append(measure(modules))
    medians = {name: statistics.median(run[0] for run in runs) for name, runs in seen.items()}
    figures = {
        **{f"{name}_cpu_seconds": round(value, 4) for name, value in medians.items()},
        "router_modules": seen["router"][0][1],
        "sdk_modules": seen["sdks"][0][1],
        "router_loads": seen["router"][0][2],
        "ratio": round(medians["router"] / medians["sdks"], 4),
        "limit": LIMIT,
    }
    print(
        json.dumps(figures) if options.json else "\n".join(f"{k}: {v}" for k, v in figures.items())
    )
    return 0 if figures["ratio"] < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
