"""What a batch shares with the live path: the same request, the same checks, the same ledger."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from src.catalogue.batch.store import End, Item
from src.catalogue.values import Copy
from src.errors import StateError
from src.llm.booking import attempt_of
from src.llm.call import begin
from src.llm.errors import LLMError
from src.llm.exchange import judge, wire_call
from src.llm.ledger import CallEnd, CallTag
from src.llm.prices import cost_of
from src.llm.providers.base import WireCall
from src.llm.providers.batches import TIER, BatchAnswer
from src.llm.types import Attempt, Outcome, TaskType, Usage

if TYPE_CHECKING:
    from src.catalogue.smart_llm_client import SmartLLMClient
    from src.catalogue.values import CopyTask
    from src.config.models import Deployment
    from src.llm.router import Router

_TASK = TaskType.CONTENT_GENERATION


@dataclass(frozen=True, slots=True)
class Desk:
    """Turns tasks into requests, and answers into texts or reasons."""

    router: Router
    client: SmartLLMClient

    def deployment(self, task: CopyTask) -> Deployment | None:
        """Whom a batch would ask: the first of the task's route with a key."""
        known = {one.id: one for one in self.router.models.deployments()}
        chain = (known[name] for name in self.client.plan(task).chain)
        return next((one for one in chain if not self.missing(one)), None)

    def missing(self, deployment: Deployment) -> bool:
        """Whether nothing can be sent there: it has no key, or models are switched off."""
        settings = self.router.settings
        return settings.llm_offline or not self.router.endpoints[deployment.provider].ready

    def wire(self, task: CopyTask, deployment: Deployment) -> WireCall:
        """The request the live path would send first."""
        plan = self.router.models.plan(_TASK, (deployment.id,))
        request = self.client.writing(task).request((deployment.id,), "first")
        return wire_call(begin(request, plan, self.router.models.profile), deployment)

    def most(self, wire: WireCall, deployment: Deployment) -> Decimal:
        """An upper estimate of what a request costs in a batch, in dollars; 0 when unknown."""
        text = sum(len(message.text) for message in wire.messages) + len(wire.system_prompt or "")
        usage = Usage(input_tokens=text // 3 + 8, output_tokens=wire.max_tokens)
        kind = self.router.endpoints[deployment.provider].kind
        return cost_of(deployment, kind, usage, tier=TIER) or Decimal(0)

    async def judge(
        self, item: Item, answer: BatchAnswer, deployment: Deployment
    ) -> tuple[Attempt, End]:
        """The answer as the ledger keeps it, and as the run goes on with it."""
        writing, error = self.client.writing(item.task), answer.error
        if answer.reply is not None:
            try:
                judge(writing.request((deployment.id,), "first"), answer.reply)
            except LLMError as caught:
                error = caught
        kind = self.router.endpoints[deployment.provider].kind
        began = (dt.datetime.now(dt.UTC), time.monotonic())
        attempt = replace(attempt_of(deployment, kind, began, answer.reply, error), seconds=0.0)
        if answer.reply is None and error is not None and error.usage is not None:
            # A request that failed after it was begun is billed, and as all of its batch is.
            paid = cost_of(
                deployment, kind, error.usage, served_model=error.served_model, tier=TIER
            )
            attempt = replace(attempt, cost=paid)
        call = _call_id(item)
        if error is not None or answer.reply is None:
            because = attempt.error or "failed"
            return attempt, End(None, because, f"In a batch: {attempt.detail}", attempt, call)
        text, problems = await writing.judge(answer.reply.text, attempt.model)
        if problems:
            told = " ".join(problem.message for problem in problems)
            return attempt, End(
                because=problems[0].code,
                told=f"In a batch: {attempt.model}: {told}",
                attempt=attempt,
                call=call,
                answer=answer.reply.text,
                problems=problems,
            )
        copy = Copy(
            task_id=item.task.id,
            text=text,
            engine="model",
            provider=attempt.provider,
            model=attempt.model,
            route=writing.route.reason,
            usage=attempt.usage,
            cost=attempt.cost,
            calls=(call,),
            notes=tuple(writing.notes),
        )
        return attempt, End(copy, attempt=attempt, call=call)

    async def book(self, ended: Sequence[tuple[Item, Attempt]], batch_id: str) -> None:
        """Write answers into the ledger, each once however often a batch is read.

        A batch's waiting is nobody's latency: its rows have 0 seconds.
        """
        known = await asyncio.to_thread(self._booked, [_call_id(item) for item, _ in ended])
        written = [
            asyncio.wrap_future(
                self.router.ledger.record(
                    self._tag(item, batch_id), [(1, "model", attempt)], _call_end(attempt)
                )
            )
            for item, attempt in ended
            if _call_id(item) not in known
        ]
        failed = [
            one
            for one in await asyncio.gather(*written, return_exceptions=True)
            if isinstance(one, Exception)
        ]
        if failed:
            raise StateError(
                f"What the batch cost could not be written down ({type(failed[0]).__name__}).",
                where="the usage ledger",
                kept="The provider keeps the batch's answers, and its id is in the run's folder.",
                hint="Make room on the disk or free the state database, and run again.",
            )

    def _booked(self, call_ids: list[str]) -> frozenset[str]:
        import sqlalchemy as sa

        from src.llm.ledger_tables import calls

        query = sa.select(calls.c.call_id).where(calls.c.call_id.in_(call_ids))
        with self.router.ledger.engine.connect() as connection:
            return frozenset(connection.execute(query).scalars())

    def _tag(self, item: Item, batch_id: str) -> CallTag:
        tags = self.client.writing(item.task).request(("-",), "first").tags
        return CallTag(
            call_id=_call_id(item),
            task=_TASK.value,
            profile=self.router.models.profile,
            session=self.client.run,
            user=getattr(self.router, "user", None),
            priority="bulk",
            tags={**tags, "batch": batch_id},
        )


def _call_id(item: Item) -> str:
    """The same for the same request, so that reading a batch again books nothing twice."""
    return hashlib.blake2b(item.custom_id.encode(), digest_size=16).hexdigest()


def _call_end(attempt: Attempt) -> CallEnd:
    good = attempt.outcome is Outcome.OK
    return CallEnd(
        kind="model" if good else "none",
        outcome=attempt.outcome,
        seconds=0.0,
        attempts=(attempt,),
        started_at=attempt.started_at,
        provider=attempt.provider if good else None,
        model=attempt.model if good else None,
        error=attempt.error,
    )
