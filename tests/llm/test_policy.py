"""Who is asked, how often, for how long; what is returned, and what is never returned."""

from __future__ import annotations

import asyncio
import threading
import time
from decimal import Decimal

import pytest
from dialects import PROTOCOLS, Tokens
from pydantic import BaseModel
from served import MODEL, QUICK
from wire import cut, fail, hang, reset, say, slowly

from src.errors import InputError
from src.llm import errors, usage
from src.llm.types import CachePolicy, Image, LLMRequest, LLMResponse, Outcome, TaskType

TASK = TaskType.INSIGHTS_GENERATION
LONG = "Spend grew by a tenth while conversions stayed flat. " * 8


def ask(prompt: str = "Why?", **rest: object) -> LLMRequest:
    return LLMRequest(task=TASK, prompt=prompt, **rest)  # type: ignore[arg-type]


# --- Retries and fallback ---


@pytest.mark.parametrize(
    ("step", "requests"),
    [
        (fail(529, "overloaded_error"), 3),
        (fail(500), 3),
        (fail(429, "rate_limit_error", retry_after="0"), 3),
        (fail(429, "rate_limit_error", retry_after="86400"), 1),
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
@pytest.mark.parametrize("protocol", ["anthropic", "openai"])
def test_what_fails_is_asked_so_often_and_then_the_next_one_answers(
    protocol, step, requests, wire, make_router
):
    wire.on(protocol, step)
    wire.on("google", say("from the second"))
    response = make_router(protocol, "google").complete(ask())
    assert response.text == "from the second"
    assert len(wire.asked(protocol)) == requests
    assert len(response.attempts) == requests + 1
    assert MODEL["google"] in response.notes[-1]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_callers_mistake_is_neither_retried_nor_sent_elsewhere(protocol, wire, make_router):
    wire.on(protocol, fail(400, "invalid_request_error", "tools.0: bad schema"))
    other = "google" if protocol != "google" else "openai"
    with pytest.raises(errors.BadRequest):
        make_router(protocol, other).complete(ask())
    assert len(wire.asked()) == 1


def test_a_short_retry_after_is_waited_for(wire, make_router):
    wire.on("anthropic", fail(429, "rate_limit_error", retry_after="0.2"), say())
    response = make_router("anthropic", "openai").complete(ask())
    assert response.model == MODEL["anthropic"]
    first, second = response.attempts
    assert (second.started_at - first.started_at).total_seconds() >= 0.2


def test_three_hanging_providers_end_with_the_deadline(wire, make_router):
    for protocol in PROTOCOLS:
        wire.on(protocol, hang())
    router = make_router("anthropic", "openai", "google")
    router.complete(ask(offline=lambda: "x", deadline_seconds=0.2))  # the SDKs are loaded now
    response = router.complete(ask(offline=lambda: "from rules", deadline_seconds=2.0))
    assert response.text == "from rules"
    assert response.seconds < 2.5
    assert {attempt.error for attempt in response.attempts[:-1]} == {"timeout"}
    assert response.cost is None, "what a hanging provider charges is not known"


def test_a_hang_leaves_time_for_the_next_provider(wire, make_router):
    wire.on("anthropic", hang())
    router = make_router("anthropic", "openai")
    router.complete(LLMRequest(task=TASK, prompt="warm", offline=str, deadline_seconds=0.1))
    assert router.complete(ask(deadline_seconds=4.0)).model == MODEL["openai"]


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


# --- The offline last resort ---


def test_without_a_key_the_offline_engine_answers_and_nothing_is_sent(wire, make_router):
    router = make_router("anthropic", anthropic_api_key=None)
    response = router.complete(ask(offline=lambda: "by rule"))
    assert (response.text, response.provider, response.cost) == ("by rule", "offline", Decimal(0))
    assert response.offline
    assert not wire.asked()


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


def test_bulk_work_never_holds_up_a_person(wire, make_router):
    wire.on("anthropic", hang())
    router = make_router("anthropic")

    async def scenario() -> LLMResponse:
        bulk = [
            asyncio.create_task(router.acomplete(ask(f"bulk {n}", priority="bulk")))
            for n in range(100)
        ]
        await asyncio.to_thread(_until, lambda: len(wire.asked()) >= 60)
        wire.on("anthropic", say())
        try:
            return await asyncio.wait_for(router.acomplete(ask("person")), timeout=20)
        finally:
            for task in bulk:
                task.cancel()

    assert asyncio.run(scenario()).text == "forty-two"


def test_an_error_of_the_offline_callable_reaches_the_caller_as_it_is(make_router):
    def refuse() -> str:
        raise InputError("There is no such column.")

    router = make_router("anthropic", llm_offline=True)
    with pytest.raises(InputError, match="no such column"):
        router.complete(ask(offline=refuse))
    assert usage.summary(router.ledger)["errors"] == 1


# --- Streams ---


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("how", ["reset", "eof", "error"])
def test_a_stream_that_breaks_before_its_first_text_falls_over(protocol, how, wire, make_router):
    other = "openai" if protocol != "openai" else "anthropic"
    wire.on(protocol, cut(0, how=how))
    wire.on(other, say(LONG))
    *pieces, response = make_router(protocol, other).stream(ask())
    assert "".join(pieces) == LONG
    assert response.model == MODEL[other]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("how", ["reset", "eof", "error", "stall"])
def test_a_stream_that_breaks_later_gives_what_came_and_an_error(protocol, how, wire, make_router):
    wire.on(protocol, cut(4, LONG * 4, how))
    pieces: list[str] = []
    stream = make_router(protocol, "openai").stream(ask(deadline_seconds=3.0))
    with pytest.raises(errors.LLMError) as caught:
        for piece in stream:
            assert isinstance(piece, str), "a cut answer must not look complete"
            pieces.append(piece)
    assert pieces
    assert caught.value.partial == "".join(pieces)
    assert len(wire.asked()) == 1, "no other model may continue the text"


def test_a_polite_refusal_in_a_stream_is_held_back_and_falls_over(wire, make_router):
    wire.on("anthropic", say("I'm sorry, but I can't help with that. " + "Please understand. " * 9))
    wire.on("openai", say(LONG))
    *pieces, _response = make_router("anthropic", "openai").stream(ask())
    assert "".join(pieces) == LONG


def test_a_dropped_stream_is_cancelled(wire, make_router):
    wire.on("anthropic", cut(4, LONG * 4, "stall"))
    router = make_router("anthropic")
    stream = router.stream(ask())
    next(stream)
    assert len(router.in_flight()) == 1
    stream.close()
    assert router.in_flight() == ()


# --- Circuit breaker ---


def test_a_failing_deployment_is_left_alone_and_probed_once(wire, make_router):
    toml = QUICK + "[breaker]\nfailures = 2\ncooldown_seconds = 0.4\n"
    wire.on("anthropic", fail(500))
    router = make_router("anthropic", "openai", toml=toml)
    router.complete(ask())
    assert len(wire.asked("anthropic")) == 2
    router.complete(ask())
    assert len(wire.asked("anthropic")) == 2
    time.sleep(0.45)
    wire.on("anthropic", slowly(0.3, say("healed")))
    threads = [threading.Thread(target=router.complete, args=(ask(str(n)),)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wire.asked("anthropic")) == 3, "one probe, not five"
    assert router.complete(ask()).text == "healed"


# --- Cancellation ---


def test_cancelling_a_session_stops_its_calls_and_books_them(wire, make_router):
    wire.on("anthropic", hang())
    router = make_router("anthropic", "openai")
    caught: list[Exception] = []

    def work() -> None:
        try:
            router.complete(ask(session="mine", offline=lambda: "no"))
        except errors.Cancelled as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    _until(lambda: wire.asked("anthropic"))
    assert router.in_flight("mine")[0]["doing"] == f"asking {MODEL['anthropic']}"
    assert router.cancel(session="other") == 0
    assert router.cancel(session="mine") == 1
    thread.join()
    assert len(caught) == 1
    assert not wire.asked("openai")
    _until(lambda: usage.attempts(router.ledger, session="mine"))
    assert [row["error"] for row in usage.attempts(router.ledger)] == ["cancelled"]


def test_cancelling_the_awaiting_task_cancels_the_call(wire, make_router):
    wire.on("anthropic", hang())
    router = make_router("anthropic", "openai")

    async def scenario() -> None:
        task = asyncio.create_task(router.acomplete(ask()))
        await asyncio.to_thread(_until, lambda: wire.asked("anthropic"))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    _until(lambda: usage.attempts(router.ledger))
    assert len(wire.asked()) == 1


def test_the_async_faces_answer_as_the_sync_ones_do(wire, make_router):
    router = make_router("anthropic")
    wire.on("anthropic", say(LONG))

    async def both() -> tuple[LLMResponse, list[object]]:
        return await router.acomplete(ask()), [piece async for piece in router.astream(ask())]

    response, pieces = asyncio.run(both())
    assert response.text == LONG == "".join(pieces[:-1])


# --- Budgets ---


@pytest.mark.parametrize(("limit", "scope"), [("session_usd", "session"), ("day_usd", "day")])
def test_concurrent_calls_cannot_pass_a_budget_by_more_than_one_estimate(
    limit, scope, wire, make_router
):
    toml = QUICK + f'[budgets]\n{limit} = 0.10\nat_limit = "stop"\n'
    # Each call costs 0.02 dollars: 2,000 tokens of output at 10 dollars a million.
    wire.on("anthropic", slowly(0.1, say(tokens=Tokens(plain=0, visible=2000))))
    router = make_router("anthropic", toml=toml)
    outcomes: list[str] = []

    def work(number: int) -> None:
        try:
            router.complete(ask(str(number), session="s", max_tokens=2000))
            outcomes.append("ok")
        except errors.BudgetExceeded as error:
            assert scope in str(error)
            outcomes.append("stopped")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = usage.summary(router.ledger, session="s")["cost"]
    assert outcomes.count("ok") * Decimal("0.02") == spent
    assert Decimal("0.08") <= spent <= Decimal("0.12")


def test_at_the_limit_the_offline_engine_takes_over_and_says_so(wire, make_router):
    wire.on("anthropic", say(tokens=Tokens(visible=10_000)))
    toml = QUICK + '[budgets]\nsession_usd = 0.05\nat_limit = "offline"\n'
    router = make_router("anthropic", toml=toml)
    router.complete(ask("1", session="s"))
    response = router.complete(ask("2", session="s", offline=lambda: "by rule"))
    assert response.offline
    assert "budget of $0.05 is spent" in response.notes[-1]
    assert router.complete(ask("3", session="another")).model == MODEL["anthropic"]


def test_a_cheaper_model_takes_over_before_the_limit(wire, make_router):
    wire.on("anthropic", say(tokens=Tokens(plain=0, visible=9_000)))
    toml = QUICK + '[budgets]\nsession_usd = 0.10\nat_limit = "downgrade"\n'
    router = make_router("anthropic", toml=toml)
    router.complete(ask("1", session="s"))
    response = router.complete(ask("2", session="s"))
    assert response.model == "gpt-6-luna"
    assert "cheaper model" in " ".join(response.notes)


# --- Cache ---


def test_a_repeat_costs_nothing_and_says_what_it_saved(wire, make_router):
    router = make_router("anthropic", toml="")
    first, again = router.complete(ask()), router.complete(ask())
    assert again.served_from_cache
    assert (again.text, again.cost, again.saved) == (first.text, Decimal(0), first.cost)
    assert len(wire.asked()) == 1
    assert usage.summary(router.ledger)["cache_hits"] == 1


PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": "What?"},
        {"system_prompt": "Be brief."},
        {"max_tokens": 99},
        {"images": (Image(PNG + b"1", "image/png"),)},
        {"cache": CachePolicy("refresh")},
        {"cache": CachePolicy("off")},
        {"cache": CachePolicy(ttl_seconds=0)},
    ],
    ids=str,
)
def test_whatever_changes_the_answer_is_asked_again(other, wire, make_router):
    router = make_router("anthropic", toml="")
    router.complete(ask())
    router.complete(LLMRequest(**{"task": TASK, "prompt": "Why?", **other}))
    assert len(wire.asked()) == 2


def test_identical_concurrent_calls_make_one_request(wire, make_router):
    wire.on("anthropic", slowly(0.3, say()))
    router = make_router("anthropic", toml="")
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.append(router.complete(ask()).text))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["forty-two"] * 8
    assert len(wire.asked()) == 1


