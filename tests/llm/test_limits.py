"""Rate limits: interactive work first, nobody starves."""

from __future__ import annotations

import asyncio
import functools
import threading
import time

from served import MODEL, QUICK, ask, until
from wire import hang, held, say

from src.llm import pool, usage
from src.llm.limits import RateLimiter
from src.llm.router import Router
from src.llm.types import LLMRequest, LLMResponse, TaskType


class Clock:
    """Stands still until it is started, however slow the machine."""

    def __init__(self) -> None:
        self._started: float | None = None

    def __call__(self) -> float:
        return 0.0 if self._started is None else time.monotonic() - self._started

    def start(self) -> None:
        self._started = time.monotonic()


def order_of(*jobs: tuple[str, bool], patience: float = 60.0, tokens: int = 1) -> list[str]:
    """The order in which jobs (name, bulk) get through a limiter that is already used up."""

    async def scenario() -> list[str]:
        clock = Clock()
        limiter = RateLimiter(1200, 1200, clock, patience)
        for _ in range(1200):
            await limiter.acquire(1)
        done: list[str] = []

        async def one(name: str, bulk: bool) -> None:
            await limiter.acquire(tokens, bulk=bulk)
            done.append(name)

        tasks = [asyncio.create_task(one(name, bulk)) for name, bulk in jobs]
        await asyncio.sleep(0)
        clock.start()
        await asyncio.gather(*tasks)
        return done

    return asyncio.run(scenario())


def test_interactive_calls_pass_bulk_ones_in_the_queue():
    jobs = [("bulk 1", True), ("bulk 2", True), ("person 1", False), ("person 2", False)]
    assert order_of(*jobs) == ["person 1", "person 2", "bulk 1", "bulk 2"]


def test_a_bulk_call_that_waited_long_enough_is_not_passed_any_more():
    jobs = [("bulk 1", True), ("person 1", False), ("person 2", False)]
    assert order_of(*jobs, patience=0.0)[0] == "bulk 1"


def test_a_request_larger_than_the_bucket_goes_through_alone_and_is_paid_back():
    async def scenario() -> None:
        limiter = RateLimiter(None, 6000)
        await limiter.acquire(50_000)
        limiter.settle(50_000, 100)
        await asyncio.wait_for(limiter.acquire(100), timeout=5)

    asyncio.run(scenario())


def test_without_limits_nothing_waits():
    async def scenario() -> None:
        limiter = RateLimiter(None, None)
        for _ in range(1000):
            await limiter.acquire(10**9)

    asyncio.run(asyncio.wait_for(scenario(), timeout=5))


def test_a_cancelled_waiter_gives_its_place_up():
    async def scenario() -> list[str]:
        clock = Clock()
        limiter = RateLimiter(1200, None, clock)
        for _ in range(1200):
            await limiter.acquire(1)
        first = asyncio.create_task(limiter.acquire(1))
        second = asyncio.create_task(limiter.acquire(1))
        await asyncio.sleep(0)
        first.cancel()
        clock.start()
        await asyncio.wait_for(second, timeout=5)
        return ["second"] if first.cancelled() else []

    assert asyncio.run(scenario()) == ["second"]


def test_a_waiter_cancelled_as_its_turn_comes_gives_back_what_it_was_given():
    async def scenario() -> None:
        limiter = RateLimiter(None, 100, lambda: 0.0)
        await limiter.acquire(100)
        late = asyncio.create_task(limiter.acquire(100))
        next_one = asyncio.create_task(limiter.acquire(100))
        await asyncio.sleep(0)
        limiter.settle(100, 0)
        late.cancel()  # it has been given its turn, and has not run since
        await next_one
        assert late.cancelled()

    asyncio.run(asyncio.wait_for(scenario(), timeout=5))


def test_bulk_work_never_holds_up_a_person(wire, make_router):
    router = make_router("anthropic")
    router.complete(ask())  # the SDK is loaded now
    wire.on("anthropic", hang())

    async def scenario() -> LLMResponse:
        bulk = [
            asyncio.create_task(router.acomplete(ask(f"bulk {n}", priority="bulk")))
            for n in range(100)
        ]
        await asyncio.to_thread(until, lambda: len(wire.asked()) >= 40)
        wire.on("anthropic", say())
        try:
            return await asyncio.wait_for(router.acomplete(ask("person")), timeout=20)
        finally:
            for task in bulk:
                task.cancel()

    assert asyncio.run(scenario()).text == "forty-two"


