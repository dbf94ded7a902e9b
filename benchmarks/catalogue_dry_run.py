"""A dry run over 50,000 products: how long, and whether memory grows with the catalogue.

The file is read in its cage, every text is made, routed and priced under every strategy. Promised:
under 10 s, and memory that does not grow: twice the products may add at most a tenth to the
process's peak (its caches of words have bounds, which 50,000 products reach). Each size runs in a
process of its own. Exit code 1 when a promise is not kept.

    python -m benchmarks.catalogue_dry_run [--products 50000] [--types description] [--json]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.serving.set_up import make_router, write_products
from src.catalogue.job import CatalogueJob, JobOptions

PROMISED_SECONDS = 10.0
PROMISED_GROWTH = 1.1


def measure(pipe: Connection, home: Path, count: int, types: tuple[str, ...]) -> None:
    """One dry run in this process."""
    home.mkdir()
    products = write_products(home / "products.csv", count)
    router = make_router(home, "http://127.0.0.1:9", attempt_seconds=1.0)
    began, cpu = time.perf_counter(), time.process_time()
    options = JobOptions(input=products, out=home / "copy.jsonl", types=types)
    with CatalogueJob.open(options, router) as job:
        read = time.perf_counter() - began
        estimate = job.estimate()
    pipe.send(
        {
            "texts": estimate.texts,
            "seconds": round(time.perf_counter() - began, 2),
            "reading_seconds": round(read, 2),
            "cpu_seconds": round(time.process_time() - cpu, 2),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            "smart_dollars": str(estimate.strategies[0].cost),
        }
    )


def main() -> int:
    """Print both sizes; 0 when both promises are kept."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--products", type=int, default=50_000)
    parser.add_argument("--types", default="description")
    parser.add_argument("--json", action="store_true")
    parsed = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for count in (parsed.products, 2 * parsed.products):
            ours, theirs = spawn.Pipe()
            home, types = Path(folder) / str(count), tuple(parsed.types.split(","))
            process = spawn.Process(target=measure, args=(theirs, home, count, types))
            process.start()
            results.append(ours.recv() | {"products": count})
            process.join()
    once, twice = results
    growth = round(twice["peak_mb"] / once["peak_mb"], 3)
    if parsed.json:
        print(json.dumps({"runs": results, "growth": growth}, indent=2))
    else:
        for one in results:
            print(
                f"{one['products']:,} products, {one['texts']:,} texts: {one['seconds']} s "
                f"({one['reading_seconds']} s of it reading; {one['cpu_seconds']} s of CPU), peak "
                f"{one['peak_mb']} MB"
            )
        print(f"memory at twice the products: {growth} times (promised {PROMISED_GROWTH})")
    return 0 if once["seconds"] <= PROMISED_SECONDS and growth <= PROMISED_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
