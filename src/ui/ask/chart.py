"""The chart of a result, with a switch between the kinds that fit its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from src.query_engine.drafts import OutputColumn
from src.ui.messages import has, t
from src.ui.safe_text import safe_text
from src.ui.theme import current_theme

if TYPE_CHECKING:
    from src.data.result import QueryResult


def draw_chart(
    session_id: str, result: QueryResult, columns: tuple[OutputColumn, ...], locale: str
) -> None:
    """The chart that fits best; nothing where only a table says it well."""
    from src.reporting.charts import build_figure, choose_chart

    choice = choose_chart(result, columns)
    kinds = [choice.kind, *(kind for kind in choice.alternatives if kind != choice.kind)]
    kind = choice.kind
    if len(kinds) > 1:
        picked = st.segmented_control(
            t("chart.kind"),
            kinds,
            default=choice.kind,
            format_func=_kind_label,
            key=f"chart_{session_id}",
            help=safe_text(choice.reason),
            required=True,
        )
        kind = picked or choice.kind
    if kind == "table":
        return
    figure = build_figure(result, columns, kind, theme=current_theme())
    st.plotly_chart(
        figure,
        theme=None,
        width="stretch",
        key=f"figure_{session_id}_{kind}",
        config={"displaylogo": False, "modeBarButtonsToRemove": ["sendDataToCloud"]},
        alt=t("chart.alt", kind=_kind_label(kind)),
    )


def _kind_label(kind: str) -> str:
    key = f"chart.{kind}"
    return t(key) if has(key) else kind.replace("_", " ").capitalize()
