"""Refusals in the ledger become proposed trigger words, when there are enough of them."""

from __future__ import annotations

import asyncio
import tomllib
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop import CHEAP, task
from wire import say

from src.catalogue.learning import as_toml, propose, refusal_rates, wilson
from src.catalogue.triggers import Triggers

FRESH = "[retry]\nbase_seconds = 0.01\n[cache]\nenabled = false\n"
# A Claude twenty times as dear as the cheap model.
DEAR = FRESH + (
    '[deployments."claude-haiku-5-5"]\nmodel = "claude-haiku-5-5"\n'
    "price = { input = 2.0, output = 10.0 }\n"
)


def write_all(client, wire, titles: dict[str, int], refused: str) -> None:
    """Write `titles` (each so many times); the cheap model refuses what holds `refused`."""

    def answer(handler, asked) -> None:
        stop = "refused" if refused in str(asked.body) else "ok"
        say(f"Текст номер {len(wire.asked())} о товаре.", stop=stop)(handler, asked)

    wire.on("openai", answer)
    wire.on("anthropic", say("Ещё один хороший текст о товаре."))
    every = [title for title, times in titles.items() for _ in range(times)]
    tasks = [
        task(number, f"{title} {number}", category="Разное", offline_text="Текст.")
        for number, title in enumerate(every)
    ]

    async def run() -> None:
        async for _ in client.generate_many(tasks, concurrency=4):
            pass

    asyncio.run(run())


def test_a_word_that_is_refused_often_is_proposed_with_its_money(wire, make_client):
    client = make_client()
    write_all(client, wire, {"Кальян стеклянный": 21, "Кружка стеклянная": 25}, "Кальян")
    (proposal,) = client.learn()
    assert (proposal.word, proposal.items, proposal.refused) == ("кальян", 21, 21)
    assert proposal.low > 0.8
    assert proposal.elsewhere == 0
    assert proposal.wasted == proposal.saves == 21 * Decimal("0.00002")
    assert proposal.examples[0].startswith("Кальян")
    own = tomllib.loads(as_toml([proposal]))
    assert own == {"triggers": {"learned": {"terms": ["кальян"]}}}
    (rates,) = refusal_rates(client.router.ledger, run=client.run)
    assert (rates.category, rates.model, rates.items, rates.refused) == ("Разное", CHEAP, 46, 21)
    assert rates.low < rates.rate < rates.high


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_text_that_is_asked_for_again_counts_once(wire, make_client, request, engine):
    own = engine == "postgresql"
    url = request.getfixturevalue("new_database")() if own else ""
    client = make_client(settings={"state_database_url": url} if own else {})
    for refused in ("Кальян", "nothing", "Кальян"):
        write_all(client, wire, {"Кальян": 21, "Кружка": 25}, refused)
    assert len(wire.asked("openai")) == 3 * 46
    (rates,) = refusal_rates(client.router.ledger, run=client.run)
    assert (rates.items, rates.refused) == (46, 21)
    (proposal,) = client.learn()
    assert (proposal.items, proposal.refused) == (21, 21)


def test_two_refusals_are_no_rule(wire, make_client):
    client = make_client()
    write_all(client, wire, {"Кальян": 2, "Кружка": 25}, "Кальян")
    assert client.learn() == []


def test_a_word_beside_the_refused_one_is_not_proposed(wire, make_client):
    client = make_client()
    write_all(client, wire, {"Набор кальян": 20, "Набор кружка": 20}, "кальян")
    assert [proposal.word for proposal in client.learn()] == ["кальян"]


def test_of_a_thing_and_its_brand_the_thing_is_proposed(wire, make_client):
    client = make_client()
    write_all(client, wire, {"Кальян «Султан»": 20, "Кружка «Заря»": 20}, "Кальян")
    assert [proposal.word for proposal in client.learn()] == ["кальян"]


def test_words_that_are_triggers_already_are_left_out(wire, make_client):
    client = make_client()
    write_all(client, wire, {"Кальян": 20, "Кружка": 20}, "Кальян")
    category = Triggers.load().categories["wax"].model_copy(update={"terms": ("кальян",)})
    assert propose(client.router.ledger, Triggers({"own": category}), run=client.run) == []


def test_a_dear_claude_is_not_proposed_for_what_the_cheap_model_mostly_writes(wire, make_client):
    client = make_client(toml=DEAR)
    wire_refuses_some = {"Кальян белый": 12, "Кальян чёрный": 12, "Кружка": 20}
    write_all(client, wire, wire_refuses_some, "белый")
    assert [proposal.word for proposal in client.learn()] == []


@settings(deadline=None)
@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_rate_and_narrows_with_the_number(hits, misses):
    total = hits + misses
    low, high = wilson(hits, total)
    assert 0 <= low <= high <= 1
    if total:
        assert low <= hits / total + 1e-12
        assert high >= hits / total - 1e-12
        wide = wilson(hits * 4, total * 4)
        assert wide[1] - wide[0] <= high - low + 1e-12


def test_the_interval_agrees_with_the_published_formula():
    assert wilson(5, 20) == pytest.approx((0.1119, 0.4687), abs=1e-4)
