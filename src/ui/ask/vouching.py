"""Vouching for an answer: the way in to the badge Verified."""

from __future__ import annotations

import streamlit as st

from src.ui.errors import guarded
from src.ui.messages import t
from src.workflow.analysis import AnalysisSession
from src.workflow.questions import NAME_LIMIT
from src.workflow.view import Badge


def draw_vouching(session: AnalysisSession) -> None:
    """A button to verify the SQL that ran; nothing where it is verified already."""
    if session.badge is Badge.VERIFIED:
        return
    with st.popover(t("verify.open"), icon=":material/verified:", key=f"verify_{session.id}"):
        st.markdown(t("verify.lead"))
        with st.form(f"verify_form_{session.id}", border=False):
            name = st.text_input(
                t("verify.name"),
                value=session.question.strip()[:NAME_LIMIT],
                max_chars=NAME_LIMIT,
                help=t("verify.name_help"),
                key=f"verify_name_{session.id}",
            )
            save = st.form_submit_button(t("verify.save"), type="primary")
        if save:
            with guarded():
                session.verify(name or "")
                st.rerun()
