"""Which theme the browser shows; figures are drawn for it."""

from __future__ import annotations

from typing import Literal

import streamlit as st


def current_theme() -> Literal["light", "dark"]:
    """``dark`` or ``light``."""
    return "dark" if st.context.theme.type == "dark" else "light"
