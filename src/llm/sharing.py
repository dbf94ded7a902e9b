"""One request for all identical calls: by what the cache has, or by waiting for the one under way.

Lives on the router's event loop. Whom to ask, and whether at all, is the engine's business.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from src.llm.booking import Answered
from src.llm.cache import AnswerCache, CachedAnswer, age_in_words
from src.llm.call import Call
from src.llm.errors import LLMError, Timeout
from src.llm.exchange import judge
from src.llm.providers.base import Reply
from src.llm.types import Attempt, LLMResponse, Outcome, Usage

if TYPE_CHECKING:
    from src.config.models import Deployment


@dataclass(slots=True)
class SharedAnswers:
    """Answers of finished calls, and the calls that others wait for. One per router."""

    cache: AnswerCache
    _flights: dict[str, asyncio.Future[CachedAnswer | LLMError | None]] = field(
        default_factory=dict
    )

    def stored(self, key: str, ttl: float) -> CachedAnswer | None:
        """The answer of a call of the last `ttl` seconds."""
        return self.cache.get(key, ttl)

    async def find(self, call: Call, key: str, ttl: float) -> CachedAnswer | None:
        """The answer that is stored, or that an identical call under way gets in time.

        Raises:
            LLMError: what that call got instead; a thousand callers need not all find it out.
        """
        if (known := self.stored(key, ttl)) is not None:
            return known
        outcome: CachedAnswer | LLMError | None = None
        try:
            async with asyncio.timeout(max(0.0, call.remaining)):
                while outcome is None and (flight := self._flights.get(key)) is not None:
                    call.doing = "waiting for the same question of another call"
                    outcome = await asyncio.shield(flight)
        except TimeoutError:
            return None
        if isinstance(outcome, LLMError):
            raise _twin(outcome)
        return outcome

    async def lead(self, key: str, asking: Coroutine[Any, Any, LLMResponse]) -> LLMResponse:
        """Ask on behalf of every identical call that comes meanwhile, and keep the answer."""
        flight: asyncio.Future[CachedAnswer | LLMError | None]
        flight = asyncio.get_running_loop().create_future()
        leads = self._flights.setdefault(key, flight) is flight
        outcome: CachedAnswer | LLMError | None = None
        try:
            response = await asking
            outcome = _to_keep(response)
            self.cache.put(key, outcome)
            return response
        except LLMError as error:
            # How long it waited was this call's own affair; everything else is the others' too.
            outcome = None if isinstance(error, Timeout) else error
            raise
        finally:
            if leads:
                del self._flights[key]
                flight.set_result(outcome)

    def close(self) -> None:
        """Close the cache."""
        self.cache.close()


def time_to_live(call: Call) -> float:
    """Seconds for which a known answer will do."""
    own = call.request.cache.ttl_seconds
    return call.plan.cache_ttl_seconds if own is None else own


def from_cache(
    call: Call, deployment: Deployment, position: int, kind: str, known: CachedAnswer
) -> Answered | None:
    """A known answer as one of this call's own, which costs nothing.

    Args:
        position: place of the deployment in the chain.
        kind: its provider's kind.

    Returns:
        None when the schema's own checks have changed since it was stored.
    """
    reply = Reply(
        text=known.text,
        outcome=Outcome.OK,
        model=known.model,
        usage=Usage(),
        finish_reason=known.finish_reason,
        tool_calls=known.tool_calls,
    )
    try:
        parsed = judge(call.request, reply)
    except LLMError:
        return None
    saved = f"; saved ${known.cost:.4f}" if known.cost is not None else ""
    call.notes.append(f"From the cache, {age_in_words(time.time() - known.made)} old{saved}.")
    attempt = Attempt(
        deployment=deployment.id,
        provider=known.provider,
        model=known.model,
        outcome=Outcome.OK,
        started_at=call.started_at,
        seconds=call.seconds,
        usage=Usage(),
        cost=Decimal(0),
    )
    return Answered(attempt, reply, parsed, position, kind, "cache", known.cost)


def _to_keep(response: LLMResponse) -> CachedAnswer:
    return CachedAnswer(
        text=response.text,
        model=response.model,
        provider=response.provider,
        finish_reason=response.finish_reason,
        tool_calls=response.tool_calls,
        usage=response.usage,
        cost=response.attempts[-1].cost,
        made=time.time(),
    )


def _twin(error: LLMError) -> LLMError:
    """The same error for another caller, who tried and paid nothing."""
    twin = type(error).__new__(type(error), *error.args)
    twin.__dict__.update(error.__dict__, usage=None, attempts=())
    return twin
