"""Questions to a table of web shop orders, and the plans they must become."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.tables import SHOP

QUESTIONS = [
    ("orders by country", {"show": "orders", "by": "country"}),
    (
        "how many orders were returned last month",
        {"show": "orders", "where": ["status = returned"], "time": "2025-11-01..2025-11-30"},
    ),
    (
        "cancelled orders in december",
        {"show": "orders", "where": ["status = cancelled"], "time": "2025-12-01..2025-12-31"},
    ),
    ("sales in Germany", {"show": "amount", "where": ["country = DE"]}),
    ("sales in US", {"show": "amount", "where": ["country = US"]}),
    ("sales in us", {"show": "amount", "where": ["country = US"]}),
    ("give us the sales in Italy", {"show": "amount", "where": ["country = IT"]}),
    (
        "home and garden sales by month",
        {"show": "amount", "grain": "month", "where": ["product_category = Home & Garden"]},
    ),
    (
        "revenue by category and month",
        {"show": "amount", "by": "product_category", "grain": "month"},
    ),
    (
        "top 5 products by sales",
        {"show": "amount", "by": "product_name", "top": 5, "sort": "amount desc"},
    ),
    ("best selling products", {"show": "quantity", "by": "product_name"}),
    ("VIP customers revenue", {"show": "amount", "where": ["customer_segment = VIP"]}),
    (
        "new vs returning customers by revenue",
        {
            "show": "amount",
            "by": "customer_segment",
            "where": ["customer_segment in New, Returning"],
        },
    ),
    (
        "share of orders paid by PayPal",
        {"show": "orders", "by": "payment_method", "share": True, "sort": "orders.share desc"},
    ),
    ("orders with amount over 100", {"show": "orders", "where": ["amount > 100"]}),
    ("orders with quantity of at least 3", {"show": "orders", "where": ["quantity >= 3"]}),
    ("highest order amount", {"show": "maximum(amount)"}),
    ("max shipping cost per country", {"show": "maximum(shipping_cost)", "by": "country"}),
    ("average discount by payment method", {"show": "average(discount)", "by": "payment_method"}),
    (
        "sales by quarter 2025",
        {"show": "amount", "grain": "quarter", "time": "2025-01-01..2025-12-31"},
    ),
    (
        "which products sell best in France?",
        {"show": "quantity", "by": "product_name", "where": ["country = FR"]},
    ),
    ("amount for order A-1005", {"show": "amount", "where": ["order_id = A-1005"]}),
]


@pytest.mark.parametrize(("question", "wanted"), QUESTIONS)
def test_the_question_becomes_the_plan(question, wanted):
    found = interpret(question, SHOP, today=dt.date(2026, 11, 1))
    assert found.refusal is None
    plan = parts(found.interpretations[0].plan)
    assert {key: plan.get(key) for key in wanted} == wanted
    assert {key for key in plan if key != "sort"} <= set(wanted)
