"""How a page shows what went wrong: what happened, what was kept, what to do. Never a traceback."""

from __future__ import annotations

import functools
import logging
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, ParamSpec, TypeVar

import streamlit as st

from src.errors import AnalystError
from src.ui.messages import t
from src.ui.safe_text import safe_text

_log = logging.getLogger("campaign_analyst.ui")

_FIELDS: Final = frozenset({"question", "comment", "sql", "name"})
"""Places that an error names and the screen shows already: what a person has just typed."""

_ID: Final = re.compile(r"[0-9a-f]{32}")

P = ParamSpec("P")
R = TypeVar("R")


def show_error(error: BaseException, kept: str | None = None) -> None:
    """Show one error.

    Args:
        error: an `AnalystError` is shown in its own words; anything else is logged in full under an
            incident id, and the page shows the id only.
        kept: what is still there, used when the error does not say it itself.
    """
    if not isinstance(error, AnalystError):
        incident = log_incident(error)
        body = [t("error.unexpected", incident=incident)]
        kept = kept or t("error.kept_default")
        st.error("\n\n".join([*body, kept, t("error.unexpected_hint")]), title=t("error.title"))
        return
    lines = [safe_text(error.message)]
    if error.where and _tells(error.where) and error.where not in error.message:
        lines.append(t("error.where", where=safe_text(error.where)))
    if error.kept or kept:
        lines.append(safe_text(error.kept) if error.kept else str(kept))
    if error.hint:
        lines.append(t("error.hint", hint=safe_text(error.hint)))
    st.error("\n\n".join(lines))


def _tells(where: str) -> bool:
    """Whether a place says something that the screen or its address does not."""
    return where not in _FIELDS and _ID.fullmatch(where) is None


def log_incident(error: BaseException) -> str:
    """Log an unforeseen exception with its traceback; returns the id to quote."""
    incident = secrets.token_hex(4)
    _log.error("incident %s", incident, exc_info=error)
    return incident


def on_script_error(error: Exception) -> bool:
    """Streamlit's hook of last resort: what reaches it is shown like any other error."""
    show_error(error)
    return True


@contextmanager
def guarded() -> Iterator[None]:
    """Show any error that its block raises instead of letting it reach Streamlit."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the page's outermost boundary
        show_error(error)


def guard(function: Callable[P, R]) -> Callable[P, R | None]:
    """`guarded` around a function: for callbacks and fragments, which run outside their page."""

    @functools.wraps(function)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R | None:
        with guarded():
            return function(*args, **kwargs)
        return None

    return inner
