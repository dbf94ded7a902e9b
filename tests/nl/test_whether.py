"""Questions of one value or one of something: whether it is better there, what one costs."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.tables import ADS

TODAY = dt.date(2026, 10, 15)


def read(question: str) -> dict[str, object]:
    """The best reading's plan, in parts."""
    found = interpret(question, ADS, today=TODAY)
    assert found.refusal is None, found.refusal
    plan = found.interpretations[0].plan
    assert plan is not None
    return parts(plan)


@pytest.mark.parametrize(
    ("question", "metric", "by"),
    [
        ("is CTR better on mobile?", "ctr", "device"),
        ("Was CPA higher on Meta last month?", "cpa", "platform"),
        ("выше ли ROAS на мобильных?", "roas", "device"),
    ],
)
def test_one_value_is_set_beside_the_others(question: str, metric: str, by: str) -> None:
    found = read(question)
    assert found["by"] == by
    assert found["show"] == metric
    assert "where" not in found


@pytest.mark.parametrize(
    ("question", "grain"),
    [
        ("Is CPA higher on weekends?", "weekpart"),
        ("do we get more conversions on weekends?", "weekpart"),
        ("выше ли CPA в выходные?", "weekpart"),
        ("is CTR lower on Mondays?", "weekday"),
    ],
)
def test_some_days_of_the_week_are_set_beside_the_others(question: str, grain: str) -> None:
    assert read(question)["grain"] == grain


def test_what_adds_up_is_compared_by_the_day() -> None:
    plan = interpret("do we spend more on weekends?", ADS, today=TODAY).interpretations[0].plan
    assert plan is not None
    assert [(a.column, a.per) for a in plan.ad_hoc] == [("spend", "day")]


@pytest.mark.parametrize(
    ("question", "metric"),
    [
        ("how much does a click cost by platform?", "cpc"),
        ("what does one conversion cost us on mobile?", "cpa"),
        ("сколько стоит клик по устройствам?", "cpc"),
        ("во сколько обходится одна конверсия?", "cpa"),
        ("how much did clicks and conversions cost?", "spend"),
    ],
)
def test_what_one_costs(question: str, metric: str) -> None:
    assert metric in str(read(question)["show"])


@pytest.mark.parametrize(
    ("question", "by"),
    [
        ("spend trend week over week", "week"),
        ("динамика расходов неделя к неделе", "week"),
        ("месяц к месяцу динамика конверсий", "month"),
    ],
)
def test_a_course_from_week_to_week_is_by_week(question: str, by: str) -> None:
    found = read(question)
    assert found["grain"] == by
    assert "vs" not in found


def test_an_average_of_daily_budgets_is_one_figure_each() -> None:
    assert "grain" not in read("average daily budget by platform")


def test_days_are_ranked_and_rows_are_not_marked() -> None:
    assert "top" not in read("which days had the highest spend")
    assert read("top 3 days by spend")["top"] == 3
    refusal = interpret(
        "top 10 campaigns and highlight any with ROAS below 2", ADS, today=TODAY
    ).refusal
    assert refusal is not None
    assert "marked" in refusal.reason
