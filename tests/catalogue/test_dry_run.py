"""A dry run: items, routes, tokens and dollars by strategy, at the prices of a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.catalogue.dry_run import estimate_run, estimate_tokens
from src.catalogue.tasks import make_tasks
from src.catalogue.templates import load_templates
from src.catalogue.triggers import Triggers
from src.catalogue.values import STRATEGIES, CopyTask, Product
from src.config.models import load_models
from src.llm.prices import cost_of
from src.llm.types import Usage

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
TEMPLATES, TRIGGERS = load_templates(), Triggers.load()
MODELS, REFERENCE = load_models(), load_models(None, "reference")
PRODUCTS = [
    Product("1", "Воск для депиляции", "Косметика"),
    Product("2", "Cotton T-shirt", "Clothing", "en", {"colour": "white"}),
    Product("3", "Кружка", "Посуда"),
    Product("4", "Ceramic mug", "Kitchen", "en"),
]


def tasks(types=("description", "seo")) -> Iterator[CopyTask]:
    return make_tasks(PRODUCTS, TEMPLATES, types)


def estimate(models=MODELS, at=NOW, **rest):
    return estimate_run(tasks(), TEMPLATES, models, TRIGGERS, at=at, **rest)


def test_it_tells_items_and_routes():
    told = estimate()
    assert (told.texts, told.kept) == (8, 0)
    assert told.by_type == {"description": 4, "seo": 4}
    assert told.routes["standard"] == 6
    assert sum(told.routes.values()) == 8
    assert any(reason.startswith("sensitive") for reason in told.routes)


def test_it_prices_every_strategy_the_chosen_one_first():
    told = estimate(strategy="claude_only")
    assert told.strategies[0].strategy == "claude_only"
    assert {one.strategy for one in told.strategies} == set(STRATEGIES)
    for one in told.strategies:
        assert sum(share.texts for share in one.shares) == 8
        assert 0 < one.batch < one.cost < one.at_most
        assert one.batch == one.cost / 2


def test_dollars_are_tokens_times_the_price_list():
    (smart, *_) = estimate().strategies
    named = {one.id: one for one in MODELS.deployments()}
    for share in smart.shares:
        deployment = named[share.deployment]
        kind = MODELS.providers[deployment.provider].kind
        usage = Usage(input_tokens=share.input_tokens, output_tokens=share.output_tokens)
        assert share.cost == cost_of(deployment, kind, usage, at=NOW)


def test_many_small_texts_are_not_priced_as_one_long_one():
    (one, *_) = estimate_run(
        (task for _ in range(500) for task in tasks()), TEMPLATES, MODELS, TRIGGERS,
        strategy="openai_only", at=NOW,
    ).strategies  # fmt: skip
    (few, *_) = estimate(strategy="openai_only").strategies
    assert abs(one.cost / few.cost / 500 - 1) < Decimal("0.01")


def test_ended_models_and_unknown_prices_are_said():
    told = estimate(models=REFERENCE, at=dt.datetime(2027, 2, 1, tzinfo=dt.UTC))
    assert any("gpt-4o-mini ended on 14 January 2027" in note for note in told.notes)
    soon = estimate(models=REFERENCE, at=dt.datetime(2026, 11, 25, tzinfo=dt.UTC))
    assert any("gpt-4o-mini ends on 14 January 2027" in note for note in soon.notes)


def test_a_strategy_that_cannot_be_used_says_why_and_the_others_are_told():
    told = estimate(models=REFERENCE, at=dt.datetime(2027, 2, 1, tzinfo=dt.UTC))
    found = {one.strategy: one.problem for one in told.strategies}
    assert "retired" in found["cheapest"]
    assert found["openai_only"] == ""


def test_an_unknown_price_is_unknown_and_not_nothing(tmp_path):
    file = tmp_path / "models.toml"
    file.write_text(
        '[deployments.new]\nprovider = "openai"\nmodel = "unheard-of"\n'
        '[swap]\ncontent_generation = "new"\n'
    )
    told = estimate(models=load_models(file), strategy="openai_only")
    assert told.strategies[0].cost is None
    assert any("price of new is not known" in note for note in told.notes)


def test_what_is_in_the_journal_costs_nothing():
    told = estimate(is_kept=lambda task: task.type == "seo")
    assert (told.texts, told.kept, told.by_type) == (4, 4, {"description": 4})


def test_it_is_plain_data():
    import json

    told = json.loads(json.dumps(estimate().to_dict()))
    assert Decimal(told["strategies"][0]["cost"]) > 0


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("", 0, 0), ("word " * 100, 100, 140), ("слово " * 100, 150, 250)],
)
def test_tokens_are_estimated_by_script(text, low, high):
    assert low <= estimate_tokens(text) <= high


@given(st.text(), st.text())
def test_longer_texts_are_never_fewer_tokens(one, two):
    assert estimate_tokens(one + two) + 1e-9 >= estimate_tokens(one) >= 0
