"""The Catalogue page by the providers' batches: hand in, leave, come back, cancel; through the real
SDKs against a loopback server."""

from __future__ import annotations

import json
import random
import sys
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "catalogue"))
sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))

from batch_wire import Asked, Batch, BatchWire
from dialects import Answer, Tokens

from src.catalogue.batch.progress import BatchPace
from src.config.settings import get_settings
from src.errors import StepConflict
from src.llm.router import get_router, reset_router
from src.llm.usage import summary
from src.ui.catalogue import batches
from src.ui.catalogue import desk as desks
from src.ui.catalogue.desk import opened
from src.ui.catalogue.shelf import Catalogue, Choices
from src.ui.catalogue.start import read_file
from src.ui.jobs import Job, job_board
from src.ui.messages import has
from src.ui.owned_router import usage_id
from tests.ui.conftest import OpenPage, settled, words

PAGE = "pages/Catalogue.py"
PRODUCTS = "id;title\na1;Чашка белая\na2;Чашка синяя\na3;Воск для депиляции\n"
LEXICON = ("чашка", "удобная", "лёгкая", "форма", "ручка", "глазурь", "тепло", "узор", "кухня")
CHOICES = Choices(types=("description",), mode="batch")


def says(asked: Asked) -> Answer:
    picked = random.Random(asked.prompt).choices(LEXICON, k=40)
    return Answer(f"<p>{' '.join(picked)}.</p>", tokens=Tokens(plain=1000, visible=200))


@pytest.fixture
def wire(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchWire]:
    """The providers; the pages' own settings ask them, and nothing is waited for."""
    server = BatchWire(says=says)
    for name, value in {
        "OPENAI_API_KEY": "sk-planted-0123456789abcdef",
        "ANTHROPIC_API_KEY": "sk-ant-planted-0123456789abcdef",
        "OPENAI_BASE_URL": f"{server.url}/openai/v1",
        "ANTHROPIC_BASE_URL": server.url,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(
        batches, "PACE", BatchPace(first=0.01, most=0.05, settle=0.0, cancelling=5.0)
    )
    get_settings.cache_clear()
    reset_router()
    yield server
    server.hold = False
    for one in list(desks._open.values()):
        if one.running is not None:
            one.running.cancel.cancel()
            one.running.wait(30)
        one.close()
    desks._open.clear()
    server.close()


def upload(owner: str) -> Catalogue:
    catalogue = read_file(owner, "products.csv", PRODUCTS.encode())
    catalogue.choose(types=CHOICES.types, mode="batch")
    return catalogue


def finished(job: Job) -> None:
    assert job.wait(60)
    job_board().collect(job)
    job.outcome()


def until(said: Callable[[], Any]) -> None:
    """Wait for what another thread is about to do."""
    pause = threading.Event()
    for _ in range(3000):
        if said():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come about")


def test_texts_are_handed_in_from_the_page_and_what_batches_refuse_is_asked_live(
    open_page: OpenPage, wire: BatchWire
) -> None:
    wire.says = lambda asked: (
        "expired" if asked.custom_id and "синяя" in asked.prompt else says(asked)
    )
    catalogue = upload("anna")
    app = open_page(PAGE, user="anna", catalogue=catalogue.id, step="price")
    radio = app.radio[0]
    assert radio.value == "batch"
    live, batch = (float(label.rpartition("$")[2]) for label in radio.options)
    assert batch < live
    start = app.button(key="catalogue_start")
    assert start.label.startswith("Hand in 3 texts for about $0.000")
    app = settled(start.click().run())
    assert "All texts are done" in words(app)
    assert len(wire.billed) == 3
    assert len([one for one in wire.billed if not one.custom_id]) == 1
    status = catalogue.status()
    assert (status.state, status.progress["done"]) == ("done", 3)
    spent = summary(get_router().ledger, user=usage_id("anna"))["cost"]
    assert spent == Decimal(status.progress["spent"]) > 0


def test_one_may_leave_and_fetch_the_texts_after_a_restart(
    open_page: OpenPage, wire: BatchWire
) -> None:
    wire.hold = True
    catalogue = upload("boris")
    app = open_page(PAGE, user="boris", catalogue=catalogue.id)
    with opened("boris", catalogue) as desk:
        job = desk.start(CHOICES)
        assert desk.start(CHOICES) is job
        assert not job_board().running("boris")  # waiting keeps no page ticking
        until(lambda: any(one.polls for one in wire.batches.values()))
        run = desk.driving.batches
        assert run is not None
        assert run.figures().in_batches == 3
        run.leave()
        finished(job)
        assert catalogue.status().state == "waiting"
        assert desk.in_batches == 3
        with pytest.raises(StepConflict, match="in batches at the providers"):
            desk.start(Choices(types=("description",)))
        desk.close()
    desks._open.clear()  # as after a restart
    reset_router()

    wire.hold = False
    app = open_page(PAGE, user="boris")
    assert "in batches at the providers, 0 of 3 texts" in words(app)
    app = settled(app.button(key=f"open_{catalogue.id}").click().run())
    assert "Nobody waits for them just now" in words(app)
    app = settled(app.button(key="catalogue_fetch").click().run())
    assert "All texts are done" in words(app)
    assert len(wire.billed) == 3
    with opened("boris", catalogue) as desk:
        made = desk.exported(CHOICES, "jsonl", judged_only=False)
        assert not isinstance(made, Job)
        rows = [json.loads(line) for line in made.path.read_text(encoding="utf-8").splitlines()]
    assert [row["product_id"] for row in rows] == ["a1", "a2", "a3"]
    assert {row["engine"] for row in rows} == {"model"}


def test_batches_are_cancelled_and_what_they_did_is_kept(
    open_page: OpenPage, wire: BatchWire
) -> None:
    wire.hold = True
    catalogue = upload("carla")
    open_page(PAGE, user="carla", catalogue=catalogue.id)
    with opened("carla", catalogue) as desk:
        job = desk.start(CHOICES)
        until(lambda: any(one.polls for one in wire.batches.values()))
        run = desk.driving.batches
        assert run is not None
        run.cancel()
        finished(job)
        assert all(cancelled(one) for one in wire.batches.values())
        status = catalogue.status()
        assert (status.state, status.progress["done"]) == ("cancelled", len(wire.billed))
        assert desk.in_batches == 0
        # What is left may be written live now.
        finished(desk.start(Choices(types=("description",))))
    assert len({one.prompt for one in wire.billed}) == len(wire.billed) == 3


def cancelled(batch: Batch) -> bool:
    return batch.fate == "cancelled"


def test_a_server_that_ends_leaves_the_batches_at_work(
    open_page: OpenPage, wire: BatchWire
) -> None:
    wire.hold = True
    catalogue = upload("dora")
    open_page(PAGE, user="dora", catalogue=catalogue.id)
    with opened("dora", catalogue) as desk:
        job = desk.start(CHOICES)
        until(lambda: any(one.polls for one in wire.batches.values()))
        job.cancel.cancel()
        finished(job)
    assert catalogue.status().state == "waiting"
    assert not any(one.cancelling for one in wire.batches.values())


@pytest.mark.parametrize(
    "code",
    ["empty", "placeholder", "language", "length", "claim", "html", "repeats", "duplicate"],
)
def test_every_failed_check_of_a_batchs_text_is_told_in_words(code: str) -> None:
    assert has(f"catalogue.batch.reason.{code}")
