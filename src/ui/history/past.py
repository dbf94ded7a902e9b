"""An analysis whose data was removed, as it was stored: to read, not to go on with."""

from __future__ import annotations

import streamlit as st

from src.errors import AnalystError
from src.ui.ask.findings import draw_findings, draw_headline
from src.ui.ask.table import draw_table
from src.ui.errors import show_error
from src.ui.identity import current_owner
from src.ui.messages import t
from src.ui.navigation import HOME, page_link
from src.ui.preferences import load_preferences
from src.ui.safe_text import safe_text
from src.workflow.analysis import Analyst
from src.workflow.view import SessionView


def draw_past(analyst: Analyst, session_id: str, reason: AnalystError) -> None:
    """What was kept of the analysis, or `reason` where nothing was."""
    try:
        past = analyst.recall(session_id)
    except AnalystError:
        show_error(reason)
        page_link(HOME, t("ask.start_new"), icon=":material/add:")
        return
    st.warning(t("past.gone", reason=safe_text(reason.message), hint=safe_text(reason.hint)))
    st.header(safe_text(past.question, 300), anchor=False)
    _steps(past)
    _result(past)
    page_link(HOME, t("ask.start_new"), icon=":material/add:")


def _steps(past: SessionView) -> None:
    if past.chosen is not None:
        st.markdown(t("past.reading", text=safe_text(past.chosen.text)))
    elif past.interpretations:
        st.markdown(t("past.not_chosen"))
        st.markdown("\n".join(f"- {safe_text(item.text)}" for item in past.interpretations))
    if past.draft is not None:
        st.code(past.draft.sql, language="sql")
    if past.approved is not None:
        at = f"{past.approved.approved_at:%Y-%m-%d %H:%M} UTC"
        st.caption(t("past.approved", by=safe_text(past.approved.approved_by, 80), at=at))


def _result(past: SessionView) -> None:
    try:
        result = past.result
        columns = past.columns
    except AnalystError as error:
        show_error(error)
        return
    if result is None:
        st.info(t("past.no_result"))
        return
    locale = load_preferences(current_owner()).number_locale
    report = past.report_insights
    if report is not None and result.row_count:
        draw_headline(past.id, report, result, columns, locale)
    if result.row_count:
        draw_table(result, columns, locale)
    else:
        st.markdown(t("result.empty"))
    if result.cautions:
        st.caption(safe_text(" ".join(result.cautions)))
    if report is not None:
        draw_findings(past.id, report, result, columns, locale)
