"""Which chart fits the shape of a result, what else would, and why."""

from __future__ import annotations

from dataclasses import dataclass

from src.data.result import QueryResult
from src.query_engine.drafts import OutputColumn
from src.reporting.chart_data import GROUPS_SHOWN, SERIES_SHOWN, ChartKind, Grid, read_grid

INDICATORS_SHOWN = 4
MIN_FOR_LINE = 3
MIN_FOR_SCATTER = 6
SLICES_IN_BAR = 6


@dataclass(frozen=True, slots=True)
class ChartChoice:
    """The chart that fits, the others that can be drawn, best first, and the reason in words."""

    kind: ChartKind
    alternatives: tuple[ChartKind, ...]
    reason: str


def choose_chart(result: QueryResult, columns: tuple[OutputColumn, ...]) -> ChartChoice:
    """The chart for `result` by the shape of its columns and rows."""
    grid = read_grid(result, columns)
    if not grid.rows:
        return ChartChoice("table", (), "There are no rows to draw.")
    if not grid.measures:
        return ChartChoice("table", (), "There are no numbers to draw.")
    if grid.rows == 1:
        return _single(grid)
    if grid.time is not None:
        return _over_time(grid)
    if grid.groups:
        return _by_group(grid)
    if len(grid.measures) == 2:
        return ChartChoice("scatter", ("table",), "Two numbers a row, with nothing to name them.")
    return ChartChoice("table", (), "Rows without a name or a date to draw them by.")


def _single(grid: Grid) -> ChartChoice:
    if len(grid.measures) <= INDICATORS_SHOWN:
        return ChartChoice("indicator", ("table",), "A single row reads best as its numbers.")
    return ChartChoice("table", (), "One row of many numbers.")


def _over_time(grid: Grid) -> ChartChoice:
    buckets = len({grid.day(row) for row in range(grid.rows)})
    if not grid.groups:
        if buckets < MIN_FOR_LINE:
            return ChartChoice("column", ("table",), "Too few time steps for a line.")
        return ChartChoice("line", ("column", "table"), "One value a time step: a line.")
    stacked: tuple[ChartKind, ...] = ("stacked_bar",) if _stackable(grid) else ()
    if buckets < 2:
        return ChartChoice("bar", ("table",), "One time step: the groups, ranked.")
    names = len({grid.label(row, "en") for row in range(grid.rows)})
    more = f", the {SERIES_SHOWN} largest of {names}" if names > SERIES_SHOWN else ""
    return ChartChoice("line", (*stacked, "table"), f"A line over time for each group{more}.")


def _by_group(grid: Grid) -> ChartChoice:
    first = grid.measures[0]
    if grid.companion(first, "baseline") is not None and first.kind == "metric":
        return ChartChoice("grouped_bar", ("bar", "table"), "Two periods side by side.")
    if any(c.kind == "time" for c in grid.groups) and len(grid.groups) == 1:
        return ChartChoice("column", ("bar", "table"), "Weekdays in their order.")
    share = grid.companion(first, "share") if first.kind == "metric" else None
    if (share is not None or first.kind == "share") and _stackable(grid):
        few = grid.rows <= SLICES_IN_BAR
        kind: ChartKind = "stacked_bar" if few else "treemap"
        other: ChartKind = "treemap" if few else "bar"
        rest = tuple(k for k in (other, "bar", "table") if k != kind)
        return ChartChoice(kind, tuple(dict.fromkeys(rest)), "Parts of a whole.")
    if _crossed(grid):
        return ChartChoice(
            "grouped_bar", ("bar", "table"), "Two groupings: one as the axis, one as colours."
        )
    scatter: tuple[ChartKind, ...] = ("scatter",) if len(grid.measures) > 1 else ()
    if len(grid.measures) == 2 and grid.rows >= MIN_FOR_SCATTER:
        return ChartChoice("scatter", ("bar", "table"), "Two numbers for each of many groups.")
    whole: tuple[ChartKind, ...] = ("treemap",) if _additive_looking(grid) else ()
    return ChartChoice("bar", (*scatter, *whole, "table"), "Groups, ranked by value.")


def _crossed(grid: Grid) -> bool:
    """Two groupings, one of few values, and one row for each pair."""
    if len(grid.named_groups) != 2:
        return False
    pairs = [tuple(grid.cells[c.name][row] for c in grid.named_groups) for row in range(grid.rows)]
    sizes = sorted(len({pair[i] for pair in pairs}) for i in (0, 1))
    return (
        len(set(pairs)) == len(pairs)
        and 1 < sizes[0] <= SERIES_SHOWN
        and 1 < sizes[1] <= GROUPS_SHOWN
    )


def _stackable(grid: Grid) -> bool:
    """Whether the first measure can be parts of a whole: amounts or counts, none negative."""
    first = grid.measures[0]
    values = [grid.value(first, row) for row in range(grid.rows)]
    fits = first.kind == "share" or (first.unit in ("currency", "count") and not first.to_date)
    return fits and all(value is None or value >= 0 for value in values) and any(values)


def _additive_looking(grid: Grid) -> bool:
    """A treemap is offered only for amounts whose shares the query itself computed."""
    return grid.companion(grid.measures[0], "share") is not None and _stackable(grid)
