"""Spend or calls by day, split by task or model, and latency by model."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final, Literal

import streamlit as st

from src.reporting.palette import palette
from src.ui.messages import t
from src.ui.theme import current_theme
from src.ui.wording import engine_words, task_words

if TYPE_CHECKING:
    from src.llm.ledger import Ledger

_SPLITS: Final[tuple[Literal["task", "model"], ...]] = ("task", "model")
_MEASURES: Final = ("cost", "calls")
_MOST_SERIES: Final = 7
_FEW_CALLS: Final = 5
_BAR_MS: Final = 0.6 * 24 * 3600 * 1000


def draw_days(ledger: Ledger, user: str, since: dt.datetime | None) -> None:
    """Bars a day, stacked. Starts with calls where nothing has cost anything."""
    from src.llm.usage import daily

    heading = st.empty()
    with st.container(horizontal=True, key="usage_days"):
        split = st.segmented_control(
            t("usage.split"),
            _SPLITS,
            default="task",
            required=True,
            format_func=lambda name: t(f"usage.{name}"),
            key="usage_split",
        )
        rows = daily(ledger, split or "task", user=user, since=since)
        spent = any(row["cost"] for row in rows)
        measure = st.segmented_control(
            t("usage.measure"),
            _MEASURES,
            default="cost" if spent else "calls",
            required=True,
            format_func=lambda name: t(f"usage.{name}"),
            key="usage_measure",
        )
    title = t("usage.cost_by_day") if measure == "cost" else t("usage.calls_by_day")
    heading.subheader(title, anchor=False)
    words = task_words if split == "task" else engine_words
    st.plotly_chart(_stacked(rows, str(measure), words), theme=None, key="plot_days", alt=title)


def draw_latency(models: list[dict[str, Any]]) -> None:
    """Median and p95 of each model's calls, as bars."""
    import plotly.graph_objects as go

    colours = palette(current_theme())
    shown = [row for row in models if row["key"] != "none"]
    if not shown:
        return
    names = [engine_words(row["key"]) for row in shown]
    brief = max(row["p95"] or 0.0 for row in shown) < 1
    unit, scale = (" ms", 1000) if brief else (" s", 1)
    figure = go.Figure(
        [
            go.Bar(
                name=t(f"usage.{percentile}"),
                y=names,
                x=[scale * (row[percentile] or 0.0) for row in shown],
                orientation="h",
                marker_color=colours.colour(position),
                hovertemplate="%{y}: %{x:.3~g}" + unit,
            )
            for position, percentile in enumerate(("p50", "p95"))
        ]
    )
    figure.update_layout(
        _layout(height=120 + 46 * len(names)),
        barmode="group",
        xaxis={"ticksuffix": unit, "rangemode": "tozero", "gridcolor": colours.grid},
        yaxis={"autorange": "reversed"},
    )
    st.subheader(t("usage.latency_by_model"), anchor=False)
    st.plotly_chart(figure, theme=None, key="plot_latency", alt=t("usage.latency_by_model"))


def _stacked(rows: list[dict[str, Any]], measure: str, words: Any) -> Any:
    import plotly.graph_objects as go

    colours = palette(current_theme())
    totals: dict[str, float] = {}
    for row in rows:
        totals[row["key"]] = totals.get(row["key"], 0.0) + float(row[measure])
    keys = sorted(totals, key=lambda key: -totals[key])
    named, rest = keys[:_MOST_SERIES], set(keys[_MOST_SERIES:])
    series = {key: {r["day"]: float(r[measure]) for r in rows if r["key"] == key} for key in named}
    labels = {key: t("usage.nobody") if key == "none" else words(key) for key in named}
    if rest:
        others: dict[str, float] = {}
        for row in rows:
            if row["key"] in rest:
                others[row["day"]] = others.get(row["day"], 0.0) + float(row[measure])
        series["other"], labels["other"] = others, t("usage.others")
    money = measure == "cost"
    figure = go.Figure(
        [
            go.Bar(
                name=labels[key],
                x=list(days),
                y=list(days.values()),
                # Of a single day Plotly cannot tell how far apart days are, and draws a hair.
                width=_BAR_MS,
                marker_color=colours.colour(position),
                hovertemplate="%{x|%d %b}: $%{y:.4f}" if money else "%{x|%d %b}: %{y:,}",
            )
            for position, (key, days) in enumerate(series.items())
        ]
    )
    days = sorted({row["day"] for row in rows})
    figure.update_layout(
        _layout(height=300),
        barmode="stack",
        # One day alone would be drawn as wide as the page.
        xaxis={"type": "date", "range": _span(days), "tickformat": "%d %b", "nticks": 8},
        yaxis={
            "tickprefix": "$" if money else "",
            "rangemode": "tozero",
            "gridcolor": colours.grid,
            # Calls come whole; left alone, Plotly marks halves between few of them.
            "dtick": 1 if not money and max(totals.values()) <= _FEW_CALLS else None,
        },
    )
    return figure


def _span(days: list[str]) -> list[str]:
    first, last = dt.date.fromisoformat(days[0]), dt.date.fromisoformat(days[-1])
    first = min(first, last - dt.timedelta(days=6))
    half = dt.timedelta(hours=12)
    start = dt.datetime.combine(first, dt.time()) - half
    end = dt.datetime.combine(last, dt.time()) + half
    return [start.isoformat(), end.isoformat()]


def _layout(height: int) -> dict[str, Any]:
    colours = palette(current_theme())
    return {
        "template": "plotly_dark" if current_theme() == "dark" else "plotly_white",
        "height": height,
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        "font": {"color": colours.text},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": True,
        "legend": {"orientation": "h", "y": -0.2},
    }
