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
    "ROAS for Москва": "en",
    "Meta против TikTok по ROAS": "ru",
    "РАСХОД": "ru",
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
    files = sorted(FOLDER.glob(f"{language}*.toml"))
    return {k: v for f in files for k, v in flat(tomllib.loads(f.read_text("utf-8"))).items()}


def names(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


# what only one of the languages needs: names of standard columns and their cases, agreeing verbs,
# what is odd about the data, why the guard refuses and what a question made, whose English words
# come with them
OF_ONE = ("name.", "by.", "plural.", "grammar.", "issue.", "guard.", "made.")
FORMS = re.compile(r"\.(one|few|many|other)$")
AGREEING = {"is", "was", "s", "highest", "lowest"}


def sentences(language: str) -> dict[str, set[str]]:
    """The names in each sentence; plural forms of a sentence are one."""
    found: dict[str, set[str]] = {}
    for key, text in catalogue(language).items():
        if not key.startswith(OF_ONE):
            found.setdefault(FORMS.sub("", key), set()).update(
                name.lower() for name in names(text) - AGREEING
            )
    return found


def test_the_catalogues_have_the_same_sentences_with_the_same_names():
    english, russian = sentences("en"), sentences("ru")
    assert english.keys() == russian.keys()
    assert {k: n ^ russian[k] for k, n in english.items() if n != russian[k]} == {}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_plural_has_all_forms_of_its_language(language):
    wanted = {"en": {"one", "other"}, "ru": {"one", "few", "many", "other"}}[language]
    forms: dict[str, set[str]] = {}
    for key in catalogue(language):
        if (found := FORMS.search(key)) and not key.startswith("grammar."):
            forms.setdefault(key[: found.start()], set()).add(found[1])
    assert len(forms) > 10
    assert {k: f for k, f in forms.items() if f != wanted} == {}


def test_every_sentence_the_code_names_is_in_the_catalogue():
    english = catalogue("en")
    code = " ".join(path.read_text("utf-8") for path in FOLDER.parent.rglob("*.py"))
    used = set(
        re.findall(r'"((?:note|assumed|sense|plan|span|word|refused|asked)\.[a-z_]+)"', code)
    )
    assert len(used) > 30
    assert {key for key in used if key not in english} <= {"refused.dropped"}


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
