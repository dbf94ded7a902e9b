"""Which column of a result is what, for charts, tables and facts alike."""

from __future__ import annotations

import datetime as dt

from src.data.result import QueryResult
from src.query_engine.drafts import OutputColumn
from src.reporting.cells import Cell, column_cells, number


def known_columns(
    result: QueryResult, columns: tuple[OutputColumn, ...]
) -> tuple[OutputColumn, ...]:
    """One `OutputColumn` for each column of the frame, in the frame's order.

    A column that `columns` does not describe (SQL edited beyond recognition) is classed by what is
    in it: dates are a time axis when they come first, text groups, numbers are ``other``.
    """
    described = {column.name: column for column in columns}
    names = [str(name) for name in result.frame.columns]
    return tuple(
        described.get(name) or _by_content(name, column_cells(result.frame, name), position)
        for position, name in enumerate(names)
    )


def display_names(columns: tuple[OutputColumn, ...]) -> dict[str, str]:
    """Header text by column name; labels that would collide fall back to the column's name."""
    labels = [column.label or column.name for column in columns]
    return {
        column.name: label if labels.count(label) == 1 else column.name
        for column, label in zip(columns, labels, strict=True)
    }


def _by_content(name: str, cells: list[Cell], position: int) -> OutputColumn:
    filled = [cell for cell in cells if cell is not None]
    label = name.replace("_", " ").strip() or name
    if filled and all(isinstance(cell, dt.date) for cell in filled):
        return OutputColumn(name=name, label=label, kind="dimension" if position else "time")
    if filled and all(number(cell) is not None for cell in filled):
        return OutputColumn(name=name, label=label, kind="other", unit="number")
    return OutputColumn(name=name, label=label, kind="dimension")
