"""The few sentences a reader needs about a result: computed by code, phrased by code or a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from src.data.profile import Dataset
from src.data.result import QueryResult
from src.insights.cautions import find_cautions
from src.insights.compute import FactBook, facts_of
from src.insights.facts import Insight, InsightReport
from src.insights.grounds import grounds_of
from src.insights.phrasing import Phrased, phrase
from src.insights.shape import Shape, read_shape
from src.insights.wording import sentences
from src.query_engine.drafts import OutputColumn
from src.query_engine.phrases import language_of
from src.query_engine.plan import QueryPlan

if TYPE_CHECKING:
    from src.llm.router import Router

INSIGHT_LIMIT = 6
CAUTION_LIMIT = 3
LEADING_CAUTION = 90


class AutoInsights:
    """Findings and cautions about a result.

    Args:
        router: where a model may phrase the findings; without one, code does.
    """

    def __init__(self, router: Router | None = None) -> None:
        self._router = router

    def generate(  # noqa: PLR0917 - the order is public
        self,
        result: QueryResult,
        columns: tuple[OutputColumn, ...],
        plan: QueryPlan | None,
        dataset: Dataset | None,
        question: str,
        session: str | None = None,
    ) -> InsightReport:
        """Facts of the result and about six sentences on them, most important first."""
        language = plan.language if plan else language_of(question)
        shape = read_shape(result, columns, plan, dataset, language)
        book = facts_of(shape, dataset)
        found = find_cautions(book, shape, dataset)[:CAUTION_LIMIT]
        cautions = [
            (caution.weight, Insight(kind="caution", text=caution.text, facts=caution.facts))
            for caution in found
        ]
        room = INSIGHT_LIMIT - min(len(cautions), 2)
        worded = tuple(
            Insight(kind="finding", text=item.text, facts=item.facts)
            for item in sentences(book, shape)[:room]
        )
        phrased = self._phrased(question, shape, book, cautions, session) if worded else Phrased()
        return InsightReport(
            facts=book.facts,
            insights=_ordered(phrased.insights or worded, cautions),
            engine=phrased.engine,
            notes=phrased.notes,
        )

    def _phrased(
        self,
        question: str,
        shape: Shape,
        book: FactBook,
        cautions: list[tuple[float, Insight]],
        session: str | None,
    ) -> Phrased:
        """A model's sentences where one may be asked; empty otherwise."""
        if self._router is None:
            return Phrased()
        from src.config.settings import get_settings

        return phrase(
            self._router,
            question,
            grounds_of(shape, book),
            shape,
            cautions=tuple(insight.text for _, insight in cautions),
            share_rows=get_settings().llm_share_rows,
            session=session,
        )


def _ordered(
    findings: tuple[Insight, ...], cautions: list[tuple[float, Insight]]
) -> tuple[Insight, ...]:
    """Findings first, but a caution that undoes them (a cut result, a tiny sample) before all."""
    first = [item for weight, item in cautions if weight >= LEADING_CAUTION]
    rest = [item for weight, item in cautions if weight < LEADING_CAUTION]
    return (*first, *findings, *rest)
