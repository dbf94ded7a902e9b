"""The guard as the app calls it: pre-scan here, judgement in a caged worker."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from src.data.approved import GuardReason, GuardVerdict
from src.data.cage.frames import FrameTooLargeError, Head
from src.data.cage.launcher import Worker, fork_server
from src.data.cage.prescan import prescan
from src.errors import WorkerCrashed

DIALECTS: Final = ("duckdb", "postgres")
_JUDGE_SECONDS: Final = 5.0
_WARM_SECONDS: Final = 60.0
_IDLE_KEPT: Final = 2

_idle: dict[tuple[int, str], list[Worker]] = {}
_lock = threading.Lock()


def guard(sql: str, dialect: str, tables: Iterable[str] | None) -> GuardVerdict:
    """The verdict on `sql`; never raises for what the statement says.

    Args:
        dialect: one of `DIALECTS`; another one is refused, for want of a parser to judge it with.
        tables: names that may be read, plain or qualified; None lets any plain name pass.
    """
    reason = prescan(sql)
    if reason is None and dialect not in DIALECTS:
        reason = GuardReason(
            rule="dialect", message=f"statements in the dialect {dialect} cannot be judged"
        )
    if reason is not None:
        return GuardVerdict(allowed=False, reasons=(reason,), dialect=dialect)
    try:
        answer = _judgement(sql, dialect, tables)
    except TimeoutError:
        reason = _failed("the statement takes too long to understand")
    except (EOFError, FrameTooLargeError, WorkerCrashed):
        reason = _failed("the statement could not be judged")
    else:
        return GuardVerdict(**answer, dialect=dialect)
    return GuardVerdict(allowed=False, reasons=(reason,), dialect=dialect)


def _failed(message: str) -> GuardReason:
    return GuardReason(rule="guard_failed", message=message)


def _judgement(sql: str, dialect: str, tables: Iterable[str] | None) -> Head:
    request = {"sql": sql, "tables": None if tables is None else sorted(tables)}
    idle = _take_idle(dialect)
    if idle is not None:
        with suppress(EOFError):  # it died while it waited: that tells nothing about the statement
            return _ask(idle, dialect, request)
    return _ask(_start(dialect), dialect, request)


def _ask(worker: Worker, dialect: str, request: Head) -> Head:
    try:
        worker.send(request)
        answer, _ = worker.receive(deadline=time.monotonic() + _JUDGE_SECONDS)
    except BaseException:
        worker.kill()
        raise
    _give_back(dialect, worker)
    return answer


def _take_idle(dialect: str) -> Worker | None:
    with _lock:
        waiting = _idle.get((os.getpid(), dialect))
        return waiting.pop() if waiting else None


def _start(dialect: str) -> Worker:
    worker = fork_server().start("guard")
    worker.send({"dialect": dialect})
    try:
        worker.receive(deadline=time.monotonic() + _WARM_SECONDS)
    except (EOFError, TimeoutError) as failure:
        worker.kill()
        raise WorkerCrashed("The guard could not be started.") from failure
    return worker


def _give_back(dialect: str, worker: Worker) -> None:
    with _lock:
        waiting = _idle.setdefault((os.getpid(), dialect), [])
        if len(waiting) < _IDLE_KEPT:
            waiting.append(worker)
            return
    worker.kill()


def _after_fork_in_child() -> None:
    global _lock  # noqa: PLW0603 (the parent's lock may be held by a thread that is not here)
    _lock = threading.Lock()
    _idle.clear()


os.register_at_fork(after_in_child=_after_fork_in_child)
