"""Step 5: every text in turn: approve, edit, have it written again, or leave it out."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from src.catalogue.checks import check_text
from src.catalogue.journal import Entry
from src.catalogue.regenerate import MAX_REASON
from src.catalogue.templates import Templates
from src.catalogue.values import Copy
from src.errors import AnalystError
from src.ui.catalogue.desk import OpenCatalogue
from src.ui.catalogue.lines import VIEWS, Line, Lines
from src.ui.catalogue.shelf import Choices
from src.ui.catalogue.shown import readable
from src.ui.catalogue.stepper import next_button
from src.ui.catalogue.words import model_problem, price, route_words, type_words
from src.ui.errors import guard, show_error
from src.ui.jobs import Job, job_board
from src.ui.messages import t
from src.ui.safe_text import safe_text
from src.ui.waiting import PATIENCE_SECONDS, watch

_PAGE: Final = 6
_EDITED: Final = "_catalogue_edited"
_MAX_TEXT: Final = 20_000
_POLL_SECONDS: Final = 2.0
_MORE: Final[dict[str, Any]] = {"type": "tertiary", "icon": ":material/refresh:"}


def review_step(desk: OpenCatalogue) -> None:
    """A page of texts of the chosen view."""
    st.subheader(t("catalogue.review.title"), anchor=False)
    choices = desk.catalogue.choices()
    key = _moment_key(desk)
    try:
        found = desk.lines(choices, st.session_state.setdefault(key, desk.moment))
        templates = desk.job(choices).templates
    except AnalystError as error:
        show_error(error)
        next_button(t("catalogue.price.back"), "texts")
        return
    if isinstance(found, Job):
        watch(found)
        return
    job = desk.running
    if job is not None:
        st.fragment(_goes_on, run_every=_POLL_SECONDS)(desk, job, len(found.lines))
    elif st.session_state[key] != desk.moment:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(t("catalogue.review.run_ended"))
            st.button(t("catalogue.review.show_more"), key="catalogue_show_more", **_MORE,
                      on_click=forget_moment, args=(desk,))  # fmt: skip
    elif found.missing:
        st.caption(t("catalogue.review.missing", count=found.missing, texts=f"{found.missing:,}"))
    lines = _filtered(found)
    pages = max(1, -(-len(lines) // _PAGE))
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=f"catalogue_review_page_{pages}")
    in_view = lines[(page - 1) * _PAGE : page * _PAGE]
    if not in_view:
        st.info(t("catalogue.review.empty"))
    for line in in_view:
        _card(desk, choices, templates, line)
    _approve_many(desk, in_view, lines)
    if job is None:
        next_button(t("catalogue.review.next"), "export")
    else:
        next_button(t("catalogue.review.to_run"), "run")


def forget_moment(desk: OpenCatalogue) -> None:
    """Show the texts as they are then when the review is opened next."""
    st.session_state.pop(_moment_key(desk), None)


def _moment_key(desk: OpenCatalogue) -> str:
    return f"_catalogue_moment_{desk.catalogue.id}"


@guard
def _goes_on(desk: OpenCatalogue, job: Job, listed: int) -> None:
    """How many texts have come by since the list was made. They are listed when somebody asks: a
    list that changes by itself would take an open editor away."""
    if job.done:
        st.rerun()
    more = max(0, desk.driving.done - listed)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(t("catalogue.review.goes_on", count=more, texts=f"{more:,}"))
        label = t("catalogue.review.show_more")
        if more and st.button(label, key="catalogue_show_more", **_MORE):
            forget_moment(desk)
            st.rerun()


def _filtered(found: Lines) -> list[Line]:
    counts = found.counts()
    views = [name for name in VIEWS if counts[name] or name in ("open", "all")]
    view = st.segmented_control(
        t("catalogue.review.view"),
        views,
        default="open" if counts["open"] else "all",
        required=True,
        format_func=lambda name: t(f"catalogue.review.views.{name}", count=f"{counts[name]:,}"),
        key=f"catalogue_view_{'_'.join(views)}",
        label_visibility="collapsed",
    )
    kinds = list(dict.fromkeys(line.type for line in found.lines))
    left, right = st.columns(2)
    search = left.text_input(t("catalogue.review.search"), key="catalogue_search", type="search")
    kind = None
    if len(kinds) > 1:
        kind = right.selectbox(
            t("catalogue.review.type"), ["", *kinds], key="catalogue_kind",
            format_func=lambda name: t("catalogue.review.all_types") if not name
            else type_words(name),
        )  # fmt: skip
    return found.view(str(view or "all"), kind or None, search or "")


# ------------------------------------------------------------------ one text


def _card(desk: OpenCatalogue, choices: Choices, templates: Templates, line: Line) -> None:
    entry = desk.entry(line)
    if entry is None:
        return
    editing = st.session_state.get(_EDITED) == line.key
    with st.container(border=True, key=f"copy_{line.key}"):
        st.markdown(f"**{safe_text(line.title, 160)}** · {type_words(line.type)}")
        _about(line, entry)
        if editing:
            _edit(desk, templates, line, entry)
            return
        if entry.text is not None:
            st.markdown(readable(entry.text))
        elif entry.reviewed == "rejected" and entry.copy is not None:
            st.caption(t("catalogue.review.left_out"))
            st.markdown(readable(entry.copy.text))
        else:
            st.warning("  \n".join(safe_text(reason, 300) for reason in entry.reasons))
        if entry.revised is not None:
            _cautions(templates, line, entry.revised)
        if not _under_way(desk, line):
            _actions(desk, choices, line, entry)


def _about(line: Line, entry: Entry) -> None:
    """Who wrote it and why they, in badges and a line."""
    with st.container(horizontal=True, gap="small"):
        if entry.reviewed is not None:
            colour = {"approved": "green", "edited": "blue"}.get(entry.reviewed, "gray")
            st.badge(t(f"catalogue.review.verdict.{entry.reviewed}"), color=colour)  # type: ignore[arg-type]
        if entry.copy is None:
            st.badge(t("catalogue.review.failed"), color="red")
        elif entry.copy.engine == "offline":
            st.badge(t("catalogue.review.by_template"), color="gray",
                     help=t("catalogue.review.by_template_help"))  # fmt: skip
        else:
            st.badge(safe_text(entry.copy.model, 60), color="gray")
    if entry.copy is not None and entry.copy.engine == "model":
        st.caption(_made(entry.copy))


def _made(made: Copy) -> str:
    parts = [route_words(made.route)]
    if made.failed_over:
        parts.append(t(f"catalogue.review.over.{made.failed_over}"))
    parts.append(price(made.cost))
    return " · ".join(safe_text(part, 200) for part in parts)


def _actions(desk: OpenCatalogue, choices: Choices, line: Line, entry: Entry) -> None:
    written = entry.copy is not None
    with st.container(horizontal=True, gap="small"):
        if written and entry.reviewed not in ("approved", "edited"):
            st.button(
                t("catalogue.review.approve"), key=f"approve_{line.key}", icon=":material/check:",
                on_click=guard(desk.decide), args=(line, "approved"),
            )  # fmt: skip
        st.button(
            t("catalogue.review.edit") if written else t("catalogue.review.write_own"),
            key=f"edit_{line.key}", icon=":material/edit:", on_click=_begin_edit, args=(line,),
        )  # fmt: skip
        # A new text gets a new box, closed and empty.
        version = entry.copy.calls[-1] if entry.copy and entry.copy.calls else "first"
        key = f"{line.key}_{version}"
        with st.popover(t("catalogue.review.again"), icon=":material/refresh:", key=f"ask_{key}"):
            _ask_again(desk, choices, line, f"reason_{key}")
        if written and entry.reviewed != "rejected":
            st.button(
                t("catalogue.review.leave_out"), key=f"reject_{line.key}", type="tertiary",
                on_click=guard(desk.decide), args=(line, "rejected"),
            )  # fmt: skip
        if entry.copy is not None and entry.copy.notes:
            with st.popover(t("catalogue.review.notes"), type="tertiary"):
                st.markdown("\n".join(f"- {safe_text(note, 400)}" for note in entry.copy.notes))


def _begin_edit(line: Line) -> None:
    st.session_state[_EDITED] = line.key


def _end_edit() -> None:
    st.session_state.pop(_EDITED, None)


def _edit(desk: OpenCatalogue, templates: Templates, line: Line, entry: Entry) -> None:
    key = f"text_{line.key}"
    before = entry.text or (entry.copy.text if entry.copy else "")
    text = st.text_area(
        t("catalogue.review.text"), value=before, height="content", max_chars=_MAX_TEXT, key=key
    )
    _cautions(templates, line, text or "")
    with st.container(horizontal=True, gap="small"):
        st.button(
            t("catalogue.review.save"), key=f"save_{line.key}", icon=":material/check:",
            disabled=not (text or "").strip(), on_click=guard(_save), args=(desk, line, key),
        )  # fmt: skip
        st.button(t("catalogue.review.discard"), key=f"discard_{line.key}", on_click=_end_edit)


def _save(desk: OpenCatalogue, line: Line, key: str) -> None:
    text = (st.session_state.get(key) or "").strip()
    if text:
        desk.decide(line, "edited", text)
        _end_edit()


def _cautions(templates: Templates, line: Line, text: str) -> None:
    """What the checks say of a person's own text; it is theirs to decide."""
    if not text.strip() or line.language is None:
        return
    problems = check_text(text, templates.of(line.type, line.language).rules, line.title)
    if problems:
        said = [t("catalogue.review.caution"), *(safe_text(one.message) for one in problems)]
        st.warning("  \n".join(said))


