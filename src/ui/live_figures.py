"""The sidebar's figures, read beside the page: a database that is slow or gone holds no page up."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from src.config.settings import get_settings

_PATIENCE_SECONDS: Final = 0.4
_KEPT: Final = 256
_log = logging.getLogger("campaign_analyst.ui")


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """What one owner's calls come to, in an analysis or today.

    Attributes:
        total, tasks: as `src.llm.usage.summary` and `by_task` give them.
        spent, limit: dollars of the budget in force: the analysis', or the whole server's of the
            day. No limit: None.
    """

    total: dict[str, Any]
    tasks: dict[str, dict[str, Any]]
    spent: Decimal
    limit: Decimal | None


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest figures that are known.

    Attributes:
        figures: None until they could be read once.
        late: the database has not answered yet; these are older figures, or none.
        failed: the last read failed.
    """

    figures: LiveFigures | None = None
    late: bool = False
    failed: bool = False


_Key = tuple[str, str | None]
_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="figures")
_lock = threading.Lock()
_under_way: dict[_Key, Future[LiveFigures]] = {}
_known: OrderedDict[_Key, LiveFigures] = OrderedDict()


def live_figures(user: str, analysis: str | None) -> Reading:
    """The figures now, or those known before when the database takes longer than a moment.

    Args:
        user: the owner's id in the ledger.
        analysis: figures of this analysis; of today (UTC) when None.
    """
    key = (user, analysis)
    with _lock:
        read = _under_way.get(key)
        if read is None:
            read = _under_way[key] = _pool.submit(_read, user, analysis)
    wait([read], timeout=_PATIENCE_SECONDS)
    with _lock:
        if not read.done():
            return Reading(_known.get(key), late=True)
        if _under_way.get(key) is read:
            del _under_way[key]
        error = read.exception()
        if error is not None:
            _log.info("the sidebar's figures: %s: %s", type(error).__name__, error)
            return Reading(_known.get(key), failed=True)
        _known[key] = read.result()
        _known.move_to_end(key)
        while len(_known) > _KEPT:
            _known.popitem(last=False)
        return Reading(_known[key])


def _read(user: str, analysis: str | None) -> LiveFigures:
    from src.llm.router import get_router
    from src.llm.status import budget_status
    from src.llm.usage import by_task, summary

    router = get_router()
    day = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    which: dict[str, Any] = {"session": analysis} if analysis else {"since": day}
    budget = budget_status(router, get_settings(), session=analysis)
    scope = budget["session" if analysis else "day"]
    return LiveFigures(
        total=summary(router.ledger, user=user, **which),
        tasks=by_task(router.ledger, user=user, **which),
        spent=scope["spent"],
        limit=scope["limit"],
    )
