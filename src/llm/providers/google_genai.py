"""Gemini through the official SDK, with its own loops switched off."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from src.llm.errors import LLMError
from src.llm.providers.base import ModelFacts, Reply, WireCall
from src.llm.providers.faults import FaultMapper
from src.llm.providers.google_batches import GoogleBatches
from src.llm.types import Message, Outcome, ToolCall, Usage

if TYPE_CHECKING:
    from google.genai import Client

KIND = "google"
_BLOCKED = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "ESCALATION",
        "PUP_LIMITED_DISABLED",
        "MODEL_ARMOR",
    }
)
_TIERS = {"ON_DEMAND_FLEX": "flex", "ON_DEMAND_PRIORITY": "priority"}


class GoogleAdapter:
    """Adapter for kind ``google``. Imports the SDK when made; keeps its client referenced."""

    def __init__(self, key: str, base_url: str | None, faults: FaultMapper) -> None:
        from google import genai
        from google.genai import types

        from src.llm.providers.transport import make_transport, trusted

        self._faults = faults
        transport, authorities = make_transport(), trusted()
        # The SDK would read the authorities twice more: for a client that blocks and for sockets
        # of live audio, neither of which is used here.
        arguments: dict[str, Any] = {"verify": authorities, "ssl": authorities}
        if transport is not None:
            arguments["transport"] = transport
        options = types.HttpOptions(base_url=base_url, async_client_args=arguments)
        self._client: Client = genai.Client(api_key=key, vertexai=False, http_options=options)

    async def send(self, call: WireCall) -> Reply:
        """Ask and wait for the whole reply."""
        try:
            config = _config(call, should_return_http_response=True)
            response = await self._client.aio.models.generate_content(
                model=call.model, contents=_contents(call.messages), config=config
            )
            raw = response.sdk_http_response
            body = json.loads(raw.body or "" if raw is not None else "")
        except Exception as error:  # noqa: BLE001 - SDKs leak socket and JSON errors raw
            raise self._fault(error) from None
        return _read(call.model, body)

    async def stream(self, call: WireCall) -> AsyncIterator[str | Usage | Reply]:
        """Yield text deltas, then the reply collected from all chunks."""
        collected = _Collected(call.model)
        try:
            stream: Any = await self._client.aio.models.generate_content_stream(
                model=call.model, contents=_contents(call.messages), config=_config(call)
            )
            async for chunk in stream:
                text = collected.add(chunk)
                if collected.usage is not None:
                    yield collected.usage
                if text:
                    yield text
        except Exception as error:  # noqa: BLE001 - SDKs leak socket and JSON errors raw
            fault = self._fault(error, partial=collected.text)
            fault.partial, fault.usage = collected.text, collected.usage
            raise fault from None
        yield collected.reply()

    async def about(self, model: str, seconds: float) -> ModelFacts:
        """Whether the provider serves a model; it does not say for how long."""
        from google.genai import types

        options = types.HttpOptions(timeout=max(1, int(seconds * 1000)))
        try:
            await self._client.aio.models.get(
                model=model, config=types.GetModelConfig(http_options=options)
            )
        except Exception as error:  # noqa: BLE001 - SDKs leak socket and JSON errors raw
            raise self._fault(error) from None
        return ModelFacts()

    def batches(self) -> GoogleBatches:
        """The provider's batch service."""
        return GoogleBatches(
            self._client,
            self._faults,
            lambda call: (_contents(call.messages), _config(call)),
            _read,
            self._fault,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aio.aclose()

    def _fault(self, error: Exception, partial: str = "") -> LLMError:
        from google.genai import errors

        if isinstance(error, LLMError):
            return error
        if isinstance(error, errors.APIError):
            response = error.response
            return self._faults.status(
                error.code if isinstance(error.code, int) else 500,
                error.message or error.status or "",
                kind=error.status or "",
                headers=_retry_info(error) or getattr(response, "headers", None),
            )
        return self._faults.transport(error, partial=partial)


def _read(model: str, response: Any) -> Reply:
    collected = _Collected(model)
    collected.add(response)
    return collected.reply()


class _Collected:
    """A reply put together from one response or from the chunks of a stream."""

    def __init__(self, model: str) -> None:
        self.text = ""
        self.usage: Usage | None = None
        self._tier: str | None = None
        self._model = model
        self._reason: str | None = None
        self._blocked: str | None = None
        self._parts: list[Any] = []

    def add(self, response: Any) -> str:
        """Take a chunk in; returns the text it brought."""
        body = _json(response)
        self._model = body.get("modelVersion") or self._model
        usage = body.get("usageMetadata")
        self.usage = _usage(usage) or self.usage
        self._tier = _tier(usage) or self._tier
        self._blocked = (body.get("promptFeedback") or {}).get("blockReason") or self._blocked
        text = ""
        for candidate in (body.get("candidates") or ())[:1]:
            self._reason = candidate.get("finishReason") or self._reason
            for part in (candidate.get("content") or {}).get("parts") or ():
                self._parts.append(part)
                if part.get("text") and not part.get("thought"):
                    text += part["text"]
        self.text += text
        return text

    def reply(self) -> Reply:
        """What it all amounts to."""
        calls = tuple(
            ToolCall(
                id=asked.get("id") or f"call_{uuid.uuid4().hex[:12]}",
                name=asked["name"],
                arguments=dict(asked.get("args") or {}),
            )
            for part in self._parts
            if (asked := part.get("functionCall")) is not None
        )
        return Reply(
            text=self.text,
            outcome=self._outcome(),
            model=self._model,
            usage=self.usage,
            finish_reason=self._reason,
            tool_calls=calls,
            detail=self._blocked or "",
            tier=self._tier,
            echo=self._parts if calls else None,
        )

    def _outcome(self) -> Outcome:
        if self._blocked or self._reason in _BLOCKED:
            return Outcome.BLOCKED
        if self._reason == "STOP":
            return Outcome.OK
        if self._reason in {"MAX_TOKENS", "CONTINUATION"}:
            return Outcome.TRUNCATED
        return Outcome.CUT if self._reason is None else Outcome.FAILED


@lru_cache(maxsize=1)
def _quick_types() -> tuple[Any, Any]:
    """The SDK's models of a configuration and of a part, quicker to read.

    The SDK asks a model for each field by `in`, which pydantic answers by walking through all of
    them, and always with no; then it takes the attribute. Said at once, that no saves a quarter of
    the time a request takes.
    """
    from google.genai import types

    class Config(types.GenerateContentConfig):
        def __contains__(self, name: object) -> bool:
            return False

    class Part(types.Part):
        def __contains__(self, name: object) -> bool:
            return False

    return Config, Part


def _config(call: WireCall, **more: Any) -> Any:
    config: Any = {
        **more,
        "max_output_tokens": call.max_tokens,
        "http_options": {"timeout": max(1, int(call.timeout * 1000))},
        "automatic_continuation": False,
        "automatic_function_calling": {"disable": True},
    }
    if call.system_prompt:
        config["system_instruction"] = call.system_prompt
    if call.temperature is not None:
        config["temperature"] = call.temperature
    if call.schema is not None:
        config["response_mime_type"] = "application/json"
        config["response_json_schema"] = call.schema
    if call.effort:
        config["thinking_config"] = {"thinking_level": call.effort.upper()}
    if call.tools:
        declared = [
            {
                "name": tool.name,
                "description": tool.description,
                "parameters_json_schema": tool.parameters,
            }
            for tool in call.tools
        ]
        config["tools"] = [{"function_declarations": declared}]
    return _quick_types()[0](**config)


def _contents(messages: tuple[Message, ...]) -> list[Any]:
    contents: list[Any] = []
    for message in messages:
        role = "model" if message.role == "assistant" else "user"
        parts = _parts(message)
        if contents and contents[-1]["role"] == role == "user":
            contents[-1]["parts"] += parts
        else:
            contents.append({"role": role, "parts": parts})
    return contents


def _parts(message: Message) -> list[Any]:
    if message.echo and message.echo[0] == KIND:
        from google.genai import types

        # Signatures are bytes to the SDK; only its JSON reader turns base64 into them.
        return [types.Part.model_validate_json(json.dumps(part)) for part in message.echo[1]]
    if message.role == "tool":
        answer = {"name": message.tool_name or "", "response": {"result": message.text}}
        return [{"function_response": answer}]
    parts: list[Any] = [
        {"inline_data": {"data": image.data, "mime_type": image.media_type}}
        for image in message.images
    ]
    if message.text:
        parts.append(_quick_types()[1](text=message.text))
    parts += [
        {"function_call": {"name": call.name, "args": call.arguments}}
        for call in message.tool_calls
    ]
    return parts


def _retry_info(error: Any) -> dict[str, str] | None:
    """Google says how long to wait in the body: a RetryInfo detail such as ``"17s"``."""
    body = error.details if isinstance(error.details, dict) else {}
    inner = body.get("error", body)
    for detail in inner.get("details", ()) if isinstance(inner, dict) else ():
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str) and delay.endswith("s"):
            return {"retry-after": delay[:-1]}
    return None


def _json(response: Any) -> dict[str, Any]:
    if isinstance(response, dict):
        return response
    body: dict[str, Any] = response.model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude={"sdk_http_response"}
    )
    return body


def _tier(usage: dict[str, Any] | None) -> str | None:
    return _TIERS.get(usage.get("trafficType") or "") if usage else None


def _usage(usage: dict[str, Any] | None) -> Usage | None:
    """Google's output excludes thoughts; ours includes them. Tool results count as input."""
    if usage is None:
        return None
    thoughts = usage.get("thoughtsTokenCount") or 0
    prompt, tools = usage.get("promptTokenCount"), usage.get("toolUsePromptTokenCount")
    return Usage(
        input_tokens=(prompt or 0) + (tools or 0),
        cached_input_tokens=usage.get("cachedContentTokenCount") or 0,
        output_tokens=(usage.get("candidatesTokenCount") or 0) + thoughts,
        reasoning_tokens=thoughts,
    )
