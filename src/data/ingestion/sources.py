"""Brings each kind of file into one shape: a raw table with numbered lines and unread cells.

Text and workbooks come as text only. Parquet and JSON bring types; what is nested in them is laid
flat or kept as JSON text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from src.data.ingestion.columns import RawColumn
from src.data.ingestion.containers import Part
from src.data.ingestion.formats import literal
from src.data.ingestion.inspection import Change, ReadOptions, counted
from src.data.ingestion.layout import HEAD_RECORDS, column_names, find_layout
from src.data.ingestion.row_writer import MAX_COLUMNS
from src.data.ingestion.text_rows import read_text
from src.data.profiling import column_types, is_text, quote
from src.errors import DataFileError

if TYPE_CHECKING:
    import duckdb
    import fastexcel

_MAX_SHEETS = 30
_JSON_IN_MEMORY = 64 << 20


@dataclass(slots=True)
class RawTable:
    """A table in the scratch database: ``_line`` (from 1), ``_cells``, then the columns.

    Attributes:
        text: cells are text as the file has it, and totals or notes may stand among the rows.
        width: cells that a complete row has; None where rows cannot be ragged.
        rows_in: rows under the header that are not blank, with those already dropped.
    """

    table: str
    label: str
    name: str
    format: str
    columns: list[RawColumn]
    text: bool = True
    width: int | None = None
    rows_in: int = 0
    rows_dropped: int = 0
    encoding: str | None = None
    encoding_evidence: str = ""
    delimiter: str | None = None
    header_line: int | None = None
    preamble: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_part(
    con: duckdb.DuckDBPyConnection, part: Part, scratch: Path, options: ReadOptions
) -> Iterator[RawTable]:
    """The raw tables of `part`, in the scratch database `con`.

    Raises:
        DataFileError: the part cannot be read.
    """
    if part.error:
        raise part.error
    if part.format == "workbook":
        yield from _read_workbook(con, part)
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


# ---------------------------------------------------------------- workbooks


def _read_workbook(con: duckdb.DuckDBPyConnection, part: Part) -> Iterator[RawTable]:
    import fastexcel

    try:
        book = fastexcel.read_excel(str(part.path))
        sheets = list(book.sheet_names)
    except fastexcel.FastExcelError as error:
        raise _bad_workbook(part.label, error) from None
    if len(sheets) > _MAX_SHEETS:
        raise DataFileError(
            f"{part.label} has {len(sheets)} sheets; at most {_MAX_SHEETS} are read.",
            where=part.label,
            hint="Save the sheets you need as a workbook of their own.",
        )
    found = 0
    for sheet in sheets:
        table = _read_sheet(con, book, sheet, part, alone=len(sheets) == 1)
        if table:
            found += 1
            yield table
    if not found:
        raise DataFileError(
            f"{part.label} holds no table: every sheet is empty or has only a header.",
            where=part.label,
            hint="Export the report again for a period that has data.",
        )


def _bad_workbook(label: str, error: Exception) -> DataFileError:
    reason = str(error).splitlines()[0][:200]
    protected = "password" in reason.lower() or "encrypt" in reason.lower()
    return DataFileError(
        f"{label} is a workbook that cannot be opened: {reason}.",
        where=label,
        hint="Remove its password first." if protected else "Save it again as XLSX or CSV.",
    )


def _read_sheet(
    con: duckdb.DuckDBPyConnection,
    book: fastexcel.ExcelReader,
    sheet: str,
    part: Part,
    *,
    alone: bool,
) -> RawTable | None:
    import fastexcel

    try:
        loaded = book.load_sheet(sheet, header_row=None, dtypes="string")
        if not loaded.width or not loaded.total_height:
            return None
        arrow = loaded.to_arrow()
    except fastexcel.FastExcelError as error:
        raise _bad_workbook(f"{part.label}, sheet {sheet}", error) from None
    label = part.label if alone else f"{part.label}, sheet {sheet}"
    if arrow.num_columns > MAX_COLUMNS:
        raise DataFileError(
            f"{label} has {arrow.num_columns} columns; at most {MAX_COLUMNS} are read.",
            where=label,
            hint="Delete the columns that are not needed.",
        )
    head = arrow.slice(0, HEAD_RECORDS).to_pydict().values()
    records = [[cell or "" for cell in row] for row in zip(*head, strict=True)]
    layout = find_layout(records)
    if layout.width == 0 or arrow.num_rows <= layout.first:
        return None
    header = records[layout.header] if layout.header is not None else None
    width = max(layout.width, arrow.num_columns)
    headers = (list(header) if header else []) + [""] * width
    names, notes = column_names(headers[:width] if header else None, width)
    columns = [RawColumn(f"c{i}", headers[i], names[i]) for i in range(width)]
    picked = ", ".join(f"{quote(n)} AS c{i}" for i, n in enumerate(arrow.schema.names))
    filled = f"concat({', '.join(f'trim(c{i})' for i in range(width))}) <> ''"
    con.register("sheet", arrow)
    con.execute(
        f"CREATE OR REPLACE TABLE raw AS SELECT _line, {width} AS _cells, * EXCLUDE (_line) FROM "
        f"(SELECT row_number() OVER () AS _line, {picked} FROM sheet) "
        f"WHERE _line > {layout.first} AND {filled}"
    )
    con.unregister("sheet")
    rows = _count(con)
    if not rows:
        return None
    table = RawTable(
        table="raw",
        label=label,
        name=part.name if alone else sheet,
        format="workbook",
        columns=_without_empty_edges(con, columns),
        rows_in=rows,
        header_line=None if layout.header is None else layout.header + 1,
    )
    above = [r for r in records[: layout.header or 0] if any(r)]
    if above:
        table.preamble = [" ".join(c for c in r if c) for r in above]
        are = "is" if len(above) == 1 else "are"
        message = f"{counted(len(above), 'row')} above the header {are} not part of the table."
        table.changes.append(Change(kind="dropped", message=message, rows=len(above)))
    if header is None:
        table.warnings.append(
            "The first row holds values, not names, so the columns were numbered."
        )
    kept = {c.name for c in table.columns}
    table.changes += [
        Change(kind="renamed", message=note)
        for note in notes
        if "has no header" not in note or any(f"called {k}." in note for k in kept)
    ]
    return table


def _without_empty_edges(
    con: duckdb.DuckDBPyConnection, columns: list[RawColumn]
) -> list[RawColumn]:
    """Columns that have neither a header nor a single value are margins of the sheet."""
    bare = [c for c in columns if not c.header.strip()]
    if not bare:
        return columns
    parts = ", ".join(f"count(nullif(trim({c.raw}), ''))" for c in bare)
    counts = con.execute(f"SELECT {parts} FROM raw").fetchone() or ()
    margins = {c.raw for c, n in zip(bare, counts, strict=True) if not n}
    return [c for c in columns if c.raw not in margins]


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
    if not isinstance(data, dict):
        return part.path
    lists = [v for v in data.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
    if len(lists) != 1:
        return part.path
    target = scratch / "records.json"
    with target.open("w", encoding="utf-8") as out:
        for record in lists[0]:
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
    return target


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
    rows = _count(con)
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


def _count(con: duckdb.DuckDBPyConnection) -> int:
    row = con.execute("SELECT count(*) FROM raw").fetchone()
    return int(row[0]) if row else 0
