"""How many processes write a catalogue."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Final

from src.llm.types import TaskType
from src.llm.usage import limits_of

if TYPE_CHECKING:
    from src.llm.router import Router

_FOR_ONE: Final = 50  # texts at once that one process keeps up with
_WORTH_STARTING: Final = 500  # texts; to start processes takes as long as to write some hundreds


def how_many(wanted: int | None, router: Router, texts: int, at_once: int) -> int:
    """One, unless more are wanted, and nothing is kept that only one process can keep: a budget or
    a rate limit of the router, which knows of its own calls at once and of others' a second later.

    Args:
        wanted: by a person; None: one for every 50 texts at once, as far as there are cores.
        texts: in all.
        at_once: the most texts under way.
    """
    if wanted is None:
        worth_it = texts >= _WORTH_STARTING
        wanted = min(_cores(), math.ceil(at_once / _FOR_ONE)) if worth_it else 1
    # Elsewhere a process cannot inherit its end of a socket pair.
    possible = os.name == "posix" and not _has_limits(router)
    return min(wanted, at_once) if possible else 1


def _has_limits(router: Router) -> bool:
    limits = limits_of(router.models, router.settings)
    chain = router.models.tasks[TaskType.CONTENT_GENERATION].chain
    rated = any(one.requests_per_minute or one.tokens_per_minute for one in chain)
    return rated or limits.session is not None or limits.day is not None


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))  # those this process may use
    except AttributeError:  # only Linux knows
        return os.cpu_count() or 1
