"""Either-or is read where it is clear which conditions it stands between."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.tables import ADS

TODAY = dt.date(2026, 11, 1)


def read(question, previous=None):
    return interpret(question, ADS, previous=previous, today=TODAY)


def best(question, previous=None):
    return read(question, previous).interpretations[0].plan


def choices(plan):
    (one,) = plan.either
    rows = [f"{f.column} {f.op} {', '.join(map(str, f.values))}" for f in one.filters]
    return rows + [f"{h.metric} {h.op} {', '.join(f'{v:g}' for v in h.values)}" for h in one.having]


GROUPS = [
    (
        "campaigns with spend over 1000 or more than 50 conversions",
        "spend > 1000 | conversions > 50",
    ),
    ("платформы с расходом больше 1000 или CPA ниже 20", "spend > 1000 | cpa < 20"),
    ("platforms with ROAS above 3 or CPA below 20", "roas > 3 | cpa < 20"),
    ("campaigns with CPA above 20 or no conversions", "cpa > 20 | conversions = 0"),
    ("campaigns with CPA under 20, ROAS over 3 or no clicks", "cpa < 20 | roas > 3 | clicks = 0"),
    ("campaigns with either spend over 50000 or ROAS over 5", "spend > 50000 | roas > 5"),
    ("campaigns with spend over 100000 or under 5000", "spend > 100000 | spend < 5000"),
    ("campaigns whose spend is above 1000 or whose ctr is below 1%", "spend > 1000 | ctr < 0.01"),
    ("platforms with ctr above average or cpa below average", "ctr > 1 | cpa < 1"),
    (
        "days with spend over 10000 or conversions above 500 in September",
        "spend > 10000 | conversions > 500",
    ),
    ("how many campaigns had ROAS above 3 or CPA below 10", "roas > 3 | cpa < 10"),
    ("платформы без конверсий или с CPA выше 30", "conversions = 0 | cpa > 30"),
    ("Meta campaigns with spend over 1000 or ROAS above 3 in September", "spend > 1000 | roas > 3"),
]


@pytest.mark.parametrize(("question", "one_of"), GROUPS)
def test_one_of_several_conditions_on_groups(question, one_of):
    (reading,) = read(question).interpretations
    assert " | ".join(choices(reading.plan)) == one_of
    assert not reading.plan.having
    assert {" или ", " or "} & {f" {w} " for w in reading.text.split()}


ROWS = [
    ("campaigns named Brand or on TikTok", "campaign_name contains Brand | platform = TikTok"),
    ("spend for Meta or mobile", "platform = Meta | device = mobile"),
    ("Meta, TikTok or mobile spend", "platform in Meta, TikTok | device = mobile"),
    (
        "spend for google or meta or mobile by month",
        "platform in Google Ads, Meta | device = mobile",
    ),
    ("spend where platform is Meta or device is mobile", "platform = Meta | device = mobile"),
    ("spend on either Meta or mobile", "platform = Meta | device = mobile"),
    (
        "campaigns containing Brand or Retargeting",
        "campaign_name contains Brand | campaign_name contains Retargeting",
    ),
    (
        "campaigns where platform is Meta or name contains Brand",
        "platform = Meta | campaign_name contains Brand",
    ),
    ("campaigns named Brand or on Google", "campaign_name contains Brand | platform = Google Ads"),
    ("campaigns on TikTok or containing Brand", "platform = TikTok | campaign_name contains Brand"),
    ("расход на Meta или mobile", "platform = Meta | device = mobile"),
]


@pytest.mark.parametrize(("question", "one_of"), ROWS)
def test_one_of_several_conditions_on_rows(question, one_of):
    reading = read(question).interpretations[0]
    assert " | ".join(choices(reading.plan)) == one_of
    assert not reading.plan.filters


def test_each_or_of_one_column_stays_with_its_values():
    plan = best("cost for Meta or TikTok, mobile or desktop")
    wanted = ["platform in Meta, TikTok", "device in mobile, desktop"]
    assert parts(plan)["where"] == wanted
    assert not plan.either


def test_values_of_one_column_are_a_list_of_values():
    assert parts(best("spend for google or meta"))["where"] == ["platform in Google Ads, Meta"]


def test_what_stands_apart_has_to_hold_too():
    plan = best("campaigns with spend over 1000 or conversions over 50 but CPA under 30")
    assert parts(plan)["having"] == ["cpa < 30"]
    assert choices(plan) == ["spend > 1000", "conversions > 50"]


@pytest.mark.parametrize(
    ("question", "named"),
    [
        (
            "campaigns with spend over 1000 and conversions over 50 or ROAS over 3",
            "something beside",
        ),
        ("campaigns with spend over 1000 or on TikTok", "on totals"),
        ("campaigns on Meta or with cpa under 20", "on totals"),
        (
            "Meta campaigns with spend over 1000 or TikTok campaigns with CPA under 20",
            "either of two",
        ),
        ("campaigns on Meta and mobile or on TikTok", "Meta (Platform) and mobile (Device)"),
        ("spend for campaigns named Brand or Retargeting on Meta", "something beside"),
        ("spend for Meta or mobile and Europe", "mobile (Device) and Europe"),
        ("which is better, Meta or mobile", "Meta (Platform) or mobile (Device)"),
        ("spend excluding Meta or mobile", "Meta (Platform) or mobile (Device)"),
        ("revenue from Meta or clicks from TikTok", "two things"),
        ("campaigns with cpa < 2 or roas > 3, ctr > 1% or cpc < 1", "something beside"),
        ("campaigns containing Brand or TikTok", "TikTok (Platform)"),
        ("spend for Meta or campaigns on mobile", "either of two"),
    ],
)
def test_what_can_be_meant_in_two_ways_is_refused(question, named):
    refusal = read(question).refusal
    assert refusal is not None, read(question).interpretations[0].text
    assert named in refusal.reason


def test_follow_ups_keep_it_and_never_guess_what_they_replace():
    first = best("campaigns with spend over 1000 or more than 50 conversions")
    assert best("only Meta", first).either == first.either
    assert best("in September", first).either == first.either
    assert read("with spend over 2000", first).refusal is not None
    rows = best("spend for Meta or mobile")
    assert best("by month", rows).either == rows.either
    assert best("and in total?", best("by month", rows)).either == rows.either
    assert read("only TikTok", rows).refusal is not None
