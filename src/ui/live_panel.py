"""The sidebar's figures: what the analysis in view has cost so far, live while a step runs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Final

import streamlit as st

from src.config.settings import get_settings
from src.ui.errors import guard
from src.ui.identity import current_owner
from src.ui.jobs import job_board
from src.ui.messages import t
from src.ui.owned_router import usage_id
from src.ui.safe_text import safe_html
from src.ui.wording import dollars, duration, engine_words, task_words

_TICK_SECONDS: Final = 1.0


def draw_live_panel() -> None:
    """The figures; ticking only while something runs, so that an idle page asks for nothing."""
    busy = job_board().running(current_owner())
    st.fragment(_panel, run_every=_TICK_SECONDS if busy else None)(
        current_owner(), st.query_params.get("analysis")
    )


@guard
def _panel(owner: str, analysis: str | None) -> None:
    from src.llm.router import get_router
    from src.llm.usage import by_task, limits_of, summary

    router = get_router()
    day = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    which: dict[str, Any] = {"session": analysis} if analysis else {"since": day}
    figures = summary(router.ledger, user=usage_id(owner), **which)
    tasks = by_task(router.ledger, user=usage_id(owner), **which)
    limits = limits_of(router.models, get_settings())
    budget = limits.session if analysis else limits.day
    st.subheader(t("live.analysis") if analysis else t("live.today"), anchor=False)
    lines = [_cost(figures, budget), *_figures(figures), *_tasks(tasks)]
    if analysis:
        lines += _in_flight(router.in_flight(analysis))
    st.html(f'<dl class="ca-figures">{"".join(lines)}</dl>')


def _cost(figures: dict[str, Any], budget: Decimal | None) -> str:
    cost = dollars(figures["cost"])
    if figures["unknown_costs"]:
        cost = t("live.cost_unknown", cost=cost, count=figures["unknown_costs"])
    if budget is None:
        return _pair(t("live.cost"), cost)
    share = min(1.0, float(figures["cost"] / budget)) if budget else 1.0
    meter = (
        f'<div class="ca-meter" aria-hidden="true"><span style="width:{share:.0%}"></span></div>'
    )
    text = t("live.of_budget", cost=cost, budget=dollars(budget))
    return _pair(t("live.cost"), text) + f'<dd class="ca-wide">{meter}</dd>'


def _figures(figures: dict[str, Any]) -> list[str]:
    calls = figures["calls"]
    lines = [_pair(t("live.calls"), f"{calls:,}")]
    if calls:
        latency = f"{duration(figures['p50'] or 0)} / {duration(figures['p95'] or 0)}"
        lines.append(_pair(t("live.latency"), latency))
    tokens = figures["input_tokens"] + figures["output_tokens"]
    lines.append(_pair(t("live.tokens"), f"{tokens:,}"))
    lines.append(
        _pair(
            t("live.cache"),
            t("live.cache_value", hits=figures["cache_hits"], saved=dollars(figures["saved"])),
        )
    )
    lines.append(_pair(t("live.fallbacks"), f"{figures['fallbacks']:,}"))
    return lines


def _tasks(tasks: dict[str, dict[str, Any]]) -> list[str]:
    return [
        _pair(task_words(name), engine_words(figures["served_by"] or "–"))
        for name, figures in tasks.items()
    ]


def _in_flight(calls: tuple[dict[str, Any], ...]) -> list[str]:
    return [
        _pair(task_words(str(call["task"])), t("live.asking", seconds=int(call["seconds"])))
        for call in calls
    ]


def _pair(name: str, value: str) -> str:
    return f"<dt>{safe_html(name)}</dt><dd>{safe_html(value)}</dd>"
