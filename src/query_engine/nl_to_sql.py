"""From a chosen interpretation to a draft for review.

The compiler's SQL is always there: it is the answer without a model, the fallback when a model's
SQL is refused, and what a model's SQL is compared with. Nothing here runs SQL.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from src.data.approved import GuardVerdict
from src.data.profile import Dataset
from src.data.warehouse import Warehouse
from src.errors import PlanError
from src.query_engine.columns import columns_read, output_names
from src.query_engine.compiler import CompiledSql, compile_plan
from src.query_engine.compiler.resolve import resolve_table
from src.query_engine.drafts import Interpretation, Lint, SqlDraft
from src.query_engine.explain import explain_sql
from src.query_engine.lints import lint_sql
from src.query_engine.phrases import Language, say
from src.query_engine.plan import QueryPlan
from src.query_engine.sql_difference import describe_difference
from src.query_engine.sql_prompt import SYSTEM, SqlAnswer, Verified, repair_prompt, write_prompt

if TYPE_CHECKING:
    from src.llm.router import Router
    from src.llm.types import LLMResponse, Message

_COMMENT_LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class _Written:
    """SQL by a model, or the compiler's in its place, with what the reviewer should know."""

    sql: str
    verdict: GuardVerdict
    engine: str
    note: str | None = None


class NLToSQL:
    """Writes SQL for interpretations and re-checks SQL that people edit.

    Args:
        router: who calls models; the process's own router when None.
    """

    def __init__(self, router: Router | None = None) -> None:
        self._router = router

    def generate(
        self,
        interpretation: Interpretation,
        warehouse: Warehouse,
        *,
        session: str | None = None,
        comment: str | None = None,
        previous: SqlDraft | None = None,
        verified: Sequence[Verified] = (),
    ) -> SqlDraft:
        """A draft for `interpretation`, guarded, explained and linted.

        Args:
            comment: the reviewer's reason for rejecting `previous`; a model reads it, the offline
                engine takes it as a change to the plan.
            verified: queries that people vouch for; the nearest are shown to a model.

        Raises:
            PlanError: the interpretation has no plan, or one that the data cannot answer.
        """
        data = warehouse.dataset()
        plan = interpretation.plan
        if plan is None:
            raise PlanError("This reading has no plan to write SQL from.", hint="Reword it.")
        started = time.perf_counter()
        comment = (comment or "").strip()[:_COMMENT_LIMIT] or None
        revised = _revise(comment, data, plan) if comment else plan
        compiled = _compile(revised or plan, data, warehouse.dialect)
        prompt = write_prompt(
            interpretation,
            revised or plan,
            resolve_table(revised or plan, data.model),
            warehouse.dialect,
            verified=verified,
            comment=comment,
            previous=previous,
            compiled_columns=[c.name for c in compiled.columns],
        )
        written = self._write(prompt, compiled, warehouse, session, plan.language, started=started)
        if written.engine == "offline" and comment and revised is None:
            kept = previous or _draft(written, compiled, plan, data, comment)
            return _unmoved(comment, kept)
        return _draft(written, compiled, revised or plan, data, comment)

    def edited(self, sql: str, warehouse: Warehouse, previous: SqlDraft) -> SqlDraft:
        """The draft that a person's edit of `previous` makes: guarded, explained, linted again.

        The plan stays as the question's reading; `edited` says that the text may have left it.
        """
        if sql == previous.sql:
            return previous
        data = warehouse.dataset()
        names = output_names(sql, warehouse.dialect)
        same = names == tuple(c.name for c in previous.columns)
        return SqlDraft(
            sql=sql,
            dialect=warehouse.dialect,
            explanation=_explain(sql, data, warehouse.dialect, previous.plan),
            guard=warehouse.check(sql),
            lints=lint_sql(sql, data.model, data.profile, warehouse.dialect, previous.plan),
            reads=columns_read(sql, data.model, warehouse.dialect),
            columns=previous.columns if same else (),
            plan=previous.plan,
            engine="you",
            edited=True,
            comment=previous.comment,
        )

    def _write(
        self,
        prompt: str,
        compiled: CompiledSql,
        warehouse: Warehouse,
        session: str | None,
        language: Language,
        *,
        started: float,
    ) -> _Written:
        """A model's SQL if one answers and its text passes the guard, else the compiler's."""
        from src.llm.errors import LLMError
        from src.llm.types import Message

        turns: tuple[Message, ...] = (Message("user", prompt),)
        own = _Written(compiled.sql, warehouse.check(compiled.sql), "offline")
        taken = time.perf_counter() - started
        problems: list[str] = []
        for _ in range(2):
            try:
                response = self._ask(turns, compiled, session, taken)
            except LLMError as error:
                note = say(language, "draft.no_model_answered", error=str(error))
                return _Written(own.sql, own.verdict, "offline", note)
            if response.offline:
                break
            sql = _clean(response.parsed)
            verdict = warehouse.check(sql)
            problems = _problems(sql, verdict)
            if not problems:
                return _Written(sql, verdict, response.model)
            turns += (Message("assistant", sql), Message("user", repair_prompt(sql, problems)))
        if not problems:
            return own
        note = say(language, "draft.refused_twice", problems="; ".join(problems))
        return _Written(own.sql, own.verdict, "offline", note)

    def _ask(
        self,
        turns: tuple[Message, ...],
        compiled: CompiledSql,
        session: str | None,
        taken: float,
    ) -> LLMResponse:
        from src.llm.types import LLMRequest, TaskType

        request = LLMRequest(
            task=TaskType.SQL_GENERATION,
            messages=turns,
            system_prompt=SYSTEM,
            response_schema=SqlAnswer,
            session=session,
            offline=lambda: SqlAnswer(sql=compiled.sql),
            offline_seconds=taken,
        )
        return self._get_router().complete(request)

    def _get_router(self) -> Router:
        if self._router is None:
            from src.llm.router import get_router

            self._router = get_router()
        return self._router


