"""What the ledger keeps of a call and of its attempts: values, and the rows they become.

Money is kept in whole picodollars (1e-12 dollars): sums in SQL are exact.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from src.llm.types import Attempt, Outcome

_PICO = Decimal(10) ** 12
_LONG, _SHORT, _CODE, _DETAIL = 128, 64, 32, 2000  # characters, as in the tables


@dataclass(frozen=True, slots=True)
class CallTag:
    """What all rows of one logical call share."""

    call_id: str
    task: str
    profile: str
    session: str | None = None
    user: str | None = None
    priority: str = "interactive"
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended; written with its last attempt.

    Attributes:
        kind: what answered: ``model``, ``cache``, ``offline``; ``none`` when nothing did.
        fallback: something other than the first choice answered.
    """

    kind: str
    outcome: Outcome
    seconds: float
    attempts: tuple[Attempt, ...]
    started_at: dt.datetime
    provider: str | None = None
    model: str | None = None
    error: str | None = None
    fallback: bool = False
    time_to_first_token: float | None = None
    saved: Decimal | None = None


def to_pico(amount: Decimal | None) -> int | None:
    """Dollars as whole picodollars."""
    return None if amount is None else int((amount * _PICO).to_integral_value())


def from_pico(amount: Any) -> Decimal:
    """Picodollars (or SQL's NULL sum) as dollars."""
    return Decimal(int(amount or 0)) / _PICO


def attempt_row(tag: CallTag, number: int, kind: str, attempt: Attempt) -> dict[str, Any]:
    usage = attempt.usage
    return {
        "call_id": tag.call_id,
        "number": number,
        "kind": kind,
        "started_at": _naive(attempt.started_at),
        "task": tag.task,
        "session": _fitting(tag.session, _LONG),
        "user": _fitting(tag.user, _LONG),
        "profile": _fitting(tag.profile, _SHORT),
        "deployment": _fitting(attempt.deployment, _LONG),
        "provider": _fitting(attempt.provider, _SHORT),
        "model": _fitting(attempt.model, _LONG),
        "outcome": attempt.outcome.value,
        "error": _fitting(attempt.error, _CODE),
        "detail": _fitting(attempt.detail, _DETAIL),
        "seconds": attempt.seconds,
        "input_tokens": usage.input_tokens if usage else None,
        "cached_input_tokens": usage.cached_input_tokens if usage else None,
        "cache_write_tokens": usage.cache_write_tokens if usage else None,
        "output_tokens": usage.output_tokens if usage else None,
        "reasoning_tokens": usage.reasoning_tokens if usage else None,
        "cost_pico": to_pico(attempt.cost),
    }


def call_row(tag: CallTag, end: CallEnd) -> dict[str, Any]:
    read = cached = written = reasoned = unknown = 0
    cost = Decimal(0)
    for attempt in end.attempts:
        if (usage := attempt.usage) is not None:
            read += usage.input_tokens
            cached += usage.cached_input_tokens
            written += usage.output_tokens
            reasoned += usage.reasoning_tokens
        if attempt.cost is None:
            unknown += 1
        else:
            cost += attempt.cost
    return {
        "call_id": tag.call_id,
        "started_at": _naive(end.started_at),
        "task": tag.task,
        "session": _fitting(tag.session, _LONG),
        "user": _fitting(tag.user, _LONG),
        "profile": _fitting(tag.profile, _SHORT),
        "priority": tag.priority,
        "tags": tag.tags,
        "kind": end.kind,
        "provider": _fitting(end.provider, _SHORT),
        "model": _fitting(end.model, _LONG),
        "outcome": end.outcome.value,
        "error": _fitting(end.error, _CODE),
        "fallback": end.fallback,
        "attempts": len(end.attempts),
        "seconds": end.seconds,
        "time_to_first_token": end.time_to_first_token,
        "input_tokens": read,
        "cached_input_tokens": cached,
        "output_tokens": written,
        "reasoning_tokens": reasoned,
        "cost_pico": to_pico(cost),
        "unknown_costs": unknown,
        "saved_pico": to_pico(end.saved),
    }


def _naive(moment: dt.datetime) -> dt.datetime:
    """UTC without a zone: the one form SQLite and PostgreSQL compare alike."""
    if moment.tzinfo is not dt.UTC:
        moment = moment.astimezone(dt.UTC)
    return moment.replace(tzinfo=None)


def _fitting(text: str | None, most: int) -> str | None:
    """What every database takes. One text that it refuses, a model's name from a gateway or a
    provider's message, would keep all rows out that are written together with it."""
    if text is None:
        return None
    if not text.isascii():
        text = text.encode(errors="replace").decode()  # halves of pairs of surrogates
    return text.replace("\0", "")[:most]
