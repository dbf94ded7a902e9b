"""Changing the models file from a screen: who may, the write, and what is shown after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from src.errors import AnalystError
from src.ui.errors import show_error
from src.ui.identity import current_owner
from src.ui.messages import t

_SAVED: Final = "_settings_saved"


def may_change_models() -> bool:
    """Models and budgets are the whole server's: a stranger from the network may only read them."""
    from_here = st.context.ip_address is None
    return from_here or not current_owner().startswith("visitor-")


def change_models(write: Callable[[], object]) -> None:
    """Write to the models file, have every part read it anew, and run the page again."""
    from src.llm.router import reset_router

    try:
        write()
    except AnalystError as error:
        show_error(error, kept=t("settings.kept"))
        return
    reset_router()
    st.session_state[_SAVED] = True
    st.rerun()


def show_saved() -> None:
    """Say once that the last change was saved."""
    if st.session_state.pop(_SAVED, False):
        st.success(t("settings.saved"))
