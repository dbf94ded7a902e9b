"""Axes, ticks and margins of the figures."""

from __future__ import annotations

from typing import Any

from src.reporting.chart_data import ChartData, Ticks
from src.reporting.formats import separators
from src.reporting.names import chart_text
from src.reporting.palette import Palette

FONT = "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', 'DejaVu Sans', sans-serif"
TIME_TICKS = 8


def time_layout(data: ChartData, colours: Palette) -> dict[str, Any]:
    """Stacked panels over one time axis, which is labelled in our own words."""
    step = -(-len(data.days) // TIME_TICKS) or 1
    shown = list(range(0, len(data.days), step))
    count = len(data.panels)
    layout: dict[str, Any] = {
        "xaxis": {
            "type": "date",
            "tickvals": [data.days[i] for i in shown],
            "ticktext": [chart_text(data.short[i]) for i in shown],
            "showgrid": False,
            "anchor": axis_name("y", count - 1),
        },
        "height": 380 if count == 1 else 190 * count + 80,
        "hovermode": "closest",
    }
    gap = 0.1 if count > 1 else 0.0
    share = (1 - gap * (count - 1)) / count
    for place, panel in enumerate(data.panels):
        top = 1 - place * (share + gap)
        axis = value_axis(panel.ticks, panel.title, colours)
        layout["yaxis" if place == 0 else f"yaxis{place + 1}"] = {
            **axis, "domain": [max(0.0, top - share), top], "anchor": "x",
        }  # fmt: skip
    return layout


def axis_name(letter: str, place: int) -> str:
    """Plotly's name of the axis at a place: ``y``, ``y2`` …"""
    return letter if place == 0 else f"{letter}{place + 1}"


def category_axis(data: ChartData) -> dict[str, Any]:
    """Ticks at the places of the categories."""
    places = list(range(len(data.short)))
    return {
        "tickvals": places,
        "ticktext": [chart_text(name) for name in data.short],
        "ticks": "",
        "ticklabelstandoff": 6,
        "automargin": True,
    }


def value_axis(ticks: Ticks, title: str, colours: Palette) -> dict[str, Any]:
    """Ticks of a measure in its own unit, with its title."""
    room = (ticks.high - ticks.low) * 0.04
    return {
        "title": {"text": chart_text(title), "font": {"size": 12, "color": colours.muted}},
        "tickvals": list(ticks.at),
        "ticktext": [chart_text(text) for text in ticks.texts],
        "range": [ticks.low - (room if ticks.low < 0 else 0), ticks.high + room],
        "zeroline": ticks.low < 0 < ticks.high,
        "automargin": True,
    }


def base_layout(colours: Palette, data: ChartData, locale: str) -> dict[str, Any]:
    """What all figures share: template, margins, legend, note."""
    import plotly.graph_objects as go

    axis = {
        "gridcolor": colours.grid,
        "linecolor": colours.axis,
        "zerolinecolor": colours.axis,
        "tickfont": {"color": colours.muted, "size": 12},
        "fixedrange": True,
        "automargin": True,
    }
    template = go.layout.Template(
        layout={
            "xaxis": axis,
            "yaxis": axis,
            "colorway": list(colours.series),
            "paper_bgcolor": colours.ground,
            "plot_bgcolor": colours.ground,
            "font": {"family": FONT, "size": 13, "color": colours.text},
        }
    )
    layout: dict[str, Any] = {
        "template": template,
        "separators": _separators(locale),
        "margin": {"l": 8, "r": 24, "t": 40 if _has_legend(data) else 16, "b": 8},
        "height": 380,
        "bargap": 0.3,
        "hoverlabel": {
            "bgcolor": colours.ground,
            "bordercolor": colours.axis,
            "font": {"color": colours.text},
            "align": "left",
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "dragmode": False,
    }
    if data.note:
        layout["title"] = {
            "text": chart_text(data.note), "x": 1, "xanchor": "right", "y": 0.99, "yanchor": "top",
            "font": {"size": 11, "color": colours.muted},
        }  # fmt: skip
    return layout


def _has_legend(data: ChartData) -> bool:
    return data.kind != "table" and any(len(panel.series) > 1 for panel in data.panels)


def _separators(locale: str) -> str:
    return "".join(separators(locale))
