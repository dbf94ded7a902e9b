"""Measures what a loaded table holds, once, in the job that loads it.

Counts and ranges are exact. On tables above `EXACT_ROWS` rows distinct counts are estimates
(DuckDB's HyperLogLog, about 2% off), and the values of a column with more than `VALUE_LIMIT` of
them come from a sample of rows; such columns have ``values_complete=False``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from src.data.profile import (
    VALUE_LIMIT,
    ColumnProfile,
    DataIssue,
    Dataset,
    Profile,
    TableProfile,
)
from src.data.semantic import SemanticModel

if TYPE_CHECKING:
    import duckdb

EXACT_ROWS = 2_000_000
SAMPLE_ROWS = 1_000_000
_COLUMNS_PER_SCAN = 60


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What inference needs to know about a table.

    Attributes:
        types: the engine's type name by column.
        currencies: ISO code by column, where the file said so in a header or by a symbol.
        percents: columns whose values were percents in the file and are fractions now.
        titles: the header as the file had it, by column, where it differs.
        names_of: a name column and the identifier column that determines it.
        fractions: number columns with at least one value that is not whole.
    """

    profile: TableProfile
    types: dict[str, str]
    currencies: dict[str, str] = field(default_factory=dict)
    percents: frozenset[str] = frozenset()
    titles: dict[str, str] = field(default_factory=dict)
    names_of: dict[str, str] = field(default_factory=dict)
    fractions: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.profile.name


