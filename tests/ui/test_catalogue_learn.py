"""What refusals teach, on the page: from the visitor's own texts, accepted by who may."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from src.catalogue.triggers import Triggers
from src.llm.ledger import CallEnd, CallTag, Ledger
from src.llm.types import Attempt, Outcome, TaskType, Usage
from src.ui.catalogue import learn_panel
from src.ui.catalogue.start import read_file
from src.ui.owned_router import usage_id
from tests.ui.conftest import OpenPage, settled, words

PAGE = "pages/Catalogue.py"


@pytest.fixture
def own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The server's own trigger words, which other tests do not see."""
    path = tmp_path / "words.toml"
    path.write_text("# Ours.\n", encoding="utf-8")
    monkeypatch.setenv("CATALOGUE_TRIGGERS_FILE", str(path))
    return path


@pytest.fixture
def refused(home: Path) -> None:
    """A ledger in which the cheap model refused every hookah of `olga`, and none of her cups."""
    ledger = Ledger(f"sqlite:///{home}/state.db")
    at, cost = dt.datetime.now(dt.UTC), Decimal("0.0002")
    for number in range(44):
        bad = number < 22
        outcome = Outcome.REFUSED if bad else Outcome.OK
        attempt = Attempt("gpt-6-luna", "openai", "gpt-6-luna", outcome, at, 0.5,
                          Usage(900, 0, 0, 90), cost)  # fmt: skip
        title = f"Табак кальянный {number}" if bad else f"<b>Кружка</b> {number}"
        tags = {"item": f"{number}/ad", "step": "first", "title": title, "category": "Разное"}
        tag = CallTag(uuid.uuid4().hex, TaskType.CONTENT_GENERATION.value, "current", "run",
                      usage_id("olga"), tags=tags)  # fmt: skip
        end = CallEnd("model", outcome, 0.5, (attempt,), at, "openai", "gpt-6-luna")
        ledger.record(tag, [(1, "model", attempt)], end).result()
    ledger.close()


def look(open_page: OpenPage, user: str) -> AppTest:
    catalogue = read_file(user, "products.csv", "id;title\n1;Чашка\n".encode())
    catalogue.settle("cancelled", {})
    app = open_page(PAGE, user=user, catalogue=catalogue.id, step="run")
    return settled(app.button(key="catalogue_learn").click().run())


def test_a_word_is_shown_with_its_money_and_accepted(
    open_page: OpenPage, refused: None, own_words: Path
) -> None:
    open_page(PAGE, user="olga")
    app = look(open_page, "olga")
    said = words(app)
    assert re.search(r"22 of 22 texts refused .* 0% of the others", said)
    assert "would have saved $0.0044 and 11 s of waiting" in said
    accept = app.button(key="catalogue_accept_words")
    assert accept.disabled
    app = app.checkbox[0].check().run()
    accept = app.button(key="catalogue_accept_words")
    assert accept.label == "Accept 1 word"
    app = accept.click().run()
    assert "Added to words.toml" in words(app)
    assert own_words.read_text(encoding="utf-8").startswith("# Ours.\n")
    assert Triggers.load(own_words).match("Табак для кальяна") is not None
    # What was found by the words of before is not shown as if it were still proposed.
    assert not app.checkbox
    app = settled(app.button(key="catalogue_learn").click().run())
    assert "No word is proposed" in words(app)


def test_the_texts_of_others_are_nobodys_lesson(
    open_page: OpenPage, refused: None, own_words: Path
) -> None:
    open_page(PAGE, user="pavel")
    said = words(look(open_page, "pavel"))
    assert "nothing to learn from" in said
    assert "Табак" not in said


def test_who_may_not_change_the_servers_words_may_read(
    open_page: OpenPage, refused: None, own_words: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learn_panel, "may_change_models", lambda: False)
    open_page(PAGE, user="olga")
    app = look(open_page, "olga")
    assert "Only a signed-in user" in words(app)
    assert app.checkbox[0].disabled
    assert app.button(key="catalogue_accept_words").disabled
    assert own_words.read_text(encoding="utf-8") == "# Ours.\n"
