"""Plurals that say what a measure is of, and plurals that are listed."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.tables import ADS

TODAY = dt.date(2026, 10, 15)


def breakdowns(question: str) -> list[str]:
    """What each reading breaks down by, best first."""
    read = interpret(question, ADS, today=TODAY)
    assert read.refusal is None, read.refusal
    plans = [parts(r.plan) for r in read.interpretations if r.plan is not None]
    return [" ".join(str(p[k]) for k in ("grain", "by") if k in p) for p in plans]


@pytest.mark.parametrize(
    ("question", "by"),
    [
        ("what was the ROAS of Meta campaigns in September by device?", "device"),
        ("spend of our campaigns by month", "month"),
        ("clicks of all campaigns by region", "region"),
        ("weekly spend for TikTok campaigns", "week"),
        ("spend by platform for our campaigns", "platform"),
        ("compare ROAS of Meta and TikTok campaigns", "platform"),
        ("did TikTok campaigns get more conversions than Meta campaigns in Q3?", "platform"),
    ],
)
def test_things_that_a_measure_is_of_are_no_second_breakdown(question: str, by: str) -> None:
    assert breakdowns(question) == [by]


@pytest.mark.parametrize(
    "question",
    [
        "How much did TikTok campaigns spend in August 2026?",
        "how many conversions did our campaigns bring last month",
        "CTR of Google Ads campaigns on mobile",
        "total impressions across all campaigns in September",
    ],
)
def test_one_figure_comes_before_the_list_of_the_things(question: str) -> None:
    assert breakdowns(question) == ["", "campaign_name"]


@pytest.mark.parametrize(
    "question",
    [
        "Meta campaigns by ROAS", "list TikTok campaigns and their CPA",
        "which Meta campaigns had the highest CPA?", "show Meta campaigns with spend",
        "spend for each Meta campaign", "top 3 campaigns by clicks",
        "campaigns with ROAS above 3 and spend over $10,000",
    ],
)  # fmt: skip
def test_things_that_are_asked_for_are_listed(question: str) -> None:
    assert breakdowns(question)[0] == "campaign_name"


def test_things_beside_another_breakdown_are_one_too() -> None:
    assert breakdowns("clicks for campaigns and devices")[0] in (
        "campaign_name device",
        "device campaign_name",
    )
