"""Plotly figures of a result, styled on their own so that no surrounding theme can spoil them.

Show them with the host's theme switched off (``st.plotly_chart(figure, theme=None,
config=PLOTLY_CONFIG)``). Every text from the data is escaped: Plotly reads a subset of HTML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from src.data.result import QueryResult
from src.query_engine.drafts import OutputColumn
from src.reporting.chart_build import chart_data
from src.reporting.chart_choice import ChartChoice, choose_chart
from src.reporting.chart_data import ChartData, Panel
from src.reporting.chart_layout import (
    axis_name,
    base_layout,
    category_axis,
    time_layout,
    value_axis,
)
from src.reporting.names import chart_text
from src.reporting.palette import Palette, Theme, palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["PLOTLY_CONFIG", "ChartChoice", "build_figure", "choose_chart"]

PLOTLY_CONFIG: Final = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False}
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid")
BAR_PIXELS = 30


def build_figure(
    result: QueryResult,
    columns: tuple[OutputColumn, ...],
    kind: str,
    theme: Theme = "light",
    locale: str = "en",
) -> go.Figure:
    """The figure of that kind (see `choose_chart`), in the colours of `theme`.

    Raises:
        InputError: the kind is unknown, or this result cannot be drawn so.
    """
    import plotly.graph_objects as go

    data = chart_data(result, columns, kind, locale)
    colours = palette(theme)
    traces, layout = _DRAWERS[data.kind](data, colours)
    figure = go.Figure(data=traces, layout=base_layout(colours, data, locale))
    figure.update_layout(layout)
    return figure


Drawn = tuple[list[Any], dict[str, Any]]


def _line(data: ChartData, colours: Palette) -> Drawn:
    import plotly.graph_objects as go

    traces = []
    few = len(data.days) <= 40
    for place, panel in enumerate(data.panels):
        for i, series in enumerate(panel.series):
            traces.append(
                go.Scatter(
                    x=list(data.days),
                    y=list(series.values),
                    name=chart_text(series.name),
                    mode="lines+markers" if few else "lines",
                    line={"color": colours.colour(i + place), "width": 2, "dash": _dash(panel, i)},
                    marker={"size": 5},
                    hoverinfo="text+name",
                    hovertext=_hover(data, panel, i),
                    yaxis=axis_name("y", place),
                    showlegend=len(panel.series) > 1,
                )
            )
    return traces, time_layout(data, colours)


def _dash(panel: Panel, position: int) -> str:
    return DASHES[position % len(DASHES)] if len(panel.series) > 1 else "solid"


def _column(data: ChartData, colours: Palette) -> Drawn:
    if data.days:
        traces, layout = _stacked_or_columns(data, colours)
        return traces, {**layout, "barmode": "group"}
    traces = _bars(data, colours, horizontal=False)
    ticks = data.panels[0].ticks
    layout = {
        "xaxis": {**category_axis(data), "showgrid": False},
        "yaxis": value_axis(ticks, data.panels[0].title, colours),
    }
    return traces, layout


def _bar(data: ChartData, colours: Palette) -> Drawn:
    panel = data.panels[0]
    groups = max(1, len(panel.series))
    height = 90 + len(data.categories) * (BAR_PIXELS if groups == 1 else 16 * groups + 14)
    layout = {
        "xaxis": value_axis(panel.ticks, panel.title, colours),
        "yaxis": {**category_axis(data), "autorange": "reversed", "showgrid": False},
        "height": max(220, height),
        "barmode": "group",
        "legend": {"traceorder": "normal"},
    }
    return _bars(data, colours, horizontal=True), layout


def _bars(data: ChartData, colours: Palette, *, horizontal: bool) -> list[Any]:
    """One trace a series; bars of a lone series carry their value as text."""
    import plotly.graph_objects as go

    panel = data.panels[0]
    places = list(range(len(data.categories)))
    traces = []
    for i, series in enumerate(panel.series):
        values = list(series.values)
        colour = colours.baseline if series.is_baseline else colours.colour(i)
        lone = len(panel.series) == 1
        traces.append(
            go.Bar(
                x=values if horizontal else places,
                y=places if horizontal else values,
                orientation="h" if horizontal else "v",
                name=chart_text(series.name),
                marker={"color": colour, "line": {"width": 0}, "cornerradius": 2},
                text=[chart_text(text) for text in series.texts] if lone else None,
                textposition="auto" if lone else "none",
                insidetextanchor="end",
                cliponaxis=False,
                hoverinfo="text",
                hovertext=_hover(data, panel, i),
                showlegend=not lone,
            )
        )
    return traces


def _stacked(data: ChartData, colours: Palette) -> Drawn:
    if data.days:
        traces, layout = _stacked_or_columns(data, colours)
        return traces, {**layout, "barmode": "stack"}
    import plotly.graph_objects as go

    panel = data.panels[0]
    traces = [
        go.Bar(
            x=list(series.values),
            y=[0],
            orientation="h",
            name=chart_text(series.name),
            marker={"color": colours.colour(i), "line": {"color": colours.ground, "width": 2}},
            text=[chart_text(series.texts[0])],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            hoverinfo="text",
            hovertext=[f"{chart_text(series.name)}: {chart_text(series.texts[0])}"],
        )
        for i, series in enumerate(panel.series)
    ]
    layout = {
        "barmode": "stack",
        "xaxis": value_axis(panel.ticks, panel.title, colours),
        "yaxis": {"visible": False, "fixedrange": True},
        "height": 240,
        "legend": {"traceorder": "normal"},
    }
    return traces, layout


def _stacked_or_columns(data: ChartData, colours: Palette) -> Drawn:
    """Vertical bars over time, one trace a series, a panel a unit."""
    import plotly.graph_objects as go

    traces = [
        go.Bar(
            x=list(data.days),
            y=list(series.values),
            name=chart_text(series.name),
            marker={"color": colours.colour(i + place), "line": {"width": 0}},
            hoverinfo="text+name",
            hovertext=_hover(data, panel, i),
            yaxis=axis_name("y", place),
            showlegend=len(panel.series) > 1,
        )
        for place, panel in enumerate(data.panels)
        for i, series in enumerate(panel.series)
    ]
    return traces, time_layout(data, colours)


def _treemap(data: ChartData, colours: Palette) -> Drawn:
    import plotly.graph_objects as go

    series = data.panels[0].series[0]
    count = len(data.categories)
    trace = go.Treemap(
        labels=[chart_text(name) for name in data.categories],
        ids=[str(i) for i in range(count)],
        parents=[""] * count,
        values=[value or 0 for value in series.values],
        text=[chart_text(text) for text in series.texts],
        textinfo="label+text",
        hoverinfo="label+text",
        marker={
            "colors": [colours.colour(i) for i in range(count)],
            "line": {"color": colours.ground, "width": 2},
        },
        tiling={"pad": 2},
        root={"color": colours.ground},
    )
    return [trace], {"margin": {"l": 8, "r": 8, "t": 24, "b": 8}, "height": 420}


def _scatter(data: ChartData, colours: Palette) -> Drawn:
    import plotly.graph_objects as go

    panel = data.panels[0]
    series = panel.series[0]
    named = data.named
    hover = [
        "<br>".join([f"<b>{chart_text(name)}</b>", *map(chart_text, text.split("\n"))])
        for name, text in zip(data.categories, series.texts, strict=True)
    ]
    trace = go.Scatter(
        x=list(data.xs),
        y=list(series.values),
        mode="markers+text",
        text=[chart_text(name) if i in named else "" for i, name in enumerate(data.short)],
        textposition="top center",
        textfont={"size": 11, "color": colours.muted},
        marker={"color": colours.colour(0), "size": 10, "opacity": 0.85},
        hoverinfo="text",
        hovertext=hover,
        cliponaxis=False,
        showlegend=False,
    )
    x_ticks = data.x_ticks or panel.ticks
    layout = {
        "xaxis": value_axis(x_ticks, data.x_title, colours),
        "yaxis": value_axis(panel.ticks, panel.title, colours),
    }
    return [trace], layout


def _indicator(data: ChartData, colours: Palette) -> Drawn:
    """Big numbers as text: Plotly's own indicator cannot print a value in our formats."""
    annotations = []
    for i, panel in enumerate(data.panels):
        x = (i + 0.5) / len(data.panels)
        lines = [
            (0.85, panel.title, 14, colours.muted),
            (0.5, panel.series[0].texts[0], 34, colours.text),
        ]
        if len(panel.series) > 1:
            lines.append((0.12, f"before: {panel.series[1].texts[0]}", 13, colours.muted))
        annotations += [
            {
                "x": x, "y": y, "xref": "paper", "yref": "paper", "text": chart_text(text),
                "showarrow": False, "xanchor": "center", "yanchor": "middle",
                "font": {"size": size, "color": colour},
            }
            for y, text, size, colour in lines
        ]  # fmt: skip
    hidden = {"visible": False, "fixedrange": True, "automargin": False}
    margin = {"l": 0, "r": 0, "t": 8, "b": 8, "autoexpand": False}
    return [], {
        "annotations": annotations, "xaxis": hidden, "yaxis": hidden, "height": 170,
        "margin": margin,
    }  # fmt: skip


