"""The stages of one analysis as frozen values, and the only way from one to the next.

Pure: no clock, storage, warehouse or model. `analysis.py` does the work of a step and hands its
outcome to `advance` as an event; `store.py` keeps what comes out. An approval exists only in
`Approved` and the stages after it, and every event that changes the question, the plan or the SQL
leads to a stage that has no place for one: that is how an edit voids an approval.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Literal

from pydantic import model_validator

from src.data.approved import sql_sha256
from src.errors import IllegalTransition, InputError, NotApproved
from src.insights.facts import InsightReport
from src.query_engine.drafts import Clarification, Interpretation, SqlDraft
from src.query_engine.plan import QueryPlan
from src.workflow.events import (
    ACTIONS,
    Approve,
    Chose,
    Clarified,
    DraftedSql,
    EditedPlan,
    EditedSql,
    Event,
    ExplainedResult,
    FollowedUp,
    Ran,
    Rejected,
    Reworded,
    WroteReport,
)
from src.workflow.values import Approval, ReportFile, ResultInfo, Value

# What is known from a stage on. A stage is everything known before plus one thing.


class WithQuestion(Value):
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


def allowed(state: State) -> tuple[str, ...]:
    """Kinds of events that `advance` takes in `state`; ``failed``, always taken, is not listed."""
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
    following: State = _STEPS[event.kind](state, event)
    return following


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
