"""Where a batch run is, as plain values for a terminal and a page; and how patient it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Phase = Literal["reading", "waiting", "cancelling", "ended"]


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One batch at a provider.

    Attributes:
        state: ``ready``, ``submitting`` (handed in, not heard of), ``open``, ``over``.
        requests, done: its texts, and how many the provider says have ended.
    """

    name: str
    provider: str
    model: str
    state: str
    requests: int
    done: int = 0
    batch_id: str = ""


@dataclass(slots=True)
class BatchProgress:
    """Counts of texts; a run changes it in place and shows it after every change.

    Attributes:
        tasks: read so far; `batched` of them are in batches, `written` there and fit for use.
        live: left to the live path, `live_done` of them ended, because of `reasons`.
        failed: nobody wrote them.
        cost: dollars of the batches whose answers are in; `unknown_costs` answers are not in it.
        batches: those that are not over.
        ending: ``done``, ``cancelled`` or ``budget``, as far as it is known.
        note: what happened last that somebody should know.
    """

    phase: Phase = "reading"
    tasks: int = 0
    batched: int = 0
    written: int = 0
    live: int = 0
    live_done: int = 0
    failed: int = 0
    cost: Decimal = Decimal(0)
    unknown_costs: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    batches: tuple[BatchLine, ...] = ()
    ending: Literal["done", "cancelled", "budget"] = "done"
    note: str = ""

    def line(self) -> str:
        """One line for a terminal."""
        at_work = sum(one.requests for one in self.batches)
        parts = [f"{self.written + self.live_done + self.failed:,} of {self.tasks:,} texts"]
        if at_work:
            parts.append(f"{at_work:,} in {len(self.batches)} batches")
        if self.live:
            parts.append(f"{self.live_done:,} of {self.live:,} live")
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        parts.append(f"${self.cost:.4f}" + ("+" if self.unknown_costs else ""))
        return " · ".join([*parts, self.note] if self.note else parts)


@dataclass(frozen=True, slots=True)
class BatchPace:
    """How a run waits, in seconds.

    Attributes:
        first, most: between two looks at the batches; growing while nothing changes.
        patience: how long a provider may fail to answer before the run gives up for now.
        settle: how long a batch that was handed in may take to show in the provider's list.
        longest: a batch older than this is cancelled, and its rest written live.
        cancelling: how long a cancelled run waits for what was done to be handed over.
        tries: submissions of one part before its texts are written live.
        live: texts written live at once.
    """

    first: float = 5.0
    most: float = 60.0
    patience: float = 3600.0
    settle: float = 30.0
    longest: float = 26 * 3600.0
    cancelling: float = 900.0
    tries: int = 4
    live: int = 16
