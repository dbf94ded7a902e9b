"""What can happen to an analysis. `states.advance` says what each leads to."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

from src.insights.facts import InsightReport
from src.query_engine.drafts import Clarification, Interpretation, SqlDraft
from src.workflow.values import Approval, ReportFile, ResultInfo, Value


class Clarified(Value):
    """The Clarify step ended with readings or a refusal."""

    kind: Literal["clarified"] = "clarified"
    clarification: Clarification


class Chose(Value):
    """A person picked the reading at `index` (from 0)."""

    kind: Literal["chose"] = "chose"
    index: int


class EditedPlan(Value):
    """A person changed the plan; `interpretation` says the new one in words."""

    kind: Literal["edited_plan"] = "edited_plan"
    interpretation: Interpretation


class DraftedSql(Value):
    """SQL was written for the chosen reading."""

    kind: Literal["drafted_sql"] = "drafted_sql"
    draft: SqlDraft
    at: dt.datetime


class EditedSql(Value):
    """A person changed the SQL; the draft carries the new verdict of the guard."""

    kind: Literal["edited_sql"] = "edited_sql"
    draft: SqlDraft
    at: dt.datetime


class Rejected(Value):
    """A person turned the SQL down; the reason goes into the next draft."""

    kind: Literal["rejected"] = "rejected"
    comment: str


class Approve(Value):
    """A person approved the text of the draft."""

    kind: Literal["approve"] = "approve"
    approval: Approval


class Ran(Value):
    """The approved text ran to its end."""

    kind: Literal["ran"] = "ran"
    result: ResultInfo


class ExplainedResult(Value):
    """Insights were computed for the result."""

    kind: Literal["explained_result"] = "explained_result"
    insights: InsightReport


class WroteReport(Value):
    kind: Literal["wrote_report"] = "wrote_report"
    report: ReportFile


class Reworded(Value):
    """A person asked again in other words; the analysis starts over with its context."""

    kind: Literal["reworded"] = "reworded"
    question: str


class FollowedUp(Value):
    """A person asked on from here. The outcome is the first state of a new analysis."""

    kind: Literal["followed_up"] = "followed_up"
    question: str
    session: str


class Failed(Value):
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
