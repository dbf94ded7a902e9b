"""One logical call while it is under way: its tag, its clock, what was tried, what to tell."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from src.errors import InputError
from src.llm.ledger import CallTag
from src.llm.types import Attempt, LLMRequest, Message, Usage

if TYPE_CHECKING:
    from src.config.models import TaskPlan

_IMAGE_TYPES = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/webp": (b"RIFF",),
    "image/gif": (b"GIF87a", b"GIF89a"),
}
_IMAGE_MAX_BYTES = 5 * 1024 * 1024  # the smallest of the providers' limits for one image
# Rough on purpose: used for budgets, limits and context checks before the provider counts.
_CHARACTERS_PER_TOKEN = 3
_TOKENS_PER_IMAGE = 1600


@dataclass(slots=True)
class Call:
    """State of a call; touched by the engine's thread, read by screens.

    Attributes:
        doing: plain words for a screen: what is happening right now.
        input_estimate: a rough upper estimate of the tokens the request will count.
        usage_so_far: tokens that the stream under way has reported.
        given: text that went out to the caller; no other model may continue it.
        cancelled: nothing more may be sent.
        hurried: it was cancelled for the sake of its offline answer.
        booked: its end has been handed to the ledger.
        content: whether telemetry may carry prompts and answers.
        trace_context: the caller's OpenTelemetry context.
        abort: cancels the call's work; set by the engine when it starts.
    """

    request: LLMRequest
    plan: TaskPlan
    tag: CallTag
    messages: tuple[Message, ...]
    input_estimate: int
    deadline: float
    started_at: dt.datetime
    started: float
    content: bool = False
    trace_context: Any = None
    doing: str = "starting"
    given: str = ""
    abort: Callable[[], object] | None = None
    first_token_at: float | None = None
    usage_so_far: Usage | None = None
    attempts: list[Attempt] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    cancelled: bool = False
    hurried: bool = False
    booked: bool = False

    @property
    def remaining(self) -> float:
        """Seconds until the deadline of the whole call."""
        return self.deadline - time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the call began."""
        return time.monotonic() - self.started

    def total_cost(self) -> Decimal | None:
        """Dollars over all attempts; None when any of them is unknown."""
        total = Decimal(0)
        for attempt in self.attempts:
            if attempt.cost is None:
                return None
            total += attempt.cost
        return total

    def snapshot(self) -> dict[str, Any]:
        """The call for a screen: call_id, task, session, seconds, doing, attempts so far."""
        return {
            "call_id": self.tag.call_id,
            "task": self.tag.task,
            "session": self.tag.session,
            "user": self.tag.user,
            "seconds": self.seconds,
            "doing": self.doing,
            "attempts": len(self.attempts),
        }


def begin(request: LLMRequest, plan: TaskPlan, profile: str) -> Call:
    """Check a request and start its clock.

    Raises:
        InputError: the request contradicts itself, or an image cannot be sent.
    """
    now = time.monotonic()
    messages = _turns(request)
    return Call(
        request=request,
        plan=plan,
        tag=CallTag(
            call_id=uuid.uuid4().hex,
            task=request.task.value,
            profile=profile,
            session=request.session,
            user=request.user,
            priority=request.priority,
            tags=dict(request.tags),
        ),
        messages=messages,
        input_estimate=_input_estimate(request, messages),
        deadline=now
        + (plan.deadline_seconds if request.deadline_seconds is None else request.deadline_seconds),
        started_at=dt.datetime.now(dt.UTC),
        started=now,
    )


def _input_estimate(request: LLMRequest, messages: tuple[Message, ...]) -> int:
    characters = len(request.system_prompt or "") + sum(len(m.text) for m in messages)
    characters += sum(len(tool.description) + len(str(tool.parameters)) for tool in request.tools)
    images = sum(len(message.images) for message in messages)
    return characters // _CHARACTERS_PER_TOKEN + images * _TOKENS_PER_IMAGE + 8


def _turns(request: LLMRequest) -> tuple[Message, ...]:
    if (request.prompt is None) == (not request.messages):
        raise InputError(
            "A model call needs either a prompt or messages, not both and not neither."
        )
    if request.messages:
        if request.images:
            raise InputError(
                "Images of a conversation belong to its messages.",
                hint="Put them into the user message that speaks of them.",
            )
        turns = request.messages
    else:
        if not (request.prompt or "").strip() and not request.images:
            raise InputError("The prompt is empty.")
        turns = (Message(role="user", text=request.prompt or "", images=request.images),)
    for text in (request.system_prompt or "", *(message.text for message in turns)):
        _check_text(text)
    for message in turns:
        if message.role == "user" and not (message.text.strip() or message.images):
            raise InputError("A user's turn of the conversation is empty.")
        for image in message.images:
            _check_image(image.data, image.media_type)
    return turns


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"Character {error.start + 1} of the text is half of a pair of surrogates.",
            hint="The text was decoded wrongly: read it again as UTF-8.",
        ) from None


def _check_image(data: bytes, media_type: str) -> None:
    marks = _IMAGE_TYPES.get(media_type)
    if marks is None:
        raise InputError(
            f"An image of type {media_type!r} cannot be sent to a model.",
            hint="PNG, JPEG, WebP and GIF can.",
        )
    if not data.startswith(marks) or (media_type == "image/webp" and data[8:12] != b"WEBP"):
        raise InputError(
            f"The image is not {media_type}: its first bytes say otherwise.",
            hint="Save it again as PNG or JPEG.",
        )
    if len(data) > _IMAGE_MAX_BYTES:
        raise InputError(
            f"The image has {len(data) / 1024 / 1024:.1f} MB; models take up to 5 MB.",
            hint="Crop it or save it smaller.",
        )
