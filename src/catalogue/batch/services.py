"""The batch services a run uses: one connection a provider, opened when it is first needed."""

from __future__ import annotations

import asyncio
import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from src.catalogue.batch.store import Part
from src.errors import StateError
from src.llm.providers.base import Adapter
from src.llm.providers.batches import BatchService
from src.llm.usage import limits_of, spent_reader

if TYPE_CHECKING:
    from src.config.models import Deployment
    from src.llm.router import Router


class Services:
    """Finds and opens batch services. Lives on one event loop."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._adapters: dict[str, Adapter] = {}
        self._services: dict[str, BatchService | None] = {}
        self._deployments = {one.id: one for one in router.models.deployments()}

    async def of(self, deployment: Deployment) -> BatchService | None:
        """The provider's service; None where it has none."""
        name = deployment.provider
        if name not in self._services:
            # Importing an SDK takes up to seconds.
            adapter = await asyncio.to_thread(self._router.endpoints[name].adapter)
            self._adapters[name] = adapter
            self._services[name] = adapter.batches()
        return self._services[name]

    async def of_part(self, part: Part) -> BatchService:
        """The service that holds a part, or will."""
        deployment = self.deployment(part)
        endpoint = self._router.endpoints[deployment.provider]
        service = await self.of(deployment) if endpoint.ready else None
        if service is None:
            raise StateError(
                f"A batch of this run is at {deployment.provider}, and no key is set for it.",
                where=part.name,
                kept="The batch is at work, and its id is in the run's folder.",
                hint=f"Set {' or '.join(endpoint.missing)} and run again.",
            )
        return service

    def deployment(self, part: Part) -> Deployment:
        """The deployment a part asks."""
        found = self._deployments.get(part.deployment)
        if found is None:
            raise StateError(
                f"A batch of this run asks {part.deployment}, which the models file does not name.",
                where=part.name,
                kept="The batch is at work, and its id is in the run's folder.",
                hint="Name the model in a chain again, and run again.",
            )
        return found

    async def spent(self, run: str | None) -> Decimal:
        """Dollars in the ledger, of a run or, without one, of everybody."""
        return await asyncio.to_thread(spent_reader(self._router.ledger), run, None)

    @property
    def limited(self) -> bool:
        """Whether the router has a budget to keep."""
        limits = limits_of(self._router.models, self._router.settings)
        return limits.session is not None or limits.day is not None

    async def over_budget(self, most: Decimal, run: str | None) -> str:
        """Why a batch that may cost `most` dollars cannot be handed in; empty when it can."""
        limits = limits_of(self._router.models, self._router.settings)
        spent = spent_reader(self._router.ledger)
        midnight = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        scopes = (("session", limits.session, run, None), ("day", limits.day, None, midnight))
        for scope, limit, session, since in scopes:
            if limit is None or (scope == "session" and session is None):
                continue
            used = await asyncio.to_thread(spent, session, since)
            if used + most > limit:
                return (
                    f"A batch that may cost ${most:.4f} does not fit into the {scope}'s budget of "
                    f"${limit:.2f}, of which ${used:.2f} is spent."
                )
        return ""

    async def close(self) -> None:
        """Close all connections."""
        for adapter in self._adapters.values():
            await adapter.close()
