"""Names the PostgreSQL guard decides by."""

from __future__ import annotations

from typing import Final

SYSTEM_SCHEMAS: Final = frozenset({"pg_catalog", "information_schema", "pg_toast"})

# functions that keep state, wait, lock, run SQL, reach files or the network, or tell settings
_DENIED_FUNCTIONS: Final = frozenset(
    {
        "set_config", "current_setting", "nextval", "setval", "currval", "lastval", "version",
        "current_query", "ts_stat", "ts_rewrite", "crosstab", "crosstab2", "crosstab3", "crosstab4",
        "connectby", "loread", "lowrite", "inet_client_addr", "inet_client_port",
        "inet_server_addr", "inet_server_port", "notify", "copy", "xmlparse", "setseed",
        "user_mapping_options", "system",
    }
)  # fmt: skip
_DENIED_PREFIXES: Final = (
    "pg_", "lo_", "dblink", "txid_", "has_", "binary_upgrade_", "http", "aws_", "cron",
    "query_to_", "table_to_", "schema_to_", "database_to_", "cursor_to_", "brin_", "gin_",
    "row_security_", "postgres_fdw_", "file_fdw_", "plperl", "plpython", "pltcl",
)  # fmt: skip
_HARMLESS: Final = frozenset({"pg_typeof", "pg_size_pretty"})


def is_denied_function(name: str) -> bool:
    """Whether a function of this lower-case name may not be called."""
    if name in _HARMLESS:
        return False
    return name in _DENIED_FUNCTIONS or name.startswith(_DENIED_PREFIXES)
