"""Streams: what a caller gets of one that breaks, and of one that does not."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest
from dialects import PROTOCOLS, Answer, events, whole
from served import LONG, MODEL, ask, until
from wire import cut, fail, say

from src.llm import errors, usage
from src.llm.types import LLMResponse, Usage


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
    wire.on(protocol, say("once"), cut(4, LONG * 4, how))
    pieces: list[str] = []
    router = make_router(protocol, "openai")
    router.complete(ask("the SDK is loaded now"))
    wire.journal.clear()
    stream = router.stream(ask(deadline_seconds=2.0))
    with pytest.raises(errors.LLMError) as caught:
        for piece in stream:
            assert isinstance(piece, str), "a cut answer must not look complete"
            pieces.append(piece)
    assert pieces
    assert caught.value.partial == "".join(pieces)
    assert len(wire.asked()) == 1, "no other model may continue the text"
    (attempt,) = caught.value.attempts
    assert attempt.cost is None, "nobody knows what a broken stream is billed"
    if protocol == "anthropic":  # the only one that says at the start what it has read
        assert attempt.usage is not None
        assert attempt.usage.input_tokens == 100


def test_a_polite_refusal_in_a_stream_is_held_back_and_falls_over(wire, make_router):
    wire.on("anthropic", say("I'm sorry, but I can't help with that. " + "Please understand. " * 9))
    wire.on("openai", say(LONG))
    *pieces, _response = make_router("anthropic", "openai").stream(ask())
    assert "".join(pieces) == LONG


def test_a_dropped_stream_is_cancelled(wire, make_router):
    wire.on("anthropic", cut(4, LONG * 4, "stall"))
    router = make_router("anthropic")
    stream = router.stream(ask(session="mine"))
    next(stream)
    assert len(router.in_flight()) == 1
    stream.close()
    assert router.in_flight() == ()
    until(lambda: usage.summary(router.ledger, session="mine")["calls"])
    (row,) = usage.attempts(router.ledger, session="mine")
    assert (row["error"], row["input_tokens"], row["cost"]) == ("cancelled", 100, None)


def test_the_async_faces_answer_as_the_sync_ones_do(wire, make_router):
    router = make_router("anthropic")
    wire.on("anthropic", say(LONG))

    async def both() -> tuple[LLMResponse, list[object]]:
        return await router.acomplete(ask()), [piece async for piece in router.astream(ask())]

    response, pieces = asyncio.run(both())
    assert response.text == LONG == "".join(pieces[:-1])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_stream_that_stalls_before_its_first_text_falls_over(protocol, wire, make_router):
    other = "openai" if protocol != "openai" else "anthropic"
    wire.on(protocol, say("once"), cut(0, how="stall"))
    wire.on(other, say(LONG))
    router = make_router(protocol, other)
    for name in (protocol, other):
        router.complete(ask("the SDK is loaded now", chain=(MODEL[name],)))
    *pieces, response = router.stream(ask(deadline_seconds=2.5))
    assert "".join(pieces) == LONG
    assert [attempt.error for attempt in response.attempts] == ["timeout", None]


def test_the_usage_of_a_stream_that_broke_is_in_the_ledger_and_counted_as_unknown(
    wire, make_router
):
    wire.on("google", cut(3, LONG, "eof"))
    router = make_router("google")
    with pytest.raises(errors.StreamCut):
        list(router.stream(ask()))
    total = usage.summary(router.ledger)
    assert (total["calls"], total["errors"], total["unknown_costs"]) == (1, 1, 1)


def test_the_usage_that_gemini_told_before_its_stream_broke_is_kept(wire, make_router):
    def breaks(handler, asked):
        chunk = whole("google", Answer(LONG, stop="none"), asked.model)
        handler.start_stream()
        handler.send_lines([f"data: {json.dumps(chunk)}\n\n"])
        handler.tear()

    wire.on("google", breaks)
    router = make_router("google")
    with pytest.raises(errors.StreamCut) as caught:
        list(router.stream(ask()))
    (attempt,) = caught.value.attempts
    assert caught.value.partial == LONG
    assert attempt.usage == Usage(input_tokens=100, output_tokens=20)
    assert attempt.cost is None, "it may be billed for more than it told"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_garbage_in_a_stream_leaves_what_came_and_a_cost_that_nobody_knows(
    protocol, wire, make_router
):
    def spoilt(handler, asked):
        lines = events(protocol, Answer(LONG), asked.model)
        handler.send_stream([*lines[:5], 'data: {"half": \n\n'])

    wire.on(protocol, spoilt)
    router = make_router(protocol, "openai")
    pieces: list[object] = []
    with pytest.raises(errors.LLMError) as caught:
        pieces.extend(router.stream(ask()))
    assert caught.value.partial != ""
    assert LONG.startswith(caught.value.partial)
    (attempt,) = caught.value.attempts
    assert attempt.cost is None
    assert usage.summary(router.ledger)["unknown_costs"] == 1


def test_an_async_stream_whose_listener_is_cancelled_ends_with_it(wire, make_router):
    wire.on("anthropic", say(), cut(4, LONG * 4, "stall"))
    router = make_router("anthropic")

    async def scenario() -> None:
        await router.acomplete(ask())
        heard: asyncio.Queue[object] = asyncio.Queue()

        async def listen() -> None:
            async for piece in router.astream(ask(session="mine")):
                heard.put_nowait(piece)

        listener = asyncio.create_task(listen())
        await heard.get()  # and the next one never comes
        listener.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listener

    asyncio.run(scenario())
    assert router.in_flight() == ()
    until(lambda: usage.summary(router.ledger, session="mine")["calls"])
    (row,) = usage.attempts(router.ledger, session="mine")
    assert (row["error"], row["input_tokens"], row["cost"]) == ("cancelled", 100, None)


def test_an_async_stream_that_nobody_finishes_is_cancelled_and_booked(wire, make_router):
    wire.on("anthropic", say(), cut(4, LONG * 4, "stall"))
    router = make_router("anthropic")

    async def scenario() -> None:
        await router.acomplete(ask())
        async with aclosing(router.astream(ask(session="mine"))) as pieces:
            async for _ in pieces:
                break

    asyncio.run(scenario())
    until(lambda: usage.summary(router.ledger, session="mine")["calls"])
    (row,) = usage.attempts(router.ledger, session="mine")
    assert (row["error"], row["input_tokens"]) == ("cancelled", 100)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_async_stream_falls_back_breaks_and_ends_offline_as_the_other_does(
    protocol, wire, make_router
):
    async def collect(router, request) -> list[object]:
        return [piece async for piece in router.astream(request)]

    router = make_router(protocol)
    wire.on(protocol, say(LONG))
    *pieces, response = asyncio.run(collect(router, ask()))
    assert "".join(pieces) == LONG == response.text
    assert response.usage is not None
    wire.on(protocol, cut(4, LONG * 4, "eof"))
    with pytest.raises(errors.LLMError) as caught:
        asyncio.run(collect(router, ask()))
    assert caught.value.partial != ""
    wire.on(protocol, fail(401))
    pieces = asyncio.run(collect(router, ask(offline=lambda: "by rule")))
    assert [pieces[0], pieces[1].provider] == ["by rule", "offline"]
