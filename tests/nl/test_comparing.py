"""Two periods in one question, tables with rare dates or none, and what the calendar cannot say."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from src.data.profile import Profile
from src.query_engine.describe import describe_plan
from src.query_engine.nl.engine import interpret
from src.query_engine.phrases import day
from src.query_engine.plan import Grain, QueryPlan
from tests.nl.parts import days
from tests.nl.tables import ADS
from tests.nl.test_russian import DATA as RUSSIAN

TODAY = dt.date(2026, 11, 1)
SEPTEMBER, AUGUST = "2026-09-01..2026-09-30", "2026-08-01..2026-08-31"
OCTOBER_SO_FAR = "2026-10-01..2026-10-15"

COMPARED = [
    ("compare september and august spend", SEPTEMBER, AUGUST),
    ("how did spend change last month compared with the month before", SEPTEMBER, AUGUST),
    ("spend august vs prior month", AUGUST, "2026-07-01..2026-07-31"),
    ("how did CTR change last month", SEPTEMBER, AUGUST),
    ("compare Q2 and Q3 2025 spend", "2025-07-01..2025-09-30", "2025-04-01..2025-06-30"),
    ("spend march 2025 vs april", "2025-04-01..2025-04-30", "2025-03-01..2025-03-31"),
    ("spend yesterday vs same day last week", "2026-10-14..2026-10-14", "2026-10-07..2026-10-07"),
    ("spend this year vs last year", "2026-01-01..2026-10-15", "2025-01-01..2025-10-15"),
    ("how did spend change in 2026", "2026-01-01..2026-10-15", "2025-01-01..2025-10-15"),
    ("spend in september compared to last year", SEPTEMBER, "2025-09-01..2025-09-30"),
    ("расходы за октябрь к октябрю прошлого года", OCTOBER_SO_FAR, "2025-10-01..2025-10-15"),
    ("spend vs LY", "2026-01-01..2026-10-15", "2025-01-01..2025-10-15"),
    ("spend MTD vs last month same period", OCTOBER_SO_FAR, "2026-09-01..2026-09-15"),
    ("spend MTD vs same period last month", OCTOBER_SO_FAR, "2026-09-01..2026-09-15"),
    ("spend MTD vs last month", OCTOBER_SO_FAR, "2026-09-01..2026-09-15"),
    ("сравни сентябрь с августом по расходам", SEPTEMBER, AUGUST),
    ("сравни октябрь с сентябрём по расходам", OCTOBER_SO_FAR, "2026-09-01..2026-09-15"),
    ("сравни расходы с прошлым месяцем", OCTOBER_SO_FAR, "2026-09-01..2026-09-15"),
    (
        "сравни 2 и 3 квартал по расходам",
        "2026-07-01..2026-09-30",
        "2026-04-01..2026-06-30",
    ),
]


def first(question, data=None):
    data = data or (ADS if question.isascii() else RUSSIAN)
    found = interpret(question, data, today=TODAY)
    assert found.refusal is None, found.refusal
    return found.interpretations[0]


@pytest.mark.parametrize(("question", "time", "baseline"), COMPARED)
def test_like_is_compared_with_like(question, time, baseline):
    plan = first(question).plan
    assert (days(plan.time), days(plan.comparison.baseline)) == (time, baseline)


def test_an_unfinished_period_can_also_be_set_against_the_whole_one():
    found = interpret("spend this month vs last month", ADS, today=TODAY).interpretations
    baselines = [i.plan.comparison.baseline for i in found]
    assert [days(b) for b in baselines] == ["2026-09-01..2026-09-15", SEPTEMBER]


@pytest.mark.parametrize(
    ("question", "time"),
    [
        ("spend in Aug and Sep by month", "2026-08-01..2026-09-30"),
        ("spend in Jul, Aug and Sep 2025", "2025-07-01..2025-09-30"),
        ("расходы за август и сентябрь по месяцам", "2026-08-01..2026-09-30"),
        ("расходы за вчера и позавчера", "2026-10-13..2026-10-14"),
    ],
)
def test_periods_that_touch_are_one_unless_they_are_compared(question, time):
    plan = first(question).plan
    assert (days(plan.time), plan.comparison) == (time, None)


@pytest.mark.parametrize(
    "question", ["spend on weekdays and weekends", "расходы по будням и выходным"]
)
def test_both_halves_of_the_week_are_a_breakdown(question):
    assert first(question).plan.grain is Grain.WEEKPART


def test_weekdays_of_a_time_stamp_are_picked_by_day():
    (table,) = ADS.model.tables
    columns = tuple(
        c.model_copy(update={"type": "TIMESTAMP"}) if c.name == "date" else c for c in table.columns
    )
    model = ADS.model.model_copy(
        update={"tables": (table.model_copy(update={"columns": columns}),)}
    )
    data = dataclasses.replace(ADS, id="stamps", fingerprint="stamps", model=model)
    plan = first("spend on fridays in september", data).plan
    assert [v.isoweekday() for v in plan.filters[0].values] == [5] * 4


@pytest.mark.parametrize(
    "question", ["spend in fy2025", "spend by hour", "spend last 24 hours", "расходы по часам"]
)
def test_hours_and_fiscal_years_are_refused(question):
    data = ADS if question.isascii() else RUSSIAN
    assert interpret(question, data, today=TODAY).refusal.kind == "unsupported"


def _without_dates():
    (table,) = ADS.model.tables
    columns = tuple(c for c in table.columns if c.name != "date")
    table = table.model_copy(update={"columns": columns, "time_column": None})
    profile = dataclasses.replace(ADS.profile.tables[table.name], first_day=None, last_day=None)
    return dataclasses.replace(
        ADS,
        id="dateless",
        fingerprint="dateless",
        model=ADS.model.model_copy(update={"tables": (table,)}),
        profile=Profile({table.name: profile}),
    )


@pytest.mark.parametrize(
    "question", ["spend last month", "spend yesterday", "spend by platform YoY", "spend by day"]
)
def test_a_table_without_dates_refuses_any_period(question):
    refusal = interpret(question, _without_dates(), today=TODAY).refusal
    assert refusal.kind in ("missing_column", "missing_period")
    assert "no dates" in refusal.reason


def _monthly():
    (table,) = ADS.model.tables
    figures = ADS.profile.tables[table.name]
    columns = {**figures.columns}
    columns["date"] = dataclasses.replace(columns["campaign_name"], name="date", distinct=18)
    profile = dataclasses.replace(
        figures, columns=columns, first_day=dt.date(2025, 1, 1), last_day=dt.date(2026, 6, 1)
    )
    return dataclasses.replace(
        ADS, id="monthly", fingerprint="monthly", profile=Profile({table.name: profile})
    )


@pytest.mark.parametrize(
    ("question", "time"),
    [
        ("spend last 3 months", "2026-04-01..2026-06-30"),
        ("spend this year", "2026-01-01..2026-06-30"),
        ("spend last month", "2026-05-01..2026-05-31"),
    ],
)
def test_a_report_of_one_row_a_month_reaches_to_the_end_of_its_last_month(question, time):
    reading = first(question, _monthly())
    assert days(reading.plan.time) == time
    assert not any("the last day in the data" in note for note in reading.assumptions)


@pytest.mark.parametrize(
    "question", ["daily spend in June", "spend last 7 days", "spend yesterday"]
)
def test_it_cannot_be_shown_in_finer_pieces(question):
    assert interpret(question, _monthly(), today=TODAY).refusal is not None


@pytest.mark.parametrize("question", [q for q, *_ in COMPARED])
def test_the_words_of_a_plan_name_both_periods(question):
    plan = first(question).plan
    text = describe_plan(plan, ADS.model)
    for range_ in (plan.time, plan.comparison.baseline):
        assert day(plan.language, range_.end) in text


def test_a_data_set_of_several_tables_says_which_one_is_meant():
    (table,) = ADS.model.tables
    other = table.model_copy(update={"name": "sheet_2", "label": "Sheet 2"})
    model = ADS.model.model_copy(update={"tables": (table, other)})
    told = describe_plan(QueryPlan(table="sheet_2", metrics=("spend",)), model)
    assert told == "Spend, in the table Sheet 2."
