"""The value of orders is their amount, never their number."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.tables import SHOP

TODAY = dt.date(2026, 11, 1)


def read(question):
    return interpret(question, SHOP, today=TODAY)


@pytest.mark.parametrize(
    "question",
    ["value of orders by month", "total order value by month", "cumulative order value by month"],
)
def test_it_is_added_up(question):
    (reading,) = read(question).interpretations
    assert reading.plan.metrics == ("amount",)


def test_alone_it_may_be_that_of_each():
    refusal = read("order value by month").refusal
    assert refusal is not None
    assert "total" in refusal.reason
    assert "average" in refusal.reason
