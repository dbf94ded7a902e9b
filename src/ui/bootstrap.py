"""The first line of every page: ``with bootstrap("data"): …``.

Sets the page up, restores who is looking, draws our own navigation and the sidebar, and turns any
error of the page's body into a message. A deep link runs a page file alone, without the home
script, so nothing that a page needs may happen anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import streamlit as st

from src.ui.address import follow_moves
from src.ui.errors import guarded, show_error
from src.ui.messages import t
from src.ui.navigation import draw_navigation
from src.ui.warm_up import painted

_ASSETS: Final = Path(__file__).parent / "assets"


@contextmanager
def bootstrap(page: str) -> Iterator[None]:
    """Set up the page named `page` (a key of the catalogue's ``nav`` table) and guard its body."""
    st.set_page_config(
        page_title=t("app.title", page=t(f"nav.{page}")),
        page_icon=str(_ASSETS / "icon.png"),
        layout="centered",
        initial_sidebar_state="auto",
        menu_items={"About": t("app.about")},
    )
    follow_moves()
    st.html(_ASSETS / "style.css")
    # Painted before the rest of the page is even imported.
    st.title(t(f"{page}.title"), anchor=False)
    try:
        from src.ui.sidebar import draw_sidebar

        with st.sidebar:
            draw_navigation()
            draw_sidebar()
    except Exception as error:  # noqa: BLE001 - a page without its owner or settings shows why
        show_error(error)
        st.stop()
    with guarded():
        yield
    painted()
