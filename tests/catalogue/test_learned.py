"""Accepted words go into the user's own file, beside what is there; the shell shows and writes."""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from test_learning import write_all

from src.catalogue import learn_command
from src.catalogue.learned import accept, words_file
from src.catalogue.learning import Proposal
from src.catalogue.triggers import Triggers
from src.config.settings import Settings
from src.errors import ConfigError, InputError

OWN = """\
# Ours, agreed with legal.
[triggers.wax]
enabled = false  # we sell candles

[triggers.smoke]
terms = ["вейп*"]
"""


def proposal(word: str) -> Proposal:
    return Proposal(
        word=word, items=21, refused=21, rate=1.0, low=0.85, high=1.0, elsewhere=0.0,
        wasted=Decimal("0.0004"), saves=Decimal("0.0004"), seconds=7.0, examples=(f"{word} 1",),
    )  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, campaign_analyst_home=tmp_path)


def test_accepted_words_trigger_in_every_form_and_nothing_else_of_the_file_changes(settings):
    path = words_file(settings)
    path.write_text(OWN, encoding="utf-8")
    assert accept(settings, [proposal("табак")]) == path
    assert path.read_text(encoding="utf-8").startswith(OWN)
    triggers = Triggers.load(path)
    match = triggers.match("Набор с табаком")
    assert match is not None
    assert match.category == "learned"
    assert triggers.match("Вейп карманный") is not None
    assert triggers.match("Свеча из воска") is None


def test_words_are_added_to_earlier_ones_once(settings):
    for words in (["кальян"], ["кальян", "табак"], []):
        path = accept(settings, [proposal(word) for word in words])
    terms = tomllib.loads(path.read_text(encoding="utf-8"))["triggers"]["learned"]["terms"]
    assert sorted(terms) == ["кальян", "табак"]


@pytest.mark.parametrize(
    "text",
    [
        '[triggers.learned]\nterms = ["табак"]\n',
        'triggers.learned = { terms = ["табак"] }\n',
        '[triggers.learned]\nterm = ["табак"]\n',
        "[triggers.learned\n",
    ],
)
def test_a_file_in_another_form_is_left_as_it_is(settings, text):
    path = words_file(settings)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        accept(settings, [proposal("кальян")])
    assert path.read_text(encoding="utf-8") == text
    assert list(path.parent.iterdir()) == [path]


def test_the_shell_shows_what_was_refused_and_writes_accepted_words(wire, make_client, capfd):
    client = make_client(settings={})
    write_all(client, wire, {"Кальян стеклянный": 21, "Кружка стеклянная": 25}, "Кальян")
    router = client.router
    learn_command.learn(router, None, json=False)
    told = capfd.readouterr().out
    assert "Разное" in told
    assert "кальян" in told
    assert "$0.0004" in told
    assert "--accept all" in told
    assert not words_file(router.settings).exists()

    with pytest.raises(InputError, match="кружка"):
        learn_command.learn(router, "кружка", json=False)
    learn_command.learn(router, "all", json=True)
    document = json.loads(capfd.readouterr().out)
    assert document["accepted"] == ["кальян"]
    assert document["proposals"][0]["saves"] == "0.00042"
    assert Triggers.load(Path(document["file"])).match("кальяны") is not None

    learn_command.learn(router, None, json=False)  # what is a trigger is not proposed again
    assert "No word is proposed" in capfd.readouterr().out


def test_a_user_learns_from_their_own_texts_alone(wire, make_client):
    from src.catalogue.learning import propose, refusal_rates

    client = make_client()
    write_all(client, wire, {"Кальян": 20, "Кружка": 20}, "Кальян")
    ledger, words = client.router.ledger, Triggers({})
    assert propose(ledger, words, run=client.run) != []
    assert propose(ledger, words, run=client.run, user="somebody else") == []
    assert refusal_rates(ledger, run=client.run, user="somebody else") == []
