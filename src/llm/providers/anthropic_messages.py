"""Claude through the official SDK's Messages API."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from src.llm.errors import LLMError
from src.llm.providers.anthropic_batches import AnthropicBatches
from src.llm.providers.base import CONNECT_SECONDS, ModelFacts, Reply, WireCall
from src.llm.providers.bodies import as_json, without_nulls
from src.llm.providers.faults import FaultMapper
from src.llm.types import Message, Outcome, ToolCall, Usage

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

KIND = "anthropic"
# Below this the provider does not cache a prefix anyway, and a cache write costs a quarter more.
_CACHEABLE_SYSTEM_CHARACTERS = 8000
_OUTCOMES = {
    "end_turn": Outcome.OK,
    "stop_sequence": Outcome.OK,
    "tool_use": Outcome.OK,
    "max_tokens": Outcome.TRUNCATED,
    "model_context_window_exceeded": Outcome.TRUNCATED,
    "refusal": Outcome.REFUSED,
    "pause_turn": Outcome.TRUNCATED,
    None: Outcome.CUT,
}


class AnthropicAdapter:
    """Adapter for kind ``anthropic``. Imports the SDK when made."""

    def __init__(self, key: str, base_url: str | None, faults: FaultMapper) -> None:
        from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient

        from src.llm.providers.transport import make_transport

        transport = make_transport()
        self._faults = faults
        # The router makes the spans; the SDK's own would tell of every request twice.
        self._client: AsyncAnthropic = AsyncAnthropic(
            api_key=key,
            auth_token=None,
            base_url=base_url,
            max_retries=0,
            open_telemetry=False,
            http_client=None if transport is None else DefaultAsyncHttpxClient(transport=transport),
        )
        self._address = str(self._client.base_url.join("v1/messages"))

    async def send(self, call: WireCall) -> Reply:
        """Ask and wait for the whole reply."""
        from httpx2 import Response

        body = _arguments(call)
        try:
            # As `messages.create` does, which copies every argument first, wraps the response, and
            # puts the address together anew.
            response = await self._client.post(
                self._address,
                cast_to=Response,
                body=body,
                options={"timeout": body.pop("timeout")},
            )
            message = response.json()
        except Exception as error:  # noqa: BLE001 - SDKs leak socket and JSON errors raw
            raise self._fault(error) from None
        return _reply(message)

    async def stream(self, call: WireCall) -> AsyncIterator[str | Usage | Reply]:
        """Yield text deltas, then the reply with the usage of the whole stream."""
        partial = ""
        usage: Any = None
        try:
            async with self._client.messages.stream(**_arguments(call)) as stream:
                async for event in stream:
                    if event.type == "text":
                        partial += event.text
                        yield event.text
                    usage = getattr(stream.current_message_snapshot, "usage", None)
                    if event.type == "message_start" and usage is not None:
                        yield _usage(as_json(usage)) or Usage()
                message = await stream.get_final_message()
        except Exception as error:  # noqa: BLE001 - SDKs leak socket and JSON errors raw
            fault = self._fault(error, partial=partial)
            fault.usage = fault.usage or _usage(usage and as_json(usage))
            raise fault from None
        yield _reply(message)

    async def about(self, model: str, seconds: float) -> ModelFacts:
        """What the provider says of a model."""
        try:
            found = await self._client.models.retrieve(model, timeout=seconds)
        except Exception as error:  # noqa: BLE001 - SDKs leak socket and JSON errors raw
            raise self._fault(error) from None
        ends = found.retires_at
        return ModelFacts(ends.date() if ends else None, found.lifecycle == "retired")

    def batches(self) -> AnthropicBatches:
        """The provider's Message Batches."""
        return AnthropicBatches(self._client, self._faults, _arguments, _reply, self._fault)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _fault(self, error: Exception, partial: str = "") -> LLMError:
        import anthropic

        if isinstance(error, LLMError):
            return error
        if isinstance(error, anthropic.APIStatusError):
            kind: str = error.type or ""
            if error.error_code and "spend_limit" in error.error_code:
                kind = error.error_code
            fault = self._faults.status(
                error.status_code if error.status_code >= 400 else 500,
                error.api_message or error.message,
                kind=kind,
                headers=error.response.headers,
            )
            fault.partial = partial
            return fault
        return self._faults.transport(error, partial=partial)


