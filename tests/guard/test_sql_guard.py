"""The guard through its public face: what may run, what may not, and where the trouble is."""

import pytest

from src.query_engine.sql_guard import check_sql


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT platform, sum(spend) FROM campaigns GROUP BY ALL;",
        "PIVOT campaigns ON platform USING sum(spend)",
        "EXPLAIN SELECT * FROM campaigns",
        "SUMMARIZE campaigns",
    ],
)
def test_queries_on_known_tables_pass(sql):
    assert check_sql(sql, tables=["campaigns"]).allowed


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("DROP TABLE campaigns", "not_a_query"),
        ("SELECT 1; SELECT 2", "many_statements"),
        ("SELECT * FROM 'campaigns.csv'", "table_not_allowed"),
        ("SELECT \"read_text\"('x')", "function_not_allowed"),
        ("FROM read_csv('x')", "table_function_not_allowed"),
        ("SELEC 1", "syntax"),
        ("", "empty"),
    ],
)
def test_everything_else_is_refused_with_a_reason(sql, rule):
    verdict = check_sql(sql)
    assert not verdict.allowed
    assert rule in {reason.rule for reason in verdict.reasons}
