"""A job's word to stop, handed on to the run that it drives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from src.catalogue.pipeline import CatalogueRun
from src.catalogue.progress import Progress
from src.data.warehouse import CancelToken

TICK_SECONDS: Final = 0.5


_KEEP_EVERY: Final = 4


class Ticks:
    """Called while a run goes on: gives it up, its calls included, once the job is to stop.

    Args:
        keep: told how far the run is, every fourth time, for whoever finds it interrupted.
    """

    def __init__(
        self, run: CatalogueRun, token: CancelToken, keep: Callable[[Progress], None] | None = None
    ) -> None:
        self._run = run
        self._token = token
        self._keep = keep
        self._count = 0

    def __call__(self, progress: Progress) -> None:
        if self._token.cancelled:
            self._run.cancel(now=True)
        self._count += 1
        if self._keep is not None and self._count % _KEEP_EVERY == 0:
            self._keep(progress)


async def run_until(run: CatalogueRun, token: CancelToken) -> Progress:
    """Run to the end, or until the job is to stop."""
    ticks = Ticks(run, token)

    async def look() -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            ticks(run.progress())

    looking = asyncio.create_task(look())
    try:
        return await run.run()
    finally:
        looking.cancel()
