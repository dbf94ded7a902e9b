"""The Settings page as a whole."""

from __future__ import annotations

import streamlit as st

from src.config.settings import Settings, get_settings
from src.ui.errors import guard
from src.ui.identity import current_owner, display_name
from src.ui.messages import t
from src.ui.preferences import NUMBER_LOCALES, change_preferences, load_preferences
from src.ui.safe_text import safe_text
from src.ui.settings.changing import may_change_models
from src.ui.settings.health import draw_health
from src.ui.settings.models import draw_budgets, draw_models, draw_profile


def settings_page() -> None:
    """Numbers, keys and models as `doctor` sees them, budgets, limits, folders."""
    settings = get_settings()
    editable = may_change_models()
    _numbers()
    draw_health()
    if not editable:
        st.info(t("settings.shared"))
    draw_profile(settings, editable=editable)
    draw_models(settings, editable=editable)
    draw_budgets(settings, editable=editable)
    _limits(settings)
    _folders(settings)


def _numbers() -> None:
    from src.reporting.formats import format_value

    owner = current_owner()
    st.subheader(t("settings.numbers"), anchor=False)
    st.selectbox(
        t("settings.number_locale"),
        NUMBER_LOCALES,
        index=NUMBER_LOCALES.index(load_preferences(owner).number_locale),
        format_func=lambda locale: t(
            "settings.locale_line",
            name=t(f"locale.{locale}"),
            example=format_value(1234567.89, "currency", "USD", locale),
        ),
        key="number_locale",
        on_change=guard(_keep_locale),
        args=(owner,),
    )


def _keep_locale(owner: str) -> None:
    change_preferences(owner, number_locale=st.session_state["number_locale"])


def _limits(settings: Settings) -> None:
    st.subheader(t("settings.limits"), anchor=False)
    st.caption(t("settings.limits_lead"))
    lines = [
        (t("settings.timeout"), f"{settings.query_timeout_seconds:g} s", "QUERY_TIMEOUT_SECONDS"),
        (t("settings.rows"), f"{settings.query_row_limit:,}", "QUERY_ROW_LIMIT"),
        (t("settings.memory"), f"{settings.query_memory_mb:,} MB", "QUERY_MEMORY_MB"),
        (t("settings.workers"), f"{settings.query_workers}", "QUERY_WORKERS"),
        (t("settings.upload"), f"{settings.upload_max_mb:,} MB", "UPLOAD_MAX_MB"),
    ]
    st.markdown(
        "\n".join(
            f"- {t('settings.limit_line', name=name, value=value, variable=f'`{variable}`')}"
            for name, value, variable in lines
        )
    )


def _folders(settings: Settings) -> None:
    st.subheader(t("settings.folders"), anchor=False)
    st.caption(t("settings.home", variable="CAMPAIGN_ANALYST_HOME"))
    st.code(str(settings.campaign_analyst_home), language=None, wrap_lines=True)
    st.markdown(t("settings.rows_shared") if settings.llm_share_rows else t("settings.rows_kept"))
    st.caption(t("settings.who", name=safe_text(display_name())))
