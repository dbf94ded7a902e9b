"""The policy: who is asked, how often, for how long, and what counts as an answer.

Runs on the router's event loop only. It records every attempt before it goes on, and never runs
the offline callable: the faces in `router.py` do, on the caller's own thread.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from src.llm.breaker import Breaker
from src.llm.budgets import Budgets
from src.llm.cache import AnswerCache, CachedAnswer, cache_key
from src.llm.call import Call
from src.llm.endpoints import Endpoint
from src.llm.errors import (
    BudgetExceeded,
    Cancelled,
    LLMError,
    NoProviderAvailable,
    RateLimited,
    Timeout,
)
from src.llm.exchange import SchemaMismatch, judge, unfit, wire_call, with_repair
from src.llm.ledger import CallEnd, Ledger
from src.llm.limits import RateLimiter
from src.llm.prices import cost_of
from src.llm.providers.base import Adapter, Reply, WireCall
from src.llm.sending import Emit, send
from src.llm.types import Attempt, LLMResponse, Message, Outcome, Usage

if TYPE_CHECKING:
    from src.config.models import Deployment, ModelMap

_SHARE_WHILE_OTHERS_WAIT = 0.6  # of the time left, so that a hanging provider leaves some over
_MIN_ATTEMPT_SECONDS = 0.05


class Engine:
    """Answers calls with models. One per router; its state is the process's."""

    def __init__(
        self,
        models: ModelMap,
        endpoints: dict[str, Endpoint],
        ledger: Ledger,
        cache: AnswerCache | None,
        budgets: Budgets,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._models = models
        self._endpoints = endpoints
        self._ledger = ledger
        self._cache = cache
        self._budgets = budgets
        self._jitter = jitter
        self._adapters: dict[str, asyncio.Task[Adapter]] = {}
        self._breakers: dict[str, Breaker] = {}
        self._limiters: dict[str, RateLimiter] = {}
        self._flights: dict[str, asyncio.Future[CachedAnswer | None]] = {}

    async def answer(self, call: Call, emit: Emit | None) -> LLMResponse:
        """The answer of the first deployment of the chain that gives one.

        Raises:
            LLMError: nobody could; `attempts` says what was tried. The call's end is not yet in
                the ledger then: the caller may still have an offline answer.
        """
        try:
            return await self._answer(call, emit)
        except asyncio.CancelledError:
            error = Cancelled("The call was cancelled.", kept="What was spent is in the ledger.")
            error.attempts = tuple(call.attempts)
            raise error from None
        except LLMError as error:
            error.attempts = tuple(call.attempts)
            raise
        finally:
            self._budgets.release(call.tag.call_id)

    async def close(self) -> None:
        """Close every provider's connections."""
        for task in self._adapters.values():
            if task.done() and not task.cancelled() and task.exception() is None:
                await task.result().close()
        if self._cache is not None:
            self._cache.close()

    async def _answer(self, call: Call, emit: Emit | None) -> LLMResponse:
        chain = self._admitted(call)
        failures: list[LLMError] = []
        for position, deployment in enumerate(chain):
            if call.remaining <= _MIN_ATTEMPT_SECONDS:
                call.passed_over.append(f"{deployment.id}: no time left")
                break
            why_not = self._why_not(call, deployment)
            if why_not:
                call.passed_over.append(f"{deployment.id}: {why_not}")
                continue
            try:
                return await self._through_cache(call, deployment, position, len(chain), emit)
            except LLMError as error:
                failures.append(error)
                if call.emitted or not error.fall_over:
                    raise
                call.notes.append(str(error.message))
        raise self._exhausted(call, failures)

    def _admitted(self, call: Call) -> tuple[Deployment, ...]:
        """The chain a call may use under the budgets."""
        chain = call.plan.chain
        estimate = max((self._estimate(call, d) for d in chain[:1]), default=Decimal(0))
        verdict = self._budgets.admit(call.tag.call_id, call.tag.session, estimate, call.started_at)
        if verdict.note:
            call.notes.append(verdict.note)
        if verdict.verdict == "stop":
            raise BudgetExceeded(
                verdict.note,
                kept="Nothing was sent.",
                hint="Raise the budget in Settings, or start a new session.",
            )
        if verdict.verdict == "downgrade" and self._models.downgrade is not None:
            return (self._models.downgrade,)
        return chain

    def _estimate(self, call: Call, deployment: Deployment) -> Decimal:
        usage = Usage(
            input_tokens=call.estimated_input_tokens(),
            output_tokens=min(
                call.request.max_tokens or call.plan.max_tokens,
                deployment.capability.max_output_tokens,
            ),
        )
        return cost_of(deployment, self._endpoints[deployment.provider].kind, usage) or Decimal(0)

    def _why_not(self, call: Call, deployment: Deployment) -> str:
        endpoint = self._endpoints[deployment.provider]
        if not endpoint.ready:
            return f"no key ({' or '.join(endpoint.key_names)})"
        if reason := unfit(call, deployment):
            return reason
        if self._breaker(deployment).is_open(time.monotonic()):
            return "left alone after repeated failures"
        return ""

    async def _through_cache(
        self, call: Call, deployment: Deployment, position: int, length: int, emit: Emit | None
    ) -> LLMResponse:
        wire = wire_call(call, deployment)
        policy = call.request.cache
        ttl = call.plan.cache_ttl_seconds if policy.ttl_seconds is None else policy.ttl_seconds
        if self._cache is None or policy.mode == "off" or ttl <= 0:
            return await self._ask(call, deployment, wire, position, length, emit)
        key = cache_key(deployment.provider, self._endpoints[deployment.provider].base_url, wire)
        if policy.mode == "use":
            known = self._cache.get(key, ttl) or await self._same_call(call, key)
            if known is not None:
                response = await self._from_cache(call, deployment, known, position, emit)
                if response is not None:
                    return response
        flight: asyncio.Future[CachedAnswer | None] = asyncio.get_running_loop().create_future()
        leading = self._flights.setdefault(key, flight) is flight
        try:
            response = await self._ask(call, deployment, wire, position, length, emit)
            answer = _to_cached(response)
            self._cache.put(key, answer)
            if leading:
                flight.set_result(answer)
            return response
        finally:
            if leading:
                self._flights.pop(key, None)
                if not flight.done():
                    flight.set_result(None)

    async def _same_call(self, call: Call, key: str) -> CachedAnswer | None:
        """The answer of an identical call that is under way, when it comes in time."""
        flight = self._flights.get(key)
        if flight is None:
            return None
        call.doing = "waiting for the same question of another call"
        try:
            async with asyncio.timeout(max(0.0, call.remaining)):
                return await asyncio.shield(flight)
        except TimeoutError:
            return None

    async def _from_cache(
        self,
        call: Call,
        deployment: Deployment,
        known: CachedAnswer,
        position: int,
        emit: Emit | None,
    ) -> LLMResponse | None:
        reply = Reply(
            text=known.text,
            outcome=Outcome.OK,
            model=known.model,
            usage=known.usage,
            finish_reason=known.finish_reason,
            tool_calls=known.tool_calls,
        )
        try:
            parsed = judge(call.request, reply)
        except LLMError:  # the schema's own checks changed since it was stored
            return None
        age = max(0.0, time.time() - known.made)
        saved = f"; saved ${known.cost:.4f}" if known.cost is not None else ""
        call.notes.append(f"From the cache, {_age(age)} old{saved}.")
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
        if emit is not None:
            emit(known.text)
        return await self._finish(
            call, attempt, replace(reply, usage=Usage()), parsed, position, "cache", known.cost
        )

    async def _ask(
        self,
        call: Call,
        deployment: Deployment,
        wire: WireCall,
        position: int,
        length: int,
        emit: Emit | None,
    ) -> LLMResponse:
        """Ask one deployment, with retries and one repair turn."""
        retry = self._models.retry
        breaker = self._breaker(deployment)
        tries, repaired = 0, False
        while True:
            tries += 1
            try:
                reply, parsed, attempt = await self._attempt(
                    call, deployment, wire, last=position == length - 1, emit=emit
                )
            except LLMError as error:
                if call.emitted:
                    raise
                if isinstance(error, SchemaMismatch) and not repaired:
                    repaired = True
                    wire = with_repair(wire, error.partial, error.problem)
                    continue
                if (
                    not error.retry_here
                    or tries >= retry.attempts
                    or breaker.is_open(time.monotonic())
                ):
                    raise
                wait = self._pause(error, tries)
                if wait is None or wait >= call.remaining - _MIN_ATTEMPT_SECONDS:
                    raise
                call.doing = f"waiting {wait:.1f} s before asking {deployment.id} again"
                await asyncio.sleep(wait)
                continue
            return await self._finish(call, attempt, reply, parsed, position, "model", None)

    def _pause(self, error: LLMError, tries: int) -> float | None:
        """Seconds before the next try here; None when the provider asks for too much patience."""
        retry = self._models.retry
        if isinstance(error, RateLimited) and error.retry_after is not None:
            return error.retry_after if error.retry_after <= retry.max_retry_after_seconds else None
        return self._jitter() * min(retry.max_backoff_seconds, retry.base_seconds * 2.0**tries)

    async def _attempt(
        self, call: Call, deployment: Deployment, wire: WireCall, *, last: bool, emit: Emit | None
    ) -> tuple[Reply, Any, Attempt]:
        """One request. A failed one is in the ledger when this raises."""
        breaker = self._breaker(deployment)
        started_at, started = dt.datetime.now(dt.UTC), time.monotonic()
        share = 1.0 if last else _SHARE_WHILE_OTHERS_WAIT
        seconds = min(call.plan.attempt_seconds, call.remaining * share)
        call.doing = f"asking {deployment.id}"
        if not breaker.allows(started):
            raise NoProviderAvailable(f"{deployment.id} is left alone after repeated failures.")
        reply: Reply | None = None
        sent = False
        try:
            async with asyncio.timeout(seconds):
                adapter = await self._adapter(deployment.provider)
                await self._limiter(deployment).acquire(
                    call.estimated_input_tokens() + wire.max_tokens,
                    bulk=call.request.priority == "bulk",
                )
                if call.cancelled.is_set():
                    raise asyncio.CancelledError
                sent = True
                wire = replace(wire, timeout=max(_MIN_ATTEMPT_SECONDS, seconds))
                reply = await send(adapter, wire, call, emit)
            parsed = judge(call.request, reply)
        except TimeoutError:
            error: LLMError = Timeout(
                f"{deployment.id} did not answer within {seconds:.1f} s."
                if sent
                else f"{deployment.id} had no free slot within {seconds:.1f} s."
            )
            if not sent:
                breaker.abandoned()
        except asyncio.CancelledError:
            breaker.abandoned()
            if sent:
                await self._note_cancelled(call, deployment, started_at, started)
            raise
        except LLMError as caught:
            error = caught
        else:
            breaker.succeeded()
            self._settle(call, deployment, wire, reply)
            return reply, parsed, self._record_of(deployment, reply, started_at, started, None)
        if sent:
            breaker.failed(error, time.monotonic())
        attempt = self._record_of(deployment, reply, started_at, started, error, free=not sent)
        call.attempts.append(attempt)
        await self._write(call, [(len(call.attempts), "model", attempt)], None)
        raise error

    async def _note_cancelled(
        self, call: Call, deployment: Deployment, started_at: dt.datetime, started: float
    ) -> None:
        error = Cancelled("The call was cancelled while the provider was answering.")
        attempt = self._record_of(deployment, None, started_at, started, error)
        call.attempts.append(attempt)
        await asyncio.shield(
            asyncio.ensure_future(self._write(call, [(len(call.attempts), "model", attempt)], None))
        )

    def _record_of(
        self,
        deployment: Deployment,
        reply: Reply | None,
        started_at: dt.datetime,
        started: float,
        error: LLMError | None,
        *,
        free: bool = False,
    ) -> Attempt:
        usage = reply.usage if reply else (error.usage if error else None)
        served = (reply.model if reply else error.served_model if error else None) or None
        outcome = error.outcome if error else Outcome.OK
        cost: Decimal | None = None
        if usage is None and (free or (error is not None and error.free)):
            usage, cost = Usage(), Decimal(0)
        elif outcome is not Outcome.CUT:  # a cut stream's usage is only what was counted so far
            kind = self._endpoints[deployment.provider].kind
            cost = cost_of(
                deployment,
                kind,
                usage,
                served_model=served,
                at=started_at,
                tier=reply.tier if reply else None,
            )
        return Attempt(
            deployment=deployment.id,
            provider=deployment.provider,
            model=served or deployment.model,
            outcome=outcome,
            started_at=started_at,
            seconds=time.monotonic() - started,
            usage=usage,
            cost=cost,
            error=error.code if error else None,
            detail=error.message if error else "",
        )

    async def _finish(
        self,
        call: Call,
        attempt: Attempt,
        reply: Reply,
        parsed: Any,
        position: int,
        kind: str,
        saved: Decimal | None,
    ) -> LLMResponse:
        call.attempts.append(attempt)
        first = call.first_token_at
        to_first = None if first is None else first - call.started
        end = CallEnd(
            kind=kind,
            outcome=Outcome.OK,
            seconds=call.seconds,
            attempts=tuple(call.attempts),
            started_at=call.started_at,
            provider=attempt.provider,
            model=attempt.model,
            fallback=position > 0,
            time_to_first_token=to_first,
            saved=saved,
        )
        await self._write(call, [(len(call.attempts), kind, attempt)], end)
        if position > 0 and kind == "model":
            call.notes.append(f"{attempt.model} answered.")
        provider_kind = self._endpoints[attempt.provider].kind
        return LLMResponse(
            text=reply.text,
            parsed=parsed,
            provider=attempt.provider,
            model=attempt.model,
            usage=attempt.usage,
            cost=call.total_cost(),
            seconds=call.seconds,
            time_to_first_token=to_first,
            finish_reason=reply.finish_reason,
            tool_calls=reply.tool_calls,
            attempts=tuple(call.attempts),
            served_from_cache=kind == "cache",
            saved=saved,
            call_id=call.tag.call_id,
            notes=tuple(call.notes),
            turn=Message(
                role="assistant",
                text=reply.text,
                tool_calls=reply.tool_calls,
                echo=(provider_kind, reply.echo) if reply.echo else None,
            ),
        )

    async def _write(
        self, call: Call, attempts: list[tuple[int, str, Attempt]], end: CallEnd | None
    ) -> None:
        try:
            await asyncio.wrap_future(self._ledger.record(call.tag, attempts, end))
        except Exception:  # noqa: BLE001 - an answer that was paid for is not thrown away
            call.notes.append("The usage of this call could not be written down.")

    def _settle(self, call: Call, deployment: Deployment, wire: WireCall, reply: Reply) -> None:
        if reply.usage is not None:
            self._limiter(deployment).settle(
                call.estimated_input_tokens() + wire.max_tokens,
                reply.usage.input_tokens + reply.usage.output_tokens,
            )

    def _exhausted(self, call: Call, failures: list[LLMError]) -> LLMError:
        if failures and len({type(failure) for failure in failures}) == 1:
            return failures[-1]
        told = [failure.message for failure in failures] + call.passed_over
        return NoProviderAvailable(
            "No model could answer. " + " ".join(_sentence(line) for line in told)
            if told
            else "No model could answer: the task's chain is empty.",
            hint="Set a key in the environment or .env, or try again later.",
        )

    async def _adapter(self, provider: str) -> Adapter:
        task = self._adapters.get(provider)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            endpoint = self._endpoints[provider]
            task = asyncio.ensure_future(asyncio.to_thread(endpoint.adapter))
            self._adapters[provider] = task
        return await asyncio.shield(task)

    def _breaker(self, deployment: Deployment) -> Breaker:
        spec = self._models.breaker
        return self._breakers.setdefault(
            deployment.id, Breaker(spec.failures, spec.cooldown_seconds)
        )

    def _limiter(self, deployment: Deployment) -> RateLimiter:
        limiter = self._limiters.get(deployment.id)
        if limiter is None:
            limiter = RateLimiter(deployment.requests_per_minute, deployment.tokens_per_minute)
            self._limiters[deployment.id] = limiter
        return limiter


def _to_cached(response: LLMResponse) -> CachedAnswer:
    return CachedAnswer(
        text=response.text,
        model=response.model,
        provider=response.provider,
        finish_reason=response.finish_reason,
        tool_calls=response.tool_calls,
        usage=response.usage,
        cost=response.cost,
        made=time.time(),
    )


def _age(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172800 else f"{seconds / 86400:.0f} days"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else text + "."
