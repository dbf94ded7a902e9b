"""Where a catalogue begins: a file of one's own, the sample, or one that was read before."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from src.catalogue.product_files import SAMPLE
from src.config.settings import get_settings
from src.ui.catalogue.desk import opened, remove, shelf
from src.ui.catalogue.shelf import Catalogue
from src.ui.catalogue.stepper import open_catalogue
from src.ui.errors import guard, show_error
from src.ui.jobs import job_board
from src.ui.messages import t
from src.ui.safe_text import safe_text
from src.ui.waiting import PATIENCE_SECONDS, watch

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

FILE_TYPES: Final = ("csv", "tsv", "txt", "xlsx", "parquet", "json", "jsonl", "ndjson", "zip")
_ENCODINGS: Final = (None, "utf-8", "utf-16", "cp1251", "cp1252")
_ROUND: Final = "_catalogue_round"
_PROBLEM: Final = "_catalogue_problem"
_KIND: Final = "catalogue_read"
_PAGE: Final = 10


def start_step(owner: str) -> None:
    """The form for a file, the sample, and the list of catalogues."""
    st.subheader(t("catalogue.start.title"), anchor=False)
    job = job_board().find((owner, _KIND))
    if job is not None:
        if not job.wait(PATIENCE_SECONDS):
            watch(job)
            return
        job_board().collect(job)
        st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
        try:
            open_catalogue(job.outcome().id, "products")
        except Exception as error:  # noqa: BLE001 - shown above the form
            st.session_state[_PROBLEM] = error
        st.rerun()
    problem = st.session_state.pop(_PROBLEM, None)
    if problem is not None:
        show_error(problem, kept=t("catalogue.start.kept"))
    _form(owner)
    _sample(owner)
    _earlier(owner)


def read_file(owner: str, name: str, data: bytes, encoding: str | None = None) -> Catalogue:
    """Read an upload into a catalogue of the owner's."""
    with tempfile.TemporaryDirectory(prefix="upload-") as folder:
        last = re.sub(r"[\x00-\x1f]", "_", re.split(r"[/\\]", name)[-1])
        path = Path(folder) / (last[-100:].lstrip(".") or "products")
        path.write_bytes(data)
        return shelf(owner).add(path, encoding=encoding)


def _form(owner: str) -> None:
    turn = st.session_state.get(_ROUND, 0)
    with st.form(f"catalogue_form_{turn}"):
        file = st.file_uploader(
            t("catalogue.start.file"),
            type=FILE_TYPES,
            max_upload_size=get_settings().upload_max_mb,
            key=f"catalogue_file_{turn}",
            help=t("catalogue.start.file_help"),
        )
        st.caption(t("catalogue.start.limits", megabytes=get_settings().upload_max_mb))
        with st.expander(t("read.title")):
            encoding = st.selectbox(
                t("read.encoding"),
                _ENCODINGS,
                format_func=lambda value: value or t("read.by_file"),
                key=f"catalogue_encoding_{turn}",
            )
        sent = st.form_submit_button(t("catalogue.start.read"), type="primary")
    if sent and file is None:
        st.warning(t("catalogue.start.no_file"))
    elif sent and file is not None:
        _read(owner, file, encoding)
        st.rerun()


def _read(owner: str, file: UploadedFile, encoding: str | None) -> None:
    name, data = file.name, file.getvalue()
    job_board().start((owner, _KIND), _KIND, lambda _: read_file(owner, name, data, encoding))


def _sample(owner: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            t("catalogue.start.sample"),
            key="catalogue_sample",
            icon=":material/science:",
            on_click=guard(_read_sample),
            args=(owner,),
        )
        st.caption(t("catalogue.start.sample_help"))


def _read_sample(owner: str) -> None:
    job_board().start((owner, _KIND), _KIND, lambda _: shelf(owner).add(SAMPLE))


def _earlier(owner: str) -> None:
    found = shelf(owner).list()
    if not found:
        return
    st.subheader(t("catalogue.start.earlier"), anchor=False)
    pages = -(-len(found) // _PAGE)
    page = st.pagination(pages, key=f"catalogue_list_{pages}") if pages > 1 else 1
    for catalogue in found[(page - 1) * _PAGE : page * _PAGE]:
        with st.container(border=True, key=f"catalogue_{catalogue.id}"):
            st.markdown(f"**{safe_text(catalogue.name, 100)}**")
            st.caption(_line(owner, catalogue))
            with st.container(horizontal=True, gap="small"):
                st.button(
                    t("catalogue.start.open"),
                    key=f"open_{catalogue.id}",
                    icon=":material/arrow_forward:",
                    on_click=open_catalogue,
                    args=(catalogue.id, _where(catalogue)),
                )
                with st.popover(t("catalogue.start.remove")):
                    st.markdown(t("catalogue.start.remove_warning"))
                    st.button(
                        t("catalogue.start.remove_now"),
                        key=f"remove_{catalogue.id}",
                        on_click=guard(remove),
                        args=(owner, catalogue),
                    )


def _where(catalogue: Catalogue) -> str:
    state = catalogue.status().state
    return {"new": "products", "done": "review"}.get(state, "run")


def _line(owner: str, catalogue: Catalogue) -> str:
    status = catalogue.status()
    state: str = status.state
    if state == "running":
        with opened(owner, catalogue) as desk:
            if desk.running is None:
                state = "interrupted"
            elif desk.driving.live is not None:
                progress = desk.driving.live.progress()
                return _said("running", catalogue, progress.done, progress.total)
    return _said(
        state, catalogue, int(status.progress.get("done", 0)), int(status.progress.get("total", 0))
    )


def _said(state: str, catalogue: Catalogue, done: int, total: int) -> str:
    return t(
        "catalogue.start.line",
        products=f"{catalogue.count:,}",
        state=t(f"catalogue.state.{state}", done=f"{done:,}", total=f"{total:,}"),
        at=f"{catalogue.created:%Y-%m-%d %H:%M} UTC",
    )
