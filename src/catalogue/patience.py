"""What to do while nobody can write: hold the catalogue back, ask with one text now and then.

A provider that is down for a minute must not turn a whole catalogue into template texts. So a text
for which no model could be asked is kept back, nothing new is begun, and one text at a time asks
again, at growing intervals. When that has gone on for too long, or no model will answer before
somebody mends a key, the template (or the failure) stands, for this text and those after it, until
a model writes again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from src.catalogue.values import Copy, CopyFailed, CopyTask

_FIRST: Final = 1.0
_LONGEST: Final = 30.0
Result = Copy | CopyFailed


class Patience:
    """One run's; lives on its loop.

    Args:
        seconds: how long an outage is waited out; 0 takes every result as it comes.
        changed: called when an outage begins or ends.
    """

    def __init__(
        self,
        seconds: float,
        changed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._seconds = seconds
        self._changed = changed
        self._clock = clock
        self._sleep = sleep
        self._since: float | None = None
        self._wait = _FIRST
        self._given_up = seconds <= 0
        self._asking = asyncio.Lock()

    @property
    def holding(self) -> bool:
        """Whether nothing new should be begun."""
        return self._since is not None and not self._given_up

    async def outlast(
        self,
        task: CopyTask,
        write: Callable[[CopyTask], Awaitable[Result]],
        stopped: Callable[[], bool],
    ) -> Result | None:
        """The text of a model, or what stands in its place when patience has ended.

        Args:
            write: asks for the text.
            stopped: whether the run is being stopped.

        Returns:
            None when the run was stopped meanwhile: the text is as if never begun.
        """
        result = await write(task)
        while True:
            if not is_outage(result):
                self._over(made=isinstance(result, Copy) and result.engine == "model")
                return result
            if result.stuck and not self._given_up:
                self._given_up = True
                self._changed()
            if self._given_up:
                return result
            if stopped():
                return None
            if self._since is None:
                self._since, self._wait = self._clock(), _FIRST
                self._changed()
            async with self._asking:
                if self._since is not None and not await self._ask_later(stopped):
                    continue
                result = await write(task)
                if not is_outage(result):
                    self._over(made=True)

    async def _ask_later(self, stopped: Callable[[], bool]) -> bool:
        """Wait for the next try; False when there is none."""
        until = self._clock() + self._wait
        self._wait = min(_LONGEST, 2 * self._wait)
        # A text that was under way already may end the outage meanwhile.
        while self._since is not None and self._clock() < until:
            if self._given_up or stopped():
                return False
            if self._clock() - self._since >= self._seconds:
                self._given_up = True
                self._changed()
                return False
            await self._sleep(min(0.2, self._wait))
        return True

    def _over(self, *, made: bool) -> None:
        if self._since is not None or (made and self._given_up and self._seconds > 0):
            self._since = None
            self._given_up = self._seconds <= 0
            self._changed()


def is_outage(result: Result) -> bool:
    """Whether no model could be asked, for reasons that may pass."""
    if isinstance(result, CopyFailed):
        return result.temporary
    return result.engine == "offline" and result.temporary
