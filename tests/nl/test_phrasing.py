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
]


@pytest.mark.parametrize(("question", "wanted"), CASES)
def test_a_question_is_read_as_it_is_meant(question: str, wanted: dict[str, object]) -> None:
    found = interpret(question, ADS, today=dt.date(2026, 11, 1))
    assert found.refusal is None, found.refusal
    plan = found.interpretations[0].plan
    assert plan is not None
    read = parts(plan)
    assert {key: read.get(key) for key in wanted} == wanted
