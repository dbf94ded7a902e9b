"""The Ask step: the question box, examples that work on the data in use, and rewording."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from src.errors import AnalystError, InputError
from src.ui.ask.steps import begin_question, begin_step, open_analysis
from src.ui.errors import guard, show_error
from src.ui.jobs import Job
from src.ui.messages import t
from src.ui.safe_text import safe_text
from src.ui.services import opened_analyst
from src.ui.waiting import watch
from src.ui.wording import describe_dataset
from src.workflow.questions import clean_question

if TYPE_CHECKING:
    from src.workflow.analysis import AnalysisSession, Analyst


def question_step(owner: str) -> None:
    """The box for a new question, drawn before the data set is open: a first visit waits for it."""
    lead, box = st.empty(), st.empty()
    lead.markdown(t("ask.lead_opening"))
    with box.container():
        question_box("question", t("ask.placeholder"), begin_question)
    try:
        opened = opened_analyst(owner)
    except AnalystError:
        box.empty()
        lead.empty()
        raise
    if isinstance(opened, Job):
        watch(opened)
        return
    lead.markdown(t("ask.lead", dataset=safe_text(describe_dataset(opened.dataset))))
    _examples(opened)


def _examples(analyst: Analyst) -> None:
    from src.ui.ask.examples import example_questions

    examples = example_questions(analyst.dataset)
    if not examples:
        return
    st.caption(t("ask.examples"))
    with st.container(key="examples", horizontal=True, gap="small"):
        for position, example in enumerate(examples):
            st.button(
                safe_text(example),
                key=f"example_{position}",
                on_click=guard(begin_question),
                args=(example,),
            )


def question_box(key: str, placeholder: str, send: Callable[[str], object]) -> None:
    """A box whose text goes to `send`; what is no question stays in it, with the reason above."""
    problem = st.session_state.pop(f"{key}_problem", None)
    if problem is not None:
        blank = not str(st.session_state.get(key) or "").strip()
        show_error(problem, kept=t("ask.nothing_changed" if blank else "ask.still_there"))
    with st.container(key=f"{key}_box"):
        st.chat_input(placeholder, key=key, on_submit=guard(_send), args=(key, send))


def _send(key: str, send: Callable[[str], object]) -> None:
    # Before the page is drawn again: a reload meanwhile finds the question asked.
    typed = st.session_state[key] or ""
    try:
        clean_question(typed)
    except InputError as error:
        st.session_state[f"{key}_problem"] = error
        # Sending has emptied the box.
        st.session_state[key] = typed
    else:
        send(typed)


def question_folded(analyst: Analyst, session: AnalysisSession, *, disabled: bool) -> None:
    """The question of an analysis, folded; rewording starts the analysis over."""
    with st.expander(t("ask.question_was", question=safe_text(session.question, 160))):
        st.text(session.question[:2000])
        with st.form(f"reword_{session.id}", border=False):
            wording = st.text_area(
                t("ask.reword_label"),
                value=session.question[:10_000],
                key=f"wording_{session.id}",
                height="content",
            )
            asked = st.form_submit_button(t("ask.reword"), disabled=disabled)
        if asked and wording is not None:
            reword(analyst, session.id, wording)
            st.rerun()
        if st.button(t("ask.start_new"), key=f"new_{session.id}", icon=":material/add:"):
            open_analysis(None)


def reword(analyst: Analyst, session_id: str, wording: str) -> None:
    """Ask again in other words, within the same analysis."""
    begin_step(analyst, session_id, "reword", lambda session, _: session.reword(wording))
