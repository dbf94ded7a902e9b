"""Budgets: concurrent calls keep them, and what happens at the limit is told."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
import sqlalchemy as sa
from dialects import Tokens
from served import MODEL, QUICK, ask
from wire import say, slowly

from src.llm import errors, usage


@pytest.mark.parametrize(("limit", "scope"), [("session_usd", "session"), ("day_usd", "day")])
def test_concurrent_calls_cannot_pass_a_budget_by_more_than_one_estimate(
    limit, scope, wire, make_router
):
    toml = QUICK + f'[budgets]\n{limit} = 0.10\nat_limit = "stop"\n'
    # Each call costs 0.02 dollars: 2,000 tokens of output at 10 dollars a million.
    wire.on("anthropic", slowly(0.1, say(tokens=Tokens(plain=0, visible=2000))))
    router = make_router("anthropic", toml=toml)
    outcomes: list[str] = []

    def work(number: int) -> None:
        try:
            router.complete(ask(str(number), session="s", max_tokens=2000))
            outcomes.append("ok")
        except errors.BudgetExceeded as error:
            assert scope in str(error)
            outcomes.append("stopped")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = usage.summary(router.ledger, session="s")["cost"]
    assert outcomes.count("ok") * Decimal("0.02") == spent
    assert Decimal("0.08") <= spent <= Decimal("0.12")


def test_at_the_limit_the_offline_engine_takes_over_and_says_so(wire, make_router):
    wire.on("anthropic", say(tokens=Tokens(visible=10_000)))
    toml = QUICK + '[budgets]\nsession_usd = 0.05\nat_limit = "offline"\n'
    router = make_router("anthropic", toml=toml)
    router.complete(ask("1", session="s"))
    response = router.complete(ask("2", session="s", offline=lambda: "by rule"))
    assert response.offline
    assert "budget of $0.05 is spent" in response.notes[-1]
    assert router.complete(ask("3", session="another")).model == MODEL["anthropic"]


def test_a_cheaper_model_takes_over_before_the_limit(wire, make_router):
    wire.on("anthropic", say(tokens=Tokens(plain=0, visible=9_000)))
    toml = QUICK + '[budgets]\nsession_usd = 0.10\nat_limit = "downgrade"\n'
    router = make_router("anthropic", toml=toml)
    router.complete(ask("1", session="s"))
    response = router.complete(ask("2", session="s"))
    assert response.model == "gpt-6-luna"
    assert "cheaper model" in " ".join(response.notes)


def test_a_cached_answer_is_given_although_the_budget_is_spent(wire, make_router):
    wire.on("anthropic", say(tokens=Tokens(visible=10_000)))
    for at_limit in ("stop", "offline", "downgrade"):
        toml = f'[budgets]\nsession_usd = 0.05\nat_limit = "{at_limit}"\n'
        router = make_router("anthropic", toml=toml)
        router.complete(ask(at_limit, session=at_limit))
        again = router.complete(ask(at_limit, session=at_limit, offline=lambda: "by rule"))
        assert again.served_from_cache
        assert (again.text, again.cost) == ("forty-two", Decimal(0))
        with pytest.raises(errors.BudgetExceeded):
            router.complete(ask("something new", session=at_limit))
    assert len(wire.asked()) == 3


@pytest.mark.parametrize("at_limit", ["stop", "offline", "downgrade"])
@pytest.mark.parametrize("scope", ["session", "day"])
def test_past_the_limit_nothing_is_sent_whichever_way_it_is_kept(
    at_limit, scope, wire, make_router
):
    wire.on("anthropic", say(tokens=Tokens(visible=10_000)))
    toml = QUICK + f'[budgets]\n{scope}_usd = 0.05\nat_limit = "{at_limit}"\n'
    router = make_router("anthropic", "openai", toml=toml)
    router.complete(ask("1", session="s"))
    with pytest.raises(errors.BudgetExceeded) as caught:
        router.complete(ask("2", session="s"))
    assert caught.value.message == f"The {scope}'s budget of $0.05 is spent."
    assert caught.value.hint
    assert len(wire.asked()) == 1
    request = ask("3", session="s", offline=lambda: "by rule")
    if at_limit == "stop":
        with pytest.raises(errors.BudgetExceeded):
            router.complete(request)
    else:
        assert router.complete(request).text == next(iter(router.stream(request))) == "by rule"
    assert len(wire.asked()) == 1


def test_with_a_ledger_that_cannot_be_read_nothing_is_sent(wire, make_router, new_database):
    toml = QUICK + "[budgets]\nday_usd = 1.0\n"
    router = make_router("openai", toml=toml, state_database_url=new_database())
    with router.ledger.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE llm_attempts"))
    with pytest.raises(errors.NoProviderAvailable, match="no budget can be kept"):
        router.complete(ask())
    assert router.complete(ask(offline=lambda: "by rule")).text == "by rule"
    assert not wire.asked()
