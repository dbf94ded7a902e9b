"""Messages between the app and a worker: a JSON head and a block of bytes, over a stream socket."""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from collections.abc import Callable
from typing import Any, Final

_PREFIX: Final = struct.Struct("!IQ")
_HEAD_LIMIT: Final = 4 << 20
_POLL_SECONDS: Final = 0.02

Head = dict[str, Any]


class FrameTooLargeError(Exception):
    """The other side announced more than was agreed."""


class InterruptedWaitError(Exception):
    """The caller no longer wants the answer."""


def send_frame(sock: socket.socket, head: Head, body: bytes | memoryview = b"") -> None:
    """Send one message; blocks until the other side has taken it.

    Raises:
        OSError: the other side is gone.
    """
    text = json.dumps(head).encode("utf-8", "surrogatepass")
    sock.sendall(_PREFIX.pack(len(text), len(body)) + text)
    if len(body):
        sock.sendall(body)


def receive_frame(
    sock: socket.socket,
    *,
    body_limit: int,
    deadline: float | None = None,
    stop: Callable[[], bool] | None = None,
) -> tuple[Head, bytes]:
    """The next message.

    Args:
        body_limit: most bytes of body to accept.
        deadline: on `time.monotonic`'s clock; None waits for ever.
        stop: asked every 20 ms; True ends the wait.

    Raises:
        EOFError: the other side is gone.
        TimeoutError: `deadline` passed.
        InterruptedWaitError: `stop` said so.
        FrameTooLargeError: the message is larger than agreed.
    """
    head_size, body_size = _PREFIX.unpack(_read(sock, _PREFIX.size, deadline, stop))
    if head_size > _HEAD_LIMIT or body_size > body_limit:
        raise FrameTooLargeError
    head = json.loads(_read(sock, head_size, deadline, stop))
    return head, _read(sock, body_size, deadline, stop)


def _read(
    sock: socket.socket, size: int, deadline: float | None, stop: Callable[[], bool] | None
) -> bytes:
    data = bytearray()
    while len(data) < size:
        _wait(sock, deadline, stop)
        try:
            piece = sock.recv(min(size - len(data), 1 << 20))
        except ConnectionError as gone:
            raise EOFError from gone
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def _wait(sock: socket.socket, deadline: float | None, stop: Callable[[], bool] | None) -> None:
    if deadline is None and stop is None:
        return
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    while True:
        if stop is not None and stop():
            raise InterruptedWaitError
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        pause = left if stop is None else min(_POLL_SECONDS, left or _POLL_SECONDS)
        if poll.poll(None if pause is None else max(1.0, pause * 1000)):
            return
