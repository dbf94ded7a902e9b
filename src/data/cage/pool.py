"""How many queries run at once, and spare workers that are warm before they are needed."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from src.data.cage.frames import Head
from src.data.cage.launcher import Worker, fork_server
from src.data.warehouse import CancelToken
from src.errors import EngineBusy, QueryCancelled

WARM_SECONDS: Final = 30.0
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


class WorkerPool:
    """Warm workers of one kind, each for one use.

    Args:
        role: what the worker is (`fork_server.ROLES`).
        configure: the configuration message for a new worker.
    """

    def __init__(self, role: str, configure: Callable[[], Head]) -> None:
        self._role = role
        self._configure = configure
        self._spare: Worker | None = None
        self._owner = os.getpid()
        self._closed = False

    def warm(self) -> None:
        """Start a spare in the background if there is none."""
        with _spares_lock:
            self._forget_after_fork()
            if self._spare is not None or self._closed:
                return
            self._spare = self._start()
            _spares[id(self)] = self
            _spares.move_to_end(id(self))
            while len(_spares) > _SPARES_IN_ALL:
                _, oldest = _spares.popitem(last=False)
                oldest._drop()

    def take(self) -> Worker:
        """A worker that has its configuration; its first message says whether it is ready."""
        with _spares_lock:
            self._forget_after_fork()
            worker, self._spare = self._spare, None
            _spares.pop(id(self), None)
        return worker or self._start()

    def close(self) -> None:
        """End the spare; no new one will be started."""
        with _spares_lock:
            self._closed = True
            _spares.pop(id(self), None)
            self._forget_after_fork()
            self._drop()

    def _start(self) -> Worker:
        worker = fork_server().start(self._role)
        worker.send(self._configure())
        return worker

    def _drop(self) -> None:
        if self._spare is not None:
            self._spare.kill()
            self._spare = None

    def _forget_after_fork(self) -> None:
        if self._owner != os.getpid():
            self._owner = os.getpid()
            self._spare = None


def _after_fork_in_child() -> None:
    global _turn, _running, _spares_lock
    _turn, _running, _spares_lock = threading.Condition(), 0, threading.RLock()
    _spares.clear()


os.register_at_fork(after_in_child=_after_fork_in_child)


def ready_message(worker: Worker, stop: Callable[[], bool] | None = None) -> dict[str, Any]:
    """A new worker's first message; raises what `Worker.receive` raises."""
    head, _ = worker.receive(deadline=time.monotonic() + WARM_SECONDS, stop=stop)
    with suppress(KeyError):
        head["tables"] = dict(head["tables"])
    return head
