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
    "multiple": "%,.2f",
    "count": "localized",
    "number": "localized",
}
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
    styled = len(frame) <= _STYLED_ROWS
    st.dataframe(
        _styled(frame, by_name, locale, highlight) if styled else frame,
        hide_index=True,
        width="stretch",
        column_config={
            str(name): _config(by_name.get(str(name)), str(name), locale, styled=styled)
            for name in frame
        },
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


def _config(column: OutputColumn | None, name: str, locale: str, *, styled: bool) -> Any:
    from streamlit import column_config as kinds

    label = (column.label or column.name) if column is not None else name
    if column is None or styled or column.kind in ("dimension", "other", "time"):
        # A format here would win over the printed text of a styled cell.
        return kinds.Column(label=label)
    return kinds.NumberColumn(label=label, format=browser_format(column, locale))


def browser_format(column: OutputColumn, locale: str) -> str:
    """How the browser prints the numbers of a column that is too long to be printed here."""
    if column.kind in ("share", "change_pct"):
        return "percent"
    if column.unit != "currency":
        return _BROWSER_FORMATS.get(column.unit or "", "localized")
    if not column.currency:
        return "%,.2f"
    from babel.numbers import get_currency_precision

    from src.reporting.formats import format_value

    number = f"%,.{get_currency_precision(column.currency)}f"
    # The place of the sign is the locale's: $1 but 1 €.
    sample = format_value(1, "currency", column.currency, locale)
    mark = sample.strip("0123456789.,\u00a0\u202f ")
    space = "" if sample.replace(mark, "").strip() == sample.replace(mark, "") else "\u00a0"
    mark = mark.replace("%", "%%")
    return f"{mark}{space}{number}" if sample.startswith(mark) else f"{number}{space}{mark}"
