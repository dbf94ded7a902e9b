"""The steps of an analysis after its question, as the page draws them.

Apart from the page, which must be painted before all that these steps need has been imported.
"""

from __future__ import annotations

import streamlit as st

from src.ui.ask.clarify import clarify_folded, clarify_step
from src.ui.ask.question import question_folded
from src.ui.ask.result import result_step
from src.ui.ask.review import review_step
from src.ui.ask.stepper import draw_stepper, step_of
from src.ui.ask.steps import show_step_error, show_waiting
from src.ui.jobs import Job
from src.ui.messages import t
from src.workflow.analysis import AnalysisSession, Analyst


def show_analysis(analyst: Analyst, session: AnalysisSession, job: Job | None) -> None:
    """Draw the analysis: what is behind it folded, its current step open.

    Args:
        job: the step of it that is under way.
    """
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