def _draft(
    written: _Written,
    compiled: CompiledSql,
    plan: QueryPlan,
    data: Dataset,
    comment: str | None,
) -> SqlDraft:
    dialect = compiled.dialect
    own = written.sql == compiled.sql
    names = output_names(written.sql, dialect)
    same = own or names == tuple(c.name for c in compiled.columns)
    lints = lint_sql(written.sql, data.model, data.profile, dialect, plan)
    if written.note:
        lints = (Lint(rule="model_not_used", message=written.note, severity="info"), *lints)
    return SqlDraft(
        sql=written.sql,
        dialect=dialect,
        explanation=_explain(written.sql, data, dialect, plan),
        guard=written.verdict,
        lints=lints,
        reads=compiled.reads if own else columns_read(written.sql, data.model, dialect),
        columns=compiled.columns if same else (),
        plan=plan,
        engine=written.engine,
        disagreement=None
        if own
        else describe_difference(written.sql, compiled.sql, dialect, plan.language),
        comment=comment,
    )


def _unmoved(comment: str, previous: SqlDraft) -> SqlDraft:
    """The earlier draft, with word that the comment could not be acted on."""
    language: Language = previous.plan.language if previous.plan else "en"
    lint = Lint(
        rule="comment_not_understood",
        message=say(language, "draft.comment_not_understood"),
        hint=say(language, "draft.comment_not_understood_hint"),
    )
    kept = tuple(x for x in previous.lints if x.rule != lint.rule)
    return previous.model_copy(update={"lints": (lint, *kept), "comment": comment})


def _revise(comment: str, data: Dataset, plan: QueryPlan) -> QueryPlan | None:
    """The plan that the comment asks for as a follow-up, or None when it does not say one."""
    from src.query_engine.nl.engine import interpret

    today = dt.datetime.now(dt.UTC).date()
    reading = interpret(comment, data, previous=plan, today=today)
    best = reading.interpretations[0].plan if reading.interpretations else None
    if best is None or best == plan:
        return None
    try:
        compile_plan(best, data.model)
    except PlanError:
        return None
    return best


def _compile(plan: QueryPlan, data: Dataset, dialect: str) -> CompiledSql:
    return compile_plan(plan, data.model, dialect, profile=data.profile)


def _explain(sql: str, data: Dataset, dialect: str, plan: QueryPlan | None) -> tuple[str, ...]:
    return explain_sql(sql, data.model, dialect, plan, profile=data.profile)


def _clean(answer: object) -> str:
    """The model's SQL without a fence or a last semicolon; nothing inside is touched."""
    sql = answer.sql if isinstance(answer, SqlAnswer) else str(answer or "")
    sql = sql.strip()
    if sql.startswith("```"):
        sql = sql.split("\n", 1)[-1].rsplit("```", 1)[0].strip()
    return sql.rstrip(";").rstrip()


def _problems(sql: str, verdict: GuardVerdict) -> list[str]:
    if not sql:
        return ["there is no SQL in the answer"]
    if not verdict.allowed:
        return [r.message for r in verdict.reasons] or ["the guard refused it"]
    return []
