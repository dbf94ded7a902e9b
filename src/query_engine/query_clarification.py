"""The Clarify step: a question in, at most five readings or a refusal out.

The offline engine reads every question first. When a model is configured it is asked through the
router, with the engine's readings as candidates; what it proposes is checked against the semantic
model, and the engine's own readings stand when it fails, refuses or names what does not exist.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from src.data.profile import Dataset
from src.data.semantic import SemanticModel
from src.query_engine.assumed import assumptions
from src.query_engine.describe import describe_plan
from src.query_engine.drafts import Clarification, Interpretation, Refusal
from src.query_engine.nl.engine import interpret
from src.query_engine.nl.nearest import nearest_questions
from src.query_engine.nl.schema import dataset_of
from src.query_engine.phrases import language_of, say
from src.query_engine.plan import QueryPlan, TimeRange
from src.query_engine.proposals import SYSTEM, Proposals, proposal_prompt, to_plan

if TYPE_CHECKING:
    from src.data.warehouse import Warehouse
    from src.llm.router import Router
    from src.llm.types import LLMResponse

_MAX_READINGS = 5
_NOT_WORTH_ASKING = ("empty", "too_long")
# A model's own number is no probability: agreement with the rules is worth more than its word.
_AGREED, _PROPOSED = 0.92, 0.7


class QueryClarifier:
    """Turns questions into interpretations.

    Args:
        router: where models are reached; the process's own by default, opened on first use.
    """

    def __init__(self, router: Router | None = None) -> None:
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
        """At most five readings of `question`, best first, or a refusal that says why.

        Args:
            previous: the plan that a follow-up question ("and by device?") refers to.
            session: tag that the call is booked on.
            today: the anchor of relative dates where the data has no last day.

        Raises:
            ConfigError: the models or settings file is wrong.
        """
        day = today or dt.datetime.now(dt.UTC).date()
        started = time.perf_counter()
        offline = interpret(question, dataset, previous=previous, today=day)
        taken = time.perf_counter() - started
        if offline.refusal and offline.refusal.kind in _NOT_WORTH_ASKING:
            return offline
        response = self._ask(question, dataset, offline, previous, session, taken=taken)
        if response.offline or not isinstance(response.parsed, Proposals):
            return offline.model_copy(update={"notes": tuple(response.notes)})
        return _combined(question, dataset, offline, response, day)

    def generate_interpretations(
        self, query: str, schema_info: Dataset | SemanticModel | Warehouse | Mapping[str, Any] | str
    ) -> list[Interpretation]:
        """The readings of `query`, best first; each also reads like a mapping.

        Args:
            schema_info: a data set, a semantic model, a warehouse, ``{table: [columns]}``,
                ``{table: {column: type}}``, or the text of CREATE TABLE statements.

        Raises:
            InputError: `schema_info` describes no table.
        """
        return list(self.clarify(query, dataset_of(schema_info)).interpretations)

    def _ask(
        self,
        question: str,
        dataset: Dataset,
        offline: Clarification,
        previous: QueryPlan | None,
        session: str | None,
        *,
        taken: float,
    ) -> LLMResponse:
        from src.llm.types import LLMRequest, TaskType

        router = self._get_router()
        served = router.serves(TaskType.QUERY_INTERPRETATION)
        request = LLMRequest(
            task=TaskType.QUERY_INTERPRETATION,
            # without a model nobody reads the prompt, and a wide table's is long
            prompt=proposal_prompt(question, dataset, offline, previous) if served else question,
            system_prompt=SYSTEM,
            response_schema=Proposals,
            session=session,
            offline=lambda: Proposals(readings=[], missing=list(offline.not_understood)),
            offline_seconds=taken,
        )
        return router.complete(request)

    def _get_router(self) -> Router:
        if self._router is None:
            from src.llm.router import get_router

            self._router = get_router()
        return self._router


def _combined(
    question: str, dataset: Dataset, offline: Clarification, response: LLMResponse, day: dt.date
) -> Clarification:
    """The model's valid readings, in its order; the engine's where the model has none."""
    proposals: Proposals = response.parsed
    known = {_meaning(i.plan): i.plan for i in offline.interpretations if i.plan}
    plans: dict[QueryPlan, tuple[QueryPlan, str]] = {}
    dropped = 0
    for reading in proposals.readings[:_MAX_READINGS]:
        plan = to_plan(reading.plan, dataset)
        if plan is None:
            dropped += 1
            continue
        worded = plan.model_copy(update={"language": language_of(question)})
        meaning = _meaning(worded)
        plans.setdefault(meaning, (known.get(meaning, worded), reading.sense))
    notes = list(response.notes)
    if dropped:
        notes.append(say(language_of(question), "refused.dropped", count=dropped))
    if not plans:
        return _without_plans(question, dataset, offline, response, notes=notes, day=day)
    agreed = bool(known) and next(iter(plans)) == next(iter(known))
    total = _AGREED if agreed else _PROPOSED
    weights = [1 / (rank + 1) ** (2 if agreed else 1) for rank in range(len(plans))]
    return Clarification(
        question=question,
        interpretations=tuple(
            Interpretation(
                text=describe_plan(plan, dataset.model),
                confidence=round(total * weight / sum(weights), 4),
                assumptions=assumptions(plan, dataset.model, dataset.profile),
                plan=plan,
                sense=sense[:80],
                engine=response.model,
            )
            for (plan, sense), weight in zip(plans.values(), weights, strict=True)
        ),
        engine=response.model,
        notes=tuple(notes),
    )


def _meaning(plan: QueryPlan) -> QueryPlan:
    """The plan without the names of its periods: the same days are the same, whatever they are
    called."""
    baseline = plan.comparison and _nameless(plan.comparison.baseline)
    comparison = plan.comparison and plan.comparison.model_copy(update={"baseline": baseline})
    return plan.model_copy(update={"time": _nameless(plan.time), "comparison": comparison})


def _nameless(time: TimeRange | None) -> TimeRange | None:
    return time and time.model_copy(update={"label": "", "anchor": None})


def _without_plans(
    question: str,
    dataset: Dataset,
    offline: Clarification,
    response: LLMResponse,
    *,
    notes: list[str],
    day: dt.date,
) -> Clarification:
    proposals: Proposals = response.parsed
    if offline.refusal or proposals.readings or not proposals.missing:
        return offline.model_copy(update={"notes": tuple(notes)})
    missing = tuple(word[:80] for word in proposals.missing[:5])
    return Clarification(
        question=question,
        refusal=Refusal(
            kind="missing_column",
            reason=say(language_of(question), "refused.has_nothing_for", words=", ".join(missing)),
            missing=missing,
            nearest=nearest_questions(
                question,
                missing,
                dataset,
                lambda q: interpret(q, dataset, today=day, suggest=False),
            ),
        ),
        not_understood=missing,
        engine=response.model,
        notes=tuple(notes),
    )
