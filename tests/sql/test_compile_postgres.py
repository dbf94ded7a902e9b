"""The same plans on a real PostgreSQL give what they give on DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pandas as pd
import psycopg
import pytest
from hypothesis import assume, given

from src.errors import PlanError
from src.evaluation.compare import compare_results
from src.query_engine.compiler import compile_plan
from src.query_engine.plan import QueryPlan
from tests.sql import shop
from tests.sql.test_compile_properties import RELAXED, plans

_TYPES = {"DOUBLE": "DOUBLE PRECISION", "VARCHAR": 'VARCHAR COLLATE "C"'}


@pytest.fixture(scope="module")
def server(new_database: Callable[[], str]) -> Iterator[psycopg.Connection]:
    with psycopg.connect(new_database(), autocommit=True) as connection:
        listed = ", ".join(f'"{c.name}" {_TYPES.get(c.type, c.type)}' for c in shop.TABLE.columns)
        connection.execute(f'CREATE TABLE "order" ({listed})')
        names = ", ".join(f'"{c.name}"' for c in shop.TABLE.columns)
        with connection.cursor().copy(f'COPY "order" ({names}) FROM STDIN') as copy:
            for row in shop.frame().astype(object).itertuples(index=False):
                copy.write_row([None if pd.isna(cell) else cell for cell in row])
        yield connection


def both(
    parts: dict[str, Any], server: psycopg.Connection, shop_db: duckdb.DuckDBPyConnection
) -> tuple[pd.DataFrame, pd.DataFrame]:
    plan = QueryPlan.model_validate(parts)
    here = shop_db.execute(compile_plan(plan, shop.MODEL).sql).df()
    cursor = server.execute(compile_plan(plan, shop.MODEL, "postgres").sql)
    there = pd.DataFrame(cursor.fetchall(), columns=[d.name for d in cursor.description or ()])
    return here, there


@given(parts=plans())
@RELAXED
def test_any_plan_gives_the_same_rows(
    parts: dict[str, Any], server: psycopg.Connection, shop_db: duckdb.DuckDBPyConnection
):
    assume("\0" not in str(parts["filters"]) and "\\x00" not in str(parts["filters"]))
    here, there = both(parts, server, shop_db)
    verdict = compare_results(here, there)
    assert verdict.same, (verdict.reason, parts)
    assert list(here.columns) == list(there.columns)


def test_a_value_that_postgresql_cannot_hold_is_said():
    odd = {"column": "platform", "op": "=", "values": ("a\0b",)}
    plan = QueryPlan.model_validate({"table": "order", "metrics": ["spend"], "filters": [odd]})
    with pytest.raises(PlanError, match="NUL"):
        compile_plan(plan, shop.MODEL, "postgres")


def test_whole_numbers_are_not_cut_when_divided(
    server: psycopg.Connection, shop_db: duckdb.DuckDBPyConnection
):
    ctr = {"name": "ctr", "label": "CTR", "aggregation": "ratio", "numerator": "Clicks (all)",
           "denominator": "impressions"}  # fmt: skip
    table = shop.TABLE.model_copy(update={"metrics": (shop.TABLE.metrics[0].model_validate(ctr),)})
    model = shop.MODEL.model_copy(update={"tables": (table,)})
    plan = QueryPlan(table="order", metrics=("ctr",))
    row = server.execute(compile_plan(plan, model, "postgres").sql).fetchone()
    assert row is not None
    assert row[0] == pytest.approx(0.01)
