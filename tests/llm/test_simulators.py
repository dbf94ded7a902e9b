"""The router against a simulator of the providers that nobody here wrote, through the real SDKs.

llmock says texts, tool calls, HTTP errors and broken streams in its own reading of each protocol,
and gives a verdict on how a client took them. What it cannot say (refusal items, blocked prompts,
cached tokens, error events, a status 200 that failed) is said by the wire server in `wire.py`.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dialects import PROTOCOLS
from pydantic import BaseModel
from served import LONG, MODEL, ask

from src.llm import errors, usage
from src.llm.router import Router
from src.llm.types import LLMRequest, LLMResponse, Message, TaskType, Tool

FOLDER = Path(sys.prefix) / "simulators"
# What the simulator calls the protocols of these tests.
NAMED = {"anthropic": "anthropic", "openai": "openai", "google": "gemini", "chat": "openai"}
every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)
TOOL = Tool(
    "add_numbers",
    "Adds two numbers.",
    {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
)


class City(BaseModel):
    name: str
    people: int


class GeminiV1:
    """The SDK asks for v1, the simulator knows the same by the name of v1beta."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if path.startswith("/gemini/v1/"):
            scope = {**scope, "path": path.replace("/v1/", "/v1beta/", 1)}
        await self._app(scope, receive, send)


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    assert FOLDER.is_dir(), f"{FOLDER} is missing: run `make env-dev`"
    sys.path.append(str(FOLDER))
    try:
        from llmock.testing import LLMockServer

        simulator = LLMockServer()
        simulator.app.add_middleware(GeminiV1)
        with simulator:
            yield simulator
    finally:
        sys.path.remove(str(FOLDER))


@pytest.fixture
def simulator(server: Any) -> Any:
    from llmock.pytest_plugin import LLMock

    logging.getLogger("llmock").setLevel(logging.ERROR)
    return LLMock(server).reset()


@pytest.fixture
def router(simulator: Any, make_router: Callable[..., Router]) -> Callable[..., Router]:
    """A router whose models are all the simulator's."""

    def make(*chain: str) -> Router:
        toml = (
            "[retry]\nbase_seconds = 0.2\n[cache]\nenabled = false\n"
            '[providers.simulated]\nkind = "openai_compatible"\n'
            f'base_url = "{simulator.base_url("openai")}"\n'
            '[deployments.simulated-model]\nprovider = "simulated"\nmodel = "simulated-model"\n'
        )
        return make_router(
            *("simulated-model" if name == "chat" else name for name in chain),
            toml=toml,
            anthropic_base_url=simulator.base_url("anthropic"),
            openai_base_url=simulator.base_url("openai"),
            gemini_base_url=simulator.base_url("gemini"),
        )

    return make


def asked(simulator: Any) -> int:
    return len(simulator.requests)


@every_protocol
def test_whole_and_streamed_answers_are_the_same(protocol, simulator, router):
    simulator.reply(LONG, times=2)
    model = router(protocol)
    whole = model.complete(ask())
    *pieces, streamed = model.stream(ask())
    assert whole.text == streamed.text == "".join(pieces) == LONG
    assert whole.usage == streamed.usage
    assert whole.usage.input_tokens > 0
    assert whole.usage.output_tokens > 0
    assert usage.summary(model.ledger)["calls"] == asked(simulator) == 2
    simulator.assert_resilient(strict=True)


@every_protocol
def test_a_tool_is_called_and_its_result_is_taken(protocol, simulator, router):
    model = router(protocol)
    faces = (model.complete, lambda request: list(model.stream(request))[-1])
    start = (Message("user", "Add the numbers 1 and 2."),)
    for turns, face in enumerate(faces, start=1):
        task = TaskType.WORKFLOW_ORCHESTRATION
        first: LLMResponse = face(LLMRequest(task, messages=start, tools=(TOOL,)))
        (call,) = first.tool_calls
        assert call.name == TOOL.name
        assert set(call.arguments) == {"a", "b"}
        result = Message("tool", "3", tool_call_id=call.id, tool_name=call.name)
        last = face(LLMRequest(task, messages=(*start, first.turn, result), tools=(TOOL,)))
        assert last.text
        assert not last.tool_calls
        assert asked(simulator) == 2 * turns


