"""What the tests of the router share: models, keys, retry settings, a request, a way to wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from src.llm.types import LLMRequest, TaskType

# The model that stands for each protocol in these tests.
MODEL = {
    "anthropic": "claude-sonnet-5-5",
    "openai": "gpt-6.1-sol",
    "google": "gemini-3.8-flash",
    "chat": "gateway-model",
}
KEYS = {
    "anthropic_api_key": "sk-ant-planted-0123456789abcdef",
    "openai_api_key": "sk-planted-0123456789abcdef",
    "gemini_api_key": "AIzaPlanted0123456789abcdef",
}
QUICK = "[retry]\nbase_seconds = 0.01\n[cache]\nenabled = false\n"
TASK = TaskType.INSIGHTS_GENERATION
LONG = "Spend grew by a tenth while conversions stayed flat. " * 8
PNG = b"\x89PNG\r\n\x1a\n"


def ask(prompt: str = "Why?", **rest: Any) -> LLMRequest:
    """A request of a task whose answers are prose."""
    return LLMRequest(task=TASK, prompt=prompt, **rest)


def until(condition: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait for something that happens on another thread."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.005)
