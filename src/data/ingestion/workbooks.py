"""Reads the sheets of a workbook as raw tables: all cells as text, one table a sheet."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from src.data.ingestion.columns import RawColumn
from src.data.ingestion.containers import Part
from src.data.ingestion.inspection import Change, counted
from src.data.ingestion.layout import (
    HEAD_RECORDS,
    PIVOTED,
    TWO_HEADERS,
    column_names,
    find_layout,
    header_cells,
    is_pivot,
)
from src.data.ingestion.raw_table import RawTable, count_rows
from src.data.ingestion.row_writer import MAX_COLUMNS
from src.data.profiling import quote
from src.errors import DataFileError

if TYPE_CHECKING:
    import duckdb
    import fastexcel

_MAX_SHEETS = 30
_SHOWN_LINES = 10
_BLOCK = 1 << 20
_LONGEST_TAG = 4096
_SHEET_XML = re.compile(r"xl/worksheets/[^/]+\.xml")
_HIDDEN_ROW = re.compile(rb'<row\s[^>]*\bhidden="(?:1|true)"')


def read_workbook(
    con: duckdb.DuckDBPyConnection, part: Part, left_out: list[str]
) -> Iterator[RawTable]:
    """A raw table for each sheet of `part` that holds one; the others are named in `left_out`.

    Raises:
        DataFileError: the workbook cannot be opened, has too many sheets, or holds no table.
    """
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
    hidden = _hidden_rows(part.path)
    for sheet in sheets:
        table = _read_sheet(con, book, sheet, part, left_out, alone=len(sheets) == 1)
        if table:
            found += 1
            if hidden and found == 1:
                table.warnings.append(
                    f"{counted(hidden, 'row')} of the workbook {'is' if hidden == 1 else 'are'} "
                    "hidden, by a filter perhaps, and read like the others: sums may be larger "
                    "than those the workbook shows."
                )
            yield table
    if not found:
        raise DataFileError(
            f"{part.label} holds no table: every sheet is empty or has only a header.",
            where=part.label,
            hint="Export the report again for a period that has data.",
        )


def _hidden_rows(path: Path) -> int:
    """How many rows of an XLSX workbook are hidden."""
    if not zipfile.is_zipfile(path):
        return 0
    found = 0
    with zipfile.ZipFile(path) as archive, suppress(zipfile.BadZipFile, zlib.error, OSError):
        for name in archive.namelist():
            if not _SHEET_XML.fullmatch(name):
                continue
            with archive.open(name) as stream:
                rest = b""
                while block := stream.read(_BLOCK):
                    text = rest + block
                    end = text.rfind(b">") + 1
                    found += len(_HIDDEN_ROW.findall(text, 0, end))
                    rest = text[end:][-_LONGEST_TAG:]
    return found


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
    left_out: list[str],
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
        left_out.append(f"The sheet {sheet} holds no table and was left out.")
        return None
    header = header_cells(records, layout)
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
    rows = count_rows(con)
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
    above = [(n, r) for n, r in enumerate(records[: layout.top], start=1) if any(r)]
    if above:
        table.preamble = [" ".join(c for c in r if c) for _, r in above]
        are = "is" if len(above) == 1 else "are"
        message = f"{counted(len(above), 'row')} above the header {are} not part of the table."
        lines = tuple(n for n, _ in above[:_SHOWN_LINES])
        table.changes.append(Change(kind="dropped", message=message, rows=len(above), lines=lines))
    if layout.header is not None and layout.groups is not None:
        lines = (layout.groups + 1, layout.header + 1)
        table.changes.append(Change(kind="renamed", message=TWO_HEADERS, lines=lines))
    if header is None:
        table.warnings.append(
            "The first row holds values, not names, so the columns were numbered."
        )
    elif is_pivot(records[layout.header or 0]):
        table.warnings.append(PIVOTED)
    if loaded.visible != "visible":
        message = f"The sheet {sheet} is hidden in the workbook; it was read like the others."
        table.warnings.append(message)
    table.warnings += _without_values(con, table.columns)
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
    counts = con.execute(f"SELECT {parts} FROM raw").fetchall()[0]
    margins = {c.raw for c, n in zip(bare, counts, strict=True) if not n}
    return [c for c in columns if c.raw not in margins]


def _without_values(con: duckdb.DuckDBPyConnection, columns: list[RawColumn]) -> list[str]:
    """Columns with a name and no value: formulas whose results a program did not store look so."""
    parts = ", ".join(f"count(nullif(trim({c.raw}), ''))" for c in columns)
    counts = con.execute(f"SELECT {parts} FROM raw").fetchall()[0]
    empty = [c.name for c, n in zip(columns, counts, strict=True) if not n]
    if not empty:
        return []
    named = ", ".join(empty[:5]) + (f" and {len(empty) - 5} more" if len(empty) > 5 else "")
    return [
        f"No value is stored in {named}. If there are formulas, open the workbook in a spreadsheet "
        "program and save it there, so that their results are stored, and upload it again."
    ]
