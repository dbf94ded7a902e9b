"""Gemini's batches, with the requests in the job itself: the SDK makes and reads them."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from src.llm.errors import BadRequest, LLMError
from src.llm.providers.base import Reply, WireCall
from src.llm.providers.batches import (
    ASK_SECONDS,
    SUBMIT_SECONDS,
    BatchAnswer,
    BatchCancelled,
    BatchClient,
    BatchExpired,
    BatchLimits,
    BatchState,
    read_answer,
)

if TYPE_CHECKING:
    from google.genai import Client

_KEY = "key"
_OVER = frozenset(
    {
        "JOB_STATE_SUCCEEDED",
        "JOB_STATE_PARTIALLY_SUCCEEDED",
        "JOB_STATE_FAILED",
        "JOB_STATE_CANCELLED",
        "JOB_STATE_EXPIRED",
    }
)
# A job's errors carry google.rpc codes, not HTTP's.
_HTTP = {3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 9: 400, 13: 500, 14: 503, 16: 401}


class GoogleBatches(BatchClient):
    """`BatchService` on an adapter's client."""

    limits = BatchLimits(requests=5000, bytes=16 * 1024 * 1024)  # of 20 MB
    _client: Client

    def size(self, call: WireCall) -> int:
        """Bytes of the request's texts and images, and some for what holds them."""
        texts = sum(len(message.text.encode()) for message in call.messages)
        images = sum(len(image.data) * 4 // 3 for m in call.messages for image in m.images)
        return texts + images + len((call.system_prompt or "").encode()) + 600

    async def submit(self, name: str, calls: Sequence[tuple[str, WireCall]]) -> str:
        """Create a job that bears our name."""
        from google.genai import types

        requests = []
        for own, call in calls:
            contents, config = self._request(call)
            requests.append(
                types.InlinedRequest(contents=contents, config=config, metadata={_KEY: own})
            )
        with self._worded():
            job = await self._client.aio.batches.create(
                model=calls[0][1].model,
                src=requests,
                config=types.CreateBatchJobConfig(
                    display_name=name, http_options=_options(SUBMIT_SECONDS)
                ),
            )
        return job.name or ""

    async def find(
        self, name: str, requests: int, since: dt.datetime, others: frozenset[str]
    ) -> str | None:
        """Look for our name among the jobs there are."""
        from google.genai import types

        config = types.ListBatchJobsConfig(page_size=100, http_options=_options(ASK_SECONDS))
        with self._worded():
            async for job in await self._client.aio.batches.list(config=config):
                if job.display_name == name and job.name:
                    return job.name
        return None

    async def state(self, batch_id: str) -> BatchState:
        """The job's state; it does not count its requests."""
        job = await self._get(batch_id)
        state = job.state.value if job.state is not None else ""
        answers = (job.dest.inlined_responses if job.dest is not None else None) or ()
        problem: LLMError | None = None
        if state == "JOB_STATE_FAILED":
            problem = BadRequest(
                f"The provider broke the batch off. {self._said(job.error)}".strip()
            )
        elif state == "JOB_STATE_EXPIRED":
            problem = BatchExpired("The batch expired at the provider.")
        elif state == "JOB_STATE_CANCELLED":
            problem = BatchCancelled("The batch was cancelled.")
        return BatchState(over=state in _OVER, done=len(answers), problem=problem)

    async def answers(self, batch_id: str) -> AsyncIterator[BatchAnswer]:
        """The responses that came with the job; in the requests' order where ids are missing."""
        job = await self._get(batch_id)
        responses = (job.dest.inlined_responses if job.dest is not None else None) or ()
        for number, one in enumerate(responses):
            own = (one.metadata or {}).get(_KEY) or f"{job.display_name}-{number}"
            yield read_answer(own, partial(self._read, job, one))

    async def cancel(self, batch_id: str) -> None:
        """Begin no more of its requests."""
        from google.genai import types

        config = types.CancelBatchJobConfig(http_options=_options(ASK_SECONDS))
        with self._worded():
            await self._client.aio.batches.cancel(name=batch_id, config=config)

    async def _get(self, batch_id: str) -> Any:
        from google.genai import types

        config = types.GetBatchJobConfig(http_options=_options(SUBMIT_SECONDS))
        with self._worded():
            return await self._client.aio.batches.get(name=batch_id, config=config)

    def _read(self, job: Any, one: Any) -> Reply | LLMError:
        if one.response is not None:
            return self._reply((job.model or "").removeprefix("models/"), one.response)
        code = one.error.code if one.error is not None else None
        return self._faults.status(_HTTP.get(code or 0, 500), self._said(one.error))

    def _said(self, error: Any) -> str:
        return self._faults.clean(error.message) if error is not None and error.message else ""


def _options(seconds: float) -> Any:
    from google.genai import types

    return types.HttpOptions(timeout=int(seconds * 1000))