def announced_ends() -> dict[str, dt.date]:
    """The SDK's own table of models and their last days."""
    from anthropic.resources.messages.messages import DEPRECATED_MODELS

    ends = {}
    for model, words in DEPRECATED_MODELS.items():
        plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", words)
        with contextlib.suppress(ValueError):
            ends[model] = dt.datetime.strptime(plain, "%B %d, %Y").replace(tzinfo=dt.UTC).date()
    return ends


def _arguments(call: WireCall) -> dict[str, Any]:
    from anthropic import Timeout

    arguments: dict[str, Any] = {
        "model": call.model,
        "max_tokens": call.max_tokens,
        "messages": _messages(call.messages),
        "timeout": Timeout(call.timeout, connect=min(call.timeout, CONNECT_SECONDS)),
    }
    if call.system_prompt:
        block: dict[str, Any] = {"type": "text", "text": call.system_prompt}
        if len(call.system_prompt) >= _CACHEABLE_SYSTEM_CHARACTERS:
            block["cache_control"] = {"type": "ephemeral"}
        arguments["system"] = [block]
    output: dict[str, Any] = {}
    if call.effort:
        output["effort"] = call.effort
        if call.capability.adaptive_thinking:
            arguments["thinking"] = {"type": "adaptive"}
    if call.schema is not None:
        output["format"] = {"type": "json_schema", "schema": call.schema}
    if output:
        arguments["output_config"] = output
    if call.tools:
        arguments["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
            for tool in call.tools
        ]
    return arguments


def _messages(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    for message in messages:
        role = "assistant" if message.role == "assistant" else "user"
        content = _content(message)
        # Results of parallel tool calls must come back in one user turn.
        if turns and turns[-1]["role"] == role == "user":
            turns[-1]["content"] += content
        else:
            turns.append({"role": role, "content": content})
    return turns


def _content(message: Message) -> list[dict[str, Any]]:
    if message.echo and message.echo[0] == KIND:
        return list(message.echo[1])
    if message.role == "tool":
        return [
            {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.text}
        ]
    blocks: list[dict[str, Any]] = [
        {
            "type": "image",
            "source": {
                "type": "base64",
                "media_type": image.media_type,
                "data": base64.b64encode(image.data).decode("ascii"),
            },
        }
        for image in message.images
    ]
    if message.text:
        blocks.append({"type": "text", "text": message.text})
    blocks += [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}
        for call in message.tool_calls
    ]
    return blocks


def _reply(message: Any) -> Reply:
    body = as_json(message)
    content, reason, usage = body["content"], body["stop_reason"], body.get("usage")
    return Reply(
        text="".join([block["text"] for block in content if block["type"] == "text"]),
        outcome=_OUTCOMES.get(reason, Outcome.FAILED),
        model=body["model"],
        usage=_usage(usage),
        finish_reason=reason,
        tool_calls=tuple(
            ToolCall(id=block["id"], name=block["name"], arguments=dict(block["input"]))
            for block in content
            if block["type"] == "tool_use"
        ),
        detail=(body.get("stop_details") or {}).get("category") or "",
        tier=_tier(usage),
        echo=without_nulls(content) if reason == "tool_use" else None,
    )


def _tier(usage: dict[str, Any] | None) -> str | None:
    """Fast mode is billed as a tier of its own, though the provider calls it a speed."""
    if usage is None:
        return None
    return "fast" if usage.get("speed") == "fast" else usage.get("service_tier")


def _usage(usage: dict[str, Any] | None) -> Usage | None:
    """Anthropic's input excludes cache reads and writes; ours includes them."""
    if usage is None:
        return None
    read = usage.get("cache_read_input_tokens") or 0
    written = usage.get("cache_creation_input_tokens") or 0
    details = usage.get("output_tokens_details") or {}
    kept = usage.get("cache_creation") or {}
    return Usage(
        input_tokens=(usage.get("input_tokens") or 0) + read + written,
        cached_input_tokens=read,
        cache_write_tokens=written,
        output_tokens=usage.get("output_tokens") or 0,
        reasoning_tokens=details.get("thinking_tokens") or 0,
        cache_write_1h_tokens=kept.get("ephemeral_1h_input_tokens") or 0,
    )
