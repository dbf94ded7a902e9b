"""What commands say to people: readings, SQL with its cautions, tables, insights."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from src.query_engine.drafts import Clarification, OutputColumn, SqlDraft

if TYPE_CHECKING:
    from src.data.result import QueryResult
    from src.workflow.session import AnalysisSession

ROW_LIMIT: Final = 50
_CELL_LIMIT: Final = 40
_WIDTH: Final = 100


def heading(session: AnalysisSession) -> str:
    """The question and the data it is asked of."""
    data = session.dataset
    note = " (synthetic sample)" if data.synthetic else ""
    return f"Question: {line(session.question)}\nData: {line(data.name)}{note}"


def readings(clarification: Clarification) -> str:
    """The readings with their numbers, confidences and assumptions."""
    lines = ["Readings:"]
    for index, item in enumerate(clarification.interpretations):
        lines.append(f"  [{index}] {item.confidence:.0%}  {line(item.text)}")
        lines += [f"        - {line(text)}" for text in item.assumptions]
    if clarification.not_understood:
        lines.append("Not understood: " + ", ".join(map(line, clarification.not_understood)))
    lines += [f"Note: {line(note)}" for note in clarification.notes]
    return "\n".join(lines)


def reading(session: AnalysisSession) -> str:
    """The reading that was answered, with what it assumes."""
    chosen = session.chosen
    if chosen is None:
        return ""
    return "\n".join(
        [f"Reading: {line(chosen.text)}", *(f"  - {line(text)}" for text in chosen.assumptions)]
    )


def refusal(clarification: Clarification) -> str:
    """Why there is no answer, and what can be asked instead."""
    refused = clarification.refusal
    if refused is None:
        return "No reading of this question was found."
    lines = [f"This cannot be answered: {line(refused.reason)}"]
    if refused.nearest:
        lines.append("You can ask:")
        lines += [f"  - {line(question)}" for question in refused.nearest]
    return "\n".join(lines)


def draft(sql_draft: SqlDraft, badge: str, index: int | None) -> str:
    """The SQL to review, with everything a reviewer should know."""
    of = "" if index is None else f" of reading [{index}]"
    lines = [
        f"SQL{of} ({badge}, by {sql_draft.engine}):",
        textwrap.indent(_block(sql_draft.sql), "  "),
    ]
    lines += [f"  {line(text)}" for text in sql_draft.explanation]
    if sql_draft.disagreement:
        lines.append(f"Differs from the rule-based SQL: {line(sql_draft.disagreement)}")
    lines += [f"{lint.severity.capitalize()}: {line(lint.message)}" for lint in sql_draft.lints]
    if sql_draft.guard.allowed:
        lines.append("Guard: allowed")
    else:
        lines += [f"Guard: refused, {line(r.message)}" for r in sql_draft.guard.reasons]
    return "\n".join(lines)


def table(result: QueryResult, columns: tuple[OutputColumn, ...], locale: str = "en") -> str:
    """The first rows with aligned columns, and how many there are.

    Args:
        locale: of numbers and dates; the question's language.
    """
    from src.reporting.formats import format_cell, format_value

    meanings = {column.name: column for column in columns}
    shown = result.frame.head(ROW_LIMIT)
    cells: list[list[str]] = []
    right: list[bool] = []
    for position, column in enumerate(result.columns):
        meaning = meanings.get(column.name)
        values = shown.iloc[:, position]
        texts = [
            format_cell(value, meaning, locale) if meaning else format_value(value, locale=locale)
            for value in values
        ]
        cells.append([_cut(meaning.label if meaning else column.name), *map(_cut, texts)])
        right.append(meaning is not None and meaning.kind not in {"dimension", "time"})
    widths = [max(map(len, column)) for column in cells]
    rows = [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in zip(*cells, strict=True)
    ]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([rows[0], rule, *rows[1:], _counted(result)])


def insights(session: AnalysisSession) -> str:
    """The findings and cautions, most important first."""
    report = session.report_insights
    if report is None or not report.insights:
        return "Insights: none for this result."
    lines = ["Insights:"]
    for item in report.insights:
        mark = "Caution: " if item.kind == "caution" else ""
        doubt = "" if item.verified else " (not verified)"
        lines.append(
            textwrap.fill(
                f"{mark}{line(item.text)}{doubt}",
                _WIDTH,
                initial_indent="  - ",
                subsequent_indent="    ",
            )
        )
    return "\n".join(lines)


def _counted(result: QueryResult) -> str:
    rows = f"{result.row_count:,} row{'' if result.row_count == 1 else 's'}"
    if result.truncated:
        rows += " fetched, the query has more"
    if result.row_count > ROW_LIMIT:
        rows += f", the first {ROW_LIMIT} shown (--json has all)"
    read = "" if result.rows_read is None else f", {result.rows_read:,} rows read"
    lines = [f"{rows}, {result.seconds:.2f} s{read}"]
    lines += [f"Caution: {line(text)}" for text in result.cautions]
    return "\n".join(lines)


def _cut(text: str) -> str:
    text = line(text)
    return text if len(text) <= _CELL_LIMIT else text[: _CELL_LIMIT - 1] + "…"


def line(text: str) -> str:
    """`text` on one line and without control characters, so that data cannot drive a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


def _block(text: str) -> str:
    """`text` with its line breaks, and what could drive a terminal made visible."""
    return "".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in text)
