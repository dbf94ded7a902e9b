"""The run under way of one catalogue: live, of a few texts, or by batches; and how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from src.catalogue.pipeline import CatalogueRun, Retry, is_final
from src.catalogue.progress import Progress
from src.ui.catalogue.batches import BatchFigures, BatchRun
from src.ui.catalogue.stopping import TICK_SECONDS, Ticks, run_until

if TYPE_CHECKING:
    from src.catalogue.job import CatalogueJob
    from src.catalogue.journal import Entry
    from src.catalogue.values import CopyTask
    from src.data.warehouse import CancelToken
    from src.ui.catalogue.shelf import Catalogue, State


class Driving:
    """Drives one run at a time, in the thread of a job; other threads read and steer it.

    Attributes:
        live: a live run, to be paused and stopped.
        batches: a run by batches, to be left and cancelled.
        ended: runs so far that may have changed the journal.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.live: CatalogueRun | None = None
        self.batches: BatchRun | None = None
        self.ended = 0
        self._writes_anew: tuple[frozenset[Retry], bool] | None = None

    @property
    def done(self) -> int:
        """Texts that the run under way has come by, those kept from before included."""
        if self.batches is not None:
            return self.batches.figures().done
        return self.live.progress().done if self.live is not None else 0

    def stands(self, entry: Entry) -> bool:
        """Whether the run under way leaves a result as it is."""
        anew = self._writes_anew
        return anew is None or is_final(entry, anew[0], models=anew[1])

    def write_all(self, job: CatalogueJob, token: CancelToken) -> None:
        """Write what is not written yet."""
        run = job.live_run()
        self.live = run
        self._writes_anew = (job.options.retry, job.models)
        self._going(run.progress())
        ending: State = "failed"
        try:
            last = asyncio.run(job.drive(run, Ticks(run, token, self._going), TICK_SECONDS))
            # Who stopped it did not: the server ends. The next start says what is left.
            ending = "running" if token.cancelled else cast("State", last.ending)
        finally:
            try:
                self._catalogue.settle(ending, run.progress().to_dict())
            finally:  # after it: a job without a run is one that waits for a place
                self.live = self._writes_anew = None
                self.ended += 1

    def write_few(self, job: CatalogueJob, token: CancelToken, tasks: Sequence[CopyTask]) -> None:
        """Write these texts alone, and keep them like any other."""
        run = CatalogueRun(
            lambda: tasks, len(tasks), job.client, job.journal, job.keys,
            retry=frozenset({"failed", "offline"}),
        )  # fmt: skip
        try:
            asyncio.run(run_until(run, token))
        finally:
            self.ended += 1

    def by_batches(self, job: CatalogueJob, token: CancelToken, *, cancel: bool) -> None:
        """Write what is not written yet in the providers' batches, or fetch what is there.

        Args:
            cancel: cancel the batches at work, and keep what they did.
        """
        run = BatchRun(job, self._waits, cancel=cancel)
        self.batches = run
        self._writes_anew = (job.options.retry, job.models)
        last: Progress | None = None
        ending: State = "waiting"
        self._waits(run.figures())
        try:
            last = asyncio.run(run.run(token))
            ending = "waiting" if last is None else cast("State", last.ending)
        finally:
            figures = run.figures().to_dict() if last is None else last.to_dict()
            try:
                self._catalogue.settle(ending, figures)
            finally:
                self.batches = self._writes_anew = None
                self.ended += 1

    def _going(self, progress: Progress) -> None:
        self._catalogue.settle("running", progress.to_dict())

    def _waits(self, figures: BatchFigures) -> None:
        # Whoever finds this after the end of the server fetches the batches.
        self._catalogue.settle("waiting", figures.to_dict())
