"""Campaigns that were renamed: one row each, in one SELECT that a reviewer can read."""

import duckdb
import pytest

from src.data.profile import ColumnProfile, Profile, TableProfile
from src.data.semantic import Aggregation, Column, Metric, Role, SemanticModel, Table
from src.query_engine.compiler import compile_plan
from src.query_engine.plan import QueryPlan

MODEL = SemanticModel(
    name="ads",
    tables=(
        Table(
            name="ads",
            columns=(
                Column(name="day", type="DATE", role=Role.TIME),
                Column(name="id", type="VARCHAR", role=Role.IDENTIFIER),
                Column(name="campaign", type="VARCHAR", role=Role.DIMENSION, identified_by="id"),
                Column(name="spend", type="DOUBLE", role=Role.MEASURE),
            ),
            metrics=(
                Metric(name="spend", label="Spend", aggregation=Aggregation.SUM, numerator="spend"),
            ),
            time_column="day",
        ),
    ),
)
ROWS = """VALUES (DATE '2026-01-01', 'a', 'Old', 1.0), (DATE '2026-01-02', 'a', 'New', 2.0),
    (DATE '2026-01-01', 'b', 'Other', 10.0), (DATE '2026-01-03', 'b', 'Other', 20.0)"""


def profile(**nulls: int) -> Profile:
    columns = {
        c.name: ColumnProfile(c.name, distinct=2, nulls=nulls.get(c.name, 0))
        for c in MODEL.tables[0].columns
    }
    return Profile({"ads": TableProfile("ads", row_count=4, columns=columns)})


def ask(plan: dict, known: Profile | None, dialect: str = "duckdb") -> tuple[str, list]:
    sql = compile_plan(
        QueryPlan.model_validate({"table": "ads", **plan}), MODEL, dialect, profile=known
    ).sql
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE ads AS FROM ({ROWS}) t(day, id, campaign, spend)")
        return sql, con.execute(sql).fetchall()


BY_CAMPAIGN = {"metrics": ["spend"], "dimensions": ["campaign"]}


def test_one_readable_select():
    sql, rows = ask(
        {**BY_CAMPAIGN, "having": [{"metric": "spend", "op": ">", "values": [2]}]}, profile()
    )
    assert rows == [("Other", 30.0), ("New", 3.0)]
    assert sql == (
        "SELECT\n  ARG_MAX(campaign, day) AS campaign,\n  SUM(spend) AS spend\nFROM ads\n"
        "GROUP BY id\nHAVING SUM(spend) > 2\nORDER BY spend DESC NULLS LAST, campaign, id"
    )


FIRST_DAY = {"time": {"start": "2026-01-01", "end": "2026-01-01"}}
CUT = {
    "a period that ends before": FIRST_DAY,
    "a filter": {"filters": [{"column": "spend", "op": "<=", "values": [1]}]},
    "a breakdown by day": {"grain": "day"},
    "another breakdown": {"dimensions": ["campaign", "spend"]},
}


@pytest.mark.parametrize("cut", CUT.values(), ids=CUT)
@pytest.mark.parametrize("known", [None, profile()])
def test_the_name_is_the_latest_of_all_the_data(cut, known):
    _, rows = ask({**BY_CAMPAIGN, **cut}, known)
    names = {value for row in rows for value in row if isinstance(value, str)}
    assert "New" in names
    assert "Old" not in names


@pytest.mark.parametrize("known", [None, profile(campaign=1), profile(id=1), profile(day=1)])
def test_gaps_or_no_profile_give_the_same_rows(known):
    _, rows = ask(BY_CAMPAIGN, known)
    assert rows == [("Other", 30.0), ("New", 3.0)]


def test_a_list_of_names():
    _, rows = ask({"dimensions": ["campaign"]}, profile())
    assert rows == [("New",), ("Other",)]


def test_sorting_and_filtering_by_what_is_not_shown():
    plan = {
        "dimensions": ["campaign"],
        "having": [{"metric": "spend", "op": ">=", "values": [3]}],
        "order": [{"by": "spend", "descending": False}],
        "limit": 1,
    }
    _, rows = ask(plan, profile())
    assert rows == [("New",)]


def test_other_dialects_do_without_arg_max():
    sql, _ = ask(BY_CAMPAIGN, profile())
    assert "ARG_MAX" in sql
    plan = QueryPlan.model_validate({"table": "ads", **BY_CAMPAIGN})
    assert "ARG_MAX" not in compile_plan(plan, MODEL, "postgres", profile=profile()).sql.upper()
