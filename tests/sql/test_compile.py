"""What compiled SQL answers, checked against pandas on the same rows."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from src.data.semantic import Metric, SemanticModel
from src.errors import PlanError
from src.query_engine.compiler import compile_plan
from src.query_engine.explain import explain_sql
from src.query_engine.plan import Filter, QueryPlan
from tests.sql import shop
from tests.sql.conftest import Ask

JANUARY = {"start": dt.date(2024, 1, 1), "end": dt.date(2024, 1, 31)}
FEBRUARY = {"start": dt.date(2024, 2, 1), "end": dt.date(2024, 2, 29)}
MARCH = {"start": dt.date(2024, 3, 1), "end": dt.date(2024, 3, 31)}


def rows(**equal: object) -> pd.DataFrame:
    frame = shop.frame()
    for name, value in equal.items():
        frame = frame[frame[name] == value]
    return frame


def within(frame: pd.DataFrame, period: dict[str, dt.date]) -> pd.DataFrame:
    return frame[(frame["date"] >= period["start"]) & (frame["date"] <= period["end"])]


def test_one_select_reads_like_an_analyst_wrote_it():
    plan = QueryPlan(table="order", metrics=("spend", "roas", "cpm"), dimensions=("platform",))
    assert compile_plan(plan, shop.MODEL).sql == (
        "SELECT\n"
        "  platform,\n"
        "  SUM(spend) AS spend,\n"
        "  SUM(revenue) / NULLIF(SUM(spend), 0) AS roas,\n"
        "  SUM(spend) / NULLIF(SUM(impressions), 0) * 1000 AS cpm\n"
        'FROM "order"\n'
        "GROUP BY platform\n"
        "ORDER BY spend DESC NULLS LAST, platform"
    )


def test_a_weighted_average_counts_rows_by_their_weight(shop_db):
    weighted = Metric(name="score", label="Score", aggregation="average",
                      numerator="revenue", denominator="impressions")  # fmt: skip
    (table,) = shop.MODEL.tables
    model = SemanticModel(name="m", tables=(table.model_copy(update={"metrics": (weighted,)}),))
    plan = QueryPlan(table="order", metrics=("score",), dimensions=("platform",))
    compiled = compile_plan(plan, model)
    found = shop_db.execute(compiled.sql).df().set_index("platform")["score"]
    kept = shop.frame().dropna(subset=["revenue", "impressions"])
    for platform, group in kept.groupby("platform"):
        wanted = (group["revenue"] * group["impressions"]).sum() / group["impressions"].sum()
        assert found[platform] == pytest.approx(wanted)
    told = " ".join(explain_sql(compiled.sql, model, plan=plan))
    assert "each row counts by its impressions" in told


def test_a_ratio_is_a_ratio_of_sums_and_empty_over_zero(ask: Ask):
    found = ask(metrics=("roas",), dimensions=("date", "platform")).set_index(["date", "platform"])
    assert found["roas"].isna().sum() > 0
    day = rows(date=dt.date(2024, 2, 2), platform="Meta")
    value = found.loc[(pd.Timestamp(2024, 2, 2), "Meta"), "roas"]
    assert value == pytest.approx(float(day["revenue"].sum() / day["spend"].sum()))


def test_a_renamed_campaign_is_one_row_under_its_latest_name(ask: Ask):
    found = ask(metrics=("spend",), dimensions=("campaign_name",)).set_index("campaign_name")
    assert "Brand" not in found.index
    assert float(found.loc["Brand New", "spend"]) == pytest.approx(
        float(rows(campaign_id="c1")["spend"].sum())
    )


def test_its_latest_name_is_shown_for_days_before_the_change_too(ask: Ask):
    found = ask(metrics=("spend",), dimensions=("campaign_name",), time=JANUARY)
    assert "Brand New" in set(found["campaign_name"])


@pytest.mark.parametrize("name", ["Brand", "Brand New"])
def test_a_filter_on_any_of_its_names_takes_the_whole_campaign(ask: Ask, name: str):
    only = ({"column": "campaign_name", "op": "=", "values": (name,)},)
    found = ask(metrics=("rows",), filters=only)
    assert found["rows"][0] == len(rows(campaign_id="c1"))


def test_a_filter_on_a_campaign_is_short_when_every_row_has_an_identifier():
    only = Filter(column="campaign_name", op="=", values=("Brand",))
    plan = QueryPlan(table="order", metrics=("rows",), filters=(only,))
    sql = compile_plan(plan, shop.MODEL, profile=shop.dataset().profile).sql
    assert (
        "WHERE campaign_id IN (SELECT campaign_id FROM \"order\" WHERE campaign_name = 'Brand')"
        in sql
    )


def test_rows_without_an_identifier_are_told_apart_by_name():
    connection = shop.database()
    connection.execute("UPDATE \"order\" SET campaign_id = NULL WHERE campaign_id IN ('c2', 'c3')")
    data = shop.dataset()
    table = data.profile.tables["order"]
    holes = table.columns["campaign_id"].__class__("campaign_id", 2, 300)
    profile = data.profile.__class__(
        {"order": table.__class__("order", table.row_count, {"campaign_id": holes})}
    )
    plan = QueryPlan(table="order", metrics=("rows",), dimensions=("campaign_name",))
    sql = compile_plan(plan, shop.MODEL, profile=profile).sql
    assert set(connection.execute(sql).df()["campaign_name"]) == {
        "Brand New", shop.NAMES["c2"], shop.NAMES["c3"], "Retired",
    }  # fmt: skip


def test_campaigns_are_counted_by_identifier(ask: Ask):
    own = {"name": "campaigns", "label": "Campaigns", "aggregation": "count_distinct",
           "column": "campaign_name"}  # fmt: skip
    assert ask(metrics=("campaigns",), ad_hoc=(own,))["campaigns"][0] == 4


def test_a_budget_is_averaged_over_days_and_added_over_campaigns(ask: Ask):
    assert ask(metrics=("budget",), time=FEBRUARY)["budget"][0] == pytest.approx(600)
    found = ask(metrics=("budget", "spend"), dimensions=("platform",), time=JANUARY)
    by_platform = found.set_index("platform")["budget"]
    assert by_platform["Meta"] == pytest.approx(500)
    assert by_platform["Google Ads"] == pytest.approx(200)


CONDITIONS = [
    (("platform", "=", ("Meta",)), lambda f: f["platform"] == "Meta"),
    (("platform", "!=", ("Meta",)), lambda f: f["platform"] != "Meta"),
    (("platform", "not in", ("Meta", "Google Ads")), lambda f: f["platform"].isna()),
    (("platform", "in", ("Meta", "Nobody")), lambda f: f["platform"] == "Meta"),
    (("platform", "contains", ("GOOGLE",)), lambda f: f["platform"] == "Google Ads"),
    (("platform", "not contains", ("meta",)), lambda f: f["platform"] != "Meta"),
    (("platform", "starts with", ("Goo",)), lambda f: f["platform"] == "Google Ads"),
    (("platform", "starts with", ("goo",)), lambda f: f["platform"] == "goo"),
    (("platform", "is null", ()), lambda f: f["platform"].isna()),
    (("platform", "is not null", ()), lambda f: f["platform"].notna()),
    (("campaign_name", "contains", ("50%",)), lambda f: f["campaign_id"] == "c2"),
    (("campaign_name", "not contains", ("brand",)), lambda f: f["campaign_id"] != "c1"),
    (("campaign_name", "!=", ("Brand",)), lambda f: f["campaign_id"] != "c1"),
    (("campaign_name", "=", ("Каталог",)), lambda f: f["campaign_id"] == "c3"),
    (("Clicks (all)", ">=", (8,)), lambda f: f["Clicks (all)"] >= 8),
    (("Clicks (all)", "between", (3, 5)), lambda f: f["Clicks (all)"].between(3, 5)),
    (("Clicks (all)", "between", (5, 3)), lambda f: f["Clicks (all)"].between(3, 5)),
    (("Clicks (all)", "=", ("4",)), lambda f: f["Clicks (all)"] == 4),
    (("date", "<", ("2024-01-03",)), lambda f: f["date"] < dt.date(2024, 1, 3)),
    (("date", "=", (dt.date(2024, 1, 3),)), lambda f: f["date"] == dt.date(2024, 1, 3)),
]


@pytest.mark.parametrize(
    ("condition", "expected"), CONDITIONS, ids=lambda c: str(c)[:60] if isinstance(c, tuple) else ""
)
def test_filters_keep_the_rows_a_person_would_keep(ask: Ask, condition, expected):
    column, op, values = condition
    found = ask(metrics=("rows",), filters=({"column": column, "op": op, "values": values},))
    assert found["rows"][0] == int(expected(shop.frame()).sum())


def test_a_comparison_lines_groups_up_and_counts_absent_ones_as_zero(ask: Ask):
    found = ask(
        metrics=("spend", "roas"),
        dimensions=("campaign_name",),
        time=FEBRUARY,
        comparison={"kind": "previous_period", "baseline": JANUARY},
    ).set_index("campaign_name")
    retired = found.loc["Retired"]
    before = float(within(rows(campaign_id="c4"), JANUARY)["spend"].sum())
    assert float(retired["spend"]) == 0
    assert float(retired["spend_change"]) == pytest.approx(-before)
    assert float(retired["spend_change_pct"]) == pytest.approx(-1)
    assert pd.isna(retired["roas"])


def test_a_comparison_keeps_the_group_without_a_name(ask: Ask):
    found = ask(
        metrics=("rows",),
        dimensions=("platform",),
        time=FEBRUARY,
        comparison={"kind": "previous_period", "baseline": JANUARY},
    )
    nameless = found[found["platform"].isna()]
    assert len(nameless) == 1
    assert nameless[["rows", "rows_previous"]].iloc[0].tolist() == [58, 62]


SHIFTS = [
    ("month", MARCH, FEBRUARY, 1),
    ("week", MARCH, FEBRUARY, 5),
    ("day", FEBRUARY, JANUARY, 31),
    ("weekday", FEBRUARY, JANUARY, 7),
    ("day", JANUARY, FEBRUARY, 31),
    ("month", JANUARY, MARCH, 1),
    ("week", JANUARY, MARCH, 5),
    ("month", MARCH, MARCH, 1),
]


@pytest.mark.parametrize(("grain", "time", "before", "buckets"), SHIFTS)
def test_buckets_of_two_periods_stand_side_by_side(ask: Ask, grain, time, before, buckets):
    found = ask(
        metrics=("rows",),
        grain=grain,
        time=time,
        comparison={"kind": "previous_period", "baseline": before},
    )
    assert len(found) == buckets
    assert found["rows"].sum() == len(within(shop.frame(), time))
    assert found["rows_previous"].sum() == len(within(shop.frame(), before))


def test_weeks_start_on_monday_and_weekdays_count_from_it(ask: Ask):
    weeks = ask(metrics=("rows",), grain="week")["week"]
    assert {d.weekday() for d in weeks} == {0}
    assert ask(metrics=("rows",), grain="weekday")["weekday"].tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_empty_groups_are_listed_when_asked_for(ask: Ask):
    plan = {
        "metrics": ("clicks",),
        "dimensions": ("campaign_name",),
        "time": MARCH,
        "include_empty": True,
    }
    found = ask(**plan).set_index("campaign_name")["clicks"]
    assert found.index.tolist()[-1] == "Retired"
    assert pd.isna(found["Retired"])
    none = ask(**plan, having=({"metric": "clicks", "op": "=", "values": (0,)},))
    assert none["campaign_name"].tolist() == ["Retired"]


def test_a_condition_on_rows_empties_a_group_and_keeps_it_in_the_list(ask: Ask):
    found = ask(
        metrics=("clicks",),
        dimensions=("campaign_name",),
        filters=({"column": "spend", "op": ">", "values": (1_000_000,)},),
        include_empty=True,
    )
    assert len(found) == 4
    assert found["clicks"].isna().all()


def test_a_value_of_several_lines_is_not_indented():
    only = Filter(column="group", op="=", values=("two\nlines",))
    plan = QueryPlan(
        table="order", metrics=("spend",), dimensions=("campaign_name",), filters=(only,)
    )
    sql = compile_plan(plan, shop.MODEL).sql
    assert sql.startswith("WITH ")
    assert "'two\nlines'" in sql


def test_shares_are_of_the_total_before_conditions_and_limits(ask: Ask):
    found = ask(
        metrics=("clicks", "roas", "reach"),
        dimensions=("campaign_name",),
        share_of_total=True,
        having=({"metric": "clicks", "op": ">", "values": (100,)},),
        limit=1,
    )
    total = shop.frame()["Clicks (all)"].sum()
    assert found["clicks_share"][0] == pytest.approx(found["clicks"][0] / total)
    assert not {"roas_share", "reach_share"} & set(found.columns)


def test_conditions_on_changes_and_shares(ask: Ask):
    found = ask(
        metrics=("clicks",),
        dimensions=("campaign_name",),
        time=FEBRUARY,
        comparison={"kind": "previous_period", "baseline": JANUARY},
        having=(
            {"metric": "clicks", "op": "<", "values": (0,), "of": "change"},
            {"metric": "clicks", "op": "<", "values": (0.1,), "of": "share"},
        ),
        order=({"by": "clicks", "of": "change_pct", "descending": False},),
    )
    assert found["campaign_name"].tolist() == ["Retired"]


def test_the_best_of_each(ask: Ask):
    found = ask(
        metrics=("clicks",), dimensions=("platform", "campaign_name"), limit=1, limit_per="platform"
    )
    assert found["platform"].isna().sum() == 1
    assert len(found) == 3
    assert found["campaign_name"].tolist()[1] == "Brand New"


def test_a_metric_that_is_only_sorted_or_compared_by_is_not_shown(ask: Ask):
    found = ask(
        metrics=("roas",),
        dimensions=("platform",),
        having=({"metric": "spend", "op": ">", "values": (1,)},),
        order=({"by": "clicks"},),
    )
    assert list(found.columns) == ["platform", "roas"]


def test_a_plain_list_has_no_repeats(ask: Ask):
    assert len(ask(dimensions=("campaign_name",))) == 4
    assert len(ask(dimensions=("group",), limit=1)) == 1


WRONG = [
    ({"table": "ordr", "metrics": ("spend",)}, "Did you mean order?"),
    ({"metrics": ("spnd",)}, "Did you mean spend"),
    ({"metrics": ("spend",), "dimensions": ("platfrom",)}, "Did you mean platform"),
    (
        {"metrics": ("spend",), "filters": ({"column": "campain_name", "op": "is null"},)},
        "campaign_name",
    ),
    ({"metrics": ("spend",), "order": ({"by": "revenu"},)}, "revenue"),
    (
        {"metrics": ("spend",), "having": ({"metric": "xyz", "op": ">", "values": (1,)},)},
        "There is",
    ),
    ({}, "Choose a metric"),
    ({"metrics": ("spend",), "filters": ({"column": "platform", "op": "in"},)}, "lists no values"),
    (
        {"metrics": ("spend",), "filters": ({"column": "spend", "op": "=", "values": ("lots",)},)},
        "not a number",
    ),
    (
        {"metrics": ("spend",), "filters": ({"column": "date", "op": "=", "values": ("soon",)},)},
        "not a date",
    ),
    ({"metrics": ("spend",), "order": ({"by": "spend", "of": "change"},)}, "comparison"),
    (
        {"metrics": ("roas",), "dimensions": ("group",), "order": ({"by": "roas", "of": "share"},)},
        "add up",
    ),
    (
        {"metrics": ("spend",), "dimensions": ("group",), "limit": 1, "limit_per": "platform"},
        "breakdown",
    ),
    ({"metrics": ("spend",), "limit": 0}, "at least 1"),
    (
        {
            "metrics": ("x",),
            "ad_hoc": ({"name": "x", "label": "x", "aggregation": "sum", "column": "platform"},),
        },
        "added up",
    ),
    (
        {"metrics": ("spend",), "grain": "day", "comparison": {"kind": "custom", "baseline": {}}},
        "first day",
    ),
]


@pytest.mark.parametrize(("parts", "words"), WRONG, ids=lambda v: str(v)[:50])
def test_what_cannot_be_answered_is_refused_with_a_hint(parts: dict[str, object], words: str):
    plan = QueryPlan.model_validate({"table": "order", **parts})
    with pytest.raises(PlanError) as caught:
        compile_plan(plan, shop.MODEL)
    assert words in str(caught.value)


def test_half_a_character_is_refused():
    odd = Filter(column="platform", op="=", values=("\ud800",))
    with pytest.raises(PlanError):
        compile_plan(QueryPlan(table="order", metrics=("spend",), filters=(odd,)), shop.MODEL)