def waiting(router: Router) -> int:
    """How many calls wait for the deployment's limit."""
    return sum("free slot" in call["doing"] for call in router.in_flight())


def test_a_person_passes_bulk_work_at_a_deployment_with_a_limit(wire, make_router):
    toml = QUICK + (
        f'[deployments.limited]\nprovider = "anthropic"\nmodel = "{MODEL["anthropic"]}"\n'
        "tokens_per_minute = 6000\n"
    )
    go = threading.Event()
    wire.on("anthropic", held(go, say()), say())
    router = make_router("limited", toml=toml)

    async def scenario() -> None:
        first = asyncio.create_task(router.acomplete(ask("first", max_tokens=5990)))
        await asyncio.to_thread(until, wire.asked)
        rest = []
        for name in ("bulk 1", "bulk 2", "person"):
            priority = "interactive" if name == "person" else "bulk"
            request = ask(name, max_tokens=50, priority=priority)
            rest.append(asyncio.create_task(router.acomplete(request)))
            await asyncio.to_thread(until, lambda: waiting(router) == len(rest))
        go.set()
        await asyncio.gather(first, *rest)

    asyncio.run(asyncio.wait_for(scenario(), timeout=30))
    prompts = [str(asked.body["messages"]) for asked in wire.asked()]
    order = [next(n for n in ("first", "bulk 1", "bulk 2", "person") if n in p) for p in prompts]
    # Nobody had to wait a minute: the first call gave back what it had not used.
    assert order[:2] == ["first", "person"]
    assert sorted(order[2:]) == ["bulk 1", "bulk 2"]


def test_a_hundred_calls_at_once_are_answered_and_written_down(wire, make_router):
    router = make_router("anthropic", "openai")

    async def crowd() -> set[str]:
        calls = (router.acomplete(ask(str(n), deadline_seconds=60.0)) for n in range(100))
        return {response.text for response in await asyncio.gather(*calls)}

    assert asyncio.run(crowd()) == {"forty-two"}
    assert usage.summary(router.ledger)["calls"] == len(wire.asked()) == 100


def test_people_who_keep_coming_cannot_starve_bulk_work(wire, make_router, monkeypatch):
    """As above, for a bulk call that has waited as long as it has patience for: here, at once."""
    monkeypatch.setattr(pool, "RateLimiter", functools.partial(RateLimiter, patience=0.0))
    toml = QUICK + (
        f'[deployments.limited]\nprovider = "anthropic"\nmodel = "{MODEL["anthropic"]}"\n'
        "tokens_per_minute = 6000\n"
    )
    go = threading.Event()
    wire.on("anthropic", held(go, say()), say())
    router = make_router("limited", toml=toml)
    names = ["person 1", "bulk", "person 2", "person 3"]
    answered: list[str] = []

    async def call(name: str, tokens: int) -> None:
        priority = "bulk" if name == "bulk" else "interactive"
        await router.acomplete(ask(name, max_tokens=tokens, priority=priority))
        answered.append(name)

    async def scenario() -> None:
        first = asyncio.create_task(call("first", 5990))
        await asyncio.to_thread(until, wire.asked)
        rest = []
        for name in names:
            rest.append(asyncio.create_task(call(name, 50)))
            await asyncio.to_thread(until, lambda: waiting(router) == len(rest))
        go.set()
        await asyncio.gather(first, *rest)

    asyncio.run(asyncio.wait_for(scenario(), timeout=60))
    assert sorted(answered) == sorted(["first", *names])
    told = [str(asked.body["messages"]) for asked in wire.asked()]
    places = {name: next(n for n, text in enumerate(told) if name in text) for name in names}
    assert places["bulk"] < places["person 3"], "it came before them"


def test_a_deployment_is_not_asked_more_often_than_it_allows_by_all_tasks_together(
    wire, make_router
):
    toml = QUICK + (
        f'[deployments.limited]\nprovider = "openai"\nmodel = "{MODEL["openai"]}"\n'
        "requests_per_minute = 2\n"
    )
    router = make_router("limited", toml=toml)
    for task in (TaskType.EVALUATION, TaskType.SQL_GENERATION):
        assert not router.complete(LLMRequest(task=task, prompt="q")).offline
    for task in (TaskType.CODE_GENERATION, TaskType.VISION_ANALYSIS):
        request = LLMRequest(task=task, prompt="q", offline=lambda: "rule", deadline_seconds=0.2)
        response = router.complete(request)
        assert response.offline
        assert response.cost == 0, "nothing was sent"
    assert len(wire.asked()) == 2
