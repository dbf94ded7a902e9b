"""Opens the user's own database by its URL."""

from __future__ import annotations

from src.config.settings import Settings
from src.data.warehouse import Warehouse
from src.errors import ConfigError

_POSTGRES = frozenset({"postgresql", "postgres"})


def open_database(url: str, settings: Settings | None = None) -> Warehouse:
    """A warehouse for `url`. Connects at the first use.

    Raises:
        ConfigError: the URL cannot be read, or names an engine that is not supported.
    """
    scheme, separator, _ = url.strip().partition("://")
    engine = scheme.split("+")[0].lower()
    if separator and engine in _POSTGRES:
        from src.data.postgres_warehouse import PostgresWarehouse

        return PostgresWarehouse(url.strip(), settings)
    problem = (
        f"Databases of the kind {engine} are not supported"
        if separator and engine.isalnum()
        else "The database URL has no engine in front of ://"
    )
    raise ConfigError(
        f"{problem}; PostgreSQL is.",
        where="DATABASE_URL",
        hint="Use postgresql://user:password@host:port/database, or upload an export as a file.",
    )
