"""What the store hands out: a line of the history, a line of the audit trail, a stored state."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from src.workflow.states import State


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One line of the history list.

    Attributes:
        running: the step being done right now, or None.
    """

    id: str
    question: str
    stage: str
    dataset_id: str
    dataset_name: str
    created_at: dt.datetime
    updated_at: dt.datetime
    running: str | None = None


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One line of the audit trail.

    Attributes:
        actor: who did it: a person's name for choices, edits and approvals, the engine's otherwise.
        sql_sha256: hash of the SQL it was about, or None.
        payload: the whole event as JSON.
    """

    seq: int
    kind: str
    actor: str
    at: dt.datetime
    sql_sha256: str | None
    payload: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A state as the store has it.

    Attributes:
        version: grows with every change; a change must name the version it was made from.
        claim: name of the claim this caller holds, or None.
        running: the step that somebody is doing now, or None.
    """

    id: str
    owner: str
    state: State
    version: int
    dataset_id: str
    dataset_name: str
    claim: str | None = None
    running: str | None = None
