"""What a request cost: published prices, tiers, caches, and what is honestly unknown."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import genai_prices
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from src.config.llm_router import LLMRouter
from src.config.models import Deployment
from src.config.models_schema import Capability, PriceSpec
from src.errors import ConfigError
from src.llm.prices import cost_of, known_model
from src.llm.types import TaskType, Usage

NOVEMBER = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


def priced(kind, model, usage, price=None, **rest):
    deployment = Deployment("d", kind, model, Capability(match="*"), price)
    return cost_of(deployment, kind, usage, at=rest.pop("at", NOVEMBER), **rest)


@pytest.mark.parametrize(
    ("kind", "model", "usage", "dollars"),
    [
        ("anthropic", "claude-sonnet-4-5", Usage(1000, 0, 0, 500, 0), "0.0105"),
        ("anthropic", "claude-sonnet-5-5", Usage(1_000_000), "2"),
        ("anthropic", "claude-sonnet-5-5", Usage(1000, 1000), "0.0001"),
        ("openai", "gpt-5.1", Usage(1000, 400, 0, 100, 80), "0.0018"),
        ("openai", "gpt-6-luna", Usage(272_000), "0.0272"),
        ("openai", "gpt-6-luna", Usage(300_000), "0.06"),
        ("openai", "gpt-6.1-terra-2026-09-01", Usage(1_000), "0.001"),
        ("google", "gemini-2.5-pro", Usage(200_000), "0.25"),
        ("google", "gemini-2.5-pro", Usage(200_001), "0.5000025"),
        ("google", "models/gemini-3.8-flash", Usage(0, 0, 0, 1_000_000), "3.75"),
    ],
)
def test_published_prices(kind, model, usage, dollars):
    assert priced(kind, model, usage) == Decimal(dollars)


def test_a_price_that_changes_on_a_day_changes_on_that_day():
    usage = Usage(1_000_000)
    assert priced("google", "gemini-3.8-flash", usage) == Decimal("0.75")
    january = dt.datetime(2027, 1, 2, tzinfo=dt.UTC)
    assert priced("google", "gemini-3.8-flash", usage, at=january) == Decimal("1.5")


def test_batch_is_half_price():
    usage = Usage(1_000_000)
    for kind, model in [("anthropic", "claude-sonnet-4-5"), ("openai", "gpt-5.1")]:
        whole = priced(kind, model, usage)
        assert priced(kind, model, usage, tier="batch") == whole / 2


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("google", "gemini-3.8-flash-lite"),
        ("openai", "gpt-6.2-sol"),
        ("anthropic", "claude-sonnet-5-5-turbo"),
        ("openai", "gpt-6-lunatic"),
    ],
)
def test_a_model_the_list_does_not_know_is_unknown_though_its_name_begins_alike(kind, model):
    assert priced(kind, model, Usage(1000)) is None


TEXT_MODELS = [
    (provider.id, model)
    for provider in genai_prices.data_snapshot.get_snapshot().providers
    if provider.id in {"anthropic", "openai", "google"}
    for model in provider.models
    if {"input_mtok", "output_mtok"} <= set(model.get_prices(NOVEMBER).__dict__)
]


@given(
    st.sampled_from(TEXT_MODELS),
    st.sampled_from([0, 1, 100_000, 200_000, 200_001, 272_001, 900_000]),
    st.integers(0, 5000),
    st.integers(0, 5000),
    st.integers(0, 90_000),
    st.sampled_from([None, "default", "batch", "flex", "priority", "fast", "ultrafast"]),
    st.integers(0, 880).map(
        lambda days: dt.datetime(2025, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days)
    ),
)
def test_every_text_model_costs_what_the_price_list_computes(
    listed, plain, cached, written, output, tier, at
):
    provider, model = listed
    known = known_model(provider, model.id)
    assume(known is model)
    usage = Usage(plain + cached + written, cached, written, output)
    fast = "speed" if provider == "anthropic" and tier == "fast" else "service_tier"
    context = {"processing": "batch"} if tier == "batch" else {fast: tier}
    listed_at_all = tier in {None, "default"} or any(
        variant.when == context and (variant.constraint is None or variant.constraint.active(at))
        for variant in model.price_variants or ()
    )
    theirs = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=usage.input_tokens,
            cache_read_tokens=cached,
            cache_write_tokens=written,
            output_tokens=output,
        ),
        model.id,
        provider_id=provider,
        genai_request_timestamp=at,
        price_context=context if tier else None,
    )
    expected = theirs.total_price if listed_at_all else None
    assert priced(provider, model.id, usage, tier=tier, at=at) == expected


def test_usage_that_contradicts_itself_has_no_price():
    assert priced("openai", "gpt-5.1", Usage(input_tokens=10, cached_input_tokens=11)) is None


def test_missing_usage_is_unknown():
    assert priced("openai", "gpt-5.1", None) is None


def test_a_price_of_ones_own_wins_and_a_server_of_ones_own_is_free():
    own = PriceSpec(input=Decimal(1), output=Decimal(2), cached_input=Decimal("0.5"))
    usage = Usage(3_000_000, 1_000_000, 0, 1_000_000)
    assert priced("openai", "gpt-5.1", usage, own) == Decimal("4.5")
    assert priced("openai_compatible", "llama", usage) == 0


@given(
    st.integers(0, 150_000), st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 9_000)
)
def test_more_tokens_never_cost_less_and_caching_never_costs_more(plain, cached, output, more):
    def cost(**tokens):
        return priced("anthropic", "claude-sonnet-5-5", Usage(**tokens))

    total = plain + cached
    base = cost(input_tokens=total, cached_input_tokens=cached, output_tokens=output)
    assert cost(input_tokens=total, output_tokens=output) >= base
    assert cost(input_tokens=total, cached_input_tokens=cached, output_tokens=output + more) >= base


@pytest.mark.parametrize(
    ("task", "dollars"),
    [
        (TaskType.QUERY_INTERPRETATION, 0.0105),
        ("sql_generation", 0.00625),
        (TaskType.CONTENT_GENERATION, 0.00045),
    ],
)
def test_the_estimate_of_the_public_face(task, dollars):
    estimate = LLMRouter.get_cost_estimate(
        task_type=task, input_tokens=1000, output_tokens=500, profile="reference"
    )
    assert estimate == dollars


def test_an_estimate_for_an_unpriced_model_says_so(tmp_path, monkeypatch):
    from src.config.settings import get_settings

    file = tmp_path / "m.toml"
    file.write_text('[swap]\nevaluation = "gpt-6.2-sol"\n')
    monkeypatch.setenv("LLM_MODELS_FILE", str(file))
    get_settings.cache_clear()
    try:
        with pytest.raises(ConfigError, match=r"gpt-6\.2-sol"):
            LLMRouter.get_cost_estimate(TaskType.EVALUATION, 1, 1)
    finally:
        get_settings.cache_clear()
