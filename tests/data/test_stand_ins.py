"""What an ad table pays, earns and sells under names of its own; and where nobody can tell."""

from __future__ import annotations

import pytest

from src.data.semantic import Table
from tests.data.reading import model_of

HOTELS = """day,partner,clicks,ad_cost_eur,bookings,booking_value_eur,cancelled_bookings
2026-01-01,Kayak,100,20.5,4,800.0,1
2026-01-02,Trivago,200,35.25,6,990.0,0
"""


def _ratio(table: Table, name: str) -> tuple[str | None, str | None]:
    metric = table.metric(name)
    assert metric is not None
    return metric.numerator, metric.denominator


def test_ratios_are_made_of_the_only_columns_that_can_be_meant() -> None:
    table = model_of(HOTELS)
    assert _ratio(table, "roas") == ("booking_value_eur", "ad_cost_eur")
    assert _ratio(table, "cpa") == ("ad_cost_eur", "bookings")
    assert _ratio(table, "cvr") == ("bookings", "clicks")
    assert _ratio(table, "aov") == ("booking_value_eur", "bookings")


def test_a_stand_in_keeps_its_name_and_is_asked_for_by_the_usual_words() -> None:
    table = model_of(HOTELS)
    metric = table.metric("booking_value_eur")
    assert metric is not None
    assert metric.label == "Booking value eur"
    assert "revenue" in metric.synonyms
    column = table.column("booking_value_eur")
    assert column is not None
    assert column.concept is None


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        # two amounts: neither is guessed
        ("clicks,cost,room_sales_value,breakfast_sales_value", "roas"),
        # what was given back is no revenue, what was cancelled no order
        ("clicks,cost,refund_value,cancelled_bookings", "roas"),
        ("clicks,cost,refund_value,cancelled_bookings", "cpa"),
        # a table without traffic is not about ads
        ("shelf,cost,booking_value,bookings", "roas"),
    ],
)
def test_what_may_be_something_else_is_not_guessed(header: str, missing: str) -> None:
    table = model_of(
        f"day,city,{header}\n2026-01-01,Riga,100,20.5,40,9\n2026-01-02,Oslo,1,2.5,3,4\n"
    )
    assert table.metric(missing) is None


def test_russian_headers() -> None:
    table = model_of(
        "Дата;Источник;Клики;Рекламные затраты;Оплаты, руб\n"
        "01.02.2026;Авито;10;100,5;900,25\n02.02.2026;SEO;20;0,0;800,5\n"
    )
    assert table.metric("roas") is not None
    assert table.metric("cpc") is not None
