"""The Data page as a whole."""

from __future__ import annotations

import streamlit as st

from src.config.settings import get_settings
from src.data.profile import Dataset
from src.errors import AnalystError
from src.ui.data.model_editor import draw_model_editor
from src.ui.data.understood import draw_understood
from src.ui.data.upload import draw_upload
from src.ui.errors import guard, show_error
from src.ui.identity import current_owner
from src.ui.jobs import Job
from src.ui.messages import t
from src.ui.preferences import load_preferences
from src.ui.safe_text import safe_text
from src.ui.services import forget_dataset, library, opened_analyst, use_dataset
from src.ui.waiting import watch
from src.ui.wording import dataset_size, describe_dataset

_REMOVED = "_removed_dataset"


def data_page() -> None:
    """Choose, add, understand and correct the data that questions are asked about."""
    owner = current_owner()
    uploads = {dataset.id: dataset for dataset in library(owner).list()}
    _choose(owner, uploads)
    removed = st.session_state.pop(_REMOVED, None)
    if removed is not None:
        st.success(t("data.removed", name=safe_text(removed, 120)))
    draw_upload(owner)
    try:
        opened = opened_analyst(owner)
    except AnalystError as error:
        show_error(error)
        return
    if isinstance(opened, Job):
        watch(opened)
        return
    dataset = opened.dataset
    st.header(safe_text(dataset.name, 120), anchor=False)
    st.caption(safe_text(dataset_size(dataset)))
    understood, meaning = st.tabs([t("data.understood"), t("data.model")], key="data_tabs")
    with understood:
        draw_understood(owner, dataset)
    with meaning:
        draw_model_editor(owner, dataset, editable=dataset.id in uploads)
    if dataset.id in uploads:
        _remove(owner, dataset)


def _choose(owner: str, uploads: dict[str, Dataset]) -> None:
    current = load_preferences(owner).dataset_id
    if current is not None and current not in uploads:
        use_dataset(owner, None)
        current = None
        st.warning(t("data.was_removed"))
    options: list[str | None] = [None, *uploads]
    st.selectbox(
        t("data.in_use"),
        options,
        index=options.index(current),
        format_func=lambda dataset_id: _name(dataset_id, uploads),
        key=f"dataset_in_use_{len(options)}_{current}",
        on_change=guard(_use),
        args=(owner, f"dataset_in_use_{len(options)}_{current}"),
    )


def _name(dataset_id: str | None, uploads: dict[str, Dataset]) -> str:
    if dataset_id is not None:
        return describe_dataset(uploads[dataset_id])
    return t("data.database") if get_settings().database_url else t("data.sample")


def _use(owner: str, key: str) -> None:
    use_dataset(owner, st.session_state[key])


def _remove(owner: str, dataset: Dataset) -> None:
    with st.expander(t("data.remove_title")):
        st.markdown(t("data.remove_warning", name=safe_text(dataset.name, 120)))
        sure = st.checkbox(t("data.remove_sure"), key=f"sure_{dataset.id}")
        st.button(
            t("data.remove"),
            key=f"remove_{dataset.id}",
            disabled=not sure,
            on_click=guard(_remove_now),
            args=(owner, dataset),
        )


def _remove_now(owner: str, dataset: Dataset) -> None:
    library(owner).remove(dataset.id)
    forget_dataset(owner, dataset.id)
    use_dataset(owner, None)
    st.session_state[_REMOVED] = dataset.name
