"""Reads an uploaded table of products inside the cage and writes them as plain JSON lines.

Whatever the file is, the app's own process only ever reads these lines.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pydantic_core import to_json

from src.catalogue.products import Columns, RowProblem, find_columns, read_row
from src.data.ingestion.containers import unpack
from src.data.ingestion.inspection import ReadOptions
from src.data.ingestion.json_lines import BadLines
from src.data.ingestion.raw_table import RawTable
from src.data.ingestion.sources import read_part
from src.errors import DataFileError

if TYPE_CHECKING:
    import duckdb

PRODUCTS = "products.jsonl"
_ROWS_AT_ONCE = 2_000
_PROBLEMS_TOLD = 1_000
_MEMORY = "800MB"


def read_products(args: dict[str, Any]) -> dict[str, Any]:
    """Write the usable rows of one file to ``products.jsonl`` in a folder.

    Args:
        args: ``path``, ``label``, ``out`` (folder), ``options`` (fields of `ReadOptions`).

    Returns:
        ``count``, ``columns`` (role to header), ``problems`` (the first, as lists of `RowProblem`'s
        fields), ``problem_count``, ``notes``.

    Raises:
        DataFileError: the file cannot be read as a table, or has no column of titles.
    """
    import duckdb

    out = Path(args["out"])
    scratch = out / "scratch"
    scratch.mkdir()
    options = ReadOptions.model_validate(args.get("options") or {})
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY, "temp_directory": str(scratch / "spill"), "threads": "1",
    }  # fmt: skip
    try:
        # In a file, not in memory: the rows may be many more than fit.
        with duckdb.connect(str(scratch / "rows.duckdb"), config=config) as con:
            return _read(con, Path(args["path"]), args["label"], out, options)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _read(
    con: duckdb.DuckDBPyConnection, path: Path, label: str, out: Path, options: ReadOptions
) -> dict[str, Any]:
    scratch = out / "scratch"
    found: dict[str, Any] | None = None
    untitled: DataFileError | None = None
    notes: list[str] = []
    for part in unpack(path, label, scratch):
        bad = BadLines()
        for table in read_part(con, part, scratch, options, bad_lines=bad):
            try:
                columns = find_columns([column.name for column in table.columns], table.label)
            except DataFileError as error:
                untitled = untitled or error
                continue
            if found is not None:
                notes.append(f"{table.label} was left out: products are read from one table.")
                continue
            found = _write(con, table, columns, bad, out / PRODUCTS)
            notes += table.warnings
    if found is None:
        raise untitled or DataFileError(f"{label} holds no table.", where=label)
    return {**found, "notes": notes}


def _write(
    con: duckdb.DuckDBPyConnection, table: RawTable, columns: Columns, bad: BadLines, target: Path
) -> dict[str, Any]:
    with target.open("wb") as lines:
        count, problems, total = _write_rows(_rows(con, table), columns, lines)
    total += bad.count
    if not count and not total:
        raise DataFileError(f"{table.label} has no products in it.", where=table.label)
    problems += (RowProblem(one.line, "", one.message) for one in bad.told)
    problems.sort(key=lambda problem: problem.row)
    return {
        "count": count,
        "columns": columns.found(),
        "problems": [[p.row, p.column, p.message] for p in problems[:_PROBLEMS_TOLD]],
        "problem_count": total,
    }


def _write_rows(
    rows: Iterator[tuple[Any, ...]], columns: Columns, lines: BinaryIO
) -> tuple[int, list[RowProblem], int]:
    seen: dict[bytes, int] = {}
    problems: list[RowProblem] = []
    count = total = 0
    for line, *cells in rows:
        if not any(cells):
            continue
        product = read_row(line, cells, columns)
        if not isinstance(product, RowProblem):
            digest = hashlib.blake2b(product.id.encode(), digest_size=8).digest()
            first = seen.setdefault(digest, line)
            if first != line:
                what = "the product" if product.id.startswith("hash-") else f"{product.id[:60]!r}"
                product = RowProblem(line, columns.named("id"), f"{what} is already in row {first}")
        if isinstance(product, RowProblem):
            total += 1
            if len(problems) < _PROBLEMS_TOLD:
                problems.append(product)
            continue
        count += 1
        lines.write(to_json(product) + b"\n")
    return count, problems, total


def _rows(con: duckdb.DuckDBPyConnection, table: RawTable) -> Iterator[tuple[Any, ...]]:
    cells = ", ".join(f"{column.raw}::VARCHAR" for column in table.columns)
    cursor = con.cursor().execute(f"SELECT _line, {cells} FROM {table.table}")  # noqa: S608 - ours
    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
        yield from rows
