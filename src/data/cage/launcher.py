"""Starts and ends workers, from the app's side.

One fork server per app process hands out workers; a process that forks (or a test runner's child)
gets a fork server of its own. Safe to use from any thread.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from src.data.cage.fork_server import REQUEST_BYTES
from src.data.cage.frames import Head, receive_frame, send_frame
from src.errors import WorkerCrashed

_START_SECONDS: Final = 60.0
_TEARDOWN_SECONDS: Final = 0.25
_SMALL_BODY: Final = 1 << 20
_ENVIRONMENT: Final = {
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "OPENBLAS_NUM_THREADS": "1",  # a fork server must not own threads
    "OMP_NUM_THREADS": "1",
}


class Worker:
    """One disposable process and the socket to it. Used by one thread at a time."""

    def __init__(self, server: ForkServer, pid: int, channel: socket.socket) -> None:
        self._server = server
        self._pid = pid
        self._channel = channel
        self._ended = False
        self._generation = server.generation

    @property
    def pid(self) -> int:
        return self._pid

    def send(self, head: Head, body: bytes = b"") -> None:
        """Send a message. A worker that is gone is noticed by the next `receive`."""
        with contextlib.suppress(OSError):
            send_frame(self._channel, head, body)

    def receive(
        self,
        *,
        deadline: float | None,
        body_limit: int = _SMALL_BODY,
        stop: Callable[[], bool] | None = None,
    ) -> tuple[Head, bytes]:
        """The worker's next message; raises what `frames.receive_frame` raises."""
        return receive_frame(self._channel, body_limit=body_limit, deadline=deadline, stop=stop)

    def is_gone(self) -> bool:
        """Whether a worker that has nothing to say has closed its socket."""
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        try:
            return bool(poll.poll(0)) and not self._channel.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def interrupt(self) -> None:
        """Ask the worker to stop by itself (SIGTERM)."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGTERM)

    def kill(self, *, wait: bool = True) -> None:
        """End the worker's whole process group now. Harmless when it is gone.

        Args:
            wait: until its memory is free again, for a quarter of a second at most.
        """
        if self._ended:
            return
        self._ended = True
        if self._generation == self._server.generation:  # else it died with its fork server
            for kill in (os.kill, os.killpg):
                with contextlib.suppress(ProcessLookupError):
                    kill(self._pid, signal.SIGKILL)
        if wait:
            self._await_end()
        self._channel.close()
        self._server.release(self._pid)

    def autopsy(self) -> dict[str, Any]:
        """How a worker that closed its socket ended: ``status`` as in `os.waitstatus_to_exitcode`
        (negative for a signal) and ``peak_kb``; empty when that is unknown."""
        if self._ended:
            return {}
        self._ended = True
        self._channel.close()
        return self._server.reap(self._pid)

    def _await_end(self) -> None:
        """Wait, briefly, until the kernel has taken the process's memory back."""
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        until = time.monotonic() + _TEARDOWN_SECONDS
        with contextlib.suppress(OSError):
            while (left := until - time.monotonic()) > 0:
                if poll.poll(left * 1000) and not self._channel.recv(1 << 16):
                    return


class ForkServer:
    """The process workers are forked from, as the app sees it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._unreaped: list[int] = []
        self.generation = 0

    def start(self, role: str, module: str | None = None) -> Worker:
        """Fork a worker for `role`. Returns at once; the worker warms itself up.

        Args:
            module: a module of ours that the worker will run; it is imported once for all workers.

        Raises:
            WorkerCrashed: no process could be started.
        """
        ours, theirs = socket.socketpair()
        request: Head = {"start": role, "module": module}
        try:
            with self._lock:
                reply = self._ask(request, theirs)
                if "pid" not in reply:
                    self._stop()
                    reply = self._ask(request, theirs)
                self._reap_pending()
        finally:
            theirs.close()
        if "pid" not in reply:
            ours.close()
            raise WorkerCrashed(
                "No process could be started to run this in.",
                kept="Nothing was run; your analysis is as it was.",
                hint="Close other programs or free some memory, then try again.",
            )
        return Worker(self, int(reply["pid"]), ours)

    def release(self, pid: int) -> None:
        """Have a killed worker reaped when the next one is started."""
        with self._lock:
            self._unreaped.append(pid)

    def reap(self, pid: int) -> dict[str, Any]:
        """Wait for the end of a worker that has closed its socket."""
        with self._lock:
            return self._ask({"reap": pid, "wait": True}) if self._process else {}

    def close(self) -> None:
        """End the fork server and every worker that is left."""
        with self._lock:
            self._stop()

    def _reap_pending(self) -> None:
        if self._process is None:
            self._unreaped.clear()
            return
        self._unreaped = [
            pid for pid in self._unreaped if self._ask({"reap": pid, "wait": False}).get("alive")
        ]

    def _ask(self, request: Head, handle: socket.socket | None = None) -> dict[str, Any]:
        try:
            control = self._control or self._launch()
            data = json.dumps(request).encode()
            socket.send_fds(control, [data], [handle.fileno()] if handle else [])
            answer: dict[str, Any] = json.loads(control.recv(REQUEST_BYTES) or b"{}")
        except (OSError, ValueError):
            return {}
        return answer

    def _launch(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        folder = tempfile.mkdtemp(prefix="cage-")  # the fork server removes it and stays in it
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603
                [
                    sys.executable,
                    "-I",
                    str(Path(__file__).with_name("fork_server.py")),
                    str(theirs.fileno()),
                    str(os.getpid()),
                ],
                env=_ENVIRONMENT,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        ours.settimeout(_START_SECONDS)
        self._control = ours
        if ours.recv(REQUEST_BYTES) != b"ready":
            raise ConnectionError
        return ours

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._control = None
        self._unreaped = []
        self.generation += 1


_servers: dict[int, ForkServer] = {}
_servers_lock = threading.Lock()


def fork_server() -> ForkServer:
    """This process's fork server."""
    with _servers_lock:
        return _servers.setdefault(os.getpid(), ForkServer())


def _after_fork_in_child() -> None:
    """A child must neither use nor keep open its parent's fork server."""
    global _servers_lock  # noqa: PLW0603 (the parent's lock may be held by a thread that is not here)
    _servers_lock = threading.Lock()
    for server in _servers.values():
        if server._control is not None:
            server._control.close()
    _servers.clear()


def _close_own() -> None:
    server = _servers.pop(os.getpid(), None)
    if server is not None:
        server.close()


atexit.register(_close_own)
os.register_at_fork(after_in_child=_after_fork_in_child)
