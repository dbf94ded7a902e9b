"""Conditions on measures: what a percentage is of, units of ranges, and what stays the ranking."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.small_tables import COUPONS
from tests.nl.tables import ADS

CASES = [
    (
        "campaigns that grew spend by more than 20% vs last month",
        "having",
        ["spend.change_pct > 0.2"],
    ),
    ("platforms whose share of spend is above 15%", "having", ["spend.share > 0.15"]),
    ("campaigns with CTR between 1 and 3 percent", "having", ["ctr between 0.01, 0.03"]),
    ("campaigns with spend from 5 to 20k", "having", ["spend between 5000, 20000"]),
    ("revenue by campaign, only above 1000", "having", ["revenue > 1000"]),
    ("top 3 campaigns by spend with ROAS over 2", "sort", "spend desc"),
    ("campaigns where spend dropped last month", "having", ["spend.change < 0"]),
    (
        "campaigns with ROAS below 5 and more than 1000 clicks",
        "having",
        ["roas < 5", "clicks > 1000"],
    ),
    (
        "campaigns with over 1000 clicks and under 10 conversions",
        "having",
        ["clicks > 1000", "conversions < 10"],
    ),
    ("campaigns with CPA above 5 and below 20", "having", ["cpa > 5", "cpa < 20"]),
    ("campaigns with ROAS of 3 and above", "having", ["roas >= 3"]),
    ("cost per conversion < 10 by campaign", "having", ["cpa < 10"]),
    ("spend / conversions by platform", "show", "cpa"),
    ("what share of Meta spend goes to mobile", "by", "device"),
    ("what share of Meta spend goes to mobile", "where", ["platform = Meta"]),
]


@pytest.mark.parametrize(("question", "part", "wanted"), CASES)
def test_the_condition_is_on_what_was_said(question, part, wanted):
    (reading, *_) = interpret(question, ADS, today=dt.date(2026, 11, 1)).interpretations
    assert parts(reading.plan)[part] == wanted


COUNTED = [
    ("how many campaigns had ROAS above 3", "campaign_name", None),
    ("number of platforms with spend over 1000 last month", "platform", None),
    ("how many weeks had spend over 5000", "", "week"),
    ("how many campaigns spent over 10k", "campaign_name", None),
]


@pytest.mark.parametrize(("question", "by", "grain"), COUNTED)
def test_how_many_is_a_number_not_a_list(question, by, grain):
    (reading,) = interpret(question, ADS, today=dt.date(2026, 11, 1)).interpretations
    assert reading.plan.count_groups
    assert (" ".join(reading.plan.dimensions), reading.plan.grain) == (by, grain)
    assert reading.text.startswith("Number of ")


def test_a_count_of_groups_within_groups_is_refused():
    asked = "how many campaigns had ROAS above 3 by platform"
    assert interpret(asked, ADS, today=dt.date(2026, 11, 1)).refusal.kind == "unsupported"


@pytest.mark.parametrize(
    ("question", "condition"),
    [
        ("which stores redeemed fewer than 5000 coupons in total", "coupons_redeemed < 5000"),
        ("stores that issued more than 5000 coupons", "coupons_issued > 5000"),
    ],
)
def test_what_a_threshold_counts_is_no_breakdown(question, condition):
    (reading,) = interpret(question, COUPONS, today=dt.date(2026, 11, 1)).interpretations
    assert parts(reading.plan)["by"] == "store"
    assert parts(reading.plan)["having"] == [condition]


def test_what_is_asked_for_is_a_breakdown_though_a_threshold_counts_it():
    asked = "coupons redeemed fewer than 5000 by coupon"
    (reading,) = interpret(asked, COUPONS, today=dt.date(2026, 11, 1)).interpretations
    assert parts(reading.plan)["by"] == "coupon"


@pytest.mark.parametrize(
    ("question", "having"),
    [
        ("campaigns with ROAS above 3 in September", "roas > 3"),
        ("campaigns with CPA between 10 and 20 in May", "cpa between 10, 20"),
    ],
)
def test_a_bound_is_no_day_of_the_month_that_follows(question, having):
    plan = interpret(question, ADS, today=dt.date(2026, 11, 1)).interpretations[0].plan
    assert parts(plan)["having"] == [having]
    assert plan.time is not None
    assert (plan.time.end - plan.time.start).days > 28
