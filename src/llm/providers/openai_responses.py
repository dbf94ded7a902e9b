"""GPT through the official SDK's Responses API. Nothing is stored at the provider."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from src.llm.errors import LLMError, MalformedOutput
from src.llm.providers.base import CONNECT_SECONDS, ModelFacts, Reply, WireCall
from src.llm.providers.bodies import as_json, without_nulls
from src.llm.providers.faults import FaultMapper
from src.llm.providers.openai_batches import OpenAIBatches
from src.llm.types import Message, Outcome, ToolCall, Usage

if TYPE_CHECKING:
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

KIND = "openai"
_EVENT_STATUS = {"rate_limit_exceeded": 429, "insufficient_quota": 429, "invalid_prompt": 400}


class OpenAIAdapter:
    """Adapter for kind ``openai``. Imports the SDK when made."""

    def __init__(self, key: str, base_url: str | None, faults: FaultMapper) -> None:
        from openai import AsyncOpenAI

        self._faults = faults
        self._client: AsyncOpenAI = AsyncOpenAI(
            api_key=key, base_url=base_url, max_retries=0, http_client=openai_http_client()
        )
        self._address = str(self._client.base_url.join("responses"))

    async def send(self, call: WireCall) -> Reply:
        """Ask and wait for the whole reply."""
        from httpx2 import Response

        body = _arguments(call)
        try:
            # As `responses.create` does, which first walks through every argument's type for a
            # fifth of the time that the whole request takes, and puts the address together anew.
            response = await self._client.post(
                self._address,
                cast_to=Response,
                body=body,
                options={"timeout": body.pop("timeout")},
            )
            answer = response.json()
        except Exception as error:  # noqa: BLE001 - SDKs leak socket and JSON errors raw
            raise openai_fault(self._faults, error) from None
        return self._reply(answer)

    async def stream(self, call: WireCall) -> AsyncIterator[str | Usage | Reply]:
        """Yield text deltas, then the reply; an error event becomes an error."""
        partial = ""
        final: Any = None
        try:
            stream = await self._client.responses.create(**_arguments(call), stream=True)
            async with stream:
                async for event in stream:
                    if event.type == "response.output_text.delta":
                        partial += event.delta
                        yield event.delta
                    elif event.type == "error":
                        code = event.code or ""
                        raise self._faults.status(
                            _EVENT_STATUS.get(code, 500), event.message, kind=code
                        )
                    elif event.type in {
                        "response.completed",
                        "response.incomplete",
                        "response.failed",
                    }:
                        final = event.response
        except Exception as error:  # noqa: BLE001 - SDKs leak socket and JSON errors raw
            fault = openai_fault(self._faults, error, partial=partial)
            fault.partial = partial
            raise fault from None
        if final is None:
            yield Reply(text=partial, outcome=Outcome.CUT, model=call.model, usage=None)
        else:
            yield self._reply(final)

    async def about(self, model: str, seconds: float) -> ModelFacts:
        """What the provider says of a model."""
        return await openai_model(self._client, self._faults, model, seconds)

    def batches(self) -> OpenAIBatches:
        """The provider's batch service."""
        return OpenAIBatches(
            self._client,
            self._faults,
            _arguments,
            self._reply,
            lambda error: openai_fault(self._faults, error),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _reply(self, response: Any) -> Reply:
        body = as_json(response)
        output, status, model = body.get("output"), body.get("status"), body.get("model") or ""
        if not isinstance(output, list):
            raise MalformedOutput("The provider sent a body that is not a response.")
        usage = _usage(body.get("usage"))
        if status == "failed":
            error = body.get("error") or {}
            code, said = error.get("code") or "", error.get("message") or "no reason given"
            fault = self._faults.status(_EVENT_STATUS.get(code, 500), said, kind=code)
            fault.usage, fault.served_model = usage, model
            raise fault
        text, refusal = _texts(output)
        reason = (body.get("incomplete_details") or {}).get("reason")
        if status == "incomplete":
            outcome = Outcome.BLOCKED if reason == "content_filter" else Outcome.TRUNCATED
        elif status != "completed":
            outcome = Outcome.FAILED
        else:
            outcome = Outcome.REFUSED if refusal else Outcome.OK
        try:
            calls = _tool_calls(output) if outcome is Outcome.OK else ()
        except MalformedOutput as error:
            error.usage, error.served_model = usage, model
            raise
        return Reply(
            text=text,
            outcome=outcome,
            model=model,
            usage=usage,
            finish_reason=reason or status,
            tool_calls=calls,
            detail=self._faults.clean(refusal) if refusal else "",
            tier=body.get("service_tier"),
            echo=without_nulls(output) if calls else None,
        )


def openai_http_client() -> DefaultAsyncHttpxClient | None:
    """What the SDK sends through; None: its own. Shared with the Chat Completions adapter."""
    from openai import DefaultAsyncHttpxClient

    from src.llm.providers.transport import make_transport

    transport = make_transport()
    return None if transport is None else DefaultAsyncHttpxClient(transport=transport)


async def openai_model(
    client: AsyncOpenAI, faults: FaultMapper, model: str, seconds: float
) -> ModelFacts:
    """A model's entry; shared with the Chat Completions adapter."""
    try:
        found = await client.models.retrieve(model, timeout=seconds)
    except Exception as error:  # noqa: BLE001 - SDKs leak socket and JSON errors raw
        raise openai_fault(faults, error) from None
    try:
        return ModelFacts(dt.date.fromisoformat((found.shutdown_date or "")[:10]))
    except ValueError:
        return ModelFacts()


def openai_fault(faults: FaultMapper, error: Exception, partial: str = "") -> LLMError:
    """Our error for anything the openai SDK raises; shared with the Chat Completions adapter."""
    import openai

    if isinstance(error, LLMError):
        return error
    if isinstance(error, openai.APIStatusError):
        return faults.status(
            error.status_code,
            error.message,
            kind=error.code or error.type or "",
            headers=error.response.headers,
        )
    if isinstance(error, openai.APIConnectionError):
        return faults.transport(error, partial=partial)
    if isinstance(error, openai.APIError):
        kind = error.code or error.type or ""
        return faults.status(_EVENT_STATUS.get(kind, 500), error.message, kind=kind)
    return faults.transport(error, partial=partial)


def _arguments(call: WireCall) -> dict[str, Any]:
    from openai import Timeout

    arguments: dict[str, Any] = {
        "model": call.model,
        "input": _input(call.messages),
        "max_output_tokens": call.max_tokens,
        "store": False,
        "timeout": Timeout(call.timeout, connect=min(call.timeout, CONNECT_SECONDS)),
    }
    if call.system_prompt:
        arguments["instructions"] = call.system_prompt
    if call.effort:
        arguments["reasoning"] = {"effort": call.effort}
    if call.temperature is not None:
        arguments["temperature"] = call.temperature
    if call.schema is not None:
        arguments["text"] = {
            "format": {
                "type": "json_schema",
                "name": "answer",
                "schema": call.schema,
                "strict": True,
            }
        }
    if call.tools:
        arguments["tools"] = [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
                "strict": False,
            }
            for tool in call.tools
        ]
        # Nothing is stored, so the reasoning between tool calls travels with us, encrypted.
        if call.capability.efforts:
            arguments["include"] = ["reasoning.encrypted_content"]
    return arguments


