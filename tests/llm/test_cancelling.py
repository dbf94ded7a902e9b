"""After a cancellation nothing is sent, and what was spent is in the ledger."""

from __future__ import annotations

import asyncio
import threading
from decimal import Decimal

import pytest
from served import LONG, MODEL, ask, until
from wire import cut, fail, hang, say

from src.llm import errors, usage


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
    until(lambda: wire.asked("anthropic"))
    assert router.in_flight("mine")[0]["doing"] == f"asking {MODEL['anthropic']}"
    assert router.cancel(session="other") == 0
    assert router.cancel(session="mine") == 1
    thread.join()
    assert len(caught) == 1
    assert not wire.asked("openai")
    until(lambda: usage.attempts(router.ledger, session="mine"))
    assert [row["error"] for row in usage.attempts(router.ledger)] == ["cancelled"]


def test_cancelling_the_awaiting_task_cancels_the_call(wire, make_router):
    wire.on("anthropic", hang())
    router = make_router("anthropic", "openai")

    async def scenario() -> None:
        task = asyncio.create_task(router.acomplete(ask()))
        await asyncio.to_thread(until, lambda: wire.asked("anthropic"))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    until(lambda: usage.attempts(router.ledger))
    assert len(wire.asked()) == 1


def test_who_does_not_wait_gets_the_offline_answer(wire, make_router):
    """One end in the book, with what the model had been asked; the next model is not asked."""
    wire.on("anthropic", hang())
    router = make_router("anthropic", "openai")
    answers = []
    request = ask(session="mine", offline=lambda: "by rules")
    thread = threading.Thread(target=lambda: answers.append(router.complete(request)))
    thread.start()
    until(lambda: wire.asked("anthropic"))
    (call,) = router.in_flight("mine")
    assert not router.hurry("another call")
    assert router.hurry(call["call_id"])
    thread.join()
    (answer,) = answers
    assert answer.offline and answer.text == "by rules"
    assert "No model was waited for." in answer.notes[-1]
    assert not wire.asked("openai")
    until(lambda: len(usage.attempts(router.ledger, session="mine")) == 2)
    errors_booked = {row["error"] for row in usage.attempts(router.ledger, session="mine")}
    assert errors_booked == {"cancelled", None}
    assert usage.summary(router.ledger, session="mine")["calls"] == 1


def test_a_call_without_an_offline_answer_cannot_be_hurried(wire, make_router):
    wire.on("anthropic", hang())
    router = make_router("anthropic")
    caught: list[Exception] = []

    def work() -> None:
        with pytest.raises(errors.Cancelled) as error:
            router.complete(ask())
        caught.append(error.value)

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: wire.asked("anthropic"))
    (call,) = router.in_flight()
    assert not router.hurry(call["call_id"])
    assert router.cancel(call_id=call["call_id"]) == 1
    thread.join()
    assert len(caught) == 1


def test_nothing_is_sent_after_a_cancellation_while_waiting_to_try_again(wire, make_router):
    wire.on("anthropic", fail(429, "rate_limit_error", retry_after="8"), say())
    router = make_router("anthropic", "openai")
    caught: list[errors.Cancelled] = []

    def work() -> None:
        with pytest.raises(errors.Cancelled) as error:
            router.complete(ask(session="mine"))
        caught.append(error.value)

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: any("waiting" in call["doing"] for call in router.in_flight()))
    assert router.cancel(session="mine") == 1
    thread.join(timeout=5)
    assert [attempt.error for attempt in caught[0].attempts] == ["rate_limited"]
    assert len(wire.asked()) == 1
    until(lambda: usage.summary(router.ledger, session="mine")["calls"])
    total = usage.summary(router.ledger, session="mine")
    assert (total["calls"], total["errors"], total["cost"]) == (1, 1, 0)


def test_a_call_cancelled_in_a_stream_keeps_what_it_had_used(wire, make_router):
    wire.on("anthropic", cut(4, LONG * 4, "stall"))
    router = make_router("anthropic")
    stream = router.stream(ask(session="mine"))
    next(stream)
    router.cancel(session="mine")
    with pytest.raises(errors.Cancelled):
        list(stream)
    (row,) = usage.attempts(router.ledger, session="mine")
    assert (row["error"], row["input_tokens"], row["cost"]) == ("cancelled", 100, None)


def test_what_a_cancelled_call_had_paid_for_is_in_the_book(wire, make_router):
    wire.on("anthropic", say("half", stop="truncated"))  # 100 tokens in, 20 out
    wire.on("openai", hang())
    router = make_router("anthropic", "openai", "google")
    caught: list[errors.Cancelled] = []

    def work() -> None:
        with pytest.raises(errors.Cancelled) as error:
            router.complete(ask(session="mine", offline=lambda: "no"))
        caught.append(error.value)

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: wire.asked("openai"))
    router.cancel(session="mine")
    thread.join(timeout=30)
    assert [attempt.error for attempt in caught[0].attempts] == ["truncated", "cancelled"]
    until(lambda: usage.summary(router.ledger, session="mine")["calls"])
    total = usage.summary(router.ledger, session="mine")
    assert (total["cost"], total["unknown_costs"], total["errors"]) == (Decimal("0.0004"), 1, 1)
    assert not wire.asked("google")


def test_closing_the_router_ends_its_calls_and_leaves_nobody_waiting(wire, make_router):
    wire.on("anthropic", say(), hang())
    router = make_router("anthropic")
    router.complete(ask())
    ended: list[Exception] = []

    def work() -> None:
        try:
            router.complete(ask(session="mine"))
        except errors.LLMError as error:
            ended.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: len(wire.asked()) == 9)
    ledger = router.ledger
    router.close()
    for thread in threads:
        thread.join(timeout=20)
    assert [type(error) for error in ended] == [errors.Cancelled] * 8
    assert usage.summary(ledger, session="mine")["calls"] == 8
