"""A catalogue in the providers' batches, as the page follows it: hours of waiting in a thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Final

from src.catalogue.batch.job import drive_batches
from src.catalogue.batch.progress import BatchLine, BatchPace, BatchProgress
from src.catalogue.job import CatalogueJob
from src.catalogue.meter import LedgerMeter, Metered
from src.catalogue.progress import Progress
from src.data.warehouse import CancelToken
from src.ui.catalogue.stopping import TICK_SECONDS

PACE: Final = BatchPace()
_KEEP_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class BatchFigures:
    """Where a catalogue in batches is; texts, but for `batches`.

    Attributes:
        phase: ``reading``, ``waiting``, ``cancelling`` or ``ended``.
        in_batches: at the providers, or about to be handed in.
        live: left to the live path for `reasons` (a code each); `live_done` of them have ended.
        spent: dollars of the catalogue's run, restarts included.
        note: what somebody should know; empty mostly.
    """

    phase: str = "reading"
    total: int = 0
    done: int = 0
    failed: int = 0
    in_batches: int = 0
    live: int = 0
    live_done: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    batches: tuple[BatchLine, ...] = ()
    spent: Decimal = Decimal(0)
    unknown_costs: int = 0
    seconds: float = 0.0
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with all that is shown of a run that has ended."""
        rest = {"spent": str(self.spent), "offline": 0, "failed_over": 0}
        return {**asdict(self), **rest, "batches": len(self.batches)}


class BatchRun:
    """Waits for the batches of one job.

    `figures`, `leave` and `cancel` may be called from any thread.

    Args:
        keep: told how far it is, now and then.
        cancel: cancel the batches at once.
    """

    def __init__(
        self, job: CatalogueJob, keep: Callable[[BatchFigures], None], *, cancel: bool = False
    ) -> None:
        self._job = job
        self._keep = keep
        self._cancelled = cancel
        self._left = False
        self._shown = BatchProgress()
        self._metered = Metered()
        self._skipped: int | None = None
        self._began = time.monotonic()

    def figures(self) -> BatchFigures:
        """Where it is now."""
        shown = self._shown
        finished = shown.written + shown.live_done + shown.failed
        return BatchFigures(
            phase="cancelling" if self._cancelled else shown.phase,
            total=self._job.total,
            done=(self._skipped or 0) + finished,
            failed=shown.failed,
            in_batches=sum(line.requests for line in shown.batches),
            live=shown.live,
            live_done=shown.live_done,
            reasons=dict(shown.reasons),
            batches=shown.batches,
            spent=self._metered.spent,
            unknown_costs=self._metered.unknown,
            seconds=time.monotonic() - self._began,
            note=shown.note,
        )

    def leave(self) -> None:
        """Wait no longer; the batches stay at work, and a later run fetches them."""
        self._left = True

    def cancel(self) -> None:
        """Cancel the batches at the providers, and keep what they did."""
        self._cancelled = True

    async def run(self, token: CancelToken) -> Progress | None:
        """Hand in, wait and fetch, to the end; None when it was left before.

        Raises:
            AnalystError: what `drive_batches` raises.
        """
        meter = LedgerMeter(self._job.router.ledger, self._job.run_name)
        driving = asyncio.create_task(
            drive_batches(self._job, self._see, cancelled=lambda: self._cancelled, pace=PACE)
        )
        kept = 0.0
        while not driving.done():
            await asyncio.wait({driving}, timeout=TICK_SECONDS)
            if self._left or token.cancelled:
                driving.cancel()
            if time.monotonic() - kept >= _KEEP_SECONDS:
                self._metered = await asyncio.to_thread(meter)
                await asyncio.to_thread(self._keep, self.figures())
                kept = time.monotonic()
        self._metered = await asyncio.to_thread(meter)
        return None if driving.cancelled() else driving.result()

    def _see(self, progress: BatchProgress) -> None:
        self._shown = progress
        if self._skipped is None and progress.phase == "waiting":
            self._skipped = self._job.total - progress.tasks
