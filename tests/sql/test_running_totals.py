"""Running totals: each bucket with all before it, within its group."""

from __future__ import annotations

import pandas as pd
import pytest

from src.errors import PlanError
from src.query_engine import plan_edit as edit
from src.query_engine.compiler import compile_plan
from src.query_engine.explain import explain_sql
from src.query_engine.plan import Grain, QueryPlan
from tests.sql import shop
from tests.sql.conftest import Ask


def running(**parts) -> QueryPlan:
    return QueryPlan.model_validate({"table": "order", "running_total": True, **parts})


def _sums(columns: list[str], by: list[str]) -> pd.DataFrame:
    rows = shop.frame().dropna(subset=["date"])
    rows["day"] = pd.to_datetime(rows["date"])
    return rows.groupby(["day", *by], dropna=False)[columns].sum(min_count=1).reset_index()


def test_each_day_adds_to_the_days_before_it(ask: Ask):
    got = ask(running(metrics=["spend"], grain="day"))
    daily = _sums(["spend"], [])
    assert len(got) == len(daily)
    assert [float(v) for v in got["spend_to_date"]] == pytest.approx(list(daily["spend"].cumsum()))


def test_each_group_adds_up_by_itself(ask: Ask):
    got = ask(running(metrics=["spend"], grain="day", dimensions=["platform"]))
    daily = _sums(["spend"], ["platform"])
    for platform, rows in daily.groupby("platform", dropna=False):
        same = got["platform"].isna() if pd.isna(platform) else got["platform"] == platform
        mine = [float(v) for v in got[same]["spend_to_date"]]
        assert mine == pytest.approx(list(rows["spend"].cumsum()), nan_ok=True)


def test_a_ratio_to_date_divides_the_totals_to_date(ask: Ask):
    got = ask(running(metrics=["roas"], grain="day"))
    daily = _sums(["revenue", "spend"], [])
    expected = daily["revenue"].cumsum() / daily["spend"].cumsum()
    found = got["roas_to_date"].astype(float)
    assert list(found.dropna()) == pytest.approx(list(expected.dropna()))


def test_a_renamed_campaign_goes_on_adding_up(ask: Ask):
    plan = {"metrics": ["spend"], "grain": "month", "dimensions": ["campaign_name"]}
    got = ask(running(**plan))
    plain = ask(QueryPlan.model_validate({"table": "order", **plan}))
    for name, rows in got.dropna(subset=["month"]).groupby("campaign_name"):
        whole = plain[(plain["campaign_name"] == name) & plain["month"].notna()]["spend"].sum()
        assert float(rows["spend_to_date"].iloc[-1]) == pytest.approx(float(whole))


def test_a_period_that_has_not_come_so_far_has_no_total_there(ask: Ask):
    got = ask(
        running(
            metrics=["spend"],
            grain="day",
            time={"start": "2024-01-01", "end": "2024-01-02"},
            comparison={
                "kind": "custom",
                "baseline": {"start": "2024-02-01", "end": "2024-02-20"},
            },
        )
    )
    later = got[got["spend_to_date"].isna()]
    assert later["spend_to_date_change"].isna().all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"metrics": ["reach"], "grain": "day"},
        {"metrics": ["budget"], "grain": "day"},
        {"metrics": ["spend"]},
        {"metrics": ["spend"], "grain": "weekday"},
        {"metrics": ["spend"], "grain": "day", "share_of_total": True},
        {"metrics": ["spend"], "grain": "day", "dimensions": ["platform"], "include_empty": True},
    ],
    ids=str,
)
def test_what_has_no_running_total(wrong):
    with pytest.raises(PlanError):
        compile_plan(running(**wrong), shop.MODEL)


def test_the_columns_and_the_explanation_say_so():
    plan = running(metrics=["spend", "roas"], grain="week", dimensions=["platform"])
    compiled = compile_plan(plan, shop.MODEL)
    assert [c.label for c in compiled.columns[2:]] == ["Spend, running total", "ROAS, to date"]
    assert all(c.to_date for c in compiled.columns[2:])
    said = " ".join(explain_sql(compiled.sql, shop.MODEL, plan=plan))
    assert "Each figure is a running total: it adds its week to all before it" in said
    assert "rows without a date are left out" in said
    assert "the ratio to date" in said
    russian = plan.model_copy(update={"language": "ru"})
    said = " ".join(explain_sql(compiled.sql, shop.MODEL, plan=russian))
    assert "нарастающий итог" in said


def test_an_edit_offers_what_adds_up_and_leaves_it_with_its_buckets():
    plan = running(metrics=["spend"], grain="day")
    offered = {m.name for m in edit.options(shop.dataset(), plan).metrics}
    assert {"spend", "roas"} <= offered
    assert not {"reach", "budget"} & offered
    assert edit.with_grain(plan, Grain.MONTH).running_total
    for grain in (None, Grain.WEEKDAY):
        assert not edit.with_grain(plan, grain).running_total
