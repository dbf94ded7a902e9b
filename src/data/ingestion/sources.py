"""Brings each kind of file into one shape: a raw table with numbered lines and unread cells.

Text and workbooks come as text only. Parquet and JSON bring types; what is nested in them is laid
flat or kept as JSON text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from src.data.ingestion.columns import RawColumn
from src.data.ingestion.containers import Part
from src.data.ingestion.formats import literal
from src.data.ingestion.inspection import Change, ReadOptions
from src.data.ingestion.layout import column_names
from src.data.ingestion.raw_table import RawTable, count_rows
from src.data.ingestion.text_rows import read_text
from src.data.ingestion.workbooks import read_workbook
from src.data.profiling import column_types, is_text, quote
from src.errors import DataFileError

if TYPE_CHECKING:
    import duckdb

_JSON_IN_MEMORY = 64 << 20
# What answers in pages say beside their records.
_PAGE_KEYS = {"fieldMask", "requestId", "nextPageToken", "paging", "totalResultsCount",
              "queryResourceConsumption"}  # fmt: skip


def read_part(
    con: duckdb.DuckDBPyConnection,
    part: Part,
    scratch: Path,
    options: ReadOptions,
    left_out: list[str] | None = None,
) -> Iterator[RawTable]:
    """The raw tables of `part`, in the scratch database `con`.

    Args:
        left_out: what of the part holds no table is said here, in plain words.

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
        yield _read_json(con, part, scratch)
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


def _read_json(con: duckdb.DuckDBPyConnection, part: Part, scratch: Path) -> RawTable:
    path = _unwrapped_json(part, scratch)
    return _read_typed(con, part, "read_json", path, "JSON")


def _unwrapped_json(part: Part, scratch: Path) -> Path:
    """The file itself, or the one list of records inside its outer object (``{"data": […]}``)."""
    if part.path.stat().st_size > _JSON_IN_MEMORY:
        return part.path
    try:
        data = json.loads(part.path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        # JSON lines, or damaged; the engine tells which, and where.
        return part.path
    pages = data if isinstance(data, list) else [data]
    records = [record for page in pages for record in _records_of(page, alone=page is data)]
    if not records:
        return part.path
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
    con: duckdb.DuckDBPyConnection, part: Part, reader: str, path: Path, format_name: str
) -> RawTable:
    import duckdb

    hint = "Export it again."
    if reader == "read_json":
        hint += " JSON must be a list of records, or one record a line."
    more = (
        ", maximum_object_size = 67108864, sample_size = -1, convert_strings_to_integers = false"
        if reader == "read_json"
        else ""
    )
    try:
        con.execute(
            f"CREATE OR REPLACE TABLE loaded AS SELECT * FROM {reader}(?{more})", [str(path)]
        )
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise DataFileError(
            f"{part.label} is not readable {format_name}: {_reason(error, path)}",
            where=part.label + _line_of(error),
            hint=hint,
        ) from None
    changes: list[Change] = []
    columns, expressions = _flat(con, changes)
    if not columns:
        raise DataFileError(f"{part.label} has no columns that can be read.", where=part.label)
    con.execute(
        f"CREATE OR REPLACE TABLE raw AS SELECT row_number() OVER () AS _line, "
        f"{len(columns)} AS _cells, {', '.join(expressions)} FROM loaded"
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
    elif re.search(r"\[\d*\]$|^(STRUCT|MAP|UNION|JSON|VARIANT)", kind):
        message = f"{name} holds lists or nested values; it is kept as JSON text."
        changes.append(Change(kind="converted", message=message, column=name))
        found.append((name, f"to_json({expression})::VARCHAR", "VARCHAR"))
    elif is_text(kind) or kind.startswith(("INTERVAL", "BIT", '"NULL"')):
        found.append((name, f"{expression}::VARCHAR", "VARCHAR"))
    else:
        found.append((name, expression, kind))


def _reason(error: Exception, path: Path) -> str:
    text = str(error).splitlines()[0].replace(str(path), "the file").replace(path.name, "the file")
    return re.sub(r"^[A-Za-z ]+ Error:\s*", "", text)[:300]


def _line_of(error: Exception) -> str:
    found = re.search(r"line (\d+)", str(error))
    return f", line {found.group(1)}" if found else ""
