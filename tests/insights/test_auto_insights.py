"""What a reader is told about a result, offline."""

from __future__ import annotations

import datetime as dt

import pytest

from src.data.profile import DataIssue
from src.insights.auto_insights import AutoInsights
from src.insights.facts import InsightReport
from src.query_engine.plan import Comparison, Filter, Grain, Having, QueryPlan, TimeRange
from tests.insights.tables import FIRST, dataset, plan, result

BY_CAMPAIGN = plan(dimensions=("campaign",))


def read(frame, query: QueryPlan | None = BY_CAMPAIGN, **options) -> InsightReport:
    data = options.pop("data", None) or dataset()
    answer, columns = result(frame, **options)
    return AutoInsights().generate(answer, columns, query, data, "how did we do?")


def texts(report: InsightReport, kind: str | None = None) -> str:
    return "\n".join(i.text for i in report.insights if kind in (None, i.kind))


def test_names_the_leader_in_the_direction_that_is_good():
    report = read({"campaign": ["A", "B"], "cpa": [12.5, 30.0], "conversions": [400, 390]})
    assert "A has the lowest CPA, $12.50; B has the highest, $30.00." in texts(report)


def test_a_ratio_is_averaged_only_as_a_ratio_of_sums():
    with_sides = read({"campaign": ["A", "B"], "ctr": [0.5, 0.01], "clicks": [5, 10],
                       "impressions": [10, 1000]})  # fmt: skip
    (total,) = (f.value for f in with_sides.facts if (f.kind, f.metric) == ("total", "ctr"))
    assert total == pytest.approx(15 / 1010)
    alone = read({"campaign": ["A", "B"], "ctr": [0.5, 0.01]})
    assert not [f for f in alone.facts if f.kind in ("total", "gap", "share")]


def test_reach_is_never_added_up():
    report = read({"campaign": ["A", "B"], "reach": [100, 300]})
    assert not [f for f in report.facts if f.kind in ("total", "share")]


def test_an_empty_result_says_what_may_have_emptied_it():
    query = plan(
        dimensions=("campaign",),
        filters=(Filter(column="platform", op="=", values=("Meta",)),),
        having=(Having(metric="roas", op=">", values=(3,)),),
        time=TimeRange(start=FIRST, end=FIRST),
    )
    said = texts(read({"campaign": [], "roas": []}, query), "caution")
    for part in ("No rows matched", "platform is Meta", "ROAS above 3", "1 Jan 2024"):
        assert part in said


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ({"campaign": ["A", "B"], "cvr": [0.1, 0.05], "clicks": [40, 1000],
          "conversions": [4, 50]}, "A leads in CVR on very little data (conversions: 4)"),
        ({"campaign": ["A", "B"], "cvr": [0.1, 0.095], "clicks": [1000, 1000],
          "conversions": [100, 95]}, "within chance of each other in CVR"),
        ({"campaign": ["A", "B"], "cpa": [10.0, 10.4], "conversions": [100, 99]},
         "within chance of each other in CPA"),
        ({"campaign": ["A", "B", "C"], "cpa": [1.0, 2.0, None]}, "CPA is empty in 1 row"),
    ],
)  # fmt: skip
def test_warns_before_a_winner_is_believed(frame, said):
    assert said in texts(read(frame), "caution")


@pytest.mark.parametrize(("events", "doubted"), [(29, True), (30, False)])
def test_thirty_events_are_enough_to_believe_a_leader(events, doubted):
    report = read({"campaign": ["A", "B"], "cvr": [events / 100, 0.01], "clicks": [100, 9000],
                   "conversions": [events, 90]})  # fmt: skip
    assert (f"on very little data (conversions: {events})" in texts(report, "caution")) == doubted


def test_a_clear_lead_on_many_events_is_not_doubted():
    report = read({"campaign": ["A", "B"], "cvr": [0.1, 0.05], "clicks": [9000, 9000],
                   "conversions": [900, 450]})  # fmt: skip
    assert not texts(report, "caution")


def test_a_cut_result_says_so_first_and_claims_no_shares():
    report = read({"campaign": ["A", "B"], "spend": [3.0, 1.0]}, truncated=True)
    assert report.insights[0].text.startswith("The result was cut at 2 rows")
    assert not [f for f in report.facts if f.kind == "share"]


def test_a_small_sample_tells_what_its_value_may_as_well_be():
    rate = read({"campaign": ["A", "B"], "cvr": [0.1, 0.05], "clicks": [40, 1000],
                 "conversions": [4, 50]})  # fmt: skip
    assert "(conversions: 4); at that size it may as well be anything from 3.96% to" in texts(rate)
    cost = read({"campaign": ["A", "B"], "cpa": [10.0, 40.0], "conversions": [4, 400]})
    assert "anything from $3.75 to $26.64" in texts(cost)


