"""Rows of the ledger as files, by the rules that results are written by."""

from __future__ import annotations

from typing import Any, Final

from src.data.result import QueryResult, ResultColumn
from src.query_engine.drafts import OutputColumn
from src.ui.messages import t

_COLUMNS: Final = (
    "started_at", "call_id", "number", "of", "task", "session", "kind", "provider", "deployment",
    "model", "outcome", "error", "detail", "seconds", "input_tokens", "cached_input_tokens",
    "cache_write_tokens", "output_tokens", "reasoning_tokens", "cost", "fallback", "experiment",
    "arm", "profile",
)  # fmt: skip
_LABELS: Final = {"started_at": "started_at_utc", "cost": "cost_usd"}


def book_as_csv(rows: list[dict[str, Any]]) -> bytes:
    """One line an attempt; times in UTC, costs in dollars with all their digits."""
    from src.reporting.exports import to_csv

    return to_csv(*_table(rows))


def book_as_xlsx(rows: list[dict[str, Any]]) -> bytes:
    """The same as a workbook, with a sheet that says what the columns are."""
    from src.reporting.exports import to_xlsx

    return to_xlsx(*_table(rows), about={t("book.about"): t("book.about_text")})


def _table(rows: list[dict[str, Any]]) -> tuple[QueryResult, tuple[OutputColumn, ...]]:
    import pandas as pd

    plain = [
        {_LABELS.get(name, name): row.get(name) for name in _COLUMNS}
        | {"started_at_utc": row["started_at"].replace(tzinfo=None)}
        for row in rows
    ]
    names = [_LABELS.get(name, name) for name in _COLUMNS]
    frame = pd.DataFrame(plain, columns=names, dtype=object)
    result = QueryResult(
        frame=frame,
        columns=tuple(ResultColumn(name, "") for name in names),
        sql="",
        row_count=len(frame),
        truncated=False,
        seconds=0.0,
    )
    return result, tuple(OutputColumn(name=name, label=name, kind="other") for name in names)