def quote(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def is_text(type_name: str) -> bool:
    """Whether the engine's type holds text."""
    return type_name.startswith(("VARCHAR", "ENUM", "UUID"))


def is_date(type_name: str) -> bool:
    """Whether the engine's type is a day or a point in time."""
    return type_name == "DATE" or type_name.startswith("TIMESTAMP")


def is_whole_number(type_name: str) -> bool:
    """Whether the engine's type holds whole numbers only."""
    return is_number(type_name) and not type_name.startswith(("FLOAT", "DOUBLE", "DECIMAL"))


def is_number(type_name: str) -> bool:
    """Whether the engine's type is a number."""
    return type_name.startswith(
        ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
         "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
    )  # fmt: skip


def column_types(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Type name by column, in the table's order."""
    rows = con.execute(f"DESCRIBE {quote(table)}").fetchall()
    return {row[0]: row[1] for row in rows}


def measure_table(con: duckdb.DuckDBPyConnection, table: str) -> TableProfile:
    """Row count, and distinct values, empties and range of every column of `table`."""
    types = column_types(con, table)
    counted = con.execute(f"SELECT count(*) FROM {quote(table)}").fetchone()
    rows = int(counted[0]) if counted else 0
    columns: dict[str, ColumnProfile] = {}
    names = list(types)
    for start in range(0, len(names), _COLUMNS_PER_SCAN):
        batch = names[start : start + _COLUMNS_PER_SCAN]
        columns |= _measure_columns(con, table, {n: types[n] for n in batch}, rows)
    for name, type_name in types.items():
        if is_text(type_name):
            columns[name] = _with_values(con, table, columns[name], rows)
    return TableProfile(name=table, row_count=rows, columns=columns)


def _measure_columns(
    con: duckdb.DuckDBPyConnection, table: str, types: dict[str, str], rows: int
) -> dict[str, ColumnProfile]:
    parts = []
    for name, type_name in types.items():
        column = quote(name)
        exact = rows <= EXACT_ROWS and not is_text(type_name)
        counter = f"count(DISTINCT {column})" if exact else f"approx_count_distinct({column})"
        low, high = "NULL", "NULL"
        if is_number(type_name):
            finite = f"CASE WHEN isfinite({column}::DOUBLE) THEN {column} END"
            low, high = f"min({finite})::DOUBLE", f"max({finite})::DOUBLE"
        elif is_date(type_name):
            low, high = f"min({column})::VARCHAR", f"max({column})::VARCHAR"
        parts += [counter, f"count({column})", low, high]
    row = con.execute(f"SELECT {', '.join(parts)} FROM {quote(table)}").fetchone()
    values = row or (0,) * len(parts)
    return {
        name: ColumnProfile(
            name=name,
            distinct=int(values[4 * i]),
            nulls=rows - int(values[4 * i + 1]),
            minimum=values[4 * i + 2],
            maximum=values[4 * i + 3],
        )
        for i, name in enumerate(types)
    }


def _with_values(
    con: duckdb.DuckDBPyConnection, table: str, column: ColumnProfile, rows: int
) -> ColumnProfile:
    """`column` with its distinct values, most frequent first, ties in alphabetical order."""
    name = quote(column.name)
    many = column.distinct > VALUE_LIMIT * 1.1
    source = quote(table)
    if many and rows > SAMPLE_ROWS:
        sample = f"USING SAMPLE reservoir({SAMPLE_ROWS} ROWS) REPEATABLE (1)"
        source = f"(SELECT {name} FROM {source} {sample})"
    found = con.execute(
        f"SELECT {name}::VARCHAR, count(*) AS n FROM {source} WHERE {name} IS NOT NULL "
        f"GROUP BY 1 ORDER BY n DESC, 1 LIMIT {VALUE_LIMIT + 1}"
    ).fetchall()
    complete = len(found) <= VALUE_LIMIT and not (many and rows > SAMPLE_ROWS)
    return replace(
        column,
        distinct=len(found) if complete else max(column.distinct, len(found)),
        values=tuple(value for value, _ in found[:VALUE_LIMIT]),
        values_complete=complete,
    )


def measure_fractions(con: duckdb.DuckDBPyConnection, table: str) -> frozenset[str]:
    """Number columns that hold at least one value that is not whole."""
    names = [
        name
        for name, type_name in column_types(con, table).items()
        if type_name.startswith(("FLOAT", "DOUBLE", "DECIMAL"))
    ]
    if not names:
        return frozenset()
    parts = [f"bool_or({quote(n)} <> trunc({quote(n)}))" for n in names]
    row = con.execute(f"SELECT {', '.join(parts)} FROM {quote(table)}").fetchone() or ()
    return frozenset(name for name, found in zip(names, row, strict=False) if found)


def with_days(profile: TableProfile, time_column: str | None) -> TableProfile:
    """`profile` with the first and last day of its time column."""
    column = profile.columns.get(time_column) if time_column else None
    if column is None or column.minimum is None or column.maximum is None:
        return profile
    return replace(profile, first_day=_day(str(column.minimum)), last_day=_day(str(column.maximum)))


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        return None


# ---------------------------------------------------------------- as JSON


def dataset_to_json(dataset: Dataset) -> dict[str, Any]:
    """`dataset` as JSON-ready data."""
    return {
        "id": dataset.id,
        "name": dataset.name,
        "model": dataset.model.model_dump(mode="json"),
        "profile": profile_to_json(dataset.profile),
        "dialect": dataset.dialect,
        "fingerprint": dataset.fingerprint,
        "synthetic": dataset.synthetic,
    }


def dataset_from_json(data: dict[str, Any]) -> Dataset:
    """The dataset that `dataset_to_json` wrote."""
    return Dataset(
        **{
            **data,
            "model": SemanticModel.model_validate(data["model"]),
            "profile": profile_from_json(data["profile"]),
        }
    )


def profile_to_json(profile: Profile) -> dict[str, Any]:
    """`profile` as JSON-ready data; days as ISO text."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        return value.isoformat() if isinstance(value, dt.date) else value

    result: dict[str, Any] = plain(asdict(profile))
    return result


def profile_from_json(data: dict[str, Any]) -> Profile:
    """The profile that `profile_to_json` wrote."""
    return Profile({name: _table_from_json(table) for name, table in data["tables"].items()})


def _table_from_json(data: dict[str, Any]) -> TableProfile:
    columns = {
        name: ColumnProfile(**{**column, "values": tuple(column["values"])})
        for name, column in data["columns"].items()
    }
    issues = tuple(
        DataIssue(
            **{
                **issue,
                "start": _iso(issue["start"]),
                "end": _iso(issue["end"]),
                "columns": tuple(issue["columns"]),
            }
        )
        for issue in data["issues"]
    )
    return TableProfile(
        name=data["name"],
        row_count=data["row_count"],
        columns=columns,
        first_day=_iso(data["first_day"]),
        last_day=_iso(data["last_day"]),
        issues=issues,
    )


def _iso(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
