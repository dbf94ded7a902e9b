"""The faces of the lower layers, opened once an owner and data set and shared by page runs."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from typing import TYPE_CHECKING, Final, cast

from src.config.settings import get_settings
from src.ui.jobs import Job, job_board
from src.ui.owned_router import OwnedRouter
from src.ui.preferences import change_preferences, load_preferences

if TYPE_CHECKING:
    from src.data.library import DataLibrary
    from src.data.profile import Dataset
    from src.llm.router import Router
    from src.workflow.analysis import Analyst

_OPEN_LIMIT: Final = 32
_open: OrderedDict[tuple[str, str | None], Analyst] = OrderedDict()
_lock = threading.Lock()
_opening: defaultdict[tuple[str, str | None], threading.Lock] = defaultdict(threading.Lock)
_sample_lock = threading.Lock()
_PATIENCE_SECONDS: Final = 0.8


def opened_analyst(owner: str) -> Analyst | Job:
    """The owner's analyst on the data set in use, or the job that is opening it.

    Raises:
        AnalystError: the data set cannot be opened, e.g. because it was removed in another tab.
    """
    dataset_id = load_preferences(owner).dataset_id
    key = (owner, "open", dataset_id or "")
    analyst = _cached(owner, dataset_id)
    if analyst is not None:
        opening = job_board().find(key)
        if opening is not None and opening.done:
            job_board().collect(opening)
        return analyst
    job = job_board().start(key, "open", lambda _: open_analyst(owner, dataset_id))
    if not job.wait(_PATIENCE_SECONDS):
        return job
    job_board().collect(job)
    opened: Analyst = job.outcome()
    return opened


def open_analyst(owner: str, dataset_id: str | None) -> Analyst:
    """The owner's analyst on that data set; None is the database of the settings, or the sample.

    Callers that come together wait for one opening, and share what it opens.
    """
    with _lock:
        turn = _opening[owner, dataset_id]
    with turn:
        return _cached(owner, dataset_id) or _open_new(owner, dataset_id)


def ready_sample() -> Dataset:
    """The shipped sample, read once however many ask for it at the start of a server."""
    from src.data.library import DataLibrary

    with _sample_lock:
        return DataLibrary(get_settings().campaign_analyst_home, "sample").sample()


def use_dataset(owner: str, dataset_id: str | None) -> None:
    """Make that data set the one questions are asked about."""
    change_preferences(owner, dataset_id=dataset_id)


def forget_dataset(owner: str, dataset_id: str) -> None:
    """Drop the open face of a data set that was removed or whose model changed."""
    with _lock:
        _open.pop((owner, dataset_id), None)


def library(owner: str) -> DataLibrary:
    """The owner's uploads."""
    from src.data.library import DataLibrary

    return DataLibrary(get_settings().campaign_analyst_home, owner)


def models_in_use() -> bool:
    """Whether any model can be asked. Where none can, the sidebar says so once, and notes that the
    offline engine stood in for one would say it at every step."""
    from src.llm.router import get_router

    router = get_router()
    return not get_settings().llm_offline and any(e.ready for e in router.endpoints.values())


def _cached(owner: str, dataset_id: str | None) -> Analyst | None:
    with _lock:
        analyst = _open.get((owner, dataset_id))
        if analyst is not None:
            _open.move_to_end((owner, dataset_id))
        return analyst


def _open_new(owner: str, dataset_id: str | None) -> Analyst:
    settings = get_settings()
    if dataset_id is None and not settings.database_url:
        ready_sample()
    from src.workflow.analysis import Analyst

    router = cast("Router", OwnedRouter(owner))
    if dataset_id is None and settings.database_url:
        analyst = Analyst.open(database_url=settings.database_url, owner=owner, router=router)
    else:
        analyst = Analyst.open(dataset_id=dataset_id, owner=owner, router=router)
    with _lock:
        _open[owner, dataset_id] = analyst
        while len(_open) > _OPEN_LIMIT:
            # Left to the garbage collector: a page or a job may still be using it.
            _open.popitem(last=False)
    return analyst