def test_refunds_below_zero_make_no_shares():
    refunded = read({"campaign": ["A", "B", "C"], "revenue": [10.0, 2.0, -4.0]})
    assert not [f for f in refunded.facts if f.kind == "share"]


def test_a_bucket_is_compared_with_its_neighbour_alone():
    def kinds(*days: int) -> set[str]:
        frame = {"time": [FIRST + dt.timedelta(days=d) for d in days], "spend": [5.0, 6.0, 9.0]}
        return {f.kind for f in read(frame, plan(grain=Grain.DAY), grain="day").facts}

    assert {"latest", "previous", "change"} <= kinds(0, 1, 2)
    assert not {"previous", "change"} & kinds(0, 1, 4)


@pytest.mark.parametrize(("last", "told"), [(9, False), (10, True)])
def test_an_oddity_of_the_data_is_told_where_it_touches_the_period(last, told):
    def day(offset: int) -> dt.date:
        return FIRST + dt.timedelta(days=offset)

    outage = DataIssue("missing_days", "Nothing ran.", day(5), day(last), ("spend",))
    query = plan(dimensions=("campaign",), time=TimeRange(start=day(10), end=day(20)))
    frame = {"campaign": ["A", "B"], "spend": [1.0, 2.0]}
    assert ("Nothing ran." in texts(read(frame, query, data=dataset(outage)))) == told


def test_counts_that_are_missing_are_named():
    assert "ask to add conversions" in texts(read({"campaign": ["A", "B"], "roas": [4.0, 3.0]}))


def test_a_russian_question_is_answered_in_russian_with_russian_numbers():
    baseline = TimeRange(start=FIRST, end=FIRST + dt.timedelta(days=29))
    query = plan(
        dimensions=("campaign",),
        language="ru",
        comparison=Comparison(kind="previous_period", baseline=baseline),
    )
    frame = {"campaign": ["A", "B"], "spend": [1500.5, 500.0], "spend_baseline": [1000.0, 600.0]}
    said = texts(read(frame, query)).replace("\u00a0", " ")
    assert (
        "Расход, итого: 2 000,50 $, рост на 25,03 % (было 1 600,00 $ за "
        "предыдущий период (1 янв 2024 – 30 янв 2024))." in said
    )
    assert "Самое высокое значение «расход» — A (1 500,50 $), самое низкое — B (500,00 $)." in said


def test_days_that_are_still_filling_up_are_no_change_and_no_peak():
    days = [FIRST + dt.timedelta(days=i) for i in range(20)]
    cpa = [10.0 + i % 3 for i in range(18)] + [40.0, 90.0]
    lag = DataIssue("conversion_lag", "Late.", days[18], days[19], ("conversions", "clicks"))
    frame = {"time": days, "cpa": cpa}
    report = read(frame, plan(grain=Grain.DAY), grain="day", data=dataset(lag))
    said = texts(report, "finding")
    assert "90" not in said and "40" not in said and "on 18 Jan 2024" in said
    assert "left out of changes" in texts(report, "caution")


def test_the_best_day_of_each_thing_is_no_series():
    days = [dt.date(2024, 9, 28), dt.date(2024, 9, 27), dt.date(2024, 9, 5)]
    frame = {"time": days, "campaign": ["A", "B", "C"], "spend": [622.5, 695.5, 8327.5]}
    query = plan(grain=Grain.DAY, dimensions=("campaign",), limit=1, limit_per="campaign")
    report = read(frame, query, grain="day")
    assert not {"latest", "previous", "trend"} & {fact.kind for fact in report.facts}


def test_months_beside_those_of_another_period_are_no_groups_without_a_name():
    baseline = TimeRange(start=dt.date(2023, 1, 1), end=dt.date(2023, 4, 30))
    months = [dt.date(2024, month, 1) for month in (1, 2, 3, 4)]
    query = plan(
        grain=Grain.MONTH,
        time=TimeRange(start=FIRST, end=dt.date(2024, 4, 30)),
        comparison=Comparison(kind="custom", baseline=baseline),
    )
    frame = {
        "time": months,
        "spend": [100.0, 250.0, 120.0, 180.0],
        "spend_baseline": [90.0, 120.0, 200.0, 170.0],
    }
    report = read(frame, query, grain="month")
    assert "$650.00" in texts(report)
    assert not [fact for fact in report.facts if fact.kind == "driver"]
    assert not [line for line in texts(report).split("\n") if line.startswith(" ")]
