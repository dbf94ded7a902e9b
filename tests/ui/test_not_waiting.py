"""Nobody has to wait for a model: the offline engine answers as soon as it is asked to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "llm"))

from wire import Wire, hang

from tests.ui.conftest import OpenPage, settled, words

LABEL = "Answer offline now"


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """One provider that takes every question and says nothing."""
    server = Wire()
    server.on("anthropic", hang(60))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-0123456789abcdef")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    yield server
    server.close()


def test_a_question_under_way_is_answered_offline_at_a_click(
    open_page: OpenPage, wire: Wire
) -> None:
    app = open_page(user="impatient")
    app = app.chat_input[0].set_value("spend by campaign").run()
    while not wire.asked():
        app.run()
    buttons = [b for b in app.main.get("button") if b.label == LABEL]
    app = settled(buttons[0].click().run())
    assert "No model was waited for" in words(app)
    assert any(b.label == "Choose" for b in app.main.get("button"))
    assert not app.exception
