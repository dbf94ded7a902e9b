"""What stands out, each number a click away from the cells it was computed from."""

from __future__ import annotations

from typing import Final

import streamlit as st

from src.data.result import QueryResult
from src.insights.facts import CellRef, Fact, Insight, InsightReport
from src.query_engine.drafts import OutputColumn
from src.ui.errors import guard
from src.ui.messages import t
from src.ui.safe_text import safe_text
from src.ui.wording import engine_words

_CELLS_LISTED: Final = 12
_OPEN = "_open_finding"


def draw_headline(
    session_id: str,
    report: InsightReport,
    result: QueryResult,
    columns: tuple[OutputColumn, ...],
    locale: str,
) -> bool:
    """The first finding as the answer's sentence, with its cells; False when there is none."""
    first = _findings(report)[:1]
    for position in first:
        _finding(session_id, report, position, result, columns, locale=locale)
    return bool(first)


def draw_findings(
    session_id: str,
    report: InsightReport,
    result: QueryResult,
    columns: tuple[OutputColumn, ...],
    locale: str,
) -> None:
    """The findings after the headline, with a button each that shows and marks their cells."""
    found = _findings(report)
    if not found:
        return
    further = found[1:]
    if further:
        st.subheader(t("findings.title"), anchor=False)
    st.caption(t("findings.by", engine=safe_text(engine_words(report.engine))))
    for position in further:
        _finding(session_id, report, position, result, columns, locale=locale)


def highlighted_cells(session_id: str, report: InsightReport | None) -> frozenset[tuple[int, str]]:
    """The cells of the finding that is open, to be marked in the table."""
    opened = _opened(session_id)
    if report is None or opened is None or opened >= len(report.insights):
        return frozenset()
    facts = (report.fact(fact_id) for fact_id in report.insights[opened].facts)
    return frozenset((cell.row, cell.column) for fact in facts if fact for cell in fact.cells)


def _findings(report: InsightReport) -> list[int]:
    """Positions of the findings among the insights, most important first."""
    return [i for i, insight in enumerate(report.insights) if insight.kind == "finding"]


def _finding(
    session_id: str,
    report: InsightReport,
    position: int,
    result: QueryResult,
    columns: tuple[OutputColumn, ...],
    *,
    locale: str,
) -> None:
    insight, opened = report.insights[position], _opened(session_id) == position
    with st.container(key=f"finding_{position}", gap="small"):
        left, right = st.columns([5, 1], vertical_alignment="center")
        left.markdown(_text(insight))
        if insight.facts:
            right.button(
                t("findings.hide") if opened else t("findings.show"),
                key=f"cells_{session_id}_{position}",
                help=t("findings.show_help"),
                on_click=guard(_toggle),
                args=(session_id, position),
                width="stretch",
            )
        if opened:
            _evidence(insight, report, result, columns, locale)


def _text(insight: Insight) -> str:
    text = safe_text(insight.text)
    return text if insight.verified else t("findings.unverified", text=text)


def _opened(session_id: str) -> int | None:
    opened: tuple[str, int] | None = st.session_state.get(_OPEN)
    return opened[1] if opened is not None and opened[0] == session_id else None


def _toggle(session_id: str, position: int) -> None:
    if _opened(session_id) == position:
        del st.session_state[_OPEN]
    else:
        st.session_state[_OPEN] = (session_id, position)


def _evidence(
    insight: Insight,
    report: InsightReport,
    result: QueryResult,
    columns: tuple[OutputColumn, ...],
    locale: str,
) -> None:
    from src.reporting.formats import format_value

    with st.container(border=True, key="evidence"):
        for fact_id in insight.facts:
            fact = report.fact(fact_id)
            if fact is None:
                continue
            value = format_value(fact.value, fact.unit, fact.currency, locale)
            how = safe_text(fact.formula or fact.kind)
            st.markdown(t("findings.fact", value=safe_text(value), how=how))
            _cells(fact, result, columns, locale)


def _cells(fact: Fact, result: QueryResult, columns: tuple[OutputColumn, ...], locale: str) -> None:
    lines = [
        line
        for cell in fact.cells[:_CELLS_LISTED]
        if (line := _cell_line(cell, result, columns, locale)) is not None
    ]
    more = len(fact.cells) - len(lines)
    if more > 0 and lines:
        lines.append(t("findings.more_cells", count=more))
    if lines:
        st.markdown("\n".join(f"- {line}" for line in lines))


def _cell_line(
    cell: CellRef, result: QueryResult, columns: tuple[OutputColumn, ...], locale: str
) -> str | None:
    from src.reporting.formats import format_cell

    column = next((c for c in columns if c.name == cell.column), None)
    if column is None or cell.column not in result.frame.columns:
        return None
    if not 0 <= cell.row < len(result.frame):
        return None
    row = result.frame.iloc[cell.row]
    names = [
        format_cell(row[c.name], c, locale)
        for c in columns
        if c.kind in ("dimension", "time") and c.name in result.frame.columns
    ]
    return t(
        "findings.cell",
        row=cell.row + 1,
        of=safe_text(", ".join(names)),
        column=safe_text(column.label or column.name),
        value=safe_text(format_cell(row[cell.column], column, locale)),
    )
