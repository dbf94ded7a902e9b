"""Lists as people upload them: orders with gaps and a row each, and results of several types."""

from __future__ import annotations

import datetime as dt
from contextlib import closing

import pytest

from src.config.settings import get_settings
from src.query_engine.nl.engine import interpret
from src.workflow.sources import open_source
from tests.nl.parts import parts

TODAY = dt.date(2026, 11, 1)
COUNTRIES, MEDIUMS, PAYMENTS = ("US", "GB", "IE"), ("paid_social", "email", ""), ("Klarna", "Card")
TYPES, CAMPAIGNS = ("Purchases", "Leads"), ("UK Prospecting", "UK Retargeting", "Brand")


@pytest.fixture(scope="module")
def uploaded(tmp_path_factory):
    """Data sets by name, read as uploads are."""
    home = tmp_path_factory.mktemp("uploads")
    orders = ["order_no,created,country,utm_medium,payment,segment,owner,discount_code,"
              "discount_amount,amount"]  # fmt: skip
    results = ["campaign,result_type,results,add_to_cart,spend"]
    for i in range(120):
        day = dt.date(2026, 6, 1) + dt.timedelta(i)
        orders.append(
            f"A-{1000 + i},{day},{COUNTRIES[i % 3]},{MEDIUMS[i % 3]},{PAYMENTS[i % 2]},"
            f"{('VIP', 'New')[i % 2]},{('Ann', 'Bo', '')[i % 3]},{('SAVE5', '')[i % 2]},"
            f"{i % 7}.5,{20 + i}.25"
        )
        results.append(f"{CAMPAIGNS[i % 3]},{TYPES[i % 2]},{5 + i % 9},{9 + i % 11},{40 + i}.10")
    (home / "orders.csv").write_text("\n".join(orders), "utf-8")
    (home / "results.csv").write_text("\n".join(results), "utf-8")
    settings = get_settings().model_copy(update={"campaign_analyst_home": home / "home"})
    data = {}
    for name in ("orders", "results"):
        path = home / f"{name}.csv"
        with closing(open_source(settings, "tester", data=[path], database_url=None)) as warehouse:
            data[name] = warehouse.dataset()
    return data


READ = [
    # the list, the question, what the first reading holds
    ("orders", "amount in the us", {"where": ["country = US"]}),
    ("orders", "us amount by month", {"where": ["country = US"], "grain": "month"}),
    ("orders", "how many orders were paid by klarna", {"where": ["payment = Klarna"]}),
    ("orders", "how many orders had no utm medium", {"where": ["utm_medium is null "]}),
    ("orders", "discount as % of amount by country", {"by": "country"}),
    ("orders", "amount by country, best first", {"down": True}),
    ("orders", "amount by country, worst first", {"down": False}),
    ("results", "purchases by campaign", {"where": ["result_type = Purchases"]}),
    ("results", "top 2 campaigns by purchases",
     {"where": ["result_type = Purchases"], "by": "campaign"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "question", "wanted"), READ)
def test_what_is_said_is_read(name, question, wanted, uploaded):
    (reading, *_) = interpret(question, uploaded[name], today=TODAY).interpretations
    found = parts(reading.plan) | {"down": reading.plan.order and reading.plan.order[0].descending}
    assert {key: found.get(key) for key in wanted} == wanted


def test_results_of_a_type_are_counted(uploaded):
    (reading, *_) = interpret(
        "purchases by campaign", uploaded["results"], today=TODAY
    ).interpretations
    spec = uploaded["results"].model.tables[0].metric(reading.plan.metrics[0])
    assert spec.numerator == "results"


def test_a_value_is_not_divided_as_a_measure(uploaded):
    found = interpret("purchases per add to cart by campaign", uploaded["results"], today=TODAY)
    assert found.interpretations == ()


def test_groups_without_a_value_are_those_where_it_has_no_part(uploaded):
    question = "which owners had no vip orders in July 2026"
    (reading, *_) = interpret(question, uploaded["orders"], today=TODAY).interpretations
    (made,) = reading.plan.ad_hoc
    assert (made.aggregation, made.part[0].column, made.part[0].values) == (
        "count_rows", "segment", ("VIP",),
    )  # fmt: skip
    assert [(h.metric, h.op, h.values) for h in reading.plan.having] == [(made.name, "=", (0.0,))]
    assert reading.plan.dimensions == ("owner",)
    assert reading.plan.filters == ()


@pytest.mark.parametrize(
    "question", ["amount by country without VIP orders", "amount by country without VIP amount"]
)
def test_rows_without_a_value_are_left_out_of_a_measure(question, uploaded):
    (reading, *_) = interpret(question, uploaded["orders"], today=TODAY).interpretations
    found = parts(reading.plan)
    assert (found["where"], found["by"]) == (["segment != VIP"], "country")
    assert "having" not in found


def test_a_row_each_is_averaged_and_shared_by_rows(uploaded):
    (average, *_) = interpret(
        "average amount per order", uploaded["orders"], today=TODAY
    ).interpretations
    assert average.plan.dimensions == ()
    (share, *_) = interpret(
        "% of orders by payment", uploaded["orders"], today=TODAY
    ).interpretations
    assert share.plan.share_of_total
    assert share.plan.dimensions == ("payment",)


def test_russian_rankings_say_their_direction(uploaded):
    question = "amount по country, от худшей к лучшей"
    (reading, *_) = interpret(question, uploaded["orders"], today=TODAY).interpretations
    assert not reading.plan.order[0].descending
