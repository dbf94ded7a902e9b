"""Where a run is, as a plain value, and how fast it goes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final

_WINDOW: Final = 30.0  # seconds the rate is measured over
_SPAN: Final = 0.25


@dataclass(frozen=True, slots=True)
class Progress:
    """A run at one moment; JSON-ready through `to_dict`.

    Attributes:
        phase: ``ready``, ``running``, ``paused``, ``stopping`` (finishing what is under way) or
            ``ended``; then `ending` is ``done``, ``cancelled``, ``budget`` or ``failed``.
        total, done: texts; done are `skipped` (kept from before), `written` and `failed`, now or
            before.
        offline: of those done, by the deterministic template; `failed_over`: by another model than
            the first.
        waiting: no model can be asked just now; the run is held back and asks again.
        under_way, limit, cuts: texts being written, how many may be, how often that was halved.
        per_second, eta_seconds: None while nothing can be said.
        spent: dollars of the run, restarts included; `unknown_costs` requests are not in it.
        requests, turned_away: sent to providers; answered with "too many".
    """

    phase: str
    ending: str
    total: int
    done: int
    skipped: int
    written: int
    offline: int
    failed: int
    failed_over: int
    under_way: int
    limit: int
    cuts: int
    per_second: float | None
    eta_seconds: float | None
    seconds: float
    spent: Decimal
    unknown_costs: int
    requests: int
    turned_away: int
    input_tokens: int
    output_tokens: int
    waiting: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON-ready data; dollars as text, exactly."""
        return asdict(self) | {"spent": str(self.spent)}

    def line(self) -> str:
        """One line for a terminal."""
        parts = [f"{self.done:,} of {self.total:,} texts"]
        if self.phase == "paused":
            parts.append("paused")
        if self.waiting and self.phase == "running":
            parts.append("no model answers, asking again")
        if self.per_second:
            parts.append(f"{self.per_second:.1f}/s")
        if self.eta_seconds is not None and self.phase == "running":
            parts.append(f"{duration(self.eta_seconds)} left")
        parts.append(f"{self.under_way} of {self.limit} under way")
        parts.append(f"${self.spent:.4f}" + ("+" if self.unknown_costs else ""))
        for count, what in (
            (self.failed_over, "failed over"),
            (self.offline, "by template"),
            (self.failed, "failed"),
        ):
            if count:
                parts.append(f"{count:,} {what}")
        return " · ".join(parts)


class Speed:
    """Counts texts and tells the rate of the last half minute.

    Counted on one thread and read on others; a reading may be one text old.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started: float | None = None
        self._ended: float | None = None
        self._count = 0
        self._marks: deque[tuple[float, int]] = deque()

    def start(self) -> None:
        """The run begins now."""
        self._started = self._clock()
        self._marks.append((self._started, 0))

    def stop(self) -> None:
        """The run ends now."""
        self._ended = self._clock()

    def count(self) -> None:
        """One more text."""
        self._count += 1
        now = self._clock()
        if now - self._marks[-1][0] >= _SPAN:
            self._marks.append((now, self._count))
            while now - self._marks[0][0] > _WINDOW and len(self._marks) > 1:
                self._marks.popleft()

    def seconds(self) -> float:
        """How long the run has taken."""
        if self._started is None:
            return 0.0
        return (self._clock() if self._ended is None else self._ended) - self._started

    def per_second(self) -> float | None:
        """Texts a second; None before the first."""
        if self._started is None or not self._count:
            return None
        since, before = self._marks[0] if self._ended is None else (self._started, 0)
        span = (self._clock() if self._ended is None else self._ended) - since
        return (self._count - before) / span if span > 0 else None

    def eta(self, left: int) -> float | None:
        """Seconds that `left` texts will take at this rate."""
        rate = self.per_second()
        return left / rate if rate else None


def duration(seconds: float) -> str:
    """``45 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
