"""What reading a file changed, dropped or guessed."""

from __future__ import annotations

import streamlit as st

from src.data.profile import Dataset
from src.ui.messages import t


def draw_changes(owner: str, dataset: Dataset) -> None:
    """The list of changes of each file of an upload."""
    del owner, dataset
    st.caption(t("data.no_changes"))
