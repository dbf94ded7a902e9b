"""One run: every question through readings and SQL, executed beside its gold answers."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from src.data.approved import ApprovedQuery
from src.data.warehouse import RunLimits, Warehouse
from src.errors import AnalystError
from src.evaluation.cases import Case, load_cases
from src.evaluation.compare import Verdict, compare_results
from src.evaluation.engines import Engine, Kind, ProductEngine
from src.evaluation.score import AMBIGUOUS, EvaluationReport, Outcome, score
from src.query_engine.compiler import compile_plan
from src.query_engine.drafts import Interpretation, SqlDraft

if TYPE_CHECKING:
    import pandas as pd

APPROVER = "evaluation"
_LIMITS = RunLimits(rows=100_000)
_READINGS = 5


def evaluate(
    cases: Path | Sequence[Case],
    warehouse: Warehouse,
    engine: Kind | Engine = "offline",
    *,
    progress: Callable[[int, int], None] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> EvaluationReport:
    """Run a question set and score it.

    Every SQL passes the guard and is approved in the name of ``evaluation`` before it runs.

    Args:
        cases: a file (see `load_cases`) or the cases themselves.
        progress: told after each case how many are done, and of how many.

    Raises:
        InputError: the file is not a question set.
    """
    listed = load_cases(cases) if isinstance(cases, Path) else tuple(cases)
    who: Engine = ProductEngine(engine) if isinstance(engine, str) else engine
    name = f"evaluation-{uuid.uuid4().hex[:12]}"
    outcomes, costs = [], []
    for number, case in enumerate(listed, 1):
        session = f"{name}-{number}"  # one a case: an experiment draws its arms by session
        outcome = _Run(warehouse, who, session, clock).case(case)
        who.judged(session, outcome)
        outcomes.append(outcome)
        costs.append(who.cost(session))
        if progress:
            progress(number, len(listed))
    known = [cost for cost in costs if cost is not None]
    cost = str(sum(known, Decimal(0))) if len(known) == len(costs) else None
    return score(outcomes, engine=who.name, cost=cost)


class _Run:
    def __init__(
        self, warehouse: Warehouse, engine: Engine, session: str, clock: Callable[[], float]
    ) -> None:
        self._warehouse = warehouse
        self._engine = engine
        self._session = session
        self._clock = clock

    def case(self, case: Case) -> Outcome:
        """One case; what goes wrong is its outcome, never the end of the run."""
        started = self._clock()
        try:
            clarified = self._engine.clarify(
                case.question, self._warehouse.dataset(), self._session
            )
        except AnalystError as error:
            return self._outcome(case, "failed", reason=str(error))
        seconds = self._clock() - started
        readings = clarified.interpretations[:_READINGS]
        if not readings and case.refuse_ok:
            facts = {"rank": 1, "reason": "refused, which is accepted"}
            return self._outcome(case, "right", seconds_to_readings=seconds, **facts)
        if not readings:
            reason = clarified.refusal.reason if clarified.refusal else "no reading"
            return self._outcome(case, "refused", reason=reason, seconds_to_readings=seconds)
        known: dict[str, object] = {
            "confidence": readings[0].confidence,
            "readings": len(readings),
            "seconds_to_readings": seconds,
        }
        if case.expected_refusal:
            return self._outcome(case, "wrong", reason="answered a question it cannot", **known)
        gold = self._gold(case)
        if isinstance(gold, str):
            return self._outcome(case, "gold_failed", reason=gold, **known)
        return self._answer(case, readings, gold, known)

    def _answer(
        self,
        case: Case,
        readings: Sequence[Interpretation],
        gold: list[pd.DataFrame],
        known: dict[str, object],
    ) -> Outcome:
        started = self._clock()
        try:
            draft: SqlDraft = self._engine.draft(readings[0], self._warehouse, self._session)
            known |= {
                "seconds_to_sql": self._clock() - started,
                "sql": draft.sql,
                "engine": draft.engine,
            }
            found = self._run(draft.approve(by=APPROVER))
        except AnalystError as error:
            rank = self._first_right(readings[1:], gold, case)
            return self._outcome(case, "failed", reason=str(error), rank=rank, **known)
        verdict = _best(gold, found, case)
        if verdict.same:
            return self._outcome(case, "right", rank=1, **known)
        rank = self._first_right(readings[1:], gold, case)
        result = "right" if rank and case.any_interpretation else "wrong"
        return self._outcome(case, result, reason=verdict.reason, rank=rank, **known)

    def _first_right(
        self, others: Sequence[Interpretation], gold: list[pd.DataFrame], case: Case
    ) -> int | None:
        """Rank of the first of the other readings that a gold answer agrees with."""
        data = self._warehouse.dataset()
        for rank, reading in enumerate(others, 2):
            if reading.plan is None:
                continue
            try:
                compiled = compile_plan(
                    reading.plan, data.model, self._warehouse.dialect, profile=data.profile
                )
                found = self._approved(compiled.sql)
            except AnalystError:
                continue
            if _best(gold, found, case).same:
                return rank
        return None

    def _gold(self, case: Case) -> list[pd.DataFrame] | str:
        """Results of the gold answers, or why one does not run."""
        try:
            return [self._approved(sql) for sql in case.gold_sql]
        except AnalystError as error:
            return str(error)

    def _approved(self, sql: str) -> pd.DataFrame:
        verdict = self._warehouse.check(sql)
        return self._run(ApprovedQuery.approve(sql, verdict, by=APPROVER))

    def _run(self, approved: ApprovedQuery) -> pd.DataFrame:
        return self._warehouse.run(approved, limits=_LIMITS).frame

    def _outcome(self, case: Case, result: str, **facts: object) -> Outcome:
        return Outcome.model_validate(
            {
                "question": case.question,
                "expected_refusal": case.expected_refusal,
                "result": result,
                "tags": case.tags,
                "ambiguous": case.any_interpretation or AMBIGUOUS in case.tags,
                **facts,
            }
        )


def _best(gold: list[pd.DataFrame], found: pd.DataFrame, case: Case) -> Verdict:
    verdicts = [compare_results(g, found, ordered=case.ordered) for g in gold]
    return next((v for v in verdicts if v.same), verdicts[0])
