"""Names the DuckDB guard decides by."""

from __future__ import annotations

from typing import Final

ALLOWED_TABLE_FUNCTIONS: Final = frozenset(
    {
        "range", "generate_series", "unnest", "json_each", "json_tree", "repeat", "repeat_row",
        "histogram", "histogram_values", "summary",
    }
)  # fmt: skip

# macros that read the table whose name is their first argument, system tables too
NAMING_TABLE_FUNCTIONS: Final = frozenset({"histogram", "histogram_values"})

# functions that wait, keep state, run SQL, or tell about the process, its settings and its files
_DENIED_FUNCTIONS: Final = frozenset(
    {
        "sleep_ms", "nextval", "setval", "currval", "getvariable", "getenv", "write_log",
        "parse_duckdb_log_message", "query", "query_table", "json_execute_serialized_sql",
        "json_serialize_plan", "json_deserialize_sql", "current_setting", "current_query",
        "current_query_id", "current_connection_id", "current_transaction_id", "txid_current",
        "in_search_path", "inet_client_addr", "inet_client_port", "inet_server_addr",
        "inet_server_port", "get_block_size", "stats", "vector_type", "index_key",
        "create_sort_key", "glob", "sniff_csv", "seq_scan", "which_secret", "finalize", "combine",
        "to_aggregate_state", "cast_to_type", "set_config", "checkpoint", "force_checkpoint",
        "obj_description", "shobj_description", "col_description",
    }
)  # fmt: skip
_DENIED_PREFIXES: Final = (
    "__internal_", "read_", "duckdb_", "pragma_", "pg_", "parquet_", "python_", "enable_",
    "disable_", "has_", "st_read",
)  # fmt: skip
_HARMLESS: Final = frozenset({"pg_typeof", "pg_size_pretty"})

SYSTEM_SCHEMAS: Final = frozenset({"information_schema", "pg_catalog", "system", "temp"})
SYSTEM_PREFIXES: Final = ("duckdb_", "pragma_", "pg_", "sqlite_")
FILE_SUFFIXES: Final = frozenset(
    {
        "csv", "tsv", "txt", "parquet", "json", "jsonl", "ndjson", "xlsx", "xls", "arrow", "avro",
        "feather", "orc", "db", "duckdb", "ddb", "sqlite", "wal", "gz", "zst", "bz2", "zip", "log",
        "vortex", "lance", "shp", "gpkg", "env",
    }
)  # fmt: skip


def is_denied_function(name: str) -> bool:
    """Whether a scalar or aggregate function of this lower-case name may not be called."""
    if name in _HARMLESS:
        return False
    return name in _DENIED_FUNCTIONS or name.startswith(_DENIED_PREFIXES) or name.endswith("_scan")
