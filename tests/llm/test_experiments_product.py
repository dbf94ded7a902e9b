"""An experiment on the product itself: an analysis, a model behind it, and what its steps say."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from wire import say

from src.config.settings import Settings
from src.evaluation.engines import ProductEngine
from src.evaluation.score import Outcome
from src.llm.ledger_tables import calls, signals
from src.llm.types import LLMRequest, TaskType
from src.workflow.analysis import Analyst

EXPERIMENT = """
[cache]
enabled = false
[experiments.sql]
task = "sql_generation"
enabled = true
arms = { "claude-sonnet-5-5" = 1, "gpt-6.1-sol" = 1 }
"""
GOOD = 'SELECT campaign, sum(cost) AS cost FROM "export" GROUP BY 1'


@pytest.fixture
def analyst(make_router, tmp_path):
    file = tmp_path / "export.csv"
    file.write_text("Date,Campaign,Cost\n2026-01-01,Spring,10\n2026-01-02,Autumn,20\n")
    router = make_router("google", toml=EXPERIMENT, gemini_api_key=None)
    settings = Settings(_env_file=None, campaign_analyst_home=tmp_path / "analyses")
    opened = Analyst.open(data=[file], settings=settings, router=router)
    opened.router = router  # type: ignore[attr-defined]
    yield opened
    opened.close()


def heard(router) -> list[tuple[str, float, str, str]]:
    with router.ledger.engine.connect() as connection:
        found = connection.execute(
            sa.select(signals, calls.c.tags)
            .join(calls, calls.c.call_id == signals.c.call_id)
            .where(signals.c.task == TaskType.SQL_GENERATION.value)
            .order_by(signals.c.at)
        ).all()
    for row in found:
        assert row.tags == {"experiment": "sql", "arm": row.arm}
    return [(row.kind, row.value, row.model, row.arm) for row in found]


def test_approving_and_rejecting_tell_on_the_arm_that_wrote_the_sql(analyst, wire):
    for protocol in ("anthropic", "openai"):
        wire.on(protocol, say(json.dumps({"sql": GOOD})))
    session = analyst.ask("Cost by campaign")
    draft = session.choose(0)
    arm = draft.engine
    assert arm in {"claude-sonnet-5-5", "gpt-6.1-sol"}
    draft = session.reject("write it again")
    session.approve("ann")
    assert heard(analyst.router) == [("rejected", 0.0, arm, arm), ("approved", 1.0, arm, arm)]


def test_sql_that_the_rules_had_to_replace_is_no_success_of_the_model(analyst, wire):
    for protocol in ("anthropic", "openai"):
        wire.on(protocol, say(json.dumps({"sql": "DROP TABLE export"})))
    session = analyst.ask("Cost by campaign")
    assert session.choose(0).engine == "offline"
    session.approve("ann")
    ((kind, value, model, arm),) = heard(analyst.router)
    assert (kind, value, model) == ("replaced", 0.0, arm)


def test_a_judge_scores_the_arm_of_its_case(make_router, wire):
    router = make_router("google", toml=EXPERIMENT)
    engine = ProductEngine("models", router)
    for number in range(4):
        session = f"case-{number}"
        router.complete(LLMRequest(task=TaskType.SQL_GENERATION, prompt="q", session=session))
        outcome = {"question": "q", "expected_refusal": False, "result": "right", "rank": 1}
        engine.judged(session, Outcome.model_validate({**outcome, "sql": "SELECT 1"}))
    assert [(kind, value, model == arm) for kind, value, model, arm in heard(router)] == [
        ("judged", 1.0, True)
    ] * 4
