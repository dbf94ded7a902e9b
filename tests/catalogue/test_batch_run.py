"""A catalogue through the batch services of three providers, through their real SDKs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from batch_run import (
    GOOGLE,
    KEYS,
    PACE,
    QUICK,
    TOKENS,
    a_task,
    good,
    live,
    make_client,
    make_router,
    number_of,
    run,
    text_of,
)
from batch_wire import Asked, BatchWire
from dialects import Answer

from src.catalogue.batch.progress import BatchPace, BatchProgress
from src.catalogue.batch.run import BatchesUnreachable
from src.catalogue.smart_llm_client import SmartLLMClient
from src.catalogue.values import Copy, CopyFailed
from src.errors import StepConflict
from src.llm.usage import attempts, summary

ROOT = Path(__file__).resolve().parents[2]
SENSITIVE = "Воск для депиляции"


@pytest.fixture
def wire() -> Iterator[BatchWire]:
    server = BatchWire(says=good)
    yield server
    server.close()


@pytest.fixture
def client(wire: BatchWire, tmp_path: Path) -> Iterator[Callable[..., SmartLLMClient]]:
    """client(toml, **settings): a client of a router of its own, on the wire."""
    made: list[SmartLLMClient] = []

    def make(toml: str = QUICK, **settings: Any) -> SmartLLMClient:
        home = tmp_path / "home"
        made.append(make_client(make_router(wire.url, home, toml, **settings), home))
        return made[-1]

    yield make
    for one in made:
        one.router.close()


def test_two_providers_at_once_write_everything_at_half_price(wire, client, tmp_path):
    smart = client()
    tasks = [a_task(n) for n in range(6)] + [a_task(n, SENSITIVE) for n in range(6, 9)]
    shown: list[str] = []
    found = asyncio.run(
        run(tasks, smart, tmp_path / "run", progress=lambda p: shown.append(p.line()))
    )
    assert {name: copy.text for name, copy in found.items()} == {
        f"p{n}/description": text_of(n) for n in range(9)
    }
    assert Counter(copy.model for copy in found.values()) == {
        "gpt-6-luna": 6, "claude-haiku-5-5": 3,
    }  # fmt: skip
    assert live(wire) == []
    # Both models: 1,000 tokens in at $0.05 and 200 out at $0.25 a million.
    assert all(copy.cost == Decimal("0.0001") for copy in found.values())
    rows = attempts(smart.router.ledger, session="run-1", limit=100)
    assert sum(row["cost"] for row in rows) == Decimal("0.0009")
    assert sum(row["input_tokens"] for row in rows) == 9000
    assert shown[-1].startswith("9 of 9 texts")
    stats = smart.get_stats()
    assert (stats["items"], stats["requests"], stats["sensitive"]) == (9, 9, 3)
    assert (stats["cost"], stats["p50"]) == (Decimal("0.0009"), None)


def test_gemini_has_batches_too(wire, client, tmp_path):
    found = asyncio.run(run([a_task(1), a_task(2)], client(QUICK + GOOGLE), tmp_path / "run"))
    assert [batch.protocol for batch in wire.batches.values()] == ["google"]
    # 1,000 tokens in at $0.375 and 200 out at $1.875 a million.
    assert {copy.cost for copy in found.values()} == {Decimal("0.00075")}


def test_what_a_batch_did_not_deliver_is_written_live(wire, client, tmp_path):
    def says(asked: Asked) -> Any:
        number = number_of(asked)
        if asked.protocol == "anthropic" or not asked.custom_id:
            return good(asked)
        return {
            1: "expired",
            2: "errored",
            3: "missing",
            4: Answer("I'm sorry, but I can't help with that.", tokens=TOKENS),
            5: Answer("Половина те", stop="truncated", tokens=TOKENS),
            6: Answer("A cup that keeps the tea warm and is nice to hold.", tokens=TOKENS),
            7: Answer("Нет.", stop="refused", tokens=TOKENS),
            8: Answer("", stop="failed", tokens=TOKENS),
        }.get(number, good(asked))

    wire.says = says
    smart = client()
    progress: list[BatchProgress] = []
    found = asyncio.run(
        run([a_task(n) for n in range(9)], smart, tmp_path / "run", progress=progress.append)
    )
    last = progress[-1]
    assert {name: copy.text for name, copy in found.items()} == {
        f"p{n}/description": text_of(n) for n in range(9)
    }
    asked_live = {number_of(asked): asked.protocol for asked in live(wire)}
    # A model that refused or could not finish is not asked again; one that was not reached is.
    assert asked_live == {
        1: "openai", 2: "anthropic", 3: "openai", 4: "anthropic", 5: "anthropic", 6: "openai",
        7: "anthropic", 8: "openai",
    }  # fmt: skip
    assert last.reasons == {
        "expired": 1, "bad_request": 1, "missing": 1, "refused": 2, "truncated": 1, "language": 1,
        "overloaded": 1,
    }  # fmt: skip
    assert found["p4/description"].failed_over == "refused"
    # What the batch had billed stays in the text's cost: 0.0001 there, 0.0002 live at Claude.
    assert found["p4/description"].cost == Decimal("0.0003")
    assert found["p8/description"].cost == Decimal("0.0003")
    assert found["p1/description"].cost == Decimal("0.0002")
    total = summary(smart.router.ledger, session="run-1")["cost"]
    assert total == sum(copy.cost for copy in found.values())


@pytest.mark.parametrize("fate", ["expired", "failed"])
def test_a_batch_that_failed_as_a_whole_is_written_live(wire, client, tmp_path, fate):
    wire.fates["openai"] = [fate]
    found = asyncio.run(run([a_task(n) for n in range(4)], client(), tmp_path / "run"))
    assert len(found) == 4
    assert all(isinstance(copy, Copy) for copy in found.values())
    # An expired batch did half of its work; a rejected one, none.
    assert len(live(wire)) == (2 if fate == "expired" else 4)
    assert sorted(map(number_of, wire.billed)) == [0, 1, 2, 3]


def test_a_full_queue_is_tried_again(wire, client, tmp_path):
    wire.fates["openai"] = ["full", "full"]
    asyncio.run(run([a_task(1)], client(), tmp_path / "run"))
    assert len(wire.batches) == 3
    assert live(wire) == []


def test_a_lost_answer_to_a_submission_does_not_pay_twice(wire, client, tmp_path):
    torn: list[str] = []

    def tear_once(batch: Any, handler: Any) -> None:
        if batch.protocol not in torn:
            torn.append(batch.protocol)
            handler.tear()

    wire.after_create = tear_once
    tasks = [a_task(1), a_task(2), a_task(3, SENSITIVE)]
    found = asyncio.run(run(tasks, client(), tmp_path / "run"))
    assert sorted(torn) == ["anthropic", "openai"]
    assert len(found) == 3
    assert len(wire.billed) == 3


@pytest.mark.parametrize("moment", ["submitting", "waiting"])
def test_a_killed_run_goes_on_with_its_batches(wire, client, tmp_path, moment):
    """kill -9 between the provider's taking the batch and our knowing its id, and while waiting."""
    wire.hold, reached, killed = True, threading.Event(), threading.Event()
    if moment == "submitting":

        def stall(batch: Any, handler: Any) -> None:
            reached.set()
            killed.wait(20)
            handler.tear()

        wire.after_create = stall
    home, folder = tmp_path / "home", tmp_path / "run"
    command = [sys.executable, str(Path(__file__).with_name("batch_run.py")), wire.url]
    process = subprocess.Popen(
        [*command, str(home), str(folder), "5"], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    if moment == "submitting":
        assert reached.wait(60)
    else:
        while not any(batch.polls for batch in list(wire.batches.values())):
            assert process.poll() is None
            threading.Event().wait(0.02)
    process.kill()
    process.wait()
    killed.set()
    wire.after_create = lambda batch, handler: None
    wire.hold = False
    smart = client()
    found = asyncio.run(run([a_task(n) for n in range(5)], smart, folder))
    assert len(found) == 5
    assert len(wire.batches) == 1
    assert sorted(map(number_of, wire.billed)) == [0, 1, 2, 3, 4]
    assert summary(smart.router.ledger, session="run-1")["calls"] == 5


def test_a_text_nobody_recorded_is_given_again_and_paid_once(wire, client, tmp_path):
    smart, tasks = client(), [a_task(n) for n in range(3)]
    first = asyncio.run(run(tasks, smart, tmp_path / "run"))
    again = asyncio.run(run([*tasks, a_task(7)], smart, tmp_path / "run"))
    assert {name: again[name] for name in first} == first
    assert sorted(map(number_of, wire.billed)) == [0, 1, 2, 7]
    assert summary(smart.router.ledger, session="run-1")["calls"] == 4


def test_only_what_changed_is_asked_anew(wire, client, tmp_path):
    smart = client()
    asyncio.run(run([a_task(1), a_task(2)], smart, tmp_path / "run"))
    asyncio.run(run([a_task(1), a_task(2, "Чашка большая")], smart, tmp_path / "run"))
    assert sorted(map(number_of, wire.billed)) == [1, 2, 2]


def test_cancelling_keeps_what_was_done_and_asks_for_no_more(wire, client, tmp_path):
    wire.hold = True
    smart, tasks = client(), [a_task(n) for n in range(4)]
    found = asyncio.run(
        run(tasks, smart, tmp_path / "run", cancelled=lambda: len(wire.batches) > 0)
    )
    assert sorted(found) == ["p0/description", "p1/description"]  # done when it was cancelled
    assert live(wire) == []
    assert all(batch.cancelling for batch in wire.batches.values())
    wire.hold = False
    rest = asyncio.run(run(tasks, smart, tmp_path / "run"))
    assert len(rest) == 4
    assert sorted(map(number_of, wire.billed)) == [0, 1, 2, 3]
    assert live(wire) == []  # at the batch's price again, not at the full one


def test_a_batch_is_split_at_the_providers_limits(wire, client, tmp_path, monkeypatch):
    from src.llm.providers.batches import BatchLimits
    from src.llm.providers.openai_batches import OpenAIBatches

    monkeypatch.setattr(OpenAIBatches, "limits", BatchLimits(requests=3, bytes=10**6))
    asyncio.run(run([a_task(n) for n in range(7)], client(), tmp_path / "a"))
    assert [len(batch.asked) for batch in wire.batches.values()] == [3, 3, 1]
    wire.batches.clear()
    size = max(len(line) for body in wire.files.values() for line in body.splitlines())
    two = BatchLimits(requests=100, bytes=int(size * 2.9))
    monkeypatch.setattr(OpenAIBatches, "limits", two)
    asyncio.run(run([a_task(n) for n in range(7)], client(), tmp_path / "b"))
    assert [len(batch.asked) for batch in wire.batches.values()] == [2, 2, 2, 1]


def test_a_provider_without_a_key_is_passed_over(wire, client, tmp_path):
    smart = client(openai_api_key=None)
    found = asyncio.run(run([a_task(1)], smart, tmp_path / "run"))
    assert [batch.protocol for batch in wire.batches.values()] == ["anthropic"]
    assert found["p1/description"].model == "claude-haiku-5-5"


def test_without_any_key_the_offline_template_writes(wire, client, tmp_path):
    nobody = dict.fromkeys(KEYS)
    tasks = [a_task(1, offline_text="Чашка."), a_task(2)]
    found = asyncio.run(run(tasks, client(**nobody), tmp_path / "run"))
    assert found["p1/description"].engine == "offline"
    assert isinstance(found["p2/description"], CopyFailed)
    assert wire.requests == []


def test_a_batch_beyond_the_budget_is_left_to_the_live_path(wire, client, tmp_path):
    notes: list[str] = []
    smart = client(llm_session_budget_usd=0.0001)
    asyncio.run(
        run(
            [a_task(n, max_tokens=2000) for n in range(4)],
            smart,
            tmp_path / "run",
            progress=lambda p: notes.append(p.note),
        )
    )
    assert wire.batches == {}
    assert any("does not fit into the session's budget" in note for note in notes)


def test_a_rejected_key_stops_the_run_and_keeps_its_batches(wire, client, tmp_path):
    wire.hold = True
    smart = client()

    def refuse(progress: BatchProgress) -> None:
        if any(batch.state == "open" for batch in progress.batches):
            wire.refuses["openai"] = 401

    with pytest.raises(BatchesUnreachable) as caught:
        asyncio.run(run([a_task(1)], smart, tmp_path / "run", progress=refuse))
    told = str(caught.value.to_dict())
    assert "run again" in told.lower()
    assert not any(key in told for key in KEYS.values())
    wire.refuses.clear()
    wire.hold = False
    found = asyncio.run(run([a_task(1)], smart, tmp_path / "run"))
    assert len(found) == 1
    assert len(wire.billed) == 1


def test_a_silent_provider_is_borne_with(wire, client, tmp_path):
    wire.hold, silences = True, []

    def silence(progress: BatchProgress) -> None:
        if any(batch.state == "open" for batch in progress.batches) and len(silences) < 3:
            silences.append(1)
            wire.refuses["openai"] = 503
        else:
            wire.refuses.clear()
            wire.hold = False

    found = asyncio.run(run([a_task(1)], client(), tmp_path / "run", progress=silence))
    assert len(found) == 1
    assert len(wire.billed) == 1


def test_a_batch_older_than_the_patience_for_it_is_cancelled_and_finished_live(
    wire, client, tmp_path
):
    wire.hold = True
    pace = BatchPace(first=0.01, most=0.05, settle=0.0, longest=0.0)
    found = asyncio.run(run([a_task(1), a_task(2)], client(), tmp_path / "run", pace=pace))
    assert len(found) == 2
    assert [number_of(asked) for asked in live(wire)] == [2]


def test_two_runs_do_not_share_a_folder(wire, client, tmp_path):
    wire.hold = True
    smart, folder = client(), tmp_path / "run"

    async def both() -> None:
        first = asyncio.ensure_future(run([a_task(1)], smart, folder))
        while not wire.batches:
            await asyncio.sleep(0.01)
        with pytest.raises(StepConflict):
            await run([a_task(1)], smart, folder)
        wire.hold = False
        await first

    asyncio.run(both())


def test_no_key_reaches_the_folder(wire, client, tmp_path):
    wire.says = lambda asked: "errored" if asked.custom_id else good(asked)
    asyncio.run(run([a_task(1)], client(), tmp_path / "run", pace=PACE))
    for file in (tmp_path / "run").iterdir():
        assert not any(key.encode() in file.read_bytes() for key in KEYS.values())


def test_a_budget_of_the_run_ends_it_before_it_is_passed(wire, client, tmp_path, monkeypatch):
    from src.llm.providers.batches import BatchLimits
    from src.llm.providers.openai_batches import OpenAIBatches

    monkeypatch.setattr(OpenAIBatches, "limits", BatchLimits(requests=2, bytes=10**6))
    smart, shown = client(), []
    # A batch of two may cost about 2 × (35 × $0.05 + 500 × $0.25) a million tokens: $0.00025.
    found = asyncio.run(
        run(
            [a_task(n) for n in range(6)],
            smart,
            tmp_path / "run",
            budget=Decimal("0.0006"),
            progress=shown.append,
        )
    )
    assert len(found) == 4
    assert shown[-1].ending == "budget"
    assert summary(smart.router.ledger, session="run-1")["cost"] == Decimal("0.0004")
    more = asyncio.run(run([a_task(n) for n in range(6)], smart, tmp_path / "run"))
    assert len(more) == 6
    assert sorted(map(number_of, wire.billed)) == [0, 1, 2, 3, 4, 5]


def test_a_crash_between_the_ledger_and_the_folder_books_nothing_twice(
    wire, client, tmp_path, monkeypatch
):
    from src.catalogue.batch.store import BatchStore

    smart, tasks = client(), [a_task(n) for n in range(3)]
    settle = BatchStore.settle
    monkeypatch.setattr(BatchStore, "settle", lambda *_: (_ for _ in ()).throw(OSError("gone")))
    with pytest.raises(OSError, match="gone"):
        asyncio.run(run(tasks, smart, tmp_path / "run"))
    assert summary(smart.router.ledger, session="run-1")["calls"] == 3
    monkeypatch.setattr(BatchStore, "settle", settle)
    assert len(asyncio.run(run(tasks, smart, tmp_path / "run"))) == 3
    assert summary(smart.router.ledger, session="run-1")["calls"] == 3
    assert len(wire.billed) == 3
