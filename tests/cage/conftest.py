"""A small DuckDB data set and a warehouse on it."""

from pathlib import Path

import duckdb
import pytest

from src.config.settings import Settings
from src.data.approved import ApprovedQuery, GuardVerdict
from src.data.duckdb_warehouse import DuckDBWarehouse
from src.data.profile import Dataset, Profile
from src.data.semantic import Column, Role, SemanticModel, Table

ENDLESS_SQL = "SELECT count(*) FROM campaigns a, campaigns b, campaigns c WHERE a.i + b.i + c.i = 7"
MODEL = SemanticModel(
    name="test",
    tables=(
        Table(name="campaigns", columns=(Column(name="i", type="BIGINT", role=Role.MEASURE),)),
    ),
)


def make_database(path: Path, rows: int = 100_000) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE campaigns AS SELECT range AS i, 'platform ' || range % 5 AS platform, "
            "DATE '2024-01-01' + (range % 300)::INT AS date, range % 97 AS spend "
            f"FROM range({rows})"
        )
        connection.execute("CREATE TABLE orders AS SELECT range AS id FROM range(10)")
    return path


@pytest.fixture(scope="session")
def database(tmp_path_factory):
    return make_database(tmp_path_factory.mktemp("data") / "campaigns.duckdb")


@pytest.fixture(scope="session")
def warehouse(database):
    dataset = Dataset(id="test", name="test", model=MODEL, profile=Profile())
    settings = Settings(query_timeout_seconds=10, query_memory_mb=512, query_workers=3)
    with DuckDBWarehouse(database, dataset, settings) as warehouse:
        yield warehouse


def forced(sql: str) -> ApprovedQuery:
    """An approval as if the guard had let `sql` pass."""
    return ApprovedQuery.approve(sql, GuardVerdict(allowed=True), by="test")


def approved(warehouse, sql: str) -> ApprovedQuery:
    return ApprovedQuery.approve(sql, warehouse.check(sql), by="test")
