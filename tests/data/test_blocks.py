"""Copying regular blocks gives exactly what reading every record with the csv module gives."""

import tempfile
from functools import cache
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from src.data.ingestion import feed, text_rows
from src.data.ingestion.blocks import scan
from src.data.ingestion.containers import Part
from src.data.ingestion.inspection import ReadOptions
from src.data.ingestion.sources import RawTable, read_part
from src.errors import DataFileError
from tests.data.exports import EXPORTS

TEXTS = [e for e in EXPORTS if e.name.endswith(".csv")]
PLAIN = "2026-05-01,Brand,5.5\n"


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """One for all texts: to start one takes longer than to read a text."""
    return duckdb.connect()


def _raw(content: bytes) -> tuple[RawTable, list[tuple]] | str:
    """The raw table of a text file and its rows, or the error that reading it gives."""
    con = _engine()
    con.execute("DROP TABLE IF EXISTS raw")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(content)
        part = Part(path, "text", "t.csv", "t.csv")
        try:
            (table,) = read_part(con, part, Path(folder), ReadOptions())
        except DataFileError as error:
            return error.message
        return table, con.execute("SELECT * FROM raw").fetchall()


def _both(read):
    """What `read` gives by blocks, small so that records cross them, and record by record."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed, "BLOCK", 700)
        by_blocks = read()
        patch.setattr(text_rows, "scan", lambda *_: None)
        return by_blocks, read()


LINES = {
    "quoted": '2026-05-02,"Brand, EU",7',
    "doubled marks": '2026-05-02,"a ""b"" c",7',
    "only a doubled mark": '2026-05-02,"""",7',
    "all quoted": '"2026-05-02","x","7"',
    "line break in a cell": '2026-05-02,"x\ny",7',
    "two line breaks in a cell": '2026-05-02,"x\r\n\ny",7',
    "stray mark": '2026-05-02,a 5" pipe,7',
    "text after the mark": '2026-05-02,"a"b,7',
    "space before the mark": '2026-05-02, "a,b",7',
    "blank": "",
    "blank with a return": "\r",
    "spaces": "   ",
    "empty cells": ",,",
    "empty quoted cells": '"","",""',
    "blank cells": " , , ",
    "first cell empty": ",x,7",
    "ends empty": ',"x",',
    "short": "2026-05-02,x",
    "one cell": "note",
    "long": "2026-05-02,x,7,8",
    "much too long": "2026-05-02,x,7,8,9,10",
    "one separator too many": "2026-05-02,x,7,",
    "two separators too many": "2026-05-02,x,7,,",
    "only separators": ",,,",
    "header again": "day,campaign,cost",
    "header again, quoted": '"day","campaign","cost"',
    "header again, padded": "day, campaign ,cost",
    "header's first name": "day,x,7",
    "name that starts as the header": "days,x,7",
    "comment": "# made by hand,,",
    "Cyrillic": "2026-05-02,Бренд,7",
    "zero byte": "2026-05-02,x\0y,7",
    "lone return": "2026-05-02,x\ry,7",
    "return at the end": "2026-05-02,x,7\r",
    "other separators": "2026-05-02,x;y|z\tw,7",
    "backslash": "2026-05-02,\\,7",
    "total": "Total,,7",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_odd_lines_among_many_are_read_alike(encoding: str, end: str) -> None:
    lines = ["day,campaign,cost", *[PLAIN.strip()] * 400]
    for line in LINES.values():
        if encoding != "cp1251" or "\0" not in line:
            lines += [line, PLAIN.strip(), PLAIN.strip()]
    content = end.join(lines).encode(encoding)
    by_blocks, by_records = _both(lambda: _raw(content))
    assert by_blocks == by_records


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_an_odd_line_is_read_alike(line: str) -> None:
    content = ("day,campaign,cost\n" + PLAIN * 410 + line + "\n" + PLAIN * 5).encode()
    by_blocks, by_records = _both(lambda: _raw(content))
    assert by_blocks == by_records


_piece = st.sampled_from(['"', '""', ",", "\n", "\r\n", "\r", "x", "é", " ", "7", "day", "#", "\0"])
_odd = st.lists(_piece, max_size=12).map("".join)


@given(
    st.lists(st.sampled_from(list(LINES.values())) | _odd, max_size=8),
    st.sampled_from(["day,campaign,cost", "# c\nday,campaign,cost", ",campaign,cost", "only"]),
    st.booleans(),
)
@example(odd=['"'], header="day,campaign,cost", closed=True)
@settings(max_examples=15, deadline=None)
def test_any_text_is_read_alike(odd: list[str], header: str, closed: bool) -> None:
    plain = "x\n" if header == "only" else PLAIN
    text = "".join(line + "\n" + plain * 2 for line in odd)
    content = f"{header}\n{plain * 405}{text}{plain * 40}".encode()
    by_blocks, by_records = _both(lambda: _raw(content if closed else content[:-1]))
    assert by_blocks == by_records


@pytest.mark.parametrize("export", TEXTS, ids=lambda e: e.name)
def test_a_long_export_is_read_alike(export) -> None:
    """The export with its rows eighty times over. All that is understood of a text is understood of
    its raw table."""
    text = export.content.decode(export.encoding)
    lines = text.splitlines(keepends=True)
    brand = [i for i, line in enumerate(lines) if "Brand" in line or "Shopping" in line]
    rows = "".join(lines[brand[0] : brand[-1] + 1])
    many = "".join(lines[: brand[0]]) + rows * 80 + "".join(lines[brand[-1] + 1 :])
    by_blocks, by_records = _both(lambda: _raw(many.encode(export.encoding)))
    assert len(by_records[1]) >= 80
    assert by_blocks == by_records


SCANNED = [
    (b"a,b\nc,d\n", 2),
    (b'a,"b\nc"\nd', 1),
    (b"a\r\nb\r\n", 2),
    (b"no end", None),
    (b'a,"never closed\nb,c\n', None),
    (b'a "b"\nc\n', None),
    (b"a\rb\n", None),
]


@pytest.mark.parametrize(("data", "records"), SCANNED, ids=[repr(s[0]) for s in SCANNED])
def test_only_regular_text_is_scanned(data: bytes, records: int | None) -> None:
    block = scan(data, ord(","))
    assert (None if block is None else len(block.starts)) == records
