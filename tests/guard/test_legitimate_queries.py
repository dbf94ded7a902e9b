"""Analytic queries of every shape people write pass the guard: a false block costs trust too."""

import re
from pathlib import Path

import pytest

from src.query_engine.sql_guard import check_sql

TEXT = (Path(__file__).parent / "legitimate.sql").read_text()
# one statement a line; a line of comment belongs to the next
STATEMENTS = re.findall(r"(?:--[^\n]*\n)*[^\n]+", TEXT)
TABLES = ["campaigns", "orders", "my table", "lineitem", "supplier", "nation", "customer"]


@pytest.mark.parametrize("sql", STATEMENTS)
def test_a_legitimate_query_passes(sql):
    for tables in (None, TABLES):
        verdict = check_sql(sql, tables=tables)
        assert verdict.allowed, [reason.message for reason in verdict.reasons]


POSTGRES = (Path(__file__).parent / "legitimate_postgres.sql").read_text().splitlines()


@pytest.mark.parametrize("sql", POSTGRES)
def test_a_legitimate_postgres_query_passes(sql):
    verdict = check_sql(sql, dialect="postgres", tables=["campaigns", "orders"])
    assert verdict.allowed, [reason.message for reason in verdict.reasons]
