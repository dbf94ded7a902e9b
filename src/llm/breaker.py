"""Leaves a failing deployment alone for a while, then lets one probe through."""

from __future__ import annotations

import math
from dataclasses import dataclass

from src.llm.errors import (
    AuthenticationFailed,
    Busy,
    ConnectionFailed,
    LLMError,
    ModelNotFound,
    QuotaExhausted,
    StreamCut,
    Timeout,
)

_COUNTED = (Busy, Timeout, ConnectionFailed, StreamCut)
_HOPELESS = (AuthenticationFailed, QuotaExhausted, ModelNotFound)
_LONGEST_COOLDOWN = 300.0


@dataclass(slots=True)
class Breaker:
    """State of one deployment. Times are seconds of a monotonic clock the caller reads."""

    threshold: int
    cooldown: float
    failures: int = 0
    open_until: float | None = None
    probe_began: float | None = None
    answered_at: float = -math.inf

    def allows(self, now: float) -> bool:
        """Whether a request may be sent; true once per cooldown for the probe that decides."""
        if self.open_until is None:
            return True
        if self.is_open(now):
            return False
        self.probe_began = now
        return True

    def is_open(self, now: float) -> bool:
        """Whether requests are held back right now."""
        return self.open_until is not None and (now < self.open_until or self._probing)

    def succeeded(self, now: float) -> None:
        """The deployment answered, even if the answer was no use."""
        self.failures, self.open_until, self.probe_began = 0, None, None
        self.answered_at = now

    def failed(self, error: LLMError, began: float, now: float) -> None:
        """Count a failure; what retrying cannot mend opens at once.

        A request that was sent before the last answer came says nothing of how the deployment is
        now: of a hundred requests at once a few may fail in a row.
        """
        if not isinstance(error, _COUNTED + _HOPELESS):
            self.succeeded(now)
            return
        if isinstance(error, _COUNTED) and began < self.answered_at and not self._probing:
            return
        self.failures += 1
        if self._probing or self.failures >= self.threshold or isinstance(error, _HOPELESS):
            wait = self.cooldown
            if isinstance(error, Busy) and error.retry_after:
                wait = min(max(wait, error.retry_after), _LONGEST_COOLDOWN)
            self.open_until = now + wait
        self.probe_began = None

    def abandoned(self, began: float) -> None:
        """A request was cancelled before it said anything. If it was the probe, another may go;
        if not, the probe is still under way."""
        if self.probe_began == began:
            self.probe_began = None

    @property
    def _probing(self) -> bool:
        return self.probe_began is not None
