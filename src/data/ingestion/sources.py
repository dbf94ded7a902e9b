"""Brings each kind of file into one shape: a raw table with numbered lines and unread cells.

Text and workbooks come as text only. Parquet and JSON bring types; what is nested in them is laid
flat or kept as JSON text.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from src.data.ingestion.columns import RawColumn
from src.data.ingestion.containers import Part
from src.data.ingestion.encoding import CYRILLIC, Encoding, find_encoding
from src.data.ingestion.formats import literal
from src.data.ingestion.inspection import Change, ReadOptions
from src.data.ingestion.json_lines import (
    MAX_LINE,
    BadLines,
    damage,
    has_gaps,
    is_lines,
    look_at,
    named_lines,
    refusal,
    write_records,
)
from src.data.ingestion.layout import column_names
from src.data.ingestion.raw_table import RawTable, count_rows
from src.data.ingestion.text_rows import read_text
from src.data.ingestion.workbooks import read_workbook
from src.data.profiling import column_types, is_text, quote
from src.errors import DataFileError

if TYPE_CHECKING:
    import duckdb

_JSON_IN_MEMORY = 64 << 20
_JSON = f", maximum_object_size = {MAX_LINE}, sample_size = -1, convert_strings_to_integers = false"
# A type of the engine, and not a field of that name, behind which its type would follow.
_LIKE_TEXT = re.compile(
    r'"(?:[^"]|"")*"|'
    r"\b(?:TIMESTAMP(?:_\w+)?(?: WITH TIME ZONE)?|TIME(?:_NS)?(?: WITH TIME ZONE)?|DATE|UUID)"
    r"(?=[\[\],)]|$)"
)
_READING = {
    "JSON": _JSON,
    # However many names the records have, they are columns.
    "JSON lines": f"{_JSON}, format = 'newline_delimited', records = 'true', "
    "map_inference_threshold = -1",
}
# What answers in pages say beside their records.
_PAGE_KEYS = {"fieldMask", "requestId", "nextPageToken", "paging", "totalResultsCount",
              "queryResourceConsumption"}  # fmt: skip


def read_part(
    con: duckdb.DuckDBPyConnection,
    part: Part,
    scratch: Path,
    options: ReadOptions,
    left_out: list[str] | None = None,
    *,
    bad_lines: BadLines | None = None,
) -> Iterator[RawTable]:
    """The raw tables of `part`, in the scratch database `con`.

    Args:
        left_out: what of the part holds no table is said here, in plain words.
        bad_lines: lines of JSON lines that are no records are said here and left out; without it
            they are refused.

    Raises:
        DataFileError: the part cannot be read.
    """
    if part.error:
        raise part.error
    if part.format == "workbook":
        yield from read_workbook(con, part, [] if left_out is None else left_out)
    elif part.format == "parquet":
        yield _read_typed(con, part, "read_parquet", part.path, "Parquet")
    elif part.format == "json":
        yield _read_json(con, part, scratch, options, bad_lines)
    else:
        yield _read_text(con, part, scratch, options)


def _read_text(
    con: duckdb.DuckDBPyConnection, part: Part, scratch: Path, options: ReadOptions
) -> RawTable:
    rows = scratch / "rows.csv"
    table = read_text(part.path, part.label, rows, options)
    columns = [
        RawColumn(f"c{i}", header, name)
        for i, (header, name) in enumerate(zip(table.headers, table.names, strict=True))
    ]
    declared = {"_line": "BIGINT", "_cells": "INTEGER"} | {c.raw: "VARCHAR" for c in columns}
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in declared.items())
    ragged = len(columns) > table.width
    con.execute(
        f"CREATE OR REPLACE TABLE raw AS SELECT * FROM read_csv(?, header = false, "
        f"delim = {literal(table.separator)}, quote = '\"', escape = '\"', "
        f"auto_detect = false, columns = {{{types}}}, "
        f"max_line_size = 67108864, null_padding = {str(ragged).lower()}, "
        f"parallel = {str(not ragged).lower()})",
        [str(rows)],
    )
    rows.unlink()
    return RawTable(
        table="raw",
        label=part.label,
        name=part.name,
        format="delimited text",
        columns=columns,
        width=table.width,
        rows_in=table.rows + table.rows_dropped,
        rows_dropped=table.rows_dropped,
        encoding=table.encoding.name,
        encoding_evidence=table.encoding.evidence,
        delimiter=table.delimiter,
        header_line=table.header_line,
        preamble=table.preamble,
        changes=table.changes,
        warnings=table.warnings,
    )


# ---------------------------------------------------------------- typed files


def _read_json(
    con: duckdb.DuckDBPyConnection,
    part: Part,
    scratch: Path,
    options: ReadOptions,
    bad_lines: BadLines | None,
) -> RawTable:
    path, encoding = _in_utf8(part, scratch / "utf8.json", options)
    if is_lines(path, part.name):
        table = _read_lines(con, part, path, scratch, bad_lines)
    else:
        table = _read_typed(con, part, "read_json", _unwrapped_json(path, scratch), "JSON")
    if encoding is not None:
        table.encoding, table.encoding_evidence = encoding.name, encoding.evidence
    return table


def _in_utf8(part: Part, target: Path, options: ReadOptions) -> tuple[Path, Encoding | None]:
    """The file itself or, where it is not plain UTF-8 as all JSON should be, a copy that is; and
    the encoding it is in, unless that is UTF-8."""
    found = find_encoding(part.path, part.label, options.encoding)
    # A Latin one is the guess for what is nothing else: here, damaged UTF-8.
    sure = options.encoding is not None or found.name.startswith("utf") or found.name in CYRILLIC
    if sure and not found.name.startswith(("utf-8", "ascii")):
        with (
            part.path.open(encoding=found.name, errors="replace", newline="") as text,
            target.open("w", encoding="utf-8", newline="") as out,
        ):
            shutil.copyfileobj(text, out)
        return target, found
    with part.path.open("rb") as source:
        if source.read(len(BOM_UTF8)) != BOM_UTF8:
            return part.path, None
        with target.open("wb") as plain:
            shutil.copyfileobj(source, plain)
    return target, None


def _read_lines(
    con: duckdb.DuckDBPyConnection,
    part: Part,
    path: Path,
    scratch: Path,
    bad_lines: BadLines | None,
) -> RawTable:
    if not has_gaps(path):
        with contextlib.suppress(DataFileError):
            return _read_typed(con, part, "read_json", path, "JSON lines")
    found = look_at(path)
    if found.bad.count and (bad_lines is None or not found.records):
        raise refusal(part.label, found.bad)
    if found.others:
        source, path = path, scratch / "lines.json"
        write_records(source, path, found.others)
    table = _read_typed(con, part, "read_json", path, "JSON lines", others=found.others)
    if bad_lines is not None:
        bad_lines.told, bad_lines.count = found.bad.told, found.bad.count
    if found.blank:
        table.changes.append(
            Change(kind="dropped", message="Blank lines were left out.", rows=found.blank)
        )
    return table


def _unwrapped_json(path: Path, scratch: Path) -> Path:
    """The file itself, or the one list of records inside its outer object (``{"data": […]}``)."""
    if path.stat().st_size > _JSON_IN_MEMORY:
        return path
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        # Objects behind each other, or damaged; the engine tells which.
        return path
    pages = data if isinstance(data, list) else [data]
    records = [record for page in pages for record in _records_of(page, alone=page is data)]
    if not records:
        return path
    target = scratch / "records.json"
    with target.open("w", encoding="utf-8") as out:
        for record in records:
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
    return target


def _records_of(page: Any, *, alone: bool) -> list[Any]:
    """The one list of records inside `page`, an object; a page of several holds nothing else."""
    if not isinstance(page, dict):
        return []
    lists = [v for v in page.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
    if len(lists) != 1:
        return []
    others = {key for key, value in page.items() if value is not lists[0]}
    if not alone and not others <= _PAGE_KEYS:
        return []
    return lists[0]


def _read_typed(
    con: duckdb.DuckDBPyConnection,
    part: Part,
    reader: str,
    path: Path,
    format_name: str,
    *,
    others: Sequence[int] = (),
) -> RawTable:
    """A table of typed columns.

    Args:
        others: numbers of the rows that are left out.
    """
    import duckdb

    more = _READING.get(format_name, "")
    try:
        if more:
            more += _as_written(con, f"SELECT * FROM {reader}(?{more})", path)
        con.execute(
            f"CREATE OR REPLACE TABLE loaded AS SELECT * FROM {reader}(?{more})", [str(path)]
        )
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise _unreadable(part, path, format_name, error) from None
    changes: list[Change] = []
    columns, expressions = _flat(con, changes)
    if not columns:
        raise DataFileError(f"{part.label} has no columns that can be read.", where=part.label)
    con.execute(
        f"CREATE OR REPLACE TABLE raw AS SELECT * FROM (SELECT row_number() OVER () AS _line, "
        f"{len(columns)} AS _cells, {', '.join(expressions)} FROM loaded)"
        + (" WHERE _line NOT IN (SELECT unnest(?))" if others else ""),
        [list(others)] if others else [],
    )
    con.execute("DROP TABLE loaded")
    rows = count_rows(con)
    if not rows:
        raise DataFileError(
            f"{part.label} has columns but no rows.",
            where=part.label,
            hint="Export it again for a period that has data.",
        )
    return RawTable(
        table="raw",
        label=part.label,
        name=part.name,
        format=format_name,
        columns=columns,
        text=False,
        rows_in=rows,
        changes=changes,
    )


def _flat(
    con: duckdb.DuckDBPyConnection, changes: list[Change]
) -> tuple[list[RawColumn], list[str]]:
    """Columns of the loaded table without nesting, and the expressions that make them."""
    found: list[tuple[str, str, str]] = []
    for name, kind in column_types(con, "loaded").items():
        _flatten(name, quote(name), kind, found, changes, depth=0, con=con)
    names, notes = column_names([name for name, _, _ in found], len(found))
    changes += [Change(kind="renamed", message=note) for note in notes]
    columns, expressions = [], []
    for i, ((header, expression, kind), name) in enumerate(zip(found, names, strict=True)):
        columns.append(RawColumn(f"c{i}", header, name, kind))
        expressions.append(f"{expression} AS c{i}")
    return columns, expressions


def _flatten(
    name: str,
    expression: str,
    kind: str,
    found: list[tuple[str, str, str]],
    changes: list[Change],
    *,
    depth: int,
    con: duckdb.DuckDBPyConnection,
) -> None:
    if kind.startswith("BLOB"):
        message = f"{name} holds binary data and was left out."
        changes.append(Change(kind="dropped", message=message, column=name))
    elif kind.startswith("STRUCT(") and not kind.endswith("]") and depth < 3:
        rows = con.execute(f"DESCRIBE SELECT unnest({expression}) FROM loaded").fetchall()
        message = f"{name} is nested; its fields became columns."
        changes.append(Change(kind="converted", message=message, column=name))
        for row in rows:
            inner = f"struct_extract({expression}, {literal(row[0])})"
            _flatten(f"{name}.{row[0]}", inner, row[1], found, changes, depth=depth + 1, con=con)
    elif kind == "JSON":
        message = f"{name} holds values of several kinds; all are kept as text."
        changes.append(Change(kind="converted", message=message, column=name))
        found.append((name, f"json_extract_string({expression}, '$')", "VARCHAR"))
    elif re.search(r"\[\d*\]$|^(STRUCT|MAP|UNION|JSON|VARIANT)", kind):
        message = f"{name} holds lists or nested values; it is kept as JSON text."
        changes.append(Change(kind="converted", message=message, column=name))
        found.append((name, f"to_json({expression})::VARCHAR", "VARCHAR"))
    elif is_text(kind) or kind.startswith(("INTERVAL", "BIT", '"NULL"')):
        found.append((name, f"{expression}::VARCHAR", "VARCHAR"))
    else:
        found.append((name, expression, kind))


def _as_written(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> str:
    """The option that keeps texts of a JSON file as they are in it.

    The engine would make 12-01-2024 a day of December, 10:30 a time, and an id like a UUID small
    letters; what is a date is found later, by evidence, and said.
    """
    found = con.execute(f"DESCRIBE {query}", [str(path)]).fetchall()
    kinds = {name: _LIKE_TEXT.sub(_text_for, kind) for name, kind, *_ in found}
    # The engine numbers names that are alike but for case, and finds no such keys in the file.
    if any(re.search(r"_\d+$", name) for name in kinds) or all(
        kinds[name] == kind for name, kind, *_ in found
    ):
        return ""
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in kinds.items())
    return f", columns = {{{columns}}}"


def _text_for(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith('"') else "VARCHAR"


def _unreadable(part: Part, path: Path, format_name: str, error: Exception) -> DataFileError:
    hint = "Export it again."
    if format_name != "Parquet":
        hint += " JSON must be a list of records, or one record a line."
    where, reason = part.label, _reason(error, path, part.label)
    if format_name == "JSON" and named_lines(part.name) and (bad := look_at(path).bad).count:
        return refusal(part.label, bad)
    if format_name == "JSON" and path.stat().st_size <= _JSON_IN_MEMORY:
        found = damage(path.read_bytes())
        if found is not None:
            line, what = found
            where, reason = f"{part.label}, line {line}", f"line {line} {what}."
    return DataFileError(
        f"{part.label} is not readable {format_name}: {reason}", where=where, hint=hint
    )


def _reason(error: Exception, path: Path, label: str) -> str:
    """The engine's own words, without its advice, and without its numbers of lines, which are
    sometimes one too high."""
    text = str(error).splitlines()[0].replace(str(path), label).replace(path.name, label)
    text = re.sub(r"^[A-Za-z ]+ Error:\s*", "", text)
    text = re.sub(r'(,? in file "[^"]*",)?( at byte \d+)?,? in (line|record/value) \d+', "", text)
    return re.sub(r"[,.]? [Tt]ry .*", "", text)[:300]
