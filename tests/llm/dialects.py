"""One answer, written in the wire format of each provider: whole, and as a stream of events."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

PROTOCOLS = ("anthropic", "openai", "google", "chat")


@dataclass(frozen=True)
class Tokens:
    """What a provider counted: uncached input, cache reads and writes, visible output, thoughts."""

    plain: int = 100
    cached: int = 0
    written: int = 0
    visible: int = 20
    thoughts: int = 0


@dataclass(frozen=True)
class Answer:
    """What a model says. `stop`: ok, truncated, refused, blocked, failed, none."""

    text: str = "forty-two"
    stop: str = "ok"
    tokens: Tokens | None = field(default_factory=Tokens)
    tool: tuple[str, dict[str, Any]] | None = None
    model: str | None = None


def whole(protocol: str, answer: Answer, asked_model: str) -> dict[str, Any]:
    """The response body."""
    return _WHOLE[protocol](answer, answer.model or asked_model)


def events(protocol: str, answer: Answer, asked_model: str) -> list[str]:
    """The server-sent events of the same response, in order."""
    return _EVENTS[protocol](answer, answer.model or asked_model)


def error_event(protocol: str) -> str:
    """An event that says the provider fell over in the middle of a stream."""
    if protocol == "anthropic":
        body = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
        return f"event: error\ndata: {json.dumps(body)}\n\n"
    if protocol == "openai":
        return _data(
            {"type": "error", "code": "server_error", "message": "boom", "sequence_number": 9}
        )
    error = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}
    return _data(error)


def error_body(protocol: str, status: int, code: str, message: str) -> dict[str, Any]:
    """The body of an error response."""
    if protocol == "anthropic":
        return {"type": "error", "error": {"type": code, "message": message}}
    if protocol == "google":
        return {"error": {"code": status, "message": message, "status": code.upper()}}
    return {"error": {"message": message, "type": code, "code": code, "param": None}}


def _data(body: dict[str, Any], event: str | None = None) -> str:
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(body, ensure_ascii=False)}\n\n"


def _pieces(text: str) -> list[str]:
    size = max(1, len(text) // 4)
    return [text[i : i + size] for i in range(0, len(text), size)]


# --- Anthropic Messages ---

_ANTHROPIC_STOPS = {
    "ok": "end_turn",
    "truncated": "max_tokens",
    "refused": "refusal",
    "blocked": "refusal",
    "failed": "pause_turn",
    "none": None,
}


def _anthropic_usage(tokens: Tokens) -> dict[str, Any]:
    return {
        "input_tokens": tokens.plain,
        "cache_read_input_tokens": tokens.cached,
        "cache_creation_input_tokens": tokens.written,
        "output_tokens": tokens.visible + tokens.thoughts,
        "output_tokens_details": {"thinking_tokens": tokens.thoughts},
    }


def _anthropic(answer: Answer, model: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": answer.text}] if answer.text else []
    stop = _ANTHROPIC_STOPS[answer.stop]
    if answer.tool:
        name, arguments = answer.tool
        content.append({"type": "tool_use", "id": "toolu_1", "name": name, "input": arguments})
        stop = "tool_use"
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": _anthropic_usage(answer.tokens or Tokens()),
    }


def _anthropic_events(answer: Answer, model: str) -> list[str]:
    message = _anthropic(answer, model)
    usage = message["usage"]
    start = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    lines = [_data({"type": "message_start", "message": start}, "message_start")]
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            opening: dict[str, Any] = {"type": "text", "text": ""}
            deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(block["text"])]
        else:
            opening = {**block, "input": {}}
            deltas = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
        lines.append(
            _data(
                {"type": "content_block_start", "index": index, "content_block": opening},
                "content_block_start",
            )
        )
        lines += [
            _data(
                {"type": "content_block_delta", "index": index, "delta": delta},
                "content_block_delta",
            )
            for delta in deltas
        ]
        lines.append(_data({"type": "content_block_stop", "index": index}, "content_block_stop"))
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    lines.append(_data({"type": "message_delta", "delta": delta, "usage": usage}, "message_delta"))
    lines.append(_data({"type": "message_stop"}, "message_stop"))
    return lines


# --- OpenAI Responses ---


def _openai(answer: Answer, model: str) -> dict[str, Any]:
    part: dict[str, Any] = {"type": "output_text", "text": answer.text, "annotations": []}
    if answer.stop == "refused":
        part = {"type": "refusal", "refusal": answer.text}
    output: list[dict[str, Any]] = [
        {
            "type": "message",
            "id": "m1",
            "role": "assistant",
            "status": "completed",
            "content": [part],
        }
    ]
    if answer.tool:
        name, arguments = answer.tool
        output.append(
            {
                "type": "function_call",
                "id": "fc_1",
                "call_id": "call_1",
                "name": name,
                "arguments": json.dumps(arguments),
                "status": "completed",
            }
        )
    status = {"truncated": "incomplete", "blocked": "incomplete", "failed": "failed"}.get(
        answer.stop, "completed"
    )
    reasons = {"truncated": "max_output_tokens", "blocked": "content_filter"}
    tokens = answer.tokens
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": model,
        "status": status,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": {"code": "server_error", "message": "it broke"} if status == "failed" else None,
        "incomplete_details": {"reason": reasons[answer.stop]} if status == "incomplete" else None,
        "instructions": None,
        "metadata": {},
        "usage": None
        if tokens is None
        else {
            "input_tokens": tokens.plain + tokens.cached + tokens.written,
            "input_tokens_details": {
                "cached_tokens": tokens.cached,
                "cache_write_tokens": tokens.written,
            },
            "output_tokens": tokens.visible + tokens.thoughts,
            "output_tokens_details": {"reasoning_tokens": tokens.thoughts},
            "total_tokens": 0,
        },
    }


def _openai_events(answer: Answer, model: str) -> list[str]:
    response = _openai(answer, model)
    opening = {**response, "status": "in_progress", "output": [], "usage": None, "error": None}
    lines: list[dict[str, Any]] = [{"type": "response.created", "response": opening}]
    kind = "refusal" if answer.stop == "refused" else "output_text"
    lines += [
        {
            "type": f"response.{kind}.delta",
            "item_id": "m1",
            "output_index": 0,
            "content_index": 0,
            "delta": piece,
            "logprobs": [],
        }
        for piece in _pieces(answer.text)
    ]
    if answer.stop != "none":
        lines.append({"type": f"response.{response['status']}", "response": response})
    return [_data({**line, "sequence_number": n}, line["type"]) for n, line in enumerate(lines)]


# --- Google generateContent ---

_GOOGLE_STOPS = {
    "ok": "STOP",
    "truncated": "MAX_TOKENS",
    "refused": "SAFETY",
    "blocked": "SAFETY",
    "failed": "MALFORMED_FUNCTION_CALL",
    "none": None,
}


def _google(answer: Answer, model: str) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"text": answer.text}] if answer.text else []
    if answer.tool:
        name, arguments = answer.tool
        parts.append(
            {"functionCall": {"name": name, "args": arguments}, "thoughtSignature": "c2ln"}
        )
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if _GOOGLE_STOPS[answer.stop]:
        candidate["finishReason"] = _GOOGLE_STOPS[answer.stop]
    body: dict[str, Any] = {"candidates": [candidate], "modelVersion": model}
    tokens = answer.tokens
    if tokens is not None:
        body["usageMetadata"] = {
            "promptTokenCount": tokens.plain + tokens.cached + tokens.written,
            "cachedContentTokenCount": tokens.cached,
            "candidatesTokenCount": tokens.visible,
            "thoughtsTokenCount": tokens.thoughts,
        }
    return body


def _google_events(answer: Answer, model: str) -> list[str]:
    final = _google(answer, model)
    pieces = _pieces(answer.text) if not answer.tool else []
    lines = [
        {
            "candidates": [{"content": {"role": "model", "parts": [{"text": piece}]}, "index": 0}],
            "modelVersion": model,
        }
        for piece in pieces
    ]
    if pieces:
        final["candidates"][0]["content"]["parts"] = []
    return [_data(line) for line in [*lines, final]]


# --- Chat Completions ---

_CHAT_STOPS = {
    "ok": "stop",
    "truncated": "length",
    "refused": "stop",
    "blocked": "content_filter",
    "failed": "strange",
    "none": None,
}


def _chat_usage(tokens: Tokens | None) -> dict[str, Any] | None:
    if tokens is None:
        return None
    return {
        "prompt_tokens": tokens.plain + tokens.cached + tokens.written,
        "completion_tokens": tokens.visible + tokens.thoughts,
        "total_tokens": 0,
        "prompt_tokens_details": {"cached_tokens": tokens.cached},
        "completion_tokens_details": {"reasoning_tokens": tokens.thoughts},
    }


def _chat_calls(answer: Answer) -> list[dict[str, Any]] | None:
    if not answer.tool:
        return None
    name, arguments = answer.tool
    function = {"name": name, "arguments": json.dumps(arguments)}
    return [{"id": "call_1", "index": 0, "type": "function", "function": function}]


def _chat(answer: Answer, model: str) -> dict[str, Any]:
    refused = answer.stop == "refused"
    message = {
        "role": "assistant",
        "content": None if refused else answer.text,
        "refusal": answer.text if refused else None,
        "tool_calls": _chat_calls(answer),
    }
    reason = "tool_calls" if answer.tool else _CHAT_STOPS[answer.stop]
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": _chat_usage(answer.tokens),
    }


def _chat_events(answer: Answer, model: str) -> list[str]:
    base = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": model}
    key = "refusal" if answer.stop == "refused" else "content"
    deltas: list[dict[str, Any]] = [{key: piece} for piece in _pieces(answer.text)]
    if answer.tool:
        deltas.append({"tool_calls": _chat_calls(answer)})
    lines = [
        {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        for delta in deltas
    ]
    reason = "tool_calls" if answer.tool else _CHAT_STOPS[answer.stop]
    if reason:
        lines.append({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        lines.append({**base, "choices": [], "usage": _chat_usage(answer.tokens)})
    return [_data(line) for line in lines] + ["data: [DONE]\n\n"]


_WHOLE = {"anthropic": _anthropic, "openai": _openai, "google": _google, "chat": _chat}
_EVENTS = {
    "anthropic": _anthropic_events,
    "openai": _openai_events,
    "google": _google_events,
    "chat": _chat_events,
}
