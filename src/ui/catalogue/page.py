"""The Catalogue page as a whole: which catalogue, which step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from src.errors import InputError
from src.ui.catalogue.desk import OpenCatalogue, opened, shelf
from src.ui.catalogue.export_step import export_step
from src.ui.catalogue.price_step import price_step
from src.ui.catalogue.products_step import products_step
from src.ui.catalogue.review_step import forget_moment, review_step
from src.ui.catalogue.run_step import run_step
from src.ui.catalogue.shelf import Catalogue
from src.ui.catalogue.start import start_step
from src.ui.catalogue.stepper import CATALOGUE, STEP, STEPS, draw_stepper, leave
from src.ui.catalogue.texts_step import texts_step
from src.ui.catalogue.words import model_problem
from src.ui.errors import show_error
from src.ui.identity import current_owner
from src.ui.jobs import job_board
from src.ui.messages import t
from src.ui.safe_text import safe_text

_BODIES: Final[dict[str, Callable[[OpenCatalogue], None]]] = {
    "products": products_step,
    "texts": texts_step,
    "price": price_step,
    "run": run_step,
    "review": review_step,
    "export": export_step,
}


def catalogue_page() -> None:
    """The list of catalogues, or the step of the one in the page's address."""
    owner = current_owner()
    catalogue = _chosen(owner)
    if catalogue is None:
        draw_stepper("products", ())
        _engine_line()
        start_step(owner)
        return
    with opened(owner, catalogue) as desk:
        reachable = _reachable(desk)
        step = st.query_params.get(STEP, "")
        if step not in reachable:
            # A run is found again wherever one comes from; else the work goes on where it can.
            step = "products" if "products" in reachable else "run"
            # What ends while it is looked at is not to end in another step.
            st.query_params[STEP] = step
        if step != "review":
            forget_moment(desk)
        draw_stepper(step, reachable)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(
                t("catalogue.in_view", name=safe_text(catalogue.name, 80), count=catalogue.count,
                  products=f"{catalogue.count:,}")
            )  # fmt: skip
            st.button(
                t("catalogue.all"), key="all_catalogues", type="tertiary", on_click=leave,
                icon=":material/list:",
            )  # fmt: skip
        _engine_line()
        _BODIES[step](desk)


def _chosen(owner: str) -> Catalogue | None:
    wanted = st.query_params.get(CATALOGUE)
    if wanted is None:
        return None
    try:
        return shelf(owner).get(wanted)
    except InputError as error:
        leave()
        show_error(error)
        return None


def _reachable(desk: OpenCatalogue) -> tuple[str, ...]:
    """The steps that make sense now: while texts are written, nothing they depend on may change."""
    job = job_board().find(desk.key("catalogue_run"))
    mine = job is not None and job.kind != "catalogue_try"
    if mine and desk.running is not None:
        return ("run", "review")
    if desk.catalogue.status().state == "new":
        return STEPS[:4] if mine else STEPS[:3]  # what ended before it began has a reason to show
    return STEPS


def _engine_line() -> None:
    problem = model_problem()
    if problem is not None:
        st.info(problem, icon=":material/cloud_off:")
