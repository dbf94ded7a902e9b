"""Cost and calls by day, and cost by model, as plots."""

from __future__ import annotations

from typing import Any

import streamlit as st

from src.ui.messages import t
from src.ui.theme import current_theme
from src.ui.wording import engine_words


def draw_plots(days: list[dict[str, Any]], models: list[dict[str, Any]]) -> None:
    """Two figures beside each other, or one above the other on a phone."""
    left, right = st.columns(2)
    calls = t("usage.calls_by_day")
    cost = t("usage.cost_by_day")
    with left:
        st.plotly_chart(
            _bars(calls, [d["key"] for d in days], [d["calls"] for d in days], ""),
            theme=None,
            key="plot_calls",
            alt=calls,
        )
    with right:
        st.plotly_chart(
            _bars(cost, [d["key"] for d in days], [float(d["cost"]) for d in days], "$"),
            theme=None,
            key="plot_cost",
            alt=cost,
        )
    names = [engine_words(model["key"]) for model in models]
    latency = t("usage.latency_by_model")
    st.plotly_chart(
        _bars(latency, names, [model["avg"] or 0.0 for model in models], ""),
        theme=None,
        key="plot_latency",
        alt=latency,
    )


def _bars(title: str, x: list[str], y: list[float], prefix: str) -> Any:
    import plotly.graph_objects as go

    dark = current_theme() == "dark"
    figure = go.Figure(
        go.Bar(
            x=x,
            y=y,
            marker_color="#56B4E9" if dark else "#0072B2",
            width=0.5 if len(x) > 3 else 0.2,
        )
    )
    figure.update_layout(
        template="plotly_dark" if dark else "plotly_white",
        title={"text": title, "font": {"size": 14}},
        height=260,
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        bargap=0.4,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        xaxis={"type": "category"},
        yaxis={"tickprefix": prefix, "rangemode": "tozero"},
    )
    return figure
