"""Readings by a model: checked against the data, worded by code, and never taken on trust.

Models are spoken to through the real SDK and router, against a server on this machine.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from src.query_engine.nl.engine import interpret
from src.query_engine.plan import QueryPlan
from src.query_engine.query_clarification import QueryClarifier
from tests.llm.conftest import make_router, wire
from tests.nl.tables import ADS

__all__ = ["make_router", "wire"]

TODAY = dt.date(2026, 11, 1)
BY_PLATFORM = {
    "table": "campaigns",
    "metrics": ["spend"],
    "dimensions": ["platform"],
    "order": [{"by": "spend", "of": "value", "descending": True}],
}
EMPTY: dict[str, Any] = {
    "metrics": [], "dimensions": [], "grain": None, "filters": [], "having": [], "period": None,
    "baseline": None, "comparison": None, "order": [], "limit": None, "limit_per": None,
    "share_of_total": False, "include_empty": False, "count_groups": False, "ad_hoc": [],
}  # fmt: skip


def reading(sense: str = "spend", **plan: Any) -> dict[str, Any]:
    return {"sense": sense, "confidence": 0.99, "plan": {**EMPTY, **BY_PLATFORM, **plan}}


def proposed(plan: QueryPlan) -> dict[str, Any]:
    """The plan as a model would answer it."""
    said = plan.model_dump(mode="json", exclude={"language"})
    time, comparison = said.pop("time"), said.pop("comparison")
    for item in (said, *said["ad_hoc"]):
        for condition in item.get("filters", item.get("part")):
            condition["values"] = [str(value) for value in condition["values"]]
    return {
        **said,
        "period": time and {**time, "relative": time.pop("anchor") is not None},
        "comparison": comparison and comparison["kind"],
        "baseline": comparison and comparison["baseline"],
    }


@pytest.fixture
def clarify(wire, make_router):
    from wire import say

    def ask(question: str, *readings: dict[str, Any], missing: tuple[str, ...] = ()):
        wire.on("anthropic", say(json.dumps({"readings": readings, "missing": missing})))
        return QueryClarifier(make_router("anthropic")).clarify(question, ADS, today=TODAY)

    return ask


def test_a_model_that_agrees_with_the_rules_is_believed_more_than_one_that_does_not(clarify):
    (agreed,) = clarify("spend by platform", reading()).interpretations
    (other,) = clarify("spend by platform", reading(metrics=["clicks"], order=[])).interpretations
    assert (agreed.confidence, other.confidence) == (0.92, 0.7)
    assert agreed.engine == other.engine == "claude-sonnet-5-5"
    assert other.text == "Clicks by platform."


def test_the_same_days_by_another_name_are_the_same_reading(clarify):
    september = {"start": "2026-09-01", "end": "2026-09-30", "relative": False}
    found = clarify(
        "spend by platform last month",
        reading(period={**september, "label": "September"}),
        reading(period={**september, "label": "the month before"}),
    )
    (one,) = found.interpretations
    assert one.confidence == 0.92
    assert "last month" in one.text


@pytest.mark.parametrize(
    "question",
    [
        "how many campaigns had ROAS above 3?",
        "average daily spend by platform",
        "share of spend on mobile by platform",
        "top 3 campaigns by revenue in each platform last month",
    ],
)
def test_a_model_can_say_all_that_the_rules_can(clarify, question):
    plan = interpret(question, ADS, today=TODAY).interpretations[0].plan
    (agreed,) = clarify(
        question, {"sense": "", "confidence": 1, "plan": proposed(plan)}
    ).interpretations
    assert agreed.plan == plan
    assert agreed.confidence == 0.92


def test_readings_that_the_data_cannot_answer_are_dropped_and_counted(clarify):
    found = clarify("spend by platform", reading(), reading(metrics=["profit"]))
    assert len(found.interpretations) == 1
    assert any("1" in note for note in found.notes)


def test_where_no_reading_holds_the_rules_answer(clarify):
    found = clarify("spend by platform", reading(metrics=["profit"]))
    assert [i.engine for i in found.interpretations] == ["offline"]


def test_what_a_model_misses_is_refused_with_the_nearest_that_can_be_asked(clarify):
    found = clarify("spend by platform", missing=("attribution window",))
    assert found.refusal is not None
    assert found.refusal.kind == "missing_column"
    assert "attribution window" in found.refusal.reason
    assert found.engine == "claude-sonnet-5-5"


def test_a_question_of_no_words_asks_no_model(clarify, wire):
    assert clarify("  ").refusal is not None
    assert clarify("word " * 2_000).refusal is not None
    assert not wire.asked()
