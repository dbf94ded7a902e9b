"""What the steps of an analysis say about the answers of models: read off events, no effects."""

from __future__ import annotations

from src.llm.signals import Signal
from src.llm.types import TaskType
from src.workflow import states
from src.workflow.events import Event
from src.workflow.states import State


def outcomes(before: State, event: Event) -> tuple[Signal, ...]:
    """The signals of `event`, which happened in `before`; most events have none.

    Reading the question: a reading was picked (1 for the first, else the inverse of its rank), the
    plan was edited or the question reworded before there was a result (0). Writing SQL: approved
    as it was written (1), edited before it ran, rejected, or failed in the engine (0). Wording
    insights: sentences of the model that stood the check against the facts (1). An edit after a
    result is a new wish, not a correction.
    """
    seen = isinstance(before, states.WithResult)
    if event.kind == "chose" and isinstance(before, states.WithReadings):
        readings = before.clarification.interpretations
        return _reading("picked", 1 / (event.index + 1), readings[event.index].engine)
    if event.kind in ("edited_plan", "reworded") and not seen and _has_readings(before):
        return _reading("replanned" if event.kind == "edited_plan" else "reworded", 0.0)
    if event.kind == "explained_result":
        insights = TaskType.INSIGHTS_GENERATION
        return (Signal(insights, "worded", 1.0, event.insights.engine),)
    return _of_sql(before, event, seen=seen)


def _of_sql(before: State, event: Event, *, seen: bool) -> tuple[Signal, ...]:
    if not isinstance(before, states.WithDraft) or before.draft.edited:
        return ()
    engine = before.draft.engine
    if event.kind == "approve":
        return _sql("approved", 1.0, engine)
    if event.kind == "edited_sql" and event.draft.edited and not seen:
        return _sql("edited", 0.0, engine)
    if event.kind == "rejected":
        return _sql("rejected", 0.0, engine)
    if event.kind == "failed" and (event.step, event.code) == ("run", "sql_failed"):
        return _sql("failed", 0.0, engine)
    return ()


def _has_readings(state: State) -> bool:
    return isinstance(state, states.WithReadings) and bool(state.clarification.interpretations)


def _reading(kind: str, value: float, engine: str = "") -> tuple[Signal, ...]:
    return (Signal(TaskType.QUERY_INTERPRETATION, kind, value, engine),)


def _sql(kind: str, value: float, engine: str) -> tuple[Signal, ...]:
    return (Signal(TaskType.SQL_GENERATION, kind, value, engine),)
