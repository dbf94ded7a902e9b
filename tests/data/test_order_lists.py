"""Lists of orders as shops export them: revenue, orders, customers and the average order value."""

from __future__ import annotations

import pytest

from src.data.semantic import Aggregation
from tests.data.reading import model_of, plan_of

SHOP = """Order name,Created at,Customer email,Country,{amount},Discount amount,Shipping,Refunded
#1001,2026-01-01 10:00:15 +0000,ann@example.com,FR,143.44,0.0,4.95,0
#1002,2026-01-01 11:00:15 +0000,bob@example.com,FR,16.98,1.34,0,16.98
#1003,2026-01-02 11:30:15 +0000,ann@example.com,DE,50.00,0.0,0,0
"""
LINES = """order id,day,sku,{amount}
1,2026-01-01,A1,10.5
1,2026-01-01,B2,10.5
2,2026-01-02,A1,7.0
"""


def _of(question: str, text: str) -> list[str]:
    """The columns that the metrics of the first reading are made of, or divided by."""
    plan, table = plan_of(question, text)
    made = {a.name: a.per or a.column for a in plan.ad_hoc}
    specs = [(name, table.metric(name)) for name in plan.metrics]
    return [str(spec.numerator if spec else made[name]) for name, spec in specs]


@pytest.mark.parametrize(
    "amount",
    ["Total", "Order total", "Total price", "Grand total", "Net sales", "Amount", "Сумма заказа",
     "Итого", "Total (EUR)"],
)  # fmt: skip
def test_the_amount_of_an_order_is_revenue_under_its_own_name(amount: str) -> None:
    text = SHOP.format(amount=amount)
    table = model_of(text)
    metric = next(m for m in table.metrics if m.numerator == amount)
    assert (metric.label, metric.aggregation) == (amount, Aggregation.SUM)
    assert _of("revenue by country", text) == [amount]
    assert _of("выручка по странам", text) == [amount]
    assert _of("AOV by country", text) == [amount]
    assert table.metric("aov") is not None


@pytest.mark.parametrize(
    "amount", ["Refund amount", "Discount total", "Tax amount", "Shipping amount", "Tip amount"]
)
def test_what_is_given_back_or_added_is_no_revenue(amount: str) -> None:
    table = model_of(SHOP.format(amount=amount))
    assert not any("revenue" in m.synonyms for m in table.metrics)
    assert table.metric("aov") is None


def test_of_a_total_and_net_sales_neither_is_guessed() -> None:
    text = SHOP.format(amount="Total").replace("Shipping", "Net sales")
    assert not any("revenue" in m.synonyms for m in model_of(text).metrics)


def test_rows_are_orders_where_each_has_one() -> None:
    table = model_of(SHOP.format(amount="Total"))
    rows = table.metric("row_count")
    assert rows is not None
    assert rows.label == "Orders"
    assert "заказы" in rows.synonyms


def test_an_order_of_several_rows_is_counted_once() -> None:
    table = model_of(LINES.format(amount="line amount"))
    orders = table.metric("orders")
    assert orders is not None
    assert (orders.aggregation, orders.numerator) == (Aggregation.COUNT_DISTINCT, "order id")


@pytest.mark.parametrize(("amount", "summed"), [("amount", True), ("order total", False)])
def test_the_total_of_an_order_is_not_added_up_over_its_lines(amount: str, summed: bool) -> None:
    table = model_of(LINES.format(amount=amount))
    assert any("revenue" in m.synonyms for m in table.metrics) is summed
    assert table.metric("aov") is None


@pytest.mark.parametrize("header", ["Customer email", "Email", "Customer ID", "Client", "Клиент"])
def test_customers_are_known_by_address_number_or_name(header: str) -> None:
    text = SHOP.format(amount="Total").replace("Customer email", header)
    column = model_of(text).column(header)
    assert column is not None
    assert column.concept in ("customer", "customer_id")
    assert _of("how many unique customers", text) == [header]
    assert _of("average revenue per customer", text) == [header]


def test_a_customer_of_an_ad_report_is_an_account() -> None:
    table = model_of("day,customer id,clicks,cost\n2026-01-01,11,5,1.5\n2026-01-02,12,6,2.5\n")
    column = table.column("customer id")
    assert column is not None
    assert column.concept == "account_id"


def test_figures_headed_email_are_no_customers() -> None:
    table = model_of("week,Email,Search\n2026-01-05,100,5\n2026-01-12,200,6\n")
    column = table.column("Email")
    assert column is not None
    assert column.concept is None


def test_a_name_such_as_1001_is_an_order() -> None:
    table = model_of(SHOP.format(amount="Total").replace("Order name", "Name"))
    assert table.metric("aov") is not None


def test_the_lines_of_an_order_may_be_without_its_total() -> None:
    text = LINES.format(amount="total").replace("B2,10.5", "B2,")
    metric = model_of(text).metric("aov")
    assert metric is not None
    assert (metric.aggregation, metric.numerator) == (Aggregation.AVERAGE, "total")
