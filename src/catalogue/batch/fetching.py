"""From batches at the providers to texts: states, answers, and what is left over."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any, cast

from src.catalogue.batch.store import Item, Part
from src.catalogue.batch.work import Work
from src.catalogue.values import Copy
from src.llm.errors import LLMError
from src.llm.providers.batches import BatchAnswer, BatchCancelled, BatchQueueFull

_AT_ONCE = 200  # answers that are booked and written down together


class Fetching:
    """Looks after batches that are at work.

    Args:
        try_again: hands a part in again later.
    """

    def __init__(self, work: Work, try_again: Callable[[Part, LLMError], None]) -> None:
        self._work = work
        self._try_again = try_again

    async def look_at(self, part: Part) -> AsyncIterator[Copy]:
        """The texts of a batch that is over; nothing while it is at work."""
        service = await self._work.services.of_part(part)
        state = await service.state(part.batch_id)
        self._work.heard[part.name] = time.monotonic()
        self._work.done[part.name] = state.done
        if not state.over:
            since = part.submitted_at or dt.datetime.now(dt.UTC)
            age = (dt.datetime.now(dt.UTC) - since).total_seconds()
            unwanted = part.cancelled or age > self._work.pace.longest
            if unwanted and part.name not in self._work.cancels:
                await service.cancel(part.batch_id)
                self._work.cancels.add(part.name)
            return
        if isinstance(state.problem, BatchQueueFull):
            # While another of ours is at work there, this is no failure, only a queue.
            waits = any(self._is_beside(part, other) for other in self._work.store.parts())
            tries = part.tries - 1 if waits else part.tries
            self._try_again(replace(part, batch_id="", tries=tries), state.problem)
            return
        chunk: list[tuple[Item, BatchAnswer]] = []
        async with aclosing(cast(Any, service.answers(part.batch_id))) as answers:
            async for answer in answers:
                item = self._item_of(part, answer.custom_id)
                if item is None:
                    continue
                if part.cancelled and isinstance(answer.error, BatchCancelled):
                    continue  # never begun, and not to be written live at the full price
                chunk.append((item, answer))
                if len(chunk) >= _AT_ONCE:
                    for copy in await self._settle(part, chunk):
                        yield copy
                    chunk = []
        for copy in await self._settle(part, chunk):
            yield copy
        problem = state.problem
        if part.cancelled:
            self._work.store.drop_unanswered(part)
        else:
            told = problem.message if problem is not None else "The batch has no answer for it."
            self._work.give_to_live(part, problem.code if problem is not None else "missing", told)

    def _is_beside(self, part: Part, other: Part) -> bool:
        same = other.deployment == part.deployment and other.name != part.name
        return same and other.state == "open"

    def _item_of(self, part: Part, custom_id: str) -> Item | None:
        """The waiting item an answer belongs to; strange and repeated answers belong to none."""
        name, _, number = custom_id.rpartition("-")
        if name != part.name or not number.isdecimal():
            return None
        return self._work.store.item(part.name, int(number))

    async def _settle(self, part: Part, chunk: list[tuple[Item, BatchAnswer]]) -> list[Copy]:
        """Book answers, write down what came of them, and return the texts that are wanted."""
        if not chunk:
            return []
        deployment = self._work.services.deployment(part)
        once = {item.custom_id: (item, answer) for item, answer in chunk}.values()
        judge = self._work.desk.judge
        judged = [(item, *await judge(item, answer, deployment)) for item, answer in once]
        await self._work.desk.book([(item, attempt) for item, attempt, _ in judged], part.batch_id)
        self._work.store.settle([(item, end) for item, _, end in judged])
        copies = []
        for item, attempt, end in judged:
            if attempt.cost is None:
                self._work.progress.unknown_costs += 1
            else:
                self._work.progress.cost += attempt.cost
            if not item.wanted:
                continue
            if end.copy is None:
                self._work.progress.batched -= 1
                self._work.count(end)
            else:
                self._work.progress.written += 1
                copies.append(end.copy)
        return copies
