"""Requests and tokens per minute of one deployment, interactive work first.

Two token buckets that refill continuously. Who must wait queues by priority; a bulk call that
was passed over long enough goes next, so nobody starves.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_PATIENCE = 5.0  # seconds after which a bulk call ranks with interactive ones


@dataclass(slots=True)
class _Bucket:
    per_minute: int
    level: float
    at: float

    def refill(self, now: float) -> None:
        self.level = min(self.per_minute, self.level + (now - self.at) * self.per_minute / 60)
        self.at = now

    def wait_for(self, amount: float) -> float:
        missing = min(amount, self.per_minute) - self.level
        return max(0.0, missing * 60 / self.per_minute)


@dataclass(slots=True)
class _Waiter:
    number: int
    bulk: bool
    since: float
    tokens: int
    go: asyncio.Future[None] = field(repr=False)


class RateLimiter:
    """Lives on one event loop."""

    def __init__(
        self,
        requests_per_minute: int | None,
        tokens_per_minute: int | None,
        clock: Callable[[], float] = time.monotonic,
        patience: float = _PATIENCE,
    ) -> None:
        self._clock = clock
        self._patience = patience
        now = clock()
        self._requests = (
            _Bucket(requests_per_minute, requests_per_minute, now) if requests_per_minute else None
        )
        self._tokens = (
            _Bucket(tokens_per_minute, tokens_per_minute, now) if tokens_per_minute else None
        )
        self._waiting: list[_Waiter] = []
        self._numbers = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    async def acquire(self, tokens: int, *, bulk: bool = False) -> None:
        """Wait for a request and `tokens` tokens. Cancelling gives the place in the queue up."""
        if self._requests is None and self._tokens is None:
            return
        loop = asyncio.get_running_loop()
        waiter = _Waiter(next(self._numbers), bulk, self._clock(), tokens, loop.create_future())
        self._waiting.append(waiter)
        self._serve()
        try:
            await waiter.go
        except asyncio.CancelledError:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            else:  # its turn had come, and it does not take it
                self._take(-1, -tokens)
                self._serve()
            raise

    def settle(self, estimated: int, used: int) -> None:
        """Correct the token bucket once the true number is known."""
        if self._tokens is not None:
            self._tokens.level += estimated - used
            self._serve()  # whoever waits may go earlier than the estimate said

    def _serve(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            now = self._clock()
            waiter = min(
                self._waiting,
                key=lambda w: (w.bulk and now - w.since < self._patience, w.number),
            )
            delay = self._delay(waiter.tokens, now)
            if delay > 0:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(delay, self._serve)
                return
            self._waiting.remove(waiter)
            if waiter.go.cancelled():
                continue
            self._take(1, waiter.tokens)
            waiter.go.set_result(None)

    def _take(self, requests: int, tokens: int) -> None:
        if self._requests:
            self._requests.level -= requests
        if self._tokens:
            self._tokens.level -= tokens

    def _delay(self, tokens: int, now: float) -> float:
        delay = 0.0
        for bucket, amount in ((self._requests, 1), (self._tokens, tokens)):
            if bucket is not None:
                bucket.refill(now)
                delay = max(delay, bucket.wait_for(amount))
        return delay
