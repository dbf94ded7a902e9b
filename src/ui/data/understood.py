"""What was understood of a data set: changes on reading, columns, metrics, oddities."""

from __future__ import annotations

from typing import Any

import streamlit as st

from src.data.profile import ColumnProfile, DataIssue, Dataset, TableProfile
from src.data.semantic import Aggregation, Column, Metric, Table, Unit
from src.ui.data.changes import draw_changes
from src.ui.messages import t
from src.ui.safe_text import safe_text
from src.ui.wording import day, type_words


def draw_understood(owner: str, dataset: Dataset) -> None:
    """One block a table."""
    draw_changes(owner, dataset)
    for table in dataset.model.tables:
        profile = dataset.profile.tables.get(table.name)
        if len(dataset.model.tables) > 1:
            st.subheader(safe_text(table.label or table.name), anchor=False)
        _issues(profile)
        _columns(table, profile)
        _metrics(table)


def _issues(profile: TableProfile | None) -> None:
    if profile is None or not profile.issues:
        return
    st.markdown(t("data.issues"))
    st.markdown("\n".join(f"- {_issue(issue)}" for issue in profile.issues))


def _issue(issue: DataIssue) -> str:
    text = safe_text(issue.message)
    dated = safe_text(issue.message.removesuffix("."))
    said = issue.start and (f"{issue.start:%d %b %Y}" in issue.message)
    if issue.start and issue.end and issue.start != issue.end and not said:
        return t("data.issue_period", issue=dated, first=day(issue.start), last=day(issue.end))
    return text


def _columns(table: Table, profile: TableProfile | None) -> None:
    import pandas as pd

    st.markdown(t("data.columns", count=len(table.columns)))
    rows = [
        _column_row(column, profile.columns.get(column.name) if profile else None)
        for column in table.columns
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        key=f"columns_{table.name}",
        alt=t("data.columns_alt", table=table.name),
    )


def _column_row(column: Column, profile: ColumnProfile | None) -> dict[str, Any]:
    return {
        t("data.column"): column.name,
        t("data.role"): t(f"role.{column.role.value}"),
        t("data.concept"): (column.concept or t("data.own_concept")).replace("_", " "),
        t("data.unit"): _unit(column.unit, column.currency),
        t("data.type"): type_words(column.type),
        t("data.distinct"): profile.distinct if profile else None,
        t("data.empty"): profile.nulls if profile else None,
        t("data.range"): _range(profile),
    }


def _unit(unit: Unit | None, currency: str | None) -> str:
    if unit is Unit.CURRENCY and currency:
        return currency
    return unit.value if unit else ""


def _range(profile: ColumnProfile | None) -> str:
    if profile is None:
        return ""
    if profile.values:
        return ", ".join(profile.values[:3]) + (", …" if profile.distinct > 3 else "")
    if profile.minimum is None:
        return ""
    return t("data.from_to", first=_short(profile.minimum), last=_short(profile.maximum))


def _short(value: float | str | None) -> str:
    return f"{value:,.10g}" if isinstance(value, int | float) else str(value or "")


def _metrics(table: Table) -> None:
    import pandas as pd

    st.markdown(t("data.metrics", count=len(table.metrics)))
    if not table.metrics:
        st.caption(t("data.no_metrics"))
        return
    rows = [
        {
            t("data.metric"): metric.label or metric.name,
            t("data.formula"): formula(metric),
            t("data.unit"): _unit(metric.unit, metric.currency),
            t("data.words"): ", ".join(metric.synonyms[:6]),
        }
        for metric in table.metrics
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        key=f"metrics_{table.name}",
        alt=t("data.metrics_alt", table=table.name),
    )


def formula(metric: Metric) -> str:
    """How a metric is computed over a group of rows, in one line."""
    if metric.aggregation is Aggregation.RATIO:
        scale = "" if metric.scale == 1 else f"{metric.scale:g} · "
        return f"{scale}sum({metric.numerator}) / sum({metric.denominator})"
    if metric.aggregation is Aggregation.COUNT_ROWS:
        return t("data.count_rows")
    return f"{t(f'aggregation.{metric.aggregation.value}')}({metric.numerator})"
