"""The Usage page: what calls cost and how they went, the ledger, and experiments."""

from __future__ import annotations

import datetime as dt
from typing import Final

import streamlit as st

from src.ui.identity import current_owner
from src.ui.messages import t
from src.ui.owned_router import usage_id

_SECTIONS: Final = ("overview", "calls", "experiments")
_PERIODS: Final = {"today": 0, "week": 6, "month": 29, "all": None}


def usage_page() -> None:
    """One of three sections; only the one in view reads the ledger."""
    section = st.segmented_control(
        t("usage.section"),
        _SECTIONS,
        default="overview",
        required=True,
        format_func=lambda name: t(f"usage.sections.{name}"),
        key="show",
        label_visibility="collapsed",
        bind="query-params",
    )
    if section == "experiments":
        from src.ui.usage.experiments import draw_experiments

        draw_experiments()
        return
    period = st.segmented_control(
        t("usage.period"),
        list(_PERIODS),
        default="month",
        required=True,
        format_func=lambda name: t(f"usage.periods.{name}"),
        key="usage_period",
        persist_state="session",
    )
    user, since = usage_id(current_owner()), _since(str(period or "month"))
    if section == "calls":
        from src.ui.usage.book import draw_book

        draw_book(user, since)
    else:
        from src.ui.usage.overview import draw_overview

        draw_overview(user, since)


def _since(period: str) -> dt.datetime | None:
    days = _PERIODS[period]
    if days is None:
        return None
    today = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - dt.timedelta(days=days)
