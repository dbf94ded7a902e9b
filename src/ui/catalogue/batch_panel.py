"""The step Run while texts are in the providers' batches: followed, left, fetched, cancelled."""

from __future__ import annotations

from typing import Final

import streamlit as st

from src.ui.catalogue.batches import BatchFigures, BatchRun
from src.ui.catalogue.desk import OpenCatalogue, opened
from src.ui.catalogue.shelf import Catalogue
from src.ui.errors import guard
from src.ui.jobs import Job
from src.ui.messages import has, t
from src.ui.plain_table import draw_plain_table
from src.ui.safe_text import safe_text
from src.ui.wording import dollars

_POLL_SECONDS: Final = 1.0


def batch_panel(desk: OpenCatalogue, job: Job) -> None:
    """The run by batches that this server waits for."""
    st.subheader(t("catalogue.batch.title"), anchor=False)
    st.fragment(_panel, run_every=_POLL_SECONDS)(desk.owner, desk.catalogue, job)


@guard
def _panel(owner: str, catalogue: Catalogue, job: Job) -> None:
    if job.done:
        st.rerun()
    with opened(owner, catalogue) as desk:
        run = desk.driving.batches
        if run is None:
            st.info(t("catalogue.run.waiting"))
            return
        figures = run.figures()
        _figures(figures)
        _buttons(run, job, leaving=figures.phase == "cancelling")


def _figures(figures: BatchFigures) -> None:
    phase = t(f"catalogue.batch.phase.{figures.phase}")
    text = t("catalogue.run.done_of", phase=phase, done=f"{figures.done:,}",
             total=f"{figures.total:,}")  # fmt: skip
    st.progress(min(1.0, figures.done / max(1, figures.total)), text=text)
    with st.container(horizontal=True, gap="large"):
        st.metric(t("catalogue.batch.in_batches"), f"{figures.in_batches:,}")
        st.metric(
            t("catalogue.batch.live"), f"{figures.live_done:,} / {figures.live:,}",
            help=t("catalogue.batch.live_help"),
        )  # fmt: skip
        st.metric(t("catalogue.run.failed"), f"{figures.failed:,}")
        spent = dollars(figures.spent) + ("+" if figures.unknown_costs else "")
        st.metric(t("catalogue.run.spent"), spent)
    if figures.reasons:
        st.markdown("\n".join([t("catalogue.batch.why"), "", *map(_why, figures.reasons.items())]))
    if figures.note:
        st.caption(safe_text(figures.note, 400))
    draw_plain_table(
        [
            {
                t("catalogue.batch.provider"): one.provider,
                t("catalogue.batch.model"): one.model,
                t("catalogue.batch.state"): t(f"catalogue.batch.states.{one.state}"),
                t("catalogue.batch.answered"): f"{one.done:,} / {one.requests:,}",
                t("catalogue.batch.id"): one.batch_id,
            }
            for one in figures.batches
        ],
        t("catalogue.batch.table"),
    )
    st.caption(t("catalogue.batch.patience"))


def _why(reason: tuple[str, int]) -> str:
    code, count = reason
    key = f"catalogue.batch.reason.{code.replace(' ', '_')}"
    why = t(key) if has(key) else code.replace("_", " ")
    return f"- {t('catalogue.price.route', count=count, texts=f'{count:,}', why=safe_text(why))}"


def _buttons(run: BatchRun, job: Job, *, leaving: bool) -> None:
    with st.container(horizontal=True, gap="small"):
        st.button(
            t("catalogue.batch.leave"), key=f"leave_{job.id}", icon=":material/logout:",
            help=t("catalogue.batch.leave_help"), on_click=run.leave, disabled=leaving,
        )  # fmt: skip
        with st.popover(t("catalogue.batch.cancel"), disabled=leaving):
            st.markdown(t("catalogue.batch.cancel_sure"))
            st.button(
                t("catalogue.batch.cancel_now"), key=f"cancel_batches_{job.id}",
                on_click=run.cancel,
            )  # fmt: skip


def waiting_buttons(desk: OpenCatalogue) -> None:
    """What can be done about batches that nobody waits for."""
    st.button(
        t("catalogue.batch.fetch"), key="catalogue_fetch", type="primary",
        icon=":material/download:", on_click=guard(_fetch), args=(desk,),
    )  # fmt: skip
    with st.popover(t("catalogue.batch.cancel")):
        st.markdown(t("catalogue.batch.cancel_sure"))
        st.button(
            t("catalogue.batch.cancel_now"), key="catalogue_cancel_batches",
            on_click=guard(_cancel), args=(desk,),
        )  # fmt: skip


def _fetch(desk: OpenCatalogue) -> None:
    desk.start(desk.catalogue.choose(mode="batch"))


def _cancel(desk: OpenCatalogue) -> None:
    desk.cancel_batches(desk.catalogue.choices())
