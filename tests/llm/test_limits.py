"""Rate limits: interactive work first, nobody starves."""

from __future__ import annotations

import asyncio

from src.llm.limits import RateLimiter


def order_of(*jobs: tuple[str, bool], patience: float = 60.0, tokens: int = 1) -> list[str]:
    """The order in which jobs (name, bulk) get through a limiter that is already used up."""

    async def scenario() -> list[str]:
        limiter = RateLimiter(1200, 1200, patience=patience)
        for _ in range(1200):
            await limiter.acquire(1)
        done: list[str] = []

        async def one(name: str, bulk: bool) -> None:
            await limiter.acquire(tokens, bulk=bulk)
            done.append(name)

        await asyncio.gather(*(one(name, bulk) for name, bulk in jobs))
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
        limiter = RateLimiter(1200, None)
        for _ in range(1200):
            await limiter.acquire(1)
        first = asyncio.create_task(limiter.acquire(1))
        second = asyncio.create_task(limiter.acquire(1))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait_for(second, timeout=5)
        return ["second"] if first.cancelled() else []

    assert asyncio.run(scenario()) == ["second"]
