"""How long a bulk call waits for an answer: judged by how long the others' answers took.

What a task allows, half a minute for a text, is meant for the slowest model on its worst day. Of
the thousands of requests of a catalogue the few that will never be answered would each hold a
place for all of that time. Several times what nearly all answers took is patience enough; what is
given up at that limit counts as an answer that took so long, so that a provider which becomes
slow is waited for again after a few of them.
"""

from __future__ import annotations

import math
from collections import deque

_ENOUGH = 50  # answers before anything is said of the next one
_KEPT = 200
_NEARLY_ALL = 0.95
_TIMES = 2.5  # with times spread as those of models are, one answer in ten thousand takes longer
_LEAST = 0.5  # seconds
_LOOK_EVERY = 10


class Promptness:
    """That of one deployment with one kind of answers. Lives on the engine's event loop."""

    def __init__(self) -> None:
        self._took: deque[float] = deque(maxlen=_KEPT)
        self._count = 0
        self._limit = math.inf

    @property
    def limit(self) -> float:
        """Seconds after which an answer is not worth waiting for; infinite while too few came."""
        return self._limit

    def took(self, seconds: float) -> None:
        """An answer came, or was given up, after so long."""
        self._took.append(seconds)
        self._count += 1
        if self._count >= _ENOUGH and self._count % _LOOK_EVERY == 0:
            usual = sorted(self._took)[math.ceil(_NEARLY_ALL * len(self._took)) - 1]
            self._limit = max(_LEAST, _TIMES * usual)
