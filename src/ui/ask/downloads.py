"""The result as files. A file is made when its button is clicked, not on every run of the page."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from src.query_engine.drafts import OutputColumn
from src.ui.messages import t
from src.workflow.analysis import AnalysisSession

if TYPE_CHECKING:
    from src.data.result import QueryResult


def draw_downloads(
    session: AnalysisSession, result: QueryResult, columns: tuple[OutputColumn, ...]
) -> None:
    """A button a format for the rows, and one for the report."""
    from src.reporting.exports import to_csv, to_parquet, to_xlsx

    name = f"analysis-{session.id[:8]}"
    with st.container(key="downloads", horizontal=True, gap="small"):
        _button("CSV", f"{name}.csv", "text/csv", lambda: to_csv(result, columns))
        _button(
            "XLSX",
            f"{name}.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            lambda: to_xlsx(result, columns),
        )
        _button(
            "Parquet",
            f"{name}.parquet",
            "application/vnd.apache.parquet",
            lambda: to_parquet(result, columns),
        )
        if session.report_insights is not None:
            _button(t("result.report"), f"{name}.html", "text/html", lambda: report_bytes(session))


def report_bytes(session: AnalysisSession) -> bytes:
    """The report of an analysis as one HTML file."""
    with tempfile.TemporaryDirectory() as folder:
        return session.report(Path(folder) / "report.html").read_bytes()


def _button(label: str, file_name: str, mime: str, make: Callable[[], bytes]) -> None:
    st.download_button(
        label,
        data=make,
        file_name=file_name,
        mime=mime,
        key=f"download_{file_name}",
        icon=":material/download:",
        help=t("result.download_help", file=file_name),
        on_click="ignore",
    )
