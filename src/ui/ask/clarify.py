"""The Clarify step: readings as cards, a refusal with what can be asked instead, and editing."""

from __future__ import annotations

import streamlit as st

from src.query_engine.drafts import Interpretation, Refusal
from src.ui.ask.plan_editor import plan_editor
from src.ui.ask.question import question_box, reword
from src.ui.ask.steps import begin_step
from src.ui.errors import guard
from src.ui.messages import t
from src.ui.safe_text import safe_html, safe_text
from src.ui.services import models_in_use
from src.ui.wording import confidence_words, engine_words, without_repeats
from src.workflow.analysis import AnalysisSession, Analyst


def clarify_step(analyst: Analyst, session: AnalysisSession) -> None:
    """Readings to choose from, or why there is none."""
    clarification = session.clarification
    if clarification is None:
        st.info(t("clarify.interrupted"))
        if st.button(t("clarify.again"), type="primary", key="clarify_again"):
            begin_step(analyst, session.id, "reword", lambda s, _: s.clarify())
            st.rerun()
        return
    if clarification.refusal is not None:
        _refusal(analyst, session, clarification.refusal, clarification.notes)
        return
    count = len(clarification.interpretations)
    st.subheader(t("clarify.title", count=count), anchor=False)
    st.caption(t("clarify.by", engine=safe_text(engine_words(clarification.engine))))
    _notes(clarification.not_understood, clarification.notes)
    for position, reading in enumerate(clarification.interpretations):
        _card(analyst, session, position, reading)
    plan_editor(analyst, session, key="clarify")


def clarify_folded(analyst: Analyst, session: AnalysisSession, *, disabled: bool) -> None:
    """The chosen reading, folded; another one can still be chosen, or the reading edited."""
    chosen = session.chosen
    if chosen is None:
        return
    with st.expander(t("clarify.chose", reading=safe_text(chosen.text, 200))):
        _assumptions(chosen)
        others = [
            (position, reading)
            for position, reading in enumerate(session.interpretations)
            if reading != chosen
        ]
        for position, reading in others:
            left, right = st.columns([5, 1], vertical_alignment="center")
            left.markdown(safe_text(reading.text))
            right.button(
                t("clarify.switch"),
                key=f"switch_{session.id}_{position}",
                help=t("clarify.switch_help"),
                on_click=guard(_choose),
                args=(analyst, session.id, position),
                disabled=disabled,
                width="stretch",
            )
        if not disabled:
            plan_editor(analyst, session, key="folded")


def _card(
    analyst: Analyst, session: AnalysisSession, position: int, reading: Interpretation
) -> None:
    with st.container(border=True, key=f"reading_{position}"):
        left, right = st.columns([4, 1], vertical_alignment="center")
        with left:
            st.markdown(f"**{safe_text(reading.text)}**")
            _confidence(reading.confidence)
            _assumptions(reading)
        right.button(
            t("clarify.choose"),
            key=f"choose_{session.id}_{position}",
            help=safe_text(reading.sense or reading.text, 120),
            type="primary" if position == 0 else "secondary",
            on_click=guard(_choose),
            args=(analyst, session.id, position),
            width="stretch",
        )


def _choose(analyst: Analyst, session_id: str, position: int) -> None:
    begin_step(analyst, session_id, "choose", lambda session, _: session.choose(position))


def _confidence(confidence: float) -> None:
    percent = round(100 * min(max(confidence, 0.0), 1.0))
    words = safe_html(t("clarify.confidence", percent=percent, words=confidence_words(confidence)))
    st.html(
        '<div class="ca-confidence"><div class="ca-bar" aria-hidden="true">'
        f'<span style="width:{percent}%"></span></div><span>{words}</span></div>'
    )


def _assumptions(reading: Interpretation) -> None:
    if reading.assumptions:
        st.caption(t("clarify.assumes", what="; ".join(safe_text(a) for a in reading.assumptions)))


def _notes(not_understood: tuple[str, ...], notes: tuple[str, ...]) -> None:
    if not_understood:
        words = ", ".join(f"“{safe_text(word, 60)}”" for word in not_understood[:20])
        st.warning(t("clarify.not_understood", words=words))
    _told(notes)


def _told(notes: tuple[str, ...]) -> None:
    """What models said or failed with on the way."""
    for note in without_repeats(notes) if models_in_use() else ():
        st.caption(safe_text(note))


def _refusal(
    analyst: Analyst, session: AnalysisSession, refusal: Refusal, notes: tuple[str, ...]
) -> None:
    st.subheader(t("clarify.refused"), anchor=False)
    st.warning(safe_text(refusal.reason))
    unnamed = [word for word in refusal.missing if word not in refusal.reason]
    if unnamed:
        words = ", ".join(f"“{safe_text(word, 60)}”" for word in unnamed[:20])
        st.caption(t("clarify.missing", words=words))
    _told(notes)
    if refusal.nearest:
        st.markdown(t("clarify.nearest"))
        with st.container(key="suggestions", horizontal=True, gap="small"):
            for position, question in enumerate(refusal.nearest):
                st.button(
                    safe_text(question),
                    key=f"nearest_{session.id}_{position}",
                    on_click=guard(reword),
                    args=(analyst, session.id, question),
                )
    st.markdown(t("clarify.say_it_differently"))
    question_box(
        f"again_{session.id}",
        t("ask.placeholder"),
        lambda wording: reword(analyst, session.id, wording),
    )
