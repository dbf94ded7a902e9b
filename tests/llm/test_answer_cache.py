"""Repeats: from the cache, or from an identical call that is under way."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from served import MODEL, PNG, TASK, ask, until
from wire import fail, hang, say, slowly

from src.llm import errors, usage
from src.llm.cache import AnswerCache, CachedAnswer
from src.llm.types import CachePolicy, Image, LLMRequest, Tool


def test_a_repeat_costs_nothing_and_says_what_it_saved(wire, make_router):
    router = make_router("anthropic", toml="")
    first, again = router.complete(ask()), router.complete(ask())
    assert again.served_from_cache
    assert (again.text, again.cost, again.saved) == (first.text, Decimal(0), first.cost)
    assert len(wire.asked()) == 1
    assert usage.summary(router.ledger)["cache_hits"] == 1


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": "What?"},
        {"system_prompt": "Be brief."},
        {"max_tokens": 99},
        {"images": (Image(PNG + b"1", "image/png"),)},
        {"tools": (Tool("add", "Adds.", {"type": "object", "properties": {}}),)},
        {"chain": (MODEL["openai"],)},
        {"cache": CachePolicy("refresh")},
        {"cache": CachePolicy("off")},
        {"cache": CachePolicy(ttl_seconds=0)},
    ],
    ids=str,
)
def test_whatever_changes_the_answer_is_asked_again(other, wire, make_router):
    router = make_router("anthropic", "openai", toml="")
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


def test_another_effort_is_another_question(wire, make_router):
    for effort in ("low", "high", "low"):
        toml = f'[profiles.test.defaults]\neffort = "{effort}"\n'
        make_router("anthropic", toml=toml).complete(ask())
    assert len(wire.asked()) == 2


def test_another_temperature_is_another_question(wire, make_router):
    for temperature in (0.0, 0.7, 0.0):
        toml = f"[profiles.test.defaults]\ntemperature = {temperature}\n"
        make_router("chat", toml=toml).complete(ask())
    assert [asked.body["temperature"] for asked in wire.asked()] == [0.0, 0.7]


def test_a_temperature_the_model_is_not_told_changes_nothing(wire, make_router):
    for temperature in (0.0, 0.7):
        toml = f"[profiles.test.defaults]\ntemperature = {temperature}\n"
        make_router("anthropic", toml=toml).complete(ask())
    assert len(wire.asked()) == 1


@pytest.mark.parametrize("body", ["", "not JSON", "[]", "{}", '{"text": "half'])
def test_an_answer_that_cannot_be_read_back_is_asked_for_again(body, wire, make_router, tmp_path):
    router = make_router("anthropic", toml="")
    router.complete(ask())
    with contextlib.closing(sqlite3.connect(tmp_path / "home" / "answers.db")) as file, file:
        file.execute("UPDATE answers SET body = ?", (body,))
    assert [router.complete(ask()).served_from_cache for _ in range(2)] == [False, True]
    assert len(wire.asked()) == 2


@given(at=st.integers(0, 8191), length=st.integers(1, 4096))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_damaged_in_the_file_the_cache_goes_on(at, length, tmp_path):
    path = tmp_path / "answers.db"
    path.unlink(missing_ok=True)
    answer = CachedAnswer("forty-two", "m", "p", "stop", (), None, None, 1e9)
    cache = AnswerCache(path, 1, clock=lambda: 1e9)
    cache.put("a", answer)
    cache.close()
    file = bytearray(path.read_bytes())
    file[at : at + length] = b"\xa5" * len(file[at : at + length])
    path.write_bytes(file)
    cache = AnswerCache(path, 1, clock=lambda: 1e9)
    assert cache.get("a", 60) in {None, answer}
    cache.put("b", answer)
    assert cache.get("b", 60) == answer
    cache.close()


class Count(BaseModel):
    n: int


class Total(BaseModel):
    n: int = 0
    of: str = ""


def test_another_schema_is_another_question(wire, make_router):
    wire.on("anthropic", say('{"n": 1}'), say('{"n": 1, "of": "x"}'))
    router = make_router("anthropic", toml="")
    for schema in (Count, Total, Count, Total):
        assert isinstance(router.complete(ask(response_schema=schema)).parsed, schema)
    assert len(wire.asked()) == 2


@pytest.mark.parametrize("step", [fail(401), say("I can't help."), fail(400, "bad")])
def test_what_an_identical_call_was_refused_is_not_asked_for_again(step, wire, make_router):
    wire.on("anthropic", slowly(0.3, step))
    router = make_router("anthropic", toml="")
    seen: list[str] = []

    def work() -> None:
        with pytest.raises(errors.LLMError) as caught:
            router.complete(ask())
        seen.append(caught.value.code)

    together(work, 8)
    assert len(set(seen)) == 1
    assert len(seen) == 8
    assert len(wire.asked()) == 1
    assert len(usage.attempts(router.ledger)) == 1, "only one of them paid"


def test_a_cancelled_call_leaves_the_lead_to_one_of_the_others(wire, make_router):
    wire.on("anthropic", hang(), slowly(0.2, say()))
    router = make_router("anthropic", toml="")

    async def scenario() -> list[str]:
        first = asyncio.create_task(router.acomplete(ask()))
        await asyncio.to_thread(until, wire.asked)
        others = [asyncio.create_task(router.acomplete(ask())) for _ in range(5)]
        waiting = "waiting for the same question of another call"
        await asyncio.to_thread(
            until, lambda: sum(c["doing"] == waiting for c in router.in_flight()) == 5
        )
        first.cancel()
        return [response.text for response in await asyncio.gather(*others)]

    assert asyncio.run(scenario()) == ["forty-two"] * 5
    assert len(wire.asked()) == 2


def test_nothing_in_the_cache_is_python_code(wire, make_router, tmp_path):
    router = make_router("anthropic", toml="")
    router.complete(ask())
    router.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "home" / "answers.db")) as file:
        ((body,),) = file.execute("SELECT body FROM answers").fetchall()
    assert json.loads(body)["text"] == "forty-two"


def together(work: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_an_answer_with_half_a_character_is_mended_and_kept(wire, make_router):
    wire.on("anthropic", say("\ud83d up"))  # as JSON spells it
    router = make_router("anthropic", toml="")
    for cached in (False, True):
        response = router.complete(ask())
        assert (response.text, response.served_from_cache) == ("? up", cached)
