"""What can be seen of an analysis at its step; nothing here changes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from src.config.settings import Settings
from src.data.approved import ApprovedQuery
from src.data.profile import Dataset
from src.data.result import QueryResult
from src.data.warehouse import Warehouse
from src.insights.facts import InsightReport
from src.query_engine.drafts import Clarification, Interpretation, OutputColumn, SqlDraft
from src.query_engine.phrases import say
from src.query_engine.plan import QueryPlan
from src.workflow import codec, states
from src.workflow.engines import Engines
from src.workflow.records import EventRecord, Stored
from src.workflow.states import State
from src.workflow.store import Store
from src.workflow.verified import VerifiedQueries

_LEAD: Final = 2.0


class Badge(StrEnum):
    """Where an answer's SQL comes from, as people see it."""

    VERIFIED = "Verified"
    GENERATED = "Generated"
    EDITED = "Edited"
    OFFLINE = "Offline"


@dataclass(frozen=True, slots=True)
class Workbench:
    """What an analysis works with: where it is stored, what it asks, and who helps."""

    store: Store
    warehouse: Warehouse
    settings: Settings
    verified: VerifiedQueries
    engines: Engines


class SessionView:
    """An analysis as it was last stored or read."""

    def __init__(self, bench: Workbench, stored: Stored) -> None:
        self._bench = bench
        self._stored = stored
        self._result: QueryResult | None = None

    @property
    def id(self) -> str:
        return self._stored.id

    @property
    def state(self) -> State:
        return self._stored.state

    @property
    def dataset(self) -> Dataset:
        return self._bench.warehouse.dataset()

    @property
    def question(self) -> str:
        return self.state.question

    @property
    def previous(self) -> QueryPlan | None:
        """The plan of the analysis this one follows up."""
        return self.state.previous

    @property
    def clarification(self) -> Clarification | None:
        """Readings or a refusal; None until the question was clarified."""
        state = self.state
        return state.clarification if isinstance(state, states.WithReadings) else None

    @property
    def interpretations(self) -> tuple[Interpretation, ...]:
        """The readings, best first; empty after a refusal."""
        return self.clarification.interpretations if self.clarification else ()

    @property
    def leading(self) -> int | None:
        """Position of the reading that is clearly the likeliest, None when a person must choose:
        the only one, or one at least `_LEAD` times as probable as the next and more so than not."""
        readings = self.interpretations
        if len(readings) <= 1:
            return 0 if readings else None
        first, second = readings[0].confidence, readings[1].confidence
        return 0 if first > 0.5 and first >= _LEAD * second else None

    @property
    def chosen(self) -> Interpretation | None:
        state = self.state
        return state.chosen if isinstance(state, states.WithChoice) else None

    @property
    def draft(self) -> SqlDraft | None:
        state = self.state
        return state.draft if isinstance(state, states.WithDraft) else None

    @property
    def approved(self) -> ApprovedQuery | None:
        state = self.state
        return state.approval.query() if isinstance(state, states.WithApproval) else None

    @property
    def result(self) -> QueryResult | None:
        """The result, from the store after a reload.

        Raises:
            StateError: its stored rows are damaged or gone.
        """
        state = self.state
        if not isinstance(state, states.WithResult):
            return None
        if self._result is None:
            self._result = self._stored_result(state)
        return self._result

    @property
    def columns(self) -> tuple[OutputColumn, ...]:
        """What the result's columns mean, in their order; empty without a result."""
        state = self.state
        if not isinstance(state, states.WithResult):
            return ()
        return self._bench.engines.columns(state.result.columns, self.dataset, state.draft)

    @property
    def report_insights(self) -> InsightReport | None:
        state = self.state
        return state.insights if isinstance(state, states.WithInsights) else None

    @property
    def badge(self) -> Badge | None:
        """Verified when the SQL is a verified query's, else who wrote it; None without a draft."""
        draft = self.draft
        if draft is None:
            return None
        if self._bench.verified.find(draft.sql):
            return Badge.VERIFIED
        if draft.edited:
            return Badge.EDITED
        return Badge.OFFLINE if draft.engine == "offline" else Badge.GENERATED

    @property
    def running(self) -> str | None:
        """The step that is being done right now, here or elsewhere; asks the store."""
        return self._bench.store.load(self._stored.owner, self.id).running

    def refresh(self) -> None:
        """Read the last stored step again."""
        self._stored = self._bench.store.load(self._stored.owner, self.id)
        self._result = None

    def history(self) -> tuple[EventRecord, ...]:
        """The audit trail: every event with who, when, and the SQL's hash."""
        return self._bench.store.events(self._stored.owner, self.id)

    def _stored_result(self, state: states.WithResult) -> QueryResult:
        data = self._bench.store.result(self._stored.owner, self.id, state.approval.sha256)
        info = state.result
        cautions = info.cautions
        if info.kept_rows < info.row_count:
            plan = state.draft.plan
            figures = {"kept": info.kept_rows, "whole": info.row_count}
            cautions += (say(plan.language if plan else "en", "caution.rows_kept", **figures),)
        return QueryResult(
            frame=codec.frame_from_bytes(data),
            columns=info.columns,
            sql=state.approval.sql,
            row_count=info.kept_rows,
            truncated=info.truncated or info.kept_rows < info.row_count,
            seconds=info.seconds,
            rows_read=info.rows_read,
            cautions=cautions,
        )
