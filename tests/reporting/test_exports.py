"""Downloads hold exactly the result, and nothing in them runs."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from decimal import Decimal

import fastexcel
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.reporting.exports import to_csv, to_parquet, to_xlsx
from tests.insights.tables import result

ATTACKS = ["=1+1", "+1", "-2+3", "@SUM(A1)", "\tx", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A",
           '=HYPERLINK("http://e")', "=cmd|' /C calc'!A0", "a;=1+1"]  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
NUMBERS = st.one_of(st.none(), st.integers(-(10**14), 10**14).map(float))


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", ATTACKS)
def test_no_text_is_a_formula(text):
    answer, columns = result({"campaign": [text], "spend": [-5.0]})
    cell, number = rows_of(to_csv(answer, columns))[1]
    assert not cell.startswith(tuple("=+-@\t\r\n＝＋－＠")) and cell.removeprefix("'") == text
    assert number == "-5.0"
    with zipfile.ZipFile(io.BytesIO(to_xlsx(answer, columns))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet and "<hyperlink" not in sheet and "<v>-5</v>" in sheet


@pytest.mark.parametrize("unseen", ["\ufeff", "\u200b", " ", "\u00a0\u2060"])
def test_what_is_unseen_hides_no_formula(unseen):
    answer, columns = result({"campaign": [f"{unseen}=1+1"]})
    assert rows_of(to_csv(answer, columns))[1] == [f"'{unseen}=1+1"]


def test_a_column_name_is_no_formula_either():
    answer, columns = result({"=1+1": ["x"]})
    assert rows_of(to_csv(answer, columns))[0] == ["'=1+1"]


def test_csv_has_the_mark_excel_needs_and_empty_cells_for_null():
    answer, columns = result({"campaign": ["Поиск", None], "spend": [Decimal("0.10"), None]})
    content = to_csv(answer, columns)
    assert content.startswith(b"\xef\xbb\xbf")
    assert rows_of(content) == [["campaign", "spend"], ["Поиск", "0.10"], ["", ""]]


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(TEXT, NUMBERS), min_size=1, max_size=6))
def test_round_trips(rows):
    names, amounts = [row[0] for row in rows], [row[1] for row in rows]
    answer, columns = result({"campaign": names, "spend": amounts})
    table = pq.read_table(io.BytesIO(to_parquet(answer, columns)))
    assert table.column("campaign").to_pylist() == names
    assert table.column("spend").to_pylist() == amounts
    for (name, amount), (text, number) in zip(
        rows, rows_of(to_csv(answer, columns))[1:], strict=True
    ):
        assert text in (name, f"'{name}")
        assert (float(number) if number else None) == amount


def test_parquet_keeps_decimals_dates_and_units():
    days = [dt.date(2024, 1, 1), None]
    answer, columns = result(
        {"campaign": days, "spend": [Decimal("1.10"), Decimal("12345678901234567.89")]}
    )
    table = pq.read_table(io.BytesIO(to_parquet(answer, columns)))
    assert table.column("spend").to_pylist()[1] == Decimal("12345678901234567.89")
    assert table.column("campaign").to_pylist() == days
    assert table.schema.field("spend").metadata[b"currency"] == b"USD"


def test_the_workbook_has_typed_cells_and_says_where_they_come_from():
    answer, columns = result({
        "campaign": ["A", "B"], "time": [dt.date(2024, 1, 1), dt.date(1700, 1, 1)],
        "spend": [1.5, None], "clicks": [7, 12345678901234567890],
    }, grain="day")  # fmt: skip
    book = fastexcel.read_excel(
        to_xlsx(answer, columns, {"Question": "=who?", "Approved by": "Dana"})
    )
    assert book.sheet_names == ["Result", "About"]
    sheet = book.load_sheet("Result", dtypes="string").to_pandas()
    assert list(sheet.columns) == ["Campaign", "Time", "Spend", "Clicks"]
    assert sheet["Clicks"].tolist()[1] == "12345678901234567890"  # more digits than Excel keeps
    assert sheet["Spend"].isna().tolist() == [False, True]
    about = book.load_sheet("About", header_row=None).to_pandas()
    assert about.iloc[:, 1].tolist() == ["=who?", "Dana", "SELECT …"]


def test_a_moment_with_a_zone_is_text_in_a_workbook_which_knows_no_zones():
    moment = dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC)
    answer, columns = result({"time": [moment]}, grain="day")
    sheet = fastexcel.read_excel(to_xlsx(answer, columns)).load_sheet(0, dtypes="string")
    assert sheet.to_pandas()["Time"].tolist() == ["2024-01-01 12:00:00+00:00"]


def test_an_empty_result_is_a_header():
    answer, columns = result({"campaign": [], "spend": []})
    assert rows_of(to_csv(answer, columns)) == [["campaign", "spend"]]
    assert fastexcel.read_excel(to_xlsx(answer, columns)).load_sheet(0).to_pandas().empty
    assert pq.read_table(io.BytesIO(to_parquet(answer, columns))).num_rows == 0
