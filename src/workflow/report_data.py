"""An analysis as the report needs it."""

from __future__ import annotations

from decimal import Decimal

from src.query_engine.phrases import language_of
from src.reporting.report import ReportData
from src.workflow.states import WithInsights
from src.workflow.view import SessionView


def report_data(
    session: SessionView, *, cost: Decimal | None, chart_kind: str | None
) -> ReportData:
    """Everything the report says about `session`, which has its insights.

    Args:
        cost: dollars its model calls cost; None when unknown.
        chart_kind: the chart to draw; None lets the result's shape choose.
    """
    state, data, result = session.state, session.dataset, session.result
    assert isinstance(state, WithInsights)
    assert result is not None
    plan = state.draft.plan
    return ReportData(
        question=state.question,
        interpretation=state.chosen.text,
        assumptions=state.chosen.assumptions,
        sql=state.approval.sql,
        approved_by=state.approval.approved_by,
        approved_at=state.approval.approved_at,
        dataset=data.name,
        fingerprint=data.fingerprint,
        synthetic=data.synthetic,
        result=result,
        columns=session.columns,
        insights=state.insights,
        chart_kind=chart_kind,
        engine=state.draft.engine,
        cost=cost,
        locale=plan.language if plan else language_of(state.question),
    )