def test_only_answers_are_kept(wire, make_router):
    wire.on("anthropic", say("half", stop="truncated"), say("I can't help with that."), say("ok"))
    router = make_router("anthropic", toml="[breaker]\nfailures = 9\n")
    for expected in (errors.Truncated, errors.Refused):
        with pytest.raises(expected):
            router.complete(ask())
    assert router.complete(ask()).text == "ok"


def test_a_damaged_cache_file_is_started_afresh(wire, make_router, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "answers.db").write_bytes(b"not a database at all" * 200)
    router = make_router("anthropic", toml="", home=home)
    router.complete(ask())
    assert router.complete(ask()).served_from_cache


# --- Requests that contradict themselves ---


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (LLMRequest(task=TASK), "prompt or messages"),
        (LLMRequest(task=TASK, prompt="  "), "empty"),
        (ask(images=(Image(b"GIF89a", "image/png"),)), "first bytes"),
        (ask(images=(Image(b"%PDF-1.7", "application/pdf"),)), "cannot be sent"),
        (ask(images=(Image(PNG + bytes(6_000_000), "image/png"),)), "MB"),
    ],
)
def test_a_bad_request_is_told_before_anything_is_sent(request_, says, wire, make_router):
    with pytest.raises(InputError, match=says):
        make_router("anthropic").complete(request_)
    assert not wire.asked()


def test_a_truncated_answer_is_kept_only_as_partial(wire, make_router):
    wire.on("anthropic", say("half an ans", stop="truncated"))
    with pytest.raises(errors.Truncated) as caught:
        make_router("anthropic").complete(ask())
    assert caught.value.partial == "half an ans"
    assert caught.value.attempts[0].outcome is Outcome.TRUNCATED


def _until(condition: object, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)
