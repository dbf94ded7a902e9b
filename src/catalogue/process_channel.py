"""Messages between the run and the processes that write for it, over a socket pair.

They are pickled: both ends are this program's own, and nobody else holds the socket.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
from collections.abc import Callable
from typing import Any, Final, cast

_LENGTH: Final = 4


class Channel(asyncio.Protocol):
    """One end; lives on the loop it was opened on.

    Args:
        heard: called with every message, in the order they were sent.
        ended: called once when the other end is gone, or has been left.
    """

    def __init__(self, heard: Callable[[Any], None], ended: Callable[[], None]) -> None:
        self._heard = heard
        self._ended = ended
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()

    @classmethod
    async def open(
        cls, end: socket.socket, heard: Callable[[Any], None], ended: Callable[[], None]
    ) -> Channel:
        """Take over a connected socket."""
        loop = asyncio.get_running_loop()
        _, channel = await loop.create_connection(lambda: cls(heard, ended), sock=end)
        return channel

    def send(self, message: object) -> None:
        """Send a message; one that finds nobody is lost, and `ended` says so."""
        body = pickle.dumps(message)
        if self._transport is not None:
            self._transport.write(len(body).to_bytes(_LENGTH) + body)

    def leave(self) -> None:
        """Close this end now; what is not sent yet is lost."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        at = 0
        while len(self._received) - at >= _LENGTH:
            begin = at + _LENGTH
            end = begin + int.from_bytes(self._received[at:begin])
            if len(self._received) < end:
                break
            at = end
            self._heard(pickle.loads(self._received[begin:end]))  # noqa: S301 - our own process
        del self._received[:at]

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._ended()
