"""The last resort: the offline engine answers when no model can."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from pydantic import BaseModel
from served import ask
from wire import fail

from src.errors import InputError
from src.llm import errors, usage


def test_without_a_key_the_offline_engine_answers_and_nothing_is_sent(wire, make_router):
    router = make_router("anthropic", anthropic_api_key=None)
    response = router.complete(ask(offline=lambda: "by rule"))
    assert (response.text, response.provider, response.cost) == ("by rule", "offline", Decimal(0))
    assert response.offline
    assert not wire.asked()


def test_work_done_before_the_call_counts_where_the_offline_engine_answers(wire, make_router):
    router = make_router("anthropic")
    assert router.complete(ask(offline=lambda: "", offline_seconds=600.0)).seconds < 600
    wire.on("anthropic", fail(401))
    response = router.complete(ask("again", offline=lambda: "", offline_seconds=600.0))
    assert response.offline and response.seconds >= 600
    assert response.attempts[-1].seconds >= 600
    assert usage.summary(router.ledger)["p95"] >= 600


def test_without_a_key_and_without_a_last_resort_the_error_names_the_variables(make_router):
    router = make_router("anthropic", "google", anthropic_api_key=None, gemini_api_key=None)
    with pytest.raises(errors.NoProviderAvailable) as caught:
        router.complete(ask())
    assert "ANTHROPIC_API_KEY" in str(caught.value)
    assert "GEMINI_API_KEY" in str(caught.value)


def test_the_offline_callable_runs_on_the_callers_thread(wire, make_router):
    wire.on("anthropic", fail(401))
    seen = []
    make_router("anthropic").complete(
        ask(offline=lambda: seen.append(threading.current_thread()) or "x")
    )
    assert seen == [threading.current_thread()]


def test_an_offline_answer_to_a_schema_is_parsed_and_streams_as_one_piece(make_router):
    class Count(BaseModel):
        n: int

    router = make_router("anthropic", anthropic_api_key=None)
    request = ask(response_schema=Count, offline=lambda: Count(n=3))
    assert router.complete(request).parsed == Count(n=3)
    (response,) = router.stream(request)
    assert (response.parsed, response.text) == (Count(n=3), '{"n":3}')


def test_a_mistake_the_provider_sees_still_leaves_the_offline_engine(wire, make_router):
    wire.on("anthropic", fail(400, "invalid_request_error", "bad parameter"))
    response = make_router("anthropic", "openai").complete(ask(offline=lambda: "by rule"))
    assert response.offline
    assert "bad parameter" in response.notes[-1]
    assert not wire.asked("openai")


def test_an_error_of_the_offline_callable_reaches_the_caller_as_it_is(make_router):
    def refuse() -> str:
        raise InputError("There is no such column.")

    router = make_router("anthropic", llm_offline=True)
    with pytest.raises(InputError, match="no such column"):
        router.complete(ask(offline=refuse))
    assert usage.summary(router.ledger)["errors"] == 1
