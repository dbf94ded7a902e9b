"""What commands say as JSON. docs/cli.md describes every key."""

from __future__ import annotations

import base64
import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from src.data.approved import sql_sha256
from src.query_engine.drafts import Clarification, OutputColumn, SqlDraft
from src.reporting import cells

if TYPE_CHECKING:
    from src.data.result import QueryResult
    from src.workflow.session import AnalysisSession


def analysis_document(
    session: AnalysisSession, status: str, *, shown: int | None = None, report: str | None = None
) -> dict[str, Any]:
    """Everything known of an analysis, empty parts included, so that keys never go missing.

    Args:
        status: ``done``, ``needs_choice``, ``needs_approval``, ``refused`` or ``blocked``.
        shown: index of the reading whose SQL is shown, None for an edited plan.
    """
    data, draft, approved = session.dataset, session.draft, session.approved
    insights = session.report_insights
    return {
        "status": status,
        "session": session.id,
        "question": session.question,
        "dataset": {
            "id": data.id,
            "name": data.name,
            "synthetic": data.synthetic,
            "fingerprint": data.fingerprint,
        },
        **_clarified(session.clarification),
        "chosen": shown,
        "sql": draft.sql if draft else None,
        "badge": str(session.badge) if session.badge else None,
        "draft": _draft(draft) if draft else None,
        "approval": {
            "by": approved.approved_by,
            "at": approved.approved_at.isoformat(),
            "sha256": approved.sha256,
        }
        if approved
        else None,
        "result": result_document(session.result, session.columns) if session.result else None,
        "insights": [i.model_dump(mode="json") for i in insights.insights] if insights else [],
        "facts": [_numbers(f.model_dump()) for f in insights.facts] if insights else [],
        "report": report,
    }


def result_document(result: QueryResult, columns: tuple[OutputColumn, ...]) -> dict[str, Any]:
    """A result with its rows as objects keyed by column name."""
    names = [column.name for column in result.columns]
    meanings = {column.name: column for column in columns}
    return {
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                **(meanings[column.name].model_dump() if column.name in meanings else {}),
            }
            for column in result.columns
        ],
        "rows": [
            {name: plain(value) for name, value in zip(names, row, strict=False)}
            for row in result.frame.itertuples(index=False, name=None)
        ],
        "row_count": result.row_count,
        "truncated": result.truncated,
        "seconds": result.seconds,
        "rows_read": result.rows_read,
        "cautions": list(result.cautions),
    }


def plain(value: Any) -> Any:
    """`value` as JSON has it: NULL, NaN and infinity are null, dates ISO text, bytes base64.

    A decimal becomes a number where a number holds it exactly, and text otherwise.
    """
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple) or getattr(value, "ndim", None):
        return [plain(item) for item in value]
    cell = cells.plain(value)
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else None
    if isinstance(cell, Decimal):
        return _decimal(cell)
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, dt.timedelta) else cell


def _decimal(value: Decimal) -> int | float | str | None:
    if not value.is_finite():
        return None
    if value == value.to_integral_value() and abs(value) < 2**53:
        return int(value)
    number = float(value)
    return number if Decimal(repr(number)) == value else str(value)


def _clarified(clarification: Clarification | None) -> dict[str, Any]:
    known = clarification or Clarification(question="")
    return {
        "interpretations": [
            {"index": index, "interpretation": item.text, **item.model_dump(mode="json")}
            for index, item in enumerate(known.interpretations)
        ],
        "refusal": known.refusal.model_dump(mode="json") if known.refusal else None,
        "not_understood": list(known.not_understood),
        "notes": list(known.notes),
        "engine": known.engine,
    }


def _draft(draft: SqlDraft) -> dict[str, Any]:
    kept = draft.model_dump(mode="json", exclude={"sql", "plan", "columns"})
    return {"sha256": sql_sha256(draft.sql), **kept}


def _numbers(fact: dict[str, Any]) -> dict[str, Any]:
    return {**fact, "value": plain(fact["value"]), "cells": list(fact["cells"])}
