"""The History page as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from src.ui.identity import current_owner
from src.ui.jobs import Job
from src.ui.messages import t
from src.ui.navigation import HOME, page_link
from src.ui.safe_text import safe_text
from src.ui.services import opened_analyst
from src.ui.waiting import watch

if TYPE_CHECKING:
    from src.workflow.records import SessionSummary

_PAGE: Final = 20
_LIMIT: Final = 500


def history_page() -> None:
    """Search, list, open."""
    opened = opened_analyst(current_owner())
    if isinstance(opened, Job):
        watch(opened)
        return
    search = st.text_input(t("history.search"), key="history_search", type="search")
    found = opened.sessions(search=search.strip() if search else None, limit=_LIMIT)
    if not found:
        st.info(t("history.none_found") if search else t("history.empty"))
        if not search:
            page_link(HOME, t("history.first"), icon=":material/forum:")
        return
    st.caption(t("history.count", count=len(found)))
    pages = -(-len(found) // _PAGE)
    page = st.pagination(pages, key=f"history_page_{pages}") if pages > 1 else 1
    for summary in found[(page - 1) * _PAGE : page * _PAGE]:
        _line(summary)


def _line(summary: SessionSummary) -> None:
    with st.container(border=True, key=f"analysis_{summary.id}"):
        left, right = st.columns([5, 1], vertical_alignment="center")
        left.markdown(f"**{safe_text(summary.question, 200)}**")
        left.caption(
            t(
                "history.line",
                stage=t(f"history.stage.{summary.stage}"),
                dataset=safe_text(summary.dataset_name, 80),
                at=f"{summary.updated_at:%Y-%m-%d %H:%M} UTC",
            )
        )
        if summary.running:
            left.caption(t("history.running"))
        with right:
            page_link(
                HOME,
                t("history.open"),
                icon=":material/arrow_forward:",
                params={"analysis": summary.id},
            )
