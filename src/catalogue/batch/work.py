"""What the steps of a batch run share: its parts, its counts, its money."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from src.catalogue.batch.desk import Desk
from src.catalogue.batch.progress import BatchLine, BatchPace, BatchProgress
from src.catalogue.batch.services import Services
from src.catalogue.batch.store import BatchStore, End, Part


@dataclass(slots=True)
class Work:
    """A run under way.

    Attributes:
        budget: dollars of the run; None: no bound but the router's own.
        done: requests that have ended, by part.
        heard: the monotonic moment a provider last answered about a part.
        cancels: parts whose cancelling was asked for.
    """

    desk: Desk
    store: BatchStore
    services: Services
    pace: BatchPace
    budget: Decimal | None
    progress: BatchProgress = field(default_factory=BatchProgress)
    done: dict[str, int] = field(default_factory=dict)
    heard: dict[str, float] = field(default_factory=dict)
    cancels: set[str] = field(default_factory=set)
    _most: dict[str, Decimal] = field(default_factory=dict)

    def count(self, end: End | None) -> None:
        """Count a text as waiting in a batch, or as left to the live path."""
        if end is None:
            self.progress.batched += 1
        else:
            self.progress.live += 1
            reasons = self.progress.reasons
            reasons[end.because] = reasons.get(end.because, 0) + 1

    def give_to_live(self, part: Part, because: str, told: str) -> None:
        """Leave what has no answer to the live path; the part is over."""
        end = End(because=because, told=told)
        left = self.store.items(part.name)
        self.store.settle([(item, end) for item in left])
        self.store.put(replace(part, state="over"))
        for item in left:
            if item.wanted:
                self.progress.batched -= 1
                self.count(end)
        if left:
            self.progress.note = told

    async def affordable(self, part: Part) -> bool:
        """Whether a part fits into the budgets, beside those that are at work."""
        if self.budget is None and not self.services.limited:
            return True
        at_work = [one for one in self.store.parts() if one.state in {"submitting", "open"}]
        most = sum((self._may_cost(one) for one in (part, *at_work)), Decimal(0))
        run = self.desk.client.run
        if self.budget is not None and most + await self.services.spent(run) > self.budget:
            self.progress.batched -= part.requests
            self.store.drop_unanswered(part)
            self._end_by_budget(f"A batch that may cost ${self._may_cost(part):.4f}")
            return False
        if note := await self.services.over_budget(most, run):
            self.give_to_live(part, "budget", note)
            return False
        return True

    async def may_write(self) -> bool:
        """Whether the budget leaves room for another live text."""
        if self.budget is None:
            return True
        if await self.services.spent(self.desk.client.run) < self.budget:
            return True
        if self.store.live(0, 1):
            self._end_by_budget("Another text")
        return False

    def lines(self) -> tuple[BatchLine, ...]:
        """The parts that are not over, for people."""
        lines = []
        for part in self.store.parts():
            deployment = self.services.deployment(part)
            lines.append(
                BatchLine(
                    name=part.name,
                    provider=deployment.provider,
                    model=deployment.model,
                    state=part.state,
                    requests=part.requests,
                    done=self.done.get(part.name, 0),
                    batch_id=part.batch_id,
                )
            )
        return tuple(lines)

    def _may_cost(self, part: Part) -> Decimal:
        """An upper estimate in dollars of what a part has still to cost."""
        if part.name not in self._most:
            deployment = self.services.deployment(part)
            wires = (self.desk.wire(one.task, deployment) for one in self.store.items(part.name))
            most = (self.desk.most(wire, deployment) for wire in wires)
            self._most[part.name] = sum(most, Decimal(0))
        return self._most[part.name]

    def _end_by_budget(self, what: str) -> None:
        self.progress.ending = "budget"
        self.progress.note = f"{what} does not fit into the budget of ${self.budget:.4f}."
