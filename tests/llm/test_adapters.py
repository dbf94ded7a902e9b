"""What each provider's dialect becomes: one answer, one usage record, one set of outcomes."""

from __future__ import annotations

import base64
import json
from decimal import Decimal

import pytest
from dialects import PROTOCOLS, Answer, Tokens, whole
from pydantic import BaseModel, Field
from served import MODEL
from wire import fail, garbage, reset, say

from src.llm import errors
from src.llm.types import Image, LLMRequest, LLMResponse, Message, TaskType, Tool, ToolCall, Usage

TASK = TaskType.SQL_GENERATION
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)


class City(BaseModel):
    name: str
    people: int = Field(ge=0)
    tags: list[str] = []


def ask(prompt: str = "How many?", **rest: object) -> LLMRequest:
    return LLMRequest(task=TASK, prompt=prompt, **rest)  # type: ignore[arg-type]


@every_protocol
def test_an_answer_comes_back_with_text_usage_and_model(protocol, wire, make_router):
    wire.on(protocol, say("forty-two"))
    response = make_router(protocol).complete(ask(system_prompt="Be brief."))
    assert response.text == "forty-two"
    assert response.model == MODEL[protocol]
    assert response.usage == Usage(input_tokens=100, output_tokens=20)
    assert [attempt.outcome for attempt in response.attempts] == ["ok"]
    assert "Be brief." in str(wire.asked()[0].body)


@every_protocol
def test_a_stream_gives_the_same_answer_and_usage(protocol, wire, make_router):
    text = "The answer to the question is forty-two, " * 6
    wire.on(protocol, say(text, tokens=Tokens(plain=50, cached=40, visible=9, thoughts=5)))
    *pieces, response = make_router(protocol).stream(ask())
    assert isinstance(response, LLMResponse)
    assert len(pieces) > 1
    assert "".join(pieces) == text == response.text
    assert response.usage == Usage(
        input_tokens=90, cached_input_tokens=40, output_tokens=14, reasoning_tokens=5
    )
    assert response.time_to_first_token is not None


@pytest.mark.parametrize("protocol", ["anthropic", "openai"])
def test_the_same_tokens_give_the_same_record_with_cache_writes(protocol, wire, make_router):
    wire.on(protocol, say(tokens=Tokens(plain=10, cached=20, written=30, visible=5, thoughts=7)))
    assert make_router(protocol).complete(ask()).usage == Usage(
        input_tokens=60,
        cached_input_tokens=20,
        cache_write_tokens=30,
        output_tokens=12,
        reasoning_tokens=7,
    )


@pytest.mark.parametrize("protocol", ["openai", "google", "chat"])  # the Messages API always counts
def test_missing_usage_is_unknown_not_zero(protocol, wire, make_router):
    wire.on(protocol, say(tokens=None))
    response = make_router(protocol).complete(ask())
    assert response.usage is None
    assert response.cost is None


@pytest.mark.parametrize(
    ("protocol", "stop", "expected"),
    [
        (protocol, stop, expected)
        for protocol in PROTOCOLS
        for stop, expected in {
            "truncated": errors.Truncated,
            "refused": errors.Refused,
            "blocked": errors.Blocked,
            "failed": errors.LLMError,
        }.items()
        # These two have one word for both.
        if (protocol, stop) not in {("anthropic", "blocked"), ("google", "refused")}
    ],
)
@pytest.mark.parametrize("streaming", [False, True])
def test_status_200_without_an_answer_is_an_error(
    protocol, stop, expected, streaming, wire, make_router
):
    wire.on(protocol, say("Partly", stop=stop))
    router = make_router(protocol)
    with pytest.raises(expected) as caught:
        list(router.stream(ask())) if streaming else router.complete(ask())
    assert caught.value.attempts
    assert caught.value.attempts[0].usage == Usage(input_tokens=100, output_tokens=20)


@every_protocol
@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (fail(401, "authentication_error", "bad key"), errors.AuthenticationFailed),
        (fail(403, "permission_error", "not allowed"), errors.AuthenticationFailed),
        (fail(404, "not_found_error", "no such model"), errors.ModelNotFound),
        (fail(400, "invalid_request_error", "temperature: not allowed"), errors.BadRequest),
        (fail(400, "invalid_request_error", "prompt is too long: 9 tokens"), errors.ContextTooLong),
        (fail(429, "insufficient_quota", "You exceeded your current quota"), errors.QuotaExhausted),
        (fail(429, "rate_limit_error", "slow down", retry_after="86400"), errors.RateLimited),
        (fail(500), errors.Overloaded),
        (fail(503), errors.Overloaded),
        (fail(529, "overloaded_error", "Overloaded"), errors.Overloaded),
        (garbage(), errors.MalformedOutput),
        (garbage(b"[]"), errors.LLMError),
        (reset(), errors.StreamCut),
        (say(""), errors.MalformedOutput),
        (say("I'm sorry, but I can't help with that."), errors.Refused),
        (say("К сожалению, я не могу помочь с этим запросом."), errors.Refused),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_every_fault_has_its_type(protocol, step, expected, wire, make_router):
    wire.on(protocol, step)
    with pytest.raises(expected) as caught:
        make_router(protocol).complete(ask())
    assert type(caught.value) is expected or expected is errors.LLMError


