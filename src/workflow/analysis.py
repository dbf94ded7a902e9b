"""Ask, choose, review, run, understand: the whole product without a screen.

`Analyst` is one owner's work on one data set; `AnalysisSession` is one analysis. Every step is stored
before its method returns, so any other process can go on from there with `Analyst.resume`.

    analyst = Analyst.open(data=["export.csv"])
    session = analyst.ask("Which campaigns had ROAS above 3 in the last 30 days?")
    draft = session.choose(0)
    result = session.run(draft.approve(by="me"))
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from src.data.approved import ApprovedQuery
from src.data.profile import Dataset
from src.data.result import QueryResult
from src.data.warehouse import CancelToken, Warehouse
from src.insights.facts import Insight, InsightReport
from src.query_engine.drafts import Clarification, Interpretation, SqlDraft
from src.query_engine.plan import QueryPlan
from src.workflow.states import State

if TYPE_CHECKING:
    from src.config.settings import Settings
    from src.llm.router import Router
    from src.workflow.store import EventRecord, SessionSummary


class Badge(StrEnum):
    """How far an answer's SQL can be trusted at a glance."""

    VERIFIED = "Verified"
    GENERATED = "Generated"
    EDITED = "Edited"
    OFFLINE = "Offline"


class Analyst:
    """One owner's analyses of one data set."""

    @classmethod
    def open(
        cls,
        data: Sequence[str | Path] | None = None,
        database_url: str | None = None,
        *,
        dataset_id: str | None = None,
        owner: str = "local",
        settings: Settings | None = None,
        router: Router | None = None,
    ) -> Analyst:
        """Open files, a database, a data set uploaded before, or (with none of them) the sample."""
        raise NotImplementedError

    @property
    def dataset(self) -> Dataset:
        raise NotImplementedError

    @property
    def warehouse(self) -> Warehouse:
        raise NotImplementedError

    def ask(
        self, question: str, previous: AnalysisSession | QueryPlan | None = None
    ) -> AnalysisSession:
        """A new analysis, clarified. A refusal is `session.clarification.refusal`, not an error."""
        raise NotImplementedError

    def sessions(self, search: str | None = None, limit: int = 50) -> tuple[SessionSummary, ...]:
        """The owner's analyses on any data set, newest first."""
        raise NotImplementedError

    def resume(self, session_id: str) -> AnalysisSession:
        """The analysis at its last stored step, on its own data set."""
        raise NotImplementedError

    def verify(self, session: AnalysisSession, name: str) -> None:
        """Keep the approved SQL of `session` as a verified query."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class AnalysisSession:
    """One analysis. A step out of order raises IllegalTransition, which names what is possible now;
    a step that another tab is doing or has done raises StepConflict and changes nothing."""

    id: str
    state: State
    question: str
    clarification: Clarification | None
    interpretations: tuple[Interpretation, ...]
    chosen: Interpretation | None
    draft: SqlDraft | None
    approved: ApprovedQuery | None
    result: QueryResult | None
    report_insights: InsightReport | None
    badge: Badge | None
    running: str | None
    """The step that is being done right now, here or in another tab."""

    def choose(self, index: int) -> SqlDraft:
        """Pick a reading (from 0); writes its SQL. Any earlier draft and approval are void."""
        raise NotImplementedError

    def edit_plan(self, plan: QueryPlan) -> SqlDraft:
        """Change the plan; writes SQL for it."""
        raise NotImplementedError

    def reword(self, question: str) -> Clarification:
        """Start over with another wording, in the same analysis."""
        raise NotImplementedError

    def edit_sql(self, sql: str) -> SqlDraft:
        """Change the SQL; it is guarded again and needs a new approval."""
        raise NotImplementedError

    def reject(self, comment: str) -> SqlDraft:
        """Turn the draft down and get another that minds `comment`."""
        raise NotImplementedError

    def redraft(self) -> SqlDraft:
        """Write the SQL of the chosen reading again, after a failure at that step."""
        raise NotImplementedError

    def approve(self, by: str) -> ApprovedQuery:
        """Approve the draft as it stands, in the name of `by`."""
        raise NotImplementedError

    def run(self, approved: ApprovedQuery, cancel: CancelToken | None = None) -> QueryResult:
        """Run this analysis' own approved SQL, once; a second call returns the stored result."""
        raise NotImplementedError

    def insights(self) -> tuple[Insight, ...]:
        """Facts and sentences about the result; computed once, then stored."""
        raise NotImplementedError

    def follow_up(self, question: str) -> AnalysisSession:
        """A new analysis with this one's plan as its context."""
        raise NotImplementedError

    def report(self, path: str | Path) -> Path:
        """Write the report (.html or .md by suffix) and return its path."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Read the last stored step again, e.g. after another tab went on."""
        raise NotImplementedError

    def history(self) -> tuple[EventRecord, ...]:
        """The audit trail: every event with who, when, and the SQL's hash."""
        raise NotImplementedError
