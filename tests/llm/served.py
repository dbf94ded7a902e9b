"""The models, keys and retry settings that the tests of the router use."""

from __future__ import annotations

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
