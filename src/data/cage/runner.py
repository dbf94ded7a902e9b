"""One approved statement through one worker: send, wait, kill, and name what went wrong."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any, Final

from src.data.approved import ApprovedQuery, sql_sha256
from src.data.cage.frames import FrameTooLargeError, Head, InterruptedWaitError
from src.data.cage.launcher import Worker
from src.data.cage.prescan import prescan
from src.data.warehouse import CancelToken, RunLimits
from src.errors import (
    AnalystError,
    NotApproved,
    QueryCancelled,
    QueryOutOfMemory,
    QueryTimeout,
    SqlFailed,
    WorkerCrashed,
)

GRACE_SECONDS: Final = 0.5
_WIND_DOWN_SECONDS: Final = 0.4
RESULT_BYTES: Final = 64 << 20
_KEPT: Final = "The SQL, its approval and earlier results are kept."
_OUT_OF_MEMORY_SIGNALS: Final = {-9, -6}


def require_approved(approved: ApprovedQuery, dialect: str) -> str:
    """The SQL text of an approval that holds.

    Raises:
        NotApproved: it is no approval, its text changed, or it was given for another dialect.
    """
    if type(approved) is not ApprovedQuery:
        raise NotApproved(
            "Only an approved query runs.", hint="Approve the draft: SqlDraft.approve(by=…)."
        )
    if sql_sha256(approved.sql) != approved.sha256:
        raise NotApproved("The SQL text is not the text that was approved.")
    if approved.dialect != dialect:
        raise NotApproved(
            f"This query was approved for {approved.dialect}, and the data is in {dialect}."
        )
    reason = prescan(approved.sql)
    if reason is not None:
        raise NotApproved(f"The guard refuses this statement: {reason.message}.")
    return approved.sql


def exchange(
    worker: Worker,
    request: Head,
    limits: RunLimits,
    cancel: CancelToken | None,
    *,
    gently: bool = False,
) -> tuple[Head, bytes]:
    """Send `request` to a ready worker, return its answer, and end the worker whatever happens.

    Args:
        gently: on time-out and cancel, first let the worker stop the work it has on a server.

    Raises:
        QueryTimeout, QueryOutOfMemory, WorkerCrashed, QueryCancelled, SqlFailed, NotApproved.
    """
    try:
        head, body = _answer(worker, request, limits, cancel, gently=gently)
    except BaseException:
        worker.kill()
        raise
    worker.kill(wait=False)
    if "failed" in head:
        raise _failure(head["failed"], limits)
    if "refused" in head:
        why = "; ".join(reason["message"] for reason in head["refused"]["reasons"])
        raise NotApproved(f"The guard refuses this statement: {why}.")
    return head, body


def _answer(
    worker: Worker, request: Head, limits: RunLimits, cancel: CancelToken | None, *, gently: bool
) -> tuple[Head, bytes]:
    worker.send(request)
    try:
        return worker.receive(
            deadline=time.monotonic() + limits.seconds + GRACE_SECONDS,
            body_limit=2 * RESULT_BYTES,
            stop=None if cancel is None else lambda: cancel.cancelled,
        )
    except EOFError:
        raise _died(worker.autopsy(), limits) from None
    except TimeoutError:
        _wind_down(worker, gently=gently)
        raise timeout(limits) from None
    except InterruptedWaitError:
        _wind_down(worker, gently=gently)
        raise QueryCancelled("The query was cancelled.", kept=_KEPT) from None
    except FrameTooLargeError:
        raise QueryOutOfMemory(
            "The result is too large to hand over.", kept=_KEPT, hint="Select fewer columns."
        ) from None


def _wind_down(worker: Worker, *, gently: bool) -> None:
    if gently:
        worker.interrupt()
        with suppress(EOFError, TimeoutError, FrameTooLargeError):
            worker.receive(deadline=time.monotonic() + _WIND_DOWN_SECONDS)


def timeout(limits: RunLimits) -> QueryTimeout:
    """The error of a query that did not end in time."""
    return QueryTimeout(
        f"The query did not finish within {limits.seconds:g} seconds and was stopped.",
        kept=_KEPT,
        hint="Narrow the period or group by fewer columns, or raise QUERY_TIMEOUT_SECONDS.",
    )


def out_of_memory(limits: RunLimits) -> QueryOutOfMemory:
    """The error of a query that wanted more memory than it may have."""
    return QueryOutOfMemory(
        f"The query needed more than its {limits.memory_mb} MB of memory and was stopped.",
        kept=_KEPT,
        hint="Aggregate more or select fewer columns, or raise QUERY_MEMORY_MB.",
    )


def _died(autopsy: dict[str, Any], limits: RunLimits) -> AnalystError:
    if autopsy.get("status") in _OUT_OF_MEMORY_SIGNALS:
        return out_of_memory(limits)
    return WorkerCrashed(
        "The database engine crashed on this query; the app and other queries are unaffected.",
        kept=_KEPT,
        hint="Simplify the query: an unusual cast or function is the likely cause.",
    )


def _failure(failed: dict[str, Any], limits: RunLimits) -> AnalystError:
    kind = failed["kind"]
    if kind == "memory":
        return out_of_memory(limits)
    if kind == "timeout":
        return timeout(limits)
    if kind == "changed":
        return NotApproved("The SQL text is not the text that was approved.")
    return SqlFailed(
        failed["message"], where=failed.get("where"), kept=_KEPT, hint=failed.get("hint")
    )
