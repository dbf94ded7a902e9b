"""Who would be asked for a text, by strategy, price, life and weight; nothing is sent."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from shop import CHEAP, CLAUDE, STRONG, task

from src.catalogue.routing import Planner
from src.catalogue.triggers import Triggers
from src.config.models import load_models
from src.errors import ConfigError, InputError

TRIGGERS = Triggers.load()
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def planner(strategy: str = "smart", *, toml: str = "", tmp_path=None, **rest) -> Planner:
    file = None
    if toml:
        file = tmp_path / "models.toml"
        file.write_text(toml)
    return Planner(load_models(file), TRIGGERS, strategy, **rest)


def chain(names: str) -> str:
    return f"[profiles.current.tasks.content_generation]\nchain = [{names}]\n"


def test_smart_begins_with_the_cheap_model_and_goes_on_to_claude():
    assert planner().plan(task()).chain == (CHEAP, CLAUDE, STRONG)
    assert planner().plan(task()).reason == "standard"


def test_smart_gives_sensitive_items_to_claude_and_keeps_the_others_for_need():
    route = planner().plan(task(title="Воск для депиляции"))
    assert route.chain == (CLAUDE, STRONG, CHEAP)
    assert route.reason == "sensitive: depilation"
    assert route.sensitive == "depilation (депиляции)"


def test_smart_finds_claude_elsewhere_in_the_profile(tmp_path):
    made = planner(toml=chain('"gpt-6-luna"'), tmp_path=tmp_path)
    assert made.plan(task()).chain == (CHEAP, STRONG)
    assert made.plan(task(title="Эпилятор")).chain == (STRONG, CHEAP)


@pytest.mark.parametrize(
    ("strategy", "asked"), [("openai_only", (CHEAP,)), ("claude_only", (CLAUDE, STRONG))]
)
def test_one_family_only(strategy, asked):
    for title in ("Чашка", "Эпилятор"):
        assert planner(strategy).plan(task(title=title)).chain == asked


def test_load_balance_is_half_and_half_and_the_same_each_time():
    made, again = planner("load_balance"), planner("load_balance")
    routes = [made.plan(task(number)) for number in range(1000)]
    assert routes == [again.plan(task(number)) for number in range(1000)]
    counts = Counter(route.chain[0] for route in routes)
    assert set(counts) == {CHEAP, CLAUDE}
    assert 430 < counts[CHEAP] < 570
    assert all(set(route.chain) == {CHEAP, CLAUDE, STRONG} for route in routes)


def test_load_balance_by_weights():
    made = planner("load_balance", weights={"openai": 3, STRONG: 1, "claude": 0})
    counts = Counter(made.plan(task(number)).chain[0] for number in range(1000))
    assert set(counts) == {CHEAP, STRONG}
    assert 700 < counts[CHEAP] < 800


@pytest.mark.parametrize(
    "weights",
    [{}, {"openai": 0}, {"openai": -1, "claude": 2}, {"nobody": 1}, {"openai": float("nan")}],
)
def test_weights_that_make_no_sense_are_told(weights):
    with pytest.raises(InputError):
        planner("load_balance", weights=weights)


def test_weights_belong_to_load_balance_and_strategies_have_names():
    with pytest.raises(InputError):
        planner("smart", weights={"openai": 1})
    with pytest.raises(InputError):
        planner("best")


PRICED = (
    chain('"dear", "cheap", "unpriced", "ending"')
    + "[lives]\nending-model = 2026-12-01\n"
    + "".join(
        f'[deployments.{name}]\nprovider = "openai"\nmodel = "{name}-model"\n{price}\n'
        for name, price in {
            "dear": "price = { input = 2.0, output = 10.0 }",
            "cheap": "price = { input = 0.5, output = 1.0 }",
            "unpriced": "",
            "ending": "price = { input = 0.1, output = 0.1 }",
        }.items()
    )
)


def test_cheapest_goes_by_price_and_never_asks_the_retired(tmp_path):
    made = planner("cheapest", toml=PRICED, tmp_path=tmp_path)
    assert made.plan(task(), NOW).chain == ("ending", "cheap", "dear", "unpriced")
    last_day = dt.datetime(2026, 12, 1, 23, tzinfo=dt.UTC)
    assert made.plan(task(), last_day).chain[0] == "ending"
    after = made.plan(task(), last_day + dt.timedelta(hours=2))
    assert after.chain == ("cheap", "dear", "unpriced")
    assert after.reason == "cheapest: cheap, $1.68 a thousand"


def test_cheapest_says_so_when_everything_is_retired(tmp_path):
    toml = chain('"gpt-6-luna"') + '[lives]\n"gpt-6-luna" = 2026-01-01\n'
    with pytest.raises(ConfigError):
        planner("cheapest", toml=toml, tmp_path=tmp_path).plan(task(), NOW)


def test_a_family_the_profile_lacks_is_told_at_once(tmp_path):
    every = "".join(
        f'[profiles.own.tasks.{name}]\nchain = ["gpt-6-luna"]\n'
        for name in (
            "query_interpretation", "sql_generation", "insights_generation", "evaluation",
            "vision_analysis", "workflow_orchestration", "code_generation", "data_processing",
            "report_generation", "predictive_analytics", "content_generation",
        )
    )  # fmt: skip
    toml = f'default_profile = "own"\n{every}'
    with pytest.raises(ConfigError):
        planner("claude_only", toml=toml, tmp_path=tmp_path)
    route = planner("smart", toml=toml, tmp_path=tmp_path).plan(task(title="Эпилятор"))
    assert route.chain == (CHEAP,)
    assert "no Claude" in route.reason


def test_a_gateways_models_are_known_by_name(tmp_path):
    toml = (
        '[providers.gateway]\nkind = "openai_compatible"\nbase_url = "http://127.0.0.1:9/v1"\n'
        '[deployments.ours]\nprovider = "gateway"\nmodel = "vendor/claude-next"\n'
        + chain('"gpt-6-luna", "ours"')
    )
    made = planner(toml=toml, tmp_path=tmp_path)
    assert made.plan(task(title="Эпилятор")).chain == ("ours", CHEAP)


def test_the_client_plans_without_a_key_and_without_a_call(wire, make_client):
    client = make_client(settings={"anthropic_api_key": None, "openai_api_key": None})
    assert client.plan(task()).chain[0] == CHEAP
    assert not wire.asked()
