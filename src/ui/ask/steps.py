"""Taking a step of an analysis: as a job, once, whatever is clicked and however often."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from src.data.warehouse import CancelToken
from src.ui.address import clear_address, move_to
from src.ui.errors import show_error
from src.ui.identity import current_owner
from src.ui.jobs import Job, job_board
from src.ui.messages import t
from src.ui.preferences import load_preferences
from src.ui.services import open_analyst
from src.ui.waiting import PATIENCE_SECONDS, watch

if TYPE_CHECKING:
    from src.workflow.analysis import AnalysisSession, Analyst

ANALYSIS_PARAM = "analysis"
PENDING_PARAM = "pending"
_ERRORS = "_step_errors"
_QUESTION = "_pending_question"


def begin_step(
    analyst: Analyst,
    session_id: str,
    kind: str,
    work: Callable[[AnalysisSession, CancelToken], Any],
) -> Job:
    """Start a step of that analysis, unless one is under way. The worker reads the analysis from
    the store itself, so nothing of the page is touched from its thread."""
    st.session_state.get(_ERRORS, {}).pop(session_id, None)
    return job_board().start(
        (current_owner(), session_id),
        kind,
        lambda cancel: work(analyst.resume(session_id), cancel),
    )


def begin_question(question: str) -> None:
    """Start a new analysis of the data set in use, which may still be opening. The address
    remembers it, so a reload finds it while it is read."""
    owner = current_owner()
    dataset_id = load_preferences(owner).dataset_id
    digest = hashlib.sha256(question.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    st.session_state.get(_ERRORS, {}).pop(digest, None)
    st.session_state[_QUESTION] = (digest, question)
    job_board().start(
        (owner, digest), "ask", lambda _: open_analyst(owner, dataset_id).ask(question)
    )
    # No move: the empty page it leaves is where the navigation leads at any time.
    st.query_params.from_dict({PENDING_PARAM: digest})


def settle(key: str) -> Job | None:
    """Look after the job of an analysis (or of a pending question).

    Returns:
        The job while it runs, having waited a moment for it. None when there is none or when it
        ended: then its error is kept for `show_step_error`, and a step that led to another analysis
        has changed the address.
    """
    job = job_board().find((current_owner(), key))
    if job is None:
        return None
    if not job.wait(PATIENCE_SECONDS):
        return job
    try:
        outcome = job.outcome()
    except Exception as error:  # noqa: BLE001 - kept and shown beside its step
        job_board().collect(job)
        st.session_state.setdefault(_ERRORS, {})[key] = error
        return None
    leads = job.kind in ("ask", "follow_up")
    job_board().collect(job, led_to=outcome.id if leads else None)
    if leads:
        open_analysis(outcome.id)
    return None


def settled_question(key: str) -> str | None:
    """The analysis that a pending question of this person became: for a reload or another tab that
    still names the question."""
    return job_board().led_to((current_owner(), key))


def open_analysis(session_id: str | None) -> None:
    """Show that analysis, or with None the empty question box. Does not return."""
    if session_id:
        move_to({ANALYSIS_PARAM: session_id})
    else:
        clear_address()
    st.rerun()


def show_step_error(key: str, kept: str | None = None) -> None:
    """The error that the last step of this analysis ended with, until the next one starts."""
    error = st.session_state.get(_ERRORS, {}).get(key)
    if error is not None:
        show_error(error, kept=kept or t("error.kept_analysis"))


def step_failed(key: str) -> bool:
    """Whether the last step of this analysis ended with an error that is still shown."""
    return key in st.session_state.get(_ERRORS, {})


def pending_question(key: str) -> str | None:
    """The question that this browser asked under that key, to be asked again after a failure."""
    asked: tuple[str, str] | None = st.session_state.get(_QUESTION)
    return asked[1] if asked is not None and asked[0] == key else None


def show_waiting(job: Job) -> None:
    """Elapsed time and a button to cancel what runs, or not to wait for a model, until the end."""
    watch(job, cancellable=job.kind == "run", hurriable=job.kind != "run")
