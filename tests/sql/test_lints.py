"""Which statements are warned about, and where."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.profile import DataIssue, Profile
from src.query_engine.lints import lint_sql
from src.query_engine.plan import QueryPlan
from tests.sql import shop

DATA = shop.dataset()
WHEN = "date BETWEEN '2024-02-01' AND '2024-02-29'"

# rule, statement, the piece of it that is marked (None: the whole)
FOUND = [
    ("average_of_ratio", 'SELECT AVG(revenue / spend) FROM "order"', "AVG(revenue / spend)"),
    ("summed_reach", 'SELECT platform, SUM(reach) FROM "order" GROUP BY 1', "SUM(reach)"),
    ("summed_over_time", 'SELECT SUM(daily_budget) FROM "order"', "SUM(daily_budget)"),
    ("division_without_nullif", 'SELECT SUM(revenue) / SUM(spend) FROM "order"',
     "SUM(revenue) / SUM(spend)"),
    ("integer_division", 'SELECT SUM("Clicks (all)") // NULLIF(SUM(impressions), 0) FROM "order"',
     None),
    ("fan_out_join",
     'SELECT SUM(a.spend) FROM "order" a JOIN "order" b ON a.campaign_id = b.campaign_id', None),
    ("limit_without_order", 'SELECT platform FROM "order" LIMIT 3', "3"),
    ("no_time_filter", 'SELECT SUM(spend) FROM "order"', None),
    ("unknown_value", "SELECT SUM(spend) FROM \"order\" WHERE platform = 'Meto'", "'Meto'"),
    ("unknown_value", "SELECT SUM(spend) FROM \"order\" WHERE platform IN ('Meta', 'Goggle')",
     "'Goggle'"),
    ("excludes_empty", "SELECT SUM(spend) FROM \"order\" WHERE platform <> 'Meta'",
     "platform <> 'Meta'"),
    ("excludes_empty", "SELECT SUM(spend) FROM \"order\" WHERE platform NOT IN ('Meta')", None),
    ("partial_last_day", "SELECT SUM(spend) FROM \"order\" WHERE date >= '2024-03-30'", None),
    ("period_outside_data", "SELECT SUM(spend) FROM \"order\" WHERE date >= '2025-01-01'", None),
    ("unequal_periods",
     "SELECT (SELECT SUM(spend) FROM \"order\" WHERE date BETWEEN '2024-01-01' AND '2024-01-10'), "
     "(SELECT SUM(spend) FROM \"order\" WHERE date BETWEEN '2024-02-01' AND '2024-02-05')", None),
]  # fmt: skip

# statements that are careful enough not to be warned about by that rule
QUIET = [
    ("average_of_ratio", 'SELECT AVG(spend) FROM "order"'),
    ("summed_reach", 'SELECT MAX(reach), SUM(spend) FROM "order"'),
    ("division_without_nullif", 'SELECT SUM(spend) / NULLIF(SUM(revenue), 0) / 2 FROM "order"'),
    ("division_without_nullif",
     'SELECT CASE WHEN SUM(spend) > 0 THEN 1 / SUM(spend) END FROM "order"'),
    ("fan_out_join",
     'WITH x AS (SELECT platform, SUM(spend) s FROM "order" GROUP BY 1) '
     "SELECT x.platform, SUM(x.s) FROM x JOIN x AS y ON x.platform = y.platform GROUP BY 1"),
    ("limit_without_order", 'SELECT SUM(spend) FROM "order" LIMIT 1'),
    ("limit_without_order", 'SELECT spend FROM "order" ORDER BY 1 LIMIT 1'),
    ("no_time_filter", f'SELECT SUM(spend) FROM "order" WHERE {WHEN}'),
    ("unknown_value", "SELECT SUM(spend) FROM \"order\" WHERE platform = 'Meta'"),
    ("excludes_empty",
     "SELECT SUM(spend) FROM \"order\" WHERE platform <> 'Meta' OR platform IS NULL"),
    ("partial_last_day", f'SELECT SUM(spend) FROM "order" WHERE {WHEN}'),
    ("unequal_periods", f'SELECT SUM(spend) FROM "order" WHERE {WHEN}'),
    ("select_star", 'SELECT * FROM "order"'),
]  # fmt: skip


def rules(sql: str, dialect: str = "duckdb") -> dict[str, str | None]:
    found = lint_sql(sql, DATA.model, DATA.profile, dialect)
    return {x.rule: sql[x.start : x.end] if x.start is not None else None for x in found}


@pytest.mark.parametrize(("rule", "sql", "piece"), FOUND)
def test_what_may_mislead_is_marked_at_its_place(rule: str, sql: str, piece: str | None):
    found = rules(sql)
    assert rule in found
    if piece is not None:
        assert found[rule] == piece


@pytest.mark.parametrize(("rule", "sql"), QUIET)
def test_careful_sql_is_left_alone(rule: str, sql: str):
    assert rule not in rules(sql)


def test_the_nearest_value_is_offered():
    found = lint_sql(FOUND[8][1], DATA.model, DATA.profile)
    assert "Meta" in next(x.hint for x in found if x.rule == "unknown_value")


def test_whole_numbers_divided_in_postgres():
    sql = 'SELECT SUM("Clicks (all)") / NULLIF(COUNT(*), 0) FROM "order"'
    assert "integer_division" in rules(sql, "postgres")
    assert "integer_division" not in rules(sql, "duckdb")


def test_currencies_that_are_added_up():
    table = DATA.model.tables[0].model_copy(update={"currency_column": "group"})
    model = DATA.model.model_copy(update={"tables": (table,)})
    total = 'SELECT SUM(spend) FROM "order"'
    assert "mixed_currencies" in {x.rule for x in lint_sql(total, model, DATA.profile)}
    split = 'SELECT "group", SUM(spend) FROM "order" GROUP BY 1'
    assert "mixed_currencies" not in {x.rule for x in lint_sql(split, model, DATA.profile)}


ISSUE = DataIssue(
    "duplicate_rows", "10 February is there twice.", dt.date(2024, 2, 10), dt.date(2024, 2, 10),
    ("spend",),
)  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (f'SELECT SUM(spend) FROM "order" WHERE {WHEN}', True),
        ('SELECT SUM(spend) FROM "order"', True),
        ("SELECT SUM(spend) FROM \"order\" WHERE date < '2024-02-10'", False),
        (f'SELECT SUM(revenue) FROM "order" WHERE {WHEN}', False),
    ],
)
def test_what_is_odd_about_the_data_is_told_where_it_matters(sql: str, told: bool):
    table = dataclasses.replace(DATA.profile.tables["order"], issues=(ISSUE,))
    found = lint_sql(sql, DATA.model, Profile({"order": table}))
    assert ("duplicate_rows" in {x.rule for x in found}) is told


@pytest.mark.parametrize(
    ("rule", "days", "severity"),
    [("duplicate_rows", 1, "info"), ("duplicate_rows", 2, "warning"), ("renamed", 60, "info")],
)
def test_an_oddity_warns_where_it_lies_on_two_days_in_a_hundred(rule, days, severity):
    end = shop.FIRST + dt.timedelta(days=days - 1)
    issue = dataclasses.replace(ISSUE, rule=rule, start=shop.FIRST, end=end)
    table = dataclasses.replace(DATA.profile.tables["order"], issues=(issue,))
    found = lint_sql('SELECT SUM(spend) FROM "order"', DATA.model, Profile({"order": table}))
    assert [x.severity for x in found if x.rule == rule] == [severity]


def test_a_period_that_an_edit_lost_is_a_warning():
    time = {"start": "2024-02-01", "end": "2024-02-29", "label": "February"}
    plan = QueryPlan.model_validate({"table": "order", "metrics": ["spend"], "time": time})
    found = lint_sql('SELECT SUM(spend) FROM "order"', DATA.model, DATA.profile, plan=plan)
    lost = next(x for x in found if x.rule == "no_time_filter")
    assert lost.severity == "warning"
    assert "February" in lost.message


def test_between_on_a_time_of_day_loses_the_last_day():
    columns = tuple(
        c.model_copy(update={"type": "TIMESTAMP"}) if c.name == "date" else c
        for c in shop.TABLE.columns
    )
    model = DATA.model.model_copy(
        update={"tables": (shop.TABLE.model_copy(update={"columns": columns}),)}
    )
    found = lint_sql(f'SELECT SUM(spend) FROM "order" WHERE {WHEN}', model, DATA.profile)
    assert "last_day_cut" in {x.rule for x in found}


UGLY = [
    "",
    ";",
    "SELECT",
    "(" * 500,
    "SELECT " + "f(" * 70 + ")" * 70,
    "DROP TABLE x",
    "\x00",
    "SELECT 1; SELECT 2",
    "PIVOT x ON y USING sum(z)",
    "NOT " * 3000,
    "SELECT " + " + ".join(["1"] * 3000),
    'SUMMARIZE "order"',
    "WITH a AS (SELECT 1) ",
]


@pytest.mark.parametrize("sql", UGLY, ids=lambda s: s[:20])
def test_no_text_is_too_ugly(sql: str):
    assert isinstance(lint_sql(sql, DATA.model, DATA.profile), tuple)


PIECES = [
    "SELECT",
    "FROM",
    '"order"',
    "spend",
    "SUM(",
    ")",
    "/",
    "WHERE",
    "date",
    "=",
    "'Meta'",
    "platform",
    "GROUP BY",
    "1",
    ",",
    "LIMIT",
    "BETWEEN",
    "AND",
    "OR",
    "*",
    "JOIN",
    "ON",
    "CASE",
    "END",
    "OVER",
    "(",
    "IN",
    "NOT",
    "NULL",
    "IS",
    "UNION",
    "WITH",
    "AS",
    "x",
]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join) | st.text(max_size=80))
@settings(max_examples=80, deadline=None)
def test_offsets_lie_inside_any_text(sql: str):
    for lint in lint_sql(sql, DATA.model, DATA.profile):
        if lint.start is not None and lint.end is not None:
            assert 0 <= lint.start < lint.end <= len(sql)
