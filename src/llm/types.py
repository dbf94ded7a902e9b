"""One request type in, one response type out. Values only; the router is in router.py."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pydantic import BaseModel


class TaskType(StrEnum):
    """What a call is for; the models file maps each to a chain of deployments."""

    QUERY_INTERPRETATION = "query_interpretation"
    SQL_GENERATION = "sql_generation"
    INSIGHTS_GENERATION = "insights_generation"
    EVALUATION = "evaluation"
    VISION_ANALYSIS = "vision_analysis"
    WORKFLOW_ORCHESTRATION = "workflow_orchestration"
    CODE_GENERATION = "code_generation"
    DATA_PROCESSING = "data_processing"
    REPORT_GENERATION = "report_generation"
    PREDICTIVE_ANALYTICS = "predictive_analytics"
    CONTENT_GENERATION = "content_generation"


class Outcome(StrEnum):
    """How an attempt or a call ended. Only OK is an answer."""

    OK = "ok"
    TRUNCATED = "truncated"
    REFUSED = "refused"
    BLOCKED = "blocked"
    FAILED = "failed"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Image:
    """An image for the model: raw bytes and media type, e.g. ``image/png``."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call the model asks for; `arguments` are parsed JSON."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. A ``tool`` message answers the call `tool_call_id`.

    `echo` is a provider's own form of an assistant turn (signed reasoning and the like), sent back
    verbatim to the provider it is keyed by and to no other.
    """

    role: Literal["user", "assistant", "tool"]
    text: str = ""
    images: tuple[Image, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    tool_name: str | None = None
    echo: tuple[str, Any] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Tool:
    """A function the model may ask us to call; `parameters` is a JSON schema of an object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """``use`` reads and writes, ``refresh`` only writes, ``off`` neither.

    `ttl_seconds` None means the task's own.
    """

    mode: Literal["use", "refresh", "off"] = "use"
    ttl_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class LLMRequest:
    """One logical call.

    Attributes:
        prompt: a single user turn; or `messages` for a conversation. Exactly one of the two.
        response_schema: a pydantic model the answer must validate against.
        offline: the deterministic last resort: returns the text, or an instance of
            `response_schema`. Without it a call that no provider serves raises.
        offline_seconds: what `offline`, made before the call, had taken already; it is part of how
            long an offline answer took.
        deadline_seconds: for the whole call, all attempts together; None: the task's own.
        session: tag of the analysis session or run the money is booked on.
        user: who it is for (an opaque id).
        priority: interactive calls pass bulk ones in the queue.
        chain: deployments to ask instead of the task's, in this order; ids that the active
            profile names in any chain.
    """

    task: TaskType
    prompt: str | None = None
    messages: tuple[Message, ...] = ()
    system_prompt: str | None = None
    images: tuple[Image, ...] = ()
    tools: tuple[Tool, ...] = ()
    response_schema: type[BaseModel] | None = None
    max_tokens: int | None = None
    cache: CachePolicy = field(default_factory=CachePolicy)
    session: str | None = None
    user: str | None = None
    offline: Callable[[], str | BaseModel] | None = None
    offline_seconds: float = 0.0
    deadline_seconds: float | None = None
    priority: Literal["interactive", "bulk"] = "interactive"
    tags: dict[str, str] = field(default_factory=dict)
    chain: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, normalised over providers.

    `input_tokens` includes cached reads and cache writes; `cache_write_tokens` includes those that
    are kept for an hour, which cost more; `output_tokens` includes reasoning.
    """

    input_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_1h_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request to one deployment (or the offline engine, or the cache).

    Attributes:
        usage: None when the provider did not say.
        cost: dollars; None when the price or the usage is unknown.
        error: stable code of what went wrong, e.g. ``rate_limited``; None when it was OK.
    """

    deployment: str
    provider: str
    model: str
    outcome: Outcome
    started_at: dt.datetime
    seconds: float
    usage: Usage | None = None
    cost: Decimal | None = None
    error: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LLMResponse:
    """The answer and how it came about.

    Attributes:
        parsed: instance of the request's `response_schema`, when one was given.
        provider: ``anthropic``, ``openai``, ``google``, ``offline`` …
        model: the model that answered, as the provider names it.
        cost: dollars over all attempts; None when any part is unknown.
        served_from_cache: the answer cost nothing; `saved` says what it would have cost.
        notes: plain words for the screen, e.g. "claude-… was rate limited; gpt-… answered".
        turn: the assistant's turn, to append to `messages` when the conversation goes on.
    """

    text: str
    parsed: Any
    provider: str
    model: str
    usage: Usage | None
    cost: Decimal | None
    seconds: float
    outcome: Outcome = Outcome.OK
    time_to_first_token: float | None = None
    finish_reason: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    served_from_cache: bool = False
    saved: Decimal | None = None
    call_id: str = ""
    notes: tuple[str, ...] = ()
    turn: Message | None = field(default=None, repr=False)

    @property
    def offline(self) -> bool:
        """True when the offline engine answered, not a model."""
        return self.provider == "offline"
