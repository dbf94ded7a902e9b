"""Plurals that say what a measure is of, and plurals that are listed."""

from __future__ import annotations

import datetime as dt

import pytest

from src.data.profile import Dataset
from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.small_tables import BUYS, COUPONS, SLOTS
from tests.nl.tables import ADS

TODAY = dt.date(2026, 10, 15)


def breakdowns(question: str, data: Dataset = ADS) -> list[str]:
    """What each reading breaks down by, best first."""
    read = interpret(question, data, today=TODAY)
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


@pytest.mark.parametrize(
    ("question", "by"),
    [
        ("revenue of Harbor shows", ["", "show"]),
        ("revenue of Harbor shows by month", ["month"]),
        ("revenue by show", ["show"]),
    ],
)
def test_a_value_before_the_things_narrows_them_to_one_figure_first(
    question: str, by: list[str]
) -> None:
    assert breakdowns(question, SLOTS) == by


@pytest.mark.parametrize(
    ("data", "question", "by"),
    [
        (BUYS, "wins by creative sizes", "creative_size"),
        (BUYS, "top 2 creative sizes by wins", "creative_size"),
        (SLOTS, "revenue by movies", "movie"),
        (SLOTS, "which movies had the most orders", "movie"),
    ],
)
def test_a_plural_is_the_column_of_its_singular(data: Dataset, question: str, by: str) -> None:
    assert breakdowns(question, data) == [by]


def test_a_participle_before_the_thing_names_the_measure_and_no_breakdown() -> None:
    for question, measure in (
        ("redeemed coupons by store", "coupons_redeemed"),
        ("issued coupons by store", "coupons_issued"),
    ):
        (reading,) = interpret(question, COUPONS, today=TODAY).interpretations
        assert reading.plan is not None
        assert parts(reading.plan)["show"] == measure
        assert parts(reading.plan)["by"] == "store"
