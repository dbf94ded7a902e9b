"""A catalogue through the providers' batch services, at half the price.

Everything that is known about a batch is in the run's folder before and after each step, so a run
that is killed and started again with the same tasks pays for nothing twice.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from src.catalogue.batch.desk import Desk
from src.catalogue.batch.fetching import Fetching
from src.catalogue.batch.handing_in import HandingIn
from src.catalogue.batch.live import LivePath
from src.catalogue.batch.progress import BatchPace, BatchProgress
from src.catalogue.batch.services import Services
from src.catalogue.batch.store import BatchStore, Part
from src.catalogue.batch.work import Work
from src.catalogue.values import Copy, CopyFailed, CopyTask
from src.errors import AnalystError
from src.llm.errors import AuthenticationFailed, LLMError, ModelNotFound

if TYPE_CHECKING:
    from src.catalogue.smart_llm_client import SmartLLMClient
    from src.llm.router import Router

_SLICE = 0.25  # seconds between two looks at `cancelled`


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
    budget: Decimal | None = None,
    pace: BatchPace = BatchPace(),  # noqa: B008 - frozen
) -> AsyncIterator[Copy | CopyFailed]:
    """Each task's text or failure as it comes, in any order.

    What a batch does not deliver (expired, errored, refused, truncated, failing the checks) is
    written by `client.write`. Closing the iterator leaves the batches at work: run again with the
    same folder to fetch them. Once `cancelled` says so, batches are cancelled at the providers,
    what they did by then is yielded, and the rest is forgotten. The router's budgets send what does
    not fit into them to the live path; `budget` ends the run.

    Args:
        folder: keeps `batches.db`; a later run with the same folder and tasks goes on there.
        progress: called with the same object after every change.
        budget: dollars of the client's run, restarts included: no batch is handed in, and no text
            begun, that may cost more than is left. What was not begun has no result.

    Raises:
        StepConflict: another run works in the folder.
        BatchesUnreachable: a provider did not answer for long, or rejects the key, while it holds
            batches; run again later.
    """
    work = Work(Desk(router, client), BatchStore(folder), Services(router), pace, budget)
    run = _Run(work, progress, cancelled)
    try:
        async with aclosing(cast(Any, run.results(tasks))) as results:
            async for result in results:
                yield result
    finally:
        await run.close()


class _Run:
    def __init__(
        self, work: Work, show: Callable[[BatchProgress], None], cancelled: Callable[[], bool]
    ) -> None:
        self._work = work
        self._handing_in = HandingIn(work, cancelled)
        self._fetching = Fetching(work, self._handing_in.try_again)
        self._live = LivePath(work.store, work.desk.client, work.pace.live)
        self._show = show
        self._is_cancelled = cancelled
        self._cancelling_since: float | None = None

    async def results(
        self, tasks: Iterable[CopyTask] | AsyncIterable[CopyTask]
    ) -> AsyncIterator[Copy | CopyFailed]:
        async for copy in self._handing_in.read(tasks):
            yield copy
        work, delay = self._work, self._work.pace.first
        work.progress.phase = "waiting"
        while True:
            if self._cancelling_since is None and self._is_cancelled():
                await self._cancel()
            before = work.lines()
            for part in work.store.parts():
                async for copy in self._step(part):
                    yield copy
            self._tell()
            if not work.store.parts() and not await self._writes():
                break
            if self._cancelled_for() > work.pace.cancelling:
                break
            moved = work.lines() != before
            delay = work.pace.first if moved else min(work.pace.most, delay * 1.5)
            async for result in self._between(delay):
                yield result
        work.progress.phase = "ended"
        self._tell()

    async def close(self) -> None:
        """Stop live work, close connections; batches stay at work."""
        await self._live.close()
        await self._work.services.close()
        self._work.store.close()

    async def _step(self, part: Part) -> AsyncIterator[Copy]:
        try:
            if part.state == "ready":
                await self._handing_in.submit(part)
            elif part.state == "submitting":
                await self._handing_in.look_for(part)
            else:
                async for copy in self._fetching.look_at(part):
                    yield copy
        except LLMError as error:
            if part.state == "open" and isinstance(error, ModelNotFound):
                self._work.give_to_live(part, "lost", error.message)
            else:
                self._put_up_with(part, error)

    def _put_up_with(self, part: Part, error: LLMError) -> None:
        """Bear a provider's silence for a while, and a rejected key not at all."""
        silent = time.monotonic() - self._work.heard.setdefault(part.name, time.monotonic())
        if isinstance(error, AuthenticationFailed) or silent > self._work.pace.patience:
            raise BatchesUnreachable(
                f"The batches cannot be asked about. {error.message}",
                where=part.deployment,
                kept="The batches are at work, and their ids are in the run's folder.",
                hint="Run again with the same folder when the provider can be reached.",
            ) from None
        self._work.progress.note = error.message

    async def _cancel(self) -> None:
        """Forget what was not handed in; what was is cancelled when it is looked at next."""
        work = self._work
        self._cancelling_since = time.monotonic()
        work.progress.phase, work.progress.ending = "cancelling", "cancelled"
        await self._live.close()
        for part in work.store.parts():
            if part.state == "ready":
                work.store.drop_unanswered(part)
            else:
                work.store.put(replace(part, cancelled=True))

    def _cancelled_for(self) -> float:
        since = self._cancelling_since
        return 0.0 if since is None else time.monotonic() - since

    async def _writes(self) -> bool:
        """Begin live texts as far as that is wanted; whether any is under way."""
        wanted = self._cancelling_since is None and await self._work.may_write()
        return await self._live.busy(wanted)

    async def _between(self, delay: float) -> AsyncIterator[Copy | CopyFailed]:
        """Live results, until it is time to look at the batches again."""
        progress, end = self._work.progress, time.monotonic() + delay
        while (left := end - time.monotonic()) > 0:
            if not await self._writes() and not self._work.store.parts():
                return
            for result in await self._live.results(min(left, _SLICE)):
                progress.live_done += isinstance(result, Copy)
                progress.failed += isinstance(result, CopyFailed)
                self._tell()
                yield result
            if self._cancelling_since is None and self._is_cancelled():
                return

    def _tell(self) -> None:
        self._work.progress.batches = self._work.lines()
        self._show(self._work.progress)
