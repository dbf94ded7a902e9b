"""The ledger as a table to filter and to take along: every attempt of every call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from src.ui.messages import t
from src.ui.safe_text import safe_text
from src.ui.usage.tables import draw_table
from src.ui.wording import engine_words, outcome_words, task_words

if TYPE_CHECKING:
    from src.llm.ledger import Ledger
    from src.llm.usage_book import BookFilter

_PAGE_CALLS: Final = 100
_EXPORT_CALLS: Final = 50_000


def draw_book(user: str, since: dt.datetime | None) -> None:
    """Filters, the matching calls a page at a time, and all of them as a file."""
    from src.llm.router import get_router
    from src.llm.usage_book import BookFilter, names_in_book, read_book

    ledger = get_router().ledger
    mine = BookFilter(user=user, since=since)
    tasks, models = names_in_book(ledger, mine)
    if not tasks:
        st.info(t("usage.empty"))
        return
    which = _filters(mine, tasks, models)
    found = read_book(ledger, which, limit=_PAGE_CALLS, offset=_offset(which))
    if not found.calls:
        st.info(t("book.none"))
        return
    st.caption(t("book.count", count=found.calls, calls=f"{found.calls:,}"))
    draw_table([_row(row) for row in found.rows], "book", t("usage.sections.calls"))
    pages = -(-found.calls // _PAGE_CALLS)
    if pages > 1:
        st.pagination(pages, key=_page_key(which))
    _downloads(ledger, which)


def _filters(mine: BookFilter, tasks: list[str], models: list[str]) -> BookFilter:
    import dataclasses

    from src.llm.usage_book import KINDS

    left, right = st.columns(2)
    with left:
        chosen_tasks = st.multiselect(
            t("usage.task"),
            tasks,
            format_func=task_words,
            key="book_tasks",
            placeholder=t("book.all"),
        )
        kind = st.selectbox(
            t("book.kind"),
            [None, *KINDS],
            format_func=lambda name: t(f"book.kinds.{name}") if name else t("book.all"),
            key="book_kind",
        )
    with right:
        chosen_models = st.multiselect(
            t("usage.model"),
            models,
            format_func=lambda name: safe_text(engine_words(name)),
            key="book_models",
            placeholder=t("book.all"),
        )
        text = st.text_input(
            t("book.text"), key="book_text", placeholder=t("book.text_help"), max_chars=128
        )
    return dataclasses.replace(
        mine,
        tasks=tuple(chosen_tasks),
        models=tuple(chosen_models),
        kind=kind,
        text=text or "",
    )


def _page_key(which: BookFilter) -> str:
    """Another filter starts at its first page."""
    return f"book_page_{hash(which) & 0xFFFFFFFF:x}"


def _offset(which: BookFilter) -> int:
    return (int(st.session_state.get(_page_key(which)) or 1) - 1) * _PAGE_CALLS


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        t("usage.at"): row["started_at"],
        t("usage.task"): task_words(row["task"]),
        t("book.attempt"): t("book.of", number=row["number"], of=row["of"]),
        t("usage.model"): engine_words(row["model"]),
        t("usage.outcome"): outcome_words(row["error"] or row["outcome"], row["kind"]),
        t("usage.seconds"): row["seconds"],
        t("usage.cost"): None if row["cost"] is None else float(row["cost"]),
        t("usage.tokens_in"): row["input_tokens"],
        t("usage.tokens_out"): row["output_tokens"],
        t("book.detail"): row["detail"] or "",
        t("book.arm"): row["arm"] or "",
        t("book.analysis"): row["session"] or "",
    }


def _downloads(ledger: Ledger, which: BookFilter) -> None:
    from src.ui.usage.export import book_as_csv, book_as_xlsx

    def rows() -> list[dict[str, Any]]:
        from src.llm.usage_book import read_book

        return read_book(ledger, which, limit=_EXPORT_CALLS).rows

    with st.container(horizontal=True, gap="small", key="book_downloads"):
        _button("CSV", "text/csv", lambda: book_as_csv(rows()))
        _button(
            "XLSX",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            lambda: book_as_xlsx(rows()),
        )
    st.caption(t("book.export", limit=f"{_EXPORT_CALLS:,}"))


def _button(label: str, mime: str, make: Callable[[], bytes]) -> None:
    name = f"model-calls.{label.lower()}"
    st.download_button(
        label,
        data=make,
        file_name=name,
        mime=mime,
        icon=":material/download:",
        help=t("result.download_help", file=name),
        on_click="ignore",
        key=f"book_{label.lower()}",
    )
