"""The providers' batch services: half the price, answers within a day.

An adapter whose provider has one gives it by `batches()`. A service takes the same `WireCall` as
`send` and makes the same request of it, and its answers are the same `Reply`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from src.llm.errors import LLMError, MalformedOutput
from src.llm.providers.base import Reply, WireCall
from src.llm.providers.faults import FaultMapper

TIER = "batch"
SUBMIT_SECONDS = 600.0  # tens of megabytes go up
ASK_SECONDS = 60.0
# Providers' clocks and ours may differ by this much.
_CLOCK_SKEW = dt.timedelta(minutes=10)


class BatchExpired(LLMError):
    """The batch's time was up before the request was begun."""

    code = "expired"
    free = True


class BatchCancelled(LLMError):
    """The batch was cancelled before the request was begun."""

    code = "cancelled"
    free = True


class BatchQueueFull(LLMError):
    """The provider holds as much of our work as it will; it takes more once some is done."""

    code = "queue_full"
    free = True


class BatchUndecided(LLMError):
    """A batch that may be ours is still at work; what is in it shows when it is over."""

    code = "undecided"


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """What one batch may hold: below the provider's own limits, so that it fits into memory."""

    requests: int
    bytes: int


@dataclass(frozen=True, slots=True)
class BatchState:
    """What the provider says of a batch.

    Attributes:
        over: no more answers will come; those there are can be fetched.
        done: requests that have ended, as far as the provider tells.
        problem: why the provider did not take the batch, or broke it off.
    """

    over: bool
    done: int = 0
    problem: LLMError | None = None


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The end of one request: a reply, or why there is none."""

    custom_id: str
    reply: Reply | None
    error: LLMError | None = None


class BatchService(Protocol):
    """A provider's batch service. Its methods raise `LLMError` subclasses and nothing else.

    `name` marks a batch as ours, and every custom id begins with it: letters, digits and hyphens.
    """

    limits: BatchLimits

    def size(self, call: WireCall) -> int:
        """Bytes the request takes in a batch."""
        ...

    async def submit(self, name: str, calls: Sequence[tuple[str, WireCall]]) -> str:
        """Hand requests of one model in, each with its custom id; returns the batch's id."""
        ...

    async def find(
        self, name: str, requests: int, since: dt.datetime, others: frozenset[str]
    ) -> str | None:
        """The id of the batch `name`, if the provider has it: submitted, but never heard of.

        Args:
            requests: how many it holds.
            since: when it was submitted, by our clock.
            others: batches known to be something else.

        Raises:
            BatchUndecided: ask again later.
        """
        ...

    async def state(self, batch_id: str) -> BatchState:
        """How far it is."""
        ...

    def answers(self, batch_id: str) -> AsyncIterator[BatchAnswer]:
        """What came of its requests, in any order; those never begun may be missing."""
        ...

    async def cancel(self, batch_id: str) -> None:
        """Ask the provider to begin no more of its requests."""
        ...


class BatchClient:
    """What the services stand on: an adapter's client, and its way to ask, read and word faults.

    Args:
        request: what a live call is made with.
        reply: reads a response of a model.
        fault: words an SDK exception.
    """

    def __init__(
        self,
        client: Any,
        faults: FaultMapper,
        request: Callable[[WireCall], Any],
        reply: Callable[..., Reply],
        fault: Callable[[Exception], LLMError],
    ) -> None:
        self._client: Any = client
        self._faults = faults
        self._request = request
        self._reply = reply
        self._fault = fault

    @contextlib.contextmanager
    def _worded(self) -> Iterator[None]:
        """Around what the SDK does: whatever it raises becomes an `LLMError`."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - SDKs leak socket and JSON errors raw
            raise self._fault(error) from None


def body_of(arguments: dict[str, Any]) -> dict[str, Any]:
    """A request in a batch: a live call's arguments, without how long to wait for it."""
    return {name: value for name, value in arguments.items() if name != "timeout"}


def never_begun(why: str) -> LLMError | None:
    """The error of a request that its batch did not come to; None when `why` is something else."""
    if why == "expired":
        return BatchExpired("The batch expired before this request was begun.")
    if why in {"canceled", "cancelled"}:
        return BatchCancelled("The batch was cancelled before this request was begun.")
    return None


def read_answer(custom_id: str, read: Callable[[], Reply | LLMError]) -> BatchAnswer:
    """One request's end; whatever is strange about it does not hide the others."""
    try:
        found = read()
    except LLMError as fault:
        found = fault
    except Exception as error:  # noqa: BLE001 - SDKs let any shape through and trip over it later
        found = MalformedOutput(f"A batch's result cannot be read ({type(error).__name__}).")
    if isinstance(found, Reply):
        return BatchAnswer(custom_id, replace(found, tier=TIER))
    return BatchAnswer(custom_id, None, found)


def earliest(since: dt.datetime) -> dt.datetime:
    """The earliest moment a batch submitted at `since` can have by the provider's clock."""
    return since - _CLOCK_SKEW
