"""Where analyses are kept: current state, append-only audit trail, results."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One line of the history list."""

    id: str
    question: str
    stage: str
    dataset_id: str
    dataset_name: str
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One line of the audit trail. `actor` is who did it; `sql_sha256` the SQL it was about."""

    seq: int
    kind: str
    actor: str
    at: dt.datetime
    sql_sha256: str | None
    detail: str
