"""The first line of every page: ``with bootstrap("data"): …``.

Sets the page up, restores who is looking, draws our own navigation and the sidebar, and turns any
error of the page's body into a message. A deep link runs a page file alone, without the home
script, so nothing that a page needs may happen anywhere else.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import streamlit as st

from src.ui.errors import guarded, show_error
from src.ui.messages import t
from src.ui.navigation import draw_navigation

_ASSETS: Final = Path(__file__).parent / "assets"
_warm = threading.Event()


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
    st.html(_ASSETS / "style.css")
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
    _warm_up_once()


def _warm_up_once() -> None:
    """Import what the next steps need, after the first page is painted rather than before."""
    if _warm.is_set():
        return
    _warm.set()
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()


def _warm_up() -> None:
    import pyarrow  # noqa: F401

    # Streamlit collects garbage after every run; what is imported for good need not be walked.
    gc.collect()
    gc.freeze()
