"""What a whole call costs, as the caller and the ledger are told: to the last digit, or unknown."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from dialects import PROTOCOLS, Answer, Tokens, whole
from pydantic import BaseModel
from served import MODEL, TASK, ask
from wire import body, fail, say

from src.llm import errors, usage
from src.llm.types import Attempt, LLMRequest

RECORDED = json.loads(Path(__file__).with_name("recorded_usage.json").read_text(encoding="utf-8"))
# Prices are today's in a whole call, so a case of another day, of a batch, or read from a stream is
# left to test_recorded_usage.py.
CASES = [case for case in RECORDED if not {"at", "batched", "streamed"} & set(case)]
FREE = Decimal(0)


class Count(BaseModel):
    n: int


def paid(call: Callable[[], Any]) -> tuple[Attempt, ...]:
    """The attempts of a call, answered or not."""
    try:
        attempts: tuple[Attempt, ...] = call().attempts
    except errors.LLMError as error:
        attempts = error.attempts
    return attempts


def test_every_recorded_report_is_charged_to_its_call(wire, make_router):
    """Long-context tiers, flex and priority rates, caches, reasoning, refusals, successors that
    answer for another model: each through the router, against the sums worked out by hand."""
    models = sorted({(case["kind"], case["model"]) for case in CASES})
    toml = "[cache]\nenabled = false\n[retry]\nattempts = 1\n[breaker]\nfailures = 9999\n"
    router = make_router(*(model for _, model in models), toml=toml)
    for number, case in enumerate(CASES):
        content = whole(case["kind"], Answer("Good."), case["model"])
        content["usageMetadata" if case["kind"] == "google" else "usage"] = case["usage"]
        wire.on(case["kind"], body(content | case.get("body", {})))
        request = LLMRequest(task=TASK, prompt="q", chain=(case["model"],), session=f"{number}")
        (attempt,) = paid(lambda request=request: router.complete(request))
        expected = None if case["dollars"] is None else Decimal(case["dollars"])
        assert attempt.cost == expected, case["name"]
        booked = usage.summary(router.ledger, session=f"{number}")
        assert booked["cost"] == (expected or FREE), case["name"]
        assert booked["unknown_costs"] == (expected is None), case["name"]
    total = usage.summary(router.ledger)
    assert total["unknown_costs"] == sum(case["dollars"] is None for case in CASES) > 5
    assert total["cost"] == sum(Decimal(case["dollars"] or 0) for case in CASES)


@pytest.mark.parametrize("protocol", PROTOCOLS[:3])
def test_the_same_tokens_are_the_same_record_whoever_counts_them(protocol, wire, make_router):
    counted = Tokens(plain=700, cached=300, visible=40, thoughts=60)
    wire.on(protocol, say(tokens=counted))
    router = make_router(protocol)
    response = router.complete(ask())
    streamed = list(router.stream(ask()))[-1]
    rates = {
        "anthropic": (2, "0.1", 10),
        "openai": (2, "0.1", 10),
        "google": ("0.75", "0.075", "3.75"),
    }
    fresh, read, written = (Decimal(rate) for rate in rates[protocol])
    assert response.cost == (700 * fresh + 300 * read + 100 * written) / 1_000_000
    assert (streamed.usage, streamed.cost) == (response.usage, response.cost)
    assert isinstance(response.cost, Decimal)


def test_the_model_that_answered_is_charged_in_streams_too(wire, make_router):
    tokens = Tokens(plain=1_000_000, visible=0)
    for protocol, answered, dollars in (
        ("google", "gemini-3.1-pro-preview", 4),
        ("openai", "gpt-6-luna", Decimal("0.2")),
        ("anthropic", "claude-opus-5-5", 4),
    ):
        wire.on(protocol, say("Good. " * 40, model=answered, tokens=tokens))
        response = list(make_router(protocol).stream(ask()))[-1]
        assert (response.model, response.cost) == (answered, dollars)


def test_failed_and_repaired_attempts_are_charged_to_the_call_that_caused_them(wire, make_router):
    wire.on("google", say("I can't help with that."))  # declined, and billed
    wire.on("anthropic", say("half", stop="truncated"))
    wire.on("openai", fail(500), say('{"n": "many"}'), say('{"n": 3}'))
    router = make_router("google", "anthropic", "openai")
    router.complete(ask("another call", chain=(MODEL["openai"],), session="other"))
    wire.on("openai", fail(500), say('{"n": "many"}'), say('{"n": 3}'))
    response = router.complete(ask(response_schema=Count, session="mine"))
    costs = [attempt.cost for attempt in response.attempts]
    # 100 tokens in, 20 out; a server error is not billed.
    google, other = Decimal("0.00015"), Decimal("0.0004")
    assert costs == [google, other, FREE, other, other]
    assert response.cost == sum(costs)
    assert usage.summary(router.ledger, session="mine")["cost"] == response.cost
    rows = usage.attempts(router.ledger, call_id=response.call_id)
    assert sum(row["cost"] for row in rows) == response.cost


def test_what_a_call_cost_before_nobody_could_answer_is_in_the_book(wire, make_router):
    for protocol in ("anthropic", "openai"):
        wire.on(protocol, say("half", stop="truncated"))
    router = make_router("anthropic", "openai")
    with pytest.raises(errors.Truncated):
        router.complete(ask(session="lost"))
    response = router.complete(ask(session="saved", offline=lambda: "by rule"))
    for session in ("lost", "saved"):
        assert usage.summary(router.ledger, session=session)["cost"] == Decimal("0.0008")
    assert response.cost == Decimal("0.0008")


@pytest.mark.parametrize(
    ("protocol", "step"),
    [
        ("openai", say(tokens=None)),
        ("google", say(tokens=None)),
        ("chat", say(tokens=None)),
        ("openai", say(model="gpt-9-unheard-of")),
        ("google", say(model="gemini-3.8-flash-lite")),
        ("anthropic", say(model="claude-sonnet-5-5-turbo")),
    ],
)
def test_an_unknown_cost_is_unknown_and_counted_never_zero(protocol, step, wire, make_router):
    wire.on(protocol, step)
    router = make_router(protocol)
    response = router.complete(ask())
    assert response.cost is None
    total = usage.summary(router.ledger)
    assert (total["unknown_costs"], total["calls"]) == (1, 1)
    assert usage.attempts(router.ledger)[0]["cost"] is None
