"""Running totals: asked for in many words, kept by follow-ups, refused where there is none."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.tables import ADS, SHOP

TODAY = dt.date(2026, 11, 1)


def read(question, data=ADS, previous=None):
    return interpret(question, data, previous=previous, today=TODAY)


def best(question, data=ADS, previous=None):
    return read(question, data, previous).interpretations[0]


RUNNING = [
    # the question, the measure, the bucket, the breakdown
    (ADS, "cumulative spend by day in May", "spend", "day", ()),
    (ADS, "running total of conversions by month", "conversions", "month", ()),
    (ADS, "show me a running total of clicks per week for Meta", "clicks", "week", ()),
    (ADS, "accumulated revenue by month in 2026", "revenue", "month", ()),
    (ADS, "cumulatively, how much have we spent by month", "spend", "month", ()),
    (ADS, "cumulative daily spend by platform in september", "spend", "day", ("platform",)),
    (ADS, "weekly spend as a running total by device", "spend", "week", ("device",)),
    (ADS, "cumulative roas by day last month", "roas", "day", ()),
    (ADS, "cumulative spend over time", "spend", "month", ()),
    (ADS, "running spend by day", "spend", "day", ()),
    (ADS, "spend to date by week", "spend", "week", ()),
    (ADS, "spend so far by day in October", "spend", "day", ()),
    (SHOP, "cumulative sum of amount by week", "amount", "week", ()),
    (ADS, "расход накопительным итогом по дням", "spend", "day", ()),
    (ADS, "расход нарастающим итогом по неделям в мае", "spend", "week", ()),
    (ADS, "накопленный расход с начала года по месяцам", "spend", "month", ()),
    (ADS, "кумулятивные конверсии по дням в сентябре", "conversions", "day", ()),
    (ADS, "расход по дням с накоплением за сентябрь", "spend", "day", ()),
    (
        ADS,
        "выручка нарастающим итогом по месяцам по платформам",
        "revenue",
        "month",
        ("platform",),
    ),
]


@pytest.mark.parametrize(("data", "question", "metric", "grain", "by"), RUNNING)
def test_a_running_total(data, question, metric, grain, by):
    (reading,) = read(question, data).interpretations
    plan = reading.plan
    assert plan.running_total
    assert (plan.metrics, plan.grain, plan.dimensions) == ((metric,), grain, by)
    named = {"en": ("running total", "to date"), "ru": ("нарастающим итогом",)}[plan.language]
    assert any(word in reading.text.casefold() for word in named)
    counts = {"en": "counts everything", "ru": "всё, что накопилось"}[plan.language]
    assert any(counts in note for note in reading.assumptions)


@pytest.mark.parametrize(
    ("question", "course_first"),
    [
        ("cumulative spend this month", True),
        ("cumulative spend in May by platform", False),
        ("what is our cumulative spend this year", False),
        ("running total of spend by platform this month", True),
        ("расход нарастающим итогом с начала года", True),
    ],
)
def test_without_buckets_it_may_be_the_course_or_the_total(question, course_first):
    first, second = read(question).interpretations
    assert (first.plan.running_total, second.plan.running_total) == (
        course_first,
        not course_first,
    )
    assert first.confidence < 0.5
    assert first.plan.metrics == second.plan.metrics == ("spend",)


def test_the_largest_totals_are_totals():
    reading = best("top 5 campaigns by cumulative spend")
    assert parts(reading.plan)["top"] == 5
    assert not reading.plan.running_total
    assert any("one total" in note for note in reading.assumptions)


def test_two_periods_run_side_by_side():
    plan = best("cumulative spend this month vs last month by day").plan
    assert plan.running_total
    assert plan.comparison is not None


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("cumulative reach by day", "Reach"),
        ("cumulative daily budget by month", "Daily budget"),
        ("cumulative average daily spend", "Average daily spend"),
        ("cumulative number of campaigns by month", "Number of campaigns"),
        ("running total of spend by weekday", "day of the week"),
        ("top 5 campaigns by cumulative spend by day", "ranking"),
        ("cumulative share of spend by campaign", "share"),
        ("growth of cumulative spend by month", "change"),
        ("running total of spend by day for campaigns with cpa over 20", "condition"),
        ("накопительный охват по дням", "reach"),
        ("cumulative by campaign", "name a measure"),
    ],
)
def test_what_has_none_is_refused_by_name(question, named):
    refusal = read(question).refusal
    assert refusal is not None
    assert named.casefold() in refusal.reason.casefold()


@pytest.mark.parametrize(
    ("follow_up", "changed"),
    [
        ("by platform", {"by": "platform"}),
        ("only meta", {"where": ["platform = Meta"]}),
        ("by week", {"grain": "week"}),
        ("what about clicks", {"show": "clicks"}),
        ("in June", {"time": "2026-06-01..2026-06-30"}),
    ],
)
def test_a_follow_up_keeps_it(follow_up, changed):
    first = best("cumulative spend by day in May").plan
    plan = best(follow_up, previous=first).plan
    assert plan.running_total
    assert parts(plan).items() >= changed.items()


def test_a_follow_up_turns_it_on_and_leaves_it():
    daily = best("spend by day last month").plan
    running = best("as a running total", previous=daily).plan
    assert running == daily.model_copy(update={"running_total": True})
    assert not best("and in total?", previous=running).plan.running_total
    assert best("cumulative", previous=best("spend in May").plan).plan.running_total
    assert read("top 3", previous=running).refusal is not None
