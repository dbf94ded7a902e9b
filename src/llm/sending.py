"""One request through an adapter, streamed or not.

The head of a stream is held back until it cannot be a refusal any more: once text is out, no
other model may take over, and a polite "I'm sorry" must still be able to fall over.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from src.llm.errors import LLMError, MalformedOutput, StreamCut, Timeout
from src.llm.providers.base import Adapter, Reply, WireCall
from src.llm.refusals import is_refusal
from src.llm.types import Usage

if TYPE_CHECKING:
    from src.llm.call import Call
    from src.llm.promptness import Promptness

Emit = Callable[[str], None]
_HEAD_CHARACTERS = 100


async def send(
    adapter: Adapter,
    wire: WireCall,
    call: Call,
    emit: Emit | None,
    promptness: Promptness | None = None,
) -> Reply:
    """The whole reply; with `emit`, its text is passed on as it comes.

    Args:
        promptness: shortens the wait, and learns from how long it was.

    Raises:
        LLMError: what the adapter raises; `StreamCut` when a stream ends without its end;
            `MalformedOutput` when a body has a shape that is not the protocol's.
    """
    if promptness is not None:
        wire = replace(wire, timeout=min(wire.timeout, promptness.limit))
    began = time.monotonic()
    try:
        reply = await _send(adapter, wire, call, emit)
        if promptness is not None:
            promptness.took(time.monotonic() - began)
        readable = _readable(reply.text)
        return reply if readable is reply.text else replace(reply, text=readable)
    except LLMError as error:
        if promptness is not None and isinstance(error, Timeout):
            promptness.took(time.monotonic() - began)
        fault = error
    except Exception as error:  # noqa: BLE001 - SDKs let any shape through and trip over it later
        fault = MalformedOutput(
            f"{wire.model}: the provider's reply cannot be read ({type(error).__name__})."
        )
    # The SDK's own exception holds the request with the key in it: it ends here.
    fault.__context__ = None
    raise fault


async def _send(adapter: Adapter, wire: WireCall, call: Call, emit: Emit | None) -> Reply:
    if emit is None:
        return await adapter.send(wire)
    head, call.usage_so_far = "", None
    async with aclosing(cast(Any, adapter.stream(wire))) as stream:
        async for piece in stream:
            if isinstance(piece, Reply):
                if head and not is_refusal(head) and piece.outcome.value in {"ok", "truncated"}:
                    _pass_on(call, emit, head)
                return piece
            if isinstance(piece, Usage):
                call.usage_so_far = piece
                continue
            if call.first_token_at is None:
                call.first_token_at = time.monotonic()
            text = _readable(piece)
            if call.given:
                _pass_on(call, emit, text)
                continue
            head += text
            if len(head) >= _HEAD_CHARACTERS and not is_refusal(head):
                _pass_on(call, emit, head)
                head = ""
    raise StreamCut(f"{wire.model}: the stream ended without a result.", partial=head)


def _readable(text: str) -> str:
    """Without halves of pairs of surrogates, which JSON can spell, and no file or screen takes."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _pass_on(call: Call, emit: Emit, text: str) -> None:
    call.given += text
    emit(text)
