"""Medians say what they are over; what is left open gives a reading for each."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.tables import ADS, SHOP

TODAY = dt.date(2026, 11, 1)


def read(question, data=ADS, previous=None):
    return interpret(question, data, previous=previous, today=TODAY)


def over(reading):
    (made,) = reading.plan.ad_hoc
    assert made.aggregation == "median"
    assert reading.plan.metrics == (made.name,)
    return f"{made.of or made.column} over {made.over}"


SAID = [
    # the question, of what and over what, the breakdown
    ("median daily spend", "spend over day", ""),
    ("median spend a day in May", "spend over day", ""),
    ("median spend per day by platform", "spend over day", "platform"),
    ("median of daily conversions by device", "conversions over day", "device"),
    ("median monthly revenue by platform", "revenue over month", "platform"),
    ("median weekly conversions", "conversions over week", ""),
    ("median CPA across campaigns", "cpa over campaign_name", ""),
    ("median campaign spend", "spend over campaign_name", ""),
    ("median spend across campaigns by platform", "spend over campaign_name", "platform"),
    ("which campaign has the highest median daily revenue", "revenue over day", "campaign_name"),
    ("median number of conversions per day", "conversions over day", ""),
    ("медианный расход в день", "spend over day", ""),
    ("медианный расход за день", "spend over day", ""),
    ("медианное количество конверсий в день", "conversions over day", ""),
    ("дневная медиана расхода", "spend over day", ""),
    ("медианная дневная выручка по платформам", "revenue over day", "platform"),
    ("медианный CPA среди платформ", "cpa over platform", ""),
]


@pytest.mark.parametrize(("question", "said", "by"), SAID)
def test_what_it_is_over_was_said(question, said, by):
    (reading,) = read(question).interpretations
    assert over(reading) == said
    assert " ".join(reading.plan.dimensions) == by
    told = {"en": "the middle one is taken", "ru": "берётся серединное из них"}
    assert any(told[reading.plan.language] in note for note in reading.assumptions)


LEFT_OPEN = [
    (
        "median cpc by campaign",
        [("cpc over day", "campaign_name"), ("cpc over row", "campaign_name")],
    ),
    (
        "median spend",
        [("spend over day", ""), ("spend over campaign_name", ""), ("spend over row", "")],
    ),
    (
        "median spend per campaign",
        [
            ("spend over campaign_name", ""),
            ("spend over day", "campaign_name"),
            ("spend over row", "campaign_name"),
        ],
    ),
    (
        "медианный CPA по платформам",
        [
            ("cpa over day", "platform"),
            ("cpa over platform", ""),
            ("cpa over row", "platform"),
        ],
    ),
    (
        "медиана cpc по платформам в сентябре",
        [("cpc over day", "platform"), ("cpc over platform", ""), ("cpc over row", "platform")],
    ),
]


@pytest.mark.parametrize(("question", "readings"), LEFT_OPEN)
def test_what_it_is_over_was_left_open(question, readings):
    found = read(question).interpretations
    assert [(over(r), " ".join(r.plan.dimensions)) for r in found] == readings
    assert found[0].confidence < 0.5
    note = {"en": "not said what the median is over", "ru": "не сказано, по чему медиана"}
    assert all(any(note[r.plan.language] in a for a in r.assumptions) for r in found)


@pytest.mark.parametrize("question", ["median amount by country", "median amount"])
def test_of_orders_it_is_over_orders(question):
    (reading,) = read(question, SHOP).interpretations
    assert over(reading) == "amount over row"
    assert any("single rows" in note for note in reading.assumptions)


def test_it_is_ranked_by_and_limited_like_any_measure():
    (plan,) = (i.plan for i in read("campaigns with median daily spend above 500").interpretations)
    assert parts(plan)["having"] == ["median_spend > 500"]
    reading = read("campaigns with median ctr above 2%").interpretations[0]
    assert reading.plan.having[0].values == (0.02,)
    assert "median CTR over days above 2%" in reading.text
    assert parts(read("top 3 platforms by median cpa").interpretations[0].plan)["top"] == 3


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("median spend by day", "A median by day"),
        ("медиана расхода по дням", "не сказано, по чему"),
        ("median weekly spend by month", "over each week"),
        ("median daily budget", "A median of Daily budget"),
        ("median cpc and cpm by campaign", "beside another measure"),
        ("campaigns with cpa above the median", "held against a median"),
        ("share of median daily spend by platform", "together with a share"),
        ("cumulative median daily spend by month", "running total"),
        ("campaigns with median daily spend above 20%", "a percentage"),
        ("campaigns with median daily spend above average", "an average"),
        ("median", "not of which measure"),
        ("average and median cpc by campaign", "average"),
    ],
)
def test_what_is_unclear_is_refused_by_name(question, named):
    refusal = read(question).refusal
    assert refusal is not None
    assert named in refusal.reason


def test_follow_ups_keep_it():
    first = read("median daily spend in May").interpretations[0].plan
    by_platform = read("by platform", previous=first).interpretations[0].plan
    assert by_platform.dimensions == ("platform",)
    assert by_platform.metrics == first.metrics
    assert by_platform.ad_hoc == first.ad_hoc
    assert read("only meta", previous=first).interpretations[0].plan.ad_hoc == first.ad_hoc
    assert read("by day", previous=first).refusal is not None


@pytest.mark.parametrize("question", ["median order value by country", "median value by country"])
def test_a_value_of_orders_is_never_their_number(question):
    answer = read(question, SHOP)
    counted = [a for i in answer.interpretations for a in i.plan.ad_hoc if a.of == "row_count"]
    assert not counted
