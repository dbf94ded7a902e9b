"""The view of a job under way: what it does, for how long, and how to stop it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from src.ui.errors import guard
from src.ui.hurry import answer_offline, waited_for
from src.ui.jobs import Job
from src.ui.messages import t
from src.ui.safe_text import safe_html

PATIENCE_SECONDS: Final = 0.5
"""How long a page run waits for a job before it shows a running state: most offline steps end
sooner, and a flash of progress would only unsettle."""

_POLL_SECONDS: Final = 0.5


def watch(job: Job, *, cancellable: bool = False, hurriable: bool = False) -> None:
    """Show `job` until it ends, then run the page again.

    Args:
        hurriable: while it waits for a model, it can be told to go on with the offline answer.
    """
    st.fragment(_poll, run_every=_POLL_SECONDS)(job, cancellable, hurriable)


@guard
def _poll(job: Job, cancellable: bool, hurriable: bool) -> None:
    if job.done:
        st.rerun()
    with st.container(key="running", border=True):
        label = t("job.cancelling") if job.cancel.cancelled else t(f"job.{job.kind}")
        calls = waited_for(job) if hurriable else ()
        left, right = st.columns([3, 2] if calls else [4, 1], vertical_alignment="center")
        text = safe_html(t("job.elapsed", label=label, seconds=int(job.elapsed)))
        left.html(
            '<div class="ca-running" role="status"><span class="ca-spin" aria-hidden="true">'
            f"</span><span>{text}</span></div>"
        )
        if cancellable:
            right.button(
                t("job.cancel"),
                key=f"cancel_{job.id}",
                on_click=job.cancel.cancel,
                disabled=job.cancel.cancelled,
                width="stretch",
            )
        if calls:
            right.button(
                t("job.offline"),
                key=f"hurry_{job.id}",
                on_click=answer_offline,
                args=(calls,),
                help=t("job.offline_help"),
                width="stretch",
            )
