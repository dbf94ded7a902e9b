"""A lean loopback provider of product copy, in a process of its own, that counts what it bills.

    with CopyServer(latency=0.34, at_once=100) as server:
        ...  # OPENAI_BASE_URL={server.url}/openai/v1, ANTHROPIC_BASE_URL={server.url}/anthropic
        server.counts()

It speaks the OpenAI Responses and the Anthropic Messages protocol. The text it writes depends on
the prompt alone, so that two runs can be compared; what goes wrong is drawn with a fixed seed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import multiprocessing
import random
import re
import socket
import struct
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Self

WORDS = {
    "ru": (
        "удобный практичный лёгкий прочный материал форма размер цвет подходит каждый день дома",
        "поездка подарок уход хранение качество приятный ткань отделка выбор семья сезон утро",
        "простой надёжный аккуратный спокойный мягкий тёплый кухня комната дорога работа отдых",
        "деталь край основа крышка ручка набор упаковка польза решение задача помощь время место",
    ),
    "en": (
        "the and for with a of this practical light sturdy material shape size colour suits every",
        "day home travel gift care storage quality pleasant fabric finish choice family season",
        "evening simple reliable neat calm soft warm kitchen room road work rest line detail edge",
        "lid handle set packing use answer task help time place morning base",
    ),
}
_TITLE = re.compile(r"(?:Название|Title): (.+)")


@dataclass(frozen=True)
class Faults:
    """Shares of requests that go wrong, and how long they are told to wait.

    Attributes:
        retry_after: seconds of the header of a 429.
    """

    refused: float = 0.0
    limited: float = 0.0
    reset: float = 0.0
    hung: float = 0.0
    garbage: float = 0.0
    retry_after: float = 0.5


@dataclass
class Counts:
    """What the server did. Tokens are those it billed: of every answer it gave whole, refusals
    included.

    Attributes:
        texts: answers by title.
        abandoned: requests whose client had gone before the answer; they are not billed.
        most_at_once: requests it held at the same time; `crowded` were turned away for that.
    """

    requests: int = 0
    answered: int = 0
    refused: int = 0
    limited: int = 0
    reset: int = 0
    hung: int = 0
    garbage: int = 0
    crowded: int = 0
    abandoned: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    most_at_once: int = 0
    texts: Counter[str] = field(default_factory=Counter)


class CopyServer:
    """The server's handle; a context manager."""

    def __init__(
        self,
        *,
        latency: float = 0.0,
        at_once: int = 10_000,
        faults: Faults | None = None,
        seed: int = 1,
    ) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=_serve, args=(theirs, latency, at_once, faults or Faults(), seed), daemon=True
        )
        self.url = ""

    def __enter__(self) -> Self:
        self._process.start()
        self.url = f"http://127.0.0.1:{self._pipe.recv()}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()

    def counts(self) -> Counts:
        """What it did so far."""
        self._pipe.send("counts")
        return Counts(**self._pipe.recv())


def _serve(pipe: Connection, latency: float, at_once: int, faults: Faults, seed: int) -> None:
    asyncio.run(_Service(pipe, latency, at_once, faults, seed).run())


