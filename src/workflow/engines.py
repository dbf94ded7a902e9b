"""Who does the thinking at each step. Each part is imported when its step is taken."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from src.data.profile import Dataset
from src.data.result import QueryResult, ResultColumn
from src.data.warehouse import Warehouse
from src.insights.facts import InsightReport
from src.query_engine.drafts import Clarification, Interpretation, OutputColumn, SqlDraft
from src.query_engine.plan import QueryPlan
from src.workflow.events import Event
from src.workflow.states import Chosen, State
from src.workflow.verified import VerifiedQuery

if TYPE_CHECKING:
    from src.llm.router import Router
    from src.reporting.report import ReportData


class Engines:
    """The product's own engines; models are called through `router`, the process's when None."""

    def __init__(self, router: Router | None = None) -> None:
        self._router = router

    def clarify(
        self, question: str, dataset: Dataset, previous: QueryPlan | None, session: str
    ) -> Clarification:
        """The readings of `question`, or why there are none."""
        from src.query_engine.query_clarification import QueryClarifier

        clarifier = QueryClarifier(router=self._router)
        return clarifier.clarify(question, dataset, previous=previous, session=session)

    def reading_of(self, plan: QueryPlan, warehouse: Warehouse) -> Interpretation:
        """An edited plan in words.

        Raises:
            PlanError: the data cannot answer it.
        """
        from src.query_engine.assumed import assumptions
        from src.query_engine.compiler import compile_plan
        from src.query_engine.describe import describe_plan

        data = warehouse.dataset()
        compile_plan(plan, data.model, warehouse.dialect, profile=data.profile)
        return Interpretation(
            text=describe_plan(plan, data.model),
            confidence=1.0,
            assumptions=assumptions(plan, data.model, data.profile),
            plan=plan,
            engine="you",
        )

    def draft(
        self,
        state: Chosen,
        warehouse: Warehouse,
        verified: tuple[VerifiedQuery, ...],
        session: str,
    ) -> SqlDraft:
        """SQL for the chosen reading, minding the reviewer's comment if there is one."""
        from src.query_engine.nl_to_sql import NLToSQL

        return NLToSQL(router=self._router).generate(
            state.chosen,
            warehouse,
            session=session,
            comment=state.comment,
            previous=state.rejected,
            verified=verified,
        )

    def edited(self, sql: str, warehouse: Warehouse, previous: SqlDraft) -> SqlDraft:
        """The draft that a person's edit makes, guarded and linted again."""
        from src.query_engine.nl_to_sql import NLToSQL

        return NLToSQL(router=self._router).edited(sql, warehouse, previous)

    def columns(
        self, columns: tuple[ResultColumn, ...], dataset: Dataset, draft: SqlDraft
    ) -> tuple[OutputColumn, ...]:
        """What the columns of the result mean."""
        if tuple(c.name for c in draft.columns) == tuple(c.name for c in columns):
            return draft.columns
        from src.query_engine.columns import columns_for

        return columns_for(columns, dataset.model, draft.plan, draft.sql)

    def explain(
        self,
        result: QueryResult,
        columns: tuple[OutputColumn, ...],
        plan: QueryPlan | None,
        dataset: Dataset,
        *,
        question: str,
        session: str,
    ) -> InsightReport:
        """Facts and the sentences built on them."""
        from src.insights.auto_insights import AutoInsights

        insights = AutoInsights(router=self._router)
        return insights.generate(result, columns, plan, dataset, question, session=session)

    def heard(self, session: str, before: State, event: Event) -> None:
        """Take note of what a step says about the answers of models."""
        from src.llm.router import get_router
        from src.llm.signals import record
        from src.workflow.outcomes import outcomes

        signals = outcomes(before, event)
        if signals:
            record((self._router or get_router()).ledger, session, signals)

    def cost(self, session: str) -> Decimal | None:
        """Dollars that the model calls of an analysis cost; None when a part is unknown."""
        from src.llm import usage
        from src.llm.router import get_router

        total = usage.summary((self._router or get_router()).ledger, session=session)
        return None if total["unknown_costs"] else Decimal(total["cost"])

    def write_report(self, path: Path, data: ReportData) -> Path:
        """Write the report in the format of the path's suffix."""
        from src.reporting.report import write_report

        return write_report(path, data)
