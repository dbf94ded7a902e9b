"""Odd and hostile files: what is read, what is said, and what is refused with line and hint."""

import gzip
import io
import random
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.ingestion.caged import inspect_file
from src.data.ingestion.inspection import Inspection, ReadOptions
from src.data.ingestion.job import read_files
from src.errors import DataFileError


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """One for all files: to start one takes longer than to read a file."""
    return duckdb.connect()


def read(name: str, content: bytes, **options) -> tuple[Inspection, list[tuple]]:
    """The reading of a file and the rows of its first table, without the cage, for speed."""
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / name, Path(folder) / "out"
        path.write_bytes(content)
        out.mkdir()
        args = {"files": [{"path": str(path), "label": name}], "out": str(out), "name": name}
        result = read_files(args | {"options": options})
        inspection = Inspection.model_validate(result["inspections"][0])
        con = _engine()
        con.execute(f"ATTACH '{out / 'data.duckdb'}' AS made (READ_ONLY)")
        try:
            table = f'made."{inspection.tables[0].table}"'
            return inspection, con.execute(f"SELECT * FROM {table}").fetchall()
        finally:
            con.execute("DETACH made")


def _zip(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return buffer.getvalue()


REFUSED = [
    ("empty.csv", b"", "is empty"),
    ("blank.csv", b"\n  \n", "is empty"),
    ("header.csv", b"date,spend\n", "only a header"),
    ("garbage.csv", random.Random(1).randbytes(4000), "binary data"),
    ("scan.csv", b"%PDF-1.7 ...", "a PDF document"),
    ("page.xls", b"<html><table></table></html>", "a web page"),
    ("broken.xlsx", b"PK\x03\x04" + bytes(200), "damaged ZIP"),
    ("broken.gz", b"\x1f\x8b" + bytes(50), "damaged gzip"),
    ("broken.parquet", b"PAR1" + bytes(50), "not readable Parquet"),
    ("broken.json", b'[{"a": 1}, {"a":', "not readable JSON"),
    ("none.json", b"[]", "no rows"),
    ("bomb.zip", _zip(a_csv=bytes(60_000_000)), "times its size"),
    ("bomb.csv.gz", gzip.compress(bytes(60_000_000)), "times its size"),
    ("totals.csv", b"campaign,spend,clicks\nTotal: Account,5,6\nTotal: Campaigns,5,6\n", "totals"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "message"), REFUSED, ids=[r[0] for r in REFUSED])
def test_what_is_no_table_is_refused_with_a_reason_and_a_hint(name, content, message) -> None:
    with pytest.raises(DataFileError) as caught:
        read(name, content)
    assert message in caught.value.message
    assert name in caught.value.where
    assert caught.value.hint


READ = [
    ("one column", b"name\nann\nbob\n", [("ann",), ("bob",)]),
    ("no header", b"2026-01-01,5\n2026-01-02,6\n", 2),
    ("duplicate names", b"a,A,a\n1,2,3\n", [(1, 2, 3)]),
    ("old Mac line ends", b"a,b\r1,2\r3,4\r", [(1, 2), (3, 4)]),
    ("sep line", b"sep=|\na|b\n1|2\n", [(1, 2)]),
    ("line break in a value", b'a,b\n1,"x\ny"\n', [(1, "x\ny")]),
    ("unclosed quote", b'a,b\n1,"x\n2,y\n', [(1, '"x'), (2, "y")]),
    ("zero bytes", b"a,b\n1,\x002\n", [(1, 2)]),
    ("accounting negatives", b"k,v\na,(5.5)\nb,4\n", [("a", -5.5), ("b", 4.0)]),
    ("leading zeros", b"zip,v\n01234,1\n90210,2\n", [("01234", 1), ("90210", 2)]),
    ("long identifiers", b"x,v\n120210000000000123,1\n", [("120210000000000123", 1)]),
    ("a campaign called Total", b"campaign,clicks\nA,1\nTotal,2\n" + b"B,3\n" * 20, 22),
    ("Western European", "n;v\nCafé;1,5\n".encode("latin-1"), [("Café", 1.5)]),
    ("UTF-16 without a mark", "n\tv\nБренд\t5\n".encode("utf-16-le"), [("Бренд", 5)]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "rows"), [r[1:] for r in READ], ids=[r[0] for r in READ])
def test_odd_files_are_read(content: bytes, rows: list | int) -> None:
    inspection, found = read("odd.csv", content)
    assert found == rows if isinstance(rows, list) else len(found) == rows
    assert inspection.tables[0].rows_dropped == 0


def test_ragged_rows_are_kept_counted_and_named_by_line() -> None:
    inspection, rows = read("r.csv", b"a,b,c\n1,2,3\n4,5\n6,7,8,9\n\n10,11,12,\n")
    assert rows == [(1, 2, 3, None), (4, 5, None, None), (6, 7, 8, 9), (10, 11, 12, None)]
    lines = {c.lines for c in inspection.changes if c.kind == "kept"}
    assert lines == {(3,), (4,)}
    assert len(inspection.warnings) == 2


def test_a_value_that_is_no_number_is_named_and_a_column_of_them_stays_text() -> None:
    body = "".join(f"{i},{i}\n" for i in range(300))
    inspection, _ = read("n.csv", f"cost,clicks\n{body}oops,5\n".encode())
    change = next(c for c in inspection.changes if c.column == "cost")
    assert ("'oops'" in change.message, change.rows, change.lines) == (True, 1, (302,))
    half = "".join(f"{'x' if i % 2 else i}\n" for i in range(300))
    inspection, _ = read("t.csv", f"cost\n{half}".encode())
    assert inspection.tables[0].columns[0].type == "VARCHAR"


def test_a_thousand_columns_are_read() -> None:
    head = ",".join(f"m{i}" for i in range(1000))
    inspection, rows = read("w.csv", (head + "\n" + ",".join(["1"] * 1000) + "\n").encode())
    assert len(inspection.tables[0].columns) == len(rows[0]) == 1000


def test_an_archive_gives_a_table_for_each_file_and_says_what_it_left_out() -> None:
    inspection, _ = read("a.zip", _zip(one_csv=b"a,b\n1,2\n", two_csv=b"a\nx\n", c_pdf=b"%PDF"))
    assert [t.table for t in inspection.tables] == ["one", "two"]
    assert any("PDF" in w for w in inspection.warnings)


def test_nested_json_is_laid_flat() -> None:
    content = b'{"data": [{"day": "2026-05-01", "ad": {"id": "007"}, "tags": ["x"]}]}'
    inspection, rows = read("a.json", content)
    assert [c.name for c in inspection.tables[0].columns] == ["day", "ad.id", "tags"]
    assert rows[0][1:] == ("007", '["x"]')


def test_the_user_can_overrule_every_guess() -> None:
    content = b"day;cost;id\n01/02/2026;1,234;5\nTotal;2,468;\n"
    _, rows = read("o.csv", content, day_first=True, decimal=",", as_text=["id"])
    assert [str(rows[0][0]), *rows[0][1:]] == ["2026-02-01", 1.234, "5"]
    _, rows = read("o.csv", content, keep_totals=True)
    assert len(rows) == 2


def test_the_cage_gives_the_same_reading_and_keeps_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(b"date,cost\n2026-01-01,5\n")
    caged = inspect_file(path, ReadOptions())
    assert caged == read("c.csv", path.read_bytes())[0]
    assert [p.name for p in tmp_path.iterdir()] == ["c.csv"]


_cell = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=6
) | st.sampled_from(["1", "2.5", "-", "Total", "Итого", "2026-01-01", '"', ",", ""])


@given(st.lists(st.lists(_cell, min_size=1, max_size=5), max_size=12), st.sampled_from(",;\t"))
@settings(max_examples=20, deadline=None)
def test_no_row_is_lost_silently(rows: list[list[str]], delimiter: str) -> None:
    lines = [["alpha", "beta", "gamma"], *rows]
    quoted = [delimiter.join('"' + c.replace('"', '""') + '"' for c in row) for row in lines]
    try:
        inspection, loaded = read("h.csv", "\n".join(quoted).encode())
    except DataFileError:
        return
    table = inspection.tables[0]
    assert table.rows_in == table.rows_loaded + table.rows_dropped
    assert len(loaded) == table.rows_loaded
    said = sum(c.rows or 0 for c in table.changes if c.kind == "dropped")
    filled = sum(any(c.strip() for c in row) for row in rows)
    assert table.rows_loaded + said >= filled
