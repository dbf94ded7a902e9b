"""The output: in the input's order, whole, the same each time, and no formula anywhere."""

from __future__ import annotations

import csv
import json

import fastexcel
import pyarrow.parquet as pq
import pytest
from running import copy_of, task

from src.catalogue.journal import Entry, Journal
from src.catalogue.outputs import export
from src.catalogue.tasks import Keys
from src.errors import InputError, StateError

KEYS = Keys("smart")
TASKS = [task(number) for number in range(5)]
EVIL = '=HYPERLINK("http://x","y")'


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "run.journal") as opened:
        for one in reversed(TASKS[:3]):  # the order of writing is not the order of the file
            keep(opened, one, copy_of(one, EVIL if one is TASKS[0] else ""))
        keep(opened, TASKS[3], None)
        yield opened


def keep(journal, asked, made):
    reasons = () if made else ("refused by all",)
    journal.write([Entry(KEYS.of(asked), asked.id, asked.type, asked.title, made, reasons)])


def jsonl(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


READERS = {
    ".jsonl": jsonl,
    ".csv": lambda path: list(csv.DictReader(path.open(encoding="utf-8-sig", newline=""))),
    ".xlsx": lambda path: (
        fastexcel.read_excel(str(path)).load_sheet(0, dtypes="string").to_arrow().to_pylist()
    ),
    ".parquet": lambda path: pq.read_table(path).to_pylist(),
}


@pytest.mark.parametrize("suffix", READERS)
def test_every_format_holds_the_texts_in_the_order_of_the_input(tmp_path, journal, suffix):
    made = export(tmp_path / f"copy{suffix}", TASKS, journal, KEYS)
    assert (made.texts, made.failed, made.missing) == (3, 1, 1)
    rows = READERS[suffix](made.path)
    assert [row["product_id"] for row in rows] == ["p0", "p1", "p2"]
    expected = "'" + EVIL if suffix == ".csv" else EVIL  # the others have typed cells
    assert rows[0]["text"] == expected
    assert (rows[1]["engine"], rows[1]["cost_usd"]) == ("model", "0.001")


def test_a_workbook_holds_no_formula_and_no_link(tmp_path, journal):
    import zipfile

    made = export(tmp_path / "copy.xlsx", TASKS, journal, KEYS)
    with zipfile.ZipFile(made.path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet.lower().replace("=hyperlink(", "")


def test_failures_go_to_a_file_with_their_reasons_and_leave_it_when_they_are_mended(
    tmp_path, journal
):
    out = tmp_path / "copy.jsonl"
    made = export(out, TASKS, journal, KEYS)
    (lost,) = jsonl(made.failures)
    assert made.failures.name == "copy.failed.jsonl"
    assert (lost["product_id"], lost["reasons"]) == ("p3", ["refused by all"])
    keep(journal, TASKS[3], copy_of(TASKS[3]))
    assert export(out, TASKS, journal, KEYS).failures is None
    assert not made.failures.exists()


def test_the_same_results_give_the_same_bytes(tmp_path, journal):
    one = export(tmp_path / "a.csv", TASKS, journal, KEYS).path.read_bytes()
    assert export(tmp_path / "b.csv", TASKS, journal, KEYS).path.read_bytes() == one


def test_a_persons_verdict_decides(tmp_path, journal):
    journal.review(KEYS.of(TASKS[1]), "edited", "By hand.")
    journal.review(KEYS.of(TASKS[2]), "rejected")
    made = export(tmp_path / "copy.jsonl", TASKS, journal, KEYS)
    rows = jsonl(made.path)
    assert [(row["product_id"], row["review"]) for row in rows] == [("p0", ""), ("p1", "edited")]
    assert rows[1]["text"] == "By hand."
    assert made.rejected == 1


def test_a_format_that_is_not_known_is_refused(tmp_path, journal):
    with pytest.raises(InputError, match="not a format"):
        export(tmp_path / "copy.docx", TASKS, journal, KEYS)


def test_what_was_there_stays_when_writing_fails(tmp_path, journal):
    out = tmp_path / "copy.jsonl"
    export(out, TASKS, journal, KEYS)
    before = out.read_bytes()

    def broken():
        yield TASKS[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(StateError, match="No space left"):
        export(out, broken(), journal, KEYS)
    assert out.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir() if path.name.startswith(".")} == set()
