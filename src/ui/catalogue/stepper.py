"""The six steps of a catalogue, as a row of buttons: where one is, and where one may go."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

import streamlit as st

from src.ui.address import move_to
from src.ui.messages import t
from src.ui.safe_text import safe_html

STEPS: Final = ("products", "texts", "price", "run", "review", "export")
CATALOGUE: Final = "catalogue"
STEP: Final = "step"


def go_to(step: str) -> None:
    """Show that step; for callbacks."""
    move_to({**st.query_params.to_dict(), STEP: step})


def open_catalogue(catalogue_id: str, step: str) -> None:
    """Show a step of that catalogue; for callbacks."""
    move_to({CATALOGUE: catalogue_id, STEP: step})


def leave() -> None:
    """Go back to the list of catalogues."""
    move_to({})


def draw_stepper(now: str, reachable: Container[str]) -> None:
    """The steps, with `now` as the current one; those out of reach cannot be clicked."""
    at = STEPS.index(now)
    with st.container(key="catalogue_steps", horizontal=True, gap="small"):
        for position, step in enumerate(STEPS):
            name = t(f"catalogue.step.{step}")
            mark = "✓" if position < at else f"{position + 1}."
            label = f"**{mark} {name}**" if position == at else f"{mark} {name}"
            st.button(
                label,
                key=f"catalogue_step_{step}",
                type="tertiary",
                disabled=step not in reachable and position != at,
                on_click=go_to,
                args=(step,),
            )
        said = t("catalogue.step_of", number=at + 1, name=t(f"catalogue.step.{now}"))
        st.html(f'<p class="ca-hidden" aria-current="step">{safe_html(said)}</p>')


def next_button(label: str, step: str, *, disabled: bool = False) -> None:
    """The one primary button of a step that leads to the next."""
    st.button(
        label,
        key=f"catalogue_next_{step}",
        type="primary",
        icon=":material/arrow_forward:",
        icon_position="right",
        disabled=disabled,
        on_click=go_to,
        args=(step,),
    )
