"""Edits of a plan by widgets."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.query_engine import plan_edit as edit
from src.query_engine.compiler import compile_plan
from src.query_engine.plan import Filter, Grain, Order, QueryPlan, TimeRange
from tests.sql import shop
from tests.sql.test_compile_properties import DIMENSIONS, METRICS, plans

PLAN = QueryPlan.model_validate(
    {
        "table": "order",
        "metrics": ["spend", "roas"],
        "dimensions": ["platform", "group"],
        "having": [{"metric": "roas", "op": ">", "values": [1]}],
        "order": [{"by": "roas"}, {"by": "platform"}],
        "limit": 2,
        "limit_per": "platform",
        "time": {"start": "2024-02-01", "end": "2024-02-29"},
        "comparison": {
            "kind": "previous_period",
            "baseline": {"start": "2024-01-01", "end": "2024-01-31"},
        },
    }
)
META = Filter(column="platform", op="=", values=("Meta",))


def test_what_can_be_chosen():
    found = edit.options(shop.dataset(), PLAN)
    assert [c.name for c in found.metrics][:2] == ["spend", "revenue"]
    assert "campaign_id" in [c.name for c in found.dimensions]
    assert [c.name for c in found.orders] == ["spend", "roas", "platform", "group"]
    assert (found.first_day, found.last_day) == (shop.FIRST, shop.LAST)
    assert Grain.WEEK in found.grains
    platform = next(f for f in found.filters if f.name == "platform")
    assert set(platform.values) == {"Meta", "Google Ads"}
    assert "is null" in platform.ops
    assert next(f for f in found.filters if f.name == "spend").kind == "number"


def test_a_metric_that_leaves_takes_its_conditions_and_sorting_along():
    found = edit.with_metrics(PLAN, "spend", "clicks")
    assert found.metrics == ("spend", "clicks")
    assert found.having == ()
    assert found.order == (Order(by="platform"),)
    assert edit.with_metrics(PLAN, "cpm").having == ()


def test_a_breakdown_that_leaves_takes_its_limit_along():
    found = edit.with_dimensions(PLAN, "group")
    assert found.limit_per is None
    assert found.order == (Order(by="roas"),)


def test_filters_replace_the_earlier_ones_and_stand_once():
    one = edit.with_filters(PLAN, META, META)
    assert one.filters == (META,)
    assert edit.with_filters(one).filters == ()


PERIODS = [
    # period, kind, baseline
    (("2024-02-01", "2024-02-29"), "previous_period", ("2024-01-01", "2024-01-31")),
    (("2024-01-01", "2024-03-31"), "previous_period", ("2023-10-01", "2023-12-31")),
    (("2024-02-05", "2024-02-11"), "previous_period", ("2024-01-29", "2024-02-04")),
    (("2024-02-29", "2024-02-29"), "previous_year", ("2023-02-28", "2023-02-28")),
    (("2024-03-01", "2024-03-31"), "previous_year", ("2023-03-01", "2023-03-31")),
    (("2025-02-01", "2025-02-28"), "previous_year", ("2024-02-01", "2024-02-29")),
    (("2025-02-02", "2025-02-28"), "previous_year", ("2024-02-02", "2024-02-28")),
]


@pytest.mark.parametrize(("period", "kind", "expected"), PERIODS)
def test_a_comparison_moves_with_its_period(period: Any, kind: str, expected: Any):
    start, end = (dt.date.fromisoformat(d) for d in period)
    plan = edit.with_comparison(edit.with_period(PLAN, end, start), kind)
    assert plan.comparison is not None
    baseline = plan.comparison.baseline
    assert (str(baseline.start), str(baseline.end)) == expected
    moved = edit.with_period(plan, dt.date(2024, 1, 8), dt.date(2024, 1, 14))
    assert moved.comparison is not None
    assert moved.comparison.kind == kind
    assert moved.comparison.baseline != baseline


@pytest.mark.parametrize("kind", ["previous_period", "previous_year"])
def test_nothing_comes_before_the_calendar(kind: str):
    first = edit.with_period(PLAN, dt.date.min, dt.date(1, 1, 31))
    assert edit.with_comparison(first, kind).comparison is None


def test_without_a_comparison_nothing_is_sorted_by_change():
    sorted_by_change = PLAN.model_copy(update={"order": (Order(by="spend", of="change"),)})
    assert edit.with_comparison(sorted_by_change, None).order == ()
    own = edit.with_comparison(PLAN, "custom", TimeRange(start=dt.date(2024, 1, 1)))
    assert own.comparison is not None
    assert own.comparison.kind == "custom"
    assert edit.with_period(PLAN, None, None).comparison is None


def test_grain_limit_and_order():
    monthly = edit.with_grain(PLAN, Grain.MONTH)
    assert monthly.order[0] == Order(by="time", descending=False)
    assert edit.with_grain(monthly, None).order == PLAN.order
    assert edit.with_limit(PLAN, None).limit_per is None
    assert edit.with_limit(PLAN, 3).limit == 3
    assert edit.with_order(PLAN, "spend").order == (Order(by="spend"),)
    assert edit.with_order(PLAN, None).order == ()


def test_a_comparison_that_cannot_be_lined_up_goes():
    own = edit.with_comparison(PLAN, "custom", TimeRange(start=dt.date(2024, 1, 1)))
    for plan in (
        edit.with_period(edit.with_grain(own, Grain.DAY), None, None),
        edit.with_grain(edit.with_period(own, None, None), Grain.DAY),
    ):
        assert plan.comparison is None
        compile_plan(plan, shop.MODEL)


EDITS = st.one_of(
    st.lists(st.sampled_from(METRICS), min_size=1, max_size=3, unique=True).map(
        lambda names: lambda p: edit.with_metrics(p, *names)
    ),
    st.lists(st.sampled_from(DIMENSIONS), min_size=1, max_size=3, unique=True).map(
        lambda names: lambda p: edit.with_dimensions(p, *names)
    ),
    st.tuples(st.none() | st.dates(), st.none() | st.dates()).map(
        lambda days: lambda p: edit.with_period(p, *days)
    ),
    st.sampled_from(["previous_period", "previous_year", "custom", None]).map(
        lambda kind: lambda p: edit.with_comparison(p, kind)
    ),
    st.sampled_from([*Grain, None]).map(lambda grain: lambda p: edit.with_grain(p, grain)),
    st.sampled_from([None, 0, 1, 5]).map(lambda n: lambda p: edit.with_limit(p, n)),
    st.just(lambda p: edit.with_filters(p, META)),
)


@given(plans(), st.lists(EDITS, max_size=6))
@settings(max_examples=40, deadline=None)
def test_no_edit_breaks_a_plan(parts: dict[str, Any], edits: list[Any]):
    # What may be chosen for a running total is in its options.
    plan = edit.with_metrics(QueryPlan.model_validate({**parts, "running_total": False}), "spend")
    for change in edits:
        plan = change(plan)
        compile_plan(plan, shop.MODEL)