# ------------------------------------------------------------------ written again


def _under_way(desk: OpenCatalogue, line: Line) -> bool:
    """Whether the text is being written again; what became of it, when that has just ended."""
    job = job_board().find(desk.key_of(line))
    if job is None:
        return False
    if not job.wait(PATIENCE_SECONDS):
        watch(job)
        return True
    job_board().collect(job)
    try:
        job.outcome()
    except Exception as error:  # noqa: BLE001 - the earlier text stays
        show_error(error, kept=t("catalogue.review.earlier_kept"))
        return False
    st.rerun()
    return True


def _ask_again(desk: OpenCatalogue, choices: Choices, line: Line, key: str) -> None:
    problem = model_problem()
    if problem is not None:
        st.caption(problem)
        return
    st.text_area(
        t("catalogue.review.reason"), key=key, max_chars=MAX_REASON,
        placeholder=t("catalogue.review.reason_example"),
    )  # fmt: skip
    st.caption(t("catalogue.review.again_help"))
    # Never disabled: what was typed reaches the page with the press itself.
    st.button(
        t("catalogue.review.again_now"), key=f"again_{line.key}", on_click=guard(_start_again),
        args=(desk, choices, line, key),
    )  # fmt: skip


def _start_again(desk: OpenCatalogue, choices: Choices, line: Line, key: str) -> None:
    desk.write_again(choices, line, st.session_state.get(key) or "")


def _approve_many(desk: OpenCatalogue, in_view: list[Line], lines: list[Line]) -> None:
    """Approve what is on the page, or all that the filters leave."""
    here = sum(line.is_in("open") for line in in_view)
    every = sum(line.is_in("open") for line in lines)
    with st.container(horizontal=True, gap="small"):
        if here:
            st.button(
                t("catalogue.review.approve_page", count=here), key="approve_page",
                icon=":material/done_all:", on_click=guard(desk.approve), args=(in_view,),
            )  # fmt: skip
        if every > here:
            with st.popover(t("catalogue.review.approve_all", count=every, texts=f"{every:,}")):
                st.markdown(t("catalogue.review.approve_all_sure"))
                st.button(
                    t("catalogue.review.approve_all_now"), key="approve_all",
                    on_click=guard(desk.approve), args=(lines,),
                )  # fmt: skip
