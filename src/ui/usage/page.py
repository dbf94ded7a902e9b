"""The Usage page as a whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from src.config.settings import get_settings
from src.ui.identity import current_owner
from src.ui.messages import t
from src.ui.owned_router import usage_id
from src.ui.usage.plots import draw_plots
from src.ui.wording import dollars, duration, engine_words, task_words

_PERIODS: Final = {"today": 0, "week": 6, "month": 29, "all": None}
_ATTEMPTS: Final = 500


def usage_page() -> None:
    """Totals, plots, who served what, and every attempt."""
    from src.llm.router import get_router
    from src.llm.usage import attempts, by_task, series, summary

    st.caption(t("usage.lead"))
    period = st.segmented_control(
        t("usage.period"),
        list(_PERIODS),
        default="month",
        required=True,
        format_func=lambda name: t(f"usage.periods.{name}"),
        key="usage_period",
    )
    ledger = get_router().ledger
    which: dict[str, Any] = {
        "user": usage_id(current_owner()),
        "since": _since(period or "month"),
    }
    figures = summary(ledger, **which)
    if not figures["calls"]:
        st.info(t("usage.empty"))
        return
    _totals(figures)
    draw_plots(series(ledger, "day", **which), series(ledger, "model", **which))
    _by(t("usage.by_task"), "task", _task_rows(by_task(ledger, **which)))
    _by(t("usage.by_model"), "model", _model_rows(series(ledger, "model", **which)))
    _attempts(attempts(ledger, limit=_ATTEMPTS, **which))


def _since(period: str) -> dt.datetime | None:
    days = _PERIODS[period]
    if days is None:
        return None
    today = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - dt.timedelta(days=days)


def _totals(figures: dict[str, Any]) -> None:
    with st.container(horizontal=True, key="usage_totals"):
        cost = dollars(figures["cost"])
        st.metric(t("live.cost"), _plain(cost), border=True, width=140)
        st.metric(t("live.calls"), f"{figures['calls']:,}", border=True, width=140)
        latency = f"{duration(figures['p50'] or 0)} / {duration(figures['p95'] or 0)}"
        st.metric(t("live.latency"), latency, border=True, width=230)
        tokens = figures["input_tokens"] + figures["output_tokens"]
        st.metric(t("live.tokens"), f"{tokens:,}", border=True, width=140)
        st.metric(t("live.cache"), f"{figures['cache_hits']:,}", border=True, width=140)
        st.metric(t("usage.saved"), _plain(dollars(figures["saved"])), border=True, width=140)
        st.metric(t("live.fallbacks"), f"{figures['fallbacks']:,}", border=True, width=140)
    if figures["unknown_costs"]:
        st.warning(t("usage.unknown_costs", count=figures["unknown_costs"]))
    if get_settings().llm_day_budget_usd is not None:
        st.caption(t("usage.day_budget", budget=get_settings().llm_day_budget_usd))


def _plain(text: str) -> str:
    """Two dollar signs on one page would otherwise be read as a formula."""
    return text.replace("$", "\\$")


def _task_rows(tasks: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            t("usage.task"): task_words(name),
            **_shared(figures),
            t("usage.p50"): figures["p50"],
            t("usage.p95"): figures["p95"],
            t("usage.served_by"): engine_words(figures["served_by"] or "–"),
        }
        for name, figures in tasks.items()
    ]


def _model_rows(models: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            t("usage.model"): engine_words(figures["key"]),
            **_shared(figures),
            t("usage.average"): figures["avg"],
        }
        for figures in models
    ]


def _shared(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        t("usage.calls"): figures["calls"],
        t("usage.cost"): float(figures["cost"]),
        t("usage.errors"): figures["errors"],
        t("usage.fallbacks"): figures["fallbacks"],
        t("usage.tokens_in"): figures["input_tokens"],
        t("usage.tokens_out"): figures["output_tokens"],
    }


def _by(title: str, key: str, rows: list[dict[str, Any]]) -> None:
    st.subheader(title, anchor=False)
    _table(rows, key, title)


def _attempts(rows: list[dict[str, Any]]) -> None:
    st.subheader(t("usage.attempts"), anchor=False)
    shown = [
        {
            t("usage.at"): row["started_at"],
            t("usage.task"): task_words(row["task"]),
            t("usage.model"): engine_words(row["model"]),
            t("usage.outcome"): row["error"] or row["outcome"],
            t("usage.seconds"): row["seconds"],
            t("usage.tokens_in"): row["input_tokens"],
            t("usage.tokens_out"): row["output_tokens"],
            t("usage.cost"): None if row["cost"] is None else float(row["cost"]),
        }
        for row in rows
    ]
    _table(shown, "attempts", t("usage.attempts"))
    if len(rows) == _ATTEMPTS:
        st.caption(t("usage.newest", count=_ATTEMPTS))
    st.download_button(
        t("usage.export"),
        data=_csv(rows),
        file_name="model-usage.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="usage_export",
    )


def _csv(rows: list[dict[str, Any]]) -> Callable[[], bytes]:
    def make() -> bytes:
        import pandas as pd

        frame = pd.DataFrame(rows)
        if "detail" in frame:
            frame = frame.drop(columns="detail")
        return frame.to_csv(index=False).encode("utf-8")

    return make


def _table(rows: list[dict[str, Any]], key: str, title: str) -> None:
    import pandas as pd
    from streamlit import column_config as kinds

    seconds = kinds.NumberColumn(format="%.3f s")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        key=f"usage_{key}",
        alt=title,
        column_config={
            t("usage.cost"): kinds.NumberColumn(format="$%.4f"),
            t("usage.at"): kinds.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss"),
            **dict.fromkeys(
                (t("usage.p50"), t("usage.p95"), t("usage.average"), t("usage.seconds")), seconds
            ),
        },
    )
