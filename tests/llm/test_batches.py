"""The providers' batch services through the real SDKs: requests, states, answers, recognition."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "catalogue"))

from batch_wire import BatchWire
from dialects import Answer, Tokens

from src.config.models_schema import Capability
from src.llm.endpoints import Endpoint
from src.llm.errors import AuthenticationFailed, BadRequest
from src.llm.providers.base import WireCall
from src.llm.providers.batches import (
    BatchExpired,
    BatchQueueFull,
    BatchService,
    BatchUndecided,
)
from src.llm.types import Message, Outcome, Usage

MODELS = {
    "anthropic": "claude-haiku-5-5",
    "openai": "gpt-6-luna",
    "google": "gemini-3.8-flash",
}
pytestmark = pytest.mark.anyio
EFFORT = Capability(match="*", efforts=["low"], adaptive_thinking=True)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def wire() -> Iterator[BatchWire]:
    server = BatchWire()
    yield server
    server.close()


@pytest.fixture(params=sorted(MODELS))
def protocol(request) -> str:
    return request.param


def service(wire: BatchWire, protocol: str) -> tuple[BatchService, object]:
    path = {"anthropic": "", "openai": "/openai/v1", "google": "/google"}[protocol]
    endpoint = Endpoint(protocol, protocol, wire.url + path, "planted-key-0123456789", None, ())
    adapter = endpoint.adapter()
    found = adapter.batches()
    assert found is not None
    return found, adapter


def call(protocol: str, prompt: str) -> WireCall:
    return WireCall(
        model=MODELS[protocol],
        messages=(Message("user", prompt),),
        max_tokens=500,
        timeout=30,
        capability=EFFORT,
        system_prompt="You write copy.",
        effort="low",
    )


def calls(protocol: str, *prompts: str) -> list[tuple[str, WireCall]]:
    return [(f"ours-{number}", call(protocol, text)) for number, text in enumerate(prompts)]


NOW = dt.datetime.now(dt.UTC)


async def test_a_batch_asks_what_a_live_call_asks(wire, protocol):
    batches, adapter = service(wire, protocol)
    try:
        await batches.submit("ours", calls(protocol, "Мыло ручной работы"))
        await adapter.send(call(protocol, "Мыло ручной работы"))
    finally:
        await adapter.close()
    (batch,) = wire.batches.values()
    (live,) = wire.billed
    asked = dict(batch.asked[0].body)
    if protocol == "google":
        asked.pop("model", None)  # the address names it for a live call
    assert asked == live.body


async def test_answers_come_back_by_their_ids_with_usage_at_the_batch_tier(wire, protocol):
    tokens = Tokens(plain=100, cached=40, written=0, visible=20, thoughts=7)
    wire.says = lambda asked: Answer(asked.prompt, tokens=tokens)
    batches, adapter = service(wire, protocol)
    try:
        name = await batches.submit("ours", calls(protocol, "one", "two", "three"))
        assert not (await batches.state(name)).over
        assert (await batches.state(name)).over
        found = [answer async for answer in batches.answers(name)]
    finally:
        await adapter.close()
    assert [answer.custom_id for answer in found] == ["ours-2", "ours-1", "ours-0"]
    for answer, word in zip(found, ("three", "two", "one"), strict=True):
        assert answer.reply is not None
        assert word in answer.reply.text
        assert answer.reply.outcome is Outcome.OK
        assert answer.reply.tier == "batch"
        assert answer.reply.usage == Usage(140, 40, 0, 27, 7)


async def test_each_request_fails_alone(wire, protocol):
    said = {"good": Answer("fine"), "bad": "errored", "no": Answer("no", stop="refused")}
    wire.says = lambda asked: next(s for word, s in said.items() if f"say {word}" in asked.prompt)
    batches, adapter = service(wire, protocol)
    try:
        name = await batches.submit("ours", calls(protocol, "say good", "say bad", "say no"))
        await batches.state(name)
        await batches.state(name)
        found = {answer.custom_id: answer async for answer in batches.answers(name)}
    finally:
        await adapter.close()
    assert found["ours-0"].reply.text == "fine"
    assert found["ours-1"].reply is None
    assert "it broke" in found["ours-1"].error.message
    assert found["ours-2"].reply.outcome in {Outcome.REFUSED, Outcome.BLOCKED}


async def test_an_expired_batch_tells_what_was_not_begun(wire, protocol):
    wire.fates[protocol] = ["expired"]
    batches, adapter = service(wire, protocol)
    try:
        name = await batches.submit("ours", calls(protocol, "one", "two"))
        await batches.state(name)
        state = await batches.state(name)
        found = {answer.custom_id: answer async for answer in batches.answers(name)}
    finally:
        await adapter.close()
    assert state.over
    if protocol == "google":  # its job keeps nothing
        assert isinstance(state.problem, BatchExpired)
        assert found == {}
    else:
        assert found["ours-0"].reply is not None
        assert isinstance(found["ours-1"].error, BatchExpired)


async def test_our_batch_is_recognised_though_nobody_heard_its_id(wire, protocol):
    wire.after_create = lambda batch, handler: handler.tear()
    batches, adapter = service(wire, protocol)
    try:
        for name in ("theirs", "ours"):
            with pytest.raises(Exception, match=protocol):
                await batches.submit(name, [(f"{name}-0", call(protocol, "one"))])
        if protocol == "anthropic":  # it says whose a batch is only when it is over
            with pytest.raises(BatchUndecided):
                await batches.find("ours", 1, NOW, frozenset())
        wire.polls = 0
        found = await batches.find("ours", 1, NOW, frozenset())
        nobody = await batches.find("nobody", 1, NOW, frozenset())
    finally:
        await adapter.close()
    assert found == list(wire.batches)[1]
    assert nobody is None


async def test_cancelling_keeps_what_was_done(wire, protocol):
    wire.hold = True
    batches, adapter = service(wire, protocol)
    try:
        name = await batches.submit("ours", calls(protocol, "one", "two"))
        await batches.cancel(name)
        assert (await batches.state(name)).over
        found = {answer.custom_id: answer async for answer in batches.answers(name)}
    finally:
        await adapter.close()
    if protocol != "google":
        assert found["ours-0"].reply is not None
        assert found["ours-1"].error.code == "cancelled"


@pytest.mark.parametrize(("fate", "fault"), [("failed", BadRequest), ("full", BatchQueueFull)])
async def test_a_rejected_file_says_why(wire, fate, fault):
    wire.fates["openai"] = [fate]
    batches, adapter = service(wire, "openai")
    try:
        name = await batches.submit("ours", calls("openai", "one"))
        state = await batches.state(name)
    finally:
        await adapter.close()
    assert state.over
    assert isinstance(state.problem, fault)
    assert "not this one" in state.problem.message


async def test_a_wrong_key_is_told_without_the_key(wire, protocol):
    wire.refuses[protocol] = 401
    batches, adapter = service(wire, protocol)
    try:
        with pytest.raises(AuthenticationFailed) as caught:
            await batches.submit("ours", calls(protocol, "one"))
    finally:
        await adapter.close()
    assert "planted-key" not in str(caught.value.to_dict())


def test_the_size_of_a_request_is_at_least_what_goes_over_the_wire(wire, protocol):
    batches, _ = service(wire, protocol)
    one = call(protocol, "Описание мыла. " * 200)
    assert batches.size(one) >= len("Описание мыла. ".encode()) * 200
