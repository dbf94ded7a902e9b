"""Step 6: the texts as a file, with each person's decision beside its text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import streamlit as st

from src.catalogue.outputs import Exported
from src.errors import AnalystError
from src.ui.catalogue.desk import OpenCatalogue
from src.ui.catalogue.shelf import Choices
from src.ui.catalogue.stepper import next_button
from src.ui.errors import show_error
from src.ui.jobs import Job
from src.ui.messages import t
from src.ui.waiting import watch

_FORMATS: Final = {"csv": "CSV", "xlsx": "XLSX", "jsonl": "JSON lines", "parquet": "Parquet"}
_MIME: Final = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}


def export_step(desk: OpenCatalogue) -> None:
    """Format, which texts, and the file."""
    st.subheader(t("catalogue.export.title"), anchor=False)
    format_ = st.segmented_control(
        t("catalogue.export.format"),
        list(_FORMATS),
        default="csv",
        required=True,
        format_func=_FORMATS.__getitem__,
        key="catalogue_format",
    ) or "csv"  # fmt: skip
    which = st.radio(
        t("catalogue.export.which"),
        ("all", "judged"),
        format_func=lambda name: t(f"catalogue.export.{name}"),
        key="catalogue_which",
    )
    choices = desk.catalogue.choices()
    try:
        made = desk.exported(choices, format_, judged_only=which == "judged")
    except AnalystError as error:
        show_error(error)
        next_button(t("catalogue.price.back"), "texts")
        return
    if isinstance(made, Job):
        watch(made)
        return
    _download(desk, choices, made, format_)


def _download(desk: OpenCatalogue, choices: Choices, made: Exported, format_: str) -> None:
    stem = re.sub(r"[^\w.-]+", "_", Path(desk.catalogue.name).stem)[:60] or "products"
    lines = []
    for kind, count in (
        ("rejected", made.rejected), ("failed", made.failed), ("missing", made.missing),
    ):  # fmt: skip
        if count:
            lines.append(f"- {t(f'catalogue.export.{kind}', count=count, texts=f'{count:,}')}")
    if lines:
        st.markdown("\n".join(lines))
    if not made.texts:
        st.info(t("catalogue.export.nothing"))
        next_button(t("catalogue.price.to_review"), "review")
        return
    size = -(-made.path.stat().st_size // 1024)
    st.download_button(
        t("catalogue.export.download", count=made.texts, texts=f"{made.texts:,}",
          format=_FORMATS[format_]),
        data=made.path.read_bytes,
        file_name=f"{stem}_copy.{format_}",
        mime=_MIME[format_],
        key="catalogue_download",
        type="primary",
        icon=":material/download:",
        help=t("catalogue.export.size", size=f"{size:,}"),
        on_click="ignore",
    )  # fmt: skip
    if made.failures is not None:
        st.download_button(
            t("catalogue.export.failures"),
            data=made.failures.read_bytes,
            file_name=f"{stem}_failed.jsonl",
            mime=_MIME["jsonl"],
            key="catalogue_download_failed",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption(t("catalogue.export.columns"))
