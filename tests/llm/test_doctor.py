"""What the doctor finds: keys, addresses, prices, and how long the mapped models will live."""

from __future__ import annotations

import datetime as dt

import pytest
from dialects import error_body
from served import KEYS, MODEL

from src.llm.doctor import examine

TODAY = dt.date(2026, 11, 21)
CHAIN = ("anthropic", "openai", "google")


def claude(lifecycle: str = "active", retires_at: str | None = None) -> dict[str, object]:
    return {
        "id": MODEL["anthropic"],
        "type": "model",
        "display_name": "Claude",
        "created_at": "2026-01-01T00:00:00Z",
        "lifecycle": lifecycle,
        "retires_at": retires_at,
    }


def gpt(shutdown_date: str | None = None) -> dict[str, object]:
    return {
        "id": MODEL["openai"],
        "object": "model",
        "created": 1,
        "owned_by": "openai",
        "shutdown_date": shutdown_date,
    }


@pytest.fixture
def answering(wire):
    """All three model endpoints know their model."""
    wire.models = {
        MODEL["anthropic"]: (200, claude()),
        MODEL["openai"]: (200, gpt()),
        MODEL["google"]: (200, {"name": f"models/{MODEL['google']}"}),
    }
    return wire


def models(found):
    return {row["model"]: row for row in found["models"]}


def providers(found):
    return {row["provider"]: row for row in found["providers"]}


def test_a_healthy_map_needs_nothing(answering, make_router):
    found = examine(make_router(*CHAIN), today=TODAY)
    assert found["healthy"]
    assert not found["offline"]
    assert found["findings"] == []
    for name in CHAIN:
        row = providers(found)[name]
        assert (row["reachable"], row["key_works"], row["missing"]) == (True, True, [])
        assert models(found)[MODEL[name]]["served"] is True
    assert not answering.asked(), "no prompt is sent"


@pytest.mark.parametrize(
    ("day", "life"),
    [
        ("2026-11-20", "retired"),
        ("2026-11-21", "ending"),
        ("2027-01-20", "ending"),
        ("2027-01-21", "ok"),
    ],
)
@pytest.mark.parametrize("source", ["models file", "provider"])
def test_a_model_is_near_its_end_sixty_days_before_it(source, day, life, answering, make_router):
    toml = f'[lives]\n"{MODEL["openai"]}" = {day}\n' if source == "models file" else ""
    if source == "provider":
        answering.models[MODEL["openai"]] = (200, gpt(day))
    found = examine(make_router(*CHAIN, toml=toml), today=TODAY)
    row = models(found)[MODEL["openai"]]
    assert (row["life"], row["retires"], row["says_so"]) == (life, day, source)
    assert found["healthy"] == (life == "ok")


def test_the_earliest_announcement_counts(answering, make_router):
    answering.models[MODEL["anthropic"]] = (200, claude("deprecated", "2026-12-24T00:00:00Z"))
    toml = f'[lives]\n"{MODEL["anthropic"]}" = 2027-12-24\n'
    row = models(examine(make_router("anthropic", toml=toml), today=TODAY))[MODEL["anthropic"]]
    assert (row["retires"], row["says_so"], row["life"]) == ("2026-12-24", "provider", "ending")


def test_what_the_provider_calls_retired_is_retired(answering, make_router):
    answering.models[MODEL["anthropic"]] = (200, claude("retired"))
    found = examine(make_router("anthropic"), today=TODAY)
    assert models(found)[MODEL["anthropic"]]["life"] == "retired"
    assert not found["healthy"]


def test_the_sdks_own_table_is_read_without_asking_anybody(wire, make_router):
    toml = '[lives]\n"claude-sonnet-4-5*" = 2030-01-01\n'
    found = examine(make_router("claude-sonnet-4-5", toml=toml), ask=False, today=TODAY)
    row = models(found)["claude-sonnet-4-5"]
    assert (row["retires"], row["says_so"], row["life"]) == ("2026-11-30", "SDK", "ending")
    assert row["served"] is None


def test_a_rejected_key_and_an_unknown_model_are_told_apart(answering, make_router):
    answering.models[MODEL["anthropic"]] = (
        401,
        error_body("anthropic", 401, "authentication_error", "invalid x-api-key"),
    )
    del answering.models[MODEL["openai"]]
    found = examine(make_router(*CHAIN), today=TODAY)
    assert providers(found)["anthropic"]["key_works"] is False
    assert models(found)[MODEL["anthropic"]]["served"] is None
    assert providers(found)["openai"]["key_works"] is True
    assert models(found)[MODEL["openai"]]["served"] is False
    text = " ".join(found["findings"])
    assert "rejects the key in ANTHROPIC_API_KEY" in text
    assert f"does not serve {MODEL['openai']}" in text


def test_an_address_where_nobody_listens_is_told(make_router):
    router = make_router("google", gemini_base_url="http://127.0.0.1:9")
    found = examine(router, today=TODAY)
    assert providers(found)["google"]["reachable"] is False
    assert "cannot be reached at 127.0.0.1:9" in " ".join(found["findings"])


def test_without_a_key_nothing_is_asked_of_the_provider(answering, make_router):
    found = examine(make_router("anthropic", anthropic_api_key=None), today=TODAY)
    assert found["offline"]
    assert providers(found)["anthropic"]["missing"] == ["ANTHROPIC_API_KEY"]
    assert models(found)[MODEL["anthropic"]]["served"] is None


def test_a_model_without_a_price_is_named(answering, make_router):
    found = examine(make_router("gpt-6.2-sol"), ask=False, today=TODAY)
    assert "gpt-6.2-sol has no known price" in " ".join(found["findings"])
    assert found["healthy"]


def test_no_key_is_in_the_findings(answering, make_router):
    text = str(examine(make_router(*CHAIN), today=TODAY))
    assert not [key for key in KEYS.values() if key in text]
