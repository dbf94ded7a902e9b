"""What holds for every plan, on a real DuckDB file."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from src.errors import PlanError
from src.evaluation.compare import compare_results
from src.query_engine.compiler import compile_plan
from src.query_engine.plan import QueryPlan
from tests.sql import shop
from tests.sql.conftest import Ask

SUMS = ["spend", "revenue", "clicks", "rows"]
METRICS = [*SUMS, "reach", "roas", "cpm", "budget"]
DIMENSIONS = ["platform", "campaign_name", "campaign_id", "group", "date"]
GRAINS = ["day", "week", "month", "quarter", "year", "weekday"]
RELAXED = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

days = st.dates(dt.date(2023, 12, 1), dt.date(2024, 4, 30))
ranges = st.tuples(days, days).map(lambda d: {"start": min(d), "end": max(d)})
texts = st.text(max_size=12)
filters = st.one_of(
    st.builds(
        lambda column, op, value: {"column": column, "op": op, "values": (value,)},
        st.sampled_from(["platform", "campaign_name", "group"]),
        st.sampled_from(["=", "!=", "contains", "not contains", "starts with"]),
        st.one_of(st.sampled_from(["Meta", "Brand", "a", "%", "_", "!"]), texts),
    ),
    st.builds(
        lambda column, op, values: {"column": column, "op": op, "values": tuple(values)},
        st.sampled_from(["platform", "campaign_name"]),
        st.sampled_from(["in", "not in"]),
        st.lists(texts, min_size=1, max_size=3),
    ),
    st.builds(
        lambda op, value: {"column": "Clicks (all)", "op": op, "values": (value,)},
        st.sampled_from(["=", "!=", ">", ">=", "<", "<="]),
        st.one_of(st.integers(-5, 20), st.floats(0, 20)),
    ),
    st.builds(
        lambda column, op: {"column": column, "op": op},
        st.sampled_from(["platform", "campaign_id", "revenue"]),
        st.sampled_from(["is null", "is not null"]),
    ),
)


@st.composite
def plans(draw: Any) -> dict[str, Any]:
    """Any plan for the shop's table that does not contradict itself."""
    metrics = draw(st.lists(st.sampled_from(METRICS), unique=True, max_size=4))
    dimensions = draw(st.lists(st.sampled_from(DIMENSIONS), unique=True, max_size=2))
    grain = draw(st.none() | st.sampled_from(GRAINS))
    assume(metrics or dimensions or grain)
    plan: dict[str, Any] = {
        "table": "order",
        "metrics": metrics,
        "dimensions": dimensions,
        "grain": grain,
        "filters": draw(st.lists(filters, max_size=2)),
        "time": draw(st.none() | ranges),
        "share_of_total": draw(st.booleans()),
        "include_empty": draw(st.booleans()),
        "count_groups": draw(st.sampled_from([False, False, True])),
        "limit": draw(st.none() | st.integers(1, 5)),
    }
    if plan["time"] and draw(st.booleans()):
        kind = draw(st.sampled_from(["previous_period", "previous_year", "custom"]))
        plan["comparison"] = {"kind": kind, "baseline": draw(ranges)}
    of = ["value", "change", "change_pct"] if "comparison" in plan else ["value"]
    for name in draw(st.lists(st.sampled_from(METRICS), max_size=1)):
        operation = draw(st.sampled_from([">", "<", ">=", "<=", "=", "!="]))
        value = draw(st.floats(-1e6, 1e6))
        held = ["average"] if name != "budget" else []
        chosen = draw(st.sampled_from(of + held))
        plan["having"] = [{"metric": name, "op": operation, "values": [value], "of": chosen}]
    sortable = [*METRICS, *dimensions, *(["time"] if grain else [])]
    for name in draw(st.lists(st.sampled_from(sortable), max_size=2, unique=True)):
        plan.setdefault("order", []).append({"by": name, "descending": draw(st.booleans())})
    if plan["limit"] and dimensions and draw(st.booleans()):
        plan["limit_per"] = draw(st.sampled_from([*dimensions, *(["time"] if grain else [])]))
    used = {*metrics, *(h["metric"] for h in plan.get("having", ()))}
    used |= {o["by"] for o in plan.get("order", ())} & set(METRICS)
    plain = not any(h["of"] == "average" for h in plan.get("having", ()))
    if grain in GRAINS[:-1] and used <= {*SUMS, "roas", "cpm"} and plain and draw(st.booleans()):
        plan |= {"running_total": True, "share_of_total": False, "include_empty": False}
    return plan


@given(plans())
@RELAXED
def test_any_plan_compiles_to_one_select_that_runs(
    shop_db: duckdb.DuckDBPyConnection, parts: dict[str, Any]
):
    plan = QueryPlan.model_validate(parts)
    compiled = compile_plan(plan, shop.MODEL)
    tree = json.loads(
        shop_db.execute("SELECT json_serialize_sql(?)", [compiled.sql]).fetchall()[0][0]
    )
    assert not tree["error"], compiled.sql
    assert len(tree["statements"]) == 1
    result = shop_db.execute(compiled.sql).df()
    assert list(result.columns) == [c.name for c in compiled.columns]
    if plan.limit and not plan.limit_per and (plan.dimensions or plan.grain):
        assert len(result) <= plan.limit


