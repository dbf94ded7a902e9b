"""Changing what the page's address names, and staying there.

A timer's message that was sent before the browser heard of a change carries the address of before,
and Streamlit gives a run the address of the newest message, even the run that the change asked for.
So a change is remembered for a moment: a run with the address that was just left goes on to where
it led.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_MOVES: Final = "_address_moves"
# Longer than a message is under way; shorter than a person takes to read a page and go back.
_STALE_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class _Move:
    left: dict[str, str]
    to: dict[str, str]
    at: float


def move_to(params: dict[str, str]) -> None:
    """Let the address name `params` from now on, whatever late messages say."""
    left = st.query_params.to_dict()
    if left != params:
        st.session_state[_MOVES] = [*_recent(), _Move(left, params, time.monotonic())]
    st.query_params.from_dict(params)


def clear_address() -> None:
    """Let the address name nothing, as the person asked; no earlier change leads on from it."""
    st.session_state.pop(_MOVES, None)
    st.query_params.clear()


def went_back() -> bool:
    """Whether this run shows an address that the person chose with Back or Forward."""
    run = get_script_run_ctx()
    return run is not None and run.is_history_navigation


def follow_moves() -> None:
    """At the start of a page's run: leave the address of before a change for the one after it."""
    if went_back():
        st.session_state.pop(_MOVES, None)
        return
    named = there = st.query_params.to_dict()
    for move in _recent():
        if there == move.left:
            there = move.to
    if there != named:
        st.query_params.from_dict(there)


def _recent() -> list[_Move]:
    oldest = time.monotonic() - _STALE_SECONDS
    moves: list[_Move] = st.session_state.get(_MOVES, [])
    return [move for move in moves if move.at > oldest]
