"""Slow work behind a page: one job a key, in a thread that touches plain objects only.

A page starts a job, shows it through a polling fragment, and finds it again by its key after a
reload. A second click on the same step gets the job that is already running.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Final

from src.data.warehouse import CancelToken

_KEEP_FINISHED_SECONDS: Final = 900.0


@dataclass
class Job:
    """A piece of work under way or done.

    Attributes:
        key: what it works on; at most one job a key is alive.
        kind: the step, e.g. ``ask`` or ``run``; names its texts in the message catalogue.
        cancel: set it to ask the work to stop; work that cannot be cancelled ignores it.
        waits: it hardly works, and may wait for a day.
    """

    key: tuple[str, ...]
    kind: str
    future: Future[Any]
    cancel: CancelToken
    waits: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: float = field(default_factory=time.monotonic)
    finished: float | None = None

    @property
    def done(self) -> bool:
        return self.future.done()

    @property
    def elapsed(self) -> float:
        """Seconds since it was started, until now or until it ended."""
        return (self.finished or time.monotonic()) - self.started

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds` for the end; True when it has ended."""
        wait([self.future], timeout=seconds)
        return self.done

    def outcome(self) -> Any:
        """What the work returned. Raises what it raised."""
        return self.future.result(timeout=0)


class JobBoard:
    """All jobs of this process, by key.

    Args:
        workers: jobs that may run at once; more wait their turn.
        waiting: the same of those that only wait: they take no place from the others.
    """

    def __init__(self, workers: int = 16, waiting: int = 32) -> None:
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="job")
        self._waiting = ThreadPoolExecutor(max_workers=waiting, thread_name_prefix="waiting")
        self._jobs: dict[tuple[str, ...], Job] = {}
        self._led: dict[tuple[str, ...], tuple[float, str]] = {}
        self._lock = threading.Lock()

    def start(
        self,
        key: tuple[str, ...],
        kind: str,
        work: Callable[[CancelToken], Any],
        *,
        waits: bool = False,
    ) -> Job:
        """Start `work`, or return the job of this key that has not been collected yet."""
        with self._lock:
            self._forget_old()
            alive = self._jobs.get(key)
            if alive is not None:
                return alive
            self._led.pop(key, None)
            cancel = CancelToken()
            pool = self._waiting if waits else self._pool
            job = Job(key, kind, pool.submit(work, cancel), cancel, waits)
            self._jobs[key] = job
        job.future.add_done_callback(lambda _: setattr(job, "finished", time.monotonic()))
        return job

    def find(self, key: tuple[str, ...]) -> Job | None:
        """The job of that key, running or finished and not yet collected."""
        with self._lock:
            return self._jobs.get(key)

    def collect(self, job: Job, *, led_to: str | None = None) -> None:
        """Forget a job whose outcome has been seen, so that its step can be taken again.

        Args:
            led_to: the id of what it made, for `led_to`.
        """
        with self._lock:
            if self._jobs.get(job.key) is job:
                del self._jobs[job.key]
                if led_to is not None:
                    self._led[job.key] = (time.monotonic(), led_to)

    def led_to(self, key: tuple[str, ...]) -> str | None:
        """What the last job of that key made, for a while after it was collected."""
        with self._lock:
            made = self._led.get(key)
        return made[1] if made is not None else None

    def running(self, owner: str) -> bool:
        """Whether any job of that owner (the first part of its key) is at work."""
        with self._lock:
            return any(
                key[0] == owner and not job.done and not job.waits
                for key, job in self._jobs.items()
            )

    def cancel_all(self) -> None:
        """Ask every job to stop: a process that ends waits for its threads, and a catalogue may
        have hours to go."""
        with self._lock:
            for job in self._jobs.values():
                job.cancel.cancel()

    def _forget_old(self) -> None:
        now = time.monotonic()
        for key, job in list(self._jobs.items()):
            if job.finished is not None and now - job.finished > _KEEP_FINISHED_SECONDS:
                del self._jobs[key]
        for key, (at, _) in list(self._led.items()):
            if now - at > _KEEP_FINISHED_SECONDS:
                del self._led[key]


_board: JobBoard | None = None
_board_lock = threading.Lock()


def job_board() -> JobBoard:
    """The process's job board."""
    global _board  # noqa: PLW0603 - one board a process, made on first use
    with _board_lock:
        if _board is None:
            _board = JobBoard()
        return _board
