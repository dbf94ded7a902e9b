"""Requests that contradict themselves are told before anything is sent."""

from __future__ import annotations

import pytest
from served import PNG, TASK, ask

from src.errors import InputError
from src.llm.types import Image, LLMRequest


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (LLMRequest(task=TASK), "prompt or messages"),
        (LLMRequest(task=TASK, prompt="  "), "empty"),
        (ask(images=(Image(b"GIF89a", "image/png"),)), "first bytes"),
        (ask(images=(Image(b"%PDF-1.7", "application/pdf"),)), "cannot be sent"),
        (ask(images=(Image(PNG + bytes(6_000_000), "image/png"),)), "MB"),
    ],
)
def test_a_bad_request_is_told_before_anything_is_sent(request_, says, wire, make_router):
    with pytest.raises(InputError, match=says):
        make_router("anthropic").complete(request_)
    assert not wire.asked()
