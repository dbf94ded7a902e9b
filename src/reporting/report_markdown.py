"""The report as Markdown (GitHub's dialect), for wikis and pull requests."""

from __future__ import annotations

import re
from collections.abc import Sequence

from src.reporting.cells import column_cells, number
from src.reporting.formats import format_cell
from src.reporting.layout import display_names, known_columns
from src.reporting.report import ROWS_SHOWN, ReportData

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~$&])")
_LINK = re.compile(r"(?i)\b(https?|ftp|mailto)(:)|(www)(\.)")


def render_markdown(data: ReportData) -> str:
    """The whole document. Texts are escaped: none can become a link, an image or HTML."""
    parts = [f"# {markdown_text(data.question)}", markdown_text(data.interpretation)]
    if data.assumptions:
        parts.append("\n".join(f"- {markdown_text(text)}" for text in data.assumptions))
    if data.insights.insights:
        parts += [f"## {data.say('findings')}", _insights(data)]
    parts += [f"## {data.say('result')}", _table(data)]
    parts += [f"## {data.say('sql')}", _fenced(data.sql)]
    lines = (f"- {name}: {markdown_text(text)}" for name, text in data.facts_line)
    parts += [f"## {data.say('provenance')}", "\n".join(lines)]
    return "\n\n".join(part for part in parts if part) + "\n"


def markdown_text(text: str) -> str:
    """`text` as one line that Markdown shows as it is."""
    escaped = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    # An autolink needs its colon or dot; a zero-width space before it keeps the text readable.
    return _LINK.sub(lambda m: f"{m[1] or m[3]}\u200b{m[2] or m[4]}", escaped)


def _insights(data: ReportData) -> str:
    lines = []
    for insight in data.insights.insights:
        mark = f"**{data.say('caution')}:** " if insight.kind == "caution" else ""
        doubt = "" if insight.verified else f" ({data.say('unverified')})"
        lines.append(f"- {mark}{markdown_text(insight.text)}{doubt}")
    lines += [f"- {markdown_text(note)}" for note in data.insights.notes]
    return "\n".join(lines)


def _table(data: ReportData) -> str:
    known = known_columns(data.result, data.columns)
    if not len(data.result.frame):
        return data.say("no_rows")
    names = display_names(known)
    cells = [column_cells(data.result.frame, column.name)[:ROWS_SHOWN] for column in known]
    lines = [
        "| " + " | ".join(markdown_text(names[column.name]) for column in known) + " |",
        "|" + "|".join("---:" if _numeric(column) else "---" for column in cells) + "|",
    ]
    for row in zip(*cells, strict=True):
        texts = (format_cell(cell, c, data.locale) for cell, c in zip(row, known, strict=True))
        lines.append("| " + " | ".join(markdown_text(text) for text in texts) + " |")
    whole = len(data.result.frame)
    if whole > ROWS_SHOWN:
        lines.append("\n" + data.say("first_rows", shown=ROWS_SHOWN, count=whole))
    return "\n".join(lines)


def _numeric(cells: Sequence[object]) -> bool:
    return any(number(cell) is not None for cell in cells)


def _fenced(code: str) -> str:
    """A fence longer than any run of backticks inside, so that the text cannot close it."""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}sql\n{code}\n{fence}"
