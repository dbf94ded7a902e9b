"""A loopback server that speaks all four provider protocols and says what a test scripts.

    wire.on("anthropic", fail(529), say("hello"))     # the last step repeats

It keeps what it was asked in `wire.asked(protocol)`. What a simulator that nobody here wrote can
say, `test_simulators.py` takes from llmock. Another one, aimock 1.43 (npm), would need a second
package manager to test a Python project, so it is not among the tests; run by hand it found nothing
that these do not: texts, streams, usage, images, schemas, tool calls, truncation, HTTP errors.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from dialects import Answer, error_body, error_event, events, whole

_PATHS = {
    "/v1/messages": "anthropic",
    "/openai/v1/responses": "openai",
    "/chat/v1/chat/completions": "chat",
}


@dataclass
class Asked:
    """A request the server saw."""

    protocol: str
    path: str
    model: str
    streaming: bool
    headers: dict[str, str]
    body: dict[str, Any] = field(repr=False)


Step = Callable[["_Handler", Asked], None]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024


class Wire:
    """The running server."""

    def __init__(self) -> None:
        self.journal: list[Asked] = []
        self.models: dict[str, tuple[int, dict[str, Any]]] = {}  # what model endpoints say
        self._steps: dict[str, list[Step]] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.wire = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def on(self, protocol: str, *steps: Step) -> None:
        self._steps[protocol] = list(steps)

    def asked(self, protocol: str | None = None) -> list[Asked]:
        return [one for one in self.journal if protocol in (None, one.protocol)]

    def next_step(self, asked: Asked) -> Step:
        with self._lock:
            self.journal.append(asked)
            steps = self._steps.get(asked.protocol) or [say("forty-two")]
            return steps.pop(0) if len(steps) > 1 else steps[0]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def say(text: str = "forty-two", **rest: Any) -> Step:
    """A proper answer, streamed when asked to."""
    answer = Answer(text=text, **rest)

    def step(handler: _Handler, asked: Asked) -> None:
        if asked.streaming:
            handler.send_stream(events(asked.protocol, answer, asked.model))
        else:
            handler.send_json(200, whole(asked.protocol, answer, asked.model))

    return step


def slowly(seconds: float, step: Step) -> Step:
    """Wait, then go on."""

    def wait(handler: _Handler, asked: Asked) -> None:
        time.sleep(seconds)
        step(handler, asked)

    return wait


def held(until: threading.Event, step: Step) -> Step:
    """Go on when the test says so."""

    def wait(handler: _Handler, asked: Asked) -> None:
        until.wait(30)
        step(handler, asked)

    return wait


def fail(status: int, code: str = "api_error", message: str = "no", **headers: str) -> Step:
    """An HTTP error in the provider's own form."""

    def step(handler: _Handler, asked: Asked) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        handler.send_json(status, error_body(asked.protocol, status, code, message), named)

    return step


def hang(seconds: float = 30) -> Step:
    """Take the request and say nothing."""

    def step(handler: _Handler, asked: Asked) -> None:
        handler.gone.wait(seconds)

    return step


def hanging_up(step: Step) -> Step:
    """Answer and close the connection, so that the next request has to connect again."""

    def answer(handler: _Handler, asked: Asked) -> None:
        step(handler, asked)
        handler.close_connection = True

    return answer


def reset() -> Step:
    """Tear the connection down."""

    def step(handler: _Handler, asked: Asked) -> None:
        handler.tear()

    return step


def garbage(body: bytes = b'{"half": ') -> Step:
    """Status 200 and something that is not JSON."""

    def step(handler: _Handler, asked: Asked) -> None:
        handler.send_body(200, body, {})

    return step


def body(content: dict[str, Any]) -> Step:
    """Status 200 and this body, whole or as the one event of a stream."""

    def step(handler: _Handler, asked: Asked) -> None:
        if asked.streaming:
            handler.send_stream([f"data: {json.dumps(content)}\n\n"])
        else:
            handler.send_json(200, content)

    return step


def cut(after: int, text: str = "x" * 400, how: str = "reset") -> Step:
    """A stream that ends early: by `reset`, a clean `eof`, an `error` event or a `stall`."""

    def step(handler: _Handler, asked: Asked) -> None:
        lines = events(asked.protocol, Answer(text=text), asked.model)[:after]
        if how == "error":
            handler.send_stream([*lines, error_event(asked.protocol)])
        elif how == "eof":
            handler.send_stream(lines)
        else:
            handler.start_stream()
            handler.send_lines(lines)
            if how == "stall":
                handler.gone.wait(30)
            handler.tear()

    return step


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.gone = threading.Event()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        path = self.path.split("?")[0]
        protocol = _PATHS.get(path, "google")
        model = body.get("model") or path.split("/models/")[-1].split(":")[0]
        asked = Asked(
            protocol=protocol,
            path=path,
            model=model,
            streaming=bool(body.get("stream")) or "streamGenerate" in path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )
        try:
            self.server.wire.next_step(asked)(self, asked)  # type: ignore[attr-defined]
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def do_GET(self) -> None:
        """A model endpoint of any of the protocols."""
        name = self.path.split("?")[0].split("/models/")[-1]
        known = self.server.wire.models  # type: ignore[attr-defined]
        protocol = next((p for p in ("openai", "google") if p in self.path), "anthropic")
        missing = (404, error_body(protocol, 404, "not_found_error", "no such model"))
        self.send_json(*known.get(name, missing))

    def send_json(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        self.send_body(status, json.dumps(body).encode(), headers or {})

    def send_body(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def start_stream(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def send_lines(self, lines: list[str]) -> None:
        for line in lines:
            data = line.encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()

    def send_stream(self, lines: list[str]) -> None:
        self.start_stream()
        self.send_lines(lines)
        self.wfile.write(b"0\r\n\r\n")

    def tear(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, *args: Any) -> None:
        pass
