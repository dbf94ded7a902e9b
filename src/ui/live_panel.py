"""The sidebar's figures: what the analysis in view has cost so far, live while a call runs."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from src.ui.errors import guard
from src.ui.identity import current_owner
from src.ui.jobs import job_board
from src.ui.live_figures import LiveFigures, Reading, live_figures
from src.ui.messages import t
from src.ui.owned_router import usage_id
from src.ui.safe_text import safe_html
from src.ui.wording import budget_words, dollars, duration, engine_words, task_words

_TICK_SECONDS: Final = 1.0
_LISTED_CALLS: Final = 2
_DRAWN: Final = "live_panel_drawn"


def draw_live_panel() -> None:
    """The figures; ticking only while something runs or they are not the newest, so that an idle
    page asks for nothing."""
    owner, analysis = current_owner(), st.query_params.get("analysis")
    reading = live_figures(usage_id(owner), analysis)
    ticking = reading.late or _busy(owner)
    st.fragment(_panel, run_every=_TICK_SECONDS if ticking else None)(owner, analysis, reading)


@guard
def _panel(owner: str, analysis: str | None, drawn: Reading) -> None:
    """`drawn` is what the page's own run has read; each tick reads anew."""
    first = st.session_state.get(_DRAWN) is not drawn
    st.session_state[_DRAWN] = drawn
    reading = drawn if first else live_figures(usage_id(owner), analysis)
    st.subheader(t("live.analysis") if analysis else t("live.today"), anchor=False)
    lines = _under_way(_calls(owner))
    if reading.figures is not None:
        lines = [_spend(reading.figures, analysis), *_lines(reading.figures), *lines]
    st.html(f'<dl class="ca-figures">{"".join(lines)}</dl>')
    if reading.failed:
        st.caption(t("live.failed"))
    elif reading.late:
        st.caption(t("live.late"))


def _busy(owner: str) -> bool:
    return job_board().running(owner) or bool(_calls(owner))


def _calls(owner: str) -> list[dict[str, Any]]:
    """The owner's calls that are under way."""
    from src.llm.router import get_router

    user = usage_id(owner)
    return [call for call in get_router().in_flight() if call["user"] == user]


def _under_way(calls: list[dict[str, Any]]) -> list[str]:
    """A line for each call; where a catalogue is written there are dozens, and one line says so."""
    by_task: dict[str, list[dict[str, Any]]] = {}
    for call in calls:
        by_task.setdefault(str(call["task"]), []).append(call)
    lines = []
    for task, under_way in by_task.items():
        if len(under_way) <= _LISTED_CALLS:
            lines += [_call(call) for call in under_way]
        else:
            count = len(under_way)
            lines.append(_pair(task_words(task), t("live.asking_many", count=count)))
    return lines


def _call(call: dict[str, Any]) -> str:
    text = t("live.asking", doing=call["doing"], seconds=int(call["seconds"]))
    return _pair(task_words(str(call["task"])), text)


def _lines(figures: LiveFigures) -> list[str]:
    return [*_figures(figures.total), *_tasks(figures.tasks)]


def _spend(figures: LiveFigures, analysis: str | None) -> str:
    """The owner's cost and, where there is a budget, how much of it is spent. A day's budget is
    everybody's, so its line names its own amount."""
    cost = dollars(figures.total["cost"])
    if figures.total["unknown_costs"]:
        cost = t("live.cost_unknown", cost=cost, count=figures.total["unknown_costs"])
    line = _pair(t("live.cost"), cost)
    if figures.limit is None:
        return line
    share = float(figures.spent / figures.limit) if figures.limit else 1.0
    name = t("live.budget") if analysis else t("live.budget_day")
    text = t("live.of_budget", cost=dollars(figures.spent), budget=budget_words(figures.limit))
    tone = " ca-spent" if share >= 1 else ""
    meter = (
        f'<div class="ca-meter{tone}" role="meter" aria-label="{safe_html(name)}" '
        f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{min(100, round(share * 100))}">'
        f'<span style="width:{min(1.0, share):.0%}"></span></div>'
    )
    return line + _pair(name, text) + f'<dd class="ca-wide">{meter}</dd>'


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


def _pair(name: str, value: str) -> str:
    return f"<dt>{safe_html(name)}</dt><dd>{safe_html(value)}</dd>"
