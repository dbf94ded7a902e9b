"""Several processes write what one would; a dead one is not missed, and none outlives its run."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))

from wire import say

from benchmarks.serving.copy_server import CopyServer, Faults
from benchmarks.serving.killing import Victim, expected_texts
from benchmarks.serving.set_up import write_products
from src.catalogue.job import CatalogueJob, JobOptions
from src.catalogue.values import NobodyWrites
from src.config.models import load_models
from src.config.settings import Settings
from src.llm.errors import RateLimited
from src.llm.router import Router

COUNT = 80
MODELS = """
[retry]
base_seconds = 0.01
[cache]
enabled = false
[breaker]
failures = 1000
"""
RATED = """
[deployments.gpt-6-luna]
provider = "openai"
model = "gpt-6-luna"
requests_per_minute = 600
"""


def children(of: int) -> set[int]:
    """Processes that a process has started and not buried."""
    tasks = Path(f"/proc/{of}/task").glob("*/children")
    return {int(pid) for told in tasks for pid in told.read_text().split()}


def make_router(home: Path, url: str, models: str = MODELS, **settings: object) -> Router:
    """One provider only: the others' SDKs take time to load."""
    file = home / "models.toml"
    file.write_text(models)
    values = {"openai_api_key": "sk-planted-0123456789abcdef", "openai_base_url": url} | settings
    return Router(Settings(_env_file=None, campaign_analyst_home=home, **values), load_models(file))


def make_job(home: Path, router: Router, count: int = COUNT, **options: object) -> CatalogueJob:
    values = {"types": ("description",), "strategy": "openai_only", "processes": 2, **options}
    products = write_products(home / "products.csv", count)
    return CatalogueJob.open(JobOptions(products, home / "copy.jsonl", **values), router)


def test_a_process_that_dies_leaves_its_texts_to_the_other(tmp_path, caplog):
    faults = Faults(refused=0.05, limited=0.1, reset=0.05, garbage=0.05, retry_after=0.01)
    with CopyServer(latency=0.02, faults=faults) as server:
        router = make_router(tmp_path, f"{server.url}/openai/v1")
        with make_job(tmp_path, router, concurrency=8) as job:
            run, others = job.live_run(), children(os.getpid())

            async def drive():
                await job.get_ready()
                hands = children(os.getpid()) - others
                assert len(hands) == 2
                driving = asyncio.create_task(job.drive(run))
                while run.progress().written < COUNT // 4:
                    await asyncio.sleep(0.005)
                os.kill(min(hands), signal.SIGKILL)
                return await driving

            last = asyncio.run(drive())
            assert children(os.getpid()) == others
            made, stats = job.export(), job.client.get_stats()
        router.close()
        counts = server.counts()
    assert (last.ending, last.done, last.failed, made.missing) == ("done", COUNT, 0, 0)
    assert stats["items"] == COUNT
    assert caplog.text.count("A process that writes texts has ended") == 1
    assert min(counts.refused, counts.limited, counts.reset, counts.garbage) > 0
    # Up to four answers were under way for the one that died: asked again, billed, and not booked.
    unbooked = counts.answered - (last.written - last.offline)
    assert 0 <= unbooked <= 4
    assert last.input_tokens <= counts.input_tokens


def test_processes_book_to_the_last_token_and_write_what_one_process_writes(tmp_path):
    with CopyServer(latency=0.005) as server:
        router = make_router(tmp_path, f"{server.url}/openai/v1")
        with make_job(tmp_path, router) as job:
            last = asyncio.run(job.drive(job.live_run()))
            texts = {one.product_id: one for one in job.tasks()}
            written = {
                name: job.journal.find(job.keys.of(task)).copy for name, task in texts.items()
            }
        router.close()
        counts = server.counts()
    assert (last.input_tokens, last.output_tokens) == (counts.input_tokens, counts.output_tokens)
    assert last.requests == COUNT
    assert {name: copy.text for name, copy in written.items()} == expected_texts(COUNT)


def test_a_text_is_compared_with_those_of_every_process(wire, tmp_path):
    words = "Лёгкая прочная вещь на каждый день дома и в дороге, простой уход и приятный материал."
    wire.on("openai", say(f"{words} Хороший подарок семье и друзьям к любому празднику года."))
    router = make_router(tmp_path, f"{wire.url}/openai/v1")
    types = tmp_path / "templates.toml"
    types.write_text('[description]\nru = "Опиши {title}"\nen = "Опиши {title}"\n')
    with make_job(tmp_path, router, count=12, concurrency=12) as job:
        asyncio.run(job.drive(job.live_run()))
        entries = [job.journal.find(job.keys.of(task)) for task in job.tasks()]
    router.close()
    russian = [one.copy for one in entries if one.copy.engine == "model"]
    first = [copy for copy in russian if not any("nearly that" in note for note in copy.notes)]
    assert len(russian) > 2
    assert len(first) == 1


def test_a_run_whose_processes_all_die_ends_and_can_be_gone_on_with(tmp_path):
    with CopyServer(latency=0.02) as server:
        router = make_router(tmp_path, f"{server.url}/openai/v1")
        with make_job(tmp_path, router, concurrency=4) as job:
            run, others = job.live_run(), children(os.getpid())

            async def drive():
                await job.get_ready()
                driving = asyncio.create_task(job.drive(run))
                while run.progress().written < 10:
                    await asyncio.sleep(0.005)
                for hand in children(os.getpid()) - others:
                    os.kill(hand, signal.SIGKILL)
                await driving

            with pytest.raises(NobodyWrites, match="Run again"):
                asyncio.run(drive())
            kept = run.progress().written
        with make_job(tmp_path, router, processes=1) as job:
            last = asyncio.run(job.drive(job.live_run()))
        router.close()
    assert 10 <= kept == last.skipped
    assert (last.done, last.failed, last.offline) == (COUNT, 0, 0)


def test_processes_do_not_outlive_a_killed_run(tmp_path):
    with CopyServer(latency=0.05) as server:
        victim = Victim(tmp_path / "run", server, COUNT, 8, processes=2)
        hands: set[int] = set()

        def due() -> bool:
            hands.update(children(victim.pid))
            return server.counts().answered >= 10

        assert victim.kill_when(due)
        assert len(hands) >= 2
        while any(Path(f"/proc/{hand}").exists() for hand in hands):  # or the test's time is up
            time.sleep(0.01)


@pytest.mark.parametrize(
    ("models", "settings", "expected"),
    [
        ("", {}, 2),
        ("", {"llm_day_budget_usd": 5.0}, 1),
        (RATED, {}, 1),
        ("", {"openai_api_key": None}, 1),
        ("", {"llm_offline": True}, 1),
    ],
)  # fmt: skip
def test_what_is_kept_within_a_process_is_left_to_one(models, settings, expected, tmp_path):
    router = make_router(tmp_path, "http://127.0.0.1:9/v1", MODELS + models, **settings)
    with make_job(tmp_path, router, count=2, concurrency=8) as job:
        assert job.processes == expected
    with make_job(tmp_path, router, count=2, concurrency=1) as job:
        assert job.processes == 1
    router.close()


def test_errors_of_any_kind_reach_the_run():
    from src.catalogue.process_worker import _portable

    class Odd(Exception):
        def __init__(self, one, two):
            super().__init__(f"{one} and {two}")

    limited = RateLimited("slow down", retry_after=3.0)
    assert _portable(limited) is limited
    assert str(_portable(Odd("this", "that"))) == "Odd: this and that"
