"""Who answers in an evaluation: the product's own engines, with models or without."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Protocol

from src.data.profile import Dataset
from src.data.warehouse import Warehouse
from src.evaluation.score import Outcome
from src.query_engine.drafts import Clarification, Interpretation, SqlDraft

if TYPE_CHECKING:
    from src.llm.router import Router

Kind = Literal["offline", "models"]


class Engine(Protocol):
    """Anything that reads questions and writes SQL."""

    @property
    def name(self) -> str: ...

    def clarify(self, question: str, dataset: Dataset, session: str) -> Clarification: ...

    def draft(
        self, interpretation: Interpretation, warehouse: Warehouse, session: str
    ) -> SqlDraft: ...

    def cost(self, session: str) -> Decimal | None:
        """Dollars spent in `session`; None when not known."""
        ...

    def judged(self, session: str, outcome: Outcome) -> None:
        """Told what became of the case that was worked on in `session`."""
        ...


class ProductEngine:
    """The product as it is, with the models that have keys, or with none of them.

    Args:
        kind: ``offline`` asks no model even if there are keys.
        router: who calls models; one of its own by default.
    """

    def __init__(self, kind: Kind = "offline", router: Router | None = None) -> None:
        self.name: str = kind
        self._router = router

    @property
    def router(self) -> Router:
        if self._router is None:
            from src.config.settings import get_settings
            from src.llm.router import Router

            settings = get_settings()
            if self.name == "offline":
                settings = settings.model_copy(update={"llm_offline": True})
            self._router = Router(settings)
        return self._router

    def clarify(self, question: str, dataset: Dataset, session: str) -> Clarification:
        from src.query_engine.query_clarification import QueryClarifier

        return QueryClarifier(router=self.router).clarify(question, dataset, session=session)

    def draft(self, interpretation: Interpretation, warehouse: Warehouse, session: str) -> SqlDraft:
        from src.query_engine.nl_to_sql import NLToSQL

        return NLToSQL(router=self.router).generate(interpretation, warehouse, session=session)

    def cost(self, session: str) -> Decimal | None:
        from src.llm.usage import summary

        if self.name == "offline":
            return Decimal(0)
        figures = summary(self.router.ledger, session=session)
        return None if figures["unknown_costs"] else Decimal(figures["cost"])

    def judged(self, session: str, outcome: Outcome) -> None:
        from src.evaluation.judging import judgements
        from src.llm.signals import record

        if self.name != "offline":
            record(self.router.ledger, session, judgements(outcome))
