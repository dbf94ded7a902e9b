"""A value that takes a while: made by a job beside the page, and kept until another is wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from src.ui.jobs import Job, job_board

T = TypeVar("T")
W = TypeVar("W")
_PATIENCE_SECONDS: Final = 0.5


class Beside(Generic[W, T]):
    """The last value, and what it was made for.

    Args:
        key: of the job that makes it.
        serves: whether a value made for the first serves the second; only the same by default.
    """

    def __init__(
        self,
        key: tuple[str, ...],
        kind: str,
        serves: Callable[[W, W], bool] = lambda made, wanted: made == wanted,
    ) -> None:
        self._key = key
        self._kind = kind
        self._serves = serves
        self._kept: tuple[W, T] | None = None

    def get(self, wanted: W, make: Callable[[], T]) -> T | Job:
        """The value, or the job that is at it. Raises what `make` raises."""
        board = job_board()

        def work(_: object) -> None:
            self._kept = (wanted, make())

        found, job = self._for(wanted), board.find(self._key)
        if found is None and job is None:
            job = board.start(self._key, self._kind, work)
        if job is not None and (job.done if found is not None else job.wait(_PATIENCE_SECONDS)):
            board.collect(job)
            if found is None:
                job.outcome()
                found = self._for(wanted)
                if found is None:  # something else was wanted when that job began
                    job = board.start(self._key, self._kind, work)
        if found is not None:
            return found
        assert job is not None
        return job

    def _for(self, wanted: W) -> T | None:
        kept = self._kept
        return kept[1] if kept is not None and self._serves(kept[0], wanted) else None
