"""What batches did not deliver, written by the live path while the other batches are at work."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from src.catalogue.batch.store import BatchStore, Item
from src.catalogue.values import Copy, CopyFailed

if TYPE_CHECKING:
    from src.catalogue.smart_llm_client import SmartLLMClient


class LivePath:
    """Writes a bounded number of texts at once. Lives on one event loop.

    Args:
        most: texts written at once.
    """

    def __init__(self, store: BatchStore, client: SmartLLMClient, most: int) -> None:
        self._store = store
        self._client = client
        self._most = most
        self._behind = 0
        self._under_way: set[asyncio.Task[Copy | CopyFailed]] = set()

    async def busy(self, may_begin: bool) -> bool:
        """Begin what there is room for; whether anything is under way."""
        room = self._most - len(self._under_way)
        if may_begin and room > 0:
            for row, item in self._store.live(self._behind, room):
                self._behind = row
                self._under_way.add(asyncio.ensure_future(self._write(item)))
        return bool(self._under_way)

    async def results(self, seconds: float) -> list[Copy | CopyFailed]:
        """What ends within that time, at the first end.

        Raises:
            Exception: what `write` raises besides `CopyFailed`.
        """
        if not self._under_way:
            await asyncio.sleep(seconds)
            return []
        done, self._under_way = await asyncio.wait(
            self._under_way, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        return [one.result() for one in done]

    async def close(self) -> None:
        """Give up what is under way; a later run writes it."""
        for one in self._under_way:
            one.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        self._under_way = set()

    async def _write(self, item: Item) -> Copy | CopyFailed:
        writing = await asyncio.to_thread(self._client.writing, item.task)
        end = item.end
        if end is not None and end.attempt is not None:
            writing.tried(
                end.attempt,
                end.call,
                end.because,
                end.told,
                answer=end.answer,
                problems=end.problems,
            )
        try:
            return await writing.write()
        except CopyFailed as failure:
            return failure
