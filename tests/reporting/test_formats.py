"""How values read, by unit, currency and locale. `_` stands for a no-break space."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.query_engine.drafts import OutputColumn
from src.reporting.formats import (
    format_bucket,
    format_change,
    format_value,
    xlsx_number_format,
)

VALUES = [
    (12345.67, "currency", "USD", "en", "$12,345.67"),
    (12345.67, "currency", "RUB", "ru", "12_345,67_₽"),
    (12345.67, "currency", "RUB", "en", "RUB_12,345.67"),
    (-5.5, "currency", "USD", "en", "-$5.50"),
    (1234.5, "currency", "JPY", "en", "¥1,235"),
    (12345.67, "currency", None, "en", "12,345.67"),
    (Decimal("0.125"), "currency", "USD", "en", "$0.13"),
    (0.0046, "currency", "USD", "en", "$0.0046"),
    (Decimal("12345678901234567890.12"), "currency", "USD", "en", "$12,345,678,901,234,567,890.12"),
    (0.05, "ratio", None, "en", "5%"),
    (0.0216, "ratio", None, "en", "2.16%"),
    (0.0216, "ratio", None, "ru", "2,16_%"),
    (3.2, "multiple", None, "en", "3.20"),
    (3.2, "multiple", None, "ru", "3,20"),
    (15321, "count", None, "en", "15,321"),
    (15321, "count", None, "ru", "15_321"),
    (12.5, "count", None, "en", "12.5"),
    (0, "currency", "USD", "en", "$0.00"),
    (float("inf"), "number", None, "en", "∞"),
    (dt.date(2026, 11, 1), None, None, "en", "1 Nov 2026"),
    ("text", None, None, "en", "text"),
    (5, "number", None, "xx-unknown", "5"),
]


@pytest.mark.parametrize(("value", "unit", "currency", "locale", "text"), VALUES)
def test_values(value, unit, currency, locale, text):
    assert format_value(value, unit, currency, locale) == text.replace("_", "\u00a0")


@pytest.mark.parametrize("null", [None, float("nan"), pd.NA, pd.NaT, Decimal("NaN")])
@pytest.mark.parametrize("unit", ["currency", "ratio", "count", "multiple", "number", None])
def test_null_is_a_dash_and_never_zero(null, unit):
    assert format_value(null, unit, "USD") == "–"


@pytest.mark.parametrize(
    ("value", "unit", "locale", "text"),
    [
        (12345.67, "currency", "en", "$12.3K"),
        (1234567, "currency", "en", "$1.2M"),
        (500, "currency", "en", "$500"),
        (0.5, "currency", "en", "$0.50"),
        (15321, "count", "ru", "15,3\u00a0тыс."),
        (3.0, "multiple", "en", "3"),
    ],
)
def test_compact_forms(value, unit, locale, text):
    assert format_value(value, unit, "USD", locale, compact=True) == text


def test_changes_are_signed_and_ratios_change_by_points():
    assert format_change(12, "currency", "USD") == "+$12.00"
    assert format_change(-0.004, "ratio") == "-0.4\u00a0pp"
    assert format_change(0.004, "ratio", None, "ru") == "+0,4\u00a0п.п."


@pytest.mark.parametrize(
    ("grain", "text"),
    [("day", "1 Nov 2026"), ("month", "Nov 2026"), ("quarter", "Q4 2026"), ("year", "2026")],
)
def test_buckets_read_by_their_grain(grain, text):
    assert format_bucket("2026-11-01", grain) == text
    assert format_bucket(dt.datetime(2026, 11, 1, tzinfo=dt.UTC), grain) == text


def test_number_formats_of_workbooks():
    def column(unit: str, currency: str | None = None, kind: str = "metric") -> OutputColumn:
        return OutputColumn(name="x", label="x", kind=kind, unit=unit, currency=currency)

    assert xlsx_number_format(column("currency", "USD")) == '"$"#,##0.00'
    assert xlsx_number_format(column("currency", "RUB")) == '#,##0.00\u00a0"₽"'
    assert xlsx_number_format(column("count")) == "#,##0"
    assert xlsx_number_format(column("currency", "USD", "share")) == "0.00%"


@given(st.decimals(-(10**15), 10**15, places=2))
def test_money_keeps_every_cent(amount):
    text = format_value(amount, "currency", "USD")
    assert Decimal(text.replace("$", "").replace(",", "")) == amount