def _table(data: ChartData, colours: Palette) -> Drawn:
    import plotly.graph_objects as go

    series = data.panels[0].series
    trace = go.Table(
        header={
            "values": [f"<b>{chart_text(one.name)}</b>" for one in series],
            "fill": {"color": colours.grid},
            "font": {"color": colours.text},
            "align": "left",
        },
        cells={
            "values": [[chart_text(text) for text in one.texts] for one in series],
            "fill": {"color": colours.ground},
            "font": {"color": colours.text},
            "align": "left",
            "height": 26,
        },
    )
    return [trace], {"margin": {"l": 8, "r": 8, "t": 16, "b": 8}}


def _hover(data: ChartData, panel: Panel, position: int) -> list[str]:
    """Per point: category, series where there are several, value in its unit."""
    series = panel.series[position]
    label = chart_text(series.name)
    return [
        f"<b>{chart_text(name)}</b><br>{label}: {chart_text(text)}"
        for name, text in zip(data.categories, series.texts, strict=True)
    ]


_DRAWERS = {
    "line": _line,
    "column": _column,
    "bar": _bar,
    "grouped_bar": _bar,
    "stacked_bar": _stacked,
    "treemap": _treemap,
    "scatter": _scatter,
    "indicator": _indicator,
    "table": _table,
}
