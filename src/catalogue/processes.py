"""Texts written by several processes, for more of them at once than one can keep up with.

A request costs a few milliseconds of processor time in the SDKs, whoever wrote the program around
them; a hundred at once are more than one core has. So the run keeps its feed, journal, budget and
pace, and knows the texts there are; processes of its own ask the models, check what they say and
book what it cost. Each has a share of what is under way; what one leaves behind when it dies goes
to the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import pickle
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from src.catalogue.process_channel import Channel
from src.catalogue.smart_llm_client import SmartLLMClient
from src.catalogue.values import Copy, CopyTask, NobodyWrites

log = logging.getLogger(__name__)
_ROOT: Final = str(Path(__file__).resolve().parents[2])
_BEGIN: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from src.catalogue.process_worker import main; main(int(sys.argv[2]))"
)
_START_SECONDS: Final = 60.0
_END_SECONDS: Final = 10.0


class _Gone(Exception):
    """The process died; the text is for another one."""


class WritingProcesses:
    """A `Writer`; lives on one event loop, from `start` to `close`.

    Args:
        client: knows the texts there are; its router, strategy and run are every process's.
        count: processes.
    """

    def __init__(self, client: SmartLLMClient, count: int) -> None:
        self._client = client
        self._count = count
        self._hands: list[_Hand] | None = None

    async def start(self) -> None:
        """Start the processes, and wait until they have loaded what a text needs.

        Raises:
            NobodyWrites: none could be started.
        """
        if self._hands is None:
            self._hands = [_Hand(self._client) for _ in range(self._count)]
            await asyncio.gather(*(hand.start() for hand in self._hands))
            self._alive()

    async def write(self, task: CopyTask) -> Copy:
        """The text, by the process that has least to do.

        Raises:
            NobodyWrites: every process has died.
            AnalystError: what `SmartLLMClient.write` raises.
        """
        while True:
            alive = self._alive()
            # The same question twice at once is asked once, if one process has both.
            same = [hand for hand in alive if task.prompt in hand.prompts]
            hand = same[0] if same else min(alive, key=lambda one: len(one.prompts))
            with contextlib.suppress(_Gone):
                return await hand.write(task)

    async def close(self) -> None:
        """Let the processes go; what they have spent is in the ledger then."""
        hands, self._hands = self._hands or [], None
        await asyncio.gather(*(hand.close() for hand in hands))

    def _alive(self) -> list[_Hand]:
        alive = [hand for hand in self._hands or () if hand.alive]
        if not alive:
            raise NobodyWrites(
                "The processes that write the texts have ended.",
                kept="Every text that was written is in the journal.",
                hint="Run again to go on; with --processes 1 the command writes by itself.",
            )
        return alive


class _Hand:
    """One process, and what it is writing.

    Attributes:
        prompts: of the texts it is writing, each as often as it is.
    """

    def __init__(self, client: SmartLLMClient) -> None:
        self._client = client
        self.alive = False
        self._closing = False
        self.prompts: list[str] = []
        self._channel: Channel | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: dict[int, asyncio.Future[Copy]] = {}
        self._numbers = itertools.count()
        self._ready = asyncio.Event()
        self._left = asyncio.Event()

    async def start(self) -> None:
        """Until it is ready, or dead."""
        ours, theirs = socket.socketpair()
        with theirs, contextlib.suppress(OSError):
            self._process = await asyncio.to_thread(_launch, theirs)
        if self._process is None:
            ours.close()
            self._left.set()
            return
        router = self._client.router
        first = pickle.dumps((router.settings, router.models, self._client.choices()))
        with contextlib.suppress(OSError):  # the channel will say that it has died
            await asyncio.to_thread(ours.sendall, first)
        ours.setblocking(False)
        self._channel = await Channel.open(ours, self._hear, self._end)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), _START_SECONDS)

    async def write(self, task: CopyTask) -> Copy:
        """Have it write a text.

        Raises:
            _Gone: it died before it had.
        """
        number = next(self._numbers)
        result: asyncio.Future[Copy] = asyncio.get_running_loop().create_future()
        self._waiting[number] = result
        self.prompts.append(task.prompt)
        try:
            self._tell("write", number, task)
            return await result
        except asyncio.CancelledError:
            self._tell("cancel", number, None)
            raise
        finally:
            self._waiting.pop(number, None)
            self.prompts.remove(task.prompt)

    async def close(self) -> None:
        """Leave, and wait until it has ended."""
        self._closing = True
        if self._channel is not None:
            self._channel.leave()
            await self._left.wait()
        if self._process is not None:
            await asyncio.to_thread(_wait_for, self._process)

    def _hear(self, message: tuple[str, int, Any]) -> None:
        what, number, about = message
        if what == "ready":
            self.alive = True
            self._ready.set()
        elif what == "unique":
            product, kind, text = about
            other = self._client.texts.add(text, product=product, type=kind)
            self._tell("known", number, other)
        elif (waiting := self._waiting.get(number)) is not None and not waiting.done():
            if what == "written":
                waiting.set_result(about)
            else:
                waiting.set_exception(about)

    def _end(self) -> None:
        if not self._closing:
            log.warning("A process that writes texts has ended; what it left goes to the others.")
        self.alive = False
        self._ready.set()
        self._left.set()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(_Gone())

    def _tell(self, what: str, number: int, about: Any) -> None:
        if self._channel is not None:
            self._channel.send((what, number, about))


def _launch(end: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-P", "-c", _BEGIN, _ROOT, str(end.fileno())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=[end.fileno()],
        start_new_session=True,  # Ctrl+C is for the run, which lets its texts be finished
    )


def _wait_for(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
