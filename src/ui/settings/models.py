"""Which model serves which task, the profile, and budgets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, Literal

import streamlit as st

from src.config.settings import Settings
from src.llm.types import TaskType
from src.ui.messages import t
from src.ui.safe_text import safe_text
from src.ui.settings.changing import change_models, show_saved
from src.ui.wording import dollars, engine_words, task_words

_ACTIONS: Final[tuple[Literal["offline", "downgrade", "stop"], ...]] = (
    "offline",
    "downgrade",
    "stop",
)


def draw_profile(settings: Settings, *, editable: bool) -> None:
    """The profile in use, and a choice of the others."""
    from src.config.models_override import set_profile
    from src.llm.router import get_router

    st.subheader(t("settings.models"), anchor=False)
    show_saved()
    models = get_router().models
    fixed = settings.llm_profile is not None
    picked = st.selectbox(
        t("settings.profile"),
        models.profiles,
        index=models.profiles.index(models.profile),
        key=f"profile_{models.profile}",
        disabled=fixed or not editable,
        help=t("settings.profile_fixed") if fixed else t("settings.profile_help"),
    )
    if picked is not None and picked != models.profile and editable and not fixed:
        change_models(lambda: set_profile(settings, picked))


def draw_models(settings: Settings, *, editable: bool) -> None:
    """Who serves each task, and a swap of one task's model."""
    import pandas as pd

    from src.llm.experiments import missing_providers
    from src.llm.router import get_router
    from src.llm.status import task_map

    rows = task_map(get_router())
    st.dataframe(
        pd.DataFrame([_task_row(row) for row in rows]),
        hide_index=True,
        width="stretch",
        key="task_map",
        height="content",
        alt=t("settings.models"),
    )
    router = get_router()
    for task, experiment in router.models.running.items():
        if missing_providers(experiment, router.endpoints):
            continue
        arms = t("settings.and").join(safe_text(arm.deployment.id) for arm in experiment.arms)
        st.info(t("settings.experiment", task=task_words(task.value), arms=arms))
    if editable:
        _swap(settings, rows)


def _task_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        t("usage.task"): task_words(row["task"]),
        t("settings.serving"): engine_words(row["serving"]),
        t("settings.chain"): " → ".join(entry["model"] for entry in row["chain"]),
        t("settings.effort"): row["effort"] or "",
    }


def _swap(settings: Settings, rows: list[dict[str, Any]]) -> None:
    from src.config.models_override import swap_model

    known = sorted({entry["deployment"] for row in rows for entry in row["chain"]})
    with st.expander(t("settings.swap")), st.form("swap_model", border=False):
        task = st.selectbox(
            t("usage.task"), [row["task"] for row in rows], format_func=task_words, key="swap_task"
        )
        model = st.selectbox(
            t("usage.model"),
            known,
            index=None,
            accept_new_options=True,
            placeholder=t("settings.swap_default"),
            key="swap_model_name",
            help=t("settings.swap_help"),
        )
        if st.form_submit_button(t("settings.swap_save")) and task is not None:
            change_models(lambda: swap_model(settings, TaskType(task), model))


def draw_budgets(settings: Settings, *, editable: bool) -> None:
    """Budgets for an analysis and a day, and what happens when one is spent."""
    from src.config.models_override import set_budget, set_limit_action
    from src.llm.router import get_router
    from src.llm.usage import limits_of

    limits = limits_of(get_router().models, settings)
    st.subheader(t("settings.budgets"), anchor=False)
    st.caption(t("settings.budgets_lead", warn=f"{limits.warn_at:.0%}"))
    if not editable:
        st.markdown(_budget_lines(limits.session, limits.day))
        return
    with st.form("budgets"):
        session = _amount(t("settings.session_budget"), limits.session, "budget_session")
        day = _amount(t("settings.day_budget"), limits.day, "budget_day")
        action = st.radio(
            t("settings.at_limit"),
            _ACTIONS,
            index=_ACTIONS.index(limits.at_limit),
            format_func=lambda name: t(f"settings.action.{name}"),
            key="budget_action",
        )
        saved = st.form_submit_button(t("settings.save_budgets"), type="primary")
    for variable, value in (
        ("LLM_SESSION_BUDGET_USD", settings.llm_session_budget_usd),
        ("LLM_DAY_BUDGET_USD", settings.llm_day_budget_usd),
    ):
        if value is not None:
            st.caption(t("settings.budget_fixed", variable=f"`{variable}`"))
    if saved:

        def save() -> None:
            if settings.llm_session_budget_usd is None:
                set_budget(settings, "session", session)
            if settings.llm_day_budget_usd is None:
                set_budget(settings, "day", day)
            set_limit_action(settings, action or "offline")

        change_models(save)


def _amount(label: str, value: Decimal | None, key: str) -> Decimal | None:
    given = st.number_input(
        label,
        min_value=0.0,
        value=None if value is None else float(value),
        step=0.5,
        format="%.2f",
        placeholder=t("settings.no_budget"),
        key=key,
    )
    return None if given is None else Decimal(f"{given:.2f}")


def _budget_lines(session: Decimal | None, day: Decimal | None) -> str:
    none = t("settings.no_budget")
    return "\n".join(
        f"- {name}: {safe_text(dollars(value)) if value is not None else none}"
        for name, value in (
            (t("settings.session_budget"), session),
            (t("settings.day_budget"), day),
        )
    )
