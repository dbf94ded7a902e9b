"""Who is asked, how often and for how long, and who is asked next."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from dialects import PROTOCOLS
from served import MODEL, ask
from wire import fail, hang, reset, say

from src.llm import errors
from src.llm.providers.faults import retry_after
from src.llm.types import Outcome


@pytest.mark.parametrize(
    ("step", "requests"),
    [
        (fail(529, "overloaded_error"), 3),
        (fail(500), 3),
        (fail(429, "rate_limit_error", retry_after="0"), 3),
        (fail(429, "rate_limit_error", retry_after="86400"), 1),
        (fail(529, "overloaded_error", retry_after="86400"), 1),
        (fail(429, "rate_limit_error", "Your organization has hit its spend limit"), 1),
        (fail(429, "insufficient_quota", "check your billing"), 1),
        (fail(401, "authentication_error"), 1),
        (fail(403, "permission_error"), 1),
        (fail(404, "not_found_error"), 1),
        (say("half", stop="truncated"), 1),
        (say("no", stop="refused"), 1),
        (say("I can't help with that request."), 1),
        (reset(), 3),
    ],
)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_fails_is_asked_so_often_and_then_the_next_one_answers(
    protocol, step, requests, wire, make_router
):
    other = "openai" if protocol != "openai" else "anthropic"
    wire.on(protocol, step)
    wire.on(other, say("from the second"))
    response = make_router(protocol, other).complete(ask())
    assert response.text == "from the second"
    assert len(wire.asked(protocol)) == requests
    assert len(response.attempts) == requests + 1
    assert MODEL[other] in response.notes[-1]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_callers_mistake_is_neither_retried_nor_sent_elsewhere(protocol, wire, make_router):
    wire.on(protocol, fail(400, "invalid_request_error", "tools.0: bad schema"))
    other = "google" if protocol != "google" else "openai"
    with pytest.raises(errors.BadRequest):
        make_router(protocol, other).complete(ask())
    assert len(wire.asked()) == 1


@pytest.mark.parametrize("status", [429, 503, 529])
def test_a_short_retry_after_is_waited_for(status, wire, make_router):
    wire.on("anthropic", fail(status, retry_after="0.2"), say())
    response = make_router("anthropic", "openai").complete(ask())
    assert response.model == MODEL["anthropic"]
    first, second = response.attempts
    assert (second.started_at - first.started_at).total_seconds() >= 0.2


@pytest.mark.parametrize(("delay", "requests"), [("0.05s", 2), ("86400s", 1)])
def test_google_says_how_long_to_wait_in_the_body(delay, requests, wire, make_router):
    def busy(handler, asked):
        detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
        error = {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "no", "details": [detail]}
        handler.send_json(429, {"error": error})

    wire.on("google", busy, say())
    response = make_router("google", "openai").complete(ask())
    assert len(wire.asked("google")) == requests
    assert (response.model == MODEL["google"]) == (requests == 2)


NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, 0.0),
    ],
)
def test_every_form_of_retry_after_is_read(headers, seconds):
    assert retry_after(headers, NOON) == seconds


def test_a_deadline_that_a_retry_after_would_pass_is_not_slept_away(wire, make_router):
    wire.on("anthropic", say(), fail(429, "rate_limit_error", retry_after="9.9"))
    router = make_router("anthropic")
    router.complete(ask())  # the SDK is loaded now
    response = router.complete(ask(deadline_seconds=9.0, offline=lambda: "rule"))
    assert response.offline
    assert len(wire.asked()) == 2


@pytest.mark.parametrize("face", ["complete", "stream"])
def test_three_hanging_providers_end_with_the_deadline(face, wire, make_router):
    """The promise is half a second above a deadline of five. On a busy machine a clock says little,
    so this looks at what the router tells each SDK: whenever an attempt begins, the time it is
    given ends with the call's own, two fifths of those five seconds. `benchmarks.router_deadline`
    takes the five seconds literally."""
    chain = ("anthropic", "openai", "google")
    router = make_router(*chain)
    for protocol in chain:
        router.complete(ask(chain=(MODEL[protocol],)))  # the SDKs are loaded now
        wire.on(protocol, hang())
    wire.journal.clear()
    request = ask(offline=lambda: "from rules", deadline_seconds=2.0)
    response = router.complete(request) if face == "complete" else list(router.stream(request))[-1]
    assert response.text == "from rules"
    assert response.seconds < 10, "each of them hangs for 30"
    *tried, offline = response.attempts
    # A late machine may leave the last of them no time at all.
    assert tuple(attempt.provider for attempt in tried) in {chain, chain[:2]}
    assert {attempt.error for attempt in tried} == {"timeout"}
    assert offline.deployment == "offline"
    assert response.cost is None, "what a hanging provider charges is not known"
    for attempt in tried[:2]:  # Gemini's SDK tells whole seconds only
        (asked,) = wire.asked(attempt.provider)
        told = float(asked.headers["x-stainless-read-timeout"])
        since_the_first = (attempt.started_at - tried[0].started_at).total_seconds()
        assert since_the_first + told <= 2.0


def test_a_day_long_retry_after_is_not_slept_on(wire, make_router, monkeypatch):
    slept: list[float] = []
    sleep = asyncio.sleep

    async def watched(seconds: float) -> None:
        slept.append(seconds)
        await sleep(seconds)

    monkeypatch.setattr(asyncio, "sleep", watched)
    for protocol in ("anthropic", "openai", "google"):
        wire.on(protocol, fail(429, "rate_limit_error", retry_after="86400"))
    response = make_router(*PROTOCOLS).complete(ask())
    assert response.model == MODEL["chat"]
    assert sum(slept) < 1.0


def test_a_hang_leaves_time_for_the_next_provider(wire, make_router):
    router = make_router("anthropic", "openai")
    for protocol in ("anthropic", "openai"):
        router.complete(ask(chain=(MODEL[protocol],)))  # the SDKs are loaded now
    wire.on("anthropic", hang())
    assert router.complete(ask(deadline_seconds=1.5)).model == MODEL["openai"]


def test_a_provider_without_a_key_is_passed_over_without_a_request(wire, make_router):
    response = make_router("anthropic", "openai", anthropic_api_key=None).complete(ask())
    assert response.model == MODEL["openai"]
    assert not wire.asked("anthropic")


def test_when_nobody_answers_the_error_says_who_said_what(wire, make_router):
    wire.on("anthropic", fail(401, "authentication_error"))
    wire.on("openai", fail(404, "not_found_error"))
    with pytest.raises(errors.NoProviderAvailable) as caught:
        make_router("anthropic", "openai").complete(ask())
    assert "anthropic rejects the key" in str(caught.value)
    assert "openai does not serve" in str(caught.value)
    assert [attempt.error for attempt in caught.value.attempts] == [
        "authentication",
        "model_not_found",
    ]


def test_a_truncated_answer_is_kept_only_as_partial(wire, make_router):
    wire.on("anthropic", say("half an ans", stop="truncated"))
    with pytest.raises(errors.Truncated) as caught:
        make_router("anthropic").complete(ask())
    assert caught.value.partial == "half an ans"
    assert caught.value.attempts[0].outcome is Outcome.TRUNCATED
