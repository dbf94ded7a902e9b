"""What came of an answer: taken as it was, edited, rejected, scored. Beside the ledger, by call.

The workflow says what happened (`src/workflow/outcomes.py`); here it is tied to the call that gave
the answer, with that call's model and the arm of an experiment it was in.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from src.llm.types import TaskType

if TYPE_CHECKING:
    from src.llm.ledger import Ledger

log = logging.getLogger(__name__)

ACCEPTABLE: Final = frozenset(
    {TaskType.QUERY_INTERPRETATION, TaskType.SQL_GENERATION, TaskType.INSIGHTS_GENERATION}
)
"""Tasks whose answers a person, or a check of the product, takes or turns down."""

JUDGED: Final = "judged"
"""The kind of a signal whose value is a judge's score; all others say how an answer was taken."""

REPLACED: Final = "replaced"
"""The kind of a signal about an answer that the offline engine's took the place of."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One outcome.

    Attributes:
        kind: what happened, e.g. ``approved``, ``edited``, ``rejected``, ``picked``.
        value: 1 when the answer was right as it was, 0 when it was no use; between them the
            inverse rank of a picked reading, or a judge's score.
        engine: who made what the signal is about: a model, ``offline`` or ``you``.
    """

    task: TaskType
    kind: str
    value: float
    engine: str = ""


def record(ledger: Ledger, session: str, signals: tuple[Signal, ...]) -> None:
    """Store signals about a session's last calls. A signal that no call of its task precedes is
    about nobody and is left out. Never raises: an analysis does not stop for its statistics."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import signals as table

    try:
        with ledger.engine.begin() as connection:
            rows = [_row(connection, session, signal) for signal in signals]
            known = [row for row in rows if row is not None]
            if known:
                connection.execute(sa.insert(table), known)
    except Exception as error:  # noqa: BLE001 - see above
        log.warning("An outcome could not be recorded: %s", type(error).__name__)


def _row(connection: Any, session: str, signal: Signal) -> dict[str, Any] | None:
    import sqlalchemy as sa

    from src.llm.ledger_tables import calls

    call = connection.execute(
        sa.select(calls.c.call_id, calls.c.user, calls.c.kind, calls.c.model, calls.c.tags)
        .where(calls.c.session == session, calls.c.task == signal.task.value)
        .order_by(calls.c.started_at.desc())
        .limit(1)
    ).one_or_none()
    if call is None:
        return None
    # The rules stood in for an answer that was of no use: that they pleased is no merit of the
    # model's.
    replaced = signal.engine == "offline" and call.kind != "offline"
    return {
        "id": uuid.uuid4().hex,
        "at": dt.datetime.now(dt.UTC).replace(tzinfo=None),
        "task": signal.task.value,
        "session": session,
        "user": call.user,
        "call_id": call.call_id,
        "kind": REPLACED if replaced and signal.kind != JUDGED else signal.kind,
        "value": 0.0 if replaced else signal.value,
        "model": call.model,
        "experiment": call.tags.get("experiment"),
        "arm": call.tags.get("arm"),
    }


def taken(
    ledger: Ledger, *, user: str | None = None, since: dt.datetime | None = None
) -> list[dict[str, Any]]:
    """How answers were taken: task, model, sessions with an outcome, and in how many of them
    everything was taken as it was (`accepted`). Judges' scores are not in it."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import signals as table

    where = [table.c.kind != JUDGED]
    if user is not None:
        where.append(table.c.user == user)
    if since is not None:
        where.append(table.c.at >= since.astimezone(dt.UTC).replace(tzinfo=None))
    worst = sa.func.min(table.c.value).label("worst")
    units = (
        sa.select(table.c.task, table.c.model, table.c.session, worst)
        .where(*where, table.c.model.is_not(None))
        .group_by(table.c.task, table.c.model, table.c.session)
        .subquery()
    )
    query = (
        sa.select(
            units.c.task,
            units.c.model,
            sa.func.count().label("sessions"),
            sa.func.sum(sa.case((units.c.worst >= 1, 1), else_=0)).label("accepted"),
        )
        .group_by(units.c.task, units.c.model)
        .order_by(units.c.task, units.c.model)
    )
    with ledger.engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
