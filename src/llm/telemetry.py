"""OpenTelemetry for model requests: a span and metrics for each, named by the GenAI conventions;
and a log record at level INFO, its fields in the record's `llm` and as key=value in its message.

Only the API is used: without an SDK that the deployment sets up, all of this does nothing. Spans
are made when a request has ended, with the times it began and ended at. Prompts and answers are on
them only with LLM_LOG_CONTENT=1.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from src.llm.call import Call
    from src.llm.types import Attempt, Message

log = logging.getLogger(__name__)
SCOPE = "campaign_analyst.llm"
OPERATION = "chat"

OPERATION_NAME = "gen_ai.operation.name"
PROVIDER_NAME = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
RESPONSE_MODEL = "gen_ai.response.model"
CONVERSATION_ID = "gen_ai.conversation.id"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS = "gen_ai.usage.cache_write.input_tokens"
REASONING_TOKENS = "gen_ai.usage.reasoning.output_tokens"
SYSTEM_INSTRUCTIONS = "gen_ai.system_instructions"
INPUT_MESSAGES = "gen_ai.input.messages"
OUTPUT_MESSAGES = "gen_ai.output.messages"
TOKEN_TYPE = "gen_ai.token.type"  # noqa: S105 - a kind of token, not a secret
ERROR_TYPE = "error.type"
DURATION_METRIC = "gen_ai.client.operation.duration"
TOKEN_METRIC = "gen_ai.client.token.usage"  # noqa: S105 - as above
# What the conventions have no name for.
TASK = "campaign_analyst.task"
CALL_ID = "campaign_analyst.call_id"
COST = "campaign_analyst.cost_usd"

_PROVIDERS = {"anthropic": "anthropic", "openai": "openai", "google": "gcp.gemini"}


def observe(call: Call, attempt: Attempt, requested: str, kind: str, text: str = "") -> None:
    """Tell of a request that has ended.

    Args:
        requested: the model that was asked; the attempt names the one that answered.
        kind: the provider's kind in the models file.
        text: the answer, or what came of it.
    """
    from opentelemetry import trace
    from opentelemetry.trace import SpanKind, Status, StatusCode

    shared: dict[str, Any] = {
        OPERATION_NAME: OPERATION,
        PROVIDER_NAME: _PROVIDERS.get(kind, attempt.provider),
        REQUEST_MODEL: requested,
        RESPONSE_MODEL: attempt.model,
    }
    if attempt.error is not None:
        shared[ERROR_TYPE] = attempt.error
    began = int(attempt.started_at.timestamp() * 1e9)
    provider = trace.get_tracer_provider()
    if not isinstance(provider, trace.ProxyTracerProvider):  # that one stands for none at all
        span = provider.get_tracer(SCOPE).start_span(
            f"{OPERATION} {requested}",
            context=call.trace_context,
            kind=SpanKind.CLIENT,
            start_time=began,
            attributes=shared,
        )
        if span.is_recording():
            span.set_attributes(dict(_details(call, attempt)))
            if call.content:
                span.set_attributes(dict(_content(call, text)))
            if attempt.error is not None:
                span.set_status(Status(StatusCode.ERROR, attempt.error))
        span.end(end_time=began + int(attempt.seconds * 1e9))
    _measure(attempt, shared)
    if log.isEnabledFor(logging.INFO):
        fields = dict(_fields(call, attempt))
        log.info(
            "model request %s",
            " ".join(f"{name}={value}" for name, value in fields.items()),
            extra={"llm": fields},
        )


def _fields(call: Call, attempt: Attempt) -> Iterator[tuple[str, Any]]:
    """What a log record says of a request: codes and counts, no text of anybody's."""
    yield "call_id", call.tag.call_id
    yield "task", call.tag.task
    yield "session", call.tag.session
    yield "deployment", attempt.deployment
    yield "model", attempt.model
    yield "outcome", attempt.outcome.value
    yield "error", attempt.error
    yield "seconds", round(attempt.seconds, 3)
    yield "input_tokens", attempt.usage.input_tokens if attempt.usage else None
    yield "output_tokens", attempt.usage.output_tokens if attempt.usage else None
    yield "cost_usd", None if attempt.cost is None else str(attempt.cost)


def current_context() -> Any:
    """The caller's trace context, to be handed to the thread that makes the request."""
    from opentelemetry import context

    return context.get_current()


def _details(call: Call, attempt: Attempt) -> Iterator[tuple[str, Any]]:
    yield TASK, call.tag.task
    yield CALL_ID, call.tag.call_id
    if call.tag.session is not None:
        yield CONVERSATION_ID, call.tag.session
    if attempt.cost is not None:
        yield COST, float(attempt.cost)
    if attempt.usage is not None:
        yield INPUT_TOKENS, attempt.usage.input_tokens
        yield OUTPUT_TOKENS, attempt.usage.output_tokens
        yield CACHE_READ_TOKENS, attempt.usage.cached_input_tokens
        yield CACHE_WRITE_TOKENS, attempt.usage.cache_write_tokens
        yield REASONING_TOKENS, attempt.usage.reasoning_tokens


def _content(call: Call, text: str) -> Iterator[tuple[str, str]]:
    if call.request.system_prompt:
        yield SYSTEM_INSTRUCTIONS, _json([_part(call.request.system_prompt)])
    yield INPUT_MESSAGES, _json([_turn(message) for message in call.messages])
    if text:
        yield OUTPUT_MESSAGES, _json([{"role": "assistant", "parts": [_part(text)]}])


def _turn(message: Message) -> dict[str, Any]:
    return {"role": message.role, "parts": [_part(message.text)]}


def _part(text: str) -> dict[str, str]:
    return {"type": "text", "content": text}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _measure(attempt: Attempt, shared: dict[str, Any]) -> None:
    duration, tokens = _instruments()
    duration.record(attempt.seconds, shared)
    if attempt.usage is not None:
        tokens.record(attempt.usage.input_tokens, {**shared, TOKEN_TYPE: "input"})
        tokens.record(attempt.usage.output_tokens, {**shared, TOKEN_TYPE: "output"})


@lru_cache(maxsize=1)
def _instruments() -> tuple[Any, Any]:
    from opentelemetry import metrics

    meter = metrics.get_meter(SCOPE)
    return (
        meter.create_histogram(DURATION_METRIC, "s", "Duration of a request to a model."),
        meter.create_histogram(TOKEN_METRIC, "{token}", "Tokens a request used."),
    )
