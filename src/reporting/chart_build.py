"""From a result to `ChartData`, one builder a kind."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence

from src.data.result import QueryResult
from src.errors import InputError
from src.query_engine.drafts import OutputColumn
from src.query_engine.phrases import language_for, say
from src.reporting.chart_data import (
    BARS_SHOWN,
    GROUPS_SHOWN,
    PANELS_SHOWN,
    POINTS_SHOWN,
    SERIES_SHOWN,
    ChartData,
    ChartKind,
    Grid,
    Panel,
    Series,
    axis_title,
    read_grid,
    shortened,
    text_of,
    ticks_for,
)
from src.reporting.formats import format_bucket

NEAR_LEVEL = 0.5  # a line that stays above half its peak need not show zero


def chart_data(
    result: QueryResult,
    columns: tuple[OutputColumn, ...],
    kind: str,
    locale: str = "en",
) -> ChartData:
    """The data of a chart of that kind.

    Raises:
        InputError: the kind is unknown, or this result cannot be drawn so.
    """
    grid = read_grid(result, columns)
    build = _BUILDERS.get(kind)
    if build is None:
        raise InputError(f"There is no chart of kind {kind!r}.", hint=f"Use one of {_KINDS}.")
    if kind != "table" and (not grid.rows or not grid.measures):
        raise InputError("This result holds no numbers to draw.", hint="Show it as a table.")
    return build(grid, locale)


def _line(grid: Grid, locale: str) -> ChartData:
    return _over_time(grid, locale, "line")


def _column(grid: Grid, locale: str) -> ChartData:
    if grid.time is not None:
        return _over_time(grid, locale, "column")
    rows = list(range(grid.rows))
    return _ranked(grid, locale, "column", rows[:BARS_SHOWN])


def _over_time(grid: Grid, locale: str, kind: ChartKind) -> ChartData:
    """One panel a unit where there are no groups; one panel with a series a group otherwise."""
    if grid.time is None:
        raise InputError("This result has no time axis.", hint="Choose a bar chart.")
    days = sorted({found for row in range(grid.rows) if (found := grid.day(row))})
    names = [format_bucket(start, grid.time.grain, locale) for start in days]
    note = ""
    if grid.groups:
        panels, note = _group_panel(grid, days, locale)
    else:
        panels = _measure_panels(grid, days, locale, from_zero=kind != "line")
    return ChartData(kind, tuple(names), tuple(names), panels, days=tuple(days), note=note)


def _measure_panels(
    grid: Grid, days: list[dt.date], locale: str, *, from_zero: bool
) -> tuple[Panel, ...]:
    rows = {grid.day(row): row for row in range(grid.rows)}
    by_unit: dict[tuple[str | None, str | None, str], list[OutputColumn]] = {}
    for measure in grid.measures:
        by_unit.setdefault((measure.unit, measure.currency, measure.kind), []).append(measure)
    panels = []
    for measures in list(by_unit.values())[:PANELS_SHOWN]:
        series = [_series(grid, m, [rows[start] for start in days], locale) for m in measures]
        title = ", ".join(m.label or m.name for m in measures)
        title = axis_title(measures[0], locale) if len(measures) == 1 else title
        values = [abs(v) for one in series for v in one.values if v is not None]
        far = not values or min(values) < NEAR_LEVEL * max(values)
        panels.append(_panel(title, series, measures[0], locale, from_zero=from_zero or far))
    return tuple(panels)


def _group_panel(grid: Grid, days: list[dt.date], locale: str) -> tuple[tuple[Panel, ...], str]:
    measure = grid.measures[0]
    cells: dict[str, dict[dt.date | None, int]] = {}
    for row in range(grid.rows):
        cells.setdefault(grid.label(row, locale), {})[grid.day(row)] = row
    size = {
        name: sum(abs(grid.value(measure, row) or 0) for row in rows.values())
        for name, rows in cells.items()
    }
    shown = sorted(cells, key=lambda name: -size[name])[:SERIES_SHOWN]
    note = _cut_note(len(shown), len(cells), locale)
    series = []
    for name in shown:
        rows = [cells[name].get(start) for start in days]
        series.append(_series(grid, measure, rows, locale, name))
    return (_panel(axis_title(measure, locale), series, measure, locale),), note


def _bar(grid: Grid, locale: str) -> ChartData:
    rows = _by_value(grid, grid.measures[0])
    return _ranked(grid, locale, "bar", rows[:BARS_SHOWN])


def _ranked(grid: Grid, locale: str, kind: ChartKind, rows: list[int]) -> ChartData:
    measure = grid.measures[0]
    names = [grid.label(row, locale) or f"{row + 1}" for row in rows]
    series = [_series(grid, measure, rows, locale)]
    panel = _panel(axis_title(measure, locale), series, measure, locale)
    note = _cut_note(len(rows), grid.rows, locale)
    return ChartData(kind, tuple(names), shortened(names), (panel,), note=note)


def _grouped(grid: Grid, locale: str) -> ChartData:
    """Value beside its baseline, or the second grouping as colours."""
    measure = grid.measures[0]
    baseline = grid.companion(measure, "baseline")
    if baseline is None:
        return _crossed(grid, locale)
    rows = _by_value(grid, measure)[:GROUPS_SHOWN]
    names = [grid.label(row, locale) or f"{row + 1}" for row in rows]
    now = _series(grid, measure, rows, locale, "This period")
    before = _series(grid, baseline, rows, locale, "Comparison period", is_baseline=True)
    panel = _panel(axis_title(measure, locale), [now, before], measure, locale)
    note = _cut_note(len(rows), grid.rows, locale)
    return ChartData("grouped_bar", tuple(names), shortened(names), (panel,), note=note)


def _crossed(grid: Grid, locale: str) -> ChartData:
    if len(grid.named_groups) != 2:
        raise InputError("Grouped bars need a comparison or two groupings.", hint="Choose bars.")
    measure = grid.measures[0]
    size = [len(set(map(str, grid.cells[c.name]))) for c in grid.named_groups]
    inner, outer = sorted(grid.named_groups, key=lambda c: size[grid.named_groups.index(c)])
    at: dict[tuple[str, str], int] = {}
    totals: dict[str, float] = {}
    colours: dict[str, float] = {}
    for row in range(grid.rows):
        name, colour = grid.text(outer, row, locale), grid.text(inner, row, locale)
        at[name, colour] = row
        value = abs(grid.value(measure, row) or 0)
        totals[name] = totals.get(name, 0) + value
        colours[colour] = colours.get(colour, 0) + value
    names = sorted(totals, key=lambda name: -totals[name])[:GROUPS_SHOWN]
    series = [
        _series(grid, measure, [at.get((name, colour)) for name in names], locale, colour)
        for colour in sorted(colours, key=lambda c: -colours[c])[:SERIES_SHOWN]
    ]
    panel = _panel(axis_title(measure, locale), series, measure, locale)
    note = _cut_note(len(names), len(totals), locale)
    return ChartData("grouped_bar", tuple(names), shortened(names), (panel,), note=note)


def _stacked(grid: Grid, locale: str) -> ChartData:
    """Parts over time, one stack a bucket; or the parts of one whole in a single bar."""
    if grid.time is not None:
        return _stack_over_time(grid, locale)
    measure = _share_or_first(grid)
    rows = _by_value(grid, measure)[:SERIES_SHOWN]
    series = [_series(grid, measure, [row], locale, grid.label(row, locale)) for row in rows]
    total = sum(s.values[0] or 0 for s in series)
    ticks = ticks_for([0, total], measure, locale)
    if measure.kind == "share" and total <= 1 + 1e-9:
        ticks = ticks_for([0, 1], measure, locale)
    panel = Panel(axis_title(measure, locale), tuple(series), ticks)
    note = _cut_note(len(rows), grid.rows, locale)
    return ChartData("stacked_bar", ("",), ("",), (panel,), note=note)


def _stack_over_time(grid: Grid, locale: str) -> ChartData:
    data = _over_time(grid, locale, "stacked_bar")
    panel = data.panels[0]
    tops = [
        math.fsum(series.values[i] or 0 for series in panel.series)
        for i in range(len(data.categories))
    ]
    ticks = ticks_for(tops, grid.measures[0], locale)
    return ChartData(
        "stacked_bar", data.categories, data.short,
        (Panel(panel.title, panel.series, ticks),), days=data.days, note=data.note,
    )  # fmt: skip


def _treemap(grid: Grid, locale: str) -> ChartData:
    measure = _share_or_first(grid)
    rows = [r for r in _by_value(grid, measure) if (grid.value(measure, r) or 0) > 0]
    if any((grid.value(measure, row) or 0) < 0 for row in range(grid.rows)):
        raise InputError("A treemap cannot show negative values.", hint="Choose bars.")
    return _ranked_by(grid, locale, rows, measure)


def _ranked_by(grid: Grid, locale: str, rows: list[int], measure: OutputColumn) -> ChartData:
    shown = rows[:BARS_SHOWN]
    names = [grid.label(row, locale) or f"{row + 1}" for row in shown]
    series = [_series(grid, measure, shown, locale)]
    panel = _panel(axis_title(measure, locale), series, measure, locale)
    note = _cut_note(len(shown), len(rows), locale)
    return ChartData("treemap", tuple(names), shortened(names), (panel,), note=note)


def _scatter(grid: Grid, locale: str) -> ChartData:
    if len(grid.measures) < 2:
        raise InputError("A scatter needs two numbers a row.", hint="Choose bars.")
    across, up = grid.measures[:2]
    rows = [
        row
        for row in range(grid.rows)
        if grid.value(across, row) is not None and grid.value(up, row) is not None
    ]
    shown = rows[:POINTS_SHOWN]
    xs = tuple(grid.value(across, row) or 0.0 for row in shown)
    names = [grid.label(row, locale) for row in shown]
    texts = tuple(
        f"{across.label}: {text_of(grid, across, row, locale)}\n"
        f"{up.label}: {text_of(grid, up, row, locale)}"
        for row in shown
    )
    values = tuple(grid.value(up, row) for row in shown)
    y_ticks = ticks_for([value for value in values if value is not None], up, locale)
    panel = Panel(axis_title(up, locale), (Series(up.label, values, texts),), y_ticks)
    return ChartData(
        "scatter", tuple(names), shortened(names), (panel,), xs=xs,
        x_ticks=ticks_for(list(xs), across, locale), x_title=axis_title(across, locale),
        note=_cut_note(len(shown), len(rows), locale),
    )  # fmt: skip


def _indicator(grid: Grid, locale: str) -> ChartData:
    if grid.rows != 1:
        raise InputError("Single numbers need a single row.", hint="Choose another chart.")
    panels = []
    for measure in grid.measures:
        baseline = grid.companion(measure, "baseline")
        series = [_series(grid, measure, [0], locale)]
        if baseline is not None and measure.kind == "metric":
            series.append(_series(grid, baseline, [0], locale, is_baseline=True))
        panels.append(_panel(measure.label or measure.name, series, measure, locale))
    return ChartData("indicator", ("",), ("",), tuple(panels))


def _table(grid: Grid, locale: str) -> ChartData:
    """The formatted cells, a series a column."""
    rows = list(range(min(grid.rows, POINTS_SHOWN)))
    series = tuple(
        Series(
            column.label or column.name,
            tuple(None for _ in rows),
            tuple(text_of(grid, column, row, locale) for row in rows),
        )
        for column in grid.columns
    )
    names = tuple(str(row + 1) for row in rows)
    no_ticks = ticks_for([], OutputColumn(name="", label="", kind="other"), locale)
    note = _cut_note(len(rows), grid.rows, locale)
    return ChartData("table", names, names, (Panel("", series, no_ticks),), note=note)


def _series(
    grid: Grid,
    column: OutputColumn,
    rows: Sequence[int | None],
    locale: str,
    name: str = "",
    *,
    is_baseline: bool = False,
) -> Series:
    return Series(
        name or column.label or column.name,
        tuple(None if row is None else grid.value(column, row) for row in rows),
        tuple("" if row is None else text_of(grid, column, row, locale) for row in rows),
        is_baseline,
    )


def _panel(
    title: str, series: list[Series], column: OutputColumn, locale: str, *, from_zero: bool = True
) -> Panel:
    values = [value for one in series for value in one.values if value is not None]
    return Panel(title, tuple(series), ticks_for(values, column, locale, from_zero=from_zero))


def _by_value(grid: Grid, measure: OutputColumn) -> list[int]:
    """Rows in the query's own order where that is by value, else largest first; NULL last."""
    filled = [row for row in range(grid.rows) if grid.value(measure, row) is not None]
    values = [grid.value(measure, row) or 0.0 for row in filled]
    if values != sorted(values):
        filled.sort(key=lambda row: -(grid.value(measure, row) or 0.0))
    return filled + [row for row in range(grid.rows) if grid.value(measure, row) is None]


def _share_or_first(grid: Grid) -> OutputColumn:
    return grid.companion(grid.measures[0], "share") or grid.measures[0]


def _cut_note(shown: int, whole: int, locale: str) -> str:
    if shown >= whole:
        return ""
    return say(language_for(locale), "report.shown_of", shown=shown, whole=whole)


_BUILDERS: dict[str, Callable[[Grid, str], ChartData]] = {
    "line": _line,
    "column": _column,
    "bar": _bar,
    "grouped_bar": _grouped,
    "stacked_bar": _stacked,
    "treemap": _treemap,
    "scatter": _scatter,
    "indicator": _indicator,
    "table": _table,
}
_KINDS = ", ".join(_BUILDERS)
