"""How many queries run at once, and spare workers that are warm before they are needed."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from src.data.cage.frames import FrameTooLargeError, Head, InterruptedWaitError
from src.data.cage.launcher import Worker, fork_server
from src.data.warehouse import CancelToken
from src.errors import EngineBusy, QueryCancelled, WorkerCrashed

_WARM_SECONDS: Final = 30.0
QUEUE_SECONDS: Final = 30.0
_WAIT_STEP: Final = 0.02
_SPARES_IN_ALL: Final = 8

_running = 0
_turn = threading.Condition()
_spares: OrderedDict[int, WorkerPool] = OrderedDict()
_spares_lock = threading.RLock()


@contextmanager
def query_slot(
    limit: int, cancel: CancelToken | None, wait: float = QUEUE_SECONDS
) -> Iterator[None]:
    """Room for one query among `limit` of this process.

    Raises:
        EngineBusy: no room within `wait` seconds.
        QueryCancelled: cancelled while waiting.
    """
    global _running  # noqa: PLW0603 (one count per process is the point)
    until = time.monotonic() + wait
    with _turn:
        while _running >= limit:
            if cancel is not None and cancel.cancelled:
                raise QueryCancelled("The query was cancelled before it started.")
            if time.monotonic() >= until:
                raise EngineBusy(
                    f"All {limit} query workers have been in use for {wait:.0f} seconds.",
                    kept="Nothing was started; your query and its approval are kept.",
                    hint="Try again in a moment, or raise QUERY_WORKERS.",
                )
            _turn.wait(_WAIT_STEP if cancel is not None else min(1.0, wait))
        _running += 1
    try:
        yield
    finally:
        with _turn:
            _running -= 1
            _turn.notify()


@dataclass(slots=True)
class _Spare:
    """A worker with its configuration, and its greeting once that has been read."""

    worker: Worker
    greeting: Head | None = None


class WorkerPool:
    """Warm workers of one kind, each for one use.

    Args:
        role: what the worker is (`fork_server.ROLES`).
        configure: the configuration message for a new worker.
    """

    def __init__(self, role: str, configure: Callable[[], Head]) -> None:
        self._role = role
        self._configure = configure
        self._spare: _Spare | None = None
        self._owner = os.getpid()
        self._closed = False

    def warm(self) -> None:
        """Start a spare in the background if there is none."""
        with _spares_lock:
            if self._current_spare() is None and not self._closed:
                self._keep(self._start())

    def warm_soon(self) -> None:
        """`warm` without making the caller wait for the fork."""
        threading.Thread(target=self._warm_quietly, daemon=True).start()

    def _warm_quietly(self) -> None:
        with suppress(WorkerCrashed):  # the next query will say so
            self.warm()

    def ready(self, cancel: CancelToken | None = None) -> tuple[Worker, Head]:
        """A worker that waits for its request, and its greeting.

        Raises:
            QueryCancelled: cancelled while it was getting ready.
            WorkerCrashed: no worker could be started.
        """
        with _spares_lock:
            spare = self._current_spare()
            self._forget()
        if spare is not None:
            with suppress(WorkerCrashed):  # a spare may have died while it waited
                return spare.worker, self._greeting(spare, cancel)
        spare = self._start()
        return spare.worker, self._greeting(spare, cancel)

    def greeting(self) -> Head:
        """What a worker says when it is ready; the worker stays as the spare.

        Raises:
            WorkerCrashed: no worker could be started.
        """
        worker, greeting = self.ready()
        with _spares_lock:
            if self._current_spare() is None and not self._closed:
                self._keep(_Spare(worker, greeting))
                return greeting
        worker.kill()
        return greeting

    def close(self) -> None:
        """End the spare; no new one will be kept."""
        with _spares_lock:
            self._closed = True
            spare = self._current_spare()
            self._forget()
        if spare is not None:
            spare.worker.kill()

    def _greeting(self, spare: _Spare, cancel: CancelToken | None) -> Head:
        try:
            head = spare.greeting or self._first_message(spare.worker, cancel)
            if "failed" not in head and spare.worker.is_gone():
                raise EOFError
        except BaseException as failure:
            spare.worker.kill()
            if isinstance(failure, InterruptedWaitError):
                raise QueryCancelled("The query was cancelled before it started.") from None
            if isinstance(failure, EOFError | TimeoutError | FrameTooLargeError):
                raise WorkerCrashed(
                    "The query worker could not be started.",
                    kept="Nothing was run; your query and its approval are kept.",
                    hint="Free some memory or close other programs, then try again.",
                ) from None
            raise
        return head

    def _first_message(self, worker: Worker, cancel: CancelToken | None) -> Head:
        head, _ = worker.receive(
            deadline=time.monotonic() + _WARM_SECONDS,
            stop=None if cancel is None else lambda: cancel.cancelled,
        )
        return head

    def _start(self) -> _Spare:
        worker = fork_server().start(self._role)
        worker.send(self._configure())
        return _Spare(worker)

    def _current_spare(self) -> _Spare | None:
        if self._owner != os.getpid():  # after a fork the spare is the parent's
            self._owner = os.getpid()
            self._spare = None
        return self._spare

    def _keep(self, spare: _Spare) -> None:
        self._spare = spare
        _spares[id(self)] = self
        while len(_spares) > _SPARES_IN_ALL:
            _, oldest = _spares.popitem(last=False)
            retired, oldest._spare = oldest._spare, None
            if retired is not None:
                retired.worker.kill()

    def _forget(self) -> None:
        self._spare = None
        _spares.pop(id(self), None)


def _after_fork_in_child() -> None:
    global _turn, _running, _spares_lock
    _turn, _running, _spares_lock = threading.Condition(), 0, threading.RLock()
    _spares.clear()


os.register_at_fork(after_in_child=_after_fork_in_child)
