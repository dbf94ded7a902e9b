"""A small table to read, not to work with: real HTML, wrapped text, and scrolling by keyboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from src.ui.safe_text import safe_html


def draw_plain_table(rows: Sequence[Mapping[str, str]], title: str) -> None:
    """Rows of plain text under the names of their columns.

    Args:
        title: what the table is, for those who do not see it.
    """
    if not rows:
        return
    head = "".join(f'<th scope="col">{safe_html(name)}</th>' for name in rows[0])
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    st.html(
        f'<div class="ca-table" role="region" tabindex="0" aria-label="{safe_html(title)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(row: Mapping[str, str]) -> str:
    return "".join(f"<td>{safe_html(text)}</td>" for text in row.values())
