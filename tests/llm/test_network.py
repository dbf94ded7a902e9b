"""The sockets under the SDKs' clients, against servers that behave well and badly."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from src.llm.providers import transport
from src.llm.providers.transport import DirectTransport

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
TIMES = httpx2.Timeout(20.0)


def reply(answer: bytes, *, then_close: bool = False) -> Talk:
    """Answers every request with the same bytes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            await reader.readexactly(_length(head))
            writer.write(answer)
            await writer.drain()
            if then_close:
                return

    return talk


async def exchange(
    talk: Talk,
    ask: Callable[[httpx2.AsyncClient, str], Awaitable[object]],
    *,
    secured: tuple[ssl.SSLContext, ssl.SSLContext] | None = None,
) -> list[int]:
    """Run `ask` against a server that talks so. Returns the client's port of each connection."""
    ports: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ports.append(writer.get_extra_info("peername")[1])
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    theirs, ours = secured or (None, httpx2.create_ssl_context())
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=theirs)
    scheme = "https" if secured else "http"
    url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    try:
        async with httpx2.AsyncClient(transport=DirectTransport(ours), timeout=TIMES) as client:
            await ask(client, url)
    finally:
        server.close()
    return ports


def test_the_head_and_the_body_of_a_request_leave_together() -> None:
    came: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.read(65536))
        writer.write(OK)

    async def ask(client: httpx2.AsyncClient, url: str) -> None:
        assert (await client.post(url, content=b"what is asked")).text == "ok"

    asyncio.run(exchange(talk, ask))
    assert came[0].startswith(b"POST / HTTP/1.1\r\n")
    assert came[0].endswith(b"\r\n\r\nwhat is asked")


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 262_144, 3_000_001])
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_bodies_of_any_size_come_whole_in_both_directions(
    size: int, secure: bool, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    body = (b"0123456789abcdef" * (size // 16 + 1))[:size]

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            length = _length(head)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % length)
            writer.write(await reader.readexactly(length))
            await writer.drain()

    async def ask(client: httpx2.AsyncClient, url: str) -> None:
        for _ in range(2):
            assert (await client.post(url, content=body)).content == body

    ports = asyncio.run(exchange(echo, ask, secured=contexts if secure else None))
    assert len(ports) == 1, "the second request goes over the first one's connection"


def test_a_reader_that_takes_its_time_stops_the_sender_and_loses_nothing() -> None:
    size = 20_000_000
    sent = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await _head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        for _ in range(size // 100_000):
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent += 100_000

    async def ask(client: httpx2.AsyncClient, url: str) -> None:
        async with client.stream("GET", url) as response:
            before = -1
            while before != sent:  # until the system's own buffers are full
                before = sent
                await asyncio.sleep(0.05)
            assert sent < size
            assert len(await response.aread()) == size

    asyncio.run(exchange(pour, ask))


def test_a_connection_the_provider_closed_while_idle_is_not_used_again() -> None:
    async def ask(client: httpx2.AsyncClient, url: str) -> None:
        assert (await client.get(url)).text == "ok"
        await asyncio.sleep(0.01)
        assert (await client.get(url)).text == "ok"

    assert len(set(asyncio.run(exchange(reply(OK, then_close=True), ask)))) == 2


async def _silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _hang_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await _head(reader)


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _head(reader)
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # on, no seconds: the close is a reset
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (_silent, httpx2.ReadTimeout),
        (_hang_up, httpx2.RemoteProtocolError),
        (_reset, httpx2.ReadError),
        (reply(OK[:-1], then_close=True), httpx2.RemoteProtocolError),
    ],
    ids=["silent", "hangs up", "resets", "half a body"],
)
def test_what_goes_wrong_has_the_http_library_s_own_names(
    talk: Talk, error: type[Exception]
) -> None:
    async def ask(client: httpx2.AsyncClient, url: str) -> None:
        with pytest.raises(error):
            await client.get(url, timeout=httpx2.Timeout(20.0, read=0.1))

    asyncio.run(exchange(talk, ask))


@pytest.mark.parametrize("host", ["127.0.0.1:1", f"{'a' * 70}.invalid"])
def test_an_address_that_cannot_be_connected_to_is_a_connect_error(host: str) -> None:
    async def ask(client: httpx2.AsyncClient, _url: str) -> None:
        with pytest.raises(httpx2.ConnectError):
            await client.get(f"http://{host}/")

    asyncio.run(exchange(_silent, ask))


def test_a_certificate_of_somebody_unknown_is_a_connect_error(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    async def ask(client: httpx2.AsyncClient, url: str) -> None:
        with pytest.raises(httpx2.ConnectError, match=r"(?i)certificate"):
            await client.get(url)

    strangers = (contexts[0], ssl.create_default_context())
    asyncio.run(exchange(reply(OK), ask, secured=strangers))


def test_a_handshake_nobody_answers_ends_in_time() -> None:
    async def ask(client: httpx2.AsyncClient, url: str) -> None:
        with pytest.raises(httpx2.ConnectTimeout):
            await client.get(
                url.replace("http:", "https:"), timeout=httpx2.Timeout(20.0, connect=0.1)
            )

    asyncio.run(exchange(_silent, ask))


def test_a_cancelled_request_closes_its_connection() -> None:
    closed = asyncio.Event()
    asked = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await _head(reader)
        asked.set()
        assert await reader.read() == b""
        closed.set()

    async def ask(client: httpx2.AsyncClient, url: str) -> None:
        request = asyncio.create_task(client.get(url))
        await asked.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        await asyncio.wait_for(closed.wait(), 20)

    asyncio.run(exchange(talk, ask))


def test_a_connection_is_used_again_and_as_many_are_open_as_requests_are_under_way() -> None:
    together = 30
    came = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        while await _head(reader):
            came += 1
            while came % together:  # an answer only when all of a round have come
                await asyncio.sleep(0.001)
            writer.write(OK)
            await writer.drain()

    async def ask(client: httpx2.AsyncClient, url: str) -> None:
        for _ in range(3):
            await asyncio.gather(*(client.get(url) for _ in range(together)))

    assert len(asyncio.run(exchange(talk, ask))) == together


def test_connections_that_a_rush_has_left_are_closed_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal closed
        await reply(OK)(reader, writer)
        closed += 1

    async def ask(client: httpx2.AsyncClient, url: str) -> None:
        now = time.monotonic()
        monkeypatch.setattr(transport, "time", SimpleNamespace(monotonic=lambda: now))
        await asyncio.gather(*(client.get(url) for _ in range(8)))
        assert closed == 0
        now += 4
        await client.get(url)
        now += 4
        await client.get(url)
        while closed < 7:  # all but the one that was used meanwhile
            await asyncio.sleep(0.001)
        now += 6
        await client.get(url)
        while closed < 8:
            await asyncio.sleep(0.001)

    assert len(asyncio.run(exchange(talk, ask))) == 9


def test_a_connection_whose_answer_was_not_read_to_its_end_is_not_used_again() -> None:
    async def ask(client: httpx2.AsyncClient, url: str) -> None:
        for _ in range(2):
            async with client.stream("GET", url) as response:
                assert response.status_code == 200

    assert len(asyncio.run(exchange(reply(OK), ask))) == 2


def test_an_answer_that_comes_before_the_request_is_sent_is_read() -> None:
    refused = b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno"

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _head(reader)
        writer.write(refused)
        await writer.drain()
        await reader.read()

    async def ask(client: httpx2.AsyncClient, url: str) -> None:
        answer = await client.post(url, content=b"x" * 3_000_000)
        assert (answer.status_code, answer.text) == (413, "no")

    asyncio.run(exchange(talk, ask))


def test_a_certificate_of_another_host_is_a_connect_error(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    async def ask(client: httpx2.AsyncClient, url: str) -> None:
        with pytest.raises(httpx2.ConnectError, match=r"(?i)hostname mismatch"):
            await client.get(url.replace("127.0.0.1", "localhost"))

    asyncio.run(exchange(reply(OK), ask, secured=contexts))


def test_an_address_without_http_is_named() -> None:
    async def ask(client: httpx2.AsyncClient, _url: str) -> None:
        with pytest.raises(httpx2.UnsupportedProtocol, match="ftp"):
            await client.get("ftp://127.0.0.1/")

    asyncio.run(exchange(_silent, ask))


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "all_proxy"])
def test_where_a_proxy_is_named_the_sdk_finds_it_by_itself(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(one, raising=False)
        monkeypatch.delenv(one.lower(), raising=False)
    assert transport.make_transport() is not None
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert transport.make_transport() is None


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


def _length(head: bytes) -> int:
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n") if b": " in line)
    return int(lines.get(b"content-length", 0))


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For a server with a certificate of its own, and for a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    file: Path = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))
