"""Our own list of pages; Streamlit's would run deep links without the home script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from src.ui.messages import t
from src.ui.safe_text import safe_html

HOME: Final = "streamlit_app_hitl.py"
PAGES: Final = {
    "ask": HOME,
    "data": "pages/Data.py",
    "history": "pages/History.py",
    "catalogue": "pages/Catalogue.py",
    "usage": "pages/Usage.py",
    "settings": "pages/Settings.py",
}
_ICONS: Final = {
    "ask": ":material/forum:",
    "data": ":material/table:",
    "history": ":material/history:",
    "catalogue": ":material/inventory_2:",
    "usage": ":material/monitoring:",
    "settings": ":material/tune:",
}


def draw_navigation() -> None:
    """Links to every page, in a container that is named as navigation for assistive tools."""
    st.html(f'<div class="ca-brand">{safe_html(t("app.name"))}</div>')
    with st.container(key="navigation", gap="xxsmall"):
        for name, path in PAGES.items():
            page_link(path, t(f"nav.{name}"), icon=_ICONS[name])


def page_link(
    path: str, label: str, *, icon: str | None = None, params: Mapping[str, str] | None = None
) -> None:
    """A link to a page, with parameters in its address; plain text where this file was started
    as an app of its own and the other pages do not exist."""
    try:
        st.page_link(path, label=label, icon=icon, width="stretch", query_params=params)
    except StreamlitPageNotFoundError:
        st.caption(label)
