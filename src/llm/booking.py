"""From what happened to what is written down and returned: attempts, call ends, responses."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from src.llm.errors import Cancelled, LLMError, MalformedOutput, StreamCut, Timeout
from src.llm.ledger import CallEnd, Ledger
from src.llm.prices import cost_of
from src.llm.providers.base import Reply
from src.llm.types import Attempt, LLMResponse, Message, Outcome, Usage

if TYPE_CHECKING:
    from src.config.models import Deployment
    from src.llm.call import Call

log = logging.getLogger(__name__)
UNWRITTEN = "The usage of this call could not be written down."


@dataclass(frozen=True, slots=True)
class Answered:
    """How a call got its answer.

    Attributes:
        position: place of the deployment in the chain; above 0 it was a fallback.
        kind: ``model`` or ``cache``.
        saved: what a cached answer had cost; None when unknown or not cached.
    """

    attempt: Attempt
    reply: Reply
    parsed: Any
    position: int
    provider_kind: str
    kind: str = "model"
    saved: Decimal | None = None


def attempt_of(
    deployment: Deployment,
    kind: str,
    began: tuple[dt.datetime, float],
    reply: Reply | None,
    error: LLMError | None,
    *,
    free: bool = False,
) -> Attempt:
    """One request as a record, priced by the model that answered.

    Args:
        kind: the provider's kind.
        began: the moment, and the monotonic clock, when it was sent.
        free: nothing was sent at all.
    """
    started_at, started = began
    usage = reply.usage if reply else (error.usage if error else None)
    served = (reply.model if reply else error.served_model if error else None) or None
    outcome = error.outcome if error else Outcome.OK
    cost: Decimal | None = None
    broken_off = _broken_off(error)
    if usage is None and (free or (error is not None and error.free and not broken_off)):
        usage, cost = Usage(), Decimal(0)
    elif not broken_off:
        tier = reply.tier if reply else None
        cost = cost_of(deployment, kind, usage, served_model=served, at=started_at, tier=tier)
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


def _broken_off(error: LLMError | None) -> bool:
    """Whether a request ended in the middle: what it will be billed is not known then."""
    if error is None:
        return False
    in_the_middle = isinstance(error, StreamCut | Timeout | Cancelled)
    # A reply that was read to its end names its model; this one could not be.
    in_the_middle |= isinstance(error, MalformedOutput) and error.served_model is None
    return in_the_middle or (error.free and bool(error.partial))


async def book_attempt(ledger: Ledger, call: Call, attempt: Attempt) -> None:
    """Write an attempt that gave no answer."""
    call.attempts.append(attempt)
    await _write(ledger, call, [(len(call.attempts), "model", attempt)], None)


async def book_cancelled(ledger: Ledger, call: Call) -> None:
    """Write the end of a call that its caller gave up; not the second one of a call whose answer
    was being written."""
    if call.booked:
        return
    end = CallEnd(
        kind="none",
        outcome=Outcome.FAILED,
        seconds=call.seconds,
        attempts=tuple(call.attempts),
        started_at=call.started_at,
        error="cancelled",
    )
    await _write(ledger, call, [], end)


async def book_answer(ledger: Ledger, call: Call, answered: Answered) -> LLMResponse:
    """Write the last attempt and the end of the call together, then make the response."""
    attempt, reply = answered.attempt, answered.reply
    call.attempts.append(attempt)
    call.booked = True
    first = call.first_token_at
    to_first = None if first is None else first - call.started
    end = CallEnd(
        kind=answered.kind,
        outcome=Outcome.OK,
        seconds=call.seconds,
        attempts=tuple(call.attempts),
        started_at=call.started_at,
        provider=attempt.provider,
        model=attempt.model,
        fallback=answered.position > 0,
        time_to_first_token=to_first,
        saved=answered.saved,
    )
    await _write(ledger, call, [(len(call.attempts), answered.kind, attempt)], end)
    if answered.position > 0 and answered.kind == "model":
        call.notes.append(f"{attempt.model} answered.")
    return LLMResponse(
        text=reply.text,
        parsed=answered.parsed,
        provider=attempt.provider,
        model=attempt.model,
        usage=attempt.usage,
        cost=call.total_cost(),
        seconds=call.seconds,
        time_to_first_token=to_first,
        finish_reason=reply.finish_reason,
        tool_calls=reply.tool_calls,
        attempts=tuple(call.attempts),
        served_from_cache=answered.kind == "cache",
        saved=answered.saved,
        call_id=call.tag.call_id,
        notes=tuple(call.notes),
        turn=Message(
            role="assistant",
            text=reply.text,
            tool_calls=reply.tool_calls,
            echo=(answered.provider_kind, reply.echo) if reply.echo else None,
        ),
    )


async def _write(
    ledger: Ledger, call: Call, attempts: list[tuple[int, str, Attempt]], end: CallEnd | None
) -> None:
    try:
        written = ledger.record(call.tag, attempts, end)
        if not written.done():
            await asyncio.wrap_future(written)
        written.result()
    except Exception as error:  # noqa: BLE001 - an answer that was paid for is not thrown away
        log.warning("A model call could not be recorded: %s", type(error).__name__)
        call.notes.append(UNWRITTEN)
