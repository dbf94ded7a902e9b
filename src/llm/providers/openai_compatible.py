"""Any server that speaks Chat Completions: Ollama, vLLM, llama.cpp, a company gateway."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from src.llm.errors import MalformedOutput
from src.llm.providers.base import CONNECT_SECONDS, ModelFacts, Reply, WireCall
from src.llm.providers.bodies import as_json
from src.llm.providers.faults import FaultMapper
from src.llm.providers.openai_responses import (
    data_url,
    openai_fault,
    openai_http_client,
    openai_model,
    parse_arguments,
)
from src.llm.types import Message, Outcome, ToolCall, Usage

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_OUTCOMES = {
    "stop": Outcome.OK,
    "tool_calls": Outcome.OK,
    "function_call": Outcome.OK,
    "length": Outcome.TRUNCATED,
    "content_filter": Outcome.BLOCKED,
    None: Outcome.CUT,
}


class CompatibleAdapter:
    """Adapter for kind ``openai_compatible``. Imports the SDK when made."""

    def __init__(self, key: str, base_url: str | None, faults: FaultMapper) -> None:
        from openai import AsyncOpenAI

        self._faults = faults
        # Local servers need no key, but the SDK insists on a value.
        self._client: AsyncOpenAI = AsyncOpenAI(
            api_key=key or "none",
            base_url=base_url,
            max_retries=0,
            http_client=openai_http_client(),
        )

    async def send(self, call: WireCall) -> Reply:
        """Ask and wait for the whole reply."""
        try:
            raw = await self._client.chat.completions.with_raw_response.create(**_arguments(call))
            completion = raw.http_response.json()
        except Exception as error:  # noqa: BLE001 - SDKs leak socket and JSON errors raw
            raise openai_fault(self._faults, error) from None
        if not completion.get("choices"):
            raise MalformedOutput("The provider sent a body that is not a completion.")
        choice = completion["choices"][0]
        message = choice["message"]
        return _reply(
            text=message.get("content") or "",
            refusal=message.get("refusal") or "",
            calls=[
                (asked["id"], asked["function"]["name"], asked["function"]["arguments"])
                for asked in message.get("tool_calls") or ()
                if asked.get("type", "function") == "function"
            ],
            reason=choice.get("finish_reason"),
            model=completion.get("model") or call.model,
            usage=_usage(completion.get("usage")),
        )

    async def stream(self, call: WireCall) -> AsyncIterator[str | Usage | Reply]:
        """Yield text deltas, then the reply; usage comes with the last chunk."""
        text, refusal, reason, model = "", "", None, call.model
        usage: Usage | None = None
        calls: dict[int, list[str]] = {}
        try:
            stream = await self._client.chat.completions.create(
                **_arguments(call), stream=True, stream_options={"include_usage": True}
            )
            async with stream:
                async for chunk in stream:
                    model = chunk.model or model
                    usage = _usage(chunk.usage and as_json(chunk.usage)) or usage
                    for choice in chunk.choices[:1]:
                        reason = choice.finish_reason or reason
                        refusal += choice.delta.refusal or ""
                        for part in choice.delta.tool_calls or ():
                            _collect(calls, part)
                        if choice.delta.content:
                            text += choice.delta.content
                            yield choice.delta.content
        except Exception as error:  # noqa: BLE001 - SDKs leak socket and JSON errors raw
            fault = openai_fault(self._faults, error, partial=text)
            fault.partial, fault.usage = text, usage
            raise fault from None
        yield _reply(
            text=text,
            refusal=refusal,
            calls=[(id_, name, arguments) for id_, name, arguments in calls.values()],
            reason=reason,
            model=model,
            usage=usage,
        )

    async def about(self, model: str, seconds: float) -> ModelFacts:
        """What the server says of a model."""
        return await openai_model(self._client, self._faults, model, seconds)

    def batches(self) -> None:
        """Servers of this kind have no batch service one could rely on."""
        return

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _arguments(call: WireCall) -> dict[str, Any]:
    from openai import Timeout

    messages: list[dict[str, Any]] = []
    if call.system_prompt:
        messages.append({"role": "system", "content": call.system_prompt})
    messages += [_message(message) for message in call.messages]
    arguments: dict[str, Any] = {
        "model": call.model,
        "messages": messages,
        call.capability.max_tokens_name: call.max_tokens,
        "timeout": Timeout(call.timeout, connect=min(call.timeout, CONNECT_SECONDS)),
    }
    if call.temperature is not None:
        arguments["temperature"] = call.temperature
    if call.effort:
        arguments["reasoning_effort"] = call.effort
    if call.schema is not None:
        arguments["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": call.schema, "strict": True},
        }
    if call.tools:
        arguments["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.parameters,
                },
            }
            for tool in call.tools
        ]
    return arguments


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.text}
    if message.images:
        content: Any = [
            {"type": "image_url", "image_url": {"url": data_url(image.media_type, image.data)}}
            for image in message.images
        ]
        if message.text:
            content.append({"type": "text", "text": message.text})
    else:
        content = message.text
    turn: dict[str, Any] = {"role": message.role, "content": content}
    if message.tool_calls:
        turn["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": json.dumps(call.arguments, ensure_ascii=False),
                },
            }
            for call in message.tool_calls
        ]
    return turn


def _collect(calls: dict[int, list[str]], part: Any) -> None:
    known = calls.setdefault(part.index, ["", "", ""])
    known[0] = part.id or known[0]
    if part.function is not None:
        known[1] += part.function.name or ""
        known[2] += part.function.arguments or ""


def _reply(
    *,
    text: str,
    refusal: str,
    calls: list[tuple[str, str, str]],
    reason: str | None,
    model: str,
    usage: Usage | None,
) -> Reply:
    outcome = _OUTCOMES.get(reason, Outcome.FAILED)
    if refusal and outcome is Outcome.OK:
        outcome = Outcome.REFUSED
    try:
        # Arguments of an answer that was cut short are cut short, too.
        asked = [
            ToolCall(id=id_, name=name, arguments=parse_arguments(arguments))
            for id_, name, arguments in (calls if outcome is Outcome.OK else ())
        ]
    except MalformedOutput as error:
        error.usage, error.served_model = usage, model
        raise
    return Reply(
        text=text,
        outcome=outcome,
        model=model,
        usage=usage,
        finish_reason=reason,
        tool_calls=tuple(asked),
        detail=refusal,
    )


def _usage(usage: dict[str, Any] | None) -> Usage | None:
    if usage is None:
        return None
    read = usage.get("prompt_tokens_details") or {}
    written = usage.get("completion_tokens_details") or {}
    return Usage(
        input_tokens=usage.get("prompt_tokens") or 0,
        cached_input_tokens=read.get("cached_tokens") or 0,
        output_tokens=usage.get("completion_tokens") or 0,
        reasoning_tokens=written.get("reasoning_tokens") or 0,
    )
