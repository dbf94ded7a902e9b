"""What the guard refuses, with a reason, on DuckDB: writes, files, settings, state, other SQL."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.cage.prescan import MAX_BYTES, MAX_DEPTH, prescan
from src.query_engine.sql_guard import check_sql

ATTACKS = (Path(__file__).parent / "attacks.sql").read_text().splitlines()


@pytest.mark.parametrize("sql", ATTACKS)
def test_an_attack_is_refused_whatever_tables_are_known(sql):
    for tables in (None, ["campaigns", "orders"]):
        verdict = check_sql(sql, tables=tables)
        assert not verdict.allowed
        assert all(reason.rule and reason.message for reason in verdict.reasons)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM elsewhere",
        "FROM data.elsewhere",
        "FROM other.campaigns",
        "SUMMARIZE elsewhere",
    ],
)
def test_a_table_outside_the_data_set_is_refused_by_name(sql):
    assert check_sql(sql).allowed
    verdict = check_sql(sql, tables=["campaigns"])
    assert [reason.rule for reason in verdict.reasons] == ["table_not_allowed"]


def test_the_verdict_lists_what_is_read_and_called():
    verdict = check_sql(
        "WITH d AS (SELECT * FROM Campaigns) SELECT SUM(x), lower(y) FROM d JOIN orders USING (id)",
        tables=["campaigns", "orders"],
    )
    assert verdict.tables == ("Campaigns", "orders")
    assert verdict.functions == ("lower", "sum")


@pytest.mark.parametrize(
    ("sql", "piece"),
    [
        ("SELECT 1, getenv('x')", "getenv"),
        ("SELECT 'привет 😀', getenv('x')", "getenv"),
        ("SELECT *\nFROM read_csv('x')", "read_csv"),
        ("SELECT 1 FROM campaigns, 'x.csv'", "'x.csv'"),
        ("EXPLAIN SELECT 'ё', getenv('x')", "getenv"),
        ("SELECT 1 FROM campaigns WHERE AND", "AND"),
    ],
)
def test_a_reason_points_at_the_piece_of_text(sql, piece):
    assert check_sql(sql).reasons[0].position == sql.index(piece)


@pytest.mark.parametrize("dialect", ["mysql", "tsql", "nonsense", ""])
def test_a_dialect_without_a_parser_is_refused(dialect):
    assert [r.rule for r in check_sql("SELECT 1", dialect=dialect).reasons] == ["dialect"]


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("SELECT '" + "x" * MAX_BYTES + "'", "too_long"),
        ("SELECT '" + "я" * (MAX_BYTES // 2) + "'", "too_long"),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000, "too_deep"),
        ("SELECT " + "[" * 65 + "]" * 65, "too_deep"),
        ("SELECT " + "({[" * 22 + "1", "too_deep"),
        ("SELECT 1\0", "not_text"),
        ("SELECT '\ud800'", "not_text"),
    ],
    ids=["long", "long in bytes", "deep", "lists", "mixed", "zero byte", "lone surrogate"],
)
def test_what_no_parser_should_see_is_refused_without_one(sql, rule, dialect, monkeypatch):
    def no_worker(*_):
        pytest.fail("a worker was asked")

    monkeypatch.setattr("src.data.cage.guarding._judgement", no_worker)
    assert [reason.rule for reason in check_sql(sql, dialect=dialect).reasons] == [rule]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 60 + "1" + ")" * 60,
        "SELECT " + " + ".join(["1"] * 20_000),
        "SELECT " + "NOT " * 20_000 + "true",
        "SELECT 1" + " UNION ALL SELECT 1" * 4_000,
        "SELECT " + "-" * 1 + "- " * 20_000 + "1",
        "SELECT * FROM " + ", ".join(f"t{i}" for i in range(10_000)),
        "SELECT CASE " + "WHEN 1 THEN 1 " * 6_000 + "END",
        "SELECT x" + "[1]" * 20_000,
        "SELECT 1" + "::INT" * 15_000,
        "SELECT a" + ".b" * 40_000,
    ],
    ids=lambda sql: sql[:30],
)
@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_a_statement_made_to_hurt_the_parser_gets_a_verdict(sql, dialect):
    verdict = check_sql(sql, dialect=dialect)
    assert verdict.allowed or verdict.reasons
    assert check_sql("SELECT 1", dialect=dialect).allowed


@given(st.text(alphabet="SELECT*FROMt()[]{};'\"$-/\\ \n,.0aя😀", max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_gets_a_verdict_and_no_exception(sql):
    verdict = check_sql(sql)
    assert verdict.allowed != bool(verdict.reasons)


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_the_pre_scan_counts_brackets_and_nothing_else(text):
    depth = deepest = 0
    for character in text:
        depth = max(0, depth + (character in "([{") - (character in ")]}"))
        deepest = max(deepest, depth)
    reason = prescan(text)
    if deepest > MAX_DEPTH:
        assert reason is not None
    elif reason is not None:
        assert reason.rule == "not_text"
    wrapped = "(" * MAX_DEPTH + "x" + ")" * MAX_DEPTH
    assert prescan(wrapped) is None
    assert prescan(f"({wrapped})") is not None
