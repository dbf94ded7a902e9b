"""A result as a file: CSV, XLSX and Parquet.

Spreadsheets run text that looks like a formula, so text never becomes one: XLSX cells are typed,
and CSV text that starts with a trigger character gets a leading apostrophe (OWASP, CSV injection).
Numbers stay numbers, -5 included; NULL is an empty cell, never 0.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from src.data.result import QueryResult
from src.query_engine.drafts import OutputColumn
from src.reporting.cells import Cell, column_cells
from src.reporting.formats import xlsx_number_format
from src.reporting.layout import display_names, known_columns

if TYPE_CHECKING:
    import pyarrow as pa
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_UNSEEN = "\0\ufeff\u200b\u200c\u200d\u2060 \u00a0"  # what a program may skip before "="
EXCEL_DIGITS = 15
EXCEL_TEXT_LIMIT = 32_767
_FIRST_EXCEL_DAY = dt.date(1900, 3, 1)


def safe_text(text: str) -> str:
    """`text` with an apostrophe in front when a spreadsheet would read it as a formula."""
    return f"'{text}" if text.lstrip(_UNSEEN).startswith(FORMULA_STARTS) else text


def to_csv(result: QueryResult, columns: tuple[OutputColumn, ...] = ()) -> bytes:
    """The rows as UTF-8 CSV with a byte-order mark, which Excel needs to read it as UTF-8.

    All text is quoted, so that a separator inside it cannot start a new cell.
    """
    known = known_columns(result, columns)
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([safe_text(column.name) for column in known])
    cells = [column_cells(result.frame, column.name) for column in known]
    for row in zip(*cells, strict=True):
        writer.writerow([_csv_cell(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig", "replace")


def to_xlsx(
    result: QueryResult,
    columns: tuple[OutputColumn, ...] = (),
    about: Mapping[str, str] | None = None,
) -> bytes:
    """The rows as an Excel workbook, with a second sheet on where they come from.

    Numbers with more than 15 digits, which Excel would round, are written as text.

    Args:
        about: lines of the second sheet, e.g. question, approver, data; the SQL is added.
    """
    import xlsxwriter

    known = known_columns(result, columns)
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        _data_sheet(book, result, known)
        sql = {"SQL": result.sql} if result.sql else {}
        _about_sheet(book, {**(about or {}), **sql})
    return out.getvalue()


def to_parquet(result: QueryResult, columns: tuple[OutputColumn, ...] = ()) -> bytes:
    """The rows as Parquet with their exact types; labels and units are in the fields' metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    known = known_columns(result, columns)
    arrays = [_arrow(result, column.name) for column in known]
    fields = [
        pa.field(column.name, array.type, metadata=_field_metadata(column))
        for column, array in zip(known, arrays, strict=True)
    ]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), out)
    return out.getvalue()


def _csv_cell(cell: Cell) -> Any:
    """Numbers as they are (exact digits), everything else as text; NULL empty."""
    if cell is None:
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int | float | Decimal):
        return _Digits(cell)
    return safe_text(cell if isinstance(cell, str) else _iso(cell))


class _Digits:
    """A number to `csv`, which leaves it unquoted, printed with the digits it came with."""

    def __init__(self, value: float | Decimal) -> None:
        self._value = value

    def __float__(self) -> float:
        return float(self._value)

    def __str__(self) -> str:
        return f"{self._value:f}" if isinstance(self._value, Decimal) else str(self._value)


def _iso(cell: Cell) -> str:
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)


def _data_sheet(book: Workbook, result: QueryResult, known: tuple[OutputColumn, ...]) -> None:
    sheet = book.add_worksheet("Result")
    header = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    names = display_names(known)
    day, moment = (book.add_format({"num_format": f}) for f in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm"))
    for position, column in enumerate(known):
        number = book.add_format({"num_format": xlsx_number_format(column)})
        sheet.write_string(0, position, names[column.name], header)
        for row, cell in enumerate(column_cells(result.frame, column.name), start=1):
            _write(sheet, row, position, cell, {"number": number, "day": day, "moment": moment})
    sheet.freeze_panes(1, 0)
    if known and len(result.frame):
        sheet.autofilter(0, 0, len(result.frame), len(known) - 1)
    sheet.autofit(max_width=320)


def _write(
    sheet: Worksheet, row: int, position: int, cell: Cell, formats: dict[str, Format]
) -> None:
    """One typed cell; nothing is left to Excel's guess."""
    if cell is None:
        return
    if isinstance(cell, bool):
        sheet.write_boolean(row, position, cell)
    elif isinstance(cell, int | float | Decimal) and _fits_excel(cell):
        sheet.write_number(row, position, float(cell), formats["number"])
    elif isinstance(cell, dt.date) and _excel_day(cell):
        kind = "moment" if isinstance(cell, dt.datetime) else "day"
        sheet.write_datetime(row, position, cell, formats[kind])
    else:
        text = cell if isinstance(cell, str) else _iso(cell)
        sheet.write_string(row, position, text[:EXCEL_TEXT_LIMIT])


def _fits_excel(cell: float | Decimal) -> bool:
    if not math.isfinite(cell):
        return False
    if isinstance(cell, float):
        return True
    digits = Decimal(cell).normalize().as_tuple().digits
    return len(digits) <= EXCEL_DIGITS and abs(cell) < 10**300


def _excel_day(cell: dt.date) -> bool:
    """Whether Excel has that day: from March 1900 on, without a time zone."""
    if isinstance(cell, dt.datetime):
        return cell.tzinfo is None and cell.date() >= _FIRST_EXCEL_DAY
    return cell >= _FIRST_EXCEL_DAY


def _about_sheet(book: Workbook, lines: Mapping[str, str]) -> None:
    sheet = book.add_worksheet("About")
    bold = book.add_format({"bold": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 100)
    for row, (name, text) in enumerate(lines.items()):
        sheet.write_string(row, 0, name, bold)
        sheet.write_string(row, 1, text[:EXCEL_TEXT_LIMIT], wrap)


def _arrow(result: QueryResult, name: str) -> pa.Array:
    """The column as Arrow; cells of kinds that do not fit one type become text."""
    import pyarrow as pa

    series = result.frame[name]
    try:
        array = pa.Array.from_pandas(series)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        cells = column_cells(result.frame, name)
        return pa.array([None if cell is None else _text(cell) for cell in cells], pa.string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else _iso(cell)


def _field_metadata(column: OutputColumn) -> dict[str, str]:
    values = {"label": column.label, "unit": column.unit, "currency": column.currency}
    return {name: value for name, value in values.items() if value}
