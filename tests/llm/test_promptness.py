"""Bulk calls wait as long as answers usually take, several times over, and no longer."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from served import MODEL, QUICK, ask
from wire import hang, say

from src.llm.promptness import Promptness


def known(seconds, answers=200):
    promptness = Promptness()
    for _ in range(answers):
        promptness.took(seconds)
    return promptness


def test_a_few_answers_say_nothing():
    assert known(0.3, answers=49).limit == math.inf
    assert known(0.3, answers=50).limit < 1


def test_the_odd_lost_answer_changes_nothing():
    promptness = known(2.0)
    for _ in range(5):
        promptness.took(promptness.limit)
        for _ in range(39):
            promptness.took(2.0)
    assert promptness.limit == known(2.0).limit


def test_answers_of_a_moment_are_not_demanded():
    assert known(0.001).limit == 0.5


@given(st.floats(0.01, 10), st.floats(1, 1000))
def test_a_provider_that_becomes_slow_is_soon_waited_for(before, times):
    promptness = known(before)
    given_up = 0
    while promptness.limit < before * times:
        promptness.took(promptness.limit)
        given_up += 1
        assert given_up <= 140


def test_a_bulk_call_does_not_wait_out_what_will_never_come(wire, make_router):
    wire.on("anthropic", *[say("soon")] * 50, hang(30))
    router = make_router("anthropic", "openai", toml=QUICK)
    for number in range(50):
        router.complete(ask(str(number), priority="bulk"))
    response = router.complete(ask("the lost one", priority="bulk"))
    assert response.model == MODEL["openai"]
    lost = response.attempts[0]
    assert (lost.deployment, lost.error) == (MODEL["anthropic"], "timeout")
    assert lost.seconds < 20
