"""A deployment that keeps failing is left alone, then probed."""

from __future__ import annotations

import asyncio
import threading
import time

from served import MODEL, QUICK, ask, until
from wire import fail, hang, held, say

from src.llm import usage
from src.llm.breaker import Breaker
from src.llm.errors import AuthenticationFailed, Overloaded, RateLimited


def test_a_failing_deployment_is_left_alone(wire, make_router):
    wire.on("anthropic", fail(500))
    router = make_router("anthropic", "openai", toml=QUICK + "[breaker]\nfailures = 2\n")
    for _ in range(3):
        assert router.complete(ask()).model == MODEL["openai"]
    assert len(wire.asked("anthropic")) == 2


def test_one_probe_decides_for_all(wire, make_router):
    toml = "[retry]\nattempts = 1\n[breaker]\nfailures = 1\ncooldown_seconds = 0.05\n"
    wire.on("anthropic", fail(500))
    router = make_router("anthropic", "openai", toml=toml)
    router.complete(ask())
    time.sleep(0.06)
    go = threading.Event()
    wire.on("anthropic", held(go, say("healed")))
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(router.complete(ask(str(n))).text))
        for n in range(5)
    ]
    for thread in threads:
        thread.start()
    until(lambda: len(answers) == 4)
    go.set()
    for thread in threads:
        thread.join()
    assert len(wire.asked("anthropic")) == 2, "one failure, one probe"
    assert sorted(answers) == ["forty-two"] * 4 + ["healed"]
    assert router.complete(ask()).text == "healed"


def test_a_probe_that_fails_closes_the_way_again(wire, make_router):
    toml = "[retry]\nattempts = 1\n[breaker]\nfailures = 1\ncooldown_seconds = 0.05\n"
    wire.on("anthropic", fail(500))
    router = make_router("anthropic", "openai", toml=toml)
    for expected in (1, 2):
        time.sleep(0.06)
        router.complete(ask())
        assert len(wire.asked("anthropic")) == expected


def test_requests_that_were_sent_before_the_last_answer_are_no_sign_of_an_outage():
    breaker = Breaker(threshold=3, cooldown=30.0)
    breaker.succeeded(now=10.0)
    for _ in range(20):
        breaker.failed(Overloaded("no"), began=9.9, now=10.1)
    assert breaker.allows(10.2)
    for _ in range(3):
        breaker.failed(Overloaded("no"), began=10.05, now=10.3)
    assert not breaker.allows(10.4)


def test_a_rejected_key_is_final_whenever_it_was_sent():
    breaker = Breaker(threshold=3, cooldown=30.0)
    breaker.succeeded(now=10.0)
    breaker.failed(AuthenticationFailed("no"), began=9.0, now=10.1)
    assert not breaker.allows(10.2)


def test_a_cancelled_call_that_is_not_the_probe_lets_no_second_one_through():
    breaker = Breaker(threshold=1, cooldown=30.0)
    assert breaker.allows(1.0)
    assert breaker.allows(2.0)
    breaker.failed(Overloaded("no"), began=1.0, now=3.0)
    assert breaker.allows(40.0), "the probe"
    breaker.abandoned(began=2.0)
    assert not breaker.allows(41.0)
    breaker.abandoned(began=40.0)
    assert breaker.allows(42.0)


def test_a_cancelled_probe_makes_room_for_another(wire, make_router):
    toml = "[retry]\nattempts = 1\n[breaker]\nfailures = 1\ncooldown_seconds = 0.05\n"
    wire.on("anthropic", fail(500), hang(), say("healed"))
    router = make_router("anthropic", "openai", toml=toml)
    router.complete(ask())
    time.sleep(0.06)

    async def probe() -> None:
        task = asyncio.create_task(router.acomplete(ask(session="mine")))
        await asyncio.to_thread(until, lambda: len(wire.asked("anthropic")) == 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(probe())
    until(lambda: usage.attempts(router.ledger, session="mine"))
    assert router.complete(ask()).text == "healed"


def test_another_model_of_the_same_provider_is_not_left_alone_with_it(wire, make_router):
    def one_is_down(handler, asked):
        step = fail(500) if asked.model == MODEL["anthropic"] else say()
        step(handler, asked)

    wire.on("anthropic", one_is_down)
    router = make_router("anthropic", "claude-haiku-5-5", toml=QUICK + "[breaker]\nfailures = 2\n")
    for _ in range(3):
        assert router.complete(ask()).model == "claude-haiku-5-5"
    models = [asked.model for asked in wire.asked()]
    assert models.count(MODEL["anthropic"]) == 2
    assert models.count("claude-haiku-5-5") == 3


def test_a_provider_that_asks_for_a_day_is_probed_after_five_minutes():
    breaker = Breaker(threshold=1, cooldown=30.0)
    breaker.failed(RateLimited("later", retry_after=86_400.0), began=0.0, now=0.0)
    assert not breaker.allows(299.0)
    assert breaker.allows(300.0)
