"""The stages of one analysis as frozen values, and the only way from one to the next.

Pure: no clock, storage, warehouse or model. `analysis.py` does the work of a step and hands its
outcome to `advance` as an event; `store.py` keeps what comes out. An approval exists only in
`Approved` and the stages after it, and every event that changes the question, the plan or the SQL
leads to a stage that has no place for one: that is how an edit voids an approval.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from src.data.approved import ApprovedQuery, sql_sha256
from src.data.result import ResultColumn
from src.errors import IllegalTransition, InputError, NotApproved
from src.insights.facts import InsightReport
from src.query_engine.drafts import Clarification, Interpretation, SqlDraft
from src.query_engine.plan import QueryPlan


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Approval(_Value):
    """Who approved which bytes, and when. `query` turns it back into the key that runs them."""

    sql: str
    sha256: str
    approved_by: str
    approved_at: dt.datetime
    dialect: str

    @classmethod
    def of(cls, approved: ApprovedQuery) -> Approval:
        """The record of `approved`."""
        return cls(
            sql=approved.sql,
            sha256=approved.sha256,
            approved_by=approved.approved_by,
            approved_at=approved.approved_at,
            dialect=approved.dialect,
        )

    def query(self) -> ApprovedQuery:
        """The approval as the executor takes it.

        Raises:
            NotApproved: the text is not the text whose hash was recorded.
        """
        return ApprovedQuery.restore(
            {**self.model_dump(), "approved_at": self.approved_at.isoformat()}
        )


class ResultInfo(_Value):
    """All of a `QueryResult` but its rows, which the store keeps beside the state.

    Attributes:
        row_count: rows fetched.
        kept_rows: rows the store could keep under its size cap; at most `row_count`.
        seconds, rows_read, truncated, cautions: as in `QueryResult`.
    """

    columns: tuple[ResultColumn, ...]
    row_count: int
    kept_rows: int
    truncated: bool
    seconds: float
    rows_read: int | None = None
    cautions: tuple[str, ...] = ()
    executed_at: dt.datetime


class ReportFile(_Value):
    """A report that was written: where, when, and the SHA-256 of its bytes."""

    path: str
    sha256: str
    written_at: dt.datetime


# What is known from a stage on. A stage is everything known before plus one thing.


class WithQuestion(_Value):
    """Attributes:
    previous: plan of the analysis this one follows up, the context of words like "and by device".
    follows: id of that analysis.
    """

    question: str
    previous: QueryPlan | None = None
    follows: str | None = None


class WithReadings(WithQuestion):
    clarification: Clarification


class WithChoice(WithReadings):
    """Attributes:
    choice: position of the chosen reading in the clarification, None for an edited plan.
    chosen: the reading; after an edit of the plan, the edited one.
    rejected: the draft the reviewer turned down, which the next draft answers.
    comment: why.
    """

    choice: int | None
    chosen: Interpretation
    rejected: SqlDraft | None = None
    comment: str | None = None


class WithDraft(WithChoice):
    draft: SqlDraft
    drafted_at: dt.datetime


class WithApproval(WithDraft):
    approval: Approval

    @model_validator(mode="after")
    def _approves_this_draft(self) -> WithApproval:
        if not self.draft.guard.allowed:
            raise ValueError("the guard refused this draft, so it cannot be approved")
        if self.approval.sql != self.draft.sql or self.approval.dialect != self.draft.dialect:
            raise ValueError("the approval is for another text than the draft")
        if self.approval.sha256 != sql_sha256(self.draft.sql):
            raise ValueError("the approval's hash is not the hash of the draft")
        return self


class WithResult(WithApproval):
    result: ResultInfo


class WithInsights(WithResult):
    insights: InsightReport


class Asked(WithQuestion):
    stage: Literal["asked"] = "asked"


class Interpreted(WithReadings):
    """Readings to choose from, or a refusal (then only a new wording leads on)."""

    stage: Literal["interpreted"] = "interpreted"


class Chosen(WithChoice):
    stage: Literal["chosen"] = "chosen"


class Drafted(WithDraft):
    stage: Literal["drafted"] = "drafted"


class Approved(WithApproval):
    stage: Literal["approved"] = "approved"


class Executed(WithResult):
    stage: Literal["executed"] = "executed"


class Explained(WithInsights):
    stage: Literal["explained"] = "explained"


class Reported(WithInsights):
    stage: Literal["reported"] = "reported"
    reports: tuple[ReportFile, ...]


State = Asked | Interpreted | Chosen | Drafted | Approved | Executed | Explained | Reported
STAGES: Final = (
    "asked", "interpreted", "chosen", "drafted", "approved", "executed", "explained", "reported",
)  # fmt: skip


class Clarified(_Value):
    """The Clarify step ended with readings or a refusal."""

    kind: Literal["clarified"] = "clarified"
    clarification: Clarification


class Chose(_Value):
    """A person picked the reading at `index` (from 0)."""

    kind: Literal["chose"] = "chose"
    index: int


class EditedPlan(_Value):
    """A person changed the plan; `interpretation` says the new one in words."""

    kind: Literal["edited_plan"] = "edited_plan"
    interpretation: Interpretation


class DraftedSql(_Value):
    """SQL was written for the chosen reading."""

    kind: Literal["drafted_sql"] = "drafted_sql"
    draft: SqlDraft
    at: dt.datetime


class EditedSql(_Value):
    """A person changed the SQL; the draft carries the new verdict of the guard."""

    kind: Literal["edited_sql"] = "edited_sql"
    draft: SqlDraft
    at: dt.datetime


class Rejected(_Value):
    """A person turned the SQL down; the reason goes into the next draft."""

    kind: Literal["rejected"] = "rejected"
    comment: str


class Approve(_Value):
    """A person approved the text of the draft."""

    kind: Literal["approve"] = "approve"
    approval: Approval


class Ran(_Value):
    """The approved text ran to its end."""

    kind: Literal["ran"] = "ran"
    result: ResultInfo


class ExplainedResult(_Value):
    """Insights were computed for the result."""

    kind: Literal["explained_result"] = "explained_result"
    insights: InsightReport


class WroteReport(_Value):
    kind: Literal["wrote_report"] = "wrote_report"
    report: ReportFile


class Reworded(_Value):
    """A person asked again in other words; the analysis starts over with its context."""

    kind: Literal["reworded"] = "reworded"
    question: str


class FollowedUp(_Value):
    """A person asked on from here. The outcome is the first state of a new analysis."""

    kind: Literal["followed_up"] = "followed_up"
    question: str
    session: str


class Failed(_Value):
    """A step did not come to its end. The analysis stays where it was."""

    kind: Literal["failed"] = "failed"
    step: str
    code: str
    message: str


Event = (
    Clarified | Chose | EditedPlan | DraftedSql | EditedSql | Rejected | Approve | Ran
    | ExplainedResult | WroteReport | Reworded | FollowedUp | Failed
)  # fmt: skip

ACTIONS: Final[dict[str, str]] = {
    "clarified": "clarify",
    "chose": "choose",
    "edited_plan": "edit the plan",
    "drafted_sql": "draft SQL",
    "edited_sql": "edit the SQL",
    "rejected": "reject",
    "approve": "approve",
    "ran": "run",
    "explained_result": "explain",
    "wrote_report": "report",
    "reworded": "reword",
    "followed_up": "follow up",
    "failed": "fail",
}
"""What people call each kind of event."""


def allowed(state: State) -> tuple[str, ...]:
    """Kinds of events that `advance` takes in `state`, without ``failed``, which it always takes."""
    kinds: list[str] = []
    if isinstance(state, Asked):
        kinds.append("clarified")
    if isinstance(state, WithReadings) and state.clarification.interpretations:
        kinds += ["chose", "edited_plan"]
    if isinstance(state, Chosen):
        kinds.append("drafted_sql")
    if isinstance(state, WithDraft):
        kinds += ["edited_sql", "rejected"]
        if state.draft.guard.allowed:
            kinds.append("approve")
    if isinstance(state, Approved):
        kinds.append("ran")
    if isinstance(state, WithResult):
        kinds += ["explained_result"]
    if isinstance(state, WithInsights):
        kinds.append("wrote_report")
    if isinstance(state, WithChoice):
        kinds.append("followed_up")
    return (*kinds, "reworded")


def advance(state: State, event: Event) -> State:
    """The stage after `event`.

    Raises:
        IllegalTransition: the event is out of order; names what is possible now.
        InputError: the event is in order and asks for a reading that is not there.
        NotApproved: the approval is not for the draft as it stands.
    """
    if event.kind == "failed":
        return state
    require(state, event.kind)
    return _STEPS[event.kind](state, event)


def require(state: State, kind: str) -> None:
    """Raise IllegalTransition unless an event of `kind` may come in `state`."""
    possible = allowed(state)
    if kind in possible:
        return
    action = ACTIONS.get(kind, kind)
    refused = isinstance(state, WithDraft) and not state.draft.guard.allowed and kind == "approve"
    raise IllegalTransition(
        "The guard refused this SQL, so it cannot be approved."
        if refused
        else f"This analysis is at the step '{state.stage}'; '{action}' does not come next.",
        where=state.stage,
        kept="Everything up to this step.",
        hint=f"Possible now: {', '.join(ACTIONS[k] for k in possible)}.",
    )


def _fields(state: State, upto: type[WithQuestion]) -> dict[str, Any]:
    return {name: getattr(state, name) for name in upto.model_fields}


def _clarified(state: Any, event: Clarified) -> State:
    return Interpreted(**_fields(state, WithQuestion), clarification=event.clarification)


def _chose(state: Any, event: Chose) -> State:
    readings = state.clarification.interpretations
    if not 0 <= event.index < len(readings):
        last = len(readings) - 1
        raise InputError(
            f"There is no reading number {event.index}.",
            where="choose",
            kept="The readings.",
            hint="Choose 0, the only one." if last == 0 else f"Choose one of 0 to {last}.",
        )
    return Chosen(**_fields(state, WithReadings), choice=event.index, chosen=readings[event.index])


def _edited_plan(state: Any, event: EditedPlan) -> State:
    return Chosen(**_fields(state, WithReadings), choice=None, chosen=event.interpretation)


def _drafted(state: Any, event: DraftedSql | EditedSql) -> State:
    return Drafted(**_fields(state, WithChoice), draft=event.draft, drafted_at=event.at)


def _rejected(state: Any, event: Rejected) -> State:
    known = _fields(state, WithChoice) | {"rejected": state.draft, "comment": event.comment}
    return Chosen(**known)


def _approve(state: Any, event: Approve) -> State:
    approval = event.approval
    if approval.sql != state.draft.sql or approval.dialect != state.draft.dialect:
        raise NotApproved(
            "The approval is for another text than the SQL of this analysis.",
            where=state.stage,
            kept="The current draft, not approved.",
            hint="Review the current SQL and approve it.",
        )
    if approval.approved_at < state.drafted_at:
        raise NotApproved(
            "The SQL changed after it was approved.",
            where=state.stage,
            kept="The current draft, not approved.",
            hint="Review the current SQL and approve it.",
        )
    return Approved(**_fields(state, WithDraft), approval=approval)


def _ran(state: Any, event: Ran) -> State:
    return Executed(**_fields(state, WithApproval), result=event.result)


def _explained(state: Any, event: ExplainedResult) -> State:
    return Explained(**_fields(state, WithResult), insights=event.insights)


def _wrote(state: Any, event: WroteReport) -> State:
    earlier = state.reports if isinstance(state, Reported) else ()
    return Reported(**_fields(state, WithInsights), reports=(*earlier, event.report))


def _reworded(state: Any, event: Reworded) -> State:
    return Asked(**_fields(state, WithQuestion) | {"question": event.question})


def _followed_up(state: Any, event: FollowedUp) -> State:
    return Asked(question=event.question, previous=state.chosen.plan, follows=event.session)


_STEPS: Final[dict[str, Any]] = {
    "clarified": _clarified,
    "chose": _chose,
    "edited_plan": _edited_plan,
    "drafted_sql": _drafted,
    "edited_sql": _drafted,
    "rejected": _rejected,
    "approve": _approve,
    "ran": _ran,
    "explained_result": _explained,
    "wrote_report": _wrote,
    "reworded": _reworded,
    "followed_up": _followed_up,
}
