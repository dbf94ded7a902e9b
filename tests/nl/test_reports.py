"""Questions on reports of other kinds: a shop's funnel, weeks with plans, video, paid posts.

Each table is read as an upload would be, so what its headers are taken to mean counts, too.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

import pytest

from src.data.profile import Dataset, Profile
from src.data.semantic import SemanticModel
from src.query_engine.compiler import compile_plan
from src.query_engine.nl.engine import interpret
from tests.data.reading import read_text_file
from tests.nl.parts import parts

DAYS = [dt.date(2026, 9, 1) + dt.timedelta(days=n) for n in range(30)]
WEEKS = [dt.date(2026, 7, 6) + dt.timedelta(weeks=n) for n in range(10)]


def _csv(header: str, *rows: str) -> str:
    return "\n".join([header, *rows]) + "\n"


FUNNEL = _csv(
    "event_date,channel_group,device,sessions,bounced_sessions,product_views,add_to_carts,checkouts,purchases,revenue_usd,refunds_usd",
    *(f"{d},Paid Search,mobile,100,40,60,9,5,3,120.5,4" for d in DAYS),
    *(f"{d},Paid Social,desktop,90,30,50,8,4,2,80.5,3" for d in DAYS),
    *(f"{d},Email,mobile,20,5,15,3,2,1,40.5,1" for d in DAYS),
)
WEEKLY = _csv(
    "Неделя,Регион,Канал продвижения,Бюджет,Потрачено,Переходы,Заказы,Выкуплено,Оборот,"
    "План по обороту",
    *(f"{d},Юг,Таргетированная реклама,1000,900.5,300,30,20,5000.5,4000" for d in WEEKS),
    *(f"{d},Урал,Контекстная реклама,800,850.5,200,20,15,3000.5,4000" for d in WEEKS),
)
VIDEO = _csv(
    "date,line_item,exchange,screen,impressions,measurable_imps,viewable_imps,video_starts,video_completes,clicks,media_cost,data_fee",
    *(f"{d},LI_News,Magnite,Smart TV,900,800,500,850,600,3,20.5,2.5" for d in DAYS),
    *(f"{d},LI_Sport,PubMatic,Phone,700,650,400,690,500,2,15.5,1.5" for d in DAYS),
)
POSTS = _csv(
    "Post ID,Published,Influencer,Tier,Fee,Views,Likes,Code orders,Code revenue",
    *(f"P{n},{d},@lena,Macro,400,9000,300,4,120.5" for n, d in enumerate(DAYS)),
    *(f"Q{n},{d},@jo,Nano,100,2000,90,1,30.5" for n, d in enumerate(DAYS)),
)
SEARCH = _csv(
    "day,Ad group,Keyword,Match type,Device type,Impressions,Clicks,Spend,Conversions,Revenue",
    *(f"{d},Payroll,online payroll,Exact,Smartphone,90,9,12.5,1,40.5" for d in DAYS),
    *(f"{d},Brand,ledgerly,Broad,Computer,80,8,9.5,2,50.5" for d in DAYS),
    *(f"{d},Tracking,payroll time app,Phrase,Tablet,70,7,8.5,1,20.5" for d in DAYS),
)


@cache
def _dataset(text: str, name: str) -> Dataset:
    table, profile = read_text_file(text, f"{name}.csv")
    model = SemanticModel(name=name, tables=(table,))
    return Dataset(name, name, model, Profile({table.name: profile}), fingerprint=text)


def _ask(text: str, name: str, question: str):
    return interpret(question, _dataset(text, name), today=dt.date(2026, 11, 1))


def _sql(text: str, name: str, question: str) -> str:
    data = _dataset(text, name)
    plan = _ask(text, name, question).interpretations[0].plan
    sql = compile_plan(plan, data.model, "duckdb", profile=data.profile).sql
    return " ".join(sql.replace('"', "").split())


RATES = [
    (FUNNEL, "bounce rate by device", "SUM(bounced_sessions) / NULLIF(SUM(sessions), 0)"),
    (FUNNEL, "checkout to purchase rate", "SUM(purchases) / NULLIF(SUM(checkouts), 0)"),
    (FUNNEL, "cart to checkout conversion rate", "SUM(checkouts) / NULLIF(SUM(add_to_carts), 0)"),
    (FUNNEL, "refund rate by channel", "SUM(refunds_usd) / NULLIF(SUM(revenue_usd), 0)"),
    (FUNNEL, "конверсия из сессии в покупку", "SUM(purchases) / NULLIF(SUM(sessions), 0)"),
    (VIDEO, "completion rate by line item", "SUM(video_completes) / NULLIF(SUM(video_starts), 0)"),
    (VIDEO, "viewability by exchange", "SUM(viewable_imps) / NULLIF(SUM(measurable_imps), 0)"),
    (WEEKLY, "процент выкупа по регионам", "SUM(Выкуплено) / NULLIF(SUM(Заказы), 0)"),
    (WEEKLY, "выполнение плана по обороту", "SUM(Оборот) / NULLIF(SUM(План по обороту), 0)"),
    (WEEKLY, "освоение бюджета по регионам", "SUM(Потрачено) / NULLIF(SUM(Бюджет), 0)"),
    (POSTS, "cost per view by tier", "SUM(Fee) / NULLIF(SUM(Views), 0)"),
]


@pytest.mark.parametrize(("table", "question", "wanted"), RATES)
def test_a_rate_is_known_by_its_name_or_by_its_two_steps(table, question, wanted):
    assert wanted in _sql(table, "report", question)


UNNAMED = [
    (FUNNEL, "session rate by channel"),
    (POSTS, "return on fee by influencer"),
    (POSTS, "like rate by tier"),
]


@pytest.mark.parametrize(("table", "question"), UNNAMED)
def test_a_rate_that_nothing_defines_is_refused(table, question):
    assert _ask(table, "report", question).refusal


SUMS = [
    (VIDEO, "total cost including data fees", "SUM(media_cost) + COALESCE(SUM(data_fee), 0)"),
    (FUNNEL, "net revenue after refunds", "SUM(revenue_usd) - COALESCE(SUM(refunds_usd), 0)"),
    (FUNNEL, "revenue net of refunds by channel",
     "SUM(revenue_usd) - COALESCE(SUM(refunds_usd), 0)"),
    (WEEKLY, "остаток бюджета по регионам", "SUM(Бюджет) - COALESCE(SUM(Потрачено), 0)"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "question", "wanted"), SUMS)
def test_a_measure_with_another_one_is_one_figure(table, question, wanted):
    assert wanted in _sql(table, "report", question)
    (reading,) = _ask(table, "report", question).interpretations
    assert len(reading.plan.metrics) == 1
    assert any("minus" in a or "plus" in a or "минус" in a for a in reading.assumptions)


HELD_AGAINST = [
    (WEEKLY, "в какие недели потратили больше бюджета", "> 0"),
    (WEEKLY, "недели, где оборот ниже плана по обороту", "< 0"),
    (POSTS, "influencers with fees higher than code revenue", "> 0"),
    (FUNNEL, "channels where checkouts exceed purchases", "> 0"),
]


@pytest.mark.parametrize(("table", "question", "op"), HELD_AGAINST)
def test_two_measures_are_held_against_each_other(table, question, op):
    (reading,) = _ask(table, "report", question).interpretations
    (having,) = reading.plan.having
    assert f"{having.op} {having.values[0]:g}" == op
    assert len(reading.plan.metrics) == 2
    assert having.metric not in reading.plan.metrics


def test_a_percentage_of_another_measure_is_a_ratio_and_no_share_of_it():
    sql = _sql(FUNNEL, "report", "channels where refunds are more than 3% of revenue")
    assert "HAVING SUM(refunds_usd) / NULLIF(SUM(revenue_usd), 0) > 0.03" in sql


def test_a_budget_of_a_week_adds_up_and_one_of_a_day_does_not():
    assert "SUM(Бюджет)" in _sql(WEEKLY, "report", "бюджет по регионам")
    daily = _csv("day,campaign,budget,spend", *(f"{d},A,100,90.5" for d in DAYS))
    assert "AVG" in _sql(daily, "report", "budget by campaign")


PLANS = [
    (SEARCH, "CTR of exact match keywords by month", "by", None),
    (SEARCH, "clicks on keywords containing payroll", "where", ["Keyword contains payroll"]),
    (SEARCH, "clicks on mobile by week", "where", ["Device type = Smartphone"]),
    (FUNNEL, "sessions from paid channels by week", "where", ["channel_group contains paid"]),
    (FUNNEL, "show me the funnel", "show",
     "sessions bounced_sessions product_views add_to_cart checkouts orders"),
    (FUNNEL, "top 2 channel and device combinations by revenue", "by", "channel_group device"),
    (VIDEO, "is viewability getting better", "grain", "day"),
    (VIDEO, "impressions on smart TVs", "where", ["screen = Smart TV"]),
    (WEEKLY, "сколько потратили на таргет", "where",
     ["Канал продвижения = Таргетированная реклама"]),
    (WEEKLY, "каналы с ROAS ниже 5", "by", "Канал продвижения"),
    (WEEKLY, "turnover by channel", "by", "Канал продвижения"),
    (POSTS, "how much did we pay macro influencers", "by", None),
]  # fmt: skip


@pytest.mark.parametrize(("table", "question", "part", "wanted"), PLANS)
def test_the_words_of_a_report_are_understood(table, question, part, wanted):
    plan = _ask(table, "report", question).interpretations[0].plan
    assert parts(plan).get(part) == wanted


SHARES = [
    (SEARCH, "broad match share of spend by ad group"),
    (SEARCH, "share of mobile clicks by week"),
    (VIDEO, "share of viewable impressions by exchange"),
]


@pytest.mark.parametrize(("table", "question"), SHARES)
def test_a_part_of_each_group_comes_before_its_share_of_the_total(table, question):
    within, of_total = _ask(table, "report", question).interpretations
    assert not within.plan.share_of_total
    assert within.plan.ad_hoc
    assert of_total.plan.share_of_total


COMPARED = [
    ("revenue last 30 days vs previous 30 days", "2026-08-02..2026-08-31"),
    ("выручка за последний месяц по сравнению с предыдущим", "2026-08-01..2026-08-31"),
    ("выручка за прошлую неделю по сравнению с предыдущей", "2026-09-14..2026-09-20"),
]


@pytest.mark.parametrize(("question", "baseline"), COMPARED)
def test_the_stretch_before_is_as_long_and_of_the_same_kind(question, baseline):
    early = _csv(
        "event_date,channel_group,sessions,revenue_usd",
        *(f"{dt.date(2026, 6, 1) + dt.timedelta(days=n)},Email,20,40.5" for n in range(122)),
    )
    reading = _ask(early, "early", question).interpretations[0]
    assert parts(reading.plan)["vs"] == baseline


def test_a_number_of_things_with_a_condition_on_another_measure_is_not_about_that_one():
    mail = _csv(
        "Send Date,Campaign Name,Emails Sent,Unique Clicks",
        *(f"{d},Digest,500,9" for d in DAYS),
    )
    assert _ask(mail, "mail", "number of sends with no clicks").refusal


def test_a_commission_rate_divides_money_by_money():
    partners = _csv(
        "date,publisher,clicks,sales,sale_amount,commission",
        *(f"{d},DealHunter,90,3,120.5,9.5" for d in DAYS),
    )
    sql = _sql(partners, "partners", "commission rate by publisher")
    assert "SUM(commission) / NULLIF(SUM(sale_amount), 0)" in sql
