"""A catalogue through the providers' batch services, at half the price.

Everything that is known about a batch is in the run's folder before and after each step, so a run
that is killed and started again with the same tasks pays for nothing twice.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from src.catalogue.batch.desk import Desk
from src.catalogue.batch.live import LivePath
from src.catalogue.batch.progress import BatchLine, BatchPace, BatchProgress
from src.catalogue.batch.services import Services
from src.catalogue.batch.store import BatchStore, End, Item, Part, tasks_of
from src.catalogue.values import Copy, CopyFailed, CopyTask
from src.errors import AnalystError
from src.llm.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    LLMError,
    MalformedOutput,
    ModelNotFound,
    Overloaded,
    RateLimited,
    StreamCut,
    Timeout,
)
from src.llm.providers.batches import BatchAnswer, BatchQueueFull, BatchUndecided

if TYPE_CHECKING:
    from src.catalogue.smart_llm_client import SmartLLMClient
    from src.llm.router import Router

_AT_ONCE = 200  # answers that are booked and written down together
_SLICE = 0.25  # seconds between two looks at `cancelled`
# After these nobody knows whether the provider took the batch.
_UNSURE = (Timeout, StreamCut, Overloaded, MalformedOutput)
_NOT_TAKEN = (RateLimited, ConnectionFailed)


class BatchesUnreachable(AnalystError):
    """A provider holds batches of this run and cannot be asked about them."""

    code = "batches_unreachable"


async def run_batch(
    tasks: Iterable[CopyTask] | AsyncIterable[CopyTask],
    *,
    router: Router,
    client: SmartLLMClient,
    folder: Path,
    progress: Callable[[BatchProgress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
    pace: BatchPace = BatchPace(),  # noqa: B008 - frozen
) -> AsyncIterator[Copy | CopyFailed]:
    """Each task's text or failure as it comes, in any order.

    What a batch does not deliver (expired, errored, refused, truncated, failing the checks) is
    written by `client.write`. Closing the iterator leaves the batches at work: run again with the
    same folder to fetch them. Once `cancelled` says so, batches are cancelled at the providers,
    what they did by then is yielded, and the rest is forgotten.

    Args:
        folder: keeps `batches.db`; a later run with the same folder and tasks goes on there.
        progress: called with the same object after every change.

    Raises:
        StepConflict: another run works in the folder.
        BatchesUnreachable: a provider did not answer for long, or rejects the key, while it holds
            batches; run again later.
    """
    run = _Run(router, client, folder, show=progress, cancelled=cancelled, pace=pace)
    try:
        async with aclosing(cast(Any, run.results(tasks))) as results:
            async for result in results:
                yield result
    finally:
        await run.close()


class _Run:
    def __init__(
        self,
        router: Router,
        client: SmartLLMClient,
        folder: Path,
        *,
        show: Callable[[BatchProgress], None],
        cancelled: Callable[[], bool],
        pace: BatchPace,
    ) -> None:
        self._desk = Desk(router, client)
        self._store = BatchStore(folder)
        self._services = Services(router)
        self._live = LivePath(self._store, client, pace.live)
        self._show = show
        self._is_cancelled = cancelled
        self._pace = pace
        self._progress = BatchProgress()
        self._done: dict[str, int] = {}  # requests that have ended, by part
        self._heard: dict[str, float] = {}  # when a provider last answered
        self._wait_until: dict[str, float] = {}  # when a part may be handed in again
        self._cancelling_since: float | None = None

    async def results(
        self, tasks: Iterable[CopyTask] | AsyncIterable[CopyTask]
    ) -> AsyncIterator[Copy | CopyFailed]:
        async for copy in self._read(tasks):
            yield copy
        self._progress.phase = "waiting"
        delay = self._pace.first
        while True:
            moved = False
            if self._cancelling_since is None and self._is_cancelled():
                await self._cancel()
            for part in self._store.parts():
                before = (part.state, self._done.get(part.name))
                async for copy in self._step(part):
                    yield copy
                now = next((one for one in self._store.parts() if one.name == part.name), None)
                moved |= now is None or (now.state, self._done.get(now.name)) != before
            self._tell()
            if not self._store.parts() and not await self._live.busy(self._may_write()):
                break
            if self._too_long():
                break
            delay = self._pace.first if moved else min(self._pace.most, delay * 1.5)
            async for result in self._between(delay):
                yield result
        self._progress.phase = "ended"
        self._tell()

    async def close(self) -> None:
        """Stop live work, close connections; batches stay at work."""
        await self._live.close()
        await self._services.close()
        self._store.close()

    # --- Tasks in ---

    async def _read(
        self, tasks: Iterable[CopyTask] | AsyncIterable[CopyTask]
    ) -> AsyncIterator[Copy]:
        """Sort the tasks: known from before, for a batch of their deployment, for the live path."""
        groups: dict[str, list[CopyTask]] = {}
        sizes: Counter[str] = Counter()
        async for task in _each(tasks):
            if self._is_cancelled():
                return
            self._progress.tasks += 1
            known = self._store.find(task)
            if known is not None:
                if known.end is not None and known.end.copy is not None:
                    self._progress.written += 1
                    yield replace(known.end.copy, task_id=task.id)
                else:
                    self._count(known.end)
                continue
            deployment = self._desk.deployment(task)
            service = await self._services.of(deployment) if deployment is not None else None
            if deployment is None or service is None:
                why = "no key" if deployment is None else "no batch service"
                self._leave_live([task], End(because=why))
                continue
            size = service.size(self._desk.wire(task, deployment))
            group = groups.setdefault(deployment.id, [])
            full = len(group) >= service.limits.requests
            if group and (full or sizes[deployment.id] + size > service.limits.bytes):
                self._store.add(_new_name(), deployment.id, group)
                group.clear()
                sizes[deployment.id] = 0
            group.append(task)
            sizes[deployment.id] += size
            self._progress.batched += 1
        for name, group in groups.items():
            if group:
                self._store.add(_new_name(), name, group)

    def _leave_live(self, tasks: list[CopyTask], end: End) -> None:
        self._store.add_live(_new_name(), tasks, end)
        for _ in tasks:
            self._count(end)

    def _count(self, end: End | None) -> None:
        if end is None:
            self._progress.batched += 1
        else:
            self._progress.live += 1
            reasons = self._progress.reasons
            reasons[end.because] = reasons.get(end.because, 0) + 1

    # --- One part, one step ---

    async def _step(self, part: Part) -> AsyncIterator[Copy]:
        try:
            if part.state == "ready":
                if time.monotonic() >= self._wait_until.get(part.name, 0.0):
                    await self._submit(part)
            elif part.state == "submitting":
                await self._look_for(part)
            else:
                async for copy in self._look_at(part):
                    yield copy
        except ModelNotFound as error:
            if part.state != "open":
                raise
            self._give_to_live(part, "lost", error.message)
        except LLMError as error:
            self._put_up_with(part, error)

    async def _submit(self, part: Part) -> None:
        deployment = self._services.deployment(part)
        if self._desk.missing(deployment):
            self._give_to_live(part, "no key", f"No key is set for {deployment.provider}.")
            return
        service = await self._services.of_part(part)
        items = self._store.items(part.name)
        calls = [(own, self._desk.wire(task, deployment)) for own, task in tasks_of(items)]
        most = sum((self._desk.most(wire, deployment) for _, wire in calls), Decimal(0))
        if note := await self._services.over_budget(most, self._desk.client.run):
            self._give_to_live(part, "budget", note)
            return
        now = dt.datetime.now(dt.UTC)
        part = self._store.put(
            replace(part, state="submitting", submitted_at=now, tries=part.tries + 1)
        )
        try:
            batch_id = await service.submit(part.name, calls)
        except _NOT_TAKEN as error:
            self._try_again(part, error)
        except _UNSURE as error:
            self._progress.note = f"{error.message} Looking whether the batch arrived."
        except LLMError as error:
            self._give_to_live(part, error.code, error.message)
        else:
            self._opened(part, batch_id)

    def _opened(self, part: Part, batch_id: str) -> None:
        self._store.put(replace(part, state="open", batch_id=batch_id))
        self._heard[part.name] = time.monotonic()

    async def _look_for(self, part: Part) -> None:
        """Find out whether a batch that was handed in has arrived."""
        service = await self._services.of_part(part)
        since = part.submitted_at or dt.datetime.now(dt.UTC)
        known = self._store.known_batches()
        try:
            batch_id = await service.find(part.name, part.requests, since, known)
        except BatchUndecided as error:
            self._heard[part.name] = time.monotonic()
            self._progress.note = error.message
            return
        if batch_id is not None:
            self._opened(part, batch_id)
        elif (dt.datetime.now(dt.UTC) - since).total_seconds() >= self._pace.settle:
            self._try_again(part, ConnectionFailed("The batch did not arrive."))

    def _try_again(self, part: Part, error: LLMError) -> None:
        if part.cancelled:
            self._store.drop_unanswered(part)
        elif part.tries >= self._pace.tries:
            self._give_to_live(part, error.code, error.message)
        else:
            wished = getattr(error, "retry_after", None) or 0.0
            wait = max(wished, self._pace.first * 2.0**part.tries)
            self._wait_until[part.name] = time.monotonic() + min(wait, self._pace.most * 10)
            self._store.put(replace(part, state="ready"))
            self._progress.note = error.message

    async def _look_at(self, part: Part) -> AsyncIterator[Copy]:
        service = await self._services.of_part(part)
        state = await service.state(part.batch_id)
        self._heard[part.name] = time.monotonic()
        self._done[part.name] = state.done
        if not state.over:
            since = part.submitted_at or dt.datetime.now(dt.UTC)
            age = (dt.datetime.now(dt.UTC) - since).total_seconds()
            if age > self._pace.longest and not self._done.get(f"cancel {part.name}"):
                self._done[f"cancel {part.name}"] = 1
                await service.cancel(part.batch_id)
            return
        if isinstance(state.problem, BatchQueueFull):
            # While another of ours is at work there, this is no failure, only a queue.
            waits = any(self._is_beside(part, other) for other in self._store.parts())
            tries = part.tries - 1 if waits else part.tries
            self._try_again(replace(part, batch_id="", tries=tries), state.problem)
            return
        chunk: list[tuple[Item, BatchAnswer]] = []
        async with aclosing(cast(Any, service.answers(part.batch_id))) as answers:
            async for answer in answers:
                item = self._item_of(part, answer.custom_id)
                if item is None:
                    continue
                chunk.append((item, answer))
                if len(chunk) >= _AT_ONCE:
                    for copy in await self._settle(part, chunk):
                        yield copy
                    chunk = []
        for copy in await self._settle(part, chunk):
            yield copy
        problem = state.problem
        if part.cancelled:
            self._store.drop_unanswered(part)
        else:
            told = problem.message if problem is not None else "The batch has no answer for it."
            self._give_to_live(part, problem.code if problem is not None else "missing", told)

    def _is_beside(self, part: Part, other: Part) -> bool:
        same = other.deployment == part.deployment and other.name != part.name
        return same and other.state == "open"

    def _item_of(self, part: Part, custom_id: str) -> Item | None:
        """The waiting item an answer belongs to; strange and repeated answers belong to none."""
        name, _, number = custom_id.rpartition("-")
        if name != part.name or not number.isdecimal():
            return None
        return self._store.item(part.name, int(number))

    async def _settle(self, part: Part, chunk: list[tuple[Item, BatchAnswer]]) -> list[Copy]:
        """Book answers, write down what came of them, and return the texts that are wanted."""
        deployment = self._services.deployment(part)
        once = {item.custom_id: (item, answer) for item, answer in chunk}.values()
        judged = [(item, *self._desk.judge(item, answer, deployment)) for item, answer in once]
        await self._desk.book([(item, attempt) for item, attempt, _ in judged], part.batch_id)
        self._store.settle([(item, end) for item, _, end in judged])
        copies = []
        for item, attempt, end in judged:
            if attempt.cost is None:
                self._progress.unknown_costs += 1
            else:
                self._progress.cost += attempt.cost
            if not item.wanted:
                continue
            if end.copy is None:
                self._progress.batched -= 1
                self._count(end)
            else:
                self._progress.written += 1
                copies.append(end.copy)
        return copies

    def _give_to_live(self, part: Part, because: str, told: str) -> None:
        """Leave what has no answer to the live path; the part is over."""
        end = End(because=because, told=told)
        left = self._store.items(part.name)
        self._store.settle([(item, end) for item in left])
        self._store.put(replace(part, state="over"))
        for item in left:
            if item.wanted:
                self._progress.batched -= 1
                self._count(end)
        if left:
            self._progress.note = told

    def _put_up_with(self, part: Part, error: LLMError) -> None:
        """Bear a provider's silence for a while, and a rejected key not at all."""
        silent = time.monotonic() - self._heard.setdefault(part.name, time.monotonic())
        if isinstance(error, AuthenticationFailed) or silent > self._pace.patience:
            raise BatchesUnreachable(
                f"The batches cannot be asked about. {error.message}",
                where=part.deployment,
                kept="The batches are at work, and their ids are in the run's folder.",
                hint="Run again with the same folder when the provider can be reached.",
            ) from None
        self._progress.note = error.message

    # --- Cancelling, waiting, telling ---

    async def _cancel(self) -> None:
        self._cancelling_since = time.monotonic()
        self._progress.phase = "cancelling"
        await self._live.close()
        for part in self._store.parts():
            if part.state == "ready":
                self._store.drop_unanswered(part)
                continue
            part = self._store.put(replace(part, cancelled=True))  # noqa: PLW2901 - as stored
            if part.state == "open":
                try:
                    await (await self._services.of_part(part)).cancel(part.batch_id)
                except LLMError as error:
                    self._progress.note = error.message

    def _may_write(self) -> bool:
        return self._cancelling_since is None

    def _too_long(self) -> bool:
        since = self._cancelling_since
        return since is not None and time.monotonic() - since > self._pace.cancelling

    async def _between(self, delay: float) -> AsyncIterator[Copy | CopyFailed]:
        """Live results, until it is time to look at the batches again."""
        end = time.monotonic() + delay
        while (left := end - time.monotonic()) > 0:
            busy = await self._live.busy(self._may_write())
            if not busy and not self._store.parts():
                return
            for result in await self._live.results(min(left, _SLICE)):
                self._progress.live_done += isinstance(result, Copy)
                self._progress.failed += isinstance(result, CopyFailed)
                self._tell()
                yield result
            if self._cancelling_since is None and self._is_cancelled():
                return

    def _tell(self) -> None:
        self._progress.batches = tuple(
            BatchLine(
                name=part.name,
                provider=self._services.deployment(part).provider,
                model=self._services.deployment(part).model,
                state=part.state,
                requests=part.requests,
                done=self._done.get(part.name, 0),
                batch_id=part.batch_id,
            )
            for part in self._store.parts()
        )
        self._show(self._progress)


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
