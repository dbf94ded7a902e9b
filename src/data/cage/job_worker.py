"""A worker that runs one named function of ours on one untrusted input."""

from __future__ import annotations

import importlib
import os
import socket
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from src.data.cage import confine
from src.data.cage.frames import Head, receive_frame, send_frame
from src.errors import AnalystError

_REQUEST_LIMIT: Final = 1 << 20
_HEADROOM_MB: Final = 512
_OPEN_FILES: Final = 512
# where libraries load parts of themselves, and where engines look up cores and memory
_SYSTEM_FILES: Final = (
    "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/localtime",
    "/dev/null", "/dev/urandom", "/proc/self/cgroup", "/proc/self/mountinfo", "/proc/meminfo",
    "/proc/stat", "/sys/fs/cgroup", "/sys/devices/system/cpu",
)  # fmt: skip


def serve(channel: socket.socket) -> None:
    """Take one request, run its function in the cage, answer with its result."""
    request, _ = receive_frame(channel, body_limit=_REQUEST_LIMIT)
    try:
        function = _load(request["function"])
        _enter_cage(request)
        answer: Head = {"result": function(request["args"])}
    except AnalystError as error:
        answer = {"error": error.to_dict()}
    except MemoryError:
        answer = {"memory": True}
    except Exception as error:  # noqa: BLE001 (whatever the input did to the reader is a message)
        answer = {"broke": type(error).__name__, "at": _place(error)}
        if "OutOfMemory" in answer["broke"]:
            answer = {"memory": True}
    send_frame(channel, answer)


def _load(name: str) -> Callable[..., Any]:
    module, _, attribute = name.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return function


def _enter_cage(request: Head) -> None:
    writes = None if request["writes"] is None else Path(request["writes"])
    folder = writes if writes is None or writes.is_dir() else writes.parent
    if folder is not None:
        os.environ["TMPDIR"] = str(folder)
    confine.limit_resources(
        memory_mb=request["memory_mb"] + _HEADROOM_MB,
        file_mb=request["file_mb"] if folder is not None else 0,
        open_files=_OPEN_FILES,
    )
    confine.limit_cpu(request["seconds"])
    confine.restrict_files(
        readable=[*map(Path, request["reads"]), *_python_files()],
        writable=[] if folder is None else [folder],
    )


def _python_files() -> Iterable[Path]:
    """Where code is imported from; libraries load parts of themselves late."""
    names = {*sys.path, *sysconfig.get_paths().values(), *_SYSTEM_FILES}
    return [Path(name) for name in sorted(names) if name]


def _place(error: BaseException) -> str:
    """``module:line`` of ours that failed; it names no file of the user."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or list(frames)
    return f"{Path(ours[-1].filename).stem}:{ours[-1].lineno}" if ours else ""
