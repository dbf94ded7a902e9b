"""Dollars per session and per UTC day, kept by concurrent calls through reservations.

A call is let in while what is spent and reserved is below the limit, and reserves its estimate
until its real cost is in the ledger; so spend passes a limit by one call's estimate at most.
What is spent is read from the ledger now and then, and counted in between: to add up the day for
each call would take longer than the call.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Scope = Literal["session", "day"]
_TRUSTED_SECONDS = 1.0  # before the ledger is read again, for what other processes have spent


@dataclass(frozen=True, slots=True)
class Limits:
    """The configured budgets; None: no limit."""

    session: Decimal | None
    day: Decimal | None
    warn_at: Decimal
    at_limit: Literal["stop", "downgrade", "offline"]


@dataclass(frozen=True, slots=True)
class Admission:
    """What a call may do.

    Attributes:
        verdict: ``go``, ``downgrade`` to the cheap deployment, or ``stop``.
        note: plain words for the screen; empty when there is nothing to say.
    """

    verdict: Literal["go", "downgrade", "stop"]
    note: str = ""


@dataclass(slots=True)
class _Sum:
    read_at: float
    dollars: Decimal


@dataclass(slots=True)
class Budgets:
    """Admits calls. Not locked: it lives on the engine's one thread.

    Args:
        spent: reads the ledger: dollars of a session (or of everybody, with None) since a moment.
        clock: seconds, monotonic.
    """

    limits: Limits
    spent: Callable[[str | None, dt.datetime | None], Decimal]
    clock: Callable[[], float] = time.monotonic
    _sums: dict[tuple[str | None, dt.datetime | None], _Sum] = field(default_factory=dict)
    _reserved: dict[str, tuple[str | None, Decimal]] = field(default_factory=dict)
    # Sums over the reservations, kept as they come and go: with a thousand calls under way,
    # adding them up for each one that comes would take longer than asking.
    _held: Decimal = Decimal(0)
    _held_by: dict[str | None, Decimal] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether there is any limit to keep."""
        return self.limits.session is not None or self.limits.day is not None

    def admit(
        self, call_id: str, session: str | None, estimate: Decimal, now: dt.datetime
    ) -> Admission:
        """Decide on a call and, unless it is stopped, reserve its estimate."""
        if not self.active:
            return Admission("go")
        worst = Admission("go")
        for scope, limit, used in self._standing(session, now):
            share = used / limit if limit else Decimal(1)
            if share >= 1:
                return Admission("stop", f"The {scope}'s budget of ${limit:.2f} is spent.")
            if share >= self.limits.warn_at:
                note = f"${used:.2f} of the {scope}'s ${limit:.2f} budget is used."
                if self.limits.at_limit == "downgrade":
                    worst = Admission("downgrade", note + " A cheaper model takes over.")
                elif worst.verdict == "go":
                    worst = Admission("go", note)
        self._reserve(call_id, session, estimate)
        return worst

    def count(self, session: str | None, cost: Decimal | None) -> None:
        """Take note of a cost that has just gone into the ledger; None, an unknown one, is none."""
        for (own, _), known in self._sums.items():
            if cost is not None and own in (None, session):
                known.dollars += cost

    def release(self, call_id: str) -> None:
        """Give a reservation back, after the call's cost is in the ledger."""
        known = self._reserved.pop(call_id, None)
        if known is None:
            return
        session, estimate = known
        self._held -= estimate
        left = self._held_by.pop(session, Decimal(0)) - estimate
        if left:
            self._held_by[session] = left

    def _reserve(self, call_id: str, session: str | None, estimate: Decimal) -> None:
        self._reserved[call_id] = (session, estimate)
        self._held += estimate
        self._held_by[session] = self._held_by.get(session, Decimal(0)) + estimate

    def _standing(
        self, session: str | None, now: dt.datetime
    ) -> list[tuple[Scope, Decimal, Decimal]]:
        rows: list[tuple[Scope, Decimal, Decimal]] = []
        if self.limits.session is not None and session is not None:
            held = self._held_by.get(session, Decimal(0))
            rows.append(("session", self.limits.session, self._spent(session, None) + held))
        if self.limits.day is not None:
            midnight = now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            rows.append(("day", self.limits.day, self._spent(None, midnight) + self._held))
        return rows

    def _spent(self, session: str | None, since: dt.datetime | None) -> Decimal:
        now = self.clock()
        known = self._sums.get((session, since))
        if known is None or now - known.read_at > _TRUSTED_SECONDS:
            self._sums = {
                key: each
                for key, each in self._sums.items()
                if now - each.read_at <= _TRUSTED_SECONDS
            }
            known = self._sums[session, since] = _Sum(now, self.spent(session, since))
        return known.dollars
