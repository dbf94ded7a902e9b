"""The whole pipeline through the real SDKs, with a provider that fails in every way but hanging."""

from __future__ import annotations

import asyncio
import json

from benchmarks.serving.copy_server import CopyServer, Faults
from benchmarks.serving.set_up import make_router, write_products
from src.catalogue.job import CatalogueJob, JobOptions

COUNT = 60
FAULTS = Faults(refused=0.1, limited=0.1, reset=0.05, garbage=0.05, retry_after=0.01)
# With sixteen under way three failures in a row are no sign of an outage.
PATIENT_BREAKER = "[breaker]\nfailures = 1000\n"


def test_every_text_is_written_and_the_ledger_has_the_servers_own_count(tmp_path):
    products = write_products(tmp_path / "products.csv", COUNT)
    with CopyServer(latency=0.005, faults=FAULTS) as server:
        router = make_router(tmp_path, server.url, attempt_seconds=30.0, more=PATIENT_BREAKER)
        options = JobOptions(products, tmp_path / "copy.jsonl", types=("description",))
        with CatalogueJob.open(options, router) as job:
            last = asyncio.run(job.drive(job.live_run()))
            made = job.export()
        router.close()
        counts = server.counts()
    assert (last.done, last.failed, made.texts, made.missing) == (COUNT, 0, COUNT, 0)
    assert min(counts.refused, counts.limited, counts.reset, counts.garbage) > 0
    assert last.failed_over > 0
    assert (last.input_tokens, last.output_tokens) == (counts.input_tokens, counts.output_tokens)
    rows = [json.loads(line) for line in made.path.read_text("utf-8").splitlines()]
    assert sum(row["engine"] == "model" for row in rows) == sum(counts.texts.values())
    assert json.loads((tmp_path / "llm_usage_stats.json").read_text("utf-8"))["items"] == COUNT
