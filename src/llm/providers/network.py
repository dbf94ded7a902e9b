"""The sockets under the SDKs' HTTP clients, straight on the event loop.

The clients' own way to the network leads through a layer that serves several kinds of event loop
and sets up a cancel scope for every read and write; on a call it costs as much processor time as
the whole router. Here the same HTTP/1.1 stands on asyncio's transports, and the head and the body
of a request leave in one packet.
"""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import Callable, Iterable
from typing import Any

import httpcore2

_FLUSH_BYTES = 64 * 1024
_UNREAD_BYTES = 256 * 1024  # beyond this the provider must wait until somebody reads
_NEXT_ADDRESS_SECONDS = 0.25  # before the host's next address is tried beside the first, RFC 8305


async def open_stream(
    host: str,
    port: int,
    *,
    timeout: float | None,
    socket_options: Iterable[tuple[int, int, int]],
    context: ssl.SSLContext | None,
    server_name: str,
) -> httpcore2.AsyncNetworkStream:
    """Connect, and shake hands where there is a context.

    Args:
        timeout: seconds for each of the two.
        server_name: whose certificate it has to be.

    Raises:
        httpcore2.ConnectTimeout, httpcore2.ConnectError: that failed; nothing is left open.
    """
    stream = _Stream()
    loop = asyncio.get_running_loop()
    with _raised_as(httpcore2.ConnectTimeout, httpcore2.ConnectError):
        async with asyncio.timeout(timeout):
            await loop.create_connection(
                lambda: stream.protocol, host, port, happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS
            )
        for option in socket_options:
            stream.socket.setsockopt(*option)
    return stream if context is None else await stream.start_tls(context, server_name, timeout)


class _Stream(httpcore2.AsyncNetworkStream):
    """One connection. What is written is held back until an answer is awaited, so that a
    request needs one system call and one packet."""

    def __init__(self) -> None:
        self.protocol = _Protocol()
        self._unsent: list[bytes] = []
        self._unsent_bytes = 0

    @property
    def socket(self) -> Any:
        """The connection's socket."""
        return self.protocol.transport.get_extra_info("socket")

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come; empty at the end. Raises ReadTimeout and ReadError."""
        self._flush()
        with _raised_as(httpcore2.ReadTimeout, httpcore2.ReadError):
            return await self.protocol.received(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Raises WriteTimeout and WriteError."""
        self._unsent.append(buffer)
        self._unsent_bytes += len(buffer)
        if self._unsent_bytes >= _FLUSH_BYTES:
            self._flush()
            with _raised_as(httpcore2.WriteTimeout, httpcore2.WriteError):
                await self.protocol.drained(timeout)

    async def aclose(self) -> None:
        """Close at once: nobody waits any more for what is under way."""
        self._unsent.clear()
        self.protocol.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Raises ConnectTimeout and ConnectError."""
        self._flush()
        plain = self.protocol.transport
        try:
            with _raised_as(httpcore2.ConnectTimeout, httpcore2.ConnectError):
                async with asyncio.timeout(timeout):
                    secured = await asyncio.get_running_loop().start_tls(
                        plain, self.protocol, ssl_context, server_hostname=server_hostname
                    )
                    if secured is None:
                        raise ConnectionAbortedError("The connection was lost.")
        except BaseException:
            plain.abort()
            raise
        self.protocol.transport = secured
        return self

    def get_extra_info(self, info: str) -> Any:
        """``is_readable``: an idle connection that is has been closed by the other side."""
        if info == "is_readable":
            return self.protocol.has_something or _is_readable(self.socket.fileno())
        names = {"client_addr": "sockname", "server_addr": "peername"}
        return self.protocol.transport.get_extra_info(names.get(info, info))

    def _flush(self) -> None:
        if self._unsent:
            self.protocol.transport.write(b"".join(self._unsent))
            self._unsent.clear()
            self._unsent_bytes = 0


class _Protocol(asyncio.Protocol):
    """What the loop has received of a connection, and the one task that waits for more of it."""

    transport: Any

    def __init__(self) -> None:
        self._received = bytearray()
        self._paused = False
        self._ended = False
        self._problem: Exception | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._full = False

    @property
    def has_something(self) -> bool:
        """Whether there is anything to read, be it the end."""
        return bool(self._received) or self._ended

    async def received(self, most: int, timeout: float | None) -> bytes:
        """Up to `most` bytes; none at the end. Raises TimeoutError and OSError."""
        if not self.has_something:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await _within(timeout, self._reader)
            finally:
                self._reader = None
        if not self._received:
            if self._problem is not None:
                raise self._problem
            return b""
        data = bytes(self._received[:most])
        del self._received[:most]
        if self._paused and len(self._received) < _UNREAD_BYTES:
            self._paused = False
            self.transport.resume_reading()
        return data

    async def drained(self, timeout: float | None) -> None:
        """Wait until the system takes more. Raises TimeoutError and OSError."""
        if self._full and not self._ended:
            self._writer = asyncio.get_running_loop().create_future()
            try:
                await _within(timeout, self._writer)
            finally:
                self._writer = None
        if self._ended:
            raise self._problem or ConnectionResetError("The connection was closed.")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) >= _UNREAD_BYTES and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> None:
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc)

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        _wake(self._writer)

    def _end(self, problem: Exception | None) -> None:
        self._ended = True
        self._problem = self._problem or problem
        _wake(self._reader)
        _wake(self._writer)


async def _within(seconds: float | None, waiter: asyncio.Future[None]) -> None:
    """Wait, for so long at most. A timer alone is cheaper than a scope that could be nested."""
    if seconds is None:
        return await waiter
    timer = asyncio.get_running_loop().call_later(seconds, _give_up, waiter)
    try:
        await waiter
    finally:
        timer.cancel()


def _give_up(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


class _raised_as:  # noqa: N801 - reads as a word; a class, since generators cost more per read
    """Raises timeouts and socket errors under the pool's names."""

    __slots__ = ("_broken", "_late")

    def __init__(
        self, late: type[httpcore2.TimeoutException], broken: type[httpcore2.NetworkError]
    ) -> None:
        self._late, self._broken = late, broken

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, TimeoutError):
            raise self._late(str(error)) from error
        if isinstance(error, OSError | UnicodeError):
            raise self._broken(str(error)) from error


def _is_readable(descriptor: int) -> bool:
    """Whether a read would not wait; also true of a socket that is gone."""
    if descriptor < 0:
        return True
    poll: Callable[[], Any] | None = getattr(select, "poll", None)
    if poll is None:
        return bool(select.select([descriptor], [], [], 0)[0])
    poller = poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(0))