class _Service:
    def __init__(
        self, pipe: Connection, latency: float, at_once: int, faults: Faults, seed: int
    ) -> None:
        self._pipe, self._latency, self._most, self._faults = pipe, latency, at_once, faults
        self._chance = random.Random(seed)
        self._counts = Counts()
        self._now = 0

    async def run(self) -> None:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, backlog=1024)
        asyncio.get_running_loop().add_reader(self._pipe.fileno(), self._tell)
        self._pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    def _tell(self) -> None:
        try:
            self._pipe.recv()
        except EOFError:  # whoever started it is gone
            sys.exit()
        self._pipe.send(asdict(self._counts))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                body = json.loads(await reader.readexactly(size))
                self._now += 1
                self._counts.most_at_once = max(self._counts.most_at_once, self._now)
                try:
                    path = head.split(b" ", 2)[1].decode()
                    await self._answer(path, body, reader, writer)
                finally:
                    self._now -= 1
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(
        self,
        path: str,
        body: dict[str, Any],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        counts, faults = self._counts, self._faults
        counts.requests += 1
        fate = self._fate()
        if self._now > self._most or fate == "limited":
            counts.crowded += self._now > self._most
            counts.limited += self._now <= self._most
            error = {"error": {"type": "rate_limit_error", "message": "slow down"}}
            wait = f"retry-after-ms: {round(faults.retry_after * 1000)}\r\n"
            _send(writer, b"429 Too Many Requests", json.dumps(error).encode(), wait.encode())
            return
        if fate == "hung":
            counts.hung += 1
            await asyncio.sleep(60)
            return
        await asyncio.sleep(self._latency)
        if reader.at_eof():
            counts.abandoned += 1
            raise ConnectionResetError
        if fate == "reset":
            counts.reset += 1
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
            raise ConnectionResetError
        if fate == "garbage":
            counts.garbage += 1
            _send(writer, b"200 OK", b'{"half": ')
            return
        openai = path.startswith("/openai")
        prompt = _prompt(body["input"] if openai else body["messages"])
        title = found[-1] if (found := _TITLE.findall(prompt)) else prompt[:80]
        text = "" if fate == "refused" else write(prompt, title)
        asked = len(json.dumps(body, ensure_ascii=False)) // 3
        said = max(12, len(text) // 3)
        counts.input_tokens += asked
        counts.output_tokens += said
        if fate == "refused":
            counts.refused += 1
        else:
            counts.answered += 1
            counts.texts[title] += 1
        shape = _openai if openai else _anthropic
        _send(writer, b"200 OK", json.dumps(shape(body["model"], text, asked, said)).encode())
        await writer.drain()

    def _fate(self) -> str:
        point, reached = self._chance.random(), 0.0
        for name in ("refused", "limited", "reset", "hung", "garbage"):
            reached += getattr(self._faults, name)
            if point < reached:
                return name
        return "answered"


def write(prompt: str, title: str) -> str:
    """A text that passes the checks of every shipped content type, and of no other product."""
    seed = int.from_bytes(hashlib.blake2b(prompt.encode(), digest_size=8).digest())
    chance = random.Random(seed)
    words = " ".join(WORDS["ru" if re.search("[а-яё]", prompt) else "en"]).split()
    said = " ".join(chance.choices(words, k=18)) + "."
    if "<ul>" in prompt:
        return f"<ul><li>{title[:60]}</li><li>{said}</li></ul>"
    if "<p>" in prompt:
        more = " ".join(chance.choices(words, k=50)) + "."
        return f"<p>{title}. {said}</p><p>{more}</p>"
    return f"{title[:80]}. {said}"[:240]


def _prompt(turns: Any) -> str:
    """All that the user said: a text, or the texts of their turns."""
    if isinstance(turns, str):
        return turns
    parts: list[str] = []
    for turn in turns:
        content = turn.get("content", "")
        listed = [{"text": content}] if isinstance(content, str) else content
        if turn.get("role") == "user":
            parts += [part.get("text", "") for part in listed]
    return "\n".join(parts)


def _send(writer: asyncio.StreamWriter, status: bytes, body: bytes, headers: bytes = b"") -> None:
    writer.write(
        b"HTTP/1.1 %s\r\ncontent-type: application/json\r\n%scontent-length: %d\r\n\r\n%s"
        % (status, headers, len(body), body)
    )


def _openai(model: str, text: str, asked: int, said: int) -> dict[str, Any]:
    content: dict[str, Any] = {"type": "output_text", "text": text, "annotations": []}
    if not text:
        content = {"type": "refusal", "refusal": "I can't help with that."}
    message = {
        "type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
        "content": [content],
    }  # fmt: skip
    return {
        "id": "resp_1", "object": "response", "created_at": 1, "status": "completed",
        "model": model, "output": [message], "parallel_tool_calls": True, "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": asked, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": said, "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": asked + said,
        },
    }  # fmt: skip


def _anthropic(model: str, text: str, asked: int, said: int) -> dict[str, Any]:
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": model,
        "content": [{"type": "text", "text": text}] if text else [],
        "stop_reason": "end_turn" if text else "refusal", "stop_sequence": None,
        "usage": {"input_tokens": asked, "output_tokens": said},
    }  # fmt: skip
