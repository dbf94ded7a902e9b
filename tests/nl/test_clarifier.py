"""The Clarify step as callers see it: any description of the data, a model that is checked."""

from __future__ import annotations

import pytest

from src.config.settings import get_settings
from src.errors import InputError
from src.llm.router import Router
from src.query_engine.proposals import PlanProposal, to_plan
from src.query_engine.query_clarification import QueryClarifier
from tests.nl.tables import ADS

QUESTION = "Show me high performing campaigns"


@pytest.fixture
def clarifier(tmp_path, monkeypatch):
    monkeypatch.setenv("CAMPAIGN_ANALYST_HOME", str(tmp_path))
    monkeypatch.setenv("LLM_OFFLINE", "true")
    get_settings.cache_clear()
    router = Router()
    yield QueryClarifier(router=router)
    router.close()
    get_settings.cache_clear()


SCHEMAS = [
    ADS,
    ADS.model,
    {
        "campaigns": [
            "date",
            "campaign_name",
            "spend",
            "clicks",
            "impressions",
            "conversions",
            "revenue",
        ]
    },
    {
        "campaigns": {
            "campaign_name": "TEXT",
            "spend": "DOUBLE",
            "clicks": "BIGINT",
            "impressions": "INT",
            "conversions": "INT",
            "revenue": "DECIMAL(10,2)",
        }
    },
    "CREATE TABLE campaigns (campaign_name VARCHAR, spend DOUBLE, clicks INT, impressions INT,"
    " conversions INT, revenue DOUBLE)",
    "campaigns(campaign_name, spend, clicks, impressions, conversions, revenue)",
]


@pytest.mark.parametrize(
    "schema", SCHEMAS, ids=["dataset", "model", "names", "types", "ddl", "text"]
)
def test_any_description_of_a_schema_gives_five_readings(clarifier, schema):
    found = clarifier.generate_interpretations(query=QUESTION, schema_info=schema)
    assert len(found) == 5
    for item in found:
        assert item["interpretation"]
        assert 0 < item["confidence"] <= 1
        assert dict(item)["interpretation"] == item["interpretation"]


@pytest.mark.parametrize("schema", [{}, "", "nothing here", {"t": []}])
def test_a_schema_without_tables_is_refused(clarifier, schema):
    with pytest.raises(InputError, match="describes no table"):
        clarifier.generate_interpretations(query=QUESTION, schema_info=schema)


def test_an_offline_answer_is_booked_in_the_ledger(clarifier):
    found = clarifier.clarify("spend by platform", ADS, session="s1")
    assert found.engine == "offline"
    assert found.interpretations[0].engine == "offline"


def proposal(**changes):
    plain = {
        "table": "campaigns",
        "metrics": ["spend"],
        "dimensions": ["platform"],
        "grain": None,
        "filters": [],
        "having": [],
        "period": None,
        "baseline": None,
        "comparison": None,
        "order": [],
        "limit": None,
        "limit_per": None,
        "share_of_total": False,
        "include_empty": False,
        "count_groups": False,
        "ad_hoc": [],
    }
    return PlanProposal.model_validate({**plain, **changes})


def period(start, end):
    return {"start": start, "end": end, "label": "", "relative": False}


def test_a_valid_proposal_becomes_a_plan():
    meta = {"column": "platform", "op": "=", "values": ["Meta"]}
    plan = to_plan(proposal(filters=[meta], period=period("2026-01-01", "2026-01-31")), ADS)
    assert plan.filters[0].values == ("Meta",)
    assert str(plan.time.start) == "2026-01-01"


def test_a_proposal_may_run_choose_and_take_a_median():
    made = {"name": "m", "label": "M", "aggregation": "median", "column": None, "per": None,
            "part": [], "over": "day", "of": "cpa"}  # fmt: skip
    meta = {"column": "platform", "op": "=", "values": ["Meta"]}
    mobile = {"column": "device", "op": "=", "values": ["mobile"]}
    either = [{"filters": [meta, mobile], "having": []}]
    plan = to_plan(proposal(grain="day", running_total=True, either=either), ADS)
    assert plan.running_total
    assert [f.column for f in plan.either[0].filters] == ["platform", "device"]
    assert to_plan(proposal(metrics=["m"], ad_hoc=[made]), ADS).ad_hoc[0].over == "day"


INVALID = {
    "running without buckets": {"running_total": True},
    "either of one": {"either": [{"filters": [], "having": []}]},
    "unknown table": {"table": "users"},
    "unknown metric": {"metrics": ["profit"]},
    "unknown column": {"dimensions": ["keyword"]},
    "unknown value": {"filters": [{"column": "platform", "op": "=", "values": ["Pinterest"]}]},
    "filter on nothing": {"filters": [{"column": "platform", "op": "=", "values": []}]},
    "not a number": {"filters": [{"column": "spend", "op": ">", "values": ["a lot"]}]},
    "sorted by nothing": {"order": [{"by": "profit", "of": "value", "descending": True}]},
    "period backwards": {"period": period("2026-02-01", "2026-01-01")},
    "not a date": {"period": period("last week", None)},
    "limit below one": {"limit": 0},
    "nothing asked": {"metrics": [], "dimensions": []},
}


@pytest.mark.parametrize("changes", INVALID.values(), ids=INVALID.keys())
def test_a_proposal_that_names_what_does_not_exist_is_dropped(changes):
    assert to_plan(proposal(**changes), ADS) is None
