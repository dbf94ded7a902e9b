"""What reading a file changed, dropped or guessed, with the lines it concerns."""

from __future__ import annotations

from typing import Final

import streamlit as st

from src.data.ingestion.inspection import Change, Inspection, TableReading
from src.data.profile import Dataset
from src.errors import InputError
from src.ui.messages import t
from src.ui.safe_text import safe_text
from src.ui.services import library
from src.ui.wording import encoding_words

_LISTED: Final = 40


def draw_changes(owner: str, dataset: Dataset) -> None:
    """The list of changes of each file of an upload."""
    try:
        inspections = library(owner).inspections(dataset.id)
    except InputError:
        # A database was not read from files.
        return
    for inspection in inspections:
        for reading in inspection.tables:
            _reading(inspection, reading)


def _reading(inspection: Inspection, reading: TableReading) -> None:
    source = safe_text(reading.source or inspection.file, 120)
    st.markdown(t("changes.title", source=source))
    parts = [reading.format, encoding_words(reading.encoding or "")]
    if reading.delimiter:
        names = {"\t": t("changes.tab"), ",": t("changes.comma"), ";": t("changes.semicolon")}
        parts.append(names.get(reading.delimiter, reading.delimiter))
    if reading.header_line is not None:
        parts.append(t("changes.header", line=reading.header_line))
    parts.append(
        t(
            "changes.rows",
            count=reading.rows_loaded,
            read=f"{reading.rows_loaded:,}",
            dropped=f"{reading.rows_dropped:,}",
        )
    )
    st.caption(safe_text(", ".join(part for part in parts if part)))
    if reading.warnings:
        st.warning("\n".join(f"- {safe_text(warning)}" for warning in reading.warnings))
    # What a warning says already is not listed again.
    said = " ".join(reading.warnings)
    changes = [change for change in reading.changes if change.message not in said]
    lines = [_line(change) for change in changes[:_LISTED]]
    if reading.preamble:
        above = " / ".join(line for line in reading.preamble[:6] if line.strip())
        lines.insert(0, t("changes.preamble", lines=safe_text(above, 300)))
    if len(changes) > _LISTED:
        lines.append(t("changes.more", count=len(changes) - _LISTED))
    if lines:
        st.markdown("\n".join(f"- {line}" for line in lines))
    elif not reading.warnings:
        st.markdown(t("data.no_changes"))


def _line(change: Change) -> str:
    text = t("changes.line", kind=t(f"changes.{change.kind}"), what=safe_text(change.message))
    if change.lines:
        numbers = ", ".join(str(line) for line in change.lines[:8])
        text = t("changes.at_lines", count=len(change.lines), what=text, lines=numbers)
    return text
