"""GPT's batches: a file of Responses requests goes up, a file of responses comes back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from src.llm.errors import BadRequest, LLMError
from src.llm.providers.base import Reply, WireCall
from src.llm.providers.batches import (
    ASK_SECONDS,
    SUBMIT_SECONDS,
    BatchAnswer,
    BatchClient,
    BatchLimits,
    BatchQueueFull,
    BatchState,
    body_of,
    earliest,
    never_begun,
    read_answer,
)

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_ENDPOINT: Final = "/v1/responses"
_MARK = "part"
_OVER = frozenset({"failed", "completed", "expired", "cancelled"})
# Files hold prompts and texts: they go by themselves, after time enough to come back for them.
_KEEP_SECONDS = 7 * 24 * 3600


class OpenAIBatches(BatchClient):
    """`BatchService` on an adapter's client."""

    limits = BatchLimits(requests=5000, bytes=24 * 1024 * 1024)  # of 50,000 and 200 MB
    _client: AsyncOpenAI

    def size(self, call: WireCall) -> int:
        """Bytes of the request's line."""
        return len(self._line("x" * 64, call))

    async def submit(self, name: str, calls: Sequence[tuple[str, WireCall]]) -> str:
        """Upload the requests, which costs nothing, and create a batch that is marked as ours."""
        body = b"".join(self._line(own, call) for own, call in calls)
        keep: Any = {"anchor": "created_at", "seconds": _KEEP_SECONDS}
        with self._worded():
            file = await self._client.files.create(
                file=(f"{name}.jsonl", body),
                purpose="batch",
                expires_after=keep,
                timeout=SUBMIT_SECONDS,
            )
            batch = await self._client.batches.create(
                input_file_id=file.id,
                endpoint=_ENDPOINT,
                completion_window="24h",
                metadata={_MARK: name},
                output_expires_after=keep,
                timeout=ASK_SECONDS,
            )
        return batch.id

    async def find(
        self, name: str, requests: int, since: dt.datetime, others: frozenset[str]
    ) -> str | None:
        """Look for our mark among the latest batches."""
        with self._worded():
            async for batch in self._client.batches.list(limit=100, timeout=ASK_SECONDS):
                if batch.created_at < earliest(since).timestamp():
                    return None
                if (batch.metadata or {}).get(_MARK) == name:
                    return batch.id
        return None

    async def state(self, batch_id: str) -> BatchState:
        """The batch's status; a batch that failed its validation has no answers at all."""
        batch = await self._retrieve(batch_id)
        counts = batch.request_counts
        return BatchState(
            over=batch.status in _OVER,
            done=counts.completed + counts.failed if counts is not None else 0,
            problem=self._problem(batch) if batch.status == "failed" else None,
        )

    async def answers(self, batch_id: str) -> AsyncIterator[BatchAnswer]:
        """Read the file of responses, then that of errors."""
        batch = await self._retrieve(batch_id)
        for file_id in (batch.output_file_id, batch.error_file_id):
            if not file_id:
                continue
            with self._worded():
                async with self._client.files.with_streaming_response.content(
                    file_id, timeout=SUBMIT_SECONDS
                ) as response:
                    async for line in response.iter_lines():
                        if told := _told(line):
                            yield read_answer(told["custom_id"], partial(self._read, told))

    async def cancel(self, batch_id: str) -> None:
        """Begin no more of its requests."""
        with self._worded():
            await self._client.batches.cancel(batch_id, timeout=ASK_SECONDS)

    async def _retrieve(self, batch_id: str) -> Any:
        with self._worded():
            return await self._client.batches.retrieve(batch_id, timeout=ASK_SECONDS)

    def _line(self, custom_id: str, call: WireCall) -> bytes:
        body = body_of(self._request(call))
        line = {"custom_id": custom_id, "method": "POST", "url": _ENDPOINT, "body": body}
        return json.dumps(line, ensure_ascii=False).encode() + b"\n"

    def _problem(self, batch: Any) -> LLMError:
        said = (batch.errors.data if batch.errors is not None else None) or ()
        words = "; ".join(
            f"line {one.line}: {one.message}" if one.line is not None else str(one.message)
            for one in said[:3]
        )
        if any(one.code == "token_limit_exceeded" for one in said):
            return BatchQueueFull(
                f"The provider's batch queue is full. {self._faults.clean(words)}"
            )
        return BadRequest(f"The provider rejects the batch. {self._faults.clean(words)}".strip())

    def _read(self, line: dict[str, Any]) -> Reply | LLMError:
        from openai.types.responses import Response

        if line.get("error") is not None:
            return self._refused(line["error"])
        status, body = line["response"]["status_code"], line["response"]["body"]
        if status == 200:
            return self._reply(Response.construct(**body))
        said = body.get("error") or {}
        kind = said.get("code") or said.get("type") or ""
        return self._faults.status(status, said.get("message") or "", kind=kind)

    def _refused(self, error: dict[str, Any]) -> LLMError:
        code, said = error.get("code") or "", error.get("message") or ""
        unbegun = never_begun(code.removeprefix("batch_"))
        return unbegun or self._faults.status(500, said or code, kind=code)


def _told(line: str) -> dict[str, Any] | None:
    """A line of a result file; one that cannot be read is as good as missing."""
    try:
        told = json.loads(line)
    except json.JSONDecodeError:
        return None
    return told if isinstance(told, dict) and isinstance(told.get("custom_id"), str) else None
