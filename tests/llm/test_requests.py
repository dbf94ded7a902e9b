"""Requests that contradict themselves are told before anything is sent."""

from __future__ import annotations

import json

import pytest
from dialects import PROTOCOLS
from served import MODEL, PNG, TASK, ask

from src.errors import InputError
from src.llm.errors import NoProviderAvailable
from src.llm.types import Image, LLMRequest, Message


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (LLMRequest(task=TASK), "prompt or messages"),
        (LLMRequest(task=TASK, prompt="  "), "empty"),
        (ask(images=(Image(b"GIF89a", "image/png"),)), "first bytes"),
        (ask(images=(Image(b"%PDF-1.7", "application/pdf"),)), "cannot be sent"),
        (ask(images=(Image(PNG + bytes(6_000_000), "image/png"),)), "MB"),
        (ask(images=(Image(b"", "image/png"),)), "first bytes"),
        (ask(images=(Image(b"RIFF\x24\0\0\0WAVEfmt ", "image/webp"),)), "first bytes"),
        (LLMRequest(task=TASK, messages=(Message("user", " \n"),)), "empty"),
        (LLMRequest(task=TASK, prompt="Why?", messages=(Message("user", "Why?"),)), "not both"),
        (ask("Why \ud83d?"), "Character 5 .* surrogates"),
        (ask(system_prompt="\udc00"), "surrogates"),
    ],
)
def test_a_bad_request_is_told_before_anything_is_sent(request_, says, wire, make_router):
    with pytest.raises(InputError, match=says):
        make_router("anthropic").complete(request_)
    assert not wire.asked()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_any_text_arrives_as_it_was_given(protocol, wire, make_router):
    text = 'Почему упал CTR? 為什麼 \U0001f4c9 e\u0301 \u202e\0\t\r\n\u2028 "quotes" {} \\n'
    make_router(protocol).complete(ask(text, system_prompt=text))
    (asked,) = wire.asked(protocol)
    assert (
        json.dumps(asked.body, ensure_ascii=False).count(json.dumps(text, ensure_ascii=False)) == 2
    )


def test_a_request_too_long_for_a_model_is_sent_to_the_one_that_takes_it_or_to_nobody(
    wire, make_router
):
    router = make_router("chat", "anthropic")
    assert router.complete(ask("word " * 20_000)).model == MODEL["anthropic"]
    assert not wire.asked("chat")
    router = make_router("chat")
    with pytest.raises(NoProviderAvailable, match="too long"):
        router.complete(ask("word " * 20_000))
    assert router.complete(ask("word " * 20_000, offline=lambda: "by rule")).text == "by rule"
    assert not wire.asked("chat")


def test_a_call_without_any_time_asks_nobody(wire, make_router):
    router = make_router("anthropic", "openai")
    with pytest.raises(NoProviderAvailable, match="no time left"):
        router.complete(ask(deadline_seconds=0))
    assert not wire.asked()
