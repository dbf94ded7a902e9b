"""The names other people's code uses, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from wire import fail, say

from src.config import llm_router as face
from src.config.llm_router import MODEL_MAPPING, LLMRouter, TaskType, performance_tracker
from src.llm.errors import NoProviderAvailable
from src.llm.router import get_router, reset_router
from src.llm.status import budget_status, task_map
from src.llm.types import LLMRequest, Usage

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def served(monkeypatch, make_router):
    """The process's router, talking to the wire server."""
    router = make_router("anthropic", "openai")
    monkeypatch.setattr("src.llm.router.get_router", lambda: router)
    return router


def test_importing_the_face_loads_nothing_heavy():
    probe = (
        "import sys, src.config.llm_router; "
        "print([m for m in ('anthropic', 'openai', 'google.genai', 'sqlalchemy', 'genai_prices', "
        "'pydantic', 'streamlit', 'pandas') if m in sys.modules])"
    )
    loaded = subprocess.check_output([sys.executable, "-c", probe], text=True, cwd=ROOT)
    assert loaded.strip() == "[]"


def test_call_llm_returns_the_text(served, wire):
    wire.on("anthropic", say("SELECT 1"))
    assert (
        LLMRouter.call_llm(task_type=TaskType.SQL_GENERATION, prompt="q", system_prompt="s")
        == "SELECT 1"
    )


def test_call_llm_without_a_key_names_the_variables_to_set(monkeypatch, make_router):
    router = make_router("anthropic", "openai", anthropic_api_key=None, openai_api_key=None)
    monkeypatch.setattr("src.llm.router.get_router", lambda: router)
    with pytest.raises(NoProviderAvailable) as caught:
        LLMRouter.call_llm(task_type=TaskType.SQL_GENERATION, prompt="q")
    assert "ANTHROPIC_API_KEY or OPENAI_API_KEY" in str(caught.value)


def test_the_tracker_has_every_task_and_counts_calls(served, wire):
    wire.on("openai", say())
    wire.on("anthropic", say(), fail(401, "authentication_error"))
    before = performance_tracker.get_summary()["query_interpretation"]
    assert (before["total_calls"], before["total_cost"]) == (0, 0.0)
    for _ in range(2):
        LLMRouter.call_llm(task_type=TaskType.QUERY_INTERPRETATION, prompt="q")
    after = performance_tracker.get_summary()
    row = after["query_interpretation"]
    assert set(after) == {task.value for task in TaskType}
    assert (row["total_calls"], row["fallbacks"], row["errors"]) == (2, 1, 0)
    # 100 in and 20 out: at 2 and 10 dollars a million for both models, once each.
    assert row["total_cost"] == pytest.approx(0.0008)
    assert row["avg_latency"] > 0
    assert row["p50_latency"] <= row["p95_latency"]
    assert row["served_by"] == "gpt-6.1-sol"


def test_the_mapping_reads_like_a_dict(served):
    assert len(MODEL_MAPPING) == len(TaskType)
    assert MODEL_MAPPING[TaskType.VISION_ANALYSIS] == "claude-sonnet-5-5"
    assert dict(MODEL_MAPPING)["vision_analysis"] == "claude-sonnet-5-5"


def test_the_public_names():
    assert set(face.__all__) == {"LLMRouter", "TaskType", "MODEL_MAPPING", "performance_tracker"}


def test_the_processes_router_is_one_until_it_is_reset():
    first = get_router()
    assert get_router() is first
    reset_router()
    assert get_router() is not first


# --- What the settings page and the sidebar show ---


def test_keys_and_tasks_are_shown_without_asking_anybody(wire, make_router):
    router = make_router("anthropic", "openai", "gateway-model", anthropic_api_key=None)
    ends = router.endpoints
    assert (ends["anthropic"].ready, ends["openai"].ready) == (False, True)
    assert ends["openai"].key_name == "OPENAI_API_KEY"
    assert ends["google"].key_names == ("GEMINI_API_KEY", "GOOGLE_API_KEY")
    assert ends["gateway"].ready, "a server without key_env needs no key"
    task = task_map(router)[0]
    assert task["serving"] == "gpt-6.1-sol"
    assert [entry["ready"] for entry in task["chain"]] == [False, True, True]
    assert not wire.asked()


def test_without_keys_the_offline_engine_serves(make_router):
    none = {"anthropic_api_key": None, "openai_api_key": None, "gemini_api_key": None}
    router = make_router("anthropic", **none)
    assert {row["serving"] for row in task_map(router)} == {"offline"}


def test_models_near_their_end_are_marked(make_router):
    import datetime as dt

    router = make_router("claude-sonnet-4-5", "gpt-5.1-codex", "gpt-6.1-sol")
    chain = task_map(router, today=dt.date(2026, 11, 21))[0]["chain"]
    assert [entry["life"] for entry in chain] == ["ending", "retired", "ok"]


def test_budgets_show_what_is_spent_and_the_environment_wins(wire, make_router):
    router = make_router("anthropic", toml="[budgets]\nsession_usd = 9\n[cache]\nenabled = false\n")
    router.complete(LLMRequest(task=TaskType.EVALUATION, prompt="q", session="s"))
    from src.config.settings import Settings

    settings = Settings(_env_file=None, llm_session_budget_usd=0.001)
    status = budget_status(router, settings, session="s")
    assert status["session"]["share"] == pytest.approx(0.4)
    assert status["day"]["limit"] is None
    assert status["day"]["spent"] == status["session"]["spent"] > 0


# --- An endpoint of the user's own ---


def test_a_gateway_takes_its_key_from_a_variable_of_its_own(wire, make_router, monkeypatch):
    monkeypatch.setenv("COMPANY_KEY", "company-secret")
    toml = (
        f'[providers.company]\nkind = "openai_compatible"\nbase_url = "{wire.url}/chat/v1"\n'
        'key_env = ["COMPANY_KEY"]\n[deployments.ours]\nprovider = "company"\nmodel = "m1"\n'
        "price = { input = 1, output = 2 }\n"
    )
    response = make_router("ours", toml=toml).complete(
        LLMRequest(task=TaskType.VISION_ANALYSIS, prompt="q")
    )
    assert wire.asked("chat")[0].headers["authorization"] == "Bearer company-secret"
    assert wire.asked("chat")[0].body["model"] == "m1"
    assert response.usage == Usage(100, 0, 0, 20, 0)
    assert str(response.cost) == "0.00014"


def test_a_local_server_is_free_and_is_a_fallback_like_any_other(wire, make_router):
    wire.on("anthropic", fail(401, "authentication_error"))
    response = make_router("anthropic", "chat").complete(
        LLMRequest(task=TaskType.EVALUATION, prompt="q")
    )
    assert (response.provider, response.model, response.cost) == ("gateway", "gateway-model", 0)
