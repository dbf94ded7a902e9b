"""A thousand products through the whole pipeline against a provider that takes 340 ms a text.

The server is a process of its own on loopback and takes 100 requests at once. The ideal is what
these two figures allow, 3.4 s; nothing else is in it. Promised: at most 1.15 times the ideal, and
at most 1.5 times when 5% of requests are refused, 5% answered with 429 and Retry-After, 2% reset,
1% left hanging and 1% answered with garbage, with every text written by a model or the offline
template and the ledger's tokens equal to the server's own count. Exit code 1 when one is not kept.

The same requests also go through the bare SDKs, a hundred at once, with nothing else done: what is
above the ideal there this machine cannot do in one process, whoever wrote the pipeline. The
pipeline takes as many processes as the command line would, or as many as it is told. What each of
them loads before its first text is not counted, as that of the bare SDKs is not, but told.

    python -m benchmarks.catalogue_throughput [--products 1000] [--processes N] [--at-once 100]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.serving import bare_sdk
from benchmarks.serving.copy_server import CopyServer, Faults
from benchmarks.serving.set_up import make_router, write_products
from src.catalogue.job import CatalogueJob, JobOptions

LATENCY = 0.34
FAULTS = Faults(refused=0.05, limited=0.05, reset=0.02, hung=0.01, garbage=0.01)
PROMISED = {"sound": 1.15, "faulty": 1.5}


def measure(
    home: Path, count: int, at_once: int, processes: int | None, faults: Faults
) -> dict[str, Any]:
    """One run in a home of its own."""
    home.mkdir()
    products = write_products(home / "products.csv", count)
    with CopyServer(latency=LATENCY, at_once=at_once, faults=faults) as server:
        router = make_router(home, server.url, attempt_seconds=1.2 if faults.hung else 30.0)
        options = JobOptions(
            input=products,
            out=home / "copy.jsonl",
            types=("description",),
            concurrency=at_once,
            processes=processes,
        )
        with CatalogueJob.open(options, router) as job:
            warm_up(home, server.url)
            before = server.counts()
            took = asyncio.run(drive(job))
            counts = server.counts()
            exported = job.export()
            used = job.processes
        router.close()
    ideal = count * LATENCY / at_once
    seconds, last = took["seconds"], took["last"]
    billed = (
        counts.input_tokens - before.input_tokens, counts.output_tokens - before.output_tokens
    )  # fmt: skip
    return {
        "seconds": round(seconds, 2),
        "ideal_seconds": round(ideal, 2),
        "ratio": round(seconds / ideal, 3),
        "processes": used,
        "loading_seconds": round(took["loading"], 2),
        "texts": exported.texts,
        "by_template": last.offline,
        "failed_over": last.failed_over,
        "pace": {"limit": last.limit, "cuts": last.cuts},
        "tokens": {
            "ledger": [last.input_tokens, last.output_tokens],
            "server": list(billed),
        },
        "server": {
            name: value
            for name, value in vars(replace(counts, texts={})).items()
            if name not in ("texts", "input_tokens", "output_tokens")
        },
    }


async def drive(job: CatalogueJob) -> dict[str, Any]:
    """Seconds of getting ready and of the run, and its last progress."""
    run = job.live_run()
    began = time.perf_counter()
    await job.get_ready()
    ready = time.perf_counter()
    last = await job.drive(run)
    return {"loading": ready - began, "seconds": time.perf_counter() - ready, "last": last}


def measure_bare(home: Path, count: int, at_once: int) -> dict[str, Any]:
    """The first requests of the same texts through the bare SDKs."""
    home.mkdir()
    products = write_products(home / "products.csv", count)
    with CopyServer(latency=LATENCY, at_once=at_once) as server:
        router = make_router(home, server.url, attempt_seconds=30.0)
        options = JobOptions(input=products, out=home / "copy.jsonl", types=("description",))
        with CatalogueJob.open(options, router) as job:
            took = bare_sdk.drive(server.url, router.models, job.tasks(offline=False), at_once)
        router.close()
    ideal = count * LATENCY / at_once
    return {
        "seconds": round(took["seconds"], 2),
        "ideal_seconds": round(ideal, 2),
        "ratio": round(took["seconds"] / ideal, 3),
        "cpu_ms_per_text": round(took["cpu"] / count * 1000, 2),
    }


def warm_up(home: Path, url: str) -> None:
    """Import what a first run imports; its time is not a provider's."""
    small = home / "small"
    small.mkdir()
    router = make_router(small, url, attempt_seconds=5.0)
    options = JobOptions(
        input=write_products(small / "p.csv", 8), out=small / "copy.jsonl", types=("description",)
    )
    with CatalogueJob.open(options, router) as job:
        asyncio.run(job.drive(job.live_run()))
    router.close()


def main() -> int:
    """Print both runs; 0 when every promise is kept."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--products", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=None, metavar="N")
    parser.add_argument("--at-once", type=int, default=100, metavar="N")
    parser.add_argument("--json", action="store_true")
    parsed = parser.parse_args()
    kept = True
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        bare = measure_bare(Path(folder) / "bare", parsed.products, parsed.at_once)
        results["bare SDKs"] = bare
        if not parsed.json:
            print(
                f"bare SDKs: {bare['seconds']} s, {bare['ratio']} times the ideal of "
                f"{bare['ideal_seconds']} s; {bare['cpu_ms_per_text']} ms of CPU a request"
            )
        for name, faults in (("sound", Faults()), ("faulty", FAULTS)):
            home = Path(folder) / name
            result = measure(home, parsed.products, parsed.at_once, parsed.processes, faults)
            result["times_the_bare_sdks"] = round(result["seconds"] / bare["seconds"], 3)
            results[name] = result
            same = result["tokens"]["ledger"] == result["tokens"]["server"]
            all_there = result["texts"] == parsed.products
            in_time = result["ratio"] <= PROMISED[name]
            kept = kept and same and all_there and in_time
            if not parsed.json:
                print(
                    f"{name}: {result['seconds']} s, {result['ratio']} times the ideal of "
                    f"{result['ideal_seconds']} s (promised {PROMISED[name]}), "
                    f"{result['times_the_bare_sdks']} times the bare SDKs; "
                    f"{result['processes']} processes, loaded in {result['loading_seconds']} s; "
                    f"{result['texts']} texts, "
                    f"{result['by_template']} by template, {result['failed_over']} failed over; "
                    f"tokens {'equal' if same else 'DIFFER'}: {result['tokens']}; "
                    f"{result['server']}"
                )
    if parsed.json:
        print(json.dumps(results, indent=2))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
