"""The Review step: the SQL, what it reads and means, the guard's verdict, and the decision.

Nothing runs from here but the text that the analysis holds as its draft, and only through the
button that approves exactly that text.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from src.data.warehouse import CancelToken
from src.query_engine.drafts import Lint, SqlDraft
from src.query_engine.phrases import Language, language_of
from src.query_engine.phrases.verdicts import reason_text
from src.ui.ask.steps import begin_step, step_failed
from src.ui.errors import guard
from src.ui.identity import display_name
from src.ui.messages import t
from src.ui.safe_text import safe_text
from src.ui.wording import engine_words
from src.workflow.analysis import AnalysisSession, Analyst

_NOTES_IN_VIEW: Final = 2
_EDITOR: Final = "_sql_editor"


def review_step(analyst: Analyst, session: AnalysisSession) -> None:
    """The draft to decide on, or what to do when there is none."""
    draft = session.draft
    if draft is None:
        st.info(t("review.no_draft"))
        if st.button(t("review.write_again"), type="primary", key="redraft"):
            begin_step(analyst, session.id, "choose", lambda s, _: s.redraft())
            st.rerun()
        return
    st.subheader(t("review.title"), anchor=False)
    st.caption(_standing(session))
    _meaning(draft)
    _sql(analyst, session, draft, folded=False, disabled=False)
    _verdict(draft, language_of(session.question))
    _warnings(draft)
    _decision(analyst, session, draft)


def _standing(session: AnalysisSession) -> str:
    """What has run of this draft, in a line."""
    if not session.approved:
        return t("review.nothing_ran")
    return t("review.failed") if step_failed(session.id) else t("review.no_result")


def review_folded(analyst: Analyst, session: AnalysisSession, *, disabled: bool) -> None:
    """The SQL that ran, folded; editing it makes a new draft that needs a new approval."""
    draft = session.draft
    if draft is None:
        return
    with st.expander(t("review.folded", by=safe_text(engine_words(draft.engine)))):
        approved = session.approved
        if approved is not None:
            st.caption(
                t(
                    "review.approved_by",
                    by=safe_text(approved.approved_by),
                    at=f"{approved.approved_at:%Y-%m-%d %H:%M} UTC",
                )
            )
        _meaning(draft)
        _sql(analyst, session, draft, folded=True, disabled=disabled)
        _verdict(draft, language_of(session.question))
        _warnings(draft)


def approve_and_run(session: AnalysisSession, cancel: CancelToken, by: str, shown: str) -> None:
    """Approve the draft in the name of `by` and run it, if it is still the text that was shown."""
    if session.draft is None or session.draft.sql != shown:
        return
    session.run(session.approved or session.approve(by), cancel)


def _sql(
    analyst: Analyst, session: AnalysisSession, draft: SqlDraft, *, folded: bool, disabled: bool
) -> None:
    read, write = st.tabs([t("review.read"), t("review.edit")], key=f"sql_tabs_{session.id}")
    with read:
        st.code(draft.sql, language="sql", wrap_lines=True)
    with write, st.container(key="sql_editor"):
        key = _editor_key(session, draft)
        text = st.text_area(
            t("review.sql_label"),
            value=draft.sql,
            key=key,
            height="content",
            help=t("review.edit_help"),
            disabled=disabled,
            # At its step an edit is guarded as soon as it is made; once there is a result, a stray
            # key must not throw it away, so the change waits for a button.
            on_change=None if folded else guard(_edit),
            args=None if folded else (analyst, session.id, key),
        )
        if folded and text != draft.sql:
            st.button(
                t("review.check_edit"),
                key=f"check_edit_{session.id}",
                on_click=guard(_edit),
                args=(analyst, session.id, key),
                disabled=disabled,
            )


def _editor_key(session: AnalysisSession, draft: SqlDraft) -> str:
    """A new draft gets a new editor, so that its text is not shadowed by what was typed before."""
    known: tuple[str, str, int] = st.session_state.get(_EDITOR, ("", "", 0))
    if known[:2] != (session.id, draft.sql):
        st.session_state[_EDITOR] = known = (session.id, draft.sql, known[2] + 1)
    return f"sql_{known[2]}"


def _edit(analyst: Analyst, session_id: str, editor: str) -> None:
    if editor != f"sql_{st.session_state[_EDITOR][2]}":
        # The browser may report the editor of an earlier draft once more, together with the edit
        # of this one; only one of them could be taken.
        return
    text = st.session_state.get(editor)
    if text is not None:
        begin_step(analyst, session_id, "edit_sql", lambda session, _: session.edit_sql(text))


def _verdict(draft: SqlDraft, language: Language) -> None:
    guard_verdict = draft.guard
    if guard_verdict.allowed:
        tables = ", ".join(safe_text(name) for name in guard_verdict.tables)
        st.success(t("review.allowed", tables=tables) if tables else t("review.allowed_no_table"))
        return
    told = (reason_text(reason, draft.sql, language) for reason in guard_verdict.reasons)
    reasons = [f"- {safe_text(line)}" for line in told]
    st.error("\n".join([t("review.refused"), "", *reasons]))


def _meaning(draft: SqlDraft) -> None:
    st.caption(t("review.written_by", engine=safe_text(engine_words(draft.engine))))
    if draft.comment:
        st.caption(t("review.answers_comment", comment=safe_text(draft.comment, 300)))
    if draft.explanation and draft.guard.allowed:
        st.markdown(t("review.what_it_does"))
        st.markdown("\n".join(f"- {safe_text(line)}" for line in draft.explanation))
    if draft.reads:
        reads = ", ".join(safe_text(name) for name in draft.reads)
        st.markdown(t("review.reads", reads=reads))


def _warnings(draft: SqlDraft) -> None:
    """What may mislead, in a box of its own; what is only good to know is folded when it is long,
    so that the decision stays in view. A statement that cannot run has no meaning to warn of."""
    if not draft.guard.allowed:
        return
    if draft.disagreement:
        st.warning(t("review.disagreement", how=safe_text(draft.disagreement)))
    warnings = _lines([lint for lint in draft.lints if lint.severity == "warning"])
    notes = _lines([lint for lint in draft.lints if lint.severity == "info"])
    if warnings:
        st.warning("\n".join(warnings), title=t("review.warnings"))
    if len(notes) > _NOTES_IN_VIEW:
        with st.expander(t("review.notes_folded", count=len(notes))):
            st.markdown("\n".join(notes))
    elif notes:
        st.info("\n".join(notes), title=t("review.notes"))


def _lines(lints: list[Lint]) -> list[str]:
    """A line a lint; advice that several of them give stands once, behind the last of them."""
    last = {lint.hint: position for position, lint in enumerate(lints)}
    return [
        f"- {safe_text(lint.message)}"
        + (f" {safe_text(lint.hint)}" if lint.hint and last[lint.hint] == position else "")
        for position, lint in enumerate(lints)
    ]


def _decision(analyst: Analyst, session: AnalysisSession, draft: SqlDraft) -> None:
    editor = _editor_key(session, draft)
    st.button(
        t("review.run_again") if session.approved else t("review.approve"),
        # Another text gets another button: a press that began on the one before it is none of it.
        key=f"approve_{editor}",
        type="primary",
        disabled=not draft.guard.allowed,
        help=t("review.approve_help"),
        on_click=guard(_approve),
        args=(analyst, session.id, draft.sql, editor),
    )
    with (
        st.expander(t("review.reject_title")),
        st.form(f"reject_{session.id}", border=False, clear_on_submit=True),
    ):
        comment = st.text_area(
            t("review.comment"), key=f"comment_{session.id}", height="content", max_chars=2000
        )
        if st.form_submit_button(t("review.reject")):
            if comment and comment.strip():
                _reject(analyst, session.id, comment)
                st.rerun()
            st.warning(t("review.comment_needed"))


def _approve(analyst: Analyst, session_id: str, shown: str, editor: str) -> None:
    if st.session_state.get(editor, shown) != shown:
        # Typed and clicked at once: the new text has not been guarded or shown with its verdict.
        _edit(analyst, session_id, editor)
        return
    by = display_name()
    begin_step(
        analyst,
        session_id,
        "run",
        lambda session, cancel: approve_and_run(session, cancel, by, shown),
    )


def _reject(analyst: Analyst, session_id: str, comment: str) -> None:
    begin_step(analyst, session_id, "reject", lambda session, _: session.reject(comment))
