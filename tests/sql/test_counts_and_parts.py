"""How many groups are left, and the share of a condition within each group."""

from __future__ import annotations

import pytest

from src.errors import PlanError
from src.query_engine.compiler import compile_plan
from src.query_engine.explain_plan import explain_plan
from src.query_engine.plan import QueryPlan
from src.query_engine.plan_check import plan_problems
from tests.sql import shop
from tests.sql.conftest import Ask

KEPT = {
    "plain": {"having": [{"metric": "spend", "op": ">", "values": [1000]}]},
    "empty": {"having": [{"metric": "spend", "op": "=", "values": [0]}], "include_empty": True},
    "all": {},
    "first two": {"limit": 2},
}


@pytest.mark.parametrize("kept", KEPT.values(), ids=KEPT)
@pytest.mark.parametrize("dimension", ["platform", "campaign_name"])
def test_the_number_is_how_many_rows_the_plan_would_have(ask: Ask, dimension: str, kept: dict):
    plan = {"metrics": ["spend"], "dimensions": [dimension], **kept}
    counted = ask(**plan, count_groups=True)
    assert list(counted.columns) == [f"number_of_{dimension}"]
    assert counted.iloc[0, 0] == len(ask(**plan))


def test_buckets_are_counted_too(ask: Ask):
    plan = {"metrics": ["spend"], "grain": "week"}
    assert ask(**plan, count_groups=True).iloc[0, 0] == len(ask(**plan))


def test_without_groups_there_is_nothing_to_count(ask: Ask):
    assert list(ask(metrics=["spend"], count_groups=True).columns) == ["spend"]


META = {"column": "platform", "op": "=", "values": ["Meta"]}


def share(aggregation: str = "sum", column: str | None = "spend") -> dict:
    made = {"name": "share", "label": "Share", "aggregation": aggregation, "column": column}
    return {"metrics": ["share"], "ad_hoc": [{**made, "part": [META]}]}


@pytest.mark.parametrize(("aggregation", "column"), [("sum", "spend"), ("count_rows", None)])
def test_a_part_is_divided_by_its_own_group(ask: Ask, aggregation: str, column: str | None):
    found = ask(**share(aggregation, column), dimensions=["group"])
    rows = shop.frame()
    rows["one"] = 1.0
    for name, measured in zip(found["group"], found["share"], strict=True):
        group = rows[rows["group"] == name]
        meta = group[group["platform"] == "Meta"]
        figure = column or "one"
        assert float(measured) == pytest.approx(float(meta[figure].sum() / group[figure].sum()))


def test_a_part_is_said_and_checked():
    plan = QueryPlan.model_validate({"table": "order", **share(), "dimensions": ["group"]})
    assert any("of rows where platform is" in line for line in explain_plan(plan, shop.MODEL))
    assert "order.platform" in compile_plan(plan, shop.MODEL).reads
    assert plan_problems(plan, shop.MODEL) == ()
    unknown = {**META, "column": "nowhere"}
    made = plan.ad_hoc[0].model_copy(
        update={"part": (plan.ad_hoc[0].part[0].model_copy(update=unknown),)}
    )
    assert plan_problems(plan.model_copy(update={"ad_hoc": (made,)}), shop.MODEL)
    average = made.model_copy(update={"part": plan.ad_hoc[0].part, "aggregation": "average"})
    with pytest.raises(PlanError):
        compile_plan(plan.model_copy(update={"ad_hoc": (average,)}), shop.MODEL)


def test_a_measure_is_divided_by_the_sum_of_another(ask: Ask):
    made = {
        "name": "x",
        "label": "X",
        "aggregation": "sum",
        "column": "spend",
        "per": "impressions",
    }
    found = ask(metrics=["x", "cpm"], ad_hoc=[made], dimensions=["group"])
    assert (found["x"] * 1000).astype(float).tolist() == pytest.approx(
        found["cpm"].astype(float).tolist()
    )
