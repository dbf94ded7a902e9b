"""Going on without the models: the offline answer now, instead of what a job waits for."""

from __future__ import annotations

from src.llm.types import TaskType
from src.ui.jobs import Job
from src.ui.owned_router import usage_id

_SLACK_SECONDS = 0.5  # the clocks of a call and of its job are read one after the other


def waited_for(job: Job) -> tuple[str, ...]:
    """Ids of the model calls that were made for a job of an analysis and are under way.

    A call does not say which job it is of: those of the same person that began since count, and a
    catalogue's never do.
    """
    from src.llm.router import get_router

    user = usage_id(job.key[0])
    return tuple(
        str(call["call_id"])
        for call in get_router().in_flight()
        if call["user"] == user
        and call["task"] != TaskType.CONTENT_GENERATION
        and call["seconds"] <= job.elapsed + _SLACK_SECONDS
    )


def answer_offline(call_ids: tuple[str, ...]) -> None:
    """Have the offline engine answer those calls."""
    from src.llm.router import get_router

    for call_id in call_ids:
        get_router().hurry(call_id)
