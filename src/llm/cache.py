"""Exact answers to exact repeats, on disk. JSON in SQLite; a damaged file is started afresh.

The key covers everything that changes the answer; the prompt itself is not stored.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from src.llm.providers.base import WireCall
from src.llm.types import ToolCall, Usage

log = logging.getLogger(__name__)
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS answers "
    "(key TEXT PRIMARY KEY, made REAL NOT NULL, size INTEGER NOT NULL, body TEXT NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """A complete answer as it was given; `made` is Unix time, `cost` dollars or unknown."""

    text: str
    model: str
    provider: str
    finish_reason: str | None
    tool_calls: tuple[ToolCall, ...]
    usage: Usage | None
    cost: Decimal | None
    made: float


def cache_key(provider: str, base_url: str | None, call: WireCall) -> str:
    """Digest of all that changes the answer: model, parameters, turns, images, tools, schema."""
    parts = {
        "provider": provider,
        "base_url": base_url,
        "model": call.model,
        "max_tokens": call.max_tokens,
        "effort": call.effort,
        "temperature": call.temperature,
        "system": call.system_prompt,
        "schema": call.schema,
        "tools": [asdict(tool) for tool in call.tools],
        "messages": [
            {
                "role": message.role,
                "text": message.text,
                "images": [
                    [image.media_type, hashlib.sha256(image.data).hexdigest()]
                    for image in message.images
                ],
                "calls": [asdict(tool_call) for tool_call in message.tool_calls],
                "answers": [message.tool_call_id, message.tool_name],
            }
            for message in call.messages
        ],
    }
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


class AnswerCache:
    """One file. Used from the engine's thread; nothing here ever fails a call."""

    def __init__(self, path: Path, max_mb: int, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._max_bytes = max_mb * 1024 * 1024
        self._clock = clock
        self._db: sqlite3.Connection | None = None

    def get(self, key: str, ttl: float) -> CachedAnswer | None:
        """The answer stored under `key` within the last `ttl` seconds."""
        rows = self._do("SELECT body, made FROM answers WHERE key = ?", (key,))
        if not rows or self._clock() - rows[0][1] > ttl:
            return None
        with contextlib.suppress(ValueError, KeyError, TypeError):
            return _load(json.loads(rows[0][0]), rows[0][1])
        return None

    def put(self, key: str, answer: CachedAnswer) -> None:
        """Store an answer, dropping the oldest when the file would grow past its size."""
        body = json.dumps(_dump(answer), ensure_ascii=False)
        self._do(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)",
            (key, answer.made, len(body), body),
        )
        total = self._do("SELECT coalesce(sum(size), 0) FROM answers", ())
        if total and total[0][0] > self._max_bytes:
            self._do(
                "DELETE FROM answers WHERE made <= "
                "(SELECT made FROM answers ORDER BY made LIMIT 1 OFFSET "
                "(SELECT count(*) / 5 FROM answers))",
                (),
            )

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _do(self, sql: str, values: tuple[Any, ...], again: bool = True) -> list[Any]:
        try:
            if self._db is None:
                self._db = self._open()
            with self._db:
                return self._db.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            # Busy and full have codes of their own; the plain one is a file of another form.
            passing = isinstance(error, sqlite3.OperationalError)
            if passing and error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                log.debug("The answer cache is not usable now: %s", error)
                return []
            log.warning("The answer cache was damaged and is started afresh.")
            self.close()
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
            return self._do(sql, values, again=False) if again else []
        except (OSError, UnicodeEncodeError) as error:
            log.debug("The answer cache is not usable now: %s", error)
            return []

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        db = sqlite3.connect(self._path, timeout=0.5, check_same_thread=False)
        self._path.chmod(0o600)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=OFF")
        db.execute(_SCHEMA)
        return db


def age_in_words(seconds: float) -> str:
    """How old an answer is, for a screen: ``12 s``, ``5 min``, ``3 h``, ``4 days``."""
    if seconds < 90:
        return f"{max(0.0, seconds):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172800 else f"{seconds / 86400:.0f} days"


def _dump(answer: CachedAnswer) -> dict[str, Any]:
    return {
        "text": answer.text,
        "model": answer.model,
        "provider": answer.provider,
        "finish_reason": answer.finish_reason,
        "tool_calls": [asdict(call) for call in answer.tool_calls],
        "usage": asdict(answer.usage) if answer.usage else None,
        "cost": str(answer.cost) if answer.cost is not None else None,
    }


def _load(body: dict[str, Any], made: float) -> CachedAnswer:
    return CachedAnswer(
        text=body["text"],
        model=body["model"],
        provider=body["provider"],
        finish_reason=body["finish_reason"],
        tool_calls=tuple(ToolCall(**call) for call in body["tool_calls"]),
        usage=Usage(**body["usage"]) if body["usage"] else None,
        cost=Decimal(body["cost"]) if body["cost"] is not None else None,
        made=made,
    )
