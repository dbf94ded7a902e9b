"""One text from first model to last resort: ask, check, repair once, ask the next model.

Retries, refusals and the way along the chain are the router's; here is what only copy needs.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from src.catalogue.checks import Problem, check_text, tidy
from src.catalogue.fencing import RULE
from src.catalogue.routing import Route, ledger_tags
from src.catalogue.values import Copy, CopyFailed, CopyTask, Strategy
from src.errors import InputError
from src.llm.booking import UNWRITTEN
from src.llm.errors import BudgetExceeded, Cancelled, LLMError
from src.llm.ledger import CallEnd, CallTag
from src.llm.types import (
    Attempt,
    CachePolicy,
    LLMRequest,
    LLMResponse,
    Message,
    Outcome,
    TaskType,
    Usage,
)

if TYPE_CHECKING:
    from src.llm.router import Router

log = logging.getLogger(__name__)
_OFFLINE: Literal["offline"] = "offline"
_SYSTEM = (
    "You write product copy for an online shop. Answer with the finished text alone: no "
    "introduction, no remarks, no code fence, no blanks left to fill in. Make no claim that the "
    "product's data does not support."
)
_LANGUAGES = {"ru": "Write in Russian.", "en": "Write in English."}
_REPAIR = (
    "Your text cannot be used:\n{problems}\nWrite it again so that none of this is true any more. "
    "Answer with the new text alone."
)
# Failures that are the item's own: asked again, the same model would fail again.
_ITEMS_OWN = frozenset(
    {"refused", "blocked", "truncated", "bad_request", "context_too_long", "malformed_output"}
)
# Failures that only a person can mend: a key, credit, the name of a model.
_FOR_PEOPLE = frozenset({"authentication", "quota_exhausted", "model_not_found"})
_WORDS = {
    Outcome.REFUSED: "refused",
    Outcome.BLOCKED: "blocked",
    Outcome.TRUNCATED: "truncated",
    Outcome.OK: "rejected",  # it answered, and its text failed the checks
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A model's answer, its text without the wrapping, and what is wrong with that."""

    response: LLMResponse
    text: str
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class Writing:
    """One task under way.

    Attributes:
        unique: keeps a good text unless it repeats another product's, whose id it returns then.
    """

    router: Router
    task: CopyTask
    route: Route
    strategy: Strategy
    run: str | None
    cache: CachePolicy
    unique: Callable[[CopyTask, str], Awaitable[str]]
    started: float = field(default_factory=time.monotonic)
    attempts: list[Attempt] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    over: bool = False  # no other model may be asked: the budget is spent, or the task is wrong
    wrong: bool = False
    hindered: bool = False  # a model was not asked for a reason that is not the item's
    because: str = ""  # why the first model is asked again
    rejected: Judged | None = None  # an answer that was paid for before, and is to be repaired
    spare: Judged | None = None  # nothing wrong with it but its likeness

    def tried(
        self,
        attempt: Attempt,
        call_id: str,
        because: str,
        told: str,
        *,
        answer: str = "",
        problems: tuple[Problem, ...] = (),
    ) -> None:
        """Count in a request that was made before, in a batch: `write` has an answer repaired that
        failed its checks, goes on behind a model that would not write the text, and asks one that
        could not, again.

        Args:
            because: what was wrong with the answer, as in `ledger_tags`; `told` in words.
            answer, problems: what the model wrote and why it was rejected; empty when it wrote
                nothing.
        """
        self.attempts.append(attempt)
        self.calls.append(call_id)
        self.because = because
        self.reasons.append(told)
        if problems and attempt.deployment in self.route.chain:
            response = LLMResponse(
                text=answer,
                parsed=None,
                provider=attempt.provider,
                model=attempt.model,
                usage=attempt.usage,
                cost=attempt.cost,
                seconds=attempt.seconds,
                attempts=(attempt,),
                call_id=call_id,
                turn=Message(role="assistant", text=answer),
            )
            self.rejected = self._kept(Judged(response, tidy(answer), problems))

    async def write(self) -> Copy:
        """The text of the first model whose text passes, or else the offline one.

        Raises:
            CopyFailed: no model's did, and there is no offline text.
            Cancelled: the run was cancelled.
        """
        left, step, because = self.route.chain, "first", self.because
        last = self.attempts[-1] if self.attempts else None
        # A route that does not name the model any more is taken from its beginning.
        if last is not None and last.error in _ITEMS_OWN and last.deployment in left:
            left, step = self._behind(left), "next"
        answer = self.rejected
        while left and not self.over:
            if answer is None:
                answer = await self._ask(left, step, because)
                because = "failed"
            if answer is not None and answer.problems:
                because = answer.problems[0].code
                answer = await self._repaired(answer)
            if answer is not None and not answer.problems:
                return self._copy(answer)
            answer = None
            left, step = self._behind(left), "next"
        if self.spare is not None:  # better than a template's text, which is every product's
            return self._copy(self.spare)
        return await self._last_resort(because)

    async def _repaired(self, answer: Judged) -> Judged | None:
        """The same model's second try at a text that failed its checks."""
        served = answer.response.attempts[-1].deployment
        if served not in self.route.chain:  # a budget's own cheaper choice cannot be asked for
            return None
        told = "\n".join(f"- {problem.message}" for problem in answer.problems)
        turns = (
            Message(role="user", text=self.task.prompt),
            answer.response.turn or Message(role="assistant", text=answer.text),
            Message(role="user", text=_REPAIR.format(problems=told)),
        )
        return await self._ask((served,), "repair", answer.problems[0].code, turns)

    def request(
        self, chain: tuple[str, ...], step: str, because: str = "", turns: tuple[Message, ...] = ()
    ) -> LLMRequest:
        """What the models of `chain` are asked."""
        return LLMRequest(
            task=TaskType.CONTENT_GENERATION,
            prompt=None if turns else self.task.prompt,
            messages=turns,
            system_prompt=_system(self.task),
            max_tokens=self.task.max_tokens,
            cache=self.cache,
            session=self.run,
            priority="bulk",
            tags=ledger_tags(self.task, self.route, self.strategy, step, because),
            chain=chain,
        )

    async def _ask(
        self, chain: tuple[str, ...], step: str, because: str, turns: tuple[Message, ...] = ()
    ) -> Judged | None:
        """An answer, judged; None when nobody of the chain gave one."""
        request = self.request(chain, step, because, turns)
        try:
            response = await self.router.acomplete(request)
        except Cancelled:
            raise
        except LLMError as error:
            self.attempts += error.attempts
            if error.attempts:
                self.calls.append(error.call_id)
            self.over = isinstance(error, BudgetExceeded)
            self.hindered |= self.over or (step == "repair" and not error.attempts)
            self.reasons.append(error.message)
            return None
        except InputError as error:
            self.over = self.wrong = True
            self.reasons.append(error.message)
            return None
        self.attempts += response.attempts
        self.calls.append(response.call_id)
        self.notes += response.notes
        text, problems = await self.judge(response.text, response.model)
        return self._kept(Judged(response, text, problems))

    def _behind(self, chain: tuple[str, ...]) -> tuple[str, ...]:
        """The chain after the deployment that was asked last."""
        asked = self.attempts[-1].deployment if self.attempts else ""
        return chain[chain.index(asked) + 1 :] if asked in chain else ()

    def _kept(self, answer: Judged) -> Judged:
        if self.spare is None and {problem.code for problem in answer.problems} == {"duplicate"}:
            self.spare = answer
        return answer

    async def judge(self, answer: str, model: str) -> tuple[str, tuple[Problem, ...]]:
        """The text without its wrapping, and what is wrong with it."""
        text = tidy(answer)
        problems = check_text(text, self.task.rules, self.task.title)
        if not problems and (other := await self.unique(self.task, text)):
            problems = (Problem("duplicate", f"The text is nearly that of the product {other}."),)
        self.reasons += (f"{model}: {problem.message}" for problem in problems)
        if not problems and text != answer.strip():
            self.notes.append("The code fence around the text was removed.")
        return text, problems

    def _copy(self, answer: Judged) -> Copy:
        usage, cost = self._spent()
        response = answer.response
        return Copy(
            task_id=self.task.id,
            text=answer.text,
            engine="model",
            provider=response.provider,
            model=response.model,
            route=self.route.reason,
            failed_over=self._failed_over(response.attempts[-1].deployment),
            usage=usage,
            cost=cost,
            seconds=time.monotonic() - self.started,
            calls=tuple(self.calls),
            notes=(*self.reasons, *self.notes),
        )

    async def _last_resort(self, because: str) -> Copy:
        text = (self.task.offline_text or "").strip()
        await self._book_offline(Outcome.OK if text else Outcome.FAILED, because)
        usage, cost = self._spent()
        if text:
            return Copy(
                task_id=self.task.id,
                text=text,
                engine=_OFFLINE,
                provider=_OFFLINE,
                model=_OFFLINE,
                route=self.route.reason,
                failed_over=self._failed_over(_OFFLINE),
                usage=usage,
                cost=cost,
                seconds=time.monotonic() - self.started,
                calls=tuple(self.calls),
                notes=(*self.reasons, *self.notes, "The offline template wrote the text."),
                temporary=self._temporary(),
                stuck=self._stuck(),
            )
        raise CopyFailed(
            " ".join(["No model wrote a text that can be used.", *self.reasons]),
            where=self.task.id,
            kept="What was spent is in the ledger.",
            hint="Give the task an offline text, or change its prompt or its rules.",
            task_id=self.task.id,
            reasons=tuple(self.reasons),
            temporary=self._temporary(),
            stuck=self._stuck(),
            usage=usage,
            cost=cost,
            seconds=time.monotonic() - self.started,
            calls=tuple(self.calls),
            notes=tuple(self.notes),
        )

    async def _book_offline(self, outcome: Outcome, because: str) -> None:
        """Write down how the item ended, when it did not end with a model's answer."""
        now = dt.datetime.now(dt.UTC)
        attempt = Attempt(
            deployment=_OFFLINE,
            provider=_OFFLINE,
            model=_OFFLINE,
            outcome=outcome,
            started_at=now,
            seconds=0.0,
            usage=Usage(),
            cost=Decimal(0),
            error=None if outcome is Outcome.OK else CopyFailed.code,
        )
        tag = CallTag(
            call_id=uuid.uuid4().hex,
            task=TaskType.CONTENT_GENERATION.value,
            profile=self.router.models.profile,
            session=self.run,
            user=getattr(self.router, "user", None),
            priority="bulk",
            tags=ledger_tags(self.task, self.route, self.strategy, _OFFLINE, because),
        )
        end = CallEnd(
            kind=_OFFLINE,
            outcome=outcome,
            seconds=0.0,
            attempts=(attempt,),
            started_at=now,
            provider=_OFFLINE,
            model=_OFFLINE,
            error=attempt.error,
            fallback=bool(self.attempts),
        )
        try:
            await asyncio.wrap_future(self.router.ledger.record(tag, [(1, _OFFLINE, attempt)], end))
        except Exception as error:  # noqa: BLE001 - a text is not thrown away for a full disk
            log.warning("How an item ended could not be recorded: %s", type(error).__name__)
            self.notes.append(UNWRITTEN)

    def _spent(self) -> tuple[Usage | None, Decimal | None]:
        """Tokens and dollars over all attempts; None where any is unknown."""
        usages = [attempt.usage for attempt in self.attempts]
        costs = [attempt.cost for attempt in self.attempts]
        known = [usage for usage in usages if usage is not None]
        usage = sum_usage(known) if len(known) == len(usages) else None
        paid = [cost for cost in costs if cost is not None]
        return usage, sum(paid, Decimal(0)) if len(paid) == len(costs) else None

    def _failed_over(self, served: str) -> str:
        """What became of the route's first model; empty when it served."""
        first = self.route.chain[0]
        if served == first:
            return ""
        last = [attempt.outcome for attempt in self.attempts if attempt.deployment == first]
        return _WORDS.get(last[-1], "failed") if last else "failed"

    def _temporary(self) -> bool:
        """Whether another time may go better: a model of the chain failed for its own reasons, or
        was not asked for others'."""
        last = {attempt.deployment: attempt for attempt in self.attempts}
        if not last:
            return not self.wrong
        return self.hindered or any(
            attempt.outcome is not Outcome.OK and attempt.error not in _ITEMS_OWN
            for attempt in last.values()
        )

    def _stuck(self) -> bool:
        """Whether waiting is no use: every model that has a key was asked, and some need a person
        before they answer anybody."""
        last = {attempt.deployment: attempt.error for attempt in self.attempts}
        endpoints, named = self.router.endpoints, self.router.models.deployments()
        keyed = {one.id for one in named if endpoints[one.provider].ready}
        open_to_us = keyed.intersection(self.route.chain)
        errors = {last.get(name) for name in open_to_us}
        return bool(errors & _FOR_PEOPLE) and errors <= _FOR_PEOPLE | _ITEMS_OWN


def sum_usage(usages: list[Usage]) -> Usage:
    """The tokens of all together."""
    names = [one.name for one in fields(Usage)]
    return Usage(**{name: sum(getattr(one, name) for one in usages) for name in names})


def _system(task: CopyTask) -> str:
    if task.system_prompt is not None:
        return task.system_prompt
    language = _LANGUAGES.get(task.rules.language or "", "")
    return " ".join(part for part in (_SYSTEM, language, RULE) if part)
