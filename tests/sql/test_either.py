"""Conditions of which one suffices, on rows and on groups, against pandas."""

from __future__ import annotations

import psycopg
import pytest

from src.errors import PlanError
from src.query_engine import plan_edit as edit
from src.query_engine.compiler import compile_plan
from src.query_engine.describe import conditions, describe_plan
from src.query_engine.explain import explain_sql
from src.query_engine.plan import QueryPlan
from src.query_engine.plan_check import plan_problems
from tests.sql import shop
from tests.sql.conftest import Ask
from tests.sql.test_compile_postgres import server  # noqa: F401 - a fixture

META = {"column": "platform", "op": "=", "values": ["Meta"]}
CLICKED = {"column": "Clicks (all)", "op": ">", "values": [50]}
BIG = {"metric": "spend", "op": ">", "values": [5000]}
FEW = {"metric": "clicks", "op": "<", "values": [40]}
ROWS = {"filters": [META, CLICKED]}
GROUPS = {"having": [BIG, FEW]}


def plan(*either, **parts) -> QueryPlan:
    parts = {"metrics": ["spend", "clicks"], "dimensions": ["platform"], **parts}
    return QueryPlan.model_validate({"table": "order", "either": either, **parts})


def _totals(rows):
    named = {"Clicks (all)": "clicks"}
    return rows.rename(columns=named).groupby("platform")[["spend", "clicks"]].sum()


def test_rows_that_meet_one_of_them(ask: Ask):
    rows = shop.frame()
    kept = rows[(rows["platform"] == "Meta") | (rows["Clicks (all)"] > 50)]
    (got,) = ask(plan(ROWS, metrics=["rows"], dimensions=[]))["rows"]
    assert got == len(kept)


def test_groups_that_meet_one_of_them(ask: Ask):
    totals = _totals(shop.frame())
    wanted = totals[(totals["spend"] > 5000) | (totals["clicks"] < 40)]
    got = ask(plan(GROUPS)).dropna(subset=["platform"])
    assert set(got["platform"]) == set(wanted.index)


def test_beside_other_conditions_all_have_to_hold(ask: Ask):
    both = ask(plan(ROWS, GROUPS, filters=[META], having=[BIG]))
    assert set(both["platform"]) <= {"Meta"}
    assert (both["spend"].astype(float) > 5000).all()


@pytest.mark.parametrize("parts", [{"include_empty": True}, {"limit": 1}, {"count_groups": True}])
def test_with_other_parts_of_a_plan(ask: Ask, parts):
    assert len(ask(plan(GROUPS, **parts))) >= 0


@pytest.mark.parametrize(
    "wrong",
    [{"filters": [META]}, {"filters": [META], "having": [BIG]}, {}, {"having": [BIG]}],
    ids=["one", "two kinds", "none", "one group"],
)
def test_what_is_no_choice(wrong):
    with pytest.raises(PlanError):
        compile_plan(plan(wrong), shop.MODEL)
    assert plan_problems(plan(wrong), shop.MODEL)


def test_unknown_names_are_problems():
    nowhere = {"filters": [META, {**META, "column": "nowhere"}]}
    assert plan_problems(plan(nowhere), shop.MODEL)
    assert not plan_problems(plan(ROWS, GROUPS), shop.MODEL)


def test_it_is_said_in_words():
    told = describe_plan(plan(ROWS, GROUPS), shop.MODEL)
    assert "platform is Meta or clicks (all) is above 50" in told
    assert "with spend above 5,000 or clicks below 40" in told
    apart = describe_plan(plan(GROUPS, having=[BIG]), shop.MODEL)
    assert "spend above 5,000 and (spend above 5,000 or clicks below 40)" in apart
    assert "spend above 5,000 or clicks below 40" in conditions(plan(GROUPS), shop.MODEL)


def test_it_is_explained():
    wanted = plan(ROWS, GROUPS)
    sql = compile_plan(wanted, shop.MODEL).sql
    said = " ".join(explain_sql(sql, shop.MODEL, plan=wanted))
    assert "Keeps rows where platform is “Meta” or clicks (all) is above 50" in said
    assert "Keeps groups whose spend is above 5,000 or clicks are below 40." in said
    russian = wanted.model_copy(update={"language": "ru"})
    assert " или " in " ".join(explain_sql(sql, shop.MODEL, plan=russian))


def test_it_reads_what_it_names():
    assert "order.Clicks (all)" in compile_plan(plan(ROWS, metrics=["spend"]), shop.MODEL).reads


def test_it_goes_with_a_metric_that_leaves():
    assert edit.with_metrics(plan(GROUPS), "clicks").either == ()
    assert edit.with_metrics(plan(ROWS), "clicks").either == plan(ROWS).either


def test_postgresql_says_the_same(ask: Ask, server: psycopg.Connection):  # noqa: F811 - the fixture
    wanted = plan(ROWS, GROUPS)
    there = server.execute(compile_plan(wanted, shop.MODEL, "postgres").sql).fetchall()
    assert [row[0] for row in there] == list(ask(wanted)["platform"])
