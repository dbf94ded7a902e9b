"""How many texts are written at once: up while it is safe, down by half under pressure.

Pressure is what the ledger says of the requests since the last look: more of them turned away (429,
overloaded) than the odd one that any provider turns away, or answers that take three times as long
as they did at best.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

# Providers turn single requests away at any pace; only more than this share is a sign of ours.
_TOLERATED: Final = 0.10
_SLOWED: Final = 3.0
_ENOUGH: Final = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """Requests that ended since the last look.

    Attributes:
        turned_away: answered with "too many" or "overloaded".
        answered: with a text; `seconds` is their time in all.
    """

    requests: int = 0
    turned_away: int = 0
    answered: int = 0
    seconds: float = 0.0

    def __add__(self, other: Seen) -> Seen:
        return Seen(
            self.requests + other.requests,
            self.turned_away + other.turned_away,
            self.answered + other.answered,
            self.seconds + other.seconds,
        )


@dataclass(slots=True)
class Pace:
    """The bound on texts under way, between 1 and `ceiling`.

    It starts at the ceiling, which somebody chose; after a cut it rises by a twentieth of the
    ceiling at a time.

    Attributes:
        limit: texts that may be under way now.
        cuts: how often it was halved.
    """

    ceiling: int
    limit: int = 0
    cuts: int = 0
    _seen: Seen = field(default_factory=Seen)
    _settling: int = 0
    _best: float = math.inf

    def __post_init__(self) -> None:
        self.limit = self.limit or self.ceiling

    def look(self, seen: Seen, under_way: int) -> None:
        """Take in what ended since the last look.

        Args:
            under_way: the most that was under way since; what was not used cannot be judged safe.
        """
        if self._settling > 0:  # these were sent at the pace before the cut
            self._settling -= seen.requests
            return
        self._seen += seen
        pressed = self._turned_away() or self._slowed()
        if pressed:
            self._settling, self._seen = self.limit, Seen()
            self.limit = max(1, self.limit // 2)
            self.cuts += 1
        elif self._seen.requests >= min(_ENOUGH, self.limit):
            if under_way >= self.limit:
                self.limit = min(self.ceiling, self.limit + max(1, self.ceiling // 20))
            if self._seen.requests >= max(_ENOUGH, self.ceiling):
                self._seen = Seen()

    def _turned_away(self) -> bool:
        expected = _TOLERATED * self._seen.requests
        # Two standard deviations: the odd unlucky stretch is no pressure.
        chance = 2 * math.sqrt(expected * (1 - _TOLERATED))
        return self._seen.turned_away > max(2.0, expected + chance)

    def _slowed(self) -> bool:
        if self._seen.answered < _ENOUGH:
            return False
        mean = self._seen.seconds / self._seen.answered
        if mean > _SLOWED * self._best:
            # A provider that stays slow is slow on its own: the next cut needs it slower still.
            self._best = mean / 2
            return True
        self._best = min(self._best, mean)
        return False
