"""A file of products to a file of texts by batches, through the job and the command line."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import random
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from batch_run import KEYS, PACE, QUICK, make_router
from batch_wire import Asked, BatchWire
from dialects import Answer, Tokens

from src.catalogue.batch.job import drive_batches
from src.catalogue.job import CatalogueJob, JobOptions
from src.llm.router import Router

WORDS = {
    "ru": [
        "чашка",
        "удобная",
        "лёгкая",
        "форма",
        "ручка",
        "глазурь",
        "дом",
        "тепло",
        "свет",
        "узор",
        "кухня",
        "вечер",
        "подарок",
    ],
    "en": [
        "the",
        "cup",
        "with",
        "a",
        "light",
        "handle",
        "and",
        "pleasant",
        "glaze",
        "for",
        "home",
        "kitchen",
        "evening",
        "tea",
    ],
}
PRODUCTS = [
    ("a1", "Чашка фарфоровая", "Посуда", "ru"),
    ("a2", "Чашка стеклянная", "Посуда", "ru"),
    ("a3", "Воск для депиляции", "Красота", "ru"),
    ("a4", "Porcelain cup", "Tableware", "en"),
]


def says(asked: Asked) -> Answer:
    """A description that passes the shipped checks, the same for the same prompt."""
    words = WORDS["ru" if "Название:" in asked.prompt else "en"]
    picked = random.Random(asked.prompt).choices(words, k=30)
    return Answer(f"<p>{' '.join(picked)}.</p>", tokens=Tokens(plain=1000, visible=200))


@pytest.fixture
def wire() -> Iterator[BatchWire]:
    server = BatchWire(says=says)
    yield server
    server.close()


@pytest.fixture
def options(tmp_path: Path) -> JobOptions:
    source = tmp_path / "products.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "title", "category", "language"), *PRODUCTS])
    return JobOptions(input=source, out=tmp_path / "copy.jsonl", types=("description",))


@pytest.fixture
def router(wire: BatchWire, tmp_path: Path) -> Iterator[Router]:
    made = make_router(wire.url, tmp_path / "home", QUICK)
    yield made
    made.close()


def test_a_file_of_products_becomes_a_file_of_texts(wire, router, options):
    with CatalogueJob.open(options, router) as job:
        last = asyncio.run(drive_batches(job, pace=PACE))
        exported = job.export()
    assert (last.ending, last.total, last.written, last.skipped) == ("done", 4, 4, 0)
    assert exported.texts == 4
    # Both models: 1,000 tokens in at $0.05 and 200 out at $0.25 a million, four times.
    assert str(last.spent.normalize()) == "0.0004"
    assert len(wire.batches) == 2


def test_the_same_again_asks_for_nothing(wire, router, options):
    for _ in range(2):
        with CatalogueJob.open(options, router) as job:
            last = asyncio.run(drive_batches(job, pace=PACE))
    assert (last.written, last.skipped, last.done) == (0, 4, 4)
    assert len(wire.billed) == 4


def test_a_run_that_stopped_waiting_fetches_its_batches_later(wire, router, options):
    wire.hold = True

    async def leave() -> None:
        with CatalogueJob.open(options, router) as job:
            waiting = asyncio.ensure_future(drive_batches(job, pace=PACE))
            while not wire.batches:
                await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    asyncio.run(leave())
    assert not any(batch.cancelling for batch in wire.batches.values())
    wire.hold = False
    with CatalogueJob.open(options, router) as job:
        last = asyncio.run(drive_batches(job, pace=PACE))
    assert last.written == 4
    assert len(wire.billed) == 4


def test_a_live_run_goes_on_where_batches_ended(wire, router, options):
    with CatalogueJob.open(replace(options, limit=2), router) as job:
        asyncio.run(drive_batches(job, pace=PACE))
    with CatalogueJob.open(options, router) as job:
        last = asyncio.run(job.drive(job.live_run()))
    assert (last.skipped, last.written) == (2, 2)
    assert len(wire.billed) == 4


@pytest.fixture
def command(wire, options, tmp_path, monkeypatch, capfd):
    """command(*arguments) -> exit code, standard output, standard error; models on the wire."""
    from src.catalogue import command
    from src.catalogue.batch import job
    from src.config.settings import get_settings
    from src.llm.router import reset_router

    for name, value in {
        **{key.upper(): secret for key, secret in KEYS.items()},
        "CAMPAIGN_ANALYST_HOME": str(tmp_path / "home"),
        "ANTHROPIC_BASE_URL": wire.url,
        "OPENAI_BASE_URL": f"{wire.url}/openai/v1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(job, "drive_batches", partial(drive_batches, pace=PACE))
    get_settings.cache_clear()
    reset_router()

    def call(*arguments: str) -> tuple[int, str, str]:
        told = ("products.csv", "--types", "description", "--out", "copy.jsonl", *arguments)
        code = command.main(told)
        return code, *capfd.readouterr()

    yield call
    get_settings.cache_clear()
    reset_router()


def test_the_command_writes_by_batches(wire, command, tmp_path):
    code, out, err = command("--mode", "batch", "--json")
    assert (code, json.loads(out)["texts"]) == (0, 4)
    assert "4 of 4 texts" in err
    assert len(wire.batches) == 2
    assert not any(secret in err + out for secret in KEYS.values())
    assert command("--mode", "batch", "--json")[0] == 0
    assert len(wire.billed) == 4
    assert command("--mode", "batch", "--fresh")[0] == 0
    assert len(wire.billed) == 8
    assert len(list(tmp_path.glob("copy.batches*"))) == 2


@pytest.fixture
def heeds_interrupts():
    """A process that was started in the background of a shell ignores them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeds_interrupts")
def test_the_command_cancels_the_batches_at_work(wire, command):
    wire.hold = True
    asked = threading.Event()

    def interrupt() -> None:
        while not any(batch.polls for batch in list(wire.batches.values())):
            asked.wait(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    code, _, err = command("--mode", "batch")
    assert code == 130
    assert "stay at work" in err
    code, out, _ = command("--mode", "batch", "--cancel", "--json")
    assert code == 130
    assert all(batch.cancelling for batch in wire.batches.values())
    assert json.loads(out)["texts"] == len(wire.billed)
