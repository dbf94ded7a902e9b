"""Exports as hands and old programs leave them: short numbers, units, hidden rows, code pages."""

import io
from pathlib import Path

import pytest
import xlsxwriter

from src.data.ingestion.alphabets import latin_encoding
from src.data.ingestion.layout import is_pivot
from src.data.ingestion.numbers import NumberStyle, choose_style, weigh
from tests.data.test_report_shapes import Read

TEXTS = [
    ("cp1252", "Größe der Straße, 12 €"),
    ("cp1252", "m³ ½ 5 µm; £5 §7 ©"),
    ("cp1252", "naïve café – “best”"),
    ("cp1252", "Ação promoção é"),
    ("cp1252", "città perché però"),
    ("cp1252", "Žilina Škoda"),
    ("cp1250", "Wyświetlenia;Kliknięcia;Łódź"),
    ("cp1250", "Koszt (zł);5"),
    ("cp1250", "Náklady (Kč)"),
    ("cp1250", "Příští týden, dětské boty"),
    ("cp1250", "Kattintások; Költés; Őszi akció; hűség"),
    ("cp1254", "Gösterim; İstanbul; bağış"),
    ("cp1252", "Birting með áherslu á þjónustu; smellir og kostnaður í júní"),
    ("cp1257", "Išlaidos; žiemą; draugų"),
    ("iso-8859-2", "Wyświetlenia książki źle"),
    ("mac-roman", "Größe Straße Käse"),
]


@pytest.mark.parametrize(("encoding", "text"), TEXTS, ids=[t[1] for t in TEXTS])
def test_a_code_page_is_told_by_its_letters(encoding: str, text: str) -> None:
    assert latin_encoding(text.encode(encoding))[0] == encoding


def test_a_polish_export_is_read_as_polish(tmp_path: Path) -> None:
    rows = "Data;Kampania;Koszt (zł);Kliknięcia\n01.05.2026;Łódź;1 663,22;5\n"
    read = Read(tmp_path, "pl.csv", rows.encode("cp1250"))
    assert (read.one('any_value("Kampania")'), read.sum("clicks")) == ("Łódź", 5)
    assert read.sum("spend") == pytest.approx(1663.22)


SHORTENED = [
    ("1.2M", ".", 1_200_000), ("850K", ".", 850_000), ("$3.4k", ".", 3_400), ("2bn", ".", 2e9),
    ("(1.5m)", ".", -1_500_000), ("1,2 млн", ",", 1_200_000), ("850 тыс.", ",", 850_000),
    ("3,4 млрд руб.", ",", 3.4e9), ("5 kr", ".", 5), ("12,34,567.50", ".", 1_234_567.5),
    ("5 MXN", ".", 5), ("5 mm", ".", None), ("1.2.3M", ".", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "decimal", "value"), SHORTENED, ids=[s[0] for s in SHORTENED])
def test_a_shortened_number_is_read_alike_by_both(text: str, decimal: str, value: float) -> None:
    import duckdb

    style = NumberStyle(decimal, scaled=True)
    expected = value if value is None else pytest.approx(value)
    assert style.parse(text) == expected
    with duckdb.connect() as con:
        query = f"SELECT {style.sql('x')} FROM (SELECT ? AS x)"
        assert con.execute(query, [text]).fetchone()[0] == expected


def test_a_size_is_no_shortened_number() -> None:
    sizes = weigh(["5M", "7M", "12K"])
    assert choose_style(sizes, None) is None
    assert choose_style(sizes, None, measured=True).scaled


def test_shortened_impressions_are_summed_and_said_to_be_rounded(tmp_path: Path) -> None:
    read = Read(tmp_path, "a.csv", b"Campaign,Impressions,Size\nA,1.2M,5M\nB,850K,6M\nC,900,7M\n")
    assert read.sum("impressions") == 2_050_900
    assert read.one('any_value("Size")') in ("5M", "6M", "7M")
    assert "Impressions is rounded in the file" in read.said


def test_words_in_a_cost_column_become_empty_and_are_named(tmp_path: Path) -> None:
    days = "".join(f"A{n},{n}.5,{n}\n" for n in range(1, 10))
    read = Read(tmp_path, "a.csv", f"Campaign,Cost,Clicks\n{days}B,free,1\n".encode())
    assert read.sum("spend") == pytest.approx(49.5)
    assert any("'free'" in warning for warning in read.reading.warnings)


def test_a_cost_column_that_cannot_be_read_is_said_to_be_text(tmp_path: Path) -> None:
    read = Read(tmp_path, "a.csv", b"Campaign,Cost,Clicks\nA,5 of 12,1\nB,7 of 9,2\nC,8,2\n")
    assert "Cost is kept as text: values such as '5 of 12'" in read.said


@pytest.mark.parametrize("label", ["Average", "Среднее", "Среднее значение:", "Mittelwert"])
def test_a_row_of_averages_is_left_out(tmp_path: Path, label: str) -> None:
    rows = "Date,Campaign,Spend\n2026-05-01,A,10\n2026-05-02,B,20\n"
    read = Read(tmp_path, "a.csv", f"{rows}{label},,15\nTotal,,30\n".encode())
    assert (read.one("count(*)"), read.sum("spend")) == (2, 30)
    assert read.table.time_column == "Date"


def test_a_row_of_units_is_left_out(tmp_path: Path) -> None:
    read = Read(tmp_path, "a.csv", b"Date,Campaign,Spend,Clicks\n,,USD,#\n2026-05-01,A,10,1\n")
    assert (read.one("count(*)"), read.sum("spend")) == (1, 10)
    assert "row of units under the header" in read.said


def test_hidden_rows_are_read_and_said(tmp_path: Path) -> None:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate([["Campaign", "Spend"], ["A", 1], ["B", 2], ["C", 4]]):
            sheet.write_row(number, 0, row)
        sheet.set_row(2, None, None, {"hidden": True})
    read = Read(tmp_path, "a.xlsx", book.getvalue())
    assert read.sum("spend") == 7
    assert "1 row of the workbook is hidden" in read.said


def test_names_printed_once_a_group_are_warned_of(tmp_path: Path) -> None:
    rows = "Campaign,Date,Spend\nA,2026-05-01,1\n,2026-05-02,2\n,2026-05-03,3\nB,2026-05-01,4\n"
    read = Read(tmp_path, "a.csv", f"{rows},2026-05-02,5\n,2026-05-03,6\n".encode())
    assert read.sum("spend") == 21
    assert "Campaign is filled in 2 of 6 rows" in read.said


HEADERS = [
    (["Campaign", "20.04.2026", "21.04.2026"], True),
    (["Campaign", "Metric", "2026-04", "2026-05", "Total"], True),
    (["Кампания", "янв. 2026", "фев. 2026"], True),
    (["Campaign", "2026-04-20", "1950", "2010"], False),
    (["A", "2026-04-20", "15.5"], False),
    (["20.04.2026", "21.04.2026"], False),
]


@pytest.mark.parametrize(("cells", "pivot"), HEADERS, ids=[str(h[0]) for h in HEADERS])
def test_a_header_of_periods_is_known(cells: list[str], pivot: bool) -> None:
    assert is_pivot(cells) is pivot