def _input(messages: tuple[Message, ...]) -> str | list[dict[str, Any]]:
    if len(messages) == 1 and messages[0].role == "user" and not messages[0].images:
        return messages[0].text
    items: list[dict[str, Any]] = []
    for message in messages:
        if message.echo and message.echo[0] == KIND:
            items += message.echo[1]
            continue
        if message.role == "tool":
            items.append(
                {
                    "type": "function_call_output",
                    "call_id": message.tool_call_id,
                    "output": message.text,
                }
            )
            continue
        content = _content(message)
        if content:
            items.append({"role": message.role, "content": content})
        items += [
            {
                "type": "function_call",
                "call_id": call.id,
                "name": call.name,
                "arguments": json.dumps(call.arguments, ensure_ascii=False),
            }
            for call in message.tool_calls
        ]
    return items


def _content(message: Message) -> str | list[dict[str, Any]]:
    if message.role == "assistant" or not message.images:
        return message.text
    parts: list[dict[str, Any]] = [
        {
            "type": "input_image",
            "detail": "auto",
            "image_url": data_url(image.media_type, image.data),
        }
        for image in message.images
    ]
    if message.text:
        parts.append({"type": "input_text", "text": message.text})
    return parts


def data_url(media_type: str, data: bytes) -> str:
    """An image as a ``data:`` URL."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def _texts(output: list[dict[str, Any]]) -> tuple[str, str]:
    text, refusal = "", ""
    for item in output:
        if item["type"] == "message":
            for part in item["content"]:
                if part["type"] == "output_text":
                    text += part["text"]
                elif part["type"] == "refusal":
                    refusal += part["refusal"]
    return text, refusal


def _tool_calls(output: list[dict[str, Any]]) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(item["call_id"], item["name"], parse_arguments(item["arguments"]))
        for item in output
        if item["type"] == "function_call"
    )


def parse_arguments(text: str) -> dict[str, Any]:
    """A tool call's arguments as a dict.

    Raises:
        MalformedOutput: they are not a JSON object.
    """
    try:
        value = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise MalformedOutput(f"The model called a tool with invalid JSON: {error}.") from None
    if not isinstance(value, dict):
        raise MalformedOutput("The model called a tool with arguments that are not an object.")
    return value


def _usage(usage: dict[str, Any] | None) -> Usage | None:
    if usage is None:
        return None
    read = usage.get("input_tokens_details") or {}
    written = usage.get("output_tokens_details") or {}
    return Usage(
        input_tokens=usage.get("input_tokens") or 0,
        cached_input_tokens=read.get("cached_tokens") or 0,
        cache_write_tokens=read.get("cache_write_tokens") or 0,
        output_tokens=usage.get("output_tokens") or 0,
        reasoning_tokens=written.get("reasoning_tokens") or 0,
    )
