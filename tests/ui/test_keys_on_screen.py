"""A key that a provider echoes back in its refusal is on no page, in no file and in no report."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "llm"))

from wire import Wire, fail

from tests.ui.conftest import OpenPage, settled, words
from tests.ui.test_ask_page import ask, click
from tests.ui.test_usage_page import section

KEYS = {
    "ANTHROPIC_API_KEY": "sk-ant-screen-planted-0123456789abcdef",
    "OPENAI_API_KEY": "sk-proj-screen-planted-0123456789abcdef",
    "GEMINI_API_KEY": "AIzaScreenPlanted0123456789abcdef",
}
PROTOCOLS = dict(zip(("anthropic", "openai", "google"), KEYS.values(), strict=True))


class Refusing(dict[str, Any]):
    """Model endpoints that reject every key and tell all they know of it."""

    def get(self, name: str, default: Any = None) -> Any:
        _status, body = default
        body["error"]["message"] = f"Not valid: {' '.join(KEYS.values())}"
        return 401, body


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    wire = Wire()
    wire.models = Refusing()
    for protocol, key in PROTOCOLS.items():
        said = f"Incorrect API key provided: {key} ({key[:12]}...{key[-4:]})"
        wire.on(protocol, fail(401, "authentication_error", said))
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", wire.url)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{wire.url}/openai/v1")
    monkeypatch.setenv("GEMINI_BASE_URL", f"{wire.url}/google")
    yield wire
    wire.close()


def everything(app: AppTest) -> str:
    """All that the page sends to the browser."""
    sent: list[str] = []
    rest: list[Any] = [app._tree]
    while rest:
        node = rest.pop()
        sent.append(repr(getattr(node, "proto", "")))
        rest += getattr(node, "children", {}).values()
    return "\n".join(sent)


def files(folder: Path) -> str:
    """The bytes of every file."""
    return "\n".join(
        path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()
    )


def parts_of(text: str) -> list[str]:
    """The keys, and the beginnings of them, that a text holds."""
    return [key for key in KEYS.values() if key in text or key[:12] in text]


def test_an_echoed_key_is_nowhere(
    open_page: OpenPage,
    home: Path,
    tmp_path: Path,
    providers: Wire,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    app = click(ask(open_page(user="kim"), "clicks by device"), "Choose")
    app = click(app, "Approve and run")
    shown = everything(app)
    assert "offline" in shown.lower()
    _, session = app.session_state["_loaded_analysis"]
    for suffix in ("html", "md"):
        session.report(tmp_path / f"report.{suffix}")

    asked = settled(
        open_page("pages/Settings.py", user="kim").main.button(key="ask_providers").click().run()
    )
    assert "rejects the key" in words(asked)
    usage = open_page("pages/Usage.py", user="kim")
    book = section(usage, "calls")
    attempts = book.main.dataframe[0].value.to_csv()
    assert "rejects the key" in attempts
    pages = [attempts, *(everything(page) for page in (asked, usage, book))]

    protocols = {request.protocol for request in providers.asked()}
    assert protocols == set(PROTOCOLS), "each of them was sent its key"
    assert [parts_of(page) for page in (shown, *pages)] == [[]] * 5
    assert parts_of(files(home)) == []
    assert parts_of(files(tmp_path)) == []
    assert parts_of(caplog.text) == []


def test_a_model_that_the_key_may_not_use_is_no_model_that_is_well(
    open_page: OpenPage, providers: Wire
) -> None:
    providers.models = {}  # every key works, and no model is known
    app = open_page("pages/Settings.py")
    app = click(app, "Ask the providers")
    assert "is not served to this key" in words(app)
    assert "every model is alive" not in words(app)
