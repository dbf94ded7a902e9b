"""Totals, budgets, spend by day, and a table by task and by model."""

from __future__ import annotations

import datetime as dt
from typing import Any

import streamlit as st

from src.ui.messages import t
from src.ui.usage.budgets import draw_budgets
from src.ui.usage.plots import draw_days, draw_latency
from src.ui.usage.tables import draw_table
from src.ui.wording import dollars, duration, engine_words, percent, task_words


def draw_overview(user: str, since: dt.datetime | None) -> None:
    """The section of that owner's calls since that moment."""
    from src.llm.router import get_router
    from src.llm.usage import by_task, series, summary

    ledger = get_router().ledger
    figures = summary(ledger, user=user, since=since)
    if not figures["calls"]:
        st.info(t("usage.empty"))
        draw_budgets(user, since)
        return
    _totals(figures)
    draw_budgets(user, since)
    models = series(ledger, "model", user=user, since=since)
    draw_days(ledger, user, since)
    st.subheader(t("usage.by_task"), anchor=False)
    tasks = by_task(ledger, user=user, since=since)
    draw_table([_task_row(name, row) for name, row in tasks.items()], "task", t("usage.by_task"))
    st.subheader(t("usage.by_model"), anchor=False)
    draw_table([_model_row(row) for row in models], "model", t("usage.by_model"))
    draw_latency(models)


def _totals(figures: dict[str, Any]) -> None:
    calls = figures["calls"]
    latency = f"{duration(figures['p50'] or 0)} / {duration(figures['p95'] or 0)}"
    shown = [
        (t("usage.cost"), _plain(dollars(figures["cost"]))),
        (t("usage.saved"), _plain(dollars(figures["saved"]))),
        (t("usage.calls"), f"{calls:,}"),
        (t("live.latency"), latency),
        (t("usage.errors"), percent(figures["errors"], calls)),
        (t("usage.fallbacks"), percent(figures["fallbacks"], calls)),
        (t("usage.cached"), percent(figures["cache_hits"], calls)),
        (t("usage.offline"), percent(figures["offline_calls"], calls)),
    ]
    with st.container(horizontal=True, key="usage_totals"):
        for label, value in shown:
            st.metric(label, value, border=True, width="content")
    if figures["unknown_costs"]:
        st.warning(t("usage.unknown_costs", count=figures["unknown_costs"]))


def _plain(text: str) -> str:
    """Two dollar signs on one page would otherwise be read as a formula."""
    return text.replace("$", "\\$")


def _task_row(name: str, figures: dict[str, Any]) -> dict[str, Any]:
    return {
        t("usage.task"): task_words(name),
        **_shared(figures),
        t("usage.served_by"): engine_words(figures["served_by"] or "–"),
    }


def _model_row(figures: dict[str, Any]) -> dict[str, Any]:
    none = figures["key"] == "none"
    name = t("usage.nobody") if none else engine_words(figures["key"])
    return {t("usage.model"): name, **_shared(figures)}


def _shared(figures: dict[str, Any]) -> dict[str, Any]:
    calls = figures["calls"]
    return {
        t("usage.calls"): calls,
        t("usage.cost"): float(figures["cost"]),
        t("usage.errors"): figures["errors"] / calls,
        t("usage.fallbacks"): figures["fallbacks"] / calls,
        t("usage.p50"): figures["p50"],
        t("usage.p95"): figures["p95"],
        t("usage.cached"): figures["cache_hits"] / calls,
        t("usage.saved"): float(figures["saved"]),
        t("usage.tokens_in"): figures["input_tokens"],
        t("usage.tokens_out"): figures["output_tokens"],
    }
