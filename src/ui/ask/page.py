"""The Ask page as a whole: which analysis is shown, and which of its steps is open."""

from __future__ import annotations

import streamlit as st

from src.errors import AnalystError
from src.ui.ask.clarify import clarify_folded, clarify_step
from src.ui.ask.question import question_folded, question_step
from src.ui.ask.result import result_step
from src.ui.ask.review import review_step
from src.ui.ask.stepper import draw_stepper, step_of
from src.ui.ask.steps import (
    ANALYSIS_PARAM,
    PENDING_PARAM,
    begin_question,
    pending_question,
    settle,
    show_step_error,
    show_waiting,
    step_failed,
)
from src.ui.errors import show_error
from src.ui.identity import current_owner
from src.ui.jobs import Job
from src.ui.messages import t
from src.ui.navigation import HOME, page_link
from src.ui.safe_text import safe_text
from src.ui.services import opened_analyst
from src.ui.waiting import watch
from src.workflow.analysis import AnalysisSession, Analyst

_LOADED = "_loaded_analysis"


def ask_page() -> None:
    """Draw the page for the analysis in the address, or the empty question box."""
    session_id = st.query_params.get(ANALYSIS_PARAM)
    st.title(t("ask.title"), anchor=False)
    opened = opened_analyst(current_owner())
    if isinstance(opened, Job):
        draw_stepper("ask")
        watch(opened)
        return
    if session_id:
        job = settle(session_id)
        session = _load(opened, session_id)
        if session is not None:
            _show_analysis(opened, session, job)
        return
    _show_new(opened)


def _show_new(analyst: Analyst) -> None:
    draw_stepper("ask")
    pending = st.query_params.get(PENDING_PARAM)
    if not pending:
        # A link to the page one is on empties the parameters here but not the browser's address,
        # which would bring the old analysis back at the next click.
        st.query_params.clear()
    job = settle(pending) if pending else None
    if job is not None:
        show_waiting(job)
        return
    if pending and step_failed(pending):
        asked = pending_question(pending)
        show_step_error(pending, kept=t("ask.kept", question=safe_text(asked, 300)))
        if asked is not None and st.button(t("ask.try_again"), key="try_again"):
            begin_question(analyst, asked)
            st.rerun()
    question_step(analyst)


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
        st.session_state.pop(_LOADED, None)
        show_error(error)
        page_link(HOME, t("ask.start_new"), icon=":material/add:")
        return None
    return cached[1]


def _show_analysis(analyst: Analyst, session: AnalysisSession, job: Job | None) -> None:
    step = step_of(session.state.stage)
    draw_stepper(step)
    busy = job is not None and job.kind != "explain"
    question_folded(analyst, session, disabled=busy)
    if step != "clarify":
        clarify_folded(analyst, session, disabled=busy)
    if busy and job is not None:
        show_waiting(job)
        return
    show_step_error(session.id)
    if session.running and job is None:
        st.info(t("ask.running_elsewhere"))
        st.button(t("ask.look_again"), key="look_again")
        return
    if step == "clarify":
        clarify_step(analyst, session)
    elif step == "review":
        review_step(analyst, session)
    else:
        result_step(analyst, session, explaining=job)
