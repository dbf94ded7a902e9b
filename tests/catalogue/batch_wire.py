"""A loopback server that speaks the batch services of three providers, and their live calls.

    wire = BatchWire()
    wire.says = lambda asked: "expired" if "soap" in asked.prompt else Answer("A text.")

A batch is over after it was asked about `polls` times; its results come in reverse order. What the
server began, live or in a batch, is in `wire.billed`: that is what a provider would charge for.
"""

from __future__ import annotations

import email
import itertools
import json
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "llm"))

from dialects import Answer, error_body, whole

FAR = "2026-11-01T00:00:00Z"


@dataclass(frozen=True)
class Asked:
    """One request for a text. `custom_id` is empty for a live call."""

    protocol: str
    model: str
    body: dict[str, Any] = field(repr=False)
    custom_id: str = ""

    @property
    def prompt(self) -> str:
        """All that was asked, as text."""
        return json.dumps(self.body, ensure_ascii=False)


@dataclass
class Batch:
    """A batch the server holds. `fate`: done, failed, full, expired or cancelled."""

    protocol: str
    id: str
    name: str
    asked: list[Asked]
    fate: str = "done"
    polls: int = 0
    cancelling: bool = False
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    answers: list[tuple[Asked, Any]] | None = None


@dataclass
class BatchWire:
    """The running server.

    Attributes:
        says: an `Answer`, or the body of a response; for a request in a batch also ``expired``,
            ``errored`` or ``missing``.
        polls: how often a batch is asked about before it is over; `hold` keeps all of them open.
        fates: what becomes of the next batches of a protocol; ``done`` when there is no more.
        after_create: called when a batch is taken, before its id goes out.
    """

    says: Callable[[Asked], Any] = lambda asked: Answer("forty-two")
    polls: int = 1
    hold: bool = False
    fates: dict[str, list[str]] = field(default_factory=dict)
    after_create: Callable[[Batch, Handler], None] = lambda batch, handler: None
    batches: dict[str, Batch] = field(default_factory=dict)
    billed: list[Asked] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    refuses: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self.lock = threading.RLock()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.wire = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def number(self) -> int:
        return next(self._numbers)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def create(self, protocol: str, name: str, asked: list[Asked]) -> Batch:
        prefix = {"anthropic": "msgbatch_", "openai": "batch_", "google": "batches/"}[protocol]
        fates = self.fates.get(protocol)
        fate = fates.pop(0) if fates else "done"
        batch = Batch(protocol, f"{prefix}{self.number()}", name, asked, fate)
        self.batches[batch.id] = batch
        return batch

    def over(self, batch: Batch, *, polled: bool = True) -> bool:
        """Whether the batch has ended; it ends by being asked about."""
        batch.polls += polled
        if batch.answers is None:
            if batch.cancelling:
                batch.fate = "cancelled"
            elif self.hold or (batch.polls <= self.polls and batch.fate not in {"failed", "full"}):
                return False
            batch.answers = [] if batch.fate in {"failed", "full"} else self._work(batch)
        return True

    def _work(self, batch: Batch) -> list[tuple[Asked, Any]]:
        answers: list[tuple[Asked, Any]] = []
        for place, asked in enumerate(batch.asked):
            # A batch that is cut short has done some of its work.
            cut = batch.fate in {"expired", "cancelled"} and place >= len(batch.asked) // 2
            said = batch.fate if cut else self.says(asked)
            if isinstance(said, Answer | dict):
                self.billed.append(asked)
            answers.append((asked, said))
        return answers[::-1]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def wire(self) -> BatchWire:
        return self.server.wire  # type: ignore[attr-defined]

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        self._route("POST", raw)

    def do_GET(self) -> None:
        self._route("GET", b"")

    def _route(self, method: str, raw: bytes) -> None:
        path = self.path.split("?")[0]
        with self.wire.lock:
            self.wire.requests.append((method, path))
            for protocol, verb, pattern, act in _ROUTES:
                match = re.fullmatch(pattern, path)
                if verb != method or match is None:
                    continue
                status = self.wire.refuses.get(protocol)
                if status:
                    self.reply(status, error_body(protocol, status, "api_error", "no"))
                else:
                    act(self, raw, *match.groups())
                return
            self.reply(404, {"error": {"message": f"no route for {method} {path}"}})

    def created(self, batch: Batch, body: dict[str, Any]) -> None:
        self.wire.after_create(batch, self)
        if not self.close_connection:
            self.reply(200, body)

    def reply(self, status: int, body: dict[str, Any]) -> None:
        self.send(status, json.dumps(body, ensure_ascii=False).encode(), "application/json")

    def lines(self, lines: list[dict[str, Any]]) -> None:
        body = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        self.send(200, body.encode(), "application/binary")

    def send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def tear(self) -> None:
        """Break the connection off without a word."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()

    def live(self, asked: Asked) -> None:
        said = self.wire.says(asked)
        if isinstance(said, str):
            said = Answer("forty-two")
        self.wire.billed.append(asked)
        self.reply(200, _body(asked, said))

    def log_message(self, *_: Any) -> None:
        """Quiet."""


def _body(asked: Asked, said: Answer | dict[str, Any]) -> dict[str, Any]:
    return said if isinstance(said, dict) else whole(asked.protocol, said, asked.model)


# --- Anthropic ---


def _anthropic_create(handler: Handler, raw: bytes) -> None:
    requests = json.loads(raw)["requests"]
    ids = [one["custom_id"] for one in requests]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", one) for one in ids)
    asked = [
        Asked("anthropic", one["params"]["model"], one["params"], one["custom_id"])
        for one in requests
    ]
    batch = handler.wire.create("anthropic", "", asked)
    handler.created(batch, _anthropic_batch(handler, batch, over=False))


def _anthropic_batch(handler: Handler, batch: Batch, *, over: bool) -> dict[str, Any]:
    counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
    if over:
        names = {"expired": "expired", "errored": "errored", "cancelled": "canceled"}
        for _, said in batch.answers or ():
            counts[names[said] if isinstance(said, str) else "succeeded"] += 1
    else:
        counts["processing"] = len(batch.asked)
    path = f"/v1/messages/batches/{batch.id}/results"
    return {
        "id": batch.id,
        "type": "message_batch",
        "processing_status": "ended"
        if over
        else "canceling"
        if batch.cancelling
        else "in_progress",
        "request_counts": counts,
        "created_at": batch.created.isoformat(),
        "expires_at": batch.created.isoformat(),
        "ended_at": batch.created.isoformat() if over else None,
        "results_url": handler.wire.url + path if over else None,
    }


def _anthropic_get(handler: Handler, _: bytes, name: str) -> None:
    batch = handler.wire.batches[name]
    over = handler.wire.over(batch)
    handler.reply(200, _anthropic_batch(handler, batch, over=over))


def _anthropic_list(handler: Handler, _: bytes) -> None:
    wire = handler.wire
    found = [one for one in wire.batches.values() if one.protocol == "anthropic"][::-1]
    data = [_anthropic_batch(handler, one, over=wire.over(one)) for one in found]
    handler.reply(200, {"data": data, "has_more": False, "first_id": None, "last_id": None})


def _anthropic_cancel(handler: Handler, _: bytes, name: str) -> None:
    batch = handler.wire.batches[name]
    batch.cancelling = batch.answers is None
    handler.reply(200, _anthropic_batch(handler, batch, over=batch.answers is not None))


def _anthropic_results(handler: Handler, _: bytes, name: str) -> None:
    lines = []
    for asked, said in handler.wire.batches[name].answers or ():
        if not isinstance(said, str):
            message = _body(asked, said)
            message["usage"]["service_tier"] = "batch"
            result: dict[str, Any] = {"type": "succeeded", "message": message}
        elif said == "errored":
            error = error_body("anthropic", 500, "api_error", "it broke")
            result = {"type": "errored", "error": error}
        else:
            result = {"type": "canceled" if said == "cancelled" else said}
        lines.append({"custom_id": asked.custom_id, "result": result})
    handler.lines(lines)


def _anthropic_live(handler: Handler, raw: bytes) -> None:
    body = json.loads(raw)
    handler.live(Asked("anthropic", body["model"], body))


# --- OpenAI ---


def _openai_upload(handler: Handler, raw: bytes) -> None:
    head = f"Content-Type: {handler.headers['content-type']}\r\n\r\n".encode()
    parts: Any = email.message_from_bytes(head + raw).get_payload()
    fields = {part.get_param("name", header="content-disposition"): part for part in parts}
    assert fields["purpose"].get_payload() == "batch"
    name = f"file-{handler.wire.number()}"
    handler.wire.files[name] = fields["file"].get_payload(decode=True)
    file = {"id": name, "object": "file", "bytes": 1, "created_at": 1, "filename": "x.jsonl"}
    handler.reply(200, {**file, "purpose": "batch", "status": "processed"})


def _openai_create(handler: Handler, raw: bytes) -> None:
    body = json.loads(raw)
    assert body["endpoint"] == "/v1/responses"
    assert body["completion_window"] == "24h"
    asked = []
    for line in handler.wire.files[body["input_file_id"]].splitlines():
        one = json.loads(line)
        assert (one["method"], one["url"]) == ("POST", "/v1/responses")
        asked.append(Asked("openai", one["body"]["model"], one["body"], one["custom_id"]))
    batch = handler.wire.create("openai", body["metadata"]["part"], asked)
    handler.created(batch, _openai_batch(batch, "validating"))


def _openai_batch(batch: Batch, status: str) -> dict[str, Any]:
    code = "token_limit_exceeded" if batch.fate == "full" else "invalid_json_line"
    errors = {"data": [{"code": code, "message": "not this one", "line": 1}], "object": "list"}
    ended = status not in {"validating", "in_progress", "cancelling", "failed"}
    done = sum(not isinstance(said, str) for _, said in batch.answers or ())
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": "/v1/responses",
        "input_file_id": "file-0",
        "completion_window": "24h",
        "status": status,
        "created_at": int(batch.created.timestamp()),
        "metadata": {"part": batch.name},
        "output_file_id": f"out-{batch.id}" if ended else None,
        "error_file_id": f"err-{batch.id}" if ended else None,
        "errors": errors if status == "failed" else None,
        "request_counts": {"total": len(batch.asked), "completed": done, "failed": 0},
    }


def _openai_status(handler: Handler, batch: Batch) -> str:
    if not handler.wire.over(batch):
        return "cancelling" if batch.cancelling else "in_progress"
    return {"done": "completed", "full": "failed"}.get(batch.fate, batch.fate)


def _openai_get(handler: Handler, _: bytes, name: str) -> None:
    batch = handler.wire.batches[name]
    handler.reply(200, _openai_batch(batch, _openai_status(handler, batch)))


def _openai_list(handler: Handler, _: bytes) -> None:
    found = [one for one in handler.wire.batches.values() if one.protocol == "openai"][::-1]
    data = [_openai_batch(one, "in_progress") for one in found]
    handler.reply(200, {"object": "list", "data": data, "has_more": False})


def _openai_cancel(handler: Handler, _: bytes, name: str) -> None:
    batch = handler.wire.batches[name]
    batch.cancelling = batch.answers is None
    handler.reply(200, _openai_batch(batch, "cancelling"))


def _openai_content(handler: Handler, _: bytes, which: str, name: str) -> None:
    lines: list[dict[str, Any]] = []
    for asked, said in handler.wire.batches[name].answers or ():
        good = not isinstance(said, str)
        if good is not (which == "out"):
            continue
        line: dict[str, Any] = {"id": "r", "custom_id": asked.custom_id, "response": None}
        if good:
            body = _body(asked, said)
            line["response"] = {"status_code": 200, "request_id": "q", "body": body}
        elif said == "errored":
            body = error_body("openai", 400, "invalid_prompt", "it broke")
            line["response"] = {"status_code": 400, "request_id": "q", "body": body}
        else:
            line["error"] = {"code": f"batch_{said}", "message": "too late"}
        if said != "missing":
            lines.append(line)
    handler.lines(lines)


def _openai_live(handler: Handler, raw: bytes) -> None:
    body = json.loads(raw)
    handler.live(Asked("openai", body["model"], body))


# --- Google ---


def _google_create(handler: Handler, raw: bytes, model: str) -> None:
    batch = json.loads(raw)["batch"]
    asked = [
        Asked("google", model, one["request"], one["metadata"]["key"])
        for one in batch["inputConfig"]["requests"]["requests"]
    ]
    made = handler.wire.create("google", batch["displayName"], asked)
    handler.created(made, _google_batch(made, over=False))


def _google_batch(batch: Batch, *, over: bool) -> dict[str, Any]:
    states = {"done": "SUCCEEDED", "failed": "FAILED", "expired": "EXPIRED",
              "cancelled": "CANCELLED"}  # fmt: skip
    state = states[batch.fate] if over else "RUNNING"
    meta: dict[str, Any] = {
        "displayName": batch.name,
        "model": f"models/{batch.asked[0].model}",
        "state": f"BATCH_STATE_{state}",
        "createTime": batch.created.isoformat(),
    }
    if over and batch.fate == "done":
        meta["output"] = {"inlinedResponses": {"inlinedResponses": _google_responses(batch)}}
    return {"name": batch.id, "metadata": meta, "done": over}


def _google_responses(batch: Batch) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for asked, said in batch.answers or ():
        line: dict[str, Any] = {"metadata": {"key": asked.custom_id}}
        if not isinstance(said, str):
            line["response"] = _body(asked, said)
        else:
            line["error"] = {"code": 13, "message": "it broke"}
        if said != "missing":
            lines.append(line)
    return lines


def _google_get(handler: Handler, _: bytes, name: str) -> None:
    batch = handler.wire.batches[name]
    handler.reply(200, _google_batch(batch, over=handler.wire.over(batch)))


def _google_list(handler: Handler, _: bytes) -> None:
    found = [one for one in handler.wire.batches.values() if one.protocol == "google"]
    handler.reply(200, {"operations": [_google_batch(one, over=False) for one in found]})


def _google_cancel(handler: Handler, _: bytes, name: str) -> None:
    batch = handler.wire.batches[name]
    batch.cancelling = batch.answers is None
    handler.reply(200, {})


def _google_live(handler: Handler, raw: bytes, model: str) -> None:
    handler.live(Asked("google", model, json.loads(raw)))


_ROUTES: list[tuple[str, str, str, Callable[..., None]]] = [
    ("anthropic", "POST", r"/v1/messages", _anthropic_live),
    ("anthropic", "POST", r"/v1/messages/batches", _anthropic_create),
    ("anthropic", "GET", r"/v1/messages/batches", _anthropic_list),
    ("anthropic", "GET", r"/v1/messages/batches/([^/]+)", _anthropic_get),
    ("anthropic", "POST", r"/v1/messages/batches/([^/]+)/cancel", _anthropic_cancel),
    ("anthropic", "GET", r"/v1/messages/batches/([^/]+)/results", _anthropic_results),
    ("openai", "POST", r"/openai/v1/responses", _openai_live),
    ("openai", "POST", r"/openai/v1/files", _openai_upload),
    ("openai", "POST", r"/openai/v1/batches", _openai_create),
    ("openai", "GET", r"/openai/v1/batches", _openai_list),
    ("openai", "GET", r"/openai/v1/batches/([^/]+)", _openai_get),
    ("openai", "POST", r"/openai/v1/batches/([^/]+)/cancel", _openai_cancel),
    ("openai", "GET", r"/openai/v1/files/(out|err)-([^/]+)/content", _openai_content),
    ("google", "POST", r"/google/[^/]+/models/([^/:]+):generateContent", _google_live),
    ("google", "POST", r"/google/[^/]+/models/([^/:]+):batchGenerateContent", _google_create),
    ("google", "GET", r"/google/[^/]+/batches", _google_list),
    ("google", "GET", r"/google/[^/]+/(batches/[^/:]+)", _google_get),
    ("google", "POST", r"/google/[^/]+/(batches/[^/:]+):cancel", _google_cancel),
]
