"""What the router asks of a provider, and what it gets back."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from src.llm.types import Message, Outcome, Tool, ToolCall, Usage

if TYPE_CHECKING:
    from src.config.models_schema import Capability
    from src.llm.providers.batches import BatchService

# A provider that cannot be connected to within this is away; slow answers have their own time.
CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class WireCall:
    """One request to one model, in nobody's dialect.

    Attributes:
        schema: JSON schema of the answer for the provider's native mode; None: free text.
        effort: reasoning effort the model accepts; None: do not say.
        timeout: seconds for the whole request.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    timeout: float
    capability: Capability
    system_prompt: str | None = None
    tools: tuple[Tool, ...] = ()
    schema: dict[str, Any] | None = None
    effort: str | None = None
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A response that was read to its end, whatever it says.

    Attributes:
        model: the model that answered, as the provider names it.
        tier: the provider's service tier where it changes the price (``batch``, ``flex``…).
        echo: the turn in the provider's own form, where a tool loop must send it back verbatim.
    """

    text: str
    outcome: Outcome
    model: str
    usage: Usage | None
    finish_reason: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    detail: str = ""
    tier: str | None = None
    echo: Any = None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a provider's model endpoint says of a model it serves.

    Attributes:
        retires: last day of service; None when none is announced, or the provider does not say.
        retired: it is listed, and no longer served.
    """

    retires: dt.date | None = None
    retired: bool = False


class Adapter(Protocol):
    """A provider's endpoint. Its methods raise `LLMError` subclasses and nothing else.

    `send` returns the whole reply; `stream` yields text as it comes, the usage so far where the
    provider tells it on the way, and at last one `Reply`; `about`
    looks a model up, which is free of charge and tells whether the key works; `batches` is the
    provider's batch service, None where it has none.
    """

    async def send(self, call: WireCall) -> Reply: ...

    def stream(self, call: WireCall) -> AsyncIterator[str | Usage | Reply]: ...

    async def about(self, model: str, seconds: float) -> ModelFacts: ...

    def batches(self) -> BatchService | None: ...

    async def close(self) -> None: ...
