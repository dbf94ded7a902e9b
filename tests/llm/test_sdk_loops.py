"""One turn is one request: no SDK goes on asking by itself, and nothing is kept at a provider."""

from __future__ import annotations

import base64

import pytest
from dialects import PROTOCOLS, Answer, whole
from served import MODEL, ask
from wire import body, say

from src.llm import errors
from src.llm.types import LLMRequest, Message, TaskType, Tool

TOOL = Tool("add", "Adds.", {"type": "object", "properties": {"a": {"type": "integer"}}})


def test_gemini_is_not_continued_behind_our_back(wire, make_router):
    """Left to itself the SDK sends the token back and bills another request."""
    unfinished = whole("google", Answer("Half an ans"), MODEL["google"])
    unfinished["candidates"][0] |= {
        "finishReason": "CONTINUATION",
        "continuationToken": base64.b64encode(b"go on").decode(),
    }
    wire.on("google", body(unfinished))
    router = make_router("google")
    for requests, face in enumerate(
        (router.complete, lambda request: list(router.stream(request)))
    ):
        with pytest.raises(errors.Truncated) as caught:
            face(ask())
        assert len(wire.asked()) == requests + 1
        assert caught.value.partial == "Half an ans"


def test_a_paused_turn_of_claude_is_no_answer_and_is_not_resumed(wire, make_router):
    wire.on("anthropic", say("Let me look it up", stop="failed"))  # pause_turn on the wire
    wire.on("openai", say("from the second"))
    assert make_router("anthropic", "openai").complete(ask()).text == "from the second"
    assert len(wire.asked("anthropic")) == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_tool_that_the_model_calls_is_handed_to_us_and_not_run(protocol, wire, make_router):
    wire.on(protocol, say("", tool=("add", {"a": 1})))
    router = make_router(protocol)
    request = LLMRequest(
        task=TaskType.WORKFLOW_ORCHESTRATION, messages=(Message("user", "1 + 2?"),), tools=(TOOL,)
    )
    for response in (router.complete(request), list(router.stream(request))[-1]):
        assert [call.name for call in response.tool_calls] == ["add"]
    assert len(wire.asked()) == 2
    assert "add" in str(wire.asked()[0].body["tools"])


@pytest.mark.parametrize("tools", [(), (TOOL,)], ids=["plain", "with tools"])
def test_openai_keeps_nothing_and_is_told_the_whole_conversation(tools, wire, make_router):
    router = make_router("openai")
    router.complete(ask(tools=tools))
    list(router.stream(ask(tools=tools)))
    for asked in wire.asked("openai"):
        assert asked.body["store"] is False
        assert not {"previous_response_id", "conversation", "background"} & set(asked.body)
