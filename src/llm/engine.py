"""The policy: who is asked, how often, for how long, and what counts as an answer.

Runs on the router's event loop only. It records every attempt before it goes on, and never runs
the offline callable: the faces in `router.py` do, on the caller's own thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
import logging
import random
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from src.llm.booking import Answered, attempt_of, book_answer, book_attempt, book_cancelled
from src.llm.budgets import Admission, Budgets
from src.llm.cache import CachedAnswer, cache_key
from src.llm.call import Call
from src.llm.errors import (
    BudgetExceeded,
    Busy,
    Cancelled,
    ConnectionFailed,
    CoolingDown,
    LLMError,
    NoProviderAvailable,
    NotWaited,
    Timeout,
)
from src.llm.exchange import SchemaMismatch, judge, unfit, wire_call, with_repair
from src.llm.ledger import Ledger
from src.llm.pool import Pool
from src.llm.prices import cost_of
from src.llm.providers.base import Reply, WireCall
from src.llm.sending import Emit, send
from src.llm.sharing import SharedAnswers, from_cache, time_to_live
from src.llm.telemetry import observe
from src.llm.types import Attempt, LLMResponse, Usage

if TYPE_CHECKING:
    from src.config.models import Deployment, ModelMap

log = logging.getLogger(__name__)
_SHARE_WHILE_OTHERS_WAIT = 0.6  # of the time left, so that a hanging provider leaves some over
_MIN_ATTEMPT_SECONDS = 0.05
_QUICK_SECONDS = 0.1  # before an address that refused a person's call is tried once more


@dataclass(frozen=True, slots=True)
class _Turn:
    """A call at one deployment of its chain."""

    call: Call
    deployment: Deployment
    position: int
    last: bool
    emit: Emit | None


@dataclass(slots=True)
class Engine:
    """Answers calls with models. One per router; its state is the process's."""

    models: ModelMap
    pool: Pool
    ledger: Ledger
    shared: SharedAnswers | None
    budgets: Budgets
    jitter: Callable[[], float] = random.random

    async def answer(self, call: Call, emit: Emit | None) -> LLMResponse:
        """The answer of the first deployment of the chain that gives one.

        Raises:
            Cancelled: the caller gave up; the call's end is in the ledger.
            NotWaited: the caller wants the offline answer.
            LLMError: nobody could; `attempts` says what was tried. The call's end is not in the
                ledger then: the caller may still have an offline answer.
        """
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        call.abort = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            if call.cancelled:
                raise asyncio.CancelledError
            return await self._answer(call, emit)
        except asyncio.CancelledError:
            error: LLMError = NotWaited("No model was waited for.")
            if not call.hurried:
                await asyncio.shield(book_cancelled(self.ledger, call))
                kept = "What was spent is in the ledger."
                error = Cancelled("The call was cancelled.", kept=kept)
            error.attempts = tuple(call.attempts)
            raise error from None
        except LLMError as error:
            error.attempts = tuple(call.attempts)
            raise
        finally:
            self.budgets.release(call.tag.call_id)

    async def load_adapters(self, chain: Collection[str] = ()) -> None:
        """Import the SDKs of some deployments, or else those that the tasks' first choices need,
        before anybody waits for them."""
        for plan in self.models.tasks.values():
            ready = (one for one in plan.chain if self.pool.endpoint(one).ready)
            wanted = (one for one in ready if one.id in chain)
            for deployment in wanted if chain else itertools.islice(ready, 1):
                with contextlib.suppress(LLMError, ImportError):
                    await self.pool.adapter(deployment)

    async def close(self) -> None:
        """Close every provider's connections and the cache."""
        await self.pool.close()
        if self.shared is not None:
            self.shared.close()

    async def _answer(self, call: Call, emit: Emit | None) -> LLMResponse:
        admission = self._admission(call)
        if admission.verdict != "go" and (known := await self._known(call, emit)) is not None:
            return known
        chain = self._admitted(call, admission)
        failures: list[LLMError] = []
        for position, deployment in enumerate(chain):
            if call.remaining <= _MIN_ATTEMPT_SECONDS:
                call.passed_over.append(f"{deployment.id}: no time left.")
                break
            why_not = self._why_not(call, deployment)
            if why_not:
                call.passed_over.append(f"{deployment.id}: {why_not}.")
                continue
            turn = _Turn(call, deployment, position, position == len(chain) - 1, emit)
            try:
                return await self._answered(turn)
            except LLMError as error:
                failures.append(error)
                if call.given or not error.fall_over:
                    raise
                call.notes.append(error.message)
        raise _exhausted(call, failures)

    def _admission(self, call: Call) -> Admission:
        estimate, tag = self._estimate(call, call.plan.chain[0]), call.tag
        try:
            return self.budgets.admit(tag.call_id, tag.session, estimate, call.started_at)
        except Exception as error:  # noqa: BLE001 - whatever the database's driver raises
            log.warning("The ledger could not be read: %s", type(error).__name__)
            raise NoProviderAvailable(
                "What is spent cannot be read, so no budget can be kept.",
                kept="Nothing was sent.",
                hint="Check the state database (STATE_DATABASE_URL), or unset the budgets.",
            ) from None

    def _admitted(self, call: Call, admission: Admission) -> tuple[Deployment, ...]:
        """The chain a call may use under the budgets."""
        if admission.note:
            call.notes.append(admission.note)
        if admission.verdict == "stop":
            raise BudgetExceeded(
                admission.note,
                kept="Nothing was sent.",
                hint="Raise the budget in Settings, or start a new session.",
            )
        if admission.verdict == "downgrade" and self.models.downgrade is not None:
            return (self.models.downgrade,)
        return call.plan.chain

    def _estimate(self, call: Call, deployment: Deployment) -> Decimal:
        if not self.budgets.active:
            return Decimal(0)
        asked = call.request.max_tokens or call.plan.max_tokens
        usage = Usage(
            input_tokens=call.input_estimate,
            output_tokens=min(asked, deployment.capability.max_output_tokens),
        )
        return cost_of(deployment, self.pool.endpoint(deployment).kind, usage) or Decimal(0)

    def _why_not(self, call: Call, deployment: Deployment) -> str:
        endpoint = self.pool.endpoint(deployment)
        if not endpoint.ready:
            return f"not set up ({' or '.join(endpoint.missing)})"
        if reason := unfit(call, deployment, endpoint.kind):
            return reason
        if self.pool.breaker(deployment).is_open(time.monotonic()):
            return "left alone after repeated failures"
        return ""

    async def _known(self, call: Call, emit: Emit | None) -> LLMResponse | None:
        """What is stored of any model of the chain: free of charge, so within any budget."""
        ttl = time_to_live(call)
        if self.shared is None or call.request.cache.mode != "use" or ttl <= 0:
            return None
        for position, deployment in enumerate(call.plan.chain):
            turn = _Turn(call, deployment, position, False, emit)
            known = self.shared.stored(self._key(turn, wire_call(call, deployment)), ttl)
            if known is not None and (response := await self._given(turn, known)) is not None:
                return response
        return None

    async def _answered(self, turn: _Turn) -> LLMResponse:
        """One deployment's answer: known, of an identical call under way, or asked for."""
        call, mode = turn.call, turn.call.request.cache.mode
        wire = wire_call(call, turn.deployment)
        ttl = time_to_live(call)
        if self.shared is None or mode == "off" or ttl <= 0:
            return await self._ask(turn, wire)
        key = self._key(turn, wire)
        if mode == "use":
            known = await self.shared.find(call, key, ttl)
            if known is not None and (response := await self._given(turn, known)) is not None:
                return response
        return await self.shared.lead(key, self._ask(turn, wire))

    def _key(self, turn: _Turn, wire: WireCall) -> str:
        endpoint = self.pool.endpoint(turn.deployment)
        return cache_key(endpoint.name, endpoint.base_url, wire)

    async def _given(self, turn: _Turn, known: CachedAnswer) -> LLMResponse | None:
        """Give what is known; None when it does not do any more."""
        kind = self.pool.endpoint(turn.deployment).kind
        answered = from_cache(turn.call, turn.deployment, turn.position, kind, known)
        if answered is None:
            return None
        if turn.emit is not None:
            turn.emit(known.text)
        return await book_answer(self.ledger, turn.call, answered)

    async def _ask(self, turn: _Turn, wire: WireCall) -> LLMResponse:
        """Ask one deployment, with retries and one repair turn."""
        call, retry = turn.call, self.models.retry
        breaker = self.pool.breaker(turn.deployment)
        tries, repaired = 0, False
        while True:
            tries += 1
            try:
                answered = await self._attempt(turn, wire)
                response = await book_answer(self.ledger, call, answered)
                self.budgets.count(call.tag.session, answered.attempt.cost)
                return response
            except LLMError as error:
                if call.given:
                    raise
                if isinstance(error, SchemaMismatch) and not repaired:
                    repaired = True
                    wire = with_repair(wire, error.partial, error.problem)
                    continue
                hurry = isinstance(error, ConnectionFailed) and _may_move_on(turn)
                most = min(2, retry.attempts) if hurry else retry.attempts
                if not error.retry_here or tries >= most or breaker.is_open(time.monotonic()):
                    raise
                wait = (
                    min(_QUICK_SECONDS, retry.base_seconds) if hurry else self._pause(error, tries)
                )
                if wait is None or wait >= call.remaining - _MIN_ATTEMPT_SECONDS:
                    raise
            call.doing = f"waiting {wait:.1f} s before asking {turn.deployment.id} again"
            await asyncio.sleep(wait)

    def _pause(self, error: LLMError, tries: int) -> float | None:
        """Seconds before the next try here; None when the provider asks for too much patience."""
        retry = self.models.retry
        if isinstance(error, Busy) and error.retry_after is not None:
            return error.retry_after if error.retry_after <= retry.max_retry_after_seconds else None
        return self.jitter() * min(retry.max_backoff_seconds, retry.base_seconds * 2.0**tries)

    async def _attempt(self, turn: _Turn, wire: WireCall) -> Answered:
        """One request. A failed one is in the ledger when this raises."""
        call, deployment = turn.call, turn.deployment
        breaker = self.pool.breaker(deployment)
        kind = self.pool.endpoint(deployment).kind
        began = (dt.datetime.now(dt.UTC), time.monotonic())
        share = 1.0 if turn.last else _SHARE_WHILE_OTHERS_WAIT
        seconds = max(_MIN_ATTEMPT_SECONDS, min(call.plan.attempt_seconds, call.remaining * share))
        if seconds != wire.timeout:
            wire = replace(wire, timeout=seconds)
        if not breaker.allows(began[1]):
            raise CoolingDown(f"{deployment.id} is left alone after repeated failures.")
        reply: Reply | None = None
        sent = False
        try:
            async with asyncio.timeout(seconds):
                adapter = await self.pool.adapter(deployment)
                await self._slot(turn, wire)
                async with self.pool.lane(deployment, call.request.priority):
                    if call.cancelled:
                        raise asyncio.CancelledError
                    call.doing = f"asking {deployment.id}"
                    sent = True
                    usual = self.pool.promptness(deployment, wire, call.request.priority)
                    reply = await send(adapter, wire, call, turn.emit, usual)
            parsed: Any = judge(call.request, reply)
        except TimeoutError:
            error: LLMError = Timeout(
                f"{deployment.id} did not answer within {seconds:.1f} s."
                if sent
                else f"{deployment.id} could not be asked within {seconds:.1f} s.",
                partial=call.given,
                usage=call.usage_so_far,
            )
        except asyncio.CancelledError:
            breaker.abandoned(began[1])
            if sent:
                gone = Cancelled(
                    "Cancelled while the provider was answering.", usage=call.usage_so_far
                )
                attempt = attempt_of(deployment, kind, began, None, gone)
                observe(call, attempt, deployment.model, kind, call.given)
                await asyncio.shield(self._book(call, attempt))
            raise
        except LLMError as caught:
            error = caught
        else:
            breaker.succeeded(time.monotonic())
            if reply.usage is not None:
                used = reply.usage.input_tokens + reply.usage.output_tokens
                self.pool.limiter(deployment).settle(_expected_tokens(call, wire), used)
            attempt = attempt_of(deployment, kind, began, reply, None)
            observe(call, attempt, deployment.model, kind, reply.text)
            return Answered(attempt, reply, parsed, turn.position, kind)
        if sent and error.free:
            self.pool.limiter(deployment).settle(_expected_tokens(call, wire), 0)
        if sent or isinstance(error, ConnectionFailed):
            breaker.failed(error, began[1], time.monotonic())
        else:
            breaker.abandoned(began[1])
        attempt = attempt_of(deployment, kind, began, reply, error, free=not sent)
        observe(call, attempt, deployment.model, kind, error.partial)
        await self._book(call, attempt)
        raise error

    async def _book(self, call: Call, attempt: Attempt) -> None:
        """Write a failed attempt before anything else is tried."""
        await book_attempt(self.ledger, call, attempt)
        self.budgets.count(call.tag.session, attempt.cost)

    async def _slot(self, turn: _Turn, wire: WireCall) -> None:
        """Wait for the deployment's rate limit."""
        turn.call.doing = f"waiting for a free slot of {turn.deployment.id}"
        await self.pool.limiter(turn.deployment).acquire(
            _expected_tokens(turn.call, wire), bulk=turn.call.request.priority == "bulk"
        )


def _may_move_on(turn: _Turn) -> bool:
    """Whether a person waits who can be given another answer sooner than this address heals."""
    request = turn.call.request
    return request.priority == "interactive" and (not turn.last or request.offline is not None)


def _expected_tokens(call: Call, wire: WireCall) -> int:
    return call.input_estimate + wire.max_tokens


def _exhausted(call: Call, failures: list[LLMError]) -> LLMError:
    """One error for all that went wrong: the only one, or a summary."""
    if failures and len({type(failure) for failure in failures}) == 1:
        return failures[-1]
    told = [failure.message for failure in failures] + call.passed_over
    return NoProviderAvailable(
        " ".join(["No model could answer.", *told]),
        hint="Set a key in the environment or .env, or try again later.",
    )
