"""Runs a named function of ours on untrusted input in a caged one-shot process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from src import errors
from src.data.cage.frames import FrameTooLargeError, InterruptedWaitError
from src.data.cage.launcher import Worker, fork_server
from src.errors import AnalystError, DataFileError, ExecutionError, QueryCancelled

_GRACE_SECONDS: Final = 0.5
_KEPT: Final = "Nothing was added; what was loaded before is unchanged."


@dataclass(frozen=True, slots=True)
class JobLimits:
    """What one job may use: wall time, memory, and the size of any file it writes."""

    seconds: float = 60.0
    memory_mb: int = 1024
    file_mb: int = 2048


def run_job(
    function: str,
    args: Mapping[str, Any],
    *,
    reads: Sequence[Path] = (),
    writes: Path | None = None,
    limits: JobLimits | None = None,
    stop: Callable[[], bool] | None = None,
) -> Any:
    """Call ``module:name`` with the one argument `args` in a process that has no network, no
    environment, and (where the kernel can) no files but those named.

    Args:
        args: JSON-ready.
        reads: the files or folders it may read.
        writes: the file or folder it may write. A file's folder becomes writable, so give it one
            of its own.
        stop: asked every 20 ms; True ends the job.

    Returns:
        What the function returned, through JSON.

    Raises:
        AnalystError: what the function raised, as the class it raised.
        DataFileError: the job broke, ran out of time or memory, or crashed, on a file of `reads`.
        ExecutionError: the same without a file to blame.
        QueryCancelled: `stop` said so.
    """
    limits = limits or JobLimits()
    worker = fork_server().start("job", function.partition(":")[0])
    try:
        worker.send(
            {
                "function": function,
                "args": dict(args),
                "reads": [str(Path(path).resolve()) for path in reads],
                "writes": None if writes is None else str(Path(writes).resolve()),
                "seconds": limits.seconds,
                "memory_mb": limits.memory_mb,
                "file_mb": limits.file_mb,
            }
        )
        answer = _wait(worker, reads, limits, stop)
    finally:
        worker.kill()
    if "error" in answer:
        raise _rebuilt(answer["error"])
    if answer.get("memory"):
        raise _failure(reads, f"needs more than {limits.memory_mb} MB of memory to read")
    if "broke" in answer:
        raise _failure(reads, f"cannot be read ({answer['broke']} at {answer['at']})")
    return answer["result"]


def _wait(
    worker: Worker, reads: Sequence[Path], limits: JobLimits, stop: Callable[[], bool] | None
) -> dict[str, Any]:
    try:
        answer, _ = worker.receive(
            deadline=time.monotonic() + limits.seconds + _GRACE_SECONDS, stop=stop
        )
    except EOFError:
        worker.autopsy()
        raise _failure(reads, "made its reader crash") from None
    except TimeoutError:
        raise _failure(reads, f"took more than {limits.seconds:g} seconds to read") from None
    except FrameTooLargeError:
        raise _failure(reads, "has too much in it to describe") from None
    except InterruptedWaitError:
        raise QueryCancelled("Reading the file was cancelled.", kept=_KEPT) from None
    return answer


def _failure(reads: Sequence[Path], what: str) -> AnalystError:
    if not reads:
        return ExecutionError(f"The work {what}; it was stopped.", kept=_KEPT)
    name = Path(reads[0]).name
    return DataFileError(
        f"The file {name} {what}; it was stopped.",
        where=name,
        kept=_KEPT,
        hint="Check that the file opens elsewhere, or export it again as CSV.",
    )


def _rebuilt(record: dict[str, Any]) -> AnalystError:
    known = (kind for kind in vars(errors).values() if isinstance(kind, type))
    kind = next(
        (k for k in known if issubclass(k, AnalystError) and k.code == record["code"]),
        AnalystError,
    )
    return kind(record["message"], where=record["where"], kept=record["kept"], hint=record["hint"])
