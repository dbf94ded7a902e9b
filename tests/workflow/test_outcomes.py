"""What each step of an analysis says about the answers of models, and that it is written down."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from src.config.settings import Settings
from src.data.approved import GuardVerdict
from src.insights.facts import InsightReport
from src.llm.ledger_tables import signals
from src.llm.router import Router
from src.query_engine.drafts import Clarification, Interpretation, Refusal, SqlDraft
from src.workflow import events, states, values
from src.workflow.analysis import Analyst
from src.workflow.outcomes import outcomes

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
READING = Interpretation(text="Spend", confidence=0.5, engine="claude")
ASKED = {
    "question": "Spend?",
    "clarification": Clarification(question="Spend?", interpretations=(READING,) * 3),
}
REFUSED = Clarification(question="?", refusal=Refusal(kind="missing_column", reason="No."))


def draft(engine: str = "gpt", edited: bool = False) -> SqlDraft:
    sql = "SELECT 1"
    guard = GuardVerdict(allowed=True, sql=sql, dialect="duckdb")
    return SqlDraft(sql=sql, dialect="duckdb", guard=guard, engine=engine, edited=edited)


def drafted(one: SqlDraft | None = None) -> states.Drafted:
    return states.Drafted(**ASKED, choice=0, chosen=READING, draft=one or draft(), drafted_at=NOW)


def approval() -> values.Approval:
    return values.Approval.of(draft().approve(by="ann", at=NOW))


def executed() -> states.Executed:
    info = values.ResultInfo(
        columns=(), row_count=0, kept_rows=0, truncated=False, seconds=0.1, executed_at=NOW
    )
    return states.Executed(
        **drafted().model_dump(exclude={"stage"}), approval=approval(), result=info
    )


INTERPRETED = states.Interpreted(**ASKED)
REJECTED = events.Rejected(comment="no")
REPLANNED = events.EditedPlan(interpretation=READING)
REWORDED = events.Reworded(question="Clicks?")
APPROVED = events.Approve(approval=approval())
EDITED = events.EditedSql(draft=draft("you", edited=True), at=NOW)
BROKEN = events.Failed(step="run", code="sql_failed", message="no such column")


@pytest.mark.parametrize(
    ("before", "event", "kind", "value"),
    [
        (INTERPRETED, events.Chose(index=0), "picked", 1.0),
        (INTERPRETED, events.Chose(index=2), "picked", 1 / 3),
        (INTERPRETED, REPLANNED, "replanned", 0.0),
        (INTERPRETED, REWORDED, "reworded", 0.0),
        (drafted(), APPROVED, "approved", 1.0),
        (drafted(), EDITED, "edited", 0.0),
        (drafted(), REJECTED, "rejected", 0.0),
        (executed(), REJECTED, "rejected", 0.0),
        (drafted(), BROKEN, "failed", 0.0),
        (executed(), events.ExplainedResult(insights=InsightReport()), "worded", 1.0),
    ],
)
def test_a_step_that_judges_an_answer(before, event, kind, value):
    (signal,) = outcomes(before, event)
    assert (signal.kind, signal.value) == (kind, value)


@pytest.mark.parametrize(
    ("before", "event"),
    [
        (executed(), EDITED),  # after a result an edit is a new wish
        (executed(), REPLANNED),
        (executed(), REWORDED),
        (states.Interpreted(question="?", clarification=REFUSED), REWORDED),
        (drafted(draft("you", edited=True)), APPROVED),  # the person's own SQL
        (drafted(draft("you", edited=True)), REJECTED),
        (drafted(), events.EditedSql(draft=draft(), at=NOW)),  # nothing was changed
        (drafted(), BROKEN.model_copy(update={"code": "cancelled"})),
        (states.Asked(question="?"), events.Clarified(clarification=REFUSED)),
    ],
)
def test_a_step_that_judges_nothing(before, event):
    assert outcomes(before, event) == ()


def test_the_steps_of_an_analysis_are_written_beside_its_calls(tmp_path):
    settings = Settings(_env_file=None, campaign_analyst_home=tmp_path / "home", llm_offline=True)
    file = tmp_path / "export.csv"
    file.write_text("Date,Campaign,Cost\n2026-01-01,Spring,10\n2026-01-02,Autumn,20\n")
    router = Router(settings)
    analyst = Analyst.open(data=[file], settings=settings, router=router)
    session = analyst.ask("Spend by campaign")
    session.choose(0)
    draft = session.reject("only Spring")
    session.run(draft.approve(by="ann"))
    with router.ledger.engine.connect() as connection:
        rows = connection.execute(sa.select(signals).order_by(signals.c.at)).all()
    assert [(row.task, row.kind, row.value) for row in rows] == [
        ("query_interpretation", "picked", 1.0),
        ("sql_generation", "rejected", 0.0),
        ("sql_generation", "approved", 1.0),
    ]
    assert {row.session for row in rows} == {session.id}
    assert {row.model for row in rows} == {"offline"}
    analyst.close()
    router.close()
