"""A text that fails its checks in a batch is repaired live, once, and then the next model's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from batch_run import (
    GOOGLE,
    PACE,
    QUICK,
    TOKENS,
    a_task,
    good,
    live,
    make_client,
    make_router,
    run,
    text_of,
)
from batch_wire import Asked, BatchWire
from dialects import Answer, Tokens

from src.catalogue.smart_llm_client import SmartLLMClient
from src.llm.ledger_tables import calls
from src.llm.usage import summary

SENSITIVE = "Воск для депиляции"
ENGLISH = "A cup that keeps the tea warm and is nice to hold."
REFUSAL = "I'm sorry, but I can't help with that."
NOBODY_LIVE = replace(PACE, live=0)  # the run ends with its batches; the next one writes live


@pytest.fixture
def wire() -> Iterator[BatchWire]:
    server = BatchWire(says=good)
    yield server
    server.close()


@pytest.fixture
def client(wire: BatchWire, tmp_path: Path) -> Iterator[Callable[..., SmartLLMClient]]:
    """client(toml, **settings): a client of a router of its own, on the wire."""
    made: list[SmartLLMClient] = []

    def make(toml: str = QUICK, *, strategy: Any = None, **settings: Any) -> SmartLLMClient:
        router = make_router(wire.url, tmp_path / "home", toml, **settings)
        made.append(make_client(router, tmp_path / "home", strategy=strategy))
        return made[-1]

    yield make
    for one in made:
        one.router.close()


def says(in_batch: str, *then: str) -> Callable[[Asked], Answer]:
    """The texts of a batch and of the live calls after it, in order; at last good ones."""
    left = list(then)

    def say(asked: Asked) -> Answer:
        text = in_batch if asked.custom_id else left.pop(0) if left else ""
        return Answer(text, tokens=TOKENS) if text else good(asked)

    return say


def turns(asked: Asked) -> list[tuple[str, str]]:
    """Who said what, as the protocol has it."""
    listed = asked.body.get("input") or asked.body.get("messages") or asked.body["contents"]
    if isinstance(listed, str):
        return [("user", listed)]
    return [(turn["role"], _text(turn.get("content", turn.get("parts")))) for turn in listed]


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def steps(smart: SmartLLMClient) -> list[tuple[str, str, bool]]:
    """Step, reason and whether it was in a batch, of each call in the ledger."""
    query = sa.select(calls.c.tags).order_by(calls.c.started_at)
    with smart.router.ledger.engine.connect() as connection:
        told = connection.execute(query).scalars().all()
    return [(tags["step"], tags.get("because", ""), "batch" in tags) for tags in told]


@pytest.mark.parametrize(
    ("protocol", "assistant", "toml", "title", "paid"),
    [
        # 1,000 tokens in at $0.05 and 200 out at $0.25 a million, and live at twice that.
        ("openai", "assistant", QUICK, "Чашка", "0.0003"),
        ("anthropic", "assistant", QUICK, SENSITIVE, "0.0003"),
        ("google", "model", QUICK + GOOGLE, "Чашка", "0.00225"),
    ],
)
def test_the_model_is_shown_its_own_text_and_what_is_wrong_with_it(
    wire, client, tmp_path, protocol, assistant, toml, title, paid
):
    wire.says = says(ENGLISH)
    smart, task = client(toml), a_task(1, title)
    copy = asyncio.run(run([task], smart, tmp_path / "run"))[task.id]
    assert (copy.text, copy.failed_over, len(copy.calls)) == (text_of(1), "", 2)
    (repair,) = live(wire)
    assert (repair.protocol, repair.model) == (protocol, wire.billed[0].model)
    prompt, rejected, problems = turns(repair)
    assert prompt == ("user", task.prompt)
    assert rejected == (assistant, ENGLISH)
    assert problems[0] == "user"
    assert "must be in Russian" in problems[1]
    assert steps(smart) == [("first", "", True), ("repair", "language", False)]
    stats = smart.get_stats()
    assert (stats["items"], stats["answered"], stats["repairs"], stats["failovers"]) == (1, 1, 1, 0)
    assert stats["cost"] == copy.cost == Decimal(paid)


def test_a_fence_around_the_rejected_text_is_shown_as_it_was(wire, client, tmp_path):
    wire.says = says(f"```\n{ENGLISH}\n```")
    asyncio.run(run([a_task(1)], client(), tmp_path / "run"))
    assert turns(live(wire)[0])[1] == ("assistant", f"```\n{ENGLISH}\n```")


@pytest.mark.parametrize("again", [ENGLISH, REFUSAL])
def test_after_a_repair_that_fails_the_next_model_begins_anew(wire, client, tmp_path, again):
    wire.says = says(ENGLISH, again)
    smart, task = client(), a_task(1)
    copy = asyncio.run(run([task], smart, tmp_path / "run"))[task.id]
    assert [asked.protocol for asked in live(wire)] == ["openai", "anthropic"]
    assert turns(live(wire)[1]) == [("user", task.prompt)]
    assert (copy.text, copy.model) == (text_of(1), "claude-haiku-5-5")
    assert copy.failed_over == ("rejected" if again == ENGLISH else "refused")
    assert steps(smart) == [
        ("first", "", True), ("repair", "language", False), ("next", "language", False),
    ]  # fmt: skip
    assert copy.cost == Decimal("0.0005")  # 0.0001 in the batch and twice 0.0002 live
    assert summary(smart.router.ledger, session="run-1")["cost"] == copy.cost


def test_a_later_run_repairs_what_a_batch_brought_to_an_earlier_one(wire, client, tmp_path):
    wire.says = says(ENGLISH)
    task, earlier = a_task(1), client()
    assert asyncio.run(run([task], earlier, tmp_path / "run", pace=NOBODY_LIVE)) == {}
    earlier.router.close()
    smart = client()
    copy = asyncio.run(run([task], smart, tmp_path / "run"))[task.id]
    assert copy.cost == Decimal("0.0003")
    assert [role for role, _ in turns(live(wire)[0])] == ["user", "assistant", "user"]
    assert len(wire.billed) == 2
    assert steps(smart) == [("first", "", True), ("repair", "language", False)]


@pytest.mark.parametrize("answer", [ENGLISH, REFUSAL])
def test_a_route_without_the_batchs_model_is_taken_from_its_beginning(
    wire, client, tmp_path, answer
):
    wire.says = says(answer)
    task, earlier = a_task(1), client()
    asyncio.run(run([task], earlier, tmp_path / "run", pace=NOBODY_LIVE))
    earlier.router.close()
    smart = client(strategy="claude_only")
    copy = asyncio.run(run([task], smart, tmp_path / "run"))[task.id]
    assert (copy.text, copy.model) == (text_of(1), "claude-haiku-5-5")
    assert turns(live(wire)[0]) == [("user", task.prompt)]


def test_a_text_that_is_only_like_anothers_is_kept_when_nobody_does_better(wire, client, tmp_path):
    wire.says = lambda asked: Answer(text_of(1), tokens=TOKENS)
    tasks = [a_task(n, offline_text="Чашка.") for n in (1, 2)]
    smart = client()
    found = asyncio.run(run(tasks, smart, tmp_path / "run"))
    assert {copy.text for copy in found.values()} == {text_of(1)}
    assert {copy.model for copy in found.values()} == {"gpt-6-luna"}
    # Every model of the chain tried twice, the first of them in the batch.
    assert [asked.protocol for asked in live(wire)] == ["openai", *["anthropic"] * 4]
    cost = summary(smart.router.ledger, session="run-1")["cost"]
    assert cost == sum(copy.cost for copy in found.values())


def test_a_template_that_stands_in_for_want_of_a_budget_is_written_anew_another_time(
    wire, client, tmp_path
):
    # The batch costs more than its prompt let one expect, and leaves no room for the repair.
    wire.says = lambda asked: Answer(ENGLISH, tokens=Tokens(plain=10_000, visible=200))
    task = a_task(1, offline_text="Чашка.")
    smart = client(llm_session_budget_usd=0.0003)
    copy = asyncio.run(run([task], smart, tmp_path / "run"))[task.id]
    assert (copy.engine, copy.temporary, copy.cost) == ("offline", True, Decimal("0.00055"))
    assert live(wire) == []
