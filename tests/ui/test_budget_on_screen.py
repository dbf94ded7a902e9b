"""When a budget is spent the page says so, and does what the settings say."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "llm"))

from dialects import Tokens
from wire import Wire, say

from src.llm.errors import BudgetExceeded
from src.llm.router import get_router
from src.llm.types import LLMRequest, TaskType
from tests.ui.conftest import OpenPage, words
from tests.ui.test_ask_page import ask


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """One provider, each of whose answers costs ten cents."""
    server = Wire()
    server.on("anthropic", say("no schema", tokens=Tokens(plain=0, visible=10_000)))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-0123456789abcdef")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    yield server
    server.close()


@pytest.mark.parametrize("at_limit", ["offline", "stop"])
def test_a_spent_budget_is_told_and_kept(
    at_limit: str,
    open_page: OpenPage,
    wire: Wire,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models = tmp_path / "models.toml"
    models.write_text(f'[budgets]\nday_usd = 0.01\nat_limit = "{at_limit}"\n', encoding="utf-8")
    monkeypatch.setenv("LLM_MODELS_FILE", str(models))
    app = open_page(user=f"budget-{at_limit}")
    with contextlib.suppress(BudgetExceeded):  # the other case has spent this day's
        get_router().complete(LLMRequest(TaskType.EVALUATION, prompt="q", offline=str))
    sent = len(wire.asked())
    app = ask(app, "spend by campaign")
    assert "budget of $0.01 is spent" in words(app)
    assert len(wire.asked()) == sent
    choices = [button for button in app.main.get("button") if button.label == "Choose"]
    assert bool(choices) == (at_limit == "offline")
    assert not app.exception
