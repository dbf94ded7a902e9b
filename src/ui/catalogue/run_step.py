"""Step 4: the run, live: how far, how fast, how dear, what failed; pause, go on, stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import streamlit as st

from src.catalogue.pipeline import Retry
from src.catalogue.progress import Progress
from src.ui.catalogue.batch_panel import batch_panel, waiting_buttons
from src.ui.catalogue.desk import OpenCatalogue, opened
from src.ui.catalogue.learn_panel import learn_panel
from src.ui.catalogue.shelf import Status
from src.ui.catalogue.stepper import go_to, next_button
from src.ui.catalogue.words import model_problem, span, why_offline
from src.ui.errors import guard, show_error
from src.ui.jobs import Job, job_board
from src.ui.messages import t
from src.ui.safe_text import safe_text
from src.ui.wording import dollars

_POLL_SECONDS: Final = 0.5


def run_step(desk: OpenCatalogue) -> None:
    """The run under way, or how the last one ended and how to go on."""
    job = job_board().find(desk.key("catalogue_run"))
    if job is not None and not job.done:
        if job.kind == "catalogue_batch":
            batch_panel(desk, job)
        else:
            st.fragment(_live, run_every=_POLL_SECONDS)(desk.owner, desk, job)
        st.button(
            t("catalogue.run.review_now"), key="catalogue_review_now", type="tertiary",
            icon=":material/rate_review:", on_click=go_to, args=("review",),
        )  # fmt: skip
        return
    problem: Exception | None = None
    if job is not None:
        job_board().collect(job)
        try:
            job.outcome()
        except Exception as error:  # noqa: BLE001 - shown with what is left to do
            problem = error
    _ended(desk, desk.catalogue.status(), problem)


@guard
def _live(owner: str, desk: OpenCatalogue, job: Job) -> None:
    if job.done:
        st.rerun()
    with opened(owner, desk.catalogue) as mine:
        run = mine.driving.live
        if run is None:
            st.subheader(t("catalogue.run.title"), anchor=False)
            st.info(t("catalogue.run.waiting"))
            return
        progress = run.progress()
        title = "title_paused" if progress.phase == "paused" else "title"
        st.subheader(t(f"catalogue.run.{title}"), anchor=False)
        _figures(progress)
        if progress.waiting and progress.phase == "running":
            st.warning(t("catalogue.run.holding"))
        with st.container(horizontal=True, gap="small"):
            if progress.phase == "paused":
                st.button(
                    t("catalogue.run.resume"), key=f"resume_{job.id}", type="primary",
                    icon=":material/play_arrow:", on_click=run.resume,
                )  # fmt: skip
            else:
                st.button(
                    t("catalogue.run.pause"), key=f"pause_{job.id}", type="primary",
                    icon=":material/pause:", on_click=run.pause,
                    disabled=progress.phase != "running",
                )  # fmt: skip
            st.button(
                t("catalogue.run.stop"), key=f"stop_{job.id}", icon=":material/stop:",
                help=t("catalogue.run.stop_help"), on_click=run.cancel,
                disabled=progress.phase not in ("running", "paused"),
            )  # fmt: skip


def _figures(progress: Progress) -> None:
    """The figures of a run under way."""
    phase = t(f"catalogue.run.phase.{progress.phase}")
    text = t("catalogue.run.done_of", phase=phase, done=f"{progress.done:,}",
             total=f"{progress.total:,}")  # fmt: skip
    st.progress(min(1.0, progress.done / max(1, progress.total)), text=text)
    rate, left = progress.per_second, progress.eta_seconds
    going = progress.phase == "running"
    with st.container(horizontal=True, gap="large"):
        st.metric(
            t("catalogue.run.rate"),
            t("catalogue.run.per_second", rate=f"{rate:.1f}") if going and rate else "–",
        )
        st.metric(t("catalogue.run.left"), span(left) if going and left is not None else "–")
        spent = dollars(progress.spent) + ("+" if progress.unknown_costs else "")
        st.metric(t("catalogue.run.spent"), spent)
        st.metric(t("catalogue.run.offline"), f"{progress.offline:,}")
        st.metric(t("catalogue.run.failed"), f"{progress.failed:,}")
    # What was begun before the limit fell is finished: "20 of 16" would read as a mistake.
    limit = max(progress.limit, progress.under_way)
    detail = t("catalogue.run.detail", under_way=progress.under_way, limit=limit,
               kept=f"{progress.skipped:,}", over=f"{progress.failed_over:,}",
               turned=f"{progress.turned_away:,}")  # fmt: skip
    paused = progress.phase == "paused"
    st.caption(f"{detail} {t('catalogue.run.leave_paused' if paused else 'catalogue.run.leave')}")


def _ended(desk: OpenCatalogue, status: Status, problem: Exception | None) -> None:
    state: str = "interrupted" if status.state == "running" else status.state
    st.subheader(t(f"catalogue.run.ended.{state}"), anchor=False)
    if problem is not None:
        show_error(problem, kept=t("catalogue.run.kept"))
    _summary(status.progress)
    _why_template(desk, status.progress)
    done, total = int(status.progress.get("done", 0)), int(status.progress.get("total", 0))
    if state == "done":
        next_button(t("catalogue.run.next"), "review")
    elif state == "waiting":
        st.markdown(t("catalogue.run.explain.waiting"))
        waiting_buttons(desk)
    else:
        st.markdown(t(f"catalogue.run.explain.{state}", left=f"{max(0, total - done):,}"))
        # With the same bound a run ends where it did: the way on is the step Price.
        if state == "budget":
            next_button(t("catalogue.run.to_price"), "price")
        st.button(
            t("catalogue.run.go_on"),
            key="catalogue_go_on",
            type="secondary" if state == "budget" else "primary",
            icon=":material/play_arrow:",
            on_click=guard(_start),
            args=(desk,),
        )
    if state != "waiting":
        _again(desk, status.progress)
    learn_panel(desk)


def _why_template(desk: OpenCatalogue, progress: Mapping[str, Any]) -> None:
    """Why the template wrote although models are set up, e.g. a rejected key."""
    entry = desk.journal.stopgap() if progress.get("offline") else None
    if entry is not None and model_problem() is None:
        # A text tells what became of it, which may be that a model was no longer asked by then.
        said = [safe_text(one, 300) for one in desk.failures()] or [why_offline(entry)]
        st.warning("\n".join([t("catalogue.run.why_template"), "", *(f"- {one}" for one in said)]))


def _summary(progress: Mapping[str, Any]) -> None:
    if not progress:
        return
    with st.container(horizontal=True, gap="large"):
        st.metric(t("catalogue.run.texts"), f"{progress['done'] - progress['failed']:,}")
        st.metric(t("catalogue.run.offline"), f"{progress['offline']:,}")
        st.metric(t("catalogue.run.failed"), f"{progress['failed']:,}")
        unknown = "+" if progress["unknown_costs"] else ""
        st.metric(t("catalogue.run.spent"), dollars(Decimal(progress["spent"])) + unknown)
        if not progress.get("skipped"):  # else it is the time of the last leg alone
            st.metric(t("catalogue.run.took"), span(progress["seconds"]))
    if progress["failed_over"]:
        st.caption(t("catalogue.run.failed_over", count=progress["failed_over"],
                     texts=f"{progress['failed_over']:,}"))  # fmt: skip


def _again(desk: OpenCatalogue, progress: Mapping[str, Any]) -> None:
    """Ways to better what is there, where there is something to better."""
    offers: list[tuple[Retry, int]] = []
    if progress.get("failed"):
        offers.append(("failed", int(progress["failed"])))
    if progress.get("offline") and model_problem() is None:
        offers.append(("offline", int(progress["offline"])))
    for what, count in offers:
        st.button(
            t(f"catalogue.run.retry_{what}", count=count, texts=f"{count:,}"),
            key=f"catalogue_retry_{what}",
            icon=":material/refresh:",
            on_click=guard(_start),
            args=(desk, frozenset({what})),
        )


def _start(desk: OpenCatalogue, retry: frozenset[Retry] = frozenset()) -> None:
    choices = desk.catalogue.choices()
    # What failed or is the template's is few and known to be hard: it is asked at once.
    desk.start(replace(choices, mode="live") if retry else choices, retry)
