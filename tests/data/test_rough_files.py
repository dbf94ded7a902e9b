"""Files whose shape went wrong: marks, quotation marks, pages, cells in a wrong place."""

import json
from pathlib import Path

import duckdb
import pytest

from src.data.ingestion.formats import looks_like_value
from src.data.ingestion.numbers import choose_style, weigh
from tests.data.test_report_shapes import Read

DAYS = [
    ("2026-05-01", "A", "10.5", 1),
    ("2026-05-01", "B", "20.25", 2),
    ("2026-05-02", "A", "5", 3),
]


def _read(folder: Path, text: str, name: str = "a.csv") -> Read:
    return Read(folder, name, text.encode())


def test_quotation_marks_escaped_by_backslashes_shift_no_column(tmp_path: Path) -> None:
    rows = "".join(f'{d},"{c} \\"best\\", new",{s},{k}\n' for d, c, s, k in DAYS)
    read = _read(tmp_path, f"Date,Campaign,Spend,Clicks\n{rows}")
    assert (read.sum("spend"), read.sum("clicks")) == (35.75, 6)
    assert read.one('min("Campaign")') == 'A "best", new'
    assert "escaped by backslashes" in read.said


def test_a_folder_name_that_ends_in_a_backslash_is_no_escape(tmp_path: Path) -> None:
    rows = "".join(f'{d},"{c}\\",{s},{k}\n' for d, c, s, k in DAYS)
    read = _read(tmp_path, f"Date,Campaign,Spend,Clicks\n{rows}")
    assert (read.sum("spend"), read.one('min("Campaign")')) == (35.75, "A\\")


def test_lines_quoted_whole_are_opened(tmp_path: Path) -> None:
    rows = "".join(f'"{d},""{c}, x"",{s},{k}"\r\n' for d, c, s, k in DAYS)
    read = _read(tmp_path, f'"Date,Campaign,Spend,Clicks"\r\n{rows}')
    assert (read.sum("spend"), read.one('min("Campaign")')) == (35.75, "A, x")
    assert read.reading.encoding == "utf-8"


def test_one_column_of_quoted_sentences_stays_one_column(tmp_path: Path) -> None:
    read = _read(tmp_path, '"Note, or not"\n"one, two, three"\n"four"\n"five, six"\n')
    assert len(read.table.columns) == 1


@pytest.mark.parametrize("wrap", ['="{}"', "'{}"], ids=["formula", "apostrophe"])
def test_marks_that_keep_text_in_a_spreadsheet_are_taken_off(tmp_path: Path, wrap: str) -> None:
    rows = "".join(f"{d},{wrap.format('007')},{wrap.format(s)},{k}\n" for d, _, s, k in DAYS)
    read = _read(tmp_path, f"Date,Campaign ID,Spend,Clicks\n{rows}")
    assert read.sum("spend") == 35.75
    assert read.one('min("Campaign ID")') == "007"


def test_sums_of_a_day_under_its_rows_are_left_out(tmp_path: Path) -> None:
    rows = ["2026-05-01,A,10,1", "2026-05-01,B,20,2", "2026-05-01 Total,,30,3"]
    rows += ["2026-05-02,A,5,3", "2026-05-02,B,6,4", "2026-05-02 Total,,11,7"]
    read = _read(tmp_path, "Date,Campaign,Spend,Clicks\n" + "\n".join(rows) + "\n")
    assert (read.one("count(*)"), read.sum("spend"), read.sum("clicks")) == (4, 41, 10)
    assert read.table.time_column == "Date"


def test_rows_that_are_wider_than_the_header_are_warned_of(tmp_path: Path) -> None:
    read = _read(tmp_path, "Date,Campaign,Spend\n2026-05-01,A,10,55\n2026-05-02,B,20,75\n")
    assert any("the header names 3 columns" in warning for warning in read.reading.warnings)


def test_cells_left_blank_after_the_last_name_are_not_warned_of(tmp_path: Path) -> None:
    assert not _read(tmp_path, "Date,Spend\n2026-05-01,10,,\n2026-05-02,20,,\n").reading.warnings


def test_months_with_the_month_first_are_dates_where_the_header_says_so(tmp_path: Path) -> None:
    read = _read(tmp_path, "Месяц;Версия;Расход\n01.2026;05.2026;1\n02.2026;06.2026;2\n")
    assert str(read.one('max("Месяц")')) == "2026-02-01"
    assert read.one('max("Версия")') == 6.2026


def test_decimal_points_and_commas_in_one_column_are_each_read(tmp_path: Path) -> None:
    read = _read(tmp_path, 'Campaign;Spend\nA;10.5\nB;20,25\nC;"1.234,5"\n')
    assert read.sum("spend") == 1265.25
    assert "mixes decimal points and commas" in read.said


@pytest.mark.parametrize(
    ("text", "value"), [("10.5", 10.5), ("10,5", 10.5), ("1,234", None), ("5.678 €", None)]
)
def test_what_may_be_read_both_ways_is_not_read_in_a_mixed_column(text: str, value: float) -> None:
    style = choose_style(weigh(["10.5", "10,5"]), None, measured=True)
    assert style.mixed
    assert style.parse(text) == value
    with duckdb.connect() as con:
        query = f"SELECT {style.sql('x')} FROM (SELECT ? AS x)"
        assert con.execute(query, [text]).fetchone()[0] == value


def test_pages_of_an_answer_are_one_table_and_lists_in_records_are_not(tmp_path: Path) -> None:
    pages = [{"results": [{"cost": 1}, {"cost": 2}], "requestId": "x"}, {"results": [{"cost": 4}]}]
    read = _read(tmp_path, json.dumps(pages), "a.json")
    assert (read.one("count(*)"), read.sum("spend")) == (3, 7)


def test_a_list_inside_each_record_stays_inside(tmp_path: Path) -> None:
    records = [{"cost": n, "actions": [{"value": 1}, {"value": 2}]} for n in (1, 2)]
    read = _read(tmp_path, json.dumps(records), "a.json")
    assert (read.one("count(*)"), read.sum("spend")) == (2, 3)


def test_a_cell_of_many_spaces_is_no_number_and_costs_no_time() -> None:
    """In cubic time this would take hours."""
    for sign in "-(":
        cell = sign + " " * 20_000 + "-" + " " * 20_000 + "5x"
        assert weigh([cell]).numbers == 0
        assert not looks_like_value(cell)
