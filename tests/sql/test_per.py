"""A plan's own metrics that are taken per day, per row or per entity."""

import pytest

from src.errors import PlanError
from src.query_engine.compiler import compile_plan
from src.query_engine.explain import explain_sql
from src.query_engine.plan import QueryPlan
from tests.sql import shop
from tests.sql.conftest import Ask


def plan(**metric) -> QueryPlan:
    metric = {"name": "m", "label": "M", "aggregation": "sum", "column": "revenue", **metric}
    return QueryPlan.model_validate(
        {"table": "order", "metrics": ["m"], "dimensions": ["group"], "ad_hoc": [metric]}
    )


@pytest.mark.parametrize(
    ("per", "divisor"),
    [("day", "date"), ("row", None), ("campaign_name", "campaign_id"), ("platform", "platform")],
)
def test_total_divided_by_how_many_there_are(ask: Ask, per, divisor):
    got = {row["group"]: row["m"] for row in ask(plan(per=per)).to_dict("records")}
    for group, rows in shop.frame().groupby("group", dropna=False):
        count = len(rows) if divisor is None else rows[divisor].nunique()
        expected = rows["revenue"].sum() / count if count else None
        assert got[group] == (pytest.approx(float(expected)) if count else None)


def test_explained():
    wanted = plan(per="day")
    sql = compile_plan(wanted, shop.MODEL).sql
    said = explain_sql(sql, shop.MODEL, plan=wanted)
    assert "M is total revenue divided by the number of days that have rows." in said


@pytest.mark.parametrize(
    "wrong", [{"per": "week", "aggregation": "average"}, {"per": "nowhere"}], ids=str
)
def test_what_cannot_be_divided(wrong):
    with pytest.raises(PlanError):
        compile_plan(plan(**wrong), shop.MODEL)
