"""Choosing several of a column's names or values, few or many of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from src.ui.errors import guard
from src.ui.messages import t
from src.ui.safe_text import safe_text

_ALL_IN_VIEW: Final = 20


def pick(
    label: str,
    labels: Mapping[str, str],
    given: list[str],
    key: str,
    *,
    help: str | None = None,
    complete: bool = True,
) -> list[str]:
    """Widgets to choose several; what is chosen, in the order of `given`, then as it was added.

    Few choices are all in view. Of many, one at a time is searched and added: the list of a
    multiselect stays open over the widgets below it, and the click that closes it is lost to the
    one it was meant for.

    Args:
        labels: how each choice is shown, by its value.
        complete: whether `labels` are all the choices there are; others can be typed if not.
    """
    if complete and len(labels) <= _ALL_IN_VIEW:
        picked = _pills(label, list(labels), labels, given, key, help=help)
        return [*(n for n in given if n in picked), *(n for n in picked if n not in given)]
    chosen: list[str] = st.session_state.setdefault(f"{key}_chosen", list(given))
    st.selectbox(
        label,
        [name for name in labels if name not in chosen],
        index=None,
        format_func=lambda name: labels.get(name, name),
        key=f"{key}_add",
        help=help,
        placeholder=t("plan.search_values"),
        accept_new_options=not complete,
        on_change=guard(_add),
        args=(key,),
    )
    if chosen:
        # What is chosen names the widget, so that a change of it starts with all of it marked.
        kept = _kept_key(key, chosen)
        _pills(label, chosen, labels, chosen, kept, change=(key, kept))
    return list(chosen)


def _pills(
    label: str,
    choices: list[str],
    labels: Mapping[str, str],
    marked: list[str],
    key: str,
    *,
    help: str | None = None,
    change: tuple[str, str] | None = None,
) -> list[str]:
    return st.pills(
        label,
        choices,
        selection_mode="multi",
        default=marked,
        format_func=lambda name: safe_text(labels.get(name, name), 120),
        key=key,
        help=help,
        wrap=True,
        label_visibility="collapsed" if change else "visible",
        on_change=guard(_keep) if change else None,
        args=change,
    )


def _add(key: str) -> None:
    added = st.session_state[f"{key}_add"]
    chosen = st.session_state[f"{key}_chosen"]
    if added and added not in chosen:
        st.session_state[f"{key}_chosen"] = [*chosen, added]
    st.session_state[f"{key}_add"] = None


def _keep(key: str, kept: str) -> None:
    chosen = st.session_state[f"{key}_chosen"]
    if kept != _kept_key(key, chosen):
        # The browser may report a widget of an earlier choice once more.
        return
    st.session_state[f"{key}_chosen"] = [n for n in chosen if n in st.session_state[kept]]


def _kept_key(key: str, chosen: list[str]) -> str:
    return f"{key}_kept_{abs(hash(tuple(chosen)))}"
