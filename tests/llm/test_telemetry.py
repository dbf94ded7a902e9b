"""What OpenTelemetry is told of model requests, and what it is never told."""

from __future__ import annotations

import contextlib
from typing import Any

import opentelemetry.context
import pytest
from opentelemetry import metrics, trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode
from served import KEYS, MODEL
from wire import fail, say

from src.llm import errors, telemetry
from src.llm.types import LLMRequest, TaskType

SECRET = "spend of the quarter"


class Seen(NonRecordingSpan):
    """A span that keeps what it is told."""

    def __init__(self, name: str, **given: Any) -> None:
        super().__init__(SpanContext(1, 1, is_remote=False))
        self.name, self.given, self.ended = name, given, 0
        self.told: dict[str, Any] = dict(given["attributes"])
        self.failed = False

    def is_recording(self) -> bool:
        return True

    def set_attributes(self, attributes: Any) -> None:
        self.told |= attributes

    def set_status(self, status: Any, description: str | None = None) -> None:
        self.failed = isinstance(status, Status) and status.status_code is StatusCode.ERROR

    def end(self, end_time: int | None = None) -> None:
        self.ended = end_time or 0


class Backend:
    """Stands for an SDK: a tracer, a meter and its histograms."""

    def __init__(self) -> None:
        self.spans: list[Seen] = []
        self.points: list[tuple[str, float, dict[str, Any]]] = []

    def get_tracer(self, scope: str) -> Backend:
        assert scope == "campaign_analyst.llm"
        return self

    def start_span(self, name: str, **given: Any) -> Seen:
        self.spans.append(Seen(name, **given))
        return self.spans[-1]

    def create_histogram(self, name: str, unit: str, description: str) -> Any:
        class Histogram:
            @staticmethod
            def record(value: float, attributes: dict[str, Any]) -> None:
                self.points.append((name, value, attributes))

        return Histogram()


@pytest.fixture
def backend(monkeypatch):
    seen = Backend()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: seen)
    monkeypatch.setattr(metrics, "get_meter", lambda *_: seen)
    telemetry._instruments.cache_clear()
    yield seen
    telemetry._instruments.cache_clear()


def ask(**rest: Any) -> LLMRequest:
    return LLMRequest(task=TaskType.EVALUATION, prompt=SECRET, system_prompt="Be brief.", **rest)


@pytest.mark.parametrize(
    ("protocol", "named"),
    [("anthropic", "anthropic"), ("openai", "openai"), ("google", "gcp.gemini")],
)
def test_a_request_is_a_client_span_under_the_conventions_names(
    protocol, named, backend, make_router
):
    response = make_router(protocol).complete(ask(session="s"))
    (span,) = backend.spans
    assert span.name == f"chat {MODEL[protocol]}"
    assert span.given["kind"] is trace.SpanKind.CLIENT
    assert span.given["start_time"] < span.ended
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": named,
        "gen_ai.request.model": MODEL[protocol],
        "gen_ai.response.model": MODEL[protocol],
        "gen_ai.conversation.id": "s",
        "gen_ai.usage.input_tokens": response.usage.input_tokens,
        "gen_ai.usage.output_tokens": response.usage.output_tokens,
        "campaign_analyst.task": "evaluation",
        "campaign_analyst.call_id": response.call_id,
        "campaign_analyst.cost_usd": float(response.cost),
    }
    assert {name: span.told.get(name) for name in expected} == expected
    assert not span.failed


def test_durations_and_tokens_are_measured(backend, make_router):
    usage = make_router("openai").complete(ask()).usage
    tokens = {
        point["gen_ai.token.type"]: value
        for name, value, point in backend.points
        if name == "gen_ai.client.token.usage"
    }
    assert tokens == {"input": usage.input_tokens, "output": usage.output_tokens}
    assert [name for name, *_ in backend.points].count("gen_ai.client.operation.duration") == 1


def test_every_failed_attempt_is_a_span_of_its_own(wire, backend, make_router):
    wire.on("anthropic", fail(401, "authentication_error"))
    make_router("anthropic", "openai").complete(ask())
    first, second = backend.spans
    assert (first.failed, first.told["error.type"]) == (True, "authentication")
    assert (second.failed, "error.type" in second.told) == (False, False)


def test_spans_belong_to_the_callers_trace(backend, make_router):
    mine = opentelemetry.context.set_value("mine", True)
    token = opentelemetry.context.attach(mine)
    try:
        make_router("anthropic").complete(ask())
    finally:
        opentelemetry.context.detach(token)
    assert backend.spans[0].given["context"] == mine


@pytest.mark.parametrize("allowed", [False, True])
def test_prompts_and_answers_are_told_only_when_asked_for(allowed, wire, backend, make_router):
    wire.on("anthropic", say("forty-two"), fail(400, "invalid_request_error", SECRET[:3]))
    router = make_router("anthropic", llm_log_content=allowed)
    router.complete(ask())
    with contextlib.suppress(errors.LLMError):
        router.complete(ask())
    told = str([(span.name, span.told) for span in backend.spans]) + str(backend.points)
    for text in (SECRET, "Be brief.", "forty-two"):
        assert (text in told) == allowed
    assert not [key for key in KEYS.values() if key in told]


def test_without_a_backend_nothing_changes(make_router):
    assert make_router("anthropic").complete(ask()).text == "forty-two"
