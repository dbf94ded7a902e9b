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
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Started on first use; a daemon, since everything that must survive is written before an
    answer is given."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the loop; for a thread that waits. Cancelling the future does not
        cancel the work."""
        future: Future[T] = Future()
        self._start(work, lambda task: _settle(future, task))
        return future

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop; for a coroutine of another loop that waits. Cancelling that
        one does not cancel the work."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[T] = loop.create_future()

        def done(task: asyncio.Task[T]) -> None:
            with contextlib.suppress(RuntimeError):  # whoever waited has closed its loop
                loop.call_soon_threadsafe(_settle, waiting, task)

        self._start(work, done)
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

    def _start(self, work: Coroutine[Any, Any, T], done: Callable[[asyncio.Task[T]], None]) -> None:
        loop = self._running()

        def begin() -> None:
            task = loop.create_task(work)
            self._tasks.add(task)  # the loop itself would let go of it
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(done)

        loop.call_soon_threadsafe(begin)

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is not None:
            return self._loop
        with self._lock:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=loop.run_forever, name="llm-router", daemon=True
                )
                self._thread.start()
                self._loop = loop
            return self._loop


def _settle(waiting: Future[T] | asyncio.Future[T], task: asyncio.Task[T]) -> None:
    """What a finished task came to, for whoever still waits for it."""
    if waiting.done():
        return
    if task.cancelled():
        waiting.cancel()
    elif (error := task.exception()) is not None:
        waiting.set_exception(error)
    else:
        waiting.set_result(task.result())


async def _cancel_all() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
