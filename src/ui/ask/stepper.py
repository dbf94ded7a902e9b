"""Where an analysis stands, as a list that also reads well without colours."""

from __future__ import annotations

from typing import Final

import streamlit as st

from src.ui.messages import t
from src.ui.safe_text import safe_html

STEPS: Final = ("ask", "clarify", "review", "result")

_STEP_OF_STAGE: Final = {
    "asked": "clarify",
    "interpreted": "clarify",
    "chosen": "review",
    "drafted": "review",
    "approved": "review",
    "executed": "result",
    "explained": "result",
    "reported": "result",
}


def step_of(stage: str) -> str:
    """The step of the page that shows an analysis at `stage`."""
    return _STEP_OF_STAGE[stage]


def draw_stepper(step: str) -> None:
    """The four steps with `step` as the current one."""
    now = STEPS.index(step)
    items = []
    for position, name in enumerate(STEPS):
        label = safe_html(t(f"step.{name}"))
        if position < now:
            state, mark, spoken = "ca-done", "✓", t("step.done")
        elif position == now:
            state, mark, spoken = "ca-now", str(position + 1), t("step.now")
        else:
            state, mark, spoken = "ca-next", str(position + 1), t("step.next")
        current = ' aria-current="step"' if position == now else ""
        items.append(
            f'<li class="{state}"{current}><span class="ca-dot" aria-hidden="true">{mark}</span>'
            f'<span>{label}</span><span class="ca-hidden">{safe_html(spoken)}</span></li>'
        )
    st.html(f'<ol class="ca-steps" aria-label="{safe_html(t("step.all"))}">{"".join(items)}</ol>')
