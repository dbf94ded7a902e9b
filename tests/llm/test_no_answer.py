"""HTTP 200 that is not an answer is never returned as one, whole or streamed."""

from __future__ import annotations

from typing import Any

import pytest
from dialects import PROTOCOLS, Answer, whole
from pydantic import BaseModel
from served import MODEL, ask
from wire import body, cut, fail, reset, say

from src.llm import errors, usage
from src.llm.types import Outcome

ENGLISH = "I'm sorry, but I can't help with that request."
RUSSIAN = "К сожалению, я не могу помочь с этим запросом."


class Count(BaseModel):
    n: int


def without(protocol: str, **changes: Any) -> dict[str, Any]:
    """A proper answer of a provider, changed."""
    return whole(protocol, Answer("Good."), MODEL[protocol]) | changes


EMPTY = {
    "anthropic": [without("anthropic", content=[])],
    "openai": [without("openai", output=[]), without("openai", output=[{"type": "reasoning"}])],
    "google": [
        without("google", candidates=[]),
        without("google", candidates=[{"finishReason": "STOP", "index": 0}]),
    ],
    "chat": [without("chat", choices=[])],
}
NO_ANSWERS = [
    *[(protocol, say("")) for protocol in PROTOCOLS],
    *[(protocol, say(" \n\t ")) for protocol in PROTOCOLS],
    *[(protocol, say(prose)) for protocol in PROTOCOLS for prose in (ENGLISH, RUSSIAN)],
    *[(protocol, say("Partly", stop="truncated")) for protocol in PROTOCOLS],
    *[(protocol, say("No.", stop="refused")) for protocol in PROTOCOLS],
    *[(protocol, body(content)) for protocol in PROTOCOLS for content in EMPTY[protocol]],
    ("openai", say("Partly", stop="blocked")),
    ("openai", say("Partly", stop="failed")),
    ("openai", body(without("openai", status="cancelled"))),
    ("openai", body(without("openai", status="queued"))),
    ("google", body({"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": "m"})),
    ("google", say("Partly", stop="failed")),
    ("chat", say("Partly", stop="blocked")),
]


def test_it_goes_to_the_next_model_and_is_written_down_as_what_it_was(wire, make_router):
    """A stream that has given text cannot go on elsewhere: then it ends with an error."""
    toml = "[cache]\nenabled = false\n[retry]\nattempts = 1\n[breaker]\nfailures = 9999\n"
    router = make_router(*PROTOCOLS, toml=toml)
    for number, (protocol, step) in enumerate(NO_ANSWERS):
        other = "openai" if protocol != "openai" else "anthropic"
        wire.on(other, say("from the second"))
        wire.on(protocol, step)
        chain = (MODEL[protocol], MODEL[other])
        response = router.complete(ask(chain=chain, session=f"{number}"))
        assert response.text == "from the second", (protocol, number)
        assert response.outcome is Outcome.OK
        first = usage.attempts(router.ledger, call_id=response.call_id)[-1]
        assert Outcome(first["outcome"]) is not Outcome.OK
        try:
            *_, streamed = router.stream(ask(chain=chain))
            assert streamed.text == "from the second", (protocol, number)
        except errors.LLMError as error:
            assert error.partial, (protocol, number)


@pytest.mark.parametrize(
    ("protocol", "step", "outcome"),
    [
        ("openai", say(), "ok"),
        ("openai", say("Partly", stop="truncated"), "truncated"),
        ("openai", say("No.", stop="refused"), "refused"),
        ("anthropic", say(ENGLISH), "refused"),
        ("google", say("Partly", stop="blocked"), "blocked"),
        ("openai", say("Partly", stop="failed"), "failed"),
        ("openai", fail(401), "failed"),
        ("chat", reset(), "cut"),
        ("anthropic", cut(4), "cut"),
    ],
)
def test_there_is_one_word_for_each_way_to_end(protocol, step, outcome, wire, make_router):
    wire.on(protocol, step)
    router = make_router(protocol)
    face = router.stream if step.__qualname__.startswith("cut") else None
    try:
        _ = list(face(ask())) if face else router.complete(ask())
    except errors.LLMError as error:
        assert error.outcome == outcome
    (*_, row) = usage.attempts(router.ledger)
    assert row["outcome"] == outcome


def test_those_are_all_the_words():
    assert set(Outcome) == {"ok", "truncated", "refused", "blocked", "failed", "cut"}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_json_that_is_cut_short_is_never_a_parsed_answer(protocol, wire, make_router):
    router = make_router(protocol, toml="[cache]\nenabled = false\n[retry]\nattempts = 1\n")
    for text in ('{"n": 3', '{"n": ', "[", "three", ENGLISH, RUSSIAN):
        wire.on(protocol, say(text))
        with pytest.raises((errors.MalformedOutput, errors.Refused)):
            router.complete(ask(response_schema=Count))
