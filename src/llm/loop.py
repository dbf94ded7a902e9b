"""The thread whose event loop runs every provider request.

All of the router's shared state (clients, breakers, limits, budgets, requests in flight) lives on
this one thread, so it needs no locks, and a caller that blocks cannot stall other calls.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Tell = Callable[[T | None, BaseException | None], None]


class LoopThread:
    """Started on first use; a daemon, since everything that must survive is written before an
    answer is given."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        # The loop itself would let go of a task that nobody holds.
        self._tasks: set[asyncio.Task[None] | None] = set()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and wait for it. An interrupt ends the waiting, not the
        work."""
        errand: _Errand[T] = _Errand()
        self._start(work, errand.settle)
        return errand.outcome()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the loop; for a thread that has other things to do meanwhile.
        Cancelling the future does not cancel the work."""
        future: Future[T] = Future()
        self._start(work, lambda result, error: _settle(future, result, error))
        return future

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop; for a coroutine that waits, of this loop or another.
        Cancelling that one does not cancel the work."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[T] = loop.create_future()
        if loop is self._loop:
            self._begin(loop, work, lambda result, error: _settle(waiting, result, error))
            return await waiting

        def tell(result: T | None, error: BaseException | None) -> None:
            with contextlib.suppress(RuntimeError):  # whoever waited has closed its loop
                loop.call_soon_threadsafe(_settle, waiting, result, error)

        self._start(work, tell)
        return await waiting

    def stop(self) -> None:
        """Cancel what runs and end the thread."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(timeout=5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()

    def _start(self, work: Coroutine[Any, Any, T], tell: Tell[T]) -> None:
        # Under the lock, so that a loop which is about to end still takes it up, and cancels it:
        # whoever waits for work that nobody has begun would wait for ever.
        with self._lock:
            loop = self._running()
            loop.call_soon_threadsafe(self._begin, loop, work, tell)

    def _begin(
        self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T], tell: Tell[T]
    ) -> None:
        self._tasks.add(loop.create_task(self._carry_out(work, tell)))

    async def _carry_out(self, work: Coroutine[Any, Any, T], tell: Tell[T]) -> None:
        """Do the work and tell what it came to, in its own last step: a callback of the task
        would come one turn of the loop later."""
        try:
            result = await work
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of anything
            tell(None, error)
        else:
            tell(result, None)
        finally:
            self._tasks.discard(asyncio.current_task())

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="llm-router", daemon=True
            )
            self._thread.start()
        return self._loop


class _Errand(Generic[T]):
    """What a thread waits for. A bare lock: a `Future` costs as much as the rest of the way."""

    __slots__ = ("_done", "_error", "_result")

    def __init__(self) -> None:
        self._done = threading.Lock()
        self._done.acquire()

    def settle(self, result: T | None, error: BaseException | None) -> None:
        self._result, self._error = result, error
        self._done.release()

    def outcome(self) -> T:
        self._done.acquire()
        if self._error is not None:
            try:
                raise self._error
            finally:
                del self._error  # its traceback holds this frame, and so itself
        return self._result  # type: ignore[return-value]  # without an error there is a result


def _settle(
    waiting: Future[T] | asyncio.Future[T], result: T | None, error: BaseException | None
) -> None:
    """What the work came to, for whoever still waits for it."""
    if waiting.done():
        return
    if isinstance(error, asyncio.CancelledError):
        waiting.cancel()
    elif error is not None:
        waiting.set_exception(error)
    else:
        waiting.set_result(result)  # type: ignore[arg-type]  # without an error there is a result


async def _cancel_all() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
