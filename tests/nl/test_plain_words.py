"""Everyday words for what the data has: nouns that look like verbs, other names, seasons, ROI."""

import datetime as dt
from functools import cache

import pytest

from src.data.profile import Dataset, Profile
from src.data.semantic import SemanticModel
from src.query_engine.nl.engine import interpret
from tests.data.reading import read_text_file
from tests.nl.parts import parts

TODAY = dt.date(2026, 11, 1)
_DAYS = [dt.date(2026, 10, 15) - dt.timedelta(days=n) for n in range(0, 720, 5)]
_ROWS = (
    "Google Ads,Search - Brand,Sales,mobile,Europe,100.5,9000,300,12,450.5,5",
    "Google Ads,Display - Awareness,Awareness,desktop,Asia,50.5,19000,90,1,20.5,0",
    "Meta,Retargeting - Cart,Sales,mobile,Europe,80.5,7000,200,9,300.5,2",
)


@cache
def _ads():
    header = (
        "date,platform,campaign_name,objective,device,region,spend,impressions,clicks,"
        "conversions,conversion_value,new_customers"
    )
    text = "\n".join([header, *(f"{day},{row}" for day in _DAYS for row in _ROWS)])
    table, profile = read_text_file(text, "ads.csv")
    model = SemanticModel(name="ads", tables=(table,))
    return Dataset("ads", "ads", model, Profile({table.name: profile}), fingerprint="ads")


def _readings(question):
    return interpret(question, _ads(), today=TODAY).interpretations


def _first(question):
    return parts(_readings(question)[0].plan)


@pytest.mark.parametrize(
    ("question", "said", "expected"),
    [
        ("spend by channel", "by", "platform"),
        ("spend by marketing channel", "by", "platform"),
        ("spend by traffic source", "by", "platform"),
        ("spend by vendor", "by", "platform"),
        ("spend by goal", "by", "objective"),
        ("spend by ad campaign", "by", "campaign_name"),
        ("ad clicks", "show", "clicks"),
        ("investment by platform", "show", "spend"),
        ("return by platform", "show", "roas"),
        ("traffic by platform", "show", "clicks"),
        ("слив по кампаниям", "show", "spend"),
        ("откруты за неделю", "show", "spend"),
        ("расход по источникам", "by", "platform"),
        ("процент выручки по площадкам", "share", True),
        ("максимальный дневной расход", "grain", "day"),
        ("сколько кликов на одну конверсию", "show", "sum(clicks)"),
    ],
)  # fmt: skip
def test_other_names(question, said, expected):
    assert _first(question)[said] == expected


@pytest.mark.parametrize("question", ["cost per order by platform", "order size by device"])
def test_a_noun_that_is_also_a_verb_is_never_dropped(question):
    assert not _readings(question)


@pytest.mark.parametrize(
    "question",
    ["view spend by device", "can you return spend by device", "please display spend by device"],
)
def test_a_verb_that_asks_says_nothing_more(question):
    assert _first(question) == {"show": "spend", "by": "device", "sort": "spend desc"}


def test_a_verb_that_may_be_a_name_is_read_both_ways():
    read = [parts(r.plan).get("where") for r in _readings("display campaigns cpa")]
    assert None in read
    assert any("Display" in str(where) for where in read)
    assert "Display" in str(_first("cpa for display last month")["where"])


@pytest.mark.parametrize(
    "question",
    ["kpis by platform", "compare platforms", "key metrics by platform", "сравни площадки"],
)
def test_an_overview_by_another_name(question):
    found = _first(question)
    assert found["by"] == "platform"
    assert {"spend", "conversions", "roas"} <= set(found["show"].split())


@pytest.mark.parametrize(
    ("question", "days"),
    [
        ("spend in summer", "2026-06-01..2026-08-31"),
        ("spend last spring", "2026-03-01..2026-05-31"),
        ("расход летом 2025", "2025-06-01..2025-08-31"),
        ("расход за прошлую зиму", "2025-12-01..2026-02-28"),
        ("расход за последние 2 года", "2024-10-16..2026-10-15"),
    ],
)
def test_seasons_are_three_months_and_no_years(question, days):
    assert _first(question)["time"] == days