@pytest.mark.parametrize("protocol", ["openai", "google", "chat"])  # it knows no schema of Claude's
def test_a_schema_is_answered(protocol, simulator, router):
    response = router(protocol).complete(ask(response_schema=City))
    assert isinstance(response.parsed, City)
    assert asked(simulator) == 1


@every_protocol
def test_what_passes_is_waited_for_as_long_as_it_asks(protocol, simulator, router):
    model = router(protocol)
    for done, status in enumerate((429, 500, 503, 529), start=1):
        simulator.fail(status, times=1, retry_after=0.15)
        response = model.complete(ask())
        assert len(response.attempts) == 2
        assert asked(simulator) == 2 * done
    simulator.assert_resilient(strict=True)


@every_protocol
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, errors.BadRequest),
        (401, errors.AuthenticationFailed),
    ],
)
def test_what_does_not_pass_is_asked_once(protocol, status, expected, simulator, router):
    simulator.fail(status, times=None)
    with pytest.raises(expected):
        router(protocol).complete(ask())
    assert asked(simulator) == 1
    simulator.assert_resilient(strict=True)


@every_protocol
def test_a_prompt_that_is_too_long_goes_to_the_next_model(protocol, simulator, router):
    other = "anthropic" if NAMED[protocol] == "openai" else "openai"
    simulator.context_overflow(provider=NAMED[protocol])
    response = router(protocol, other).complete(ask())
    assert [attempt.error for attempt in response.attempts] == ["context_too_long", None]


@every_protocol
def test_a_stream_that_breaks_is_begun_again_or_told(protocol, simulator, router):
    """Before any text went out another answer is fetched; after it, an error has what came."""
    simulator.reply(LONG, times=None)
    model = router(protocol, "openai" if protocol == "anthropic" else "anthropic")
    for fault in (simulator.disconnect, simulator.truncate, simulator.corrupt):
        before = asked(simulator)
        fault(after_chunks=1)
        assert list(model.stream(ask()))[-1].text == LONG
        assert asked(simulator) == before + 2

        fault(after_chunks=30)
        pieces: list[str] = []
        with pytest.raises(errors.LLMError) as caught:
            for piece in model.stream(ask()):
                assert isinstance(piece, str)
                pieces.append(piece)
        assert LONG.startswith("".join(pieces))
        assert caught.value.partial == "".join(pieces) != ""
        assert asked(simulator) == before + 3, "no other model may continue the text"


@every_protocol
def test_arguments_that_are_no_json_are_never_handed_on(protocol, simulator, router):
    simulator.call_tool(TOOL.name, {"a": 1, "b": 2})
    simulator.break_tool_call()
    request = LLMRequest(TaskType.WORKFLOW_ORCHESTRATION, prompt="1 + 2?", tools=(TOOL,))
    try:
        response = router(protocol).complete(request)
    except errors.MalformedOutput:
        return
    # Where arguments travel as JSON, not as text, the simulator can only break what is in them.
    assert protocol in {"anthropic", "google"}
    assert all(isinstance(call.arguments, dict) for call in response.tool_calls)


def test_an_outage_of_two_providers_is_survived_by_the_third(simulator, router):
    for provider in ("anthropic", "gemini"):
        simulator.outage(provider=provider)
    model = router("anthropic", "google", "openai")
    assert model.complete(ask()).model == MODEL["openai"]
    assert list(model.stream(ask()))[-1].model == MODEL["openai"]


def test_quotas_are_kept_by_waiting_or_by_another_model(simulator, router):
    simulator.limits(rpm=3)
    model = router("openai", "anthropic", "google")
    answers = [model.complete(ask(str(number))).text for number in range(6)]
    assert all(answers)
    assert usage.summary(model.ledger)["errors"] == 0
