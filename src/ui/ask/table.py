"""A result as a table: numbers stay numbers, so that sorting is right, and print by their unit."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from src.query_engine.drafts import OutputColumn
from src.ui.messages import t

if TYPE_CHECKING:
    import pandas as pd

    from src.data.result import QueryResult

_STYLED_ROWS: Final = 1_000
"""Up to here every cell is printed by the locale's rules; beyond, by the browser, which is fast."""

_BROWSER_FORMATS: Final = {
    "ratio": "percent",
    "multiple": "%.2f",
    "count": "localized",
    "number": "localized",
}
_CURRENCY_FORMATS: Final = {"USD": "dollar", "EUR": "euro", "JPY": "yen"}
_HIGHLIGHT: Final = "background-color: rgba(230, 159, 0, 0.35)"


def draw_table(
    result: QueryResult,
    columns: tuple[OutputColumn, ...],
    locale: str,
    highlight: Collection[tuple[int, str]] = (),
) -> None:
    """Show the rows.

    Args:
        highlight: cells to mark, as (row position, column name).
    """
    frame = display_frame(result.frame)
    by_name = {column.name: column for column in columns}
    st.dataframe(
        _styled(frame, by_name, locale, highlight) if len(frame) <= _STYLED_ROWS else frame,
        hide_index=True,
        width="stretch",
        column_config={name: _config(by_name.get(name), name) for name in frame.columns},
        key="result_table",
        alt=t("result.table_alt", rows=len(frame), columns=len(frame.columns)),
    )


def display_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with exact decimals as floats and nested values as text, for the eye only."""
    import pandas as pd

    shown: dict[Any, Any] = {}
    for name in frame.columns:
        series = frame[name]
        if (
            pd.api.types.is_bool_dtype(series.dtype)
            or pd.api.types.is_datetime64_any_dtype(series.dtype)
            or pd.api.types.is_numeric_dtype(series.dtype)
        ):
            shown[name] = series
        else:
            shown[name] = series.map(_plain, na_action="ignore")
    return pd.DataFrame(shown, index=frame.index)


def _plain(value: Any) -> Any:
    from decimal import Decimal

    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict | list | tuple | set | bytes):
        return str(value)
    return value


def _styled(
    frame: pd.DataFrame,
    by_name: dict[Any, OutputColumn],
    locale: str,
    highlight: Collection[tuple[int, str]],
) -> Any:
    from src.reporting.formats import format_cell

    def printer(column: OutputColumn) -> Any:
        return lambda value: format_cell(value, column, locale)

    styled = frame.style.format({name: printer(by_name[name]) for name in frame if name in by_name})
    if not highlight:
        return styled
    marked = set(highlight)

    def mark(series: pd.Series[Any]) -> list[str]:
        return [
            _HIGHLIGHT if (row, str(series.name)) in marked else "" for row in range(len(series))
        ]

    return styled.apply(mark, axis=0)


def _config(column: OutputColumn | None, name: str) -> Any:
    from streamlit import column_config as kinds

    if column is None:
        return kinds.Column(label=name)
    label = column.label or column.name
    if column.kind in ("dimension", "other", "time"):
        return kinds.Column(label=label)
    if column.kind in ("share", "change_pct"):
        return kinds.NumberColumn(label=label, format="percent")
    form = _BROWSER_FORMATS.get(column.unit or "", "localized")
    if column.unit == "currency":
        form = _CURRENCY_FORMATS.get(column.currency or "", "localized")
    return kinds.NumberColumn(label=label, format=form)
