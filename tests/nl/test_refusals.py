"""What the data cannot answer is refused with the reason and questions that can be asked."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.tables import ADS, SENSORS, SHOP

TODAY = dt.date(2026, 11, 1)
REFUSED = [
    # the measure does not exist, however many of its words do
    (ADS, "impression share lost to rank", "missing_column"),
    (ADS, "profit margin by SKU", "missing_column"),
    (ADS, "quality score by keyword", "missing_column"),
    (ADS, "conversions per dollar", "missing_column"),
    (ADS, "conversions per $", "missing_column"),
    (ADS, "unique clicks by platform", "missing_column"),
    (ADS, "уникальные клики по платформам", "missing_column"),
    (ADS, "revenue from new customers by platform", "missing_column"),
    (ADS, "spend by age group", "missing_column"),
    (ADS, "top 10 ads by clicks", "missing_column"),
    (ADS, "campaigns with more clicks than revenue", "missing_column"),
    (ADS, "how many active campaigns", "missing_column"),
    (SHOP, "return rate by product", "missing_column"),
    (SHOP, "top 10 customers by sales", "missing_column"),
    (SENSORS, "air quality by building", "missing_column"),
    (SENSORS, "rooms with humidity over 60%", "missing_column"),
    # the value does not exist
    (ADS, "spend on Pinterest", "missing_value"),
    (SHOP, "sales in Narnia", "missing_value"),
    (ADS, "spend in the US by platform", "missing_value"),
    (ADS, "spend in the us", "missing_column"),
    (ADS, "US spend", "missing_column"),
    (ADS, "spend in IT", "missing_value"),
    (ADS, "clicks from AM by month", "missing_value"),
    (ADS, "Snapchat spend", "missing_column"),
    (ADS, "Snapchat ads cost", "missing_column"),
    (ADS, "how many mobile users", "missing_column"),
    # the period lies outside the data
    (ADS, "spend in 2019", "missing_period"),
    (ADS, "clicks in March 2031", "missing_period"),
    (SHOP, "sales in 2024 by month", "missing_period"),
    # not a question that sums and counts can answer
    (ADS, "why did ROAS drop last week", "unsupported"),
    (ADS, "forecast spend for next month", "unsupported"),
    (ADS, "what if I doubled my budget on Meta?", "unsupported"),
    (ADS, "should I scale TikTok?", "unsupported"),
    (ADS, "detect anomalies in daily spend", "unsupported"),
    (ADS, "correlation between spend and revenue", "unsupported"),
    (ADS, "the campaign with the highest CTR and the one with the lowest", "unsupported"),
    (ADS, "ROAS above 3 or Meta by campaign", "unsupported"),
    (ADS, "spend for Meta or mobile and Europe", "unsupported"),
    (ADS, "campaigns with spend over 20%", "unsupported"),
    (ADS, "top 3 platforms and top 3 campaigns by spend", "unsupported"),
    (ADS, "spend by platform and device, top 2 platforms only", "unsupported"),
    (ADS, "best month for revenue and which device spent the most?", "unsupported"),
    (ADS, "delete the campaign with the lowest CTR", "unsupported"),
    # nothing to read
    (ADS, "", "empty"),
    (ADS, "  \n\t ", "empty"),
    (ADS, "?!...", "not_a_question"),
    (ADS, "😀😀😀", "not_a_question"),
    (ADS, "hello", "not_a_question"),
    (ADS, "asdf qwer zxcv", "missing_column"),
    (ADS, "DROP TABLE campaigns;", "not_a_question"),
    (ADS, "'; DELETE FROM users; --", "not_a_question"),
    (ADS, "SELECT * FROM campaigns", "not_a_question"),
    (ADS, "spend " * 2000, "too_long"),
]


@pytest.mark.parametrize(("data", "question", "kind"), REFUSED)
def test_it_is_refused_with_what_can_be_asked_instead(data, question, kind):
    found = interpret(question, data, today=TODAY)
    assert found.interpretations == ()
    assert found.refusal.kind == kind
    assert found.refusal.reason
    assert found.refusal.nearest
    for nearest in found.refusal.nearest:
        assert interpret(nearest, data, today=TODAY).interpretations


@pytest.mark.parametrize(
    ("question", "without"),
    [
        ("which network guzzled the highest spend", "which network the highest spend"),
        ("hey, spend by platform, you numpty!", "hey, spend by platform, you!"),
        ("сколько денег слопал tiktok в мае 2026", "сколько денег tiktok в мае 2026"),
    ],
)
def test_a_question_that_is_whole_without_a_word_is_offered_without_it(question, without):
    assert interpret(question, ADS, today=TODAY).refusal.nearest[0] == without


@pytest.mark.parametrize(
    ("question", "not_offered"),
    [
        ("split conversions by gender", "conversions by"),
        ("refund rate per platform", "per platform"),
        ("how many push notifications went out in august", "how many"),
        ("campaigns near 11k in spend", "campaigns in spend"),
        ("share of walk-in conversions", "-in conversions"),
    ],
)
def test_no_question_is_offered_without_its_subject_breakdown_or_bound(question, not_offered):
    nearest = interpret(question, ADS, today=TODAY).refusal.nearest
    assert not [one for one in nearest if not_offered in one]


def test_the_words_that_are_missing_are_named():
    found = interpret("profit margin by SKU", ADS, today=TODAY)
    assert found.refusal.missing == ("profit margin", "SKU")
    assert found.not_understood == ("profit margin", "SKU")


def test_a_period_outside_the_data_names_the_range_that_exists():
    reason = interpret("spend in 2019", ADS, today=TODAY).refusal.reason
    assert "16 Oct 2024" in reason
    assert "15 Oct 2026" in reason


def test_a_period_that_the_data_covers_in_part_says_so():
    (only,) = interpret("spend in 2024", ADS, today=TODAY).interpretations
    assert any("starts on 16 Oct 2024" in note for note in only.assumptions)


@pytest.mark.parametrize(
    "question",
    [
        "share of lost impressions by campaign", "lost impressions by platform",
        "impressions lost by campaign", "campaigns with lost impressions",
        "доля потерянных показов по кампаниям", "кампании с потерянными показами",
    ],
)  # fmt: skip
def test_what_was_lost_is_no_fall_of_what_was_had(question: str) -> None:
    read = interpret(question, ADS, today=TODAY)
    assert read.refusal is not None and read.refusal.kind == "missing_column"


@pytest.mark.parametrize(
    "question",
    ["which campaigns lost clicks in September?", "how many clicks did Meta lose in May"],
)
def test_what_somebody_loses_is_a_fall(question: str) -> None:
    read = interpret(question, ADS, today=TODAY)
    assert read.refusal is None
    plan = read.interpretations[0].plan
    assert plan is not None and plan.comparison is not None


@pytest.mark.parametrize(
    ("question", "offered"),
    [
        ("cost per lead by platform", "CPA"),
        ("impression share lost to rank", "Impressions"),
        ("прибыль по площадкам", "Выручка"),
    ],
)
def test_what_tells_much_of_the_same_is_offered(question: str, offered: str) -> None:
    refusal = interpret(question, ADS, today=TODAY).refusal
    assert refusal is not None
    assert offered in refusal.nearest[0]
