""" "How many times": the rows, where each row is an event, and a refusal where rows are figures."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.small_tables import BUYS, COUPONS, SLOTS
from tests.nl.tables import SHOP

TODAY = dt.date(2026, 11, 1)
COUNTED = [
    (SLOTS, "How many times did we run mid-rolls in March?",
     {"where": ["slot = mid-roll"], "time": "2026-03-01..2026-03-31"}),
    (SLOTS, "how many times did Harbor run mid-rolls by month",
     {"where": ["network = Harbor", "slot = mid-roll"], "grain": "month"}),
    (SHOP, "how many times was PayPal used", {"where": ["payment_method = PayPal"]}),
]  # fmt: skip


@pytest.mark.parametrize(("data", "question", "wanted"), COUNTED)
def test_events_are_counted(data, question, wanted):
    (reading,) = interpret(question, data, today=TODAY).interpretations
    found = parts(reading.plan)
    assert found["show"] == "count_rows(*)"
    assert {key: found.get(key) for key in wanted} == wanted


REFUSED = [
    (BUYS, "how many times did we win on OpenX"),
    (COUPONS, "how many times was Pasta Duo redeemed in Ulm"),
    (SLOTS, "how many times did orders exceed 10"),
]


@pytest.mark.parametrize(("data", "question"), REFUSED)
def test_rows_of_daily_figures_are_no_events(data, question):
    found = interpret(question, data, today=TODAY)
    assert found.interpretations == ()
    assert found.refusal.kind == "unsupported"
    assert "how often something happened" in found.refusal.reason
