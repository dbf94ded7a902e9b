"""From tasks to batches at the providers: sorting, splitting, handing in, and finding again."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from dataclasses import replace

from src.catalogue.batch.store import End, Part, tasks_of
from src.catalogue.batch.work import Work
from src.catalogue.values import Copy, CopyTask
from src.llm.errors import (
    ConnectionFailed,
    LLMError,
    MalformedOutput,
    Overloaded,
    RateLimited,
    StreamCut,
    Timeout,
)
from src.llm.providers.batches import BatchUndecided

_AT_ONCE = 200  # tasks between two moments for others
# After these nobody knows whether the provider took the batch.
_UNSURE = (Timeout, StreamCut, Overloaded, MalformedOutput)
_NOT_TAKEN = (RateLimited, ConnectionFailed)
_MOST_WAITS = 10  # times the pace's longest, between two tries to hand a part in


class HandingIn:
    """Makes parts of tasks and batches of parts."""

    def __init__(self, work: Work, cancelled: Callable[[], bool]) -> None:
        self._work = work
        self._is_cancelled = cancelled
        self._wait_until: dict[str, float] = {}  # when a part may be handed in again

    async def read(
        self, tasks: Iterable[CopyTask] | AsyncIterable[CopyTask]
    ) -> AsyncIterator[Copy]:
        """Sort the tasks: known from before, for a batch of their deployment, for the live path."""
        work = self._work
        groups: dict[str, list[CopyTask]] = {}
        sizes: Counter[str] = Counter()
        async for task in _each(tasks):
            known = work.store.find(task)
            if known is None and self._is_cancelled():
                continue  # what is known may still be delivered
            work.progress.tasks += 1
            if known is not None:
                if known.end is not None and known.end.copy is not None:
                    work.progress.written += 1
                    yield replace(known.end.copy, task_id=task.id)
                else:
                    work.count(known.end)
                continue
            deployment = work.desk.deployment(task)
            service = await work.services.of(deployment) if deployment is not None else None
            if deployment is None or service is None:
                why = "no key" if deployment is None else "no batch service"
                self._leave_live([task], End(because=why))
                continue
            size = service.size(work.desk.wire(task, deployment))
            group = groups.setdefault(deployment.id, [])
            full = len(group) >= service.limits.requests
            if group and (full or sizes[deployment.id] + size > service.limits.bytes):
                work.store.add(_new_name(), deployment.id, group)
                group.clear()
                sizes[deployment.id] = 0
            group.append(task)
            sizes[deployment.id] += size
            work.progress.batched += 1
        for name, group in groups.items():
            if group:
                work.store.add(_new_name(), name, group)

    def _leave_live(self, tasks: list[CopyTask], end: End) -> None:
        self._work.store.add_live(_new_name(), tasks, end)
        for _ in tasks:
            self._work.count(end)

    async def submit(self, part: Part) -> None:
        """Hand a part in, unless it has to wait; it is written down before and after."""
        if time.monotonic() < self._wait_until.get(part.name, 0.0):
            return
        deployment = self._work.services.deployment(part)
        if self._work.desk.missing(deployment):
            self._work.give_to_live(part, "no key", f"No key is set for {deployment.provider}.")
            return
        service = await self._work.services.of_part(part)
        items = self._work.store.items(part.name)
        calls = [(own, self._work.desk.wire(task, deployment)) for own, task in tasks_of(items)]
        if not await self._work.affordable(part):
            return
        now = dt.datetime.now(dt.UTC)
        part = self._work.store.put(
            replace(part, state="submitting", submitted_at=now, tries=part.tries + 1)
        )
        try:
            batch_id = await service.submit(part.name, calls)
        except _NOT_TAKEN as error:
            self.try_again(part, error)
        except _UNSURE as error:
            self._work.progress.note = f"{error.message} Looking whether the batch arrived."
        except LLMError as error:
            self._work.give_to_live(part, error.code, error.message)
        else:
            self._opened(part, batch_id)

    def _opened(self, part: Part, batch_id: str) -> None:
        self._work.store.put(replace(part, state="open", batch_id=batch_id))
        self._work.heard[part.name] = time.monotonic()

    async def look_for(self, part: Part) -> None:
        """Find out whether a batch that was handed in has arrived."""
        service = await self._work.services.of_part(part)
        since = part.submitted_at or dt.datetime.now(dt.UTC)
        known = self._work.store.known_batches()
        try:
            batch_id = await service.find(part.name, part.requests, since, known)
        except BatchUndecided as error:
            self._work.heard[part.name] = time.monotonic()
            self._work.progress.note = error.message
            return
        if batch_id is not None:
            self._opened(part, batch_id)
        elif (dt.datetime.now(dt.UTC) - since).total_seconds() >= self._work.pace.settle:
            self.try_again(part, ConnectionFailed("The batch did not arrive."))

    def try_again(self, part: Part, error: LLMError) -> None:
        """Hand a part in again later; after too many tries its texts are written live."""
        if part.cancelled:
            self._work.store.drop_unanswered(part)
        elif part.tries >= self._work.pace.tries:
            self._work.give_to_live(part, error.code, error.message)
        else:
            wished = getattr(error, "retry_after", None) or 0.0
            wait = max(wished, self._work.pace.first * 2.0**part.tries)
            self._wait_until[part.name] = time.monotonic() + min(
                wait, self._work.pace.most * _MOST_WAITS
            )
            self._work.store.put(replace(part, state="ready"))
            self._work.progress.note = error.message


def _new_name() -> str:
    return f"ca{uuid.uuid4().hex[:18]}"


async def _each(tasks: Iterable[CopyTask] | AsyncIterable[CopyTask]) -> AsyncIterator[CopyTask]:
    if isinstance(tasks, AsyncIterable):
        async for task in tasks:
            yield task
    else:
        for number, task in enumerate(tasks):
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
            yield task
