"""What refusals teach: words whose products had better go to Claude, for a person to accept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import streamlit as st

from src.catalogue.learned import accept, words_file, words_stamp
from src.catalogue.learning import Proposal, RefusalRate, propose, refusal_rates
from src.config.settings import get_settings
from src.ui.catalogue.words import price, span
from src.ui.errors import guard, show_error
from src.ui.jobs import job_board
from src.ui.messages import t
from src.ui.owned_router import usage_id
from src.ui.plain_table import draw_plain_table
from src.ui.safe_text import safe_text
from src.ui.settings.changing import may_change_models
from src.ui.waiting import PATIENCE_SECONDS, watch
from src.ui.wording import percent

if TYPE_CHECKING:
    from src.ui.catalogue.desk import OpenCatalogue

_KIND: Final = "catalogue_learn"
_LEARNED: Final = "_catalogue_learned"
_ACCEPTED: Final = "_catalogue_accepted"
_RATES: Final = 10


@dataclass(frozen=True, slots=True)
class Learned:
    """What the ledger taught when `words` (of `words_stamp`) were in use."""

    rates: Sequence[RefusalRate]
    proposals: Sequence[Proposal]
    words: tuple[str, int]


def learn_panel(desk: OpenCatalogue) -> None:
    """Looks at the visitor's own texts when asked to."""
    accepted = st.session_state.pop(_ACCEPTED, None)
    if accepted:
        st.success(t("catalogue.learn.accepted", words=safe_text(", ".join(accepted)),
                     file=safe_text(words_file(get_settings()).name)))  # fmt: skip
    with st.expander(t("catalogue.learn.title"), icon=":material/school:"):
        st.caption(t("catalogue.learn.help"))
        job = job_board().find((desk.owner, _KIND))
        if job is not None:
            if not job.wait(PATIENCE_SECONDS):
                watch(job)
                return
            job_board().collect(job)
            try:
                st.session_state[_LEARNED] = job.outcome()
            except Exception as error:  # noqa: BLE001 - shown in its place
                show_error(error)
        st.button(
            t("catalogue.learn.look"), key="catalogue_learn", icon=":material/search:",
            on_click=guard(_look), args=(desk.owner,),
        )  # fmt: skip
        learned = st.session_state.get(_LEARNED)
        # Other words than those it was asked for: it may propose what is a trigger by now.
        if learned is not None and learned.words == words_stamp(get_settings()):
            _show(learned)


def _look(owner: str) -> None:
    job_board().start((owner, _KIND), _KIND, lambda _: look(usage_id(owner)))


def look(user: str) -> Learned:
    """Refusal rates and proposals from the texts of `user`, their name in the ledger.

    Raises:
        ConfigError: the file of trigger words is wrong.
    """
    from src.catalogue.triggers import Triggers, own_triggers
    from src.llm.router import get_router

    settings, ledger = get_settings(), get_router().ledger
    words = words_stamp(settings)
    triggers = Triggers.load(own_triggers(settings))
    return Learned(refusal_rates(ledger, user=user), propose(ledger, triggers, user=user), words)


def _show(learned: Learned) -> None:
    if not learned.rates:
        st.info(t("catalogue.learn.nothing"))
        return
    draw_plain_table(
        [
            {
                t("catalogue.learn.category"): one.category or "–",
                t("catalogue.learn.model"): one.model,
                t("catalogue.learn.items"): f"{one.items:,}",
                t("catalogue.learn.refused"): f"{one.refused:,}",
                t("catalogue.learn.rate"): t(
                    "catalogue.learn.interval", rate=percent(one.rate, 1),
                    low=percent(one.low, 1), high=percent(one.high, 1),
                ),
            }
            for one in learned.rates[:_RATES]
        ],
        t("catalogue.learn.rates"),
    )  # fmt: skip
    if not learned.proposals:
        st.markdown(t("catalogue.learn.none"))
        return
    st.markdown(t("catalogue.learn.proposed"))
    may = may_change_models()
    chosen = [one for one in learned.proposals if _proposal(one, disabled=not may)]
    if not may:
        st.caption(t("catalogue.learn.read_only"))
    st.button(
        t("catalogue.learn.accept", count=len(chosen)), key="catalogue_accept_words",
        icon=":material/check:", disabled=not chosen or not may,
        on_click=guard(_accept), args=(chosen,),
    )  # fmt: skip


def _proposal(one: Proposal, *, disabled: bool) -> bool:
    picked = st.checkbox(f"**{safe_text(one.word, 60)}**", key=f"word_{one.word}",
                         disabled=disabled)  # fmt: skip
    st.caption(
        t(
            "catalogue.learn.evidence", items=f"{one.items:,}", refused=f"{one.refused:,}",
            low=percent(one.low, 1), high=percent(one.high, 1),
            elsewhere=percent(one.elsewhere, 1), saves=safe_text(price(one.saves)),
            waited=span(one.seconds), example=safe_text("; ".join(one.examples[:2]), 160),
        )
    )  # fmt: skip
    return picked


def _accept(chosen: Sequence[Proposal]) -> None:
    # Strangers see no button that works; a page that was changed in the browser has none, too.
    if may_change_models():
        accept(get_settings(), chosen)
        st.session_state[_ACCEPTED] = [one.word for one in chosen]
