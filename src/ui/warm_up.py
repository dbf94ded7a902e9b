"""What the server makes ready before anyone asks: imports, the sample, the caged workers.

It runs once a server, around the first page: what that page itself imports is loaded while the
browser still fetches its scripts; the rest waits until the page is painted, because two threads
that import at once slow each other down.
"""

from __future__ import annotations

import datetime as dt
import gc
import logging
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

_log = logging.getLogger("campaign_analyst.ui")
_NO_VISITOR_SECONDS = 5.0
_POLITE_SECONDS = 0.0005
_painted = threading.Event()


@asynccontextmanager
async def warming_up(_: Any) -> AsyncIterator[None]:
    """Lifespan of the server: starts the warm-up with it and does not wait for it; at its end,
    stops what is under way."""
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    yield
    from src.ui.jobs import job_board

    job_board().cancel_all()


def _warm_up() -> None:
    """Each part only saves time later: one that fails is met again, and worded, where it counts."""
    parts = (
        _first_page, _when_painted, _sample, _first_question, _models, _later_steps,
        _rest_the_collector,
    )  # fmt: skip
    usual = sys.getswitchinterval()
    # The server's thread, which answers browsers meanwhile, waits for an interval at every turn.
    sys.setswitchinterval(_POLITE_SECONDS)
    for part in parts:
        try:
            part()
        except Exception as error:  # noqa: BLE001 - see above
            _log.info("warm-up: %s: %s", part.__name__, error)
    sys.setswitchinterval(usual)


def painted() -> None:
    """Tell the warm-up that a page stands on somebody's screen."""
    _painted.set()


def _first_page() -> None:
    for name in ("numpy", "PIL.Image", "src.ui.ask.page", "src.ui.sidebar"):
        import_module(name)
    from src.llm.router import get_router

    _ = get_router().ledger.engine


def _when_painted() -> None:
    _painted.wait(_NO_VISITOR_SECONDS)


def _sample() -> None:
    # Settings, with pydantic behind them, would hold up the server's first answer if they were
    # imported above.
    from src.config.settings import get_settings
    from src.ui.services import ready_sample

    if not get_settings().database_url:
        ready_sample()


def _first_question() -> None:
    """The first question loads vocabularies and indexes that all later ones share."""
    import src.ui.ask.steps_shown  # noqa: F401
    from src.config.settings import get_settings
    from src.query_engine.nl.engine import interpret
    from src.ui.services import ready_sample

    if not get_settings().database_url:
        interpret("clicks", ready_sample(), today=dt.datetime.now(dt.UTC).date())


def _models() -> None:
    """The ledger, and the SDKs of the providers that have a key."""
    from src.llm.router import get_router

    get_router().warm_up()


def _later_steps() -> None:
    import src.insights.facts
    import src.query_engine.nl_to_sql
    import src.reporting.charts
    import src.reporting.exports  # noqa: F401
    from src.data.cage.guarding import guard

    guard("SELECT 1", "duckdb", ())


def _rest_the_collector() -> None:
    # Streamlit collects garbage after every run; what is imported for good need not be walked.
    gc.collect()
    gc.freeze()
