"""A process that writes texts for a run in another one; `processes.py` starts it.

It has a router and a client of its own, and books what it spends in the ledger they share. Which
texts there are already the run knows: each good text waits for its word before it counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import logging
import os
import pickle
import signal
import socket
from typing import Any

from src.catalogue.checks import check_text
from src.catalogue.process_channel import Channel
from src.catalogue.smart_llm_client import SmartLLMClient
from src.catalogue.values import CopyRules, CopyTask, Language
from src.llm.prices import cost_of
from src.llm.router import Router
from src.llm.types import Usage

log = logging.getLogger(__name__)
_PRACTICE: tuple[tuple[Language, str], ...] = (
    ("ru", "<p>Чашка из фарфора</p>"),
    ("en", "<p>A cup of china</p>"),
)


class _Worker:
    """Lives on the router's loop. `done` is set when the run has left or is gone."""

    def __init__(self) -> None:
        self.done = asyncio.Event()
        self._channel: Channel | None = None
        self._client: SmartLLMClient | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._asked: dict[int, asyncio.Future[str]] = {}
        self._numbers = itertools.count()

    async def serve(self, end: socket.socket, client: SmartLLMClient) -> None:
        """Write what is asked for until the run leaves; give up what is under way then."""
        self._client = client
        self._channel = await Channel.open(end, self._hear, self.done.set)
        self._tell("ready", 0, None)
        gc.freeze()  # what is loaded stays; the collector need not walk through it again and again
        await self.done.wait()
        under_way = list(self._tasks.values())
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def unique(self, task: CopyTask, text: str) -> str:
        """Ask the run whether a text repeats another product's."""
        number = next(self._numbers)
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            self._tell("unique", number, (task.product_id, task.type, text))
            return await answer
        finally:
            del self._asked[number]

    def _hear(self, message: tuple[str, int, Any]) -> None:
        what, number, about = message
        if what == "write":
            task = asyncio.get_running_loop().create_task(self._write(number, about))
            self._tasks[number] = task
        elif what == "cancel":
            if (known := self._tasks.get(number)) is not None:
                known.cancel()
        elif (waiting := self._asked.get(number)) is not None and not waiting.done():
            waiting.set_result(about)

    async def _write(self, number: int, task: CopyTask) -> None:
        assert self._client is not None
        try:
            self._tell("written", number, await self._client.write(task))
        except Exception as error:  # noqa: BLE001 - the run knows what to do with each
            self._tell("failed", number, _portable(error))
        finally:
            del self._tasks[number]

    def _tell(self, what: str, number: int, about: Any) -> None:
        assert self._channel is not None
        self._channel.send((what, number, about))


def _portable(error: Exception) -> Exception:
    """The error, or one like it that can be sent."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - an error of a library may be anything
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _practise(client: SmartLLMClient) -> None:
    """Load what a first text loads, before a text waits for it."""
    task = CopyTask(id="practice", product_id="", type="", prompt="", title="Чашка, a cup")
    router, chain = client.router, client.plan(task).chain
    router.warm_up(chain, wait=True)
    for one in router.models.deployments():
        if one.id in chain:
            cost_of(one, router.models.providers[one.provider].kind, Usage())
    for language, text in _PRACTICE:
        check_text(text, CopyRules(language=language, html=True, forbidden=("best",)), task.title)


def main(number: int) -> None:
    """Serve the run at the other end of the inherited socket.

    Args:
        number: the socket's file descriptor.
    """
    # The run ends this process by leaving; what is sent to the whole group is for the run alone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end = socket.socket(fileno=number)
    with end.makefile("rb") as told:  # it may read ahead: the run says no more before we are ready
        settings, models, asked = pickle.load(told)  # noqa: S301 - from the process that began us
    router = Router(settings, models)
    code = 0
    try:
        asyncio.run(_serve(router, end, asked))
    except Exception as error:  # noqa: BLE001 - one line, not a traceback on somebody's terminal
        log.error("A process that writes texts cannot go on: %s.", type(error).__name__)
        code = 1
    finally:
        with contextlib.suppress(TimeoutError):
            router.close()
        # Everything is written; to take the interpreter down piece by piece takes a tenth of a
        # second, and the run waits for it.
        os._exit(code)


async def _serve(router: Router, end: socket.socket, asked: dict[str, Any]) -> None:
    worker = _Worker()
    client = SmartLLMClient(router, unique=worker.unique, **asked)
    await asyncio.to_thread(_practise, client)
    await router.beside_its_calls(worker.serve(end, client))
