"""Ways of saying it: what a condition is about, parts of another measure, days side by side."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.tables import ADS

CASES: list[tuple[str, dict[str, object]]] = [
    (
        "which campaign has the highest CPA but at least 50 conversions",
        {"having": ["conversions >= 50"], "sort": "cpa desc", "top": 1},
    ),
    (
        "campaigns with high spend but ROAS under 2",
        {"having": ["roas < 2"], "sort": "spend desc", "where": None},
    ),
    ("low spend campaigns", {"sort": "spend asc"}),
    ("share of spend in revenue by platform", {"share": None, "by": "platform"}),
    ("share of clicks in September by platform", {"show": "clicks", "share": True}),
    ("how does weekend ROAS compare to weekday ROAS", {"grain": "weekpart"}),
    ("compare Mondays and Fridays by spend", {"grain": "weekday"}),
    ("campaigns with declining revenue over the last 3 months", {"having": ["revenue.change < 0"]}),
    ("spend growth by platform compared with last month", {"having": None, "by": "platform"}),
    ("revenue excluding Meta campaigns", {"by": None, "where": ["platform != Meta"]}),
    ("which 5 days had the highest spend", {"grain": "day", "top": 5, "sort": "spend desc"}),
    ("the 3 weeks with the lowest CPA", {"grain": "week", "top": 3, "sort": "cpa asc"}),
    ("what is the average CTR of Meta campaigns", {"show": "ctr", "by": None}),
    ("which campaigns spent nothing in June", {"having": ["spend = 0"], "empty": True}),
    ("campaigns that haven't spent anything in June", {"having": ["spend = 0"], "empty": True}),
    ("campaigns that did not spend anything", {"having": ["spend = 0"], "empty": True}),
    ("campaigns that have not had any conversions", {"having": ["conversions = 0"]}),
    ("на каких платформах ничего не потратили", {"having": ["spend = 0"], "empty": True}),
    ("revenue per $ spent", {"show": "roas"}),
    ("revenue per $1 spent by platform", {"show": "roas", "by": "platform"}),
    (
        "campaigns where clicks went up but conversions went down",
        {"having": ["clicks.change > 0", "conversions.change < 0"]},
    ),
    ("highest spend in a single day", {"show": "spend", "grain": "day", "top": 1, "time": None}),
    ("spend on singles day 2025", {"time": "2025-11-11..2025-11-11"}),
    ("what did our ads cost us", {"show": "spend", "by": None}),
    ("show us spend by platform", {"show": "spend", "by": "platform"}),
    ("days when spend was over 2000", {"grain": "day", "having": ["spend > 2000"]}),
    ("biggest drop in conversions week over week", {"by": "campaign_name", "having": None}),
    ("расход делить на клики по устройствам", {"show": "cpc", "by": "device"}),
]


@pytest.mark.parametrize(("question", "wanted"), CASES)
def test_a_question_is_read_as_it_is_meant(question: str, wanted: dict[str, object]) -> None:
    found = interpret(question, ADS, today=dt.date(2026, 11, 1))
    assert found.refusal is None, found.refusal
    plan = found.interpretations[0].plan
    assert plan is not None
    read = parts(plan)
    assert {key: read.get(key) for key in wanted} == wanted
