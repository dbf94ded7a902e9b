"""Columns asked for without their brackets, in the other language, and by the day they are of."""

from __future__ import annotations

import pytest

from src.data.semantic import Aggregation, Table
from tests.data.reading import model_of, plan_of

COHORTS = (
    "cohort_start,network,installs,retained_d1,D7 retained,d30_retained_users,trials_started,"
    "subscriptions,ad_spend_usd,revenue_d7,revenue_d30\n"
    "2026-05-04,Apple Search Ads,1638,550,163,90,130,37,3167.92,216.75,642.71\n"
    "2026-05-11,TikTok,1742,766,241,80,119,31,4809.31,331.39,455.57\n"
)
MAILINGS = """send date,Segment,Sent,Delivered,Opens (unique),Clicks (all),Revenue
2026-01-03,B2B,13366,12807,2699,319,315.39
2026-01-10,VIP,32157,31980,11129,1423,2815.10
"""


def _asked(question: str, text: str) -> tuple[str, Table]:
    plan, table = plan_of(question, text)
    (name,) = plan.metrics
    return name, table


@pytest.mark.parametrize(
    ("question", "day"),
    [
        ("d7 retention by network", 7),
        ("day 7 retention", 7),
        ("7-day retention by network", 7),
        ("retention d30", 30),
        ("d1 retention rate by network", 1),
        ("d7 ретеншн", 7),
        ("удержание d30 по сетям", 30),
        ("ретеншн седьмого дня", 7),
        ("ретеншн первого дня по сетям", 1),
    ],
)
def test_retention_of_a_day_is_who_came_back_of_the_installs(question: str, day: int) -> None:
    name, table = _asked(question, COHORTS)
    metric = table.metric(name)
    assert metric is not None
    assert (metric.label, metric.aggregation) == (f"D{day} retention", Aggregation.RATIO)
    assert metric.denominator == "installs"
    assert str(day) in (metric.numerator or "")


@pytest.mark.parametrize("question", ["roas d30 by network", "d30 roas", "day 30 roas", "роас d30"])
def test_roas_of_a_day_is_its_revenue_over_spend(question: str) -> None:
    name, table = _asked(question, COHORTS)
    metric = table.metric(name)
    assert metric is not None
    assert (metric.numerator, metric.denominator) == ("revenue_d30", "ad_spend_usd")


def test_roas_is_of_the_revenue_where_there_is_one_of_no_day() -> None:
    table = model_of(COHORTS.replace("trials_started", "revenue"))
    assert table.metric("roas") is not None
    assert table.metric("roas_d30") is None


def test_nobody_is_retained_of_no_cohort() -> None:
    table = model_of("day,retained_d7,sold_d7\n2026-01-01,5,6\n2026-01-02,7,8\n")
    assert all(m.aggregation is not Aggregation.RATIO for m in table.metrics)


@pytest.mark.parametrize(
    ("question", "metric"),
    [
        ("подписки по сетям", "subscriptions"),
        ("how many trials", "trials_started"),
        ("триалы по сетям", "trials_started"),
        ("выручка d30 по сетям", "revenue_d30"),
        ("revenue day 7", "revenue_d7"),
        ("cpi по сетям", "cpi"),
        ("cpa by network", "cpi"),
    ],
)
def test_measures_are_asked_for_in_either_language(question: str, metric: str) -> None:
    assert _asked(question, COHORTS)[0] == metric


@pytest.mark.parametrize(
    ("question", "metric"),
    [("opens by segment", "opens_unique"), ("unique opens", "opens_unique"),
     ("open rate by segment", "open_rate"), ("clicks", "clicks")],
)  # fmt: skip
def test_a_qualifier_in_brackets_may_be_left_out(question: str, metric: str) -> None:
    assert _asked(question, MAILINGS)[0] == metric


def test_a_qualifier_is_needed_where_another_column_has_the_name() -> None:
    text = MAILINGS.replace("Clicks (all)", "Opens")
    assert _asked("opens by segment", text)[0] == "opens"
    assert _asked("unique opens", text)[0] == "opens_unique"


def test_cost_per_result_has_an_abbreviation() -> None:
    text = "day,Amount spent (GBP),Results\n2026-01-01,10.5,3\n2026-01-02,8.5,2\n"
    assert _asked("cpr by month", text)[0] == "cpa"


def test_a_ready_made_retention_is_not_added_up() -> None:
    table = model_of("day,installs,d7_retention\n2026-01-01,100,0.15\n2026-01-02,300,0.35\n")
    metric = next(m for m in table.metrics if m.numerator == "d7_retention")
    assert metric.aggregation is Aggregation.AVERAGE


def test_a_network_keeps_its_name() -> None:
    column = model_of(COHORTS).column("network")
    assert column is not None
    assert (column.label, column.concept) == ("Network", "platform")


@pytest.mark.parametrize("header", ["Заявки", "Регистрации", "Signups"])
def test_leads_of_another_name_keep_it(header: str) -> None:
    table = model_of(f"Дата,Расход,{header}\n01.05.2026,10.5,3\n02.05.2026,8.5,2\n")
    metric = table.metric("leads")
    assert metric is not None
    assert metric.label == header


def test_a_network_beside_a_platform_is_asked_for_in_russian() -> None:
    text = COHORTS.replace("installs,", "platform,installs,", 1)
    text = text.replace("Ads,1638", "Ads,ios,1638").replace("TikTok,1742", "TikTok,ios,1742")
    plan, _ = plan_of("установки по сетям", text)
    assert plan.dimensions == ("network",)
