"""PostgreSQL's type names in the words the semantic model uses."""

from __future__ import annotations

from typing import Final

_NAMES: Final = {
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double precision": "DOUBLE",
    "numeric": "DECIMAL",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
    "time without time zone": "TIME",
    "character varying": "VARCHAR",
    "character": "VARCHAR",
    "text": "VARCHAR",
    "uuid": "UUID",
    "json": "JSON",
    "jsonb": "JSON",
    "bytea": "BLOB",
    "interval": "INTERVAL",
}


def duckdb_type(name: str) -> str:
    """The type name for what ``information_schema.columns`` calls `name`."""
    return _NAMES.get(name, name.upper())
