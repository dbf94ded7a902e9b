"""The Clarify step: a question in, at most five readings or a refusal out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from src.data.profile import Dataset
from src.query_engine.drafts import Clarification, Interpretation
from src.query_engine.nl.engine import interpret
from src.query_engine.plan import QueryPlan


class QueryClarifier:
    """Reads questions. With a model configured it proposes and the offline engine checks."""

    def __init__(self, router: Any = None) -> None:
        self._router = router

    def clarify(
        self,
        question: str,
        dataset: Dataset,
        *,
        previous: QueryPlan | None = None,
        session: str | None = None,
        today: dt.date | None = None,
    ) -> Clarification:
        return interpret(
            question, dataset, previous=previous, today=today or dt.datetime.now(dt.UTC).date()
        )

    def generate_interpretations(self, query: str, schema_info: Any) -> list[Interpretation]:
        return list(self.clarify(query, schema_info).interpretations)
