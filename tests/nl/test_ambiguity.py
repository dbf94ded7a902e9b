"""One clear reading gives one interpretation; a vague word one per sense; never more than five."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.tables import ADS, SENSORS, SHOP

TODAY = dt.date(2026, 11, 1)

SENSES = [
    (ADS, "Show me high performing campaigns", "roas conversions revenue cpa ctr"),
    (ADS, "which campaigns are doing well?", "roas conversions revenue cpa ctr"),
    (ADS, "best campaigns", "roas conversions revenue cpa ctr"),
    (ADS, "underperforming platforms", "roas conversions revenue cpa ctr"),
    (ADS, "most expensive campaigns", "cpa cpc cpm spend cac"),
    (ADS, "most efficient platforms", "roas cpa cpc cvr ctr"),
    (ADS, "biggest campaigns", "spend revenue conversions impressions clicks"),
    (SHOP, "best products", "orders quantity amount shipping_cost"),
]


@pytest.mark.parametrize(("data", "question", "measures"), SENSES)
def test_a_vague_word_has_one_reading_per_sense(data, question, measures):
    found = interpret(question, data, today=TODAY).interpretations
    assert [i.plan.metrics[0] for i in found] == measures.split()
    assert len({i.text for i in found}) == len(found)


@pytest.mark.parametrize(
    ("question", "descending"),
    [("best campaigns", False), ("underperforming campaigns", True), ("cheapest campaigns", False)],
)
def test_good_is_low_for_a_cost(question, descending):
    found = interpret(question, ADS, today=TODAY).interpretations
    by_cpa = next(i for i in found if i.plan.metrics == ("cpa",))
    assert by_cpa.plan.order[0].descending is descending


def test_recently_offers_several_periods():
    found = interpret("spend by platform recently", ADS, today=TODAY).interpretations
    assert [(i.plan.time.end - i.plan.time.start).days + 1 for i in found] == [30, 7, 90]


def test_words_of_several_values_offer_them_together_and_one_by_one():
    found = interpret("wireless sales", SHOP, today=TODAY).interpretations
    shown = [(f.op, f.values) for i in found for f in i.plan.filters]
    assert shown == [
        ("contains", ("wireless",)),
        ("=", ("Wireless Mouse",)),
        ("=", ("Wireless Keyboard",)),
    ]


def test_a_word_that_is_a_value_of_two_columns_has_two_readings():
    found = interpret("spend on decision makers", ADS, today=TODAY).interpretations
    assert found[0].plan.filters[0].values == ("Decision Makers",)


@pytest.mark.parametrize(
    "question",
    [
        "spend by platform", "top 5 campaigns by revenue last month", "Meta ROAS in Q3 2025",
        "which campaigns had ROAS above 3 and spend over $10,000 in the last 30 days?",
    ],
)  # fmt: skip
def test_a_clear_question_has_one_reading_that_is_believed(question):
    (only,) = interpret(question, ADS, today=TODAY).interpretations
    assert only.confidence > 0.85


def test_a_typo_is_said_and_believed_less():
    clear = interpret("conversions by platform", ADS, today=TODAY).interpretations[0]
    (typo,) = interpret("convresions by platform", ADS, today=TODAY).interpretations
    assert typo.plan == clear.plan
    assert typo.confidence < clear.confidence
    assert any("convresions" in note for note in typo.assumptions)


def test_relative_days_count_from_the_last_day_in_the_data_and_say_so():
    (only,) = interpret("energy yesterday", SENSORS, today=TODAY).interpretations
    assert str(only.plan.time.start) == "2026-06-29"
    assert any("30 Jun 2026, the last day in the data" in note for note in only.assumptions)
