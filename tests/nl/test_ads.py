"""Questions to a table of ad campaigns, and the plans they must become."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.tables import ADS

MEASURES_AND_BREAKDOWNS = [
    ("spend", {"show": "spend"}),
    ("total spend last month", {"show": "spend", "time": "2026-09-01..2026-09-30"}),
    (
        "how much did we spend on Meta in September 2026",
        {"show": "spend", "where": ["platform = Meta"], "time": "2026-09-01..2026-09-30"},
    ),
    ("clicks and impressions by platform", {"show": "clicks impressions", "by": "platform"}),
    (
        "CTR of each platform for the last quarter",
        {"show": "ctr", "by": "platform", "time": "2026-07-01..2026-09-30"},
    ),
    ("spend per campaign per month", {"show": "spend", "by": "campaign_name", "grain": "month"}),
    (
        "what was the ROAS by objective year to date?",
        {"show": "roas", "by": "objective", "time": "2026-01-01..2026-10-15"},
    ),
]

VALUES = [
    (
        "cost per conversion by device excluding TikTok",
        {"show": "cpa", "by": "device", "where": ["platform != TikTok"]},
    ),
    (
        "show campaigns not on Meta with over 1M impressions",
        {
            "show": "impressions",
            "by": "campaign_name",
            "where": ["platform != Meta"],
            "having": ["impressions > 1e+06"],
        },
    ),
    (
        "total spend excluding Meta and TikTok",
        {"show": "spend", "where": ["platform not in Meta, TikTok"]},
    ),
    (
        "weekly revenue for google",
        {"show": "revenue", "grain": "week", "where": ["platform = Google Ads"]},
    ),
    (
        "spend for desktop and mobile only",
        {"show": "spend", "where": ["device in desktop, mobile"]},
    ),
    (
        "campaigns containing brand",
        {"by": "campaign_name", "where": ["campaign_name contains brand"]},
    ),
    (
        "campaign names starting with Search",
        {"by": "campaign_name", "where": ["campaign_name starts with Search"]},
    ),
    (
        'campaigns named "Retargeting - Cart"',
        {"by": "campaign_name", "where": ["campaign_name = Retargeting - Cart"]},
    ),
    (
        "how many conversions did the Search - Brand campaign get in August 2026?",
        {
            "show": "conversions",
            "where": ["campaign_name = Search - Brand"],
            "time": "2026-08-01..2026-08-31",
        },
    ),
    ("facebook spend", {"show": "spend", "where": ["platform = Meta"]}),
    ("spend on phones", {"show": "spend", "where": ["device = mobile"]}),
    ("list campaigns on TikTok", {"by": "campaign_name", "where": ["platform = TikTok"]}),
    ("what platforms do we have", {"by": "platform"}),
]

COUNTS_AND_LISTS = [
    ("number of campaigns by platform", {"show": "count_distinct(campaign_id)", "by": "platform"}),
    ("how many regions", {"show": "count_distinct(region)"}),
]

THRESHOLDS = [
    (
        "which campaigns had ROAS above 3 and spend over $10,000 in the last 30 days?",
        {
            "show": "roas spend",
            "by": "campaign_name",
            "having": ["roas > 3", "spend > 10000"],
            "time": "2026-09-16..2026-10-15",
        },
    ),
    (
        "campaigns where CPC > $1 AND ROAS < 2",
        {"show": "cpc roas", "by": "campaign_name", "having": ["cpc > 1", "roas < 2"]},
    ),
    (
        "campaigns with CTR between 1% and 2%",
        {"show": "ctr", "by": "campaign_name", "having": ["ctr between 0.01, 0.02"]},
    ),
    (
        "platforms where CTR isn't above 2%",
        {"show": "ctr", "by": "platform", "having": ["ctr <= 0.02"]},
    ),
    (
        "campaigns with not more than 100 conversions",
        {"show": "conversions", "by": "campaign_name", "having": ["conversions <= 100"]},
    ),
    (
        "CPA under 20 and at least 100 conversions by campaign",
        {
            "show": "cpa conversions",
            "by": "campaign_name",
            "having": ["cpa < 20", "conversions >= 100"],
        },
    ),
    (
        "100 or more conversions by campaign",
        {"show": "conversions", "by": "campaign_name", "having": ["conversions >= 100"]},
    ),
    (
        "campaigns with spend >= 1,000.50",
        {"show": "spend", "by": "campaign_name", "having": ["spend >= 1000.5"]},
    ),
    (
        "spend over 10k by campaign",
        {"show": "spend", "by": "campaign_name", "having": ["spend > 10000"]},
    ),
    (
        "campaigns with zero conversions last week",
        {
            "show": "conversions",
            "by": "campaign_name",
            "having": ["conversions = 0"],
            "time": "2026-10-05..2026-10-11",
            "empty": True,
        },
    ),
    (
        "meta campaigns with no clicks",
        {
            "show": "clicks",
            "by": "campaign_name",
            "where": ["platform = Meta"],
            "having": ["clicks = 0"],
            "empty": True,
        },
    ),
    (
        "how many days had spend over 10000",
        {"show": "spend", "grain": "day", "having": ["spend > 10000"]},
    ),
    (
        "campaigns that account for more than 10% of spend",
        {
            "show": "spend",
            "by": "campaign_name",
            "having": ["spend.share > 0.1"],
            "share": True,
            "sort": "spend.share desc",
        },
    ),
]

RANKINGS = [
    (
        "top 5 campaigns by revenue",
        {"show": "revenue", "by": "campaign_name", "top": 5, "sort": "revenue desc"},
    ),
    (
        "worst 5 campaigns by CPA last quarter",
        {
            "show": "cpa",
            "by": "campaign_name",
            "time": "2026-07-01..2026-09-30",
            "top": 5,
            "sort": "cpa desc",
        },
    ),
    ("best 3 platforms by CPA", {"show": "cpa", "by": "platform", "top": 3, "sort": "cpa asc"}),
    (
        "which 3 campaigns have the highest ROAS?",
        {"show": "roas", "by": "campaign_name", "top": 3, "sort": "roas desc"},
    ),
    (
        "which device has the lowest cost per conversion?",
        {"show": "cpa", "by": "device", "top": 1, "sort": "cpa asc"},
    ),
    (
        "which campaign spent the most yesterday?",
        {
            "show": "spend",
            "by": "campaign_name",
            "time": "2026-10-14..2026-10-14",
            "top": 1,
            "sort": "spend desc",
        },
    ),
    ("cheapest clicks by platform", {"show": "cpc", "by": "platform"}),
    (
        "top 3 campaigns per platform by conversions",
        {
            "show": "conversions",
            "by": "platform campaign_name",
            "top": 3,
            "per": "platform",
            "sort": "conversions desc",
        },
    ),
    (
        "platform with most clicks in each region",
        {
            "show": "clicks",
            "by": "region platform",
            "top": 1,
            "per": "region",
            "sort": "clicks desc",
        },
    ),
    (
        "which month had the highest revenue",
        {"show": "revenue", "grain": "month", "top": 1, "sort": "revenue desc"},
    ),
    (
        "when did we spend the most?",
        {"show": "spend", "grain": "day", "top": 1, "sort": "spend desc"},
    ),
    ("rank platforms by ROAS", {"show": "roas", "by": "platform", "sort": "roas desc"}),
    ("cpc by device sorted ascending", {"show": "cpc", "by": "device", "sort": "cpc asc"}),
]

SHARES = [
    (
        "share of spend by platform",
        {"show": "spend", "by": "platform", "share": True, "sort": "spend.share desc"},
    ),
    (
        "what percentage of spend goes to Meta?",
        {"show": "spend", "by": "platform", "share": True, "sort": "spend.share desc"},
    ),
    (
        "contribution of each platform to revenue",
        {"show": "revenue", "by": "platform", "share": True, "sort": "revenue.share desc"},
    ),
    (
        "spend, as % of total, by region",
        {"show": "spend", "by": "region", "share": True, "sort": "spend.share desc"},
    ),
]

TIME_BUCKETS = [
    (
        "daily trend of clicks in Q3 2025",
        {"show": "clicks", "grain": "day", "time": "2025-07-01..2025-09-30"},
    ),
    ("spend by weekday", {"show": "spend", "grain": "weekday"}),
    ("revenue trend by platform", {"show": "revenue", "by": "platform", "grain": "month"}),
]

COMPARISONS = [
    (
        "compare Meta and Google by CPA",
        {"show": "cpa", "by": "platform", "where": ["platform in Meta, Google Ads"]},
    ),
    (
        "mobile vs desktop conversion rate",
        {"show": "cvr", "by": "device", "where": ["device in mobile, desktop"]},
    ),
    (
        "compare March with February by platform",
        {
            "show": "spend impressions clicks conversions revenue roas cpa ctr",
            "by": "platform",
            "time": "2026-03-01..2026-03-31",
            "vs": "2026-02-01..2026-02-28",
        },
    ),
    (
        "this month vs last month revenue",
        {"show": "revenue", "time": "2026-10-01..2026-10-15", "vs": "2026-09-01..2026-09-15"},
    ),
    (
        "last 7 days vs previous 7 days spend",
        {"show": "spend", "time": "2026-10-09..2026-10-15", "vs": "2026-10-02..2026-10-08"},
    ),
    (
        "spend week over week",
        {"show": "spend", "time": "2026-10-05..2026-10-11", "vs": "2026-09-28..2026-10-04"},
    ),
    (
        "revenue year over year by platform",
        {
            "show": "revenue",
            "by": "platform",
            "time": "2026-01-01..2026-10-15",
            "vs": "2025-01-01..2025-10-15",
        },
    ),
    (
        "how did revenue change from August to September?",
        {"show": "revenue", "time": "2026-09-01..2026-09-30", "vs": "2026-08-01..2026-08-31"},
    ),
    (
        "which campaigns lost the most conversions vs last month",
        {
            "show": "conversions",
            "by": "campaign_name",
            "time": "2026-10-01..2026-10-15",
            "vs": "2026-09-01..2026-09-15",
            "sort": "conversions.change asc",
        },
    ),
    (
        "campaigns whose spend dropped by at least 15% month over month",
        {
            "show": "spend",
            "by": "campaign_name",
            "having": ["spend.change_pct <= -0.15"],
            "time": "2026-09-01..2026-09-30",
            "vs": "2026-08-01..2026-08-31",
        },
    ),
    (
        "which campaigns have increasing spend but decreasing ROAS?",
        {
            "show": "spend roas",
            "by": "campaign_name",
            "having": ["spend.change > 0", "roas.change < 0"],
            "time": "2026-09-16..2026-10-15",
            "vs": "2026-08-17..2026-09-15",
        },
    ),
]

WORDING = [
    ("average cpc on LinkedIn", {"show": "cpc", "where": ["platform = LinkedIn"]}),
    ("clicks per impression", {"show": "ctr"}),
    ("conversons by devise", {"show": "conversions", "by": "device"}),
    ("SPEND BY PLATFORM!!!", {"show": "spend", "by": "platform"}),
    (
        "please could you kindly show me the spend by platform, thanks",
        {"show": "spend", "by": "platform"},
    ),
]


@pytest.mark.parametrize(
    ("question", "wanted"),
    MEASURES_AND_BREAKDOWNS
    + VALUES
    + COUNTS_AND_LISTS
    + THRESHOLDS
    + RANKINGS
    + SHARES
    + TIME_BUCKETS
    + COMPARISONS
    + WORDING,
)
def test_the_question_becomes_the_plan(question, wanted):
    found = interpret(question, ADS, today=dt.date(2026, 11, 1))
    assert found.refusal is None
    plan = parts(found.interpretations[0].plan)
    assert {key: plan.get(key) for key in wanted} == wanted
    assert {key for key in plan if key != "sort"} <= set(wanted)
