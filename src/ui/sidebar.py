"""The sidebar: which data is in use, who answers, and what it costs, live while a step runs."""

from __future__ import annotations

import streamlit as st

from src.config.settings import get_settings
from src.errors import AnalystError
from src.ui.identity import current_owner
from src.ui.jobs import Job
from src.ui.live_panel import draw_live_panel
from src.ui.messages import t
from src.ui.preferences import load_preferences
from src.ui.safe_text import safe_text
from src.ui.services import opened_analyst

_KEYS = {
    "ANTHROPIC_API_KEY": ("anthropic_api_key",),
    "OPENAI_API_KEY": ("openai_api_key",),
    "GEMINI_API_KEY": ("gemini_api_key", "google_api_key"),
}


def draw_sidebar() -> None:
    """Everything under the list of pages."""
    _dataset()
    _engine()
    draw_live_panel()


def _dataset() -> None:
    st.subheader(t("sidebar.data"), anchor=False)
    owner = current_owner()
    if load_preferences(owner).dataset_id is None and not get_settings().database_url:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(t("sidebar.sample"))
            st.badge(t("dataset.synthetic"), color="gray", help=t("dataset.synthetic_help"))
        return
    try:
        opened = opened_analyst(owner)
    except AnalystError as error:
        # The page itself says more; the list of pages, with the way to the Data page, must stay.
        st.caption(safe_text(error.message))
        return
    if isinstance(opened, Job):
        st.caption(t("job.open"))
        return
    st.markdown(safe_text(opened.dataset.name, 80))


def _engine() -> None:
    settings = get_settings()
    found = [
        variable
        for variable, fields in _KEYS.items()
        if any(getattr(settings, field) is not None for field in fields)
    ]
    st.subheader(t("sidebar.engine"), anchor=False)
    if settings.llm_offline:
        st.caption(t("sidebar.offline_by_choice"))
    elif not found:
        st.caption(t("sidebar.no_key"))
    else:
        st.caption(t("sidebar.keys", names=", ".join(safe_text(name) for name in found)))
