"""The router's thread: whatever happens to it, nobody waits for ever."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest

from src.llm.loop import LoopThread


def test_work_that_comes_as_the_thread_ends_is_done_or_cancelled() -> None:
    thread = LoopThread()
    ended: list[int] = []

    async def work(number: int) -> None:
        try:
            await asyncio.sleep(number % 3 / 30)
        finally:
            ended.append(number)

    def ask(number: int) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            thread.call(work(number))

    asking = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(60)]
    for number, one in enumerate(asking):
        one.start()
        if number % 20 == 10:
            thread.stop()
    for one in asking:
        one.join(timeout=20)
    assert not any(one.is_alive() for one in asking)
    assert sorted(ended) == list(range(60))
    thread.stop()


def test_a_result_and_an_error_reach_whoever_waits_however_he_waits() -> None:
    thread = LoopThread()

    async def right() -> int:
        return 42

    async def wrong() -> int:
        raise ValueError("no")

    async def beside() -> int:
        with pytest.raises(ValueError, match="no"):
            await thread.run(wrong())
        return await thread.run(right())

    assert thread.call(right()) == thread.submit(right()).result(20) == asyncio.run(beside()) == 42
    assert thread.call(beside()) == 42, "on the thread's own loop too"
    with pytest.raises(ValueError, match="no"):
        thread.call(wrong())
    with pytest.raises(ValueError, match="no"):
        thread.submit(wrong()).result(20)
    thread.stop()
