"""A request may name the models to ask, in its own order."""

from __future__ import annotations

import pytest
from served import MODEL
from wire import fail, say

from src.errors import InputError
from src.llm.types import LLMRequest, TaskType


def ask(*chain: str) -> LLMRequest:
    return LLMRequest(task=TaskType.CONTENT_GENERATION, prompt="A text.", chain=chain)


def test_the_named_models_are_asked_in_the_named_order(wire, make_router):
    wire.on("anthropic", fail(500))
    wire.on("openai", say("from the second"))
    response = make_router("openai", "google", "anthropic").complete(
        ask(MODEL["anthropic"], MODEL["openai"])
    )
    assert response.text == "from the second"
    assert len(wire.asked("anthropic")) == 3
    assert not wire.asked("google")


@pytest.mark.parametrize("chain", [(), ("no-such-model",)])
def test_a_model_the_profile_does_not_know_is_named(chain, wire, make_router):
    with pytest.raises(InputError) as caught:
        make_router("openai").complete(ask(*chain))
    assert MODEL["openai"] in str(caught.value)
    assert not wire.asked("openai")
