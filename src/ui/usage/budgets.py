"""How much of the budgets is spent, as bars with the amounts in words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import streamlit as st

from src.config.settings import get_settings
from src.ui.identity import current_owner
from src.ui.messages import t
from src.ui.navigation import PAGES, page_link
from src.ui.safe_text import safe_text
from src.ui.wording import budget_words, dollars


def draw_budgets(user: str, since: dt.datetime | None) -> None:
    """The day's budget, which is the whole server's, and the dearest analyses of the period."""
    from src.llm.router import get_router
    from src.llm.status import budget_status
    from src.llm.usage import dearest, limits_of

    router, settings = get_router(), get_settings()
    limits = limits_of(router.models, settings)
    st.subheader(t("budget.title"), anchor=False)
    if limits.day is None and limits.session is None:
        st.caption(t("budget.none"))
        page_link(PAGES["settings"], t("budget.set"), icon=":material/tune:")
        return
    if limits.day is not None:
        spent = budget_status(router, settings)["day"]["spent"]
        _bar(t("budget.day"), spent, limits.day)
    if limits.session is None:
        return
    found = dearest(router.ledger, user=user, since=since)
    names = _questions() if found else {}
    for session, cost in found:
        name = t("budget.analysis", name=safe_text(names.get(session) or session[:8], 60))
        _bar(name, cost, limits.session)
    if not found:
        st.caption(t("budget.no_spend", limit=safe_text(budget_words(limits.session))))


def _bar(name: str, spent: Decimal, limit: Decimal) -> None:
    share = float(spent / limit) if limit else 1.0
    text = t(
        "budget.line",
        name=name,
        spent=safe_text(dollars(spent)),
        limit=safe_text(budget_words(limit)),
        share=f"{share:.0%}",
    )
    st.progress(min(1.0, share), text=text)


def _questions() -> dict[str, str]:
    """What the owner's analyses asked, by id."""
    from src.workflow.store import open_store

    found = open_store(get_settings().state_url).search(current_owner(), None, 1000)
    return {one.id: one.question for one in found}