@given(plans())
@example({"table": "order", "dimensions": ["campaign_name"], "grain": "day"})
@RELAXED
def test_a_plan_gives_the_same_rows_in_the_same_order_with_a_profile_or_without(
    shop_db: duckdb.DuckDBPyConnection, parts: dict[str, Any]
):
    plan = QueryPlan.model_validate(parts)
    without = compile_plan(plan, shop.MODEL).sql
    informed = compile_plan(plan, shop.MODEL, profile=shop.dataset().profile).sql
    first, second = (shop_db.execute(sql).df() for sql in (without, informed))
    assert compare_results(first, second, ordered=True).same
    assert [str(k) for k in first.columns] == [str(k) for k in second.columns]


@given(
    st.lists(st.sampled_from(DIMENSIONS), unique=True, min_size=1, max_size=2),
    st.none() | st.sampled_from(GRAINS),
    st.none() | ranges,
    st.lists(filters, max_size=2),
)
@RELAXED
def test_a_breakdown_adds_up_to_its_total_and_shares_to_one(
    ask: Ask, dimensions: list[str], grain: str | None, time: Any, kept: Any
):
    common = {"metrics": SUMS, "time": time, "filters": kept}
    total = ask(**common)
    parts = ask(**common, dimensions=dimensions, grain=grain, share_of_total=True)
    for name in SUMS:
        whole = float(total[name].fillna(0)[0])
        assert float(parts[name].fillna(0).sum()) == pytest.approx(whole)
        if whole:
            assert float(parts[f"{name}_share"].sum()) == pytest.approx(1)


@given(st.sampled_from(DIMENSIONS), ranges, ranges)
@RELAXED
def test_changes_of_groups_add_up_to_the_change_of_the_total(
    ask: Ask, dimension: str, time: Any, before: Any
):
    comparison = {"kind": "custom", "baseline": before}
    common = {"metrics": ["clicks"], "time": time, "comparison": comparison}
    total = ask(**common).fillna(0)
    parts = ask(**common, dimensions=[dimension])
    expected = float(total["clicks"][0] - total["clicks_previous"][0])
    assert float(parts["clicks_change"].sum()) == pytest.approx(expected)


@given(
    st.lists(st.sampled_from(["platform", "campaign_id", "group"]), unique=True, min_size=1), ranges
)
@RELAXED
def test_ratios_are_their_parts_recomputed(ask: Ask, dimensions: list[str], time: Any):
    found = ask(metrics=["roas", "cpm"], dimensions=dimensions, time=time)
    rows = shop.frame()
    rows = rows[(rows["date"] >= time["start"]) & (rows["date"] <= time["end"])]
    sums = rows.groupby(dimensions, dropna=False)[["spend", "revenue", "impressions"]]
    sums = sums.sum(min_count=1).astype(float).reset_index()
    merged = found.merge(sums, on=dimensions, how="outer")
    assert len(merged) == len(found)
    zero = merged["spend"] == 0
    assert merged.loc[zero, "roas"].isna().all()
    pd.testing.assert_series_equal(
        merged.loc[~zero, "roas"].astype(float),
        (merged["revenue"] / merged["spend"])[~zero],
        check_names=False,
    )
    cpm = merged["spend"] / merged["impressions"] * 1000
    pd.testing.assert_series_equal(merged["cpm"].astype(float), cpm, check_names=False)


NAMES = st.text(min_size=1, max_size=20).filter(lambda s: "\x00" not in s)


@given(NAMES, NAMES, st.lists(st.text(max_size=20), min_size=1, max_size=4, unique=True))
@RELAXED
def test_any_name_and_any_value_survive_quoting(table: str, column: str, values: list[str]):
    assume(table.casefold() != "n" and column.casefold() != "n")
    model = shop.MODEL.model_validate(
        {
            "name": "odd",
            "tables": [
                {
                    "name": table,
                    "columns": [{"name": column, "type": "VARCHAR", "role": "dimension"}],
                    "metrics": [{"name": "n", "label": "n", "aggregation": "count_rows"}],
                }
            ],
        }
    )
    connection = duckdb.connect()

    def quoted(name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    connection.execute(f"CREATE TABLE {quoted(table)} ({quoted(column)} VARCHAR)")
    connection.executemany(f"INSERT INTO {quoted(table)} VALUES (?)", [(v,) for v in values])
    for op, expected in (("=", 1), ("!=", len(values) - 1), ("not in", len(values) - 1)):
        plan = QueryPlan.model_validate(
            {
                "table": table,
                "metrics": ["n"],
                "filters": [{"column": column, "op": op, "values": [values[0]]}],
            }
        )
        sql = compile_plan(plan, model).sql
        assert connection.execute(sql).fetchall() == [(expected,)]
    parts = {
        "table": table,
        "metrics": ["n"],
        "dimensions": [column],
        "share_of_total": True,
        "filters": [{"column": column, "op": "starts with", "values": [values[0]]}],
    }
    found = connection.execute(compile_plan(QueryPlan.model_validate(parts), model).sql).fetchall()
    assert values[0] in [row[0] for row in found]


@given(st.text(), st.text())
@RELAXED
def test_a_name_that_is_not_there_is_a_plan_error(metric: str, column: str):
    assume(shop.TABLE.metric(metric) is None and shop.TABLE.column(column) is None)
    for parts in ({"metrics": [metric]}, {"dimensions": [column]}):
        with pytest.raises(PlanError):
            compile_plan(QueryPlan.model_validate({"table": "order", **parts}), shop.MODEL)
