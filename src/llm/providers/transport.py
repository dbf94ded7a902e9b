"""How requests of all SDKs travel: over many small connection pools instead of one large one.

The SDKs' HTTP library looks at every connection of a pool whenever a request comes or goes: with
a hundred requests under way that costs more processor time than the request itself.
"""

from __future__ import annotations

import os
import socket
import ssl
import time
import urllib.request
from collections.abc import AsyncIterator
from functools import lru_cache

import httpx2

from src.llm.providers.network import DirectTransport

_REQUESTS_A_POOL = 8
_IDLE_SECONDS = 30.0  # after which a pool that a rush of requests has left is closed
_SOCKET_OPTIONS = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)] + [
    # A connection whose other end is gone is noticed within minutes, not hours.
    (socket.IPPROTO_TCP, getattr(socket, name), value)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5))
    if hasattr(socket, name)
]


def make_transport() -> PooledTransport | None:
    """A transport for an SDK's own HTTP client; None where the environment names a proxy, which
    that client finds by itself."""
    return None if urllib.request.getproxies() else PooledTransport()


def trusted() -> ssl.SSLContext:
    """The certificate authorities that the system, or SSL_CERT_FILE and SSL_CERT_DIR, trust. One
    context serves all clients: to read the authorities takes tens of milliseconds."""
    return _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=1)
def _trusted(file: str | None, folder: str | None) -> ssl.SSLContext:
    return httpx2.create_ssl_context()


class PooledTransport(httpx2.AsyncBaseTransport):
    """Fills one small pool after the other; a pool is made when all are full. Lives on one loop."""

    def __init__(self) -> None:
        self._context = trusted()
        self._pools: list[_Pool] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request through the first pool that has room for it."""
        pool = next((one for one in self._pools if one.busy < _REQUESTS_A_POOL), None)
        if pool is None:
            pool = _Pool(self._context)
            self._pools.append(pool)
        pool.busy += 1
        try:
            response = await pool.transport.handle_async_request(request)
        except BaseException:
            pool.leave()
            raise
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Body(response.stream, pool)
        if self._pools[-1].idle():
            await self._pools.pop().transport.aclose()
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        for pool in self._pools:
            await pool.transport.aclose()


class _Pool:
    """A pool, and how many requests it holds: from being sent to the end of their responses."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.transport = DirectTransport(
            context, httpx2.Limits(max_connections=None), _SOCKET_OPTIONS
        )
        self.busy = 0
        self._left_at = 0.0

    def leave(self) -> None:
        """A request has ended."""
        self.busy -= 1
        self._left_at = time.monotonic()

    def idle(self) -> bool:
        """Whether nobody has needed it for a while."""
        return not self.busy and time.monotonic() - self._left_at > _IDLE_SECONDS


class _Body(httpx2.AsyncByteStream):
    """A response's body, which gives its place in the pool back when it is closed."""

    def __init__(self, stream: httpx2.AsyncByteStream, pool: _Pool) -> None:
        self._stream = stream
        self._pool: _Pool | None = pool

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield chunk

    async def aclose(self) -> None:
        """Close the body; more than once is fine."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.leave()
        await self._stream.aclose()
