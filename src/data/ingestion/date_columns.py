"""The distinct texts of a date column: what order they are in, what moments they mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from src.data.ingestion.dates import DateStyle
from src.data.profiling import quote

if TYPE_CHECKING:
    import duckdb

_DATES_AT_ONCE = 100_000
_ZONE = r"\s*(?:[+-]\d{2}(?::?\d{2})?|Z)"
_OFFSET = re.compile(rf":\d+(?:\.\d+)?{_ZONE}$")
_MIDNIGHT = re.compile(rf"[T ]00:00(?::00(?:\.0+)?)?{_ZONE}$")
_SPACED = r"\s+([+-]\d{2}(?::?\d{2})?|Z)\s*$"  # the engine reads an offset only without the space


def date_parts(
    con: duckdb.DuckDBPyConnection, raw_table: str, raw: str
) -> list[tuple[int, int, int]]:
    """All distinct (first, second, year) of a column of dates as numbers with separators."""
    pattern = r"^\s*(\d{1,2})[-./](\d{1,2})[-./](\d{2,4})"
    rows = con.execute(
        f"SELECT DISTINCT regexp_extract({quote(raw)}, '{pattern}', ['a', 'b', 'y']) AS p "
        f"FROM {quote(raw_table)} WHERE regexp_matches({quote(raw)}, '{pattern}') LIMIT 100000"
    ).fetchall()
    return [(int(p["a"]), int(p["b"]), int(p["y"]) % 100 + 2000) for (p,) in rows]


def read_moments(raw: str, name: str, values: Sequence[str]) -> tuple[str, str]:
    """Expression for the engine of points in time written year first, in UTC; and what was done to
    those with an offset, in plain words.

    Midnights with an offset are days of the account's own time zone: in UTC they would be the day
    before, so the days are kept.
    """
    source = f"r.{quote(raw)}"
    offsets = [v for v in values if _OFFSET.search(v.strip())]
    if not offsets:
        return f"TRY_CAST({source} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'", ""
    if all(_MIDNIGHT.search(v.strip()) for v in offsets):
        local = f"regexp_replace(trim({source}), '{_ZONE}$', '')"
        return (
            f"TRY_CAST({local} AS TIMESTAMP)",
            f"{name} holds midnights with an offset from UTC; their own days were kept.",
        )
    close = f"regexp_replace({source}, '{_SPACED}', '\\1')"
    return (
        f"TRY_CAST({close} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'",
        f"Times in {name} with an offset were turned into UTC.",
    )


def map_dates(con: duckdb.DuckDBPyConnection, raw_table: str, raw: str, style: DateStyle) -> str:
    """A table from the distinct texts of a date column to the moments they mean."""
    import pyarrow as pa

    name = quote(f"dates_{raw}")
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} (text VARCHAR, moment TIMESTAMP)")
    reader = con.cursor().execute(
        f"SELECT DISTINCT {quote(raw)} FROM {quote(raw_table)} WHERE {quote(raw)} IS NOT NULL"
    )
    while batch := reader.fetchmany(_DATES_AT_ONCE):
        texts = [text for (text,) in batch]
        moments = [style.parse(text) for text in texts]
        columns = {
            "text": pa.array(texts, pa.string()),
            "moment": pa.array(moments, pa.timestamp("us")),
        }
        con.register("incoming_dates", pa.table(columns))
        con.execute(f"INSERT INTO {name} SELECT text, moment FROM incoming_dates")
        con.unregister("incoming_dates")
    return name
