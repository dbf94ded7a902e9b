"""What analysts leave out or fold together: ellipses, judgements, rates, halves of the week."""

import datetime as dt

import pytest

from src.data.semantic import Role, Unit
from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.tables import ADS, column, dataset, total

TODAY = dt.date(2026, 11, 1)
MONEY = {"unit": Unit.CURRENCY}
_TABLE = ADS.model.tables[0]


def _table(name, columns, metrics, values, time="day"):
    table = _TABLE.model_copy(
        update={
            "name": name, "label": name, "columns": tuple(columns), "metrics": tuple(metrics),
            "time_column": time, "currency_column": None,
        }
    )  # fmt: skip
    return dataset(name, table, values, dt.date(2026, 1, 1), dt.date(2026, 9, 30))


MAIL = _table(
    "mail",
    [
        column("day", Role.TIME, "DATE"),
        column("flow", Role.DIMENSION),
        column("channel", Role.DIMENSION),
        *(column(n, Role.MEASURE, "BIGINT") for n in ("delivered", "opens", "unsubscribes")),
        column("planned_cost", Role.MEASURE, "DOUBLE"),
        column("actual_cost", Role.MEASURE, "DOUBLE"),
        column("orders", Role.MEASURE, "BIGINT"),
    ],
    [
        total("delivered"), total("opens"), total("unsubscribes"),
        total("planned_cost", **MONEY), total("actual_cost", **MONEY), total("orders"),
    ],
    {"flow": ["Welcome", "Winback"], "channel": ["Email", "SMS"]},
)  # fmt: skip
MARKETS = _table(
    "markets",
    [
        column("day", Role.TIME, "DATE"),
        column("market", Role.DIMENSION),
        column("currency", Role.DIMENSION, concept="currency"),
        column("cost", Role.MEASURE, "DOUBLE", concept="spend", **MONEY),
        column("clicks", Role.MEASURE, "BIGINT"),
    ],
    [total("cost", **MONEY), total("clicks")],
    {"market": ["Spain", "Poland"], "currency": ["EUR", "PLN"]},
)


def first(question, data=ADS):
    return parts(interpret(question, data, today=TODAY).interpretations[0].plan)


def refused(question, data=ADS):
    found = interpret(question, data, today=TODAY)
    assert found.interpretations == ()
    return found.refusal


@pytest.mark.parametrize(
    ("question", "top", "grain"),
    [
        ("best day for revenue in august", 1, "day"),
        ("highest revenue week in 2026", 1, "week"),
        ("weekday vs weekend conversions", None, "weekpart"),
        ("выручка в будни и выходные", None, "weekpart"),
    ],
)
def test_one_best_day_is_one_row_and_halves_of_the_week_are_two(question, top, grain):
    plan = first(question)
    assert (plan.get("top"), plan["grain"]) == (top, grain)


@pytest.mark.parametrize(
    ("question", "having"),
    [
        ("which campaigns improved ROAS in September vs August", "roas.change > 0"),
        ("which campaigns improved CPA in September vs August", "cpa.change < 0"),
        ("у каких платформ вырос CPA в сентябре к августу", "cpa.change > 0"),
    ],
)
def test_which_of_them_moved_keeps_those_that_did(question, having):
    assert first(question)["having"] == [having]


def test_a_year_beside_a_quarter_stands_for_its_quarter():
    plan = first("revenue in Q3 2026 vs 2025")
    assert (plan["time"], plan["vs"]) == ("2026-07-01..2026-09-30", "2025-07-01..2025-09-30")


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ("spend ex-CIS by platform", ["region != CIS"]),
        ("spend by platform, CIS excluded", ["region != CIS"]),
        ("did Meta spend more than TikTok last month?", ["platform in Meta, TikTok"]),
    ],
)
def test_values_are_left_out_or_set_side_by_side(question, where):
    plan = first(question)
    assert (plan["by"], plan["where"]) == ("platform", where)


def test_part_of_a_longer_name_does_not_answer_for_it():
    assert "view through conversions" in refused("view-through conversions by platform").missing


@pytest.mark.parametrize(
    ("question", "show"),
    [
        ("open rate by channel", "sum(opens)"),
        ("unsubscribe rate, email only, by flow", "sum(unsubscribes)"),
        ("actual cost per order by channel", "sum(actual_cost)"),
        ("ratio of opens to delivered by channel", "sum(opens)"),
        ("opens as a share of delivered by channel", "sum(opens)"),
        ("planned vs actual cost by flow", "planned_cost actual_cost"),
    ],
)
def test_two_measures_make_a_rate_or_share_a_word(question, show):
    assert first(question, MAIL)["show"] == show


def test_a_rate_is_compared_as_a_fraction():
    assert first("flows with open rate above 40%", MAIL)["having"] == ["open_rate > 0.4"]


@pytest.mark.parametrize(
    ("question", "by"),
    [
        ("cost by market", "market currency"),
        ("total cost", "currency"),
        ("clicks by market", "market"),
        ("euro cost by market", "market"),
    ],
)
def test_amounts_of_several_currencies_are_not_added_up(question, by):
    assert first(question, MARKETS)["by"] == by


def test_amounts_of_several_currencies_are_not_ranked():
    assert "currenc" in refused("top market by cost", MARKETS).reason
