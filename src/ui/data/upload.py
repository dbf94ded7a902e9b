"""Uploading: several files become one data set, a table each, read in the cage."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from src.config.settings import get_settings
from src.data.ingestion.inspection import ReadOptions
from src.data.profile import Dataset
from src.ui.data.read_options import read_options
from src.ui.errors import show_error
from src.ui.jobs import job_board
from src.ui.messages import t
from src.ui.navigation import HOME, page_link
from src.ui.safe_text import safe_text
from src.ui.services import library, use_dataset
from src.ui.waiting import PATIENCE_SECONDS, watch

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

FILE_TYPES: Final = (
    "csv", "tsv", "txt", "xlsx", "xlsm", "xlsb", "xls", "ods", "parquet", "json", "jsonl", "ndjson",
    "zip", "gz",
)  # fmt: skip
_ROUND = "_upload_round"
_NOTICE = "_upload_notice"


def draw_upload(owner: str) -> None:
    """The upload form, or the job that is reading the last upload."""
    _settle(owner)
    job = job_board().find((owner, "upload"))
    if job is not None:
        watch(job)
        return
    notice = st.session_state.pop(_NOTICE, None)
    if isinstance(notice, Exception):
        show_error(notice, kept=t("data.upload_kept"))
    elif notice is not None:
        st.success(t("data.upload_done", name=safe_text(notice, 120)))
        page_link(HOME, t("data.ask_about_it"), icon=":material/forum:")
    with st.form(f"upload_{st.session_state.get(_ROUND, 0)}"):
        files = st.file_uploader(
            t("data.upload"),
            type=FILE_TYPES,
            accept_multiple_files=True,
            max_upload_size=get_settings().upload_max_mb,
            key=f"files_{st.session_state.get(_ROUND, 0)}",
            help=t("data.upload_help"),
        )
        st.caption(t("data.upload_limits", megabytes=get_settings().upload_max_mb))
        options = read_options(f"read_{st.session_state.get(_ROUND, 0)}")
        sent = st.form_submit_button(t("data.read_files"), type="primary")
    if sent and not files:
        st.warning(t("data.no_file"))
    elif sent:
        _start(owner, files, options)
        st.rerun()


def _start(owner: str, files: Sequence[UploadedFile], options: ReadOptions | None) -> None:
    contents = [(file.name, file.getvalue()) for file in files]
    job_board().start((owner, "upload"), "upload", lambda _: add_files(owner, contents, options))


def _settle(owner: str) -> None:
    """Collect an upload that has ended and ask about its data from now on."""
    job = job_board().find((owner, "upload"))
    if job is None or not job.wait(PATIENCE_SECONDS):
        return
    job_board().collect(job)
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    try:
        dataset = job.outcome()
    except Exception as error:  # noqa: BLE001 - shown above the form
        st.session_state[_NOTICE] = error
        return
    use_dataset(owner, dataset.id)
    st.session_state[_NOTICE] = dataset.name
    st.rerun()


def add_files(
    owner: str, contents: Sequence[tuple[str, bytes]], options: ReadOptions | None = None
) -> Dataset:
    """Add the files, as (name, bytes), to the owner's library as one data set."""
    with tempfile.TemporaryDirectory(prefix="upload-") as folder:
        paths = []
        for position, (name, data) in enumerate(contents):
            # A folder each: two files of one name stay two tables, and no name leaves its folder.
            place = Path(folder) / str(position)
            place.mkdir()
            path = place / _plain_name(name)
            path.write_bytes(data)
            paths.append(path)
        return library(owner).add_many(paths, paths[0].name, options)


def _plain_name(name: str) -> str:
    """The last part of an uploaded file's name, short enough for any file system."""
    last = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[\x00-\x1f]", "_", last)[-100:].lstrip(".") or "upload"
