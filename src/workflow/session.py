"""One analysis, step by step. Every step is stored before its method returns.

A person's decision (a choice, an edit, a rejection, an approval) is stored before the machine
works on it; the work is claimed in the store first, so no step is done twice at once, and stored
when it ends. A failure is written to the audit trail and leaves the analysis where it was.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeVar

from src.data.approved import ApprovedQuery
from src.data.result import QueryResult
from src.data.warehouse import CancelToken
from src.errors import AnalystError, InputError, NotApproved, StepConflict
from src.insights.facts import Insight
from src.query_engine.drafts import Clarification, SqlDraft
from src.query_engine.plan import QueryPlan
from src.workflow import codec, events, states, values
from src.workflow.events import Event
from src.workflow.questions import clean_comment, clean_name, clean_question, clean_sql
from src.workflow.states import State
from src.workflow.store import RESULT_LIMIT_BYTES
from src.workflow.verified import VerifiedQuery
from src.workflow.view import SessionView, Workbench

_Known = TypeVar("_Known")
_MODEL_STEP_SECONDS: Final = 300.0
_RUN_GRACE_SECONDS: Final = 30.0


class AnalysisSession(SessionView):
    """One analysis.

    A step out of order raises IllegalTransition, which names what is possible now. A step that
    another click, tab or process is doing or has done raises StepConflict: nothing runs twice, and
    this object then shows the step the analysis is at.
    """

    def clarify(self) -> Clarification:
        """Read the question again, after a failure at that step."""
        states.require(self.state, "clarified")
        with self._working("clarify", _MODEL_STEP_SECONDS):
            self._clarify()
        return _known(self.clarification)

    def choose(self, index: int) -> SqlDraft:
        """Pick the reading at `index`, from 0, and have its SQL written.

        Raises:
            InputError: there is no such reading.
            IllegalTransition: there are no readings to choose from.
        """
        return self._decide(events.Chose(index=index))

    def edit_plan(self, plan: QueryPlan) -> SqlDraft:
        """Have the SQL written for a changed plan.

        Raises:
            PlanError: the data cannot answer `plan`; nothing is changed.
        """
        states.require(self.state, "edited_plan")
        reading = self._bench.engines.reading_of(plan, self._bench.warehouse)
        return self._decide(events.EditedPlan(interpretation=reading))

    def reword(self, question: str) -> Clarification:
        """Start over with another wording, in the same analysis and context.

        Raises:
            InputError: the question is empty, too long or not text; nothing is changed.
        """
        event = events.Reworded(question=clean_question(question))
        following = states.advance(self.state, event)
        with self._working("clarify", _MODEL_STEP_SECONDS):
            self._commit(following, event, self._stored.owner, hold=True)
            self._clarify()
        return _known(self.clarification)

    def edit_sql(self, sql: str) -> SqlDraft:
        """Replace the SQL by a person's own; it is guarded again and needs a new approval."""
        states.require(self.state, "edited_sql")
        draft = self._bench.engines.edited(
            clean_sql(sql), self._bench.warehouse, _known(self.draft)
        )
        event = events.EditedSql(draft=draft, at=self._bench.store.now())
        self._commit(states.advance(self.state, event), event, self._stored.owner)
        return draft

    def reject(self, comment: str) -> SqlDraft:
        """Turn the draft down, approved or not, and have another written that minds `comment`."""
        return self._decide(events.Rejected(comment=clean_comment(comment)))

    def redraft(self) -> SqlDraft:
        """Have the SQL of the chosen reading written again, after a failure at that step."""
        states.require(self.state, "drafted_sql")
        with self._working("draft", _MODEL_STEP_SECONDS):
            self._draft()
        return _known(self.draft)

    def approve(self, by: str) -> ApprovedQuery:
        """Approve the draft as it stands, in the name of `by`; after a result, to run it again.

        Raises:
            NotApproved: the guard refuses the text, or nobody is named.
        """
        draft = self.draft
        if draft is not None and not draft.guard.allowed:
            draft.approve(by=by)
        states.require(self.state, "approve")
        approved = _known(draft).approve(by=by, at=self._bench.store.now())
        event = events.Approve(approval=values.Approval.of(approved))
        self._commit(states.advance(self.state, event), event, by)
        return approved

    def run(self, approved: ApprovedQuery, cancel: CancelToken | None = None) -> QueryResult:
        """Run this analysis' own approved SQL, once.

        When these bytes have a result already, that result is returned and nothing runs; to run
        them again, `approve` them again.

        Raises:
            NotApproved: `approved` is not an approval of the draft as it stands.
            StepConflict: it is running already.
            ExecutionError: the engine did not finish; the approval stays.
        """
        if not isinstance(approved, ApprovedQuery):
            raise NotApproved("Only an approved query runs.", hint="Approve the draft first.")
        state = self.state
        if isinstance(state, states.WithResult) and approved.sha256 == state.approval.sha256:
            return _known(self.result)
        approval = values.Approval.of(approved)
        known = isinstance(state, states.Approved) and state.approval == approval
        event = events.Approve(approval=approval)
        following = state if known else states.advance(state, event)
        limit = self._bench.settings.query_timeout_seconds + _RUN_GRACE_SECONDS
        with self._working("run", limit):
            if not known:
                self._commit(following, event, approved.approved_by, hold=True)
            result = self._bench.warehouse.run(approved, cancel=cancel)
            self._keep(result, approved)
        return _known(self.result)

    def insights(self) -> tuple[Insight, ...]:
        """Facts and sentences about the result; computed once, then read from the store."""
        if self.report_insights is None:
            states.require(self.state, "explained_result")
            with self._working("explain", _MODEL_STEP_SECONDS):
                report = self._bench.engines.explain(
                    _known(self.result),
                    self.columns,
                    _known(self.draft).plan,
                    self.dataset,
                    question=self.question,
                    session=self.id,
                )
                self._take(events.ExplainedResult(insights=report), report.engine)
        return _known(self.report_insights).insights

    def follow_up(self, question: str) -> AnalysisSession:
        """A new analysis that keeps this one's plan as its context; this one stays as it is."""
        event = events.FollowedUp(question=clean_question(question), session=self.id)
        return start(self._bench, self._stored.owner, states.advance(self.state, event))

    def report(self, path: str | Path, *, chart_kind: str | None = None) -> Path:
        """Write the report to `path`, whose suffix says the format; explains the result first.

        Raises:
            InputError: the suffix is not one that can be written, or the file cannot be.
        """
        self.insights()
        from src.workflow.report_data import report_data

        engines = self._bench.engines
        data = report_data(self, cost=engines.cost(self.id), chart_kind=chart_kind)
        written = engines.write_report(Path(path), data)
        report = values.ReportFile(
            path=str(written),
            sha256=hashlib.sha256(written.read_bytes()).hexdigest(),
            written_at=self._bench.store.now(),
        )
        self._take(events.WroteReport(report=report), self._stored.owner)
        return written

    def verify(self, name: str, *, onboarding: bool = False) -> VerifiedQuery:
        """Vouch for this analysis' approved SQL as a verified query.

        Raises:
            InputError: the SQL is not approved, or `name` is empty or too long.
        """
        state = self.state
        if not isinstance(state, states.WithApproval):
            raise InputError(
                "Only approved SQL can be verified.",
                where=state.stage,
                hint="Review and approve the SQL first.",
            )
        query = VerifiedQuery(
            name=clean_name(name),
            question=self.question,
            sql=state.approval.sql,
            verified_at=self._bench.store.now(),
            verified_by=state.approval.approved_by,
            use_as_onboarding_question=onboarding,
        )
        self._bench.verified.add(query)
        return query

    def _decide(self, event: events.Chose | events.EditedPlan | events.Rejected) -> SqlDraft:
        """Store a person's decision and have SQL written for it."""
        following = states.advance(self.state, event)
        with self._working("draft", _MODEL_STEP_SECONDS):
            self._commit(following, event, self._stored.owner, hold=True)
            self._draft()
        return _known(self.draft)

    def _clarify(self) -> None:
        clarification = self._bench.engines.clarify(
            self.question, self.dataset, self.previous, self.id
        )
        self._take(events.Clarified(clarification=clarification), clarification.engine)

    def _draft(self) -> None:
        state = self.state
        assert isinstance(state, states.Chosen)
        bench = self._bench
        draft = bench.engines.draft(state, bench.warehouse, bench.verified.all(), self.id)
        self._take(events.DraftedSql(draft=draft, at=self._bench.store.now()), draft.engine)

    def _keep(self, result: QueryResult, approved: ApprovedQuery) -> None:
        data, rows = codec.frame_to_bytes(result.frame, RESULT_LIMIT_BYTES)
        info = values.ResultInfo(
            columns=result.columns,
            row_count=result.row_count,
            kept_rows=rows,
            truncated=result.truncated,
            seconds=result.seconds,
            rows_read=result.rows_read,
            cautions=result.cautions,
            executed_at=self._bench.store.now(),
        )
        event = events.Ran(result=info)
        following = states.advance(self.state, event)
        self._commit(following, event, approved.approved_by, result=data)
        self._result = result

    def _take(self, event: Event, actor: str) -> None:
        self._commit(states.advance(self.state, event), event, actor)

    def _commit(
        self,
        following: State,
        event: Event,
        actor: str,
        *,
        result: bytes | None = None,
        hold: bool = False,
    ) -> None:
        store, before = self._bench.store, self.state
        with self._conflicts_shown():
            self._stored = store.commit(
                self._stored, following, event, actor, result=result, hold=hold
            )
        if not isinstance(following, states.WithResult):
            self._result = None
        self._bench.engines.heard(self.id, before, event)

    @contextlib.contextmanager
    def _working(self, step: str, seconds: float) -> Iterator[None]:
        """Claim `step`, do it, and note a failure; the claim ends either way."""
        with self._conflicts_shown():
            self._stored = self._bench.store.begin(self._stored, step, seconds)
        try:
            yield
        except BaseException as error:
            known = isinstance(error, AnalystError)
            failure = events.Failed(
                step=step,
                code=error.code if isinstance(error, AnalystError) else "internal",
                message=str(error) if known else type(error).__name__,
            )
            with contextlib.suppress(AnalystError):
                if self._stored.claim:
                    self._commit(self.state, failure, self._stored.owner)
            raise

    @contextlib.contextmanager
    def _conflicts_shown(self) -> Iterator[None]:
        try:
            yield
        except StepConflict:
            self.refresh()
            raise


def _known(value: _Known | None) -> _Known:
    """`value`, which the step just taken has set."""
    assert value is not None
    return value


def start(bench: Workbench, owner: str, state: State) -> AnalysisSession:
    """Store a new analysis that begins with `state`, and clarify it."""
    data = bench.warehouse.dataset()
    stored = bench.store.create(
        owner, state, dataset_id=data.id, dataset_name=data.name, actor=owner
    )
    session = AnalysisSession(bench, stored)
    session.clarify()
    return session
