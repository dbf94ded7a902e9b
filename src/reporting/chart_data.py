"""What a chart shows, before anything draws it: series of values with their texts and ticks.

Both drawers, Plotly on screen and SVG in reports, take a `ChartData`, so they cannot disagree.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Literal

from src.data.result import QueryResult
from src.query_engine.drafts import OutputColumn
from src.query_engine.phrases import language_for, say
from src.query_engine.plan import RECURRING
from src.reporting.cells import Cell, column_cells, day, number
from src.reporting.formats import (
    NULL_TEXT,
    currency_mark,
    format_bucket,
    format_cell,
    format_value,
)
from src.reporting.layout import known_columns
from src.reporting.names import short_names

ChartKind = Literal[
    "line", "column", "bar", "grouped_bar", "stacked_bar", "treemap", "scatter", "indicator",
    "table",
]  # fmt: skip
BARS_SHOWN = 20
GROUPS_SHOWN = 12
SERIES_SHOWN = 7
POINTS_SHOWN = 500
POINTS_NAMED = 12
PANELS_SHOWN = 3
LABEL_LIMIT = 28


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of the chart: values by category (or by y, for a scatter), with hover texts."""

    name: str
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    is_baseline: bool = False


@dataclass(frozen=True, slots=True)
class Ticks:
    """A value axis: its range and its labelled positions."""

    low: float
    high: float
    at: tuple[float, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """Series that share a value axis."""

    title: str
    series: tuple[Series, ...]
    ticks: Ticks


@dataclass(frozen=True, slots=True)
class ChartData:
    """A chart ready to draw.

    Attributes:
        categories: full names of the positions on the category axis, in drawing order.
        short: the same, short enough for an axis.
        days: for a time axis, the first day of each category.
        xs, x_ticks, x_title: for a scatter, the horizontal values.
        note: what is not shown, in words.
    """

    kind: ChartKind
    categories: tuple[str, ...]
    short: tuple[str, ...]
    panels: tuple[Panel, ...]
    days: tuple[dt.date, ...] = ()
    xs: tuple[float, ...] = ()
    x_ticks: Ticks | None = None
    x_title: str = ""
    note: str = ""

    @property
    def named(self) -> frozenset[int]:
        """Points of a scatter that carry their name: all of a few, else the outermost."""
        points = range(len(self.xs))
        if len(points) <= POINTS_NAMED:
            return frozenset(points)
        ys = [value or 0.0 for value in self.panels[0].series[0].values]
        far_right = sorted(points, key=lambda i: -self.xs[i])[:4]
        far_up = sorted(points, key=lambda i: -ys[i])[:3]
        return frozenset((*far_right, *far_up))


@dataclass(frozen=True)
class Grid:
    """The result by role, as charts need it."""

    columns: tuple[OutputColumn, ...]
    cells: dict[str, list[Cell]]
    rows: int
    time: OutputColumn | None
    groups: tuple[OutputColumn, ...]
    measures: tuple[OutputColumn, ...]

    def companion(self, column: OutputColumn, kind: str) -> OutputColumn | None:
        """The column of that kind that belongs to the same metric."""
        return next((c for c in self.columns if c.kind == kind and c.metric == column.metric), None)

    def label(self, row: int, locale: str) -> str:
        """The row's name: its groups, the most specific readable ones."""
        return " · ".join(self.text(column, row, locale) for column in self.named_groups)

    @property
    def named_groups(self) -> tuple[OutputColumn, ...]:
        """Groups without the identifiers that repeat a name beside them."""
        names = {c.name.lower() for c in self.groups}
        kept = [
            c
            for c in self.groups
            if not (
                c.name.lower().endswith("_id")
                and names & {c.name.lower()[:-3], f"{c.name.lower()[:-3]}_name"}
            )
        ]
        return tuple(kept or self.groups)

    def text(self, column: OutputColumn, row: int, locale: str) -> str:
        cell = self.cells[column.name][row]
        if column.kind == "time":
            return format_bucket(cell, column.grain, locale)
        if cell is None or cell == "":
            return say(language_for(locale), "finding.not_set")
        return format_cell(cell, column, locale)

    def value(self, column: OutputColumn, row: int) -> float | None:
        cell = number(self.cells[column.name][row])
        return None if cell is None else float(cell)

    def day(self, row: int) -> dt.date | None:
        return day(self.cells[self.time.name][row]) if self.time else None


def read_grid(result: QueryResult, columns: tuple[OutputColumn, ...]) -> Grid:
    """Sort the result's columns by role. A share counts as a measure where its metric is absent."""
    known = known_columns(result, columns)
    cells = {column.name: column_cells(result.frame, column.name) for column in known}
    time = next((c for c in known if c.kind == "time" and c.grain not in RECURRING), None)
    if time is not None and any(day(cell) is None for cell in cells[time.name]):
        time = None
    own = {c.metric for c in known if c.kind == "metric"}
    measures = tuple(
        c
        for c in known
        if (
            c.kind in ("metric", "other") or (c.kind != "time" and c.metric and c.metric not in own)
        )
        and c.kind != "dimension"
        and any(number(cell) is not None for cell in cells[c.name])
    )
    groups = tuple(
        c for c in known if c.kind == "dimension" or (c.kind == "time" and c is not time)
    )
    return Grid(known, cells, len(result.frame), time, groups, measures)


def axis_title(column: OutputColumn, locale: str) -> str:
    """Label and unit of a value axis: ``Spend, $``, ``CTR, %``."""
    unit = "%" if column.unit == "ratio" or column.kind in ("share", "change_pct") else ""
    if column.unit == "currency" and not unit:
        unit = currency_mark(column.currency, locale)
    label = column.label or column.name
    return f"{label}, {unit}" if unit else label


def ticks_for(
    values: list[float],
    column: OutputColumn,
    locale: str,
    *,
    from_zero: bool = True,
    count: int = 5,
) -> Ticks:
    """Round positions for an axis (steps of 1, 2, 2.5 or 5), written in the column's unit."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = (low - abs(low) / 2, high + abs(high) / 2) if low else (0.0, 1.0)
    step = _nice_step((high - low) / count)
    first, last = math.floor(low / step), math.ceil(high / step)
    at = tuple(round(i * step, 12) if abs(i * step) < 1e12 else i * step
               for i in range(first, last + 1))  # fmt: skip
    unit = "ratio" if column.kind in ("share", "change_pct") else column.unit
    texts = tuple(format_value(v, unit, column.currency, locale, compact=True) for v in at)
    return Ticks(at[0], at[-1], at, texts)


def _nice_step(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)


def text_of(grid: Grid, column: OutputColumn, row: int, locale: str) -> str:
    """The cell as the hover shows it."""
    cell = grid.cells[column.name][row]
    return NULL_TEXT if cell is None else format_cell(cell, column, locale)


def shortened(names: list[str]) -> tuple[str, ...]:
    """Axis labels of these names."""
    return tuple(short_names(names, LABEL_LIMIT))
