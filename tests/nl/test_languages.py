"""A question is answered in its own language, from catalogues that say the same things."""

import datetime as dt
import re
import string
import tomllib
from pathlib import Path

import pytest

from src.query_engine import phrases
from src.query_engine.nl.engine import interpret
from src.query_engine.phrases import Note, language_of, period_label, say
from tests.nl.test_russian import DATA

TODAY = dt.date(2026, 11, 1)
FOLDER = Path(phrases.__file__).parent
LANGUAGES = {
    "CTR поиска и сетей": "ru",
    "ROAS по кампаниям": "ru",
    "CTR of search": "en",
    "spend by city for Москва": "en",
    "": "en",
    "3 > 2?": "en",
}


@pytest.mark.parametrize(("question", "language"), LANGUAGES.items())
def test_the_language_is_that_of_most_words(question, language):
    assert language_of(question) == language


def flat(table: dict, prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, str):
            found[prefix + name] = value
    return found


def catalogue(language: str) -> dict[str, str]:
    return flat(tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8")))


def names(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_the_catalogues_have_the_same_sentences_with_the_same_names():
    english, russian = catalogue("en"), catalogue("ru")
    sentences = {key: text for key, text in russian.items() if not key.startswith("name.")}
    assert english.keys() == sentences.keys()
    assert {k: names(t) for k, t in english.items()} == {k: names(t) for k, t in sentences.items()}


def test_every_sentence_the_code_names_is_in_the_catalogue():
    english = catalogue("en")
    code = " ".join(path.read_text("utf-8") for path in FOLDER.parent.rglob("*.py"))
    used = set(re.findall(r'"((?:note|assumed|sense|plan|span|word)\.[a-z_]+)"', code))
    assert len(used) > 30
    assert used <= english.keys()


ASKED = [
    "топ 5 кампаний по ROAS за прошлый месяц",
    "spend по платформам за последние 30 дней",
    "CTR Meta и TikTok по месяцам в 2026 году",
    "лучшие кампании за последнее время",
    "доля spend по device",
    "сравни spend за сентябрь с августом",
    "кампании с ROAS больше 3",
]
OWN_NAMES = {"ROAS", "CPA", "CTR", "CVR", "CPC", "CPM", "Meta", "TikTok", "aov", "AOV"}


@pytest.mark.parametrize("question", ASKED)
def test_a_russian_question_is_worded_in_russian(question):
    found = interpret(question, DATA, today=TODAY).interpretations
    assert found
    for reading in found:
        assert reading.plan.language == "ru"
        for text in (reading.text, *reading.assumptions):
            words = set(re.findall(r"[A-Za-z]{3,}", text)) - OWN_NAMES
            assert len(words) <= len(re.findall(r"[а-яё]{3,}", text.lower())), text


def test_a_note_says_the_same_in_both_languages():
    note = Note("note.read_as", said="фб", meant="Meta")
    assert note == '"фб" read as Meta'
    assert note.said_in("ru") == "«фб» понято как Meta"
    nested = Note("note.grain", grain=Note("word.week"))
    assert nested.said_in("ru") == "шаг: неделя"


def test_a_period_without_a_russian_name_is_told_by_its_days():
    assert period_label("ru", "last 30 days") == "последние 30 дн."
    assert period_label("ru", "Monday to Friday") == ""
    assert period_label("ru", "черная пятница") == "черная пятница"
    assert say("ru", "span.range", start="1 янв", end="2 янв") == "1 янв – 2 янв"
