"""Step 2: which texts are written, and what is asked for each, with a preview on real products."""

from __future__ import annotations

import copy
from itertools import islice
from typing import Any, Final

import streamlit as st

from src.catalogue.job import CatalogueJob
from src.catalogue.tasks import make_task
from src.catalogue.templates import ContentType, Templates, edited_templates
from src.catalogue.values import Copy, CopyTask, Language, Product
from src.errors import ConfigError
from src.ui.catalogue.desk import OpenCatalogue, templates_of
from src.ui.catalogue.shelf import Choices
from src.ui.catalogue.shown import readable
from src.ui.catalogue.stepper import next_button
from src.ui.catalogue.words import (
    language_words,
    model_problem,
    price,
    route_words,
    type_words,
    why_offline,
)
from src.ui.errors import guard, show_error
from src.ui.jobs import job_board
from src.ui.messages import t
from src.ui.safe_text import safe_text
from src.ui.waiting import PATIENCE_SECONDS, watch

_PREVIEWED: Final = 3
_FIELDS: Final = ("prompt", "system", "offline")
_BOUNDS: Final = ("min_chars", "max_chars")


def texts_step(desk: OpenCatalogue) -> None:
    """Content types, their templates, and three products filled in."""
    st.subheader(t("catalogue.texts.title"), anchor=False)
    choices = desk.catalogue.choices()
    problem: ConfigError | None = None
    shipped = edited_templates(None, {})
    try:
        templates = templates_of(choices)
    except ConfigError as error:
        problem, templates = error, shipped
    _choose_types(desk, choices, shipped)
    if choices.types:
        name, language = _which(desk, choices)
        _editor(desk, choices, shipped.of(name, language))
        if problem is not None:
            show_error(problem)
        else:
            _preview(desk, choices, templates, name, language)
    else:
        st.warning(t("catalogue.texts.none"))
    next_button(
        t("catalogue.texts.next"), "price", disabled=problem is not None or not choices.types
    )


def _choose_types(desk: OpenCatalogue, choices: Choices, shipped: Templates) -> None:
    key = f"catalogue_types_{desk.catalogue.id}"

    def keep() -> None:
        picked = st.session_state[key] or []
        desk.catalogue.choose(types=tuple(name for name in shipped.names if name in picked))

    st.pills(
        t("catalogue.texts.types"),
        shipped.names,
        selection_mode="multi",
        default=[name for name in choices.types if name in shipped.names],
        format_func=type_words,
        key=key,
        on_change=guard(keep),
    )


def _which(desk: OpenCatalogue, choices: Choices) -> tuple[str, Language]:
    """The content type and the language that are edited and previewed."""
    languages: list[Language] = list(desk.catalogue.languages)
    name, language = choices.types[0], languages[0]
    with st.container(horizontal=True, gap="medium"):
        if len(choices.types) > 1:
            name = st.segmented_control(
                t("catalogue.texts.shown"),
                choices.types,
                default=name,
                required=True,
                format_func=type_words,
                key=f"catalogue_shown_{'_'.join(choices.types)}",
            ) or name  # fmt: skip
        if len(languages) > 1:
            language = st.segmented_control(
                t("catalogue.texts.language"),
                languages,
                default=language,
                required=True,
                format_func=language_words,
                key="catalogue_language",
            ) or language  # fmt: skip
    return name, language


# ------------------------------------------------------------------ editor


def _editor(desk: OpenCatalogue, choices: Choices, shipped: ContentType) -> None:
    name, language = shipped.name, shipped.language
    with st.expander(t("catalogue.texts.edit", type=type_words(name)), icon=":material/edit:"):
        st.caption(t("catalogue.texts.placeholders"))
        for field in _FIELDS:
            key = _key(desk, name, language, field)
            st.text_area(
                t(f"catalogue.texts.{field}"),
                value=_value(choices, name, language, field),
                height="content",
                help=t(f"catalogue.texts.{field}_help"),
                key=key,
                on_change=guard(_edit),
                args=(desk, name, language, field),
            )
        left, right = st.columns(2)
        for place, field in zip((left, right), _BOUNDS, strict=True):
            place.number_input(
                t(f"catalogue.texts.{field}"),
                min_value=0,
                max_value=20_000,
                value=int(_value(choices, name, None, field) or 0),
                help=t("catalogue.texts.bound_help"),
                key=_key(desk, name, None, field),
                on_change=guard(_edit),
                args=(desk, name, None, field),
            )
        st.text_area(
            t("catalogue.texts.forbidden"),
            value="\n".join(_value(choices, name, language, "forbidden") or ()),
            height="content",
            help=t("catalogue.texts.forbidden_help"),
            key=_key(desk, name, language, "forbidden"),
            on_change=guard(_edit),
            args=(desk, name, language, "forbidden"),
        )
        st.button(
            t("catalogue.texts.reset"),
            key="catalogue_reset",
            icon=":material/undo:",
            disabled=name not in choices.edits,
            on_click=guard(_reset),
            args=(desk, name),
        )


def _key(desk: OpenCatalogue, name: str, language: Language | None, field: str) -> str:
    # A template that was put back gets new fields: old ones would keep what was typed.
    turn = st.session_state.get(_resets(desk, name), 0)
    return f"template_{desk.catalogue.id}_{name}_{language or 'all'}_{field}_{turn}"


def _resets(desk: OpenCatalogue, name: str) -> str:
    return f"_catalogue_resets_{desk.catalogue.id}_{name}"


def _value(choices: Choices, name: str, language: Language | None, field: str) -> Any:
    """The field as it is edited, or as it is shipped."""
    edited = choices.edits.get(name, {})
    own = edited if language is None else edited.get(language, {})
    return own[field] if field in own else _shipped(name, language, field)


