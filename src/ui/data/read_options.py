"""What a person may say about files instead of leaving it to the files: the undo of every guess."""

from __future__ import annotations

from typing import Final

import streamlit as st

from src.data.ingestion.inspection import ReadOptions
from src.ui.messages import t
from src.ui.wording import encoding_words

_ENCODINGS: Final = (None, "utf-8", "utf-16", "cp1251", "cp1252", "latin-1")
_DELIMITERS: Final = (None, ",", ";", "\t", "|")
_DECIMALS: Final = (None, ".", ",")
_DATES: Final = (None, True, False)


def read_options(prefix: str) -> ReadOptions | None:
    """Draw the options; None when nothing was said."""
    with st.expander(t("read.title")):
        left, right = st.columns(2)
        encoding = left.selectbox(
            t("read.encoding"),
            _ENCODINGS,
            format_func=lambda name: encoding_words(name) if name else t("read.by_file"),
            key=f"{prefix}_encoding",
        )
        delimiter = _pick(right, "delimiter", _DELIMITERS, prefix)
        decimal = _pick(left, "decimal", _DECIMALS, prefix)
        day_first = right.selectbox(
            t("read.dates"), _DATES, format_func=_date_label, key=f"{prefix}_dates"
        )
        totals = st.checkbox(t("read.keep_totals"), key=f"{prefix}_totals")
        as_text = st.text_input(t("read.as_text"), help=t("read.as_text_help"), key=f"{prefix}_txt")
    headers = tuple(name.strip() for name in (as_text or "").split(",") if name.strip())
    options = ReadOptions.model_validate(
        {
            "encoding": encoding,
            "delimiter": delimiter,
            "decimal": decimal,
            "day_first": day_first,
            "keep_totals": totals,
            "as_text": headers,
        }
    )
    return None if options == ReadOptions() else options


def _pick(
    place: st.delta_generator.DeltaGenerator,
    name: str,
    choices: tuple[str | None, ...],
    prefix: str,
) -> str | None:
    return place.selectbox(t(f"read.{name}"), choices, format_func=_label, key=f"{prefix}_{name}")


def _label(value: str | None) -> str:
    if value is None:
        return t("read.by_file")
    return t("read.tab") if value == "\t" else value


def _date_label(day_first: bool | None) -> str:
    if day_first is None:
        return t("read.by_file")
    return t("read.day_first") if day_first else t("read.month_first")
