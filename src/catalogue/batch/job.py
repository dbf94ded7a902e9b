"""A catalogue job by batches: its open tasks in, its journal written, its progress told."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from src.catalogue.batch.progress import BatchPace, BatchProgress
from src.catalogue.batch.run import run_batch
from src.catalogue.batch.store import FILE, BatchStore
from src.catalogue.meter import LedgerMeter
from src.catalogue.progress import Progress
from src.catalogue.values import Copy, CopyFailed, CopyTask

if TYPE_CHECKING:
    from src.catalogue.job import CatalogueJob

_AT_ONCE = 100  # results that are written into the journal together
_KEPT_SECONDS = 1.0  # at most this long does a result wait for others


def batch_folder(journal: Path) -> Path:
    """Where a job's batches are kept: beside its journal."""
    return journal.with_name(f"{journal.stem}.batches")


def at_work(journal: Path) -> int:
    """Texts of a job that are in batches at the providers, while nobody waits for them.

    Raises:
        StepConflict: somebody does.
        StateError: what is known of them cannot be used.
    """
    folder = batch_folder(journal)
    if not (folder / FILE).is_file():
        return 0
    store = BatchStore(folder)
    try:
        return sum(part.requests for part in store.parts() if part.state in ("submitting", "open"))
    finally:
        store.close()


def _set_aside(folder: Path) -> None:
    """Rename the batches' folder, so that a run starts afresh and nothing paid is deleted."""
    if folder.exists():
        BatchStore(folder).close()  # fails while another run works there
        stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S-%f")
        folder.rename(folder.with_name(f"{folder.name}.{stamp}"))


async def drive_batches(
    job: CatalogueJob,
    tick: Callable[[BatchProgress], None] = lambda _: None,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    pace: BatchPace = BatchPace(),  # noqa: B008 - frozen
) -> Progress:
    """Write everything that is not yet in the journal, in the providers' batches.

    Cancelling the awaiting task leaves the batches at work; the same job later fetches them.

    Args:
        tick: called with the same object after every change.
        cancelled: whether the batches shall be cancelled, and what they did be kept.

    Returns:
        how it ended, in the terms of a live run; `ending` is ``done``, ``cancelled`` or ``budget``.

    Raises:
        AnalystError: what `run_batch` raises; results so far are in the journal.
    """
    began, last, kept, open_tasks = time.monotonic(), BatchProgress(), _Kept(job), 0

    def counted() -> Iterator[CopyTask]:
        nonlocal open_tasks
        for task in job.pending():
            open_tasks += 1
            yield task

    def show(progress: BatchProgress) -> None:
        nonlocal last
        last = progress
        tick(progress)

    folder = batch_folder(job.options.journal_path)
    if job.options.journalled == "fresh":
        _set_aside(folder)
    results = run_batch(
        counted(),
        router=job.router,
        client=job.client,
        folder=folder,
        progress=show,
        cancelled=cancelled,
        budget=job.options.budget,
        pace=pace,
    )
    try:
        async with aclosing(cast(Any, results)) as each:
            async for result in each:
                await kept.add(result)
    finally:
        await asyncio.shield(kept.flush())
        await asyncio.to_thread(job.client.save_stats)
    return _progress(job, last.ending, kept, job.total - open_tasks, time.monotonic() - began)


class _Kept:
    """Results on their way into the journal."""

    def __init__(self, job: CatalogueJob) -> None:
        self._job = job
        self._waiting: list[Copy | CopyFailed] = []
        self._since = time.monotonic()
        self.written = self.offline = self.failed = self.failed_over = 0

    async def add(self, result: Copy | CopyFailed) -> None:
        self._waiting.append(result)
        if isinstance(result, Copy):
            self.written += 1
            self.offline += result.engine == "offline"
            self.failed_over += bool(result.failed_over)
        else:
            self.failed += 1
        late = time.monotonic() - self._since >= _KEPT_SECONDS
        if late or len(self._waiting) >= _AT_ONCE:
            await self.flush()

    async def flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            await asyncio.to_thread(self._job.keep, waiting)
        self._since = time.monotonic()


def _progress(
    job: CatalogueJob, ending: str, kept: _Kept, skipped: int, seconds: float
) -> Progress:
    metered = LedgerMeter(job.router.ledger, job.run_name)()
    return Progress(
        phase="ended",
        ending=ending,
        total=job.total,
        done=skipped + kept.written + kept.failed,
        skipped=skipped,
        written=kept.written,
        offline=kept.offline,
        failed=kept.failed,
        failed_over=kept.failed_over,
        under_way=0,
        limit=0,
        cuts=0,
        per_second=None,
        eta_seconds=None,
        seconds=seconds,
        spent=metered.spent,
        unknown_costs=metered.unknown,
        requests=metered.requests,
        turned_away=metered.turned_away,
        input_tokens=metered.input_tokens,
        output_tokens=metered.output_tokens,
    )
