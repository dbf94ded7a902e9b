"""Quotients that a table does not name: per thousand, per coin of money, rates by usual names."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.profile import Dataset
from src.query_engine.compiler import compile_plan
from src.query_engine.drafts import Interpretation
from src.query_engine.explain_plan import explain_plan
from src.query_engine.nl.engine import interpret
from tests.nl.small_tables import BUYS, COUPONS, MAILINGS, SLOTS
from tests.nl.tables import ADS

TODAY = dt.date(2026, 11, 1)


def read(question: str, data: Dataset) -> Interpretation:
    (reading,) = interpret(question, data, today=TODAY).interpretations
    return reading


def sql_of(question: str, data: Dataset) -> str:
    compiled = compile_plan(read(question, data).plan, data.model, "duckdb", profile=data.profile)
    return " ".join(compiled.sql.replace('"', "").split())


PER_THOUSAND = [
    (SLOTS, "orders per thousand downloads by network", "orders", "downloads_30d"),
    (SLOTS, "orders per 1000 downloads", "orders", "downloads_30d"),
    (BUYS, "spend per thousand clicks by exchange", "media_cost", "clicks"),
    (BUYS, "bids per thousand wins", "bids", "wins"),
    (ADS, "conversions per 1,000 impressions by platform", "conversions", "impressions"),
]


@pytest.mark.parametrize(("data", "question", "top", "bottom"), PER_THOUSAND)
def test_per_thousand_multiplies_and_says_so(data, question, top, bottom):
    reading = read(question, data)
    (made,) = reading.plan.ad_hoc
    assert (made.column, made.per, made.scale) == (top, bottom, 1000)
    assert f"SUM({top}) / NULLIF(SUM({bottom}), 0) * 1000 AS" in sql_of(question, data)
    assert any(note.endswith("times 1000") for note in reading.assumptions)
    explained = explain_plan(reading.plan, data.model)
    assert any(f"divided by total {bottom} times 1,000;" in line for line in explained)


@pytest.fixture(scope="module")
def engine():
    with duckdb.connect() as db:
        yield db, sql_of("orders per thousand downloads", SLOTS)


@settings(max_examples=30)
@given(
    rows=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 90_000)), min_size=1, max_size=8)
)
def test_per_thousand_is_a_thousand_times_the_quotient_of_the_sums(engine, rows):
    db, asked = engine
    values = ", ".join(f"({orders}, {downloads})" for orders, downloads in rows)
    db.execute(f"CREATE OR REPLACE VIEW slots (orders, downloads_30d) AS VALUES {values}")
    found = db.execute(asked).fetchall()
    orders, downloads = (sum(column) for column in zip(*rows, strict=True))
    assert found == [(pytest.approx(1000 * orders / downloads) if downloads else None,)]


def test_a_cost_per_thousand_that_the_model_names_is_its_own():
    assert read("spend per thousand impressions", ADS).plan.metrics == ("cpm",)


def test_clicks_per_thousand_impressions_are_no_click_rate():
    assert read("clicks per thousand impressions", ADS).plan.metrics != ("ctr",)


def test_per_million_is_refused_and_not_taken_for_per_one():
    assert (
        "million" in interpret("clicks per million impressions", BUYS, today=TODAY).refusal.missing
    )


PER_COIN = [
    (COUPONS, "basket value per euro of print cost by store", "basket_value", "print_cost"),
    (COUPONS, "items per euro spent on print cost", "items", "print_cost"),
    (COUPONS, "basket value per dollar print cost", "basket_value", "print_cost"),
    (BUYS, "clicks per pound of media cost", "clicks", "media_cost"),
]


@pytest.mark.parametrize(("data", "question", "top", "bottom"), PER_COIN)
def test_per_coin_of_a_cost_divides_by_the_cost(data, question, top, bottom):
    sql = sql_of(question, data)
    assert f"SUM({top}) / NULLIF(SUM({bottom}), 0) AS" in sql
    assert "1000" not in sql


def test_per_coin_takes_the_ratio_that_the_model_names():
    assert read("revenue per dollar of spend", ADS).plan.metrics == ("roas",)


def test_a_count_has_no_coins():
    refusal = interpret("basket value per euro of items", COUPONS, today=TODAY).refusal
    assert refusal is not None


NAMED = [
    (BUYS, "eCPM by exchange", "SUM(media_cost) / NULLIF(SUM(impressions), 0) * 1000", "eCPM"),
    (BUYS, "vCPM", "SUM(media_cost) / NULLIF(SUM(viewable_impressions), 0) * 1000", "vCPM"),
    (BUYS, "win rate by exchange", "SUM(wins) / NULLIF(SUM(bids), 0)", "Win rate"),
    (COUPONS, "redemption rate by store",
     "SUM(coupons_redeemed) / NULLIF(SUM(coupons_issued), 0)", "Redemption rate"),
    (MAILINGS, "доля доставленных по каналам", "SUM(Доставлено) / NULLIF(SUM(Отправлено), 0)",
     "Доля доставленных"),
    (MAILINGS, "доля открытых", "SUM(Открыто) / NULLIF(SUM(Доставлено), 0)", "Доля открытых"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "question", "wanted", "label"), NAMED)
def test_a_rate_is_known_by_its_usual_name(data, question, wanted, label):
    assert f"{wanted} AS" in sql_of(question, data)
    assert [made.label for made in read(question, data).plan.ad_hoc] == [label]


@pytest.mark.parametrize(
    ("data", "question"),
    [(BUYS, "redemption rate by exchange"), (COUPONS, "win rate by store"), (SLOTS, "eCPM")],
)
def test_a_rate_whose_measures_are_absent_is_refused(data, question):
    assert interpret(question, data, today=TODAY).refusal.kind == "missing_column"
