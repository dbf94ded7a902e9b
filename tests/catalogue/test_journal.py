"""The journal: durable, whole, one process at a time."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import copy_of, task

from src.catalogue.journal import Entry, Journal, set_aside
from src.errors import StateError, StepConflict
from src.llm.types import Usage

ROOT = Path(__file__).parents[2]


def entry(number=1, **rest):
    asked = task(number)
    return Entry(f"key{number}", asked.id, asked.type, asked.title, copy_of(asked), **rest)


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "run.journal") as opened:
        yield opened


COPIES = st.builds(
    lambda text, usage, cost, seconds, words: copy_of(
        task(1), text or " ", usage=usage, cost=cost, seconds=seconds, calls=words, notes=words
    ),
    text=st.text(st.characters(codec="utf-8")),
    usage=st.none() | st.builds(Usage, input_tokens=st.integers(0), output_tokens=st.integers(0)),
    cost=st.none() | st.decimals(0, 1000, places=12),
    seconds=st.floats(0, 1e6),
    words=st.lists(st.text(st.characters(codec="utf-8"), max_size=20), max_size=3).map(tuple),
)


@settings(max_examples=25)
@given(COPIES)
def test_a_copy_comes_back_as_it_went_in(made):
    with Journal(Path(":memory:")) as journal:
        journal.write([Entry("k", made.task_id, "x", "t", made)])
        assert journal.find("k").copy == made


def test_half_a_character_in_a_text_does_not_end_a_run(journal):
    journal.write([Entry("k", "p1/x", "x", "t", copy_of(task(1), "half \ud800 pair"))])
    assert journal.find("k").text == "half ? pair"


def test_a_failure_comes_back_with_its_reasons(journal):
    lost = Entry("k", "p1/x", "x", "t", None, ("refused", "отказ"), temporary=True)
    journal.write([lost])
    assert journal.find("k") == lost
    assert journal.find("other") is None


def test_a_second_process_is_told_clearly(journal):
    code = (
        "from pathlib import Path\nfrom src.catalogue.journal import Journal\n"
        f"try: Journal(Path({str(journal.path)!r}))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.startswith("StepConflict Another process is working on run.journal.")
    with pytest.raises(StepConflict):  # a second run of the same process, too
        Journal(journal.path)


def test_other_files_are_not_touched(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("my notes " * 100)
    with pytest.raises(StateError, match="cannot be used"):
        Journal(text)
    assert text.read_text() == "my notes " * 100
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (a)")
    connection.close()
    before = other.read_bytes()
    with pytest.raises(StateError, match="something else"):
        Journal(other)
    assert other.read_bytes() == before


def test_a_newer_journal_is_refused(tmp_path):
    path = tmp_path / "run.journal"
    Journal(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StateError, match="newer version"):
        Journal(path)


def test_a_batch_is_written_whole_or_not_at_all(journal):
    journal.write([entry(1)])
    unstorable = copy_of(task(3), seconds=object())
    with pytest.raises(StateError, match="could not be written"):
        journal.write([entry(2), Entry("key3", "p3/x", "x", "t", unstorable)])
    assert [one.key for one in journal.entries()] == ["key1"]


def test_a_persons_text_goes_out_until_the_item_is_written_again(journal):
    journal.write([entry(1), entry(2), entry(3)])
    journal.review("key1", "edited", "Better.")
    journal.review("key2", "rejected")
    journal.review("key3", "approved")
    assert [one.text for one in journal.entries()] == ["Better.", None, "Text of p3/description"]
    assert [one.reviewed for one in journal.entries()] == ["edited", "rejected", "approved"]
    journal.write([entry(1)])
    assert journal.find("key1").text == "Text of p1/description"
    journal.forget("key2")
    assert journal.find("key2") is None


def test_facts_are_remembered(tmp_path):
    with Journal(tmp_path / "a") as journal:
        assert journal.recall("batch") is None
        journal.remember("batch", {"id": "b1"})
    with Journal(tmp_path / "a") as journal:
        assert journal.recall("batch") == {"id": "b1"}


def test_a_fresh_start_deletes_nothing(tmp_path):
    path = tmp_path / "run.journal"
    assert set_aside(path) is None
    with Journal(path) as journal:
        journal.write([entry(1)])
        with pytest.raises(StepConflict):
            set_aside(path)
    aside = set_aside(path)
    assert not path.exists()
    with Journal(aside) as journal:
        assert journal.find("key1").copy.cost == Decimal("0.001")


def test_a_new_result_takes_the_review_of_an_earlier_process_away(tmp_path):
    with Journal(tmp_path / "run.journal") as journal:
        journal.write([entry(1), entry(2)])
        journal.review("key1", "edited", "mine")
        journal.review("key2", "approved")
    with Journal(tmp_path / "run.journal") as journal:
        journal.write([entry(1)])
        assert [one.reviewed for one in journal.entries()] == ["approved", None]


def test_many_results_are_kept_at_once_and_each_is_found(journal):
    journal.write([entry(number) for number in range(150)])
    assert [one.key for one in journal.entries()] == [f"key{number}" for number in range(150)]
    assert journal.find("key149") == entry(149)
