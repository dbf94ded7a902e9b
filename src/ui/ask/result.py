"""The Result step: a sentence, the chart, the table, what stands out, and where to go from here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import streamlit as st

from src.data.result import QueryResult
from src.query_engine.drafts import OutputColumn
from src.ui.ask.chart import draw_chart
from src.ui.ask.downloads import draw_downloads
from src.ui.ask.examples import follow_up_questions
from src.ui.ask.findings import draw_findings, draw_headline, highlighted_cells
from src.ui.ask.question import question_box
from src.ui.ask.review import review_folded
from src.ui.ask.steps import begin_step, step_failed
from src.ui.ask.table import draw_table
from src.ui.ask.vouching import draw_vouching
from src.ui.errors import guard
from src.ui.identity import current_owner
from src.ui.jobs import Job
from src.ui.messages import t
from src.ui.preferences import load_preferences
from src.ui.safe_text import safe_text
from src.ui.services import models_in_use
from src.ui.waiting import watch
from src.ui.wording import duration, engine_words, without_repeats
from src.workflow.analysis import AnalysisSession, Analyst

_BADGE_COLOURS: Final[dict[str, Literal["green", "blue", "orange", "gray"]]] = {
    "Verified": "green",
    "Generated": "blue",
    "Edited": "orange",
    "Offline": "gray",
}


def result_step(analyst: Analyst, session: AnalysisSession, explaining: Job | None) -> None:
    """The answer.

    Args:
        explaining: the job that is looking for what stands out, while it runs.
    """
    result = session.result
    draft = session.draft
    if result is None or draft is None:
        st.info(t("result.gone"))
        return
    if session.report_insights is None and explaining is None and not step_failed(session.id):
        explaining = begin_step(analyst, session.id, "explain", lambda s, _: s.insights())
    columns = session.columns
    locale = load_preferences(current_owner()).number_locale
    _headline(session, result, columns, locale)
    _facts_line(session, result)
    if result.row_count:
        draw_chart(session.id, result, columns, locale)
        cells = highlighted_cells(session.id, session.report_insights)
        draw_table(result, columns, locale, cells)
        draw_downloads(session, result, columns)
    if explaining is not None:
        watch(explaining, hurriable=True)
    elif session.report_insights is not None:
        draw_findings(session.id, session.report_insights, result, columns, locale)
    review_folded(analyst, session, disabled=False)
    draw_vouching(session)
    _cautions(session, result)
    _follow_up(analyst, session)


def _headline(
    session: AnalysisSession,
    result: QueryResult,
    columns: tuple[OutputColumn, ...],
    locale: str,
) -> None:
    with st.container(key="headline"):
        if not result.row_count:
            st.markdown(t("result.empty"))
            return
        report = session.report_insights
        if report is None or not draw_headline(session.id, report, result, columns, locale):
            st.markdown(t("result.rows", count=result.row_count, rows=f"{result.row_count:,}"))


def _facts_line(session: AnalysisSession, result: QueryResult) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if session.badge is not None and session.draft is not None:
            st.badge(
                t(f"badge.{session.badge.value.lower()}"),
                color=_BADGE_COLOURS[session.badge.value],
                help=t(f"badge.{session.badge.value.lower()}_help"),
            )
        parts = [t("result.took", time=duration(result.seconds))]
        if result.rows_read is not None:
            parts.append(t("result.read", count=result.rows_read, rows=f"{result.rows_read:,}"))
        parts.append(t("result.returned", count=result.row_count, rows=f"{result.row_count:,}"))
        if session.draft is not None:
            parts.append(t("result.engine", engine=safe_text(engine_words(session.draft.engine))))
        st.caption(" · ".join(parts))
    if result.truncated:
        st.warning(t("result.truncated", rows=f"{result.row_count:,}"))


def _cautions(session: AnalysisSession, result: QueryResult) -> None:
    if not result.row_count:
        # The headline says it.
        return
    report = session.report_insights
    texts: list[str] = [] if result.truncated else list(result.cautions)
    if report is not None:
        texts += [i.text for i in report.insights if i.kind == "caution"]
        texts += report.notes if models_in_use() else ()
    if texts:
        _list(t("result.cautions"), without_repeats(texts))


def _list(title: str, texts: Sequence[str]) -> None:
    st.markdown(f"**{title}**")
    st.markdown("\n".join(f"- {safe_text(text)}" for text in texts))


def _follow_up(analyst: Analyst, session: AnalysisSession) -> None:
    st.subheader(t("result.go_on"), anchor=False)
    question_box(
        f"follow_up_{session.id}",
        t("result.follow_up"),
        lambda question: _ask_on(analyst, session.id, question),
    )
    plan = session.draft.plan if session.draft is not None else None
    suggestions = follow_up_questions(session.dataset, plan)
    if suggestions:
        with st.container(key="suggestions", horizontal=True, gap="small"):
            for position, suggestion in enumerate(suggestions):
                st.button(
                    safe_text(suggestion),
                    key=f"suggestion_{session.id}_{position}",
                    on_click=guard(_ask_on),
                    args=(analyst, session.id, suggestion),
                )


def _ask_on(analyst: Analyst, session_id: str, question: str) -> None:
    begin_step(analyst, session_id, "follow_up", lambda session, _: session.follow_up(question))
