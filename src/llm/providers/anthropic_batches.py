"""Claude's Message Batches."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from src.llm.errors import LLMError
from src.llm.providers.base import Reply, WireCall
from src.llm.providers.batches import (
    ASK_SECONDS,
    SUBMIT_SECONDS,
    BatchAnswer,
    BatchClient,
    BatchLimits,
    BatchState,
    BatchUndecided,
    body_of,
    earliest,
    never_begun,
    read_answer,
)

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

_ERROR_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class AnthropicBatches(BatchClient):
    """`BatchService` on an adapter's client."""

    limits = BatchLimits(requests=5000, bytes=24 * 1024 * 1024)  # of 100,000 and 256 MB
    _client: AsyncAnthropic

    def size(self, call: WireCall) -> int:
        """Bytes of the request's JSON."""
        return len(json.dumps(self._params(call), ensure_ascii=False).encode()) + 120

    async def submit(self, name: str, calls: Sequence[tuple[str, WireCall]]) -> str:
        """Create the batch. The provider keeps no name of it; its custom ids carry ours."""
        requests: Any = [{"custom_id": own, "params": self._params(call)} for own, call in calls]
        with self._worded():
            batch = await self._client.messages.batches.create(
                requests=requests, timeout=SUBMIT_SECONDS
            )
        return batch.id

    async def find(
        self, name: str, requests: int, since: dt.datetime, others: frozenset[str]
    ) -> str | None:
        """Look into the batches of that size and time: only their answers tell whose they are."""
        undecided = False
        with self._worded():
            async for batch in self._client.messages.batches.list(limit=100, timeout=ASK_SECONDS):
                if batch.created_at < earliest(since):
                    break
                counts = batch.request_counts
                total = counts.processing + counts.succeeded + counts.errored
                total += counts.canceled + counts.expired
                if batch.id in others or total != requests or batch.archived_at is not None:
                    continue
                if batch.processing_status != "ended":
                    undecided = True
                elif await self._is_ours(batch.id, name):
                    return batch.id
        if undecided:
            raise BatchUndecided("A batch at the provider may be this run's; it is not over yet.")
        return None

    async def state(self, batch_id: str) -> BatchState:
        """Counts per request come only when all of it has ended."""
        with self._worded():
            batch = await self._client.messages.batches.retrieve(batch_id, timeout=ASK_SECONDS)
        counts = batch.request_counts
        done = counts.succeeded + counts.errored + counts.canceled + counts.expired
        return BatchState(over=batch.processing_status == "ended", done=done)

    async def answers(self, batch_id: str) -> AsyncIterator[BatchAnswer]:
        """Stream the results file."""
        with self._worded():
            results = await self._client.messages.batches.results(batch_id, timeout=SUBMIT_SECONDS)
            async for line in results:
                yield read_answer(line.custom_id, partial(self._read, line.result))

    async def cancel(self, batch_id: str) -> None:
        """Begin no more of its requests."""
        with self._worded():
            await self._client.messages.batches.cancel(batch_id, timeout=ASK_SECONDS)

    def _params(self, call: WireCall) -> dict[str, Any]:
        return body_of(self._request(call))

    async def _is_ours(self, batch_id: str, name: str) -> bool:
        results = await self._client.messages.batches.results(batch_id, timeout=ASK_SECONDS)
        try:
            async for line in results:
                return line.custom_id.startswith(f"{name}-")
        finally:
            await results.close()
        return False

    def _read(self, result: Any) -> Reply | LLMError:
        if result.type == "succeeded":
            return self._reply(result.message)
        if (unbegun := never_begun(result.type)) is not None:
            return unbegun
        said = result.error.error
        return self._faults.status(_ERROR_STATUS.get(said.type, 500), said.message, kind=said.type)