@every_protocol
def test_an_unreachable_provider_is_a_connection_failure(protocol, wire, make_router):
    router = make_router(protocol)
    wire.close()
    with pytest.raises(errors.ConnectionFailed):
        router.complete(ask())


@every_protocol
def test_a_schema_goes_out_natively_and_comes_back_parsed(protocol, wire, make_router):
    wire.on(protocol, say('{"name": "Oslo", "people": 7, "tags": []}'))
    response = make_router(protocol).complete(ask(response_schema=City))
    assert response.parsed == City(name="Oslo", people=7)
    body = wire.asked()[0].body
    sent = {
        "anthropic": lambda: body["output_config"]["format"]["schema"],
        "openai": lambda: body["text"]["format"]["schema"],
        "google": lambda: body["generationConfig"]["responseJsonSchema"],
        "chat": lambda: body["response_format"]["json_schema"]["schema"],
    }[protocol]()
    assert sent["required"] == ["name", "people", "tags"]
    assert sent["additionalProperties"] is False
    assert "minimum" not in str(sent)


@every_protocol
def test_one_repair_turn_and_nothing_of_its_usage_is_lost(protocol, wire, make_router):
    wire.on(protocol, say('{"name": "Oslo", "people": -1}'), say('{"name": "Oslo", "people": 1}'))
    response = make_router(protocol).complete(ask(response_schema=City))
    assert response.parsed == City(name="Oslo", people=1)
    assert [attempt.error for attempt in response.attempts] == ["malformed_output", None]
    assert all(attempt.usage == Usage(100, 0, 0, 20, 0) for attempt in response.attempts)
    assert "greater than or equal to 0" in str(wire.asked()[1].body)


@every_protocol
@pytest.mark.parametrize("streaming", [False, True])
def test_a_tool_loop_of_our_own(protocol, streaming, wire, make_router):
    tool = Tool("add", "Adds.", {"type": "object", "properties": {"a": {"type": "integer"}}})
    wire.on(protocol, say("", tool=("add", {"a": 1})), say("It is 3."))
    router = make_router(protocol)

    def turn(messages: tuple[Message, ...]) -> LLMResponse:
        request = LLMRequest(task=TASK, messages=messages, tools=(tool,))
        return list(router.stream(request))[-1] if streaming else router.complete(request)

    messages: tuple[Message, ...] = (Message("user", "1 + 2?"),)
    first = turn(messages)
    assert [(call.name, call.arguments) for call in first.tool_calls] == [("add", {"a": 1})]
    call = first.tool_calls[0]
    result = Message("tool", "3", tool_call_id=call.id, tool_name=call.name)
    assert turn((*messages, first.turn, result)).text == "It is 3."
    assert len(wire.asked()) == 2
    if protocol == "google":
        assert "c2ln" in str(wire.asked()[1].body), "a thought signature must travel back"


@every_protocol
def test_images_travel_in_each_providers_own_form(protocol, wire, make_router):
    make_router(protocol).complete(ask(images=(Image(PNG, "image/png"),)))
    body = wire.asked()[0].body
    data = base64.b64encode(PNG).decode()
    url = f"data:image/png;base64,{data}"
    source = {"type": "base64", "media_type": "image/png", "data": data}
    sent, expected = {
        "anthropic": lambda: (body["messages"][0]["content"], {"type": "image", "source": source}),
        "openai": lambda: (
            body["input"][0]["content"],
            {"type": "input_image", "detail": "auto", "image_url": url},
        ),
        "google": lambda: (
            body["contents"][0]["parts"],
            {"inlineData": {"data": data, "mime_type": "image/png"}},
        ),
        "chat": lambda: (
            body["messages"][0]["content"],
            {"type": "image_url", "image_url": {"url": url}},
        ),
    }[protocol]()
    assert sent[0] == expected
    assert "How many?" in str(sent[1]), "the words come after the picture they speak of"


def test_openai_is_told_to_store_nothing(wire, make_router):
    make_router("openai").complete(ask())
    body = wire.asked("openai")[0].body
    assert body["store"] is False


@pytest.mark.parametrize(
    ("model", "forbidden"),
    [
        ("claude-sonnet-5-5", {"temperature", "top_p", "top_k"}),
        ("gpt-6.1-sol", {"temperature", "top_p", "max_tokens"}),
    ],
)
def test_parameters_a_model_rejects_are_never_sent(model, forbidden, wire, make_router):
    toml = '[profiles.test.defaults]\ntemperature = 0.2\neffort = "high"\n'
    make_router(model, toml=toml).complete(ask())
    assert not forbidden & set(wire.asked()[0].body)


