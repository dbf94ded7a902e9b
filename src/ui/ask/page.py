"""The Ask page as a whole: which analysis is shown, or the empty question box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from src.errors import AnalystError
from src.ui.address import went_back
from src.ui.ask.question import question_step
from src.ui.ask.stepper import draw_stepper
from src.ui.ask.steps import (
    ANALYSIS_PARAM,
    PENDING_PARAM,
    begin_question,
    open_analysis,
    pending_question,
    settle,
    settled_question,
    show_step_error,
    show_waiting,
    step_failed,
)
from src.ui.identity import current_owner
from src.ui.jobs import Job
from src.ui.messages import t
from src.ui.safe_text import safe_text
from src.ui.services import opened_analyst
from src.ui.waiting import watch

if TYPE_CHECKING:
    from src.workflow.analysis import AnalysisSession, Analyst

_LOADED = "_loaded_analysis"


def ask_page() -> None:
    """Draw the page for the analysis in the address, or the empty question box."""
    session_id = st.query_params.get(ANALYSIS_PARAM)
    owner = current_owner()
    if not session_id:
        _show_new(owner)
        return
    opened = opened_analyst(owner)
    if isinstance(opened, Job):
        draw_stepper("ask")
        watch(opened)
        return
    from src.ui.ask.steps_shown import show_analysis

    job = settle(session_id)
    session = _load(opened, session_id)
    if session is not None:
        show_analysis(opened, session, job)


def _show_new(owner: str) -> None:
    draw_stepper("ask")
    pending = st.query_params.get(PENDING_PARAM)
    if not pending:
        # A link to the page one is on empties the parameters here but not the browser's address,
        # which would bring the old analysis back at the next click.
        st.query_params.clear()
    job = settle(pending) if pending else None
    if job is not None:
        if pending and (waiting := pending_question(pending)):
            st.caption(t("ask.question_was", question=safe_text(waiting, 300)))
        show_waiting(job)
        return
    if pending and (made := settled_question(pending)) is not None:
        if not went_back():
            open_analysis(made)
        # Back from the analysis leads to where it was asked, not to the analysis again.
        st.query_params.clear()
    if pending and step_failed(pending):
        asked = pending_question(pending)
        show_step_error(pending, kept=t("ask.kept", question=safe_text(asked, 300)))
        if asked is not None and st.button(t("ask.try_again"), key="try_again"):
            begin_question(asked)
            st.rerun()
    question_step(owner)


def _load(analyst: Analyst, session_id: str) -> AnalysisSession | None:
    """The analysis of that id at its last stored step, if it is this owner's."""
    key = (current_owner(), session_id)
    try:
        cached: tuple[tuple[str, str], AnalysisSession] | None = st.session_state.get(_LOADED)
        if cached is not None and cached[0] == key:
            cached[1].refresh()
        else:
            st.session_state[_LOADED] = cached = (key, analyst.resume(session_id))
    except AnalystError as error:
        from src.ui.history.past import draw_past

        st.session_state.pop(_LOADED, None)
        draw_past(analyst, session_id, error)
        return None
    return cached[1]
