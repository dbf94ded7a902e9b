"""What the engine keeps per provider and per deployment: adapters, breakers, rate limiters."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from src.llm.breaker import Breaker
from src.llm.endpoints import Endpoint
from src.llm.errors import NotSetUp
from src.llm.limits import RateLimiter
from src.llm.promptness import Promptness
from src.llm.providers.base import Adapter, WireCall
from src.llm.reach import check_reachable
from src.llm.redact import redact

if TYPE_CHECKING:
    from src.config.models import Deployment
    from src.config.models_schema import BreakerSpec

# Each is a socket and its buffers; more texts than this at once no provider's limits allow.
_REQUESTS_AT_ONCE = 256


class Pool:
    """Lives on the engine's event loop."""

    def __init__(self, endpoints: dict[str, Endpoint], breaker: BreakerSpec) -> None:
        self._endpoints = endpoints
        self._spec = breaker
        self._adapters: dict[str, asyncio.Task[Adapter]] = {}
        self._breakers: dict[str, Breaker] = {}
        self._limiters: dict[str, RateLimiter] = {}
        self._lanes: dict[tuple[str, str], asyncio.Semaphore] = {}
        self._promptness: dict[tuple[str, int], Promptness] = {}

    def endpoint(self, deployment: Deployment) -> Endpoint:
        """The provider's address and key."""
        return self._endpoints[deployment.provider]

    async def adapter(self, deployment: Deployment) -> Adapter:
        """The provider's adapter. Its SDK is imported on a thread: that can take seconds.

        Raises:
            ConnectionFailed: it is not loaded yet, and nothing listens at its address.
            NotSetUp: it cannot be loaded.
        """
        name = deployment.provider
        task = self._loading(name)
        if task is None:
            # One task for all who come meanwhile: a thousand calls knock once.
            task = asyncio.ensure_future(self._load(name))
            # Whoever asked may have given up meanwhile; that is no reason to complain.
            task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            self._adapters[name] = task
        return await asyncio.shield(task)

    async def _load(self, name: str) -> Adapter:
        endpoint = self._endpoints[name]
        await check_reachable(endpoint)
        try:
            return await asyncio.to_thread(endpoint.adapter)
        except Exception as error:  # noqa: BLE001 - a broken installation raises anything
            said = redact(str(error), (endpoint.key,))
            raise NotSetUp(
                f"The SDK of {name} cannot be used here: {type(error).__name__} ({said}).",
                hint="Install the requirements anew; check the base URL and SSL_CERT_FILE.",
            ) from None

    def _loading(self, name: str) -> asyncio.Task[Adapter] | None:
        """The task that loads or loaded an adapter, unless it failed."""
        task = self._adapters.get(name)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            return None
        return task

    def breaker(self, deployment: Deployment) -> Breaker:
        """The deployment's circuit breaker."""
        breaker = self._breakers.get(deployment.id)
        if breaker is None:
            breaker = Breaker(self._spec.failures, self._spec.cooldown_seconds)
            self._breakers[deployment.id] = breaker
        return breaker

    def limiter(self, deployment: Deployment) -> RateLimiter:
        """The deployment's rate limiter, shared by all tasks."""
        limiter = self._limiters.get(deployment.id)
        if limiter is None:
            limiter = RateLimiter(deployment.requests_per_minute, deployment.tokens_per_minute)
            self._limiters[deployment.id] = limiter
        return limiter

    def lane(self, deployment: Deployment, priority: str) -> asyncio.Semaphore:
        """Entered around a request: bounds how many run at one provider at once.

        Each priority has its own, so that interactive calls never queue behind bulk ones.
        """
        key = (deployment.provider, priority)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = asyncio.Semaphore(_REQUESTS_AT_ONCE)
        return lane

    def promptness(
        self, deployment: Deployment, wire: WireCall, priority: str
    ) -> Promptness | None:
        """How soon the deployment gives such answers to bulk calls; None for interactive ones,
        which have a person who can judge and cancel."""
        if priority != "bulk":
            return None
        key = (deployment.id, wire.max_tokens)
        usual = self._promptness.get(key)
        if usual is None:
            usual = self._promptness[key] = Promptness()
        return usual

    async def close(self) -> None:
        """Close every provider's connections."""
        for task in self._adapters.values():
            if task.done() and not task.cancelled() and task.exception() is None:
                await task.result().close()