def _shipped(name: str, language: Language | None, field: str) -> Any:
    import tomllib

    from src.catalogue.templates import SHIPPED

    raw = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))[name]
    value = (raw if language is None else raw[language]).get(field)
    return value.strip("\n") if isinstance(value, str) else value


def _edit(desk: OpenCatalogue, name: str, language: Language | None, field: str) -> None:
    """Keep one field of a template; as it is shipped is no edit."""
    value: Any = st.session_state[_key(desk, name, language, field)]
    if field == "forbidden":
        value = [line.strip() for line in (value or "").splitlines() if line.strip()]
    elif field in _FIELDS:
        value = value or ""
    edits: dict[str, Any] = copy.deepcopy(dict(desk.catalogue.choices().edits))
    of_type = edits.setdefault(name, {})
    place = of_type if language is None else of_type.setdefault(language, {})
    if value == (_shipped(name, language, field) or type(value)()):
        place.pop(field, None)
    else:
        place[field] = value
    if language is not None and not place:
        del of_type[language]
    if not of_type:
        del edits[name]
    desk.catalogue.choose(edits=edits)


def _reset(desk: OpenCatalogue, name: str) -> None:
    edits = dict(desk.catalogue.choices().edits)
    edits.pop(name, None)
    desk.catalogue.choose(edits=edits)
    key = _resets(desk, name)
    st.session_state[key] = st.session_state.get(key, 0) + 1


# ------------------------------------------------------------------ preview


def _preview(
    desk: OpenCatalogue, choices: Choices, templates: Templates, name: str, language: Language
) -> None:
    tasks = [make_task(one, templates.of(name, language)) for one in _three(desk, language)]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(t("catalogue.texts.preview"))
        if desk.catalogue.languages[language] > _PREVIEWED:
            st.button(
                t("catalogue.texts.others"), key="catalogue_others", type="tertiary",
                icon=":material/shuffle:", on_click=_turn, args=(desk, language),
            )  # fmt: skip
    job = desk.job(choices)
    for tab, task in zip(st.tabs([safe_text(one.title, 32) for one in tasks]), tasks, strict=True):
        with tab:
            route = job.client.plan(task)
            asked = t("catalogue.texts.asked", model=safe_text(route.chain[0]),
                      why=safe_text(route_words(route.reason)))  # fmt: skip
            st.caption(asked)
            entry = desk.journal.find(job.keys.of(task))
            if entry is not None and entry.copy is not None and _is_written(desk, job, task):
                st.caption(_written(entry.copy))
                with st.container(border=True):
                    st.markdown(readable(entry.copy.text))
            elif entry is not None and entry.copy is not None and model_problem() is None:
                st.warning(t("catalogue.texts.by_template", why=why_offline(entry)))
            elif entry is not None and entry.reasons:
                st.warning(safe_text(" ".join(entry.reasons), 600))
            st.caption(t("catalogue.texts.asked_title"))
            st.code(task.prompt, language=None, wrap_lines=True)
            st.caption(t("catalogue.texts.offline_title"))
            with st.container(border=True):
                st.markdown(readable(task.offline_text or ""))
    if model_problem() is None:
        _try(desk, choices, [one for one in tasks if not _is_written(desk, job, one)])


def _written(made: Copy) -> str:
    """Who wrote it, and why not the model that is asked first."""
    values = {"model": safe_text(made.model), "cost": safe_text(price(made.cost))}
    if not made.failed_over:
        return t("catalogue.texts.written", **values)
    why = t(f"catalogue.review.over.{made.failed_over}")
    return t("catalogue.texts.written_over", **values, why=why)


def _is_written(desk: OpenCatalogue, job: CatalogueJob, task: CopyTask) -> bool:
    entry = desk.journal.find(job.keys.of(task))
    return entry is not None and entry.copy is not None and entry.copy.engine == "model"


def _try(desk: OpenCatalogue, choices: Choices, tasks: list[CopyTask]) -> None:
    """Write the three now: the surest preview, and kept for the run."""
    key = desk.key("catalogue_run")
    job = job_board().find(key)
    if job is not None and not job.wait(PATIENCE_SECONDS):
        watch(job, cancellable=True)
        return
    if job is not None:
        job_board().collect(job)
        try:
            job.outcome()
        except Exception as error:  # noqa: BLE001 - shown in its place
            show_error(error)
        else:
            st.rerun()
    if not tasks:
        return
    st.button(
        t("catalogue.texts.try", count=len(tasks)),
        key="catalogue_try",
        icon=":material/play_arrow:",
        help=t("catalogue.texts.try_help"),
        on_click=guard(_start_try),
        args=(desk, choices, tasks),
    )


def _start_try(desk: OpenCatalogue, choices: Choices, tasks: list[CopyTask]) -> None:
    desk.start(choices, only=tasks)


def _three(desk: OpenCatalogue, language: Language) -> list[Product]:
    """Three products of a language, the next ones after each turn."""
    start = st.session_state.get(_turns(desk, language), 0) * _PREVIEWED
    start %= max(1, desk.catalogue.languages[language])
    own = (product for product in desk.catalogue.products if product.language == language)
    return list(islice(own, start, start + _PREVIEWED))


def _turn(desk: OpenCatalogue, language: Language) -> None:
    key = _turns(desk, language)
    st.session_state[key] = st.session_state.get(key, 0) + 1


def _turns(desk: OpenCatalogue, language: Language) -> str:
    return f"_catalogue_turn_{desk.catalogue.id}_{language}"