def test_the_model_that_answered_is_the_one_that_is_priced(wire, make_router):
    tokens = Tokens(plain=1_000_000, visible=0)
    wire.on("google", say(model="gemini-3.1-pro-preview", tokens=tokens))
    response = make_router("google").complete(ask())
    assert response.model == "gemini-3.1-pro-preview"
    assert response.cost == Decimal(4)


@every_protocol
@pytest.mark.parametrize("bad", ['{"name": "Oslo"', '{"name": "Oslo", "people": -1}'])
def test_after_one_repair_the_next_model_is_asked_and_every_attempt_is_paid_for(
    protocol, bad, wire, make_router
):
    other = "openai" if protocol != "openai" else "anthropic"
    wire.on(protocol, say(bad))
    wire.on(other, say('{"name": "Oslo", "people": 1}'))
    response = make_router(protocol, other).complete(ask(response_schema=City))
    assert response.parsed == City(name="Oslo", people=1)
    errors_of = [attempt.error for attempt in response.attempts]
    assert errors_of == ["malformed_output", "malformed_output", None]
    assert all(attempt.usage == Usage(100, 0, 0, 20, 0) for attempt in response.attempts)
    assert response.cost == sum(attempt.cost for attempt in response.attempts)


@every_protocol
def test_results_of_two_calls_at_once_go_back_in_the_providers_form(protocol, wire, make_router):
    tool = Tool("add", "Adds.", {"type": "object", "properties": {}})
    turns = (
        Message("user", "Add."),
        Message(
            "assistant", tool_calls=(ToolCall("c1", "add", {"a": 1}), ToolCall("c2", "add", {}))
        ),
        Message("tool", "one", tool_call_id="c1", tool_name="add"),
        Message("tool", "two", tool_call_id="c2", tool_name="add"),
    )
    request = LLMRequest(task=TASK, messages=turns, tools=(tool,))
    assert make_router(protocol).complete(request).text == "forty-two"
    body = wire.asked()[0].body
    turns_sent = {
        "anthropic": lambda: [turn["role"] for turn in body["messages"]],
        "google": lambda: [turn["role"] for turn in body["contents"]],
        "chat": lambda: [turn["role"] for turn in body["messages"]],
        "openai": lambda: [item.get("type", item.get("role")) for item in body["input"]],
    }[protocol]()
    assert (
        turns_sent
        == {
            "anthropic": ["user", "assistant", "user"],
            "google": ["user", "model", "user"],
            "chat": ["user", "assistant", "tool", "tool"],
            "openai": ["user", *["function_call"] * 2, *["function_call_output"] * 2],
        }[protocol]
    )
    assert "one" in str(body)
    assert "two" in str(body)


def test_gemini_is_not_sent_an_image_it_does_not_take(wire, make_router):
    picture = Image(b"GIF89a" + bytes(20), "image/gif")
    response = make_router("google", "openai").complete(ask(images=(picture,)))
    assert response.model == MODEL["openai"]
    assert not wire.asked("google")


@pytest.mark.parametrize(
    ("model", "name"), [("qwen2.5", "max_tokens"), ("gpt-6.1-sol", "max_completion_tokens")]
)
def test_a_gateway_is_told_the_limit_under_the_name_its_model_knows(model, name, wire, make_router):
    toml = (
        f'[providers.company]\nkind = "openai_compatible"\nbase_url = "{wire.url}/chat/v1"\n'
        f'[deployments.ours]\nprovider = "company"\nmodel = "{model}"\n'
    )
    make_router("ours", toml=toml).complete(ask())
    body = wire.asked("chat")[0].body
    assert {"max_tokens", "max_completion_tokens"} & set(body) == {name}


@pytest.mark.parametrize("task", TaskType)
def test_a_server_of_ones_own_serves_every_task(task, wire, make_router):
    response = make_router("chat").complete(LLMRequest(task=task, prompt="q"))
    assert (response.model, response.cost) == (MODEL["chat"], Decimal(0))


@pytest.mark.parametrize("protocol", ["openai", "chat"])
def test_a_tool_call_that_cannot_be_read_is_paid_for_and_goes_to_the_next_model(
    protocol, wire, make_router
):
    def broken(handler, asked):
        content = whole(protocol, Answer("", tool=("add", {"a": 1})), asked.model)
        handler.send_body(200, json.dumps(content).replace('a\\": 1', 'a\\": ').encode(), {})

    wire.on(protocol, broken)
    tool = Tool("add", "Adds.", {"type": "object", "properties": {}})
    response = make_router(protocol, "anthropic").complete(ask(tools=(tool,)))
    first, _ = response.attempts
    assert (first.error, first.usage) == ("malformed_output", Usage(100, 0, 0, 20, 0))
    assert first.cost == (0 if protocol == "chat" else Decimal("0.0004"))
    assert response.model == MODEL["anthropic"]
