"""A case's outcome as a judge's scores of the answers behind it, for experiments with models."""

from __future__ import annotations

from src.evaluation.score import Outcome
from src.llm.signals import JUDGED, Signal
from src.llm.types import TaskType


def judgements(outcome: Outcome) -> tuple[Signal, ...]:
    """Reading the question scores the inverse rank of the first right reading, and 1 for a refusal
    that was due; writing SQL 1 for a result that is the gold one. A case whose gold SQL does not
    run judges nobody."""
    if outcome.result == "gold_failed":
        return ()
    due = outcome.expected_refusal and outcome.result == "refused"
    read = 1.0 if due else 1 / outcome.rank if outcome.rank else 0.0
    signals = [Signal(TaskType.QUERY_INTERPRETATION, JUDGED, read)]
    if outcome.sql is not None:
        right = float(outcome.result == "right" and outcome.rank == 1)
        signals.append(Signal(TaskType.SQL_GENERATION, JUDGED, right, outcome.engine))
    return tuple(signals)
