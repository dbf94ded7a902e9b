"""Rows from DuckDB to the app as Arrow, capped at the cursor, every value exact."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute

_BATCH_ROWS: Final = 2048
# Arrow would drop an offset, give raw bytes, or wrap around for these
_WITHOUT_ARROW: Final = re.compile(
    r"\b(TIME WITH TIME ZONE|TIMETZ|BIT|VARIANT|BIGNUM|UHUGEINT|GEOMETRY)\b"
)
_HUGE_DIGITS: Final = 39
_NANOSECONDS: Final = 1_000_000_000


class Fetched(NamedTuple):
    """A capped result: columns as [name, DuckDB type], and why it was cut if it was."""

    table: pa.Table
    columns: list[list[str]]
    truncated: bool
    cut_by_size: bool


def fetch(connection: Any, sql: str, *, rows: int, size: int) -> Fetched:
    """Run `sql` and read at most `rows` rows and about `size` bytes, as they are produced.

    Column names are made unique: ``x``, ``x_2``.
    """
    relation = connection.sql(sql)
    if relation is None:
        return Fetched(pa.table({}), [], truncated=False, cut_by_size=False)
    types = [str(kind) for kind in relation.types]
    names = unique_names(relation.columns)
    if any(_WITHOUT_ARROW.search(kind) for kind in types):
        relation = relation.project(", ".join(map(_as_text, range(1, len(types) + 1), types)))
    table, cut_by_size, more = _by_batch(relation, rows, size)
    columns = [_readable(column, kind) for column, kind in zip(table.columns, types, strict=True)]
    table = pa.table(columns, names=names)
    return Fetched(
        table, [list(pair) for pair in zip(names, types, strict=True)], more, cut_by_size
    )


def encode(table: pa.Table) -> bytes:
    """The table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def unique_names(names: Iterable[str]) -> list[str]:
    """`names`, a repeated one numbered from 2 and never colliding, letter case ignored."""
    originals = list(names)
    taken = {name.casefold() for name in originals}
    seen: set[str] = set()
    result: list[str] = []
    for name in originals:
        unique, number = name, 1
        while unique.casefold() in seen or (number > 1 and unique.casefold() in taken):
            number += 1
            unique = f"{name}_{number}"
        seen.add(unique.casefold())
        result.append(unique)
    return result


def _as_text(position: int, kind: str) -> str:
    return f"#{position}::VARCHAR" if _WITHOUT_ARROW.search(kind) else f"#{position}"


def _by_batch(relation: Any, rows: int, size: int) -> tuple[pa.Table, bool, bool]:
    reader = relation.to_arrow_reader(min(_BATCH_ROWS, rows + 1))
    batches: list[pa.RecordBatch] = []
    count = used = 0
    for batch in reader:
        batches.append(batch)
        count += len(batch)
        used += batch.nbytes
        if count > rows or used > size:
            break
    table = pa.Table.from_batches(batches, schema=reader.schema)
    if used > size:
        # the batch that went over is dropped, unless it is the only one: then half of it, and so on
        table = _shrink(table.slice(0, rows), size)
        return table, True, True
    return table.slice(0, rows), False, count > rows


def _shrink(table: pa.Table, size: int) -> pa.Table:
    while table.nbytes > size and len(table) > 0:
        table = table.slice(0, len(table) // 2)
    return table


def _readable(column: pa.ChunkedArray, kind: str) -> pa.ChunkedArray:
    """`column` in the type people expect: whole numbers as such, names instead of codes."""
    if kind in {"HUGEINT", "UHUGEINT"}:
        return _whole_numbers(column)
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    if pa.types.is_interval(column.type):
        return pa.chunked_array([pa.array(map(_interval, column.to_pylist()), pa.string())])
    if isinstance(column.type, pa.ExtensionType):
        return pa.chunked_array(
            [chunk.storage for chunk in column.chunks], column.type.storage_type
        )
    return column


def _whole_numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        exact = [None if value is None else Decimal(value) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(exact, pa.decimal256(_HUGE_DIGITS, 0))])


def _interval(value: Any) -> str | None:
    """An interval as DuckDB prints it: ``1 year 2 months 3 days 04:05:06``."""
    if value is None:
        return None
    years, months = divmod(abs(value.months), 12)
    sign = "-" if value.months < 0 else ""
    parts = [
        f"{s}{number} {unit}{'' if number == 1 else 's'}"
        for s, number, unit in (
            (sign, years, "year"),
            (sign, months, "month"),
            ("", value.days, "day"),
        )
        if number
    ]
    if value.nanoseconds or not parts:
        seconds, rest = divmod(abs(value.nanoseconds), _NANOSECONDS)
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        fraction = f".{rest // 1000:06}".rstrip("0") if rest else ""
        parts.append(("-" if value.nanoseconds < 0 else "") + clock + fraction)
    return " ".join(parts)
