"""Rows from PostgreSQL as an Arrow table, every value exact. Runs in the worker."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from src.data.cage.arrow_results import unique_names

_ARROW: Final = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "oid": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
    "time": pa.time64("us"),
    "bytea": pa.binary(),
}
_SHOWN: Final = {
    "int2": "SMALLINT", "int4": "INTEGER", "int8": "BIGINT", "float4": "REAL", "float8": "DOUBLE",
    "bool": "BOOLEAN", "bpchar": "CHAR", "timestamptz": "TIMESTAMP WITH TIME ZONE",
}  # fmt: skip
_DIGITS_128: Final = 38
_DIGITS_256: Final = 76


def to_table(
    description: Sequence[Any], rows: Sequence[tuple[Any, ...]]
) -> tuple[pa.Table, list[list[str]]]:
    """The rows as an Arrow table, and its columns as [unique name, type name]."""
    names = unique_names(column.name for column in description)
    arrays: list[pa.Array] = []
    columns: list[list[str]] = []
    for index, (name, column) in enumerate(zip(names, description, strict=True)):
        kind = str(column.type_display)
        base = kind.split("(", maxsplit=1)[0]
        arrays.append(_array([row[index] for row in rows], base))
        columns.append([name, _SHOWN.get(base, kind.upper())])
    return pa.table(arrays, names=names), columns


def _array(values: list[Any], kind: str) -> pa.Array:
    try:
        if kind == "numeric":
            return _numeric(values)
        if kind in _ARROW:
            return pa.array(values, _ARROW[kind])
        if kind.endswith("[]"):
            return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        pass  # what Arrow cannot hold is shown as text, which is exact
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def _numeric(values: list[Any]) -> pa.Array:
    """Decimals with the scale and width the values need; NaN and infinity make it text."""
    numbers = [value for value in values if value is not None]
    if not all(number.is_finite() for number in numbers):
        raise pa.ArrowInvalid
    scale = max((max(0, -number.as_tuple().exponent) for number in numbers), default=0)
    whole = max((max(0, number.adjusted() + 1) for number in numbers), default=0)
    digits = max(1, whole + scale)
    if digits > _DIGITS_256:
        raise pa.ArrowInvalid
    kind = pa.decimal128 if digits <= _DIGITS_128 else pa.decimal256
    width = _DIGITS_128 if digits <= _DIGITS_128 else _DIGITS_256
    exact = [None if value is None else Decimal(value) for value in values]
    return pa.array(exact, kind(width, scale))
