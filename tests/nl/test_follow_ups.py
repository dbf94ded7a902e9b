"""A follow-up keeps what was asked and changes what it says."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.tables import ADS

TODAY = dt.date(2026, 11, 1)
FIRST = "spend by platform last month"

CASES = [
    (
        "and by device?",
        {"show": "spend", "by": "platform device", "time": "2026-09-01..2026-09-30"},
    ),
    ("by device instead", {"show": "spend", "by": "device", "time": "2026-09-01..2026-09-30"}),
    (
        "only Meta",
        {"by": "platform", "where": ["platform = Meta"], "time": "2026-09-01..2026-09-30"},
    ),
    ("exclude Yandex", {"where": ["platform != Yandex Direct"], "time": "2026-09-01..2026-09-30"}),
    (
        "same for the previous month",
        {"show": "spend", "by": "platform", "time": "2026-08-01..2026-08-31"},
    ),
    ("and in August 2025?", {"by": "platform", "time": "2025-08-01..2025-08-31"}),
    ("what about CPA", {"show": "cpa", "by": "platform", "time": "2026-09-01..2026-09-30"}),
    ("add clicks", {"show": "spend clicks", "by": "platform"}),
    ("top 3", {"show": "spend", "by": "platform", "top": 3, "sort": "spend desc"}),
    ("sorted by cpa", {"show": "spend cpa", "by": "platform", "sort": "cpa desc"}),
    (
        "compare to previous month",
        {"show": "spend", "time": "2026-09-01..2026-09-30", "vs": "2026-08-01..2026-08-31"},
    ),
    (
        "vs september 2025",
        {"show": "spend", "time": "2026-09-01..2026-09-30", "vs": "2025-09-01..2025-09-30"},
    ),
    ("weekly", {"show": "spend", "by": "platform", "grain": "week"}),
    (
        "compared with the previous period",
        {"time": "2026-09-01..2026-09-30", "vs": "2026-08-01..2026-08-31"},
    ),
    ("as a share of total", {"show": "spend", "by": "platform", "share": True}),
    ("with spend over 1000", {"by": "platform", "having": ["spend > 1000"]}),
]


@pytest.mark.parametrize(("question", "wanted"), CASES)
def test_the_fragment_changes_the_plan_before(question, wanted):
    before = interpret(FIRST, ADS, today=TODAY).interpretations[0].plan
    found = interpret(question, ADS, previous=before, today=TODAY)
    plan = parts(found.interpretations[0].plan)
    assert {key: plan.get(key) for key in wanted} == wanted


@pytest.mark.parametrize(
    "question", ["total revenue by region", "list campaigns on TikTok", "top 3 campaigns by ROAS"]
)
def test_a_question_that_stands_by_itself_starts_anew(question):
    before = interpret(FIRST, ADS, today=TODAY).interpretations[0].plan
    again = interpret(question, ADS, previous=before, today=TODAY)
    assert again.interpretations == interpret(question, ADS, today=TODAY).interpretations


@pytest.mark.parametrize(
    ("question", "kind"),
    [("why not the others?", "unsupported"), ("and by keyword?", "missing_column")],
)
def test_a_follow_up_is_refused_as_a_question_is(question, kind):
    before = interpret(FIRST, ADS, today=TODAY).interpretations[0].plan
    assert interpret(question, ADS, previous=before, today=TODAY).refusal.kind == kind


def chained(*questions: str) -> dict[str, object]:
    """The parts of the last plan of a conversation."""
    plan = None
    for question in questions:
        found = interpret(question, ADS, previous=plan, today=TODAY)
        assert found.refusal is None, found.refusal
        plan = found.interpretations[0].plan
    assert plan is not None
    return parts(plan)


BEST = "top 5 campaigns by ROAS last month"


@pytest.mark.parametrize(
    ("questions", "wanted"),
    [
        # what was ranked from the best stays ranked from the best
        ((BEST, "by CPA instead"), {"show": "cpa", "sort": "cpa asc", "top": 5}),
        ((BEST, "by CPA instead", "top 3"), {"sort": "cpa asc", "top": 3}),
        ((BEST, "by CPA instead", "show me the worst ones"), {"sort": "cpa desc", "top": 5}),
        (("top 5 campaigns by spend", "what about CPA"), {"sort": "cpa desc"}),
        # the second period stays what it was
        (
            (FIRST, "compare to previous month", "by device instead"),
            {"by": "device", "time": "2026-09-01..2026-09-30", "vs": "2026-08-01..2026-08-31"},
        ),
        (
            ("spend in the last 7 days", "compare to the previous 7 days"),
            {"time": "2026-10-09..2026-10-15", "vs": "2026-10-02..2026-10-08"},
        ),
        # change is what grew and fell
        (
            (FIRST, "compare to previous month", "which grew the most?"),
            {"by": "platform", "sort": "spend.change desc"},
        ),
        # "those" are the ones of the answer before
        (
            (FIRST, "exclude Yandex", "what was the CPA of those"),
            {"show": "cpa", "by": "platform", "where": ["platform != Yandex Direct"]},
        ),
        (
            (FIRST, "only Meta", "and in total?"),
            {"show": "spend", "by": None, "where": ["platform = Meta"], "sort": None},
        ),
    ],
)
def test_a_conversation(questions: tuple[str, ...], wanted: dict[str, object]) -> None:
    found = chained(*questions)
    assert {key: found.get(key) for key in wanted} == wanted


def test_a_comparison_without_a_second_period_says_what_is_missing() -> None:
    refusal = interpret("spend by platform compared to Christmas 2031", ADS, today=TODAY).refusal
    assert refusal is not None
    assert "has no the" not in refusal.reason
