"""What `python -m src doctor` finds: keys, addresses, prices, and how long models will live.

Providers are asked only when the button is clicked; else files and the SDKs' tables are read. Both
take a moment, as SDKs are loaded for their tables, so they run as a job beside the page.
"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from src.ui.errors import show_error
from src.ui.identity import current_owner
from src.ui.jobs import Job, job_board
from src.ui.messages import has, t
from src.ui.plain_table import draw_plain_table
from src.ui.safe_text import safe_text
from src.ui.waiting import watch
from src.ui.wording import task_words

_FOUND: Final = "_doctor"
_PATIENCE_SECONDS: Final = 0.5


def draw_health() -> None:
    """Providers, models and what to do, with a button that asks the providers."""
    st.subheader(t("health.title"), anchor=False)
    found = _found()
    if isinstance(found, Job):
        watch(found)
        return
    if found is None:
        return
    _table(t("health.providers"), [_provider(row) for row in found["providers"]])
    _table(t("health.models"), [_model(row) for row in found["models"]])
    notes = [*_ends(found["models"]), *_problems(found["providers"])]
    if notes:
        st.warning("\n".join(f"- {note}" for note in notes))
    elif found["asked"]:
        st.success(t("health.well"))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(t("health.ask"), key="ask_providers", icon=":material/network_check:"):
            st.session_state.pop(_FOUND, None)
            _start(ask=True)
            st.rerun()
        st.caption(t("health.ask_help"))
    st.caption(t("settings.keys_lead"))


def _ends(models: list[dict[str, Any]]) -> list[str]:
    """A line for each model that is retired, has 60 days or less, or is not served."""
    return [
        t(
            f"health.ends_by.{'not_served' if row['life'] == 'ok' else row['life']}",
            model=safe_text(row["model"]),
            day=row["retires"] or "–",
            tasks=", ".join(task_words(task) for task in row["tasks"]),
        )
        for row in models
        if row["life"] != "ok" or row["served"] is False
    ]


def _problems(providers: list[dict[str, Any]]) -> list[str]:
    return [safe_text(row["problem"]) for row in providers if row["problem"]]


def _found() -> dict[str, Any] | Job | None:
    """The last examination of this map and these keys, or the job that is at one."""
    from src.llm.router import get_router

    job = job_board().find(_key())
    if job is None:
        kept = st.session_state.get(_FOUND)
        if kept is not None and kept[0] is get_router():
            found: dict[str, Any] = kept[1]
            return found
        job = _start(ask=False)
    if not job.wait(_PATIENCE_SECONDS):
        return job
    job_board().collect(job)
    try:
        router, found = job.outcome()
    except Exception as error:  # noqa: BLE001 - shown in its place
        show_error(error)
        return None
    st.session_state[_FOUND] = (router, found)
    return found


def _start(*, ask: bool) -> Job:
    def examine_now(_: object) -> Any:
        from src.llm.doctor import examine
        from src.llm.router import get_router

        router = get_router()
        return router, {**examine(router, ask=ask), "asked": ask}

    return job_board().start(_key(), "ask_providers" if ask else "examine", examine_now)


def _key() -> tuple[str, ...]:
    return (current_owner(), "doctor")


def _table(title: str, rows: list[dict[str, str]]) -> None:
    st.markdown(f"**{title}**")
    draw_plain_table(rows, title)


def _provider(row: dict[str, Any]) -> dict[str, str]:
    return {
        t("health.provider"): provider_words(row["provider"]),
        t("health.key"): _key_words(row),
        t("health.address"): row["address"] or "–",
        t("health.reachable"): _yes_no(row["reachable"]),
    }


def _key_words(row: dict[str, Any]) -> str:
    if row["missing"]:
        wanted = t("settings.or").join(row["missing"])
        return t("health.key_missing", variable=wanted)
    if row["key_in"] is None:
        return t("health.key_not_needed")
    words = {True: "health.key_works", False: "health.key_rejected", None: "health.key_found"}
    return t(words[row["key_works"]], variable=row["key_in"])


def _model(row: dict[str, Any]) -> dict[str, str]:
    last = t("health.no_end")
    if row["retires"]:
        last = t("health.last_day", day=row["retires"], source=t(f"health.from.{row['says_so']}"))
    return {
        t("usage.model"): row["model"],
        t("health.price"): t("health.known") if row["priced"] else t("health.unknown"),
        t("health.ends"): last,
        t("health.life"): t(f"health.lives.{row['life']}"),
        t("health.served"): _yes_no(row["served"]),
        t("health.used_for"): ", ".join(task_words(task) for task in row["tasks"]),
    }


def provider_words(name: str) -> str:
    """A provider as people call it."""
    key = f"provider.{name}"
    return t(key) if has(key) else name


def _yes_no(value: bool | None) -> str:
    return {True: t("health.yes"), False: t("health.no"), None: t("health.not_asked")}[value]
