"""From a request to the wire call of one deployment, and from a reply to a judged answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from src.llm import structured
from src.llm.errors import Blocked, LLMError, MalformedOutput, Refused, StreamCut, Truncated
from src.llm.providers.base import Reply, WireCall
from src.llm.refusals import is_refusal
from src.llm.types import LLMRequest, Message, Outcome

if TYPE_CHECKING:
    from src.config.models import Deployment
    from src.llm.call import Call

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


class SchemaMismatch(MalformedOutput):
    """A structured answer does not validate; `problem` is what a repair turn is told."""

    def __init__(self, message: str, problem: str) -> None:
        super().__init__(message)
        self.problem = problem


def wire_call(call: Call, deployment: Deployment) -> WireCall:
    """The request as this deployment takes it: only what its model accepts."""
    request, capability = call.request, deployment.capability
    schema = None
    system = request.system_prompt
    if request.response_schema is not None:
        if capability.json_schema:
            schema = structured.strict_schema(request.response_schema)
        if schema is None:
            wish = structured.instructions(request.response_schema)
            system = f"{system}\n\n{wish}" if system else wish
    return WireCall(
        model=deployment.model,
        messages=call.messages,
        max_tokens=min(request.max_tokens or call.plan.max_tokens, capability.max_output_tokens),
        timeout=call.plan.attempt_seconds,
        capability=capability,
        system_prompt=system,
        tools=request.tools,
        schema=schema,
        effort=_effort(call.plan.effort, capability.efforts),
        temperature=call.plan.temperature if capability.temperature else None,
    )


def with_repair(wire: WireCall, answer: str, problem: str) -> WireCall:
    """The same request with the failed answer and what was wrong with it."""
    return replace(
        wire,
        messages=(
            *wire.messages,
            Message(role="assistant", text=answer or "(no answer)"),
            Message(role="user", text=structured.repair_prompt(problem)),
        ),
    )


def unfit(call: Call, deployment: Deployment, kind: str) -> str:
    """Why this deployment, at a provider of this kind, cannot take the request; empty: it can."""
    capability = deployment.capability
    types = {image.media_type for message in call.messages for image in message.images}
    if types and not capability.images:
        return "takes no images"
    if kind == "google" and "image/gif" in types:
        return "takes no GIF images"
    if call.request.tools and not capability.tools:
        return "takes no tools"
    if call.input_estimate > capability.context_tokens * 1.5:
        return "the request is too long for it"
    return ""


def judge(request: LLMRequest, reply: Reply) -> Any:
    """The parsed answer of a good reply (None without a schema).

    Raises:
        LLMError: the reply is not an answer, whatever its HTTP status said.
    """
    if reply.outcome is not Outcome.OK:
        raise _with(_not_an_answer(reply), reply)
    if reply.tool_calls:
        return None
    if not reply.text.strip():
        raise _with(MalformedOutput(f"{reply.model} gave an empty answer."), reply)
    if request.response_schema is None:
        if is_refusal(reply.text):
            raise _with(Refused(f"{reply.model} declined to answer."), reply)
        return None
    try:
        return structured.parse(request.response_schema, reply.text)
    except ValidationError as error:
        if is_refusal(reply.text):
            raise _with(Refused(f"{reply.model} declined to answer."), reply) from None
        problem = _validation_problem(error)
        raise _with(
            SchemaMismatch(f"{reply.model} answered outside the schema: {problem}", problem), reply
        ) from None


def _not_an_answer(reply: Reply) -> LLMError:
    because = f" ({reply.detail})" if reply.detail else ""
    model = reply.model
    match reply.outcome:
        case Outcome.TRUNCATED:
            return Truncated(
                f"{model} hit its token limit before the answer was complete.",
                hint="Raise max_tokens of the task in the models file.",
            )
        case Outcome.REFUSED:
            return Refused(f"{model} declined to answer{because}.")
        case Outcome.BLOCKED:
            why = reply.detail or reply.finish_reason or ""
            return Blocked(f"A safety filter stopped {model}{f' ({why})' if why else ''}.")
        case Outcome.CUT:
            return StreamCut(f"{model}: the answer ended before it was complete.")
        case _:
            return MalformedOutput(f"{model} ended with {reply.finish_reason!r} and no answer.")


def _with(error: LLMError, reply: Reply) -> LLMError:
    error.usage, error.partial, error.served_model = reply.usage, reply.text, reply.model
    return error


def _validation_problem(error: ValidationError) -> str:
    lines = [
        f"{'.'.join(str(part) for part in item['loc']) or 'answer'}: {item['msg']}"
        for item in error.errors(include_input=False, include_url=False)[:5]
    ]
    return "; ".join(lines)


def _effort(wanted: str | None, accepted: list[Any]) -> str | None:
    """The wanted effort, or the nearest lower one the model accepts, or its lowest."""
    if wanted is None or not accepted:
        return None
    rank = _EFFORTS.index(wanted)
    lower = [effort for effort in accepted if _EFFORTS.index(effort) <= rank]
    return str(lower[-1] if lower else accepted[0])
