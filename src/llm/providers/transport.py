"""How requests of all SDKs travel: over connections that wait in a stack for the next request.

The HTTP library's own pool looks at every connection it has whenever a request comes or goes, and
its way to the network serves several kinds of event loop; with a hundred requests under way either
costs more processor time than the request itself. What HTTP/1.1 is remains the library's business:
each connection here is one of its own, on the sockets of `network.py`.
"""

from __future__ import annotations

import os
import socket
import ssl
import time
import urllib.request
from collections import deque
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Any

import httpcore2
import httpx2

from src.llm.providers.network import open_stream

_IDLE_SECONDS = 5.0  # as the SDKs keep a connection that nobody needs
_SOCKET_OPTIONS = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)] + [
    # A connection whose other end is gone is noticed within minutes, not hours.
    (socket.IPPROTO_TCP, getattr(socket, name), value)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5))
    if hasattr(socket, name)
]


def make_transport() -> DirectTransport | None:
    """A transport for an SDK's own HTTP client; None where the environment names a proxy, which
    that client finds by itself."""
    return None if urllib.request.getproxies() else DirectTransport(trusted())


def trusted() -> ssl.SSLContext:
    """The certificate authorities that the system, or SSL_CERT_FILE and SSL_CERT_DIR, trust. One
    context serves all clients: to read the authorities takes tens of milliseconds."""
    return _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=1)
def _trusted(file: str | None, folder: str | None) -> ssl.SSLContext:
    context = httpx2.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class DirectTransport(httpx2.AsyncBaseTransport):
    """Sends a request over the connection that was used last, or over a new one. There is no limit
    on them: the router bounds how many requests are under way. Lives on one loop."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._unused: deque[tuple[float, httpcore2.AsyncHTTP11Connection]] = deque()
        self._closed = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The response, its body still to be read. Raises the HTTP library's own errors."""
        url = request.url
        if url.scheme not in {"http", "https"}:
            raise httpx2.UnsupportedProtocol(f"An address begins with http, not {url.scheme!r}.")
        asked = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _told_as_httpx():
            origin = asked.url.origin
            connection = await self._waiting(origin) or await self._connected(origin, request)
            try:
                answer = await connection.handle_async_request(asked)
            except BaseException:
                await connection.aclose()
                raise
        return httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream, connection, self),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        """Close all connections that no request is using; the others follow with theirs."""
        self._closed = True
        while self._unused:
            await self._unused.pop()[1].aclose()

    async def take_back(self, connection: httpcore2.AsyncHTTP11Connection) -> None:
        """Keep a connection whose response has been read to its end; close any other."""
        if self._closed or not connection.is_idle():
            await connection.aclose()
            return
        now = time.monotonic()
        self._unused.append((now, connection))
        # What a rush of requests has left goes, the longest unused first.
        while now - self._unused[0][0] > _IDLE_SECONDS:
            await self._unused.popleft()[1].aclose()

    async def _waiting(self, origin: httpcore2.Origin) -> httpcore2.AsyncHTTP11Connection | None:
        """The connection used last, if it is still good. An SDK talks to one address; where it is
        sent on to another, connections are not worth keeping."""
        while self._unused:
            left_at, connection = self._unused.pop()
            fresh = time.monotonic() - left_at <= _IDLE_SECONDS
            if fresh and connection.can_handle_request(origin) and not connection.has_expired():
                return connection
            await connection.aclose()
        return None

    async def _connected(
        self, origin: httpcore2.Origin, request: httpx2.Request
    ) -> httpcore2.AsyncHTTP11Connection:
        host = origin.host.decode("ascii")
        stream = await open_stream(
            host,
            origin.port,
            timeout=request.extensions.get("timeout", {}).get("connect"),
            socket_options=_SOCKET_OPTIONS,
            context=self._context if origin.scheme == b"https" else None,
            server_name=request.extensions.get("sni_hostname") or host,
        )
        return httpcore2.AsyncHTTP11Connection(origin, stream)


class _Body(httpx2.AsyncByteStream):
    """A response's body, which gives its connection back when it is closed."""

    def __init__(
        self,
        stream: Any,
        connection: httpcore2.AsyncHTTP11Connection,
        transport: DirectTransport,
    ) -> None:
        self._stream = stream
        self._connection: httpcore2.AsyncHTTP11Connection | None = connection
        self._transport = transport

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _told_as_httpx():
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        """Close the body; more than once is fine."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                await self._stream.aclose()
            finally:
                await self._transport.take_back(connection)


class _told_as_httpx:  # noqa: N801 - reads as a word; a class, since generators cost more
    """Raises the errors of a connection as the clients know them: by the same names."""

    __slots__ = ()

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(
            error,
            httpcore2.NetworkError | httpcore2.TimeoutException | httpcore2.ProtocolError,
        ):
            known = getattr(httpx2, type(error).__name__)
            raise known(str(error)) from error
