"""Averages over days and things are totals divided by how many there are."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.tables import ADS, SHOP

TODAY = dt.date(2026, 11, 1)
DIVIDED = [
    # the question, the column that is added up, what it is divided by, the breakdown
    (ADS, "avg spend per day last month", "sum(spend)", "day", ()),
    (ADS, "average daily spend by platform", "sum(spend)", "day", ("platform",)),
    (ADS, "average weekly conversions", "sum(conversions)", "week", ()),
    (ADS, "clicks per day on average", "sum(clicks)", "day", ()),
    (ADS, "average spend of Meta campaigns", "sum(spend)", "campaign_name", ()),
    (ADS, "average clicks of campaigns by device", "sum(clicks)", "campaign_name", ("device",)),
    (ADS, "clicks per $100 spent", "sum(clicks)", "spend", ()),
    (ADS, "average spend per campaign in august", "sum(spend)", "campaign_name", ()),
    (ADS, "сколько в среднем тратим в день", "sum(spend)", "day", ()),
    (ADS, "средний расход в день по платформам", "sum(spend)", "day", ("platform",)),
    (SHOP, "average amount per day by country", "sum(amount)", "day", ("country",)),
]


@pytest.mark.parametrize(("data", "question", "total", "per", "by"), DIVIDED)
def test_a_total_is_divided(data, question, total, per, by):
    (reading, *_) = interpret(question, data, today=TODAY).interpretations
    (made,) = reading.plan.ad_hoc
    assert f"{made.aggregation}({made.column})" == total
    assert made.per == per
    assert reading.plan.dimensions == by
    assert reading.plan.grain is None
    divided = {"en": "divided by", "ru": "делённое на"}[reading.plan.language]
    assert any(divided in note for note in reading.assumptions)


@pytest.mark.parametrize("question", ["spend per campaign", "spend per day", "average CPC by day"])
def test_a_breakdown_stays_a_breakdown(question):
    (reading, *_) = interpret(question, ADS, today=TODAY).interpretations
    assert reading.plan.ad_hoc == ()
    assert reading.plan.dimensions or reading.plan.grain
