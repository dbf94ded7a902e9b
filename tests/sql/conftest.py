"""The small shop as a database file, opened once."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pandas as pd
import pytest

from src.data.semantic import SemanticModel
from src.query_engine.compiler import compile_plan
from src.query_engine.plan import QueryPlan
from tests.sql import shop


@pytest.fixture(scope="session")
def shop_db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = str(tmp_path_factory.mktemp("shop") / "shop.duckdb")
    shop.database(path).close()
    with duckdb.connect(path, read_only=True) as connection:
        yield connection


class Ask:
    """Compiles a plan for the one table of a model and runs it."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, model: SemanticModel = shop.MODEL
    ) -> None:
        self.connection = connection
        self.model = model

    def __call__(self, plan: QueryPlan | None = None, **parts: object) -> pd.DataFrame:
        (table,) = self.model.tables
        plan = plan or QueryPlan.model_validate({"table": table.name, **parts})
        compiled = compile_plan(plan, self.model)
        result = self.connection.execute(compiled.sql).df()
        assert list(result.columns) == [c.name for c in compiled.columns]
        return result


@pytest.fixture(scope="session")
def ask(shop_db: duckdb.DuckDBPyConnection) -> Ask:
    return Ask(shop_db)
