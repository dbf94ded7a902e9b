"""The process's router in the name of one owner, so that usage can be shown to its owner alone."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from src.llm.types import LLMRequest, LLMResponse

if TYPE_CHECKING:
    from src.llm.router import Router


def usage_id(owner: str) -> str:
    """The owner's opaque name in the ledger."""
    return hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class OwnedRouter:
    """Hands every request to the process's router with the owner's id on it. The router is looked
    up at each call, so a change of settings reaches analyses that are already open.

    Attributes:
        user: the owner's name in the ledger, for capabilities that book something themselves.
    """

    def __init__(self, owner: str) -> None:
        self.user = usage_id(owner)

    def complete(self, request: LLMRequest) -> LLMResponse:
        """As `Router.complete`."""
        return self._router.complete(self._mine(request))

    async def acomplete(self, request: LLMRequest) -> LLMResponse:
        """As `Router.acomplete`."""
        return await self._router.acomplete(self._mine(request))

    def stream(self, request: LLMRequest) -> Iterator[str | LLMResponse]:
        """As `Router.stream`."""
        return self._router.stream(self._mine(request))

    def astream(self, request: LLMRequest) -> AsyncIterator[str | LLMResponse]:
        """As `Router.astream`."""
        return self._router.astream(self._mine(request))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._router, name)

    @property
    def _router(self) -> Router:
        from src.llm.router import get_router

        return get_router()

    def _mine(self, request: LLMRequest) -> LLMRequest:
        return dataclasses.replace(request, user=self.user)
