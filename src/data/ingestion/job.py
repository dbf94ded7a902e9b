"""The one job that reads uploads into a DuckDB file, measures it and infers its model.

It runs inside the cage: it sees the named inputs and one folder to write in, and nothing else. What
goes in and out is JSON.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from src.data.inference import infer_table, name_pairs
from src.data.profile import Profile, TableProfile
from src.data.profiling import (
    TableFacts,
    column_types,
    measure_fractions,
    measure_table,
    profile_to_json,
    quote,
    with_days,
)
from src.data.semantic import SemanticModel, Table

DATABASE = "data.duckdb"


def read_files(args: dict[str, Any]) -> dict[str, Any]:
    """Read `args["files"]` into ``data.duckdb`` in the folder `args["out"]`.

    Args:
        args: ``files`` (list of ``{"path", "table"}``), ``out`` (folder), ``name`` of the data set.

    Returns:
        ``model`` and ``profile`` as JSON-ready data.
    """
    out = Path(args["out"])
    tables: list[Table] = []
    profiles: dict[str, TableProfile] = {}
    with duckdb.connect(str(out / DATABASE)) as con:
        for file in args["files"]:
            path, table = file["path"], file["table"]
            reader = "read_parquet" if path.endswith(".parquet") else "read_csv"
            con.execute(f"CREATE TABLE {quote(table)} AS SELECT * FROM {reader}(?)", [path])
            model, profile = describe_table(con, table)
            tables.append(model)
            profiles[table] = profile
        con.execute("CHECKPOINT")
    model_of_all = SemanticModel(name=args["name"], tables=tuple(tables))
    return {
        "model": model_of_all.model_dump(mode="json"),
        "profile": profile_to_json(Profile(profiles)),
    }


def describe_table(con: duckdb.DuckDBPyConnection, table: str) -> tuple[Table, TableProfile]:
    """Measure one loaded table and infer what it means."""
    profile = measure_table(con, table)
    facts = TableFacts(profile, column_types(con, table), fractions=measure_fractions(con, table))
    draft = infer_table(facts)
    names_of = {
        name: key for name, key in name_pairs(draft.columns) if _determines(con, table, key, name)
    }
    if names_of:
        facts = TableFacts(profile, facts.types, names_of=names_of, fractions=facts.fractions)
        draft = infer_table(facts)
    return draft, with_days(profile, draft.time_column)


def _determines(con: duckdb.DuckDBPyConnection, table: str, key: str, name: str) -> bool:
    """Whether an identifier has one name almost always: a renamed campaign may have two."""
    row = con.execute(
        f"SELECT count(DISTINCT {quote(key)}), count(DISTINCT ({quote(key)}, {quote(name)})) "
        f"FROM {quote(table)} WHERE {quote(key)} IS NOT NULL"
    ).fetchone()
    return bool(row and row[0] and row[1] <= 2 * row[0])
