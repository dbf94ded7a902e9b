"""The process that workers are forked from: libraries loaded, no secrets, nothing ever run in it.

The app starts it as a script with an empty environment, so it has no key to lose. It does two
things on request: fork a worker that serves the socket passed along, and reap a worker that is
done. A worker's process id stays reserved until the app asks for the reaping, so that a late kill
never hits a stranger. It ends when the app does.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from pathlib import Path
from typing import Any, Final

ROLES: Final = {
    "duckdb": "src.data.cage.duckdb_worker",
    "postgres": "src.data.cage.postgres_worker",
    "guard": "src.data.cage.guard_worker",
    "job": "src.data.cage.job_worker",
}
_PRELOADED: Final = (
    "duckdb",
    "pandas",
    "pyarrow",
    "pytz",
    "src.data.cage.duckdb_worker",
    "src.data.cage.guard_worker",
    "src.data.cage.job_worker",
)
REQUEST_BYTES: Final = 4096

_children: set[int] = set()


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    control = socket.socket(fileno=int(sys.argv[1]))
    app = int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is the app's to handle
    for name in _PRELOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError):  # in a folder that is gone, nothing can be created
        Path.cwd().rmdir()
    control.send(b"ready")
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        with contextlib.suppress(AttributeError, OSError):
            selector.register(os.pidfd_open(app), selectors.EVENT_READ)
        while os.getppid() == app:
            events = selector.select(timeout=5.0)
            if any(key.fileobj is not control for key, _ in events):
                return
            if events and not _serve(control):
                return


def _serve(control: socket.socket) -> bool:
    data, handles, _, _ = socket.recv_fds(control, REQUEST_BYTES, 1)
    if not data:
        return False
    request = json.loads(data)
    try:
        reply = _fork(request, handles[0]) if "start" in request else _reap(request)
    except (OSError, ImportError) as error:
        reply = {"error": type(error).__name__}
    for handle in handles:
        os.close(handle)
    control.send(json.dumps(reply).encode())
    return True


def _fork(request: dict[str, Any], handle: int) -> dict[str, Any]:
    role = request["start"]
    # the next worker of this role, or for this module of ours, finds it loaded
    importlib.import_module(ROLES[role])
    with contextlib.suppress(ImportError):  # for the worker to find out and to tell
        importlib.import_module(request.get("module") or ROLES[role])
    me = os.getpid()
    pid = os.fork()
    if pid:
        _children.add(pid)
        return {"pid": pid}
    try:
        _become_worker(role, handle, me)
    finally:
        os._exit(1)


def _become_worker(role: str, handle: int, parent: int) -> None:
    from src.data.cage import confine

    os.setsid()
    confine.die_with_parent(parent)
    confine.drop_privileges()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.environ.clear()
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.dup2(handle, 3)
    os.closerange(4, 4096)
    with socket.socket(fileno=3) as channel:
        importlib.import_module(ROLES[role]).serve(channel)
    os._exit(0)


def _reap(request: dict[str, Any]) -> dict[str, Any]:
    pid = int(request["reap"])
    if pid not in _children:  # of an earlier fork server: the number may be a stranger's by now
        return {}
    os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):  # it had no time to lead a group
        os.killpg(pid, signal.SIGKILL)
    done, status, usage = os.wait4(pid, 0 if request["wait"] else os.WNOHANG)
    if not done:
        return {"alive": True}
    _children.discard(pid)
    return {"status": os.waitstatus_to_exitcode(status), "peak_kb": usage.ru_maxrss}


if __name__ == "__main__":
    main()
