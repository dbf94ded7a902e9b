"""The face in one glance; the tables of cases are in the files beside it."""

from src.query_engine.query_clarification import QueryClarifier
from tests.nl.tables import ADS


def test_one_clear_question_has_one_reading_with_its_plan():
    found = QueryClarifier().clarify(
        "Which campaigns had ROAS above 3 and spend over $10,000 in the last 30 days?", ADS
    )
    (only,) = found.interpretations
    assert only.plan is not None
    assert only.plan.dimensions == ("campaign_name",)
    assert [(h.metric, h.op, h.values) for h in only.plan.having] == [
        ("roas", ">", (3.0,)),
        ("spend", ">", (10_000.0,)),
    ]
    assert str(only.plan.time.start) == "2026-09-16"
    assert any("15 Oct 2026" in note for note in only.assumptions)
