"""JSON lines: every bad line is named by its number, and the engine reads what passes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.ingestion.containers import unpack
from src.data.ingestion.inspection import ReadOptions
from src.data.ingestion.json_lines import BadLines
from src.data.ingestion.sources import read_part
from src.errors import DataFileError
from tests.data.test_reading import read

GOOD = [b'{"day": "2026-05-01", "ad": "a"}', b'{"day": "2026-05-02", "ad": "b"}']


def lines_of(content: bytes, name: str = "a.jsonl") -> tuple[list[tuple], BadLines]:
    """Line number and values of each record, and the lines that were left out."""
    bad = BadLines()
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        path, scratch = Path(folder) / name, Path(folder) / "scratch"
        path.write_bytes(content)
        scratch.mkdir()
        (part,) = unpack(path, name, scratch)
        (table,) = read_part(con, part, scratch, ReadOptions(), bad_lines=bad)
        cells = ", ".join(column.raw for column in table.columns)
        return con.execute(f"SELECT _line, {cells} FROM raw").fetchall(), bad


BAD = [
    (b'{"day": "2026-05-03", "ad": "c', "ends within the text that begins at character 29"),
    (b'{"day": "2026-05-03", "ad":', "is cut off after 27 characters"),
    (b'{"day": "2026-05-03", "ad": }', "lacks a value at character 29"),
    (b'{"day": "2026-05-03" "ad": "c"}', "lacks a comma or a closing bracket at character 22"),
    (b"{'day': '2026-05-03'}", "lacks a name in double quotation marks at character 2"),
    (b'{"day" "2026-05-03"}', "lacks a colon at character 8"),
    (b'{"ad": "a\tb"}', "control character in a text at character 10"),
    (b'{"ad": "C:\\q"}', "backslash in a text that stands for nothing"),
    (b'{"ad": "c"} {"ad": "d"}', "goes on after the end of its record at character 13"),
    (b'{"ad": "c"},', "goes on after the end of its record at character 12"),
    (b'["2026-05-03", "c"]', "holds a list and not a record in braces"),
    (b"42", "holds a number and"),
    (b'"c"', "holds a text and"),
    (b"true", "holds true or false and"),
    (b"null", "holds null and"),
    (b'{"ad": "c", "ad": "d"}', "has the key 'ad' twice"),
    (b'{"of": {"id": 1, "id": 2}}', "has the key 'id' twice"),
    (b'{"": "c"}', "has a value without a name"),
    (b'{"ad": "caf\xe9"}', "holds a byte that is not UTF-8, at byte 12"),
    (b'{"ad": "\\ud83d"}', "holds half of a character"),
    (b'{"ad": ' + b"[" * 200 + b"]" * 200 + b"}", "is nested more than 127 levels deep"),
    (b'{"ad": ' + b"[" * 99_999 + b"]" * 99_999 + b"}", "is nested more than 127 levels deep"),
]


@pytest.mark.parametrize(("line", "words"), BAD, ids=[words for _, words in BAD])
def test_a_bad_line_is_named_by_its_number(line, words) -> None:
    content = b"\n".join([GOOD[0], line, GOOD[1]])
    with pytest.raises(DataFileError) as caught:
        read("a.jsonl", content)
    told = caught.value
    assert told.message.startswith("a.jsonl has 1 line that is no JSON record: line 2 ")
    assert words in told.message
    assert told.where == "a.jsonl, line 2"
    rows, bad = lines_of(content)
    assert [row[0] for row in rows] == [1, 3]
    assert [(one.line, bad.count) for one in bad.told] == [(2, 1)]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_it_is_so_wherever_it_stands(place, ending) -> None:
    rows, bad = lines_of(ending.join([*GOOD[:place], b"42", *GOOD[place:]]) + ending)
    assert [row[0] for row in rows] == [n for n in (1, 2, 3) if n != place + 1]
    assert [(one.line, bad.count) for one in bad.told] == [(place + 1, 1)]


def test_lines_beside_the_first_five_bad_ones_are_counted() -> None:
    with pytest.raises(DataFileError) as caught:
        read("a.ndjson", b"\n".join([*GOOD, *[b"{"] * 7]))
    assert (
        "a.ndjson has 7 lines that are no JSON records: line 3 is cut off" in caught.value.message
    )
    assert caught.value.message.endswith("line 7 is cut off after 1 character; and 2 more.")


def test_lines_of_which_none_is_a_record_are_named_too() -> None:
    with pytest.raises(DataFileError, match="line 1 goes on after the end of its record"):
        lines_of(b"\n".join(line + b"," for line in GOOD))


@pytest.mark.parametrize("blank", [b"", b"   ", b"\t"], ids=["nothing", "spaces", "a tab"])
def test_blank_lines_are_no_records_and_keep_their_numbers(blank) -> None:
    content = b"\n".join([blank, GOOD[0], blank, blank, GOOD[1], blank])
    rows, bad = lines_of(content)
    assert ([row[0] for row in rows], bad.count) == ([2, 5], 0)
    inspection, read_rows = read("a.jsonl", content)
    assert len(read_rows) == 2
    (change,) = [one for one in inspection.changes if one.message == "Blank lines were left out."]
    assert change.rows >= 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251", "koi8-r"])
def test_lines_and_documents_are_read_in_the_encoding_they_are_in(encoding) -> None:
    records = [{"город": "Нижний Новгород"}, {"город": "Великий Устюг"}]
    as_lines = "\n".join(json.dumps(one, ensure_ascii=False) for one in records)
    for text in (as_lines, json.dumps(records, ensure_ascii=False)):
        rows, bad = lines_of(text.encode(encoding))
        assert rows == [(1, "Нижний Новгород"), (2, "Великий Устюг")]
        assert not bad.count


def test_a_document_is_none_of_lines_whatever_its_name() -> None:
    pretty = json.dumps([{"a": {}}, {"a": {}, "b": 2}], indent=1)
    assert len(lines_of(pretty.encode())[0]) == 2
    one_a_line = b'{"data": [\n{"a": 1}\n,{"a": 2}\n,{"a": 3}\n]}'
    assert [row[1] for row in lines_of(one_a_line, "a.json")[0]] == [1, 2, 3]


def test_a_name_is_not_needed_to_know_lines() -> None:
    rows, bad = lines_of(b"\n".join([*GOOD, b"{"]), "export.json")
    assert (len(rows), bad.count) == (2, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'[\n {"a": 1},\n {"a": 2', "line 3 is cut off"),
        (b'[\n {"a": 1}\n {"a": 2}\n]', "line 3 lacks a comma or a closing bracket"),
        (b'{"data": [\n {"a": caf\xe9}]}', "line 2 holds a byte that is not UTF-8"),
    ],
)
def test_damage_in_a_document_is_named_by_its_line(content, words) -> None:
    with pytest.raises(DataFileError, match=f"a.json is not readable JSON: {words}") as caught:
        read("a.json", content)
    assert caught.value.where == f"a.json, {' '.join(words.split()[:2])}"


def test_values_of_several_kinds_in_a_column_are_text_without_quotation_marks() -> None:
    content = b'{"id": "A1"}\n{"id": 7}\n{"id": {"a": "b"}}\n{"id": null}\n{"id": [1, "x"]}'
    rows, _ = lines_of(content)
    assert [row[1] for row in rows] == ["A1", "7", '{"a":"b"}', None, '[1,"x"]']


def test_what_only_looks_like_a_date_a_time_or_a_uuid_stays_as_it_is_written() -> None:
    record = {"id": "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "day": "12-01-2024", "size": "16:09"}
    more = {"at": "2024-01-02T10:00:00Z", "of": {"DATE": "2024-01-02", "a DATE)": ["10:30"]}}
    text = json.dumps(record | more)
    for content in (f"{text}\n{text}", f"[{text}]"):
        rows, _ = lines_of(content.encode())
        assert rows[0][1:] == (*record.values(), more["at"], "2024-01-02", '["10:30"]')


def test_days_in_json_are_read_by_evidence_as_in_a_table_of_text() -> None:
    content = b'{"day": "25-12-2024", "n": 1}\n{"day": "01-02-2024", "n": 2}'
    _, rows = read("a.jsonl", content)
    assert [str(row[0]) for row in rows] == ["2024-12-25", "2024-02-01"]


def test_names_alike_but_for_case_are_columns_of_their_own() -> None:
    content = b'{"a": "2024-01-02", "A": "x"}\n{"a": "2024-01-03", "A": "y"}'
    assert [row[2] for row in lines_of(content)[0]] == ["x", "y"]


names = st.sampled_from(["a", "b", "c"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
texts = st.builds(json.dumps, values | st.dictionaries(names, values, max_size=3))
cuts = st.tuples(st.integers(0, 40), st.sampled_from(["", "}", '"', ",", "\\", "x"]))
damaged = st.builds(lambda text, cut: text[: cut[0]] + cut[1], texts, cuts)


@settings(max_examples=25, deadline=None)
@given(st.lists(texts | damaged | st.just(""), max_size=6))
def test_the_engine_reads_every_line_that_passes_and_no_other(some) -> None:
    content = ['{"a": 1}', *some, '{"b": "x"}']
    rows, bad = lines_of("\n".join(content).encode())
    blank = {n for n, line in enumerate(content, 1) if not line.strip()}
    told = {one.line for one in bad.told}
    read_lines = [row[0] for row in rows]
    assert read_lines == sorted(set(range(1, len(content) + 1)) - told - blank)
    for number in told:
        with pytest.raises((ValueError, AssertionError)):
            assert isinstance(json.loads(content[number - 1]), dict)