def test_the_winter_of_a_year_is_either_of_two():
    assert [parts(r.plan)["time"] for r in _readings("spend in winter 2025")] == [
        "2024-12-01..2025-02-28", "2025-12-01..2026-02-28",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "question", ["ROI by platform", "romi по каналам", "return on investment by platform"]
)
def test_roi_is_what_came_back_above_what_was_spent(question):
    reading = _readings(question)[0]
    (made,) = reading.plan.ad_hoc
    assert (made.column, made.less, made.per) == ("conversion_value", "spend", "spend")
    assert reading.plan.dimensions == ("platform",)
    assert len(reading.assumptions) == 3


def test_a_threshold_of_roi_is_a_fraction():
    assert _first("campaigns with roi above 50%")["having"] == ["return_on_investment > 0.5"]
    assert "ROI above 50%" in _readings("campaigns with roi above 50%")[0].text


@pytest.mark.parametrize(
    ("question", "having"),
    [
        ("campaigns with cpa above average", "cpa.average > 1"),
        ("which platforms have below average ctr", "ctr.average < 1"),
        ("кампании с расходом выше среднего", "spend.average > 1"),
    ],
)
def test_held_against_the_average(question, having):
    assert _first(question)["having"] == [having]


@pytest.mark.parametrize(
    ("question", "per", "top"),
    [
        ("top 2 campaigns per month by spend", "time", 2),
        ("which platform had the highest spend each week", "time", 1),
        ("best month for each campaign by spend", "campaign_name", 1),
        ("highest single-day spend per platform", "platform", 1),
        ("топ-2 кампании в каждом месяце по расходу", "time", 2),
    ],
)
def test_ranked_within_months_and_within_things(question, per, top):
    found = _first(question)
    assert (found["per"], found["top"]) == (per, top)


def test_a_ranking_of_days_within_quarters_is_refused():
    assert not _readings("top 3 days by spend in each quarter")


@pytest.mark.parametrize(
    ("question", "grain", "time", "before"),
    [
        ("mom revenue growth in 2026", "month", "2026-01-01..2026-10-15", "2025-12-01..2026-09-15"),
        ("mom spend in q3", "month", "2026-07-01..2026-09-30", "2026-06-01..2026-08-31"),
        ("wow clicks in september", "week", "2026-09-01..2026-09-30", "2026-08-25..2026-09-23"),
    ],
)
def test_each_month_beside_the_one_before(question, grain, time, before):
    found = _first(question)
    assert (found["grain"], found["time"], found["vs"]) == (grain, time, before)


def test_the_later_month_is_compared_with_the_earlier_whatever_the_order():
    for question in ("compare sept to aug spend", "compare aug to sept spend"):
        found = _first(question)
        assert (found["time"][:10], found["vs"][:10]) == ("2026-09-01", "2026-08-01")


def test_what_is_kept_is_no_breakdown():
    assert _first("sales campaigns only: spend by device")["by"] == "device"


@pytest.mark.parametrize(
    "question", ["roas before and after 1 september 2026", "роас до и после 1 сентября 2026"]
)
def test_both_sides_of_a_day_are_of_the_same_length(question):
    found = _first(question)
    assert (found["time"], found["vs"]) == ("2026-09-01..2026-10-15", "2026-07-18..2026-08-31")


@pytest.mark.parametrize(
    ("question", "show"),
    [
        ("how much money did we make in october", "revenue"),
        ("how much money went to meta", "spend"),
    ],
)
def test_money_is_made_or_goes(question, show):
    assert _first(question)["show"] == show


def test_below_zero_by_a_word():
    assert _first("campaigns with negative roi")["having"] == ["return_on_investment < 0"]


def test_a_cut_within_things_and_months_at_once_is_refused():
    assert not _readings("top 3 campaigns by platform and month by spend")


def test_a_rate_made_for_the_question_is_held_against_its_average_too():
    found = _first("which platforms have roi above average")
    assert found["having"] == ["return_on_investment.average > 1"]
