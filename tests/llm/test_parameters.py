"""What goes out is what each model takes: the right names, the right values, and no others.

A parameter that a model rejects would be a 400 that nothing can mend, so it must never be sent.
"""

from __future__ import annotations

from typing import Any

import pytest
from dialects import PROTOCOLS
from served import ask
from wire import Wire, say

# What every request says besides: who is asked what.
_WORDS = {"model", "messages", "input", "contents", "stream", "stream_options"}
NOTHING_STORED = {"store": False}
# The SDK spells nested names in its own way; the provider reads both.
THOUGHTS = {"thinkingConfig": {"thinking_level": "HIGH"}}
THINKING = {"type": "adaptive"}


def parameters(wire: Wire) -> dict[str, Any]:
    """The parameters of the last request."""
    asked = wire.asked()[-1]
    body = {name: value for name, value in asked.body.items() if name not in _WORDS}
    return body.get("generationConfig", body)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (
            "claude-sonnet-5-5",
            {"max_tokens": 900, "output_config": {"effort": "high"}, "thinking": THINKING},
        ),
        ("claude-sonnet-4-5", {"max_tokens": 900}),
        (
            "gpt-6.1-sol",
            {"max_output_tokens": 900, "reasoning": {"effort": "high"}, **NOTHING_STORED},
        ),
        (
            "gpt-5.1-codex",
            {"max_output_tokens": 900, "reasoning": {"effort": "high"}, **NOTHING_STORED},
        ),
        ("gpt-4o-mini", {"max_output_tokens": 900, "temperature": 0.2, **NOTHING_STORED}),
        ("gemini-3.8-flash", {"maxOutputTokens": 900, **THOUGHTS}),
        ("gemini-2.5-pro", {"maxOutputTokens": 900, "temperature": 0.2}),
    ],
)
def test_each_model_is_told_what_it_takes_and_nothing_it_rejects(
    model, expected, wire, make_router
):
    toml = '[profiles.test.defaults]\ntemperature = 0.2\neffort = "high"\n'
    router = make_router(model, toml=toml)
    router.complete(ask(max_tokens=900))
    assert parameters(wire) == expected
    list(router.stream(ask(max_tokens=900)))
    assert parameters(wire) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("qwen2.5-coder:7b", {"max_tokens": 900, "temperature": 0.2}),
        ("gpt-6.1-sol", {"max_completion_tokens": 900, "reasoning_effort": "high"}),
        ("gpt-4o-mini", {"max_tokens": 900, "temperature": 0.2}),
    ],
)
def test_a_gateway_is_told_what_the_model_behind_it_takes(model, expected, wire, make_router):
    toml = (
        f'[providers.company]\nkind = "openai_compatible"\nbase_url = "{wire.url}/chat/v1"\n'
        f'[deployments.ours]\nprovider = "company"\nmodel = "{model}"\n'
        '[profiles.test.defaults]\ntemperature = 0.2\neffort = "high"\n'
    )
    make_router("ours", toml=toml).complete(ask(max_tokens=900))
    assert parameters(wire) == expected


@pytest.mark.parametrize(
    ("model", "wanted", "sent"),
    [
        ("claude-sonnet-5-5", "none", "low"),
        ("gpt-5.1-codex", "none", "low"),
        ("gpt-5.1", "none", "none"),
        ("gpt-6.1-sol", "max", "xhigh"),
        ("gpt-6.1-sol", "minimal", "none"),
        ("gemini-3.8-flash", "xhigh", "HIGH"),
        ("gemini-3.8-flash", "minimal", "LOW"),
        ("gemini-2.5-pro", "high", None),
    ],
)
def test_an_effort_the_model_does_not_know_becomes_the_nearest_lower_one(
    model, wanted, sent, wire, make_router
):
    make_router(model, toml=f'[profiles.test.defaults]\neffort = "{wanted}"\n').complete(ask())
    told = parameters(wire)
    places = (
        told.get("output_config", {}).get("effort"),
        told.get("reasoning", {}).get("effort"),
        told.get("thinkingConfig", {}).get("thinking_level"),
    )
    assert [effort for effort in places if effort is not None] == [sent] * (sent is not None)


@pytest.mark.parametrize(
    ("model", "most"),
    [("claude-sonnet-5-5", 64_000), ("gpt-4o-mini", 16_384), ("gemini-3.8-flash", 65_536)],
)
def test_more_tokens_than_a_model_can_write_are_not_asked_for(model, most, wire, make_router):
    make_router(model).complete(ask(max_tokens=10_000_000))
    told = parameters(wire)
    names = ("max_tokens", "max_output_tokens", "maxOutputTokens")
    assert [told[name] for name in names if name in told] == [most]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_a_task_does_not_set_is_not_sent(protocol, wire, make_router):
    wire.on(protocol, say())
    make_router(protocol).complete(ask())
    limit = {"max_tokens", "max_output_tokens", "maxOutputTokens"}
    assert set(parameters(wire)) - limit <= {"store"}
