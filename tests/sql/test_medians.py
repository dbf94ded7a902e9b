"""Medians over days, things and rows, against pandas."""

from __future__ import annotations

import pandas as pd
import psycopg
import pytest

from src.errors import PlanError
from src.query_engine.compiler import compile_plan
from src.query_engine.explain import explain_sql
from src.query_engine.plan import QueryPlan
from src.query_engine.plan_check import plan_problems
from tests.sql import shop
from tests.sql.conftest import Ask
from tests.sql.test_compile_postgres import server  # noqa: F401 - a fixture


def median(over: str, of: str | None = "spend", **parts) -> QueryPlan:
    made = {"name": "m", "label": "Median", "aggregation": "median", "over": over, "of": of}
    made["column"] = parts.pop("column", None)
    return QueryPlan.model_validate({"table": "order", "metrics": ["m"], "ad_hoc": [made], **parts})


def _by_day(rows: pd.DataFrame, column: str) -> pd.Series:
    return rows.groupby("date")[column].sum(min_count=1)


def test_over_days_with_rows(ask: Ask):
    got = ask(median("day", dimensions=["platform"]))
    found = {row["platform"]: row["m"] for row in got.to_dict("records")}
    for platform, rows in shop.frame().groupby("platform"):
        assert found[platform] == pytest.approx(float(_by_day(rows, "spend").median()))


def test_of_a_ratio_each_day_has_its_ratio_of_sums(ask: Ask):
    (got,) = ask(median("day", "roas"))["m"]
    rows = shop.frame()
    daily = _by_day(rows, "revenue") / _by_day(rows, "spend").replace(0, None)
    assert got == pytest.approx(float(daily.astype(float).median()))


def test_over_campaigns_told_apart_by_their_identifier(ask: Ask):
    (got,) = ask(median("campaign_name"))["m"]
    rows = shop.frame()
    key = rows["campaign_id"].astype("string").fillna(rows["campaign_name"])
    assert got == pytest.approx(float(rows.groupby(key)["spend"].sum(min_count=1).median()))


def test_over_rows(ask: Ask):
    (got,) = ask(median("row", None, column="revenue"))["m"]
    assert got == pytest.approx(float(shop.frame()["revenue"].astype(float).median()))


def test_it_can_be_limited_compared_and_sorted_by(ask: Ask):
    over = {"metric": "m", "op": ">", "values": [0]}
    got = ask(median("day", dimensions=["platform"], having=[over], limit=1))
    assert len(got) == 1
    both = ask(
        median(
            "day",
            time={"start": "2024-01-01", "end": "2024-01-31"},
            comparison={
                "kind": "previous_period",
                "baseline": {"start": "2023-12-01", "end": "2023-12-31"},
            },
        )
    )
    assert list(both.columns) == ["m", "m_previous", "m_change", "m_change_pct"]


def test_days_within_each_month_and_within_each_weekday(ask: Ask):
    months = ask(median("day", grain="month")).dropna(subset=["month"])
    rows = shop.frame().dropna(subset=["date"])
    daily = _by_day(rows, "spend")
    expected = daily.groupby(pd.to_datetime(daily.index).to_period("M")).median()
    assert [float(v) for v in months["m"]] == pytest.approx([float(v) for v in expected])
    assert not ask(median("day", grain="weekday")).empty


@pytest.mark.parametrize(
    "wrong",
    [
        median("day", grain="day"),
        median("week", grain="month"),
        median("weekday"),
        median("campaign_name", dimensions=["campaign_name"]),
        median("campaign_id", dimensions=["campaign_name"]),
        median("day", "budget"),
        median("row", "rows"),
        median("nowhere"),
        median("day", "nothing"),
        median("day", grain="month", running_total=True),
    ],
    ids=lambda p: f"{p.ad_hoc[0].of} over {p.ad_hoc[0].over} by {p.grain or p.dimensions}",
)
def test_what_has_none(wrong):
    with pytest.raises(PlanError):
        compile_plan(wrong, shop.MODEL)


def test_it_is_explained():
    plan = median("day", "cpm", dimensions=["platform"])
    sql = compile_plan(plan, shop.MODEL).sql
    said = " ".join(explain_sql(sql, shop.MODEL, plan=plan))
    assert "the median over days that have rows: of each it takes total spend divided by" in said
    russian = plan.model_copy(update={"language": "ru"})
    assert "медиана по периодам со строками" in " ".join(explain_sql(sql, shop.MODEL, plan=russian))
    over_rows = median("row", "roas")
    sql = compile_plan(over_rows, shop.MODEL).sql
    assert "the median over rows" in " ".join(explain_sql(sql, shop.MODEL, plan=over_rows))


def test_a_plan_of_a_model_is_checked():
    assert not plan_problems(median("day"), shop.MODEL)
    assert plan_problems(median("nowhere"), shop.MODEL)
    assert plan_problems(median("day", "nothing"), shop.MODEL)


@pytest.mark.parametrize(
    "plan",
    [median("day", dimensions=["platform"]), median("row", "roas"), median("campaign_name")],
    ids=lambda p: p.ad_hoc[0].over,
)
def test_postgresql_says_the_same(
    plan: QueryPlan,
    ask: Ask,
    server: psycopg.Connection,  # noqa: F811 - the fixture
):
    there = server.execute(compile_plan(plan, shop.MODEL, "postgres").sql).fetchall()
    here = [row[-1] for row in ask(plan).itertuples(index=False)]
    assert [row[-1] for row in there] == pytest.approx(here)
