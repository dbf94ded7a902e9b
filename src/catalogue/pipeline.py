"""A whole catalogue through a writer: bounded, resumable, each text paid for once.

`CatalogueRun.run` is a coroutine; everything else of it may be called from any thread, so a page
can show and steer a run. What is known of providers and money comes through `Writer` and `Meter`.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, Literal, Protocol

from src.catalogue.journal import Entry, Journal
from src.catalogue.meter import Meter, Metered
from src.catalogue.open_tasks import TaskHead
from src.catalogue.pace import Pace
from src.catalogue.patience import Patience
from src.catalogue.progress import Progress, Speed
from src.catalogue.tasks import Keys
from src.catalogue.values import Copy, CopyFailed, CopyTask, NobodyWrites
from src.errors import AnalystError
from src.llm.errors import BudgetExceeded, Cancelled

LOOK_SECONDS: Final = 0.25
_SKIPPED_AT_ONCE: Final = 200
_TOGETHER: Final = 8
_STEP_SECONDS: Final = 0.001
Retry = Literal["failed", "offline"]


class Writer(Protocol):
    """Writes one text; `SmartLLMClient` does."""

    async def write(self, task: CopyTask) -> Copy:
        """The text, or `CopyFailed`; `NobodyWrites` ends the run."""


@dataclass(slots=True)
class _State:
    """What other threads set and read; guarded by the run's lock."""

    phase: Literal["ready", "running", "paused", "stopping", "ended"] = "ready"
    ending: str = ""
    skipped: int = 0
    written: int = 0
    offline: int = 0
    failed: int = 0
    failed_over: int = 0
    metered: Metered = field(default_factory=Metered)

    def count(self, made: Copy | None, *, kept: bool = False) -> None:
        """One more text, or one that nobody could write; `kept` from before."""
        self.failed += made is None
        if made is not None:
            by_template = made.engine == "offline"
            self.skipped += kept
            self.written += not kept
            self.offline += by_template
            self.failed_over += bool(made.failed_over) and not by_template


class CatalogueRun:
    """One pass over the tasks.

    Args:
        tasks: makes the tasks in order; iterated once, one at a time.
        total: how many there are.
        concurrency: the most texts that may be under way at once.
        meter: reads the ledger; without it the pace stays at `concurrency`.
        budget: dollars of the whole run, restarts included. No text is begun once it is spent; an
            `estimate` of those under way is counted as spent.
        retry: results that are no longer good enough: those that failed, those written offline.
        patience: seconds that the run is held back while no model can be asked; see `Patience`.
        settle: awaited when the last text is done, before the meter is read for the last time.
        on_kept: told of every text that is in the journal already.
    """

    def __init__(
        self,
        tasks: Callable[[], Iterable[CopyTask]],
        total: int,
        writer: Writer,
        journal: Journal,
        keys: Keys,
        *,
        concurrency: int = 32,
        meter: Meter | None = None,
        budget: Decimal | None = None,
        estimate: Callable[[CopyTask], Decimal] | None = None,
        retry: frozenset[Retry] = frozenset(),
        patience: float = 0.0,
        settle: Callable[[], Awaitable[None]] | None = None,
        on_kept: Callable[[CopyTask, Entry], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tasks = tasks
        self._total = total
        self._writer = writer
        self._journal = journal
        self._keys = keys
        self._meter = meter
        self._budget = budget
        self._estimate = estimate or (lambda _: Decimal(0))
        self._retry = retry
        self._hopeful = patience > 0
        self._settle = settle
        self._on_kept = on_kept
        self._clock = clock
        self._pace = Pace(concurrency)
        self._patience = Patience(patience, self._nudge, clock)
        self._speed = Speed(clock)
        self._lock = threading.Lock()
        self._state = _State()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._under_way: dict[asyncio.Task[None], Decimal] = {}
        self._unmetered = Decimal(0)  # estimates of texts that ended since the meter was read
        self._busiest = 0
        self._unwritten: list[tuple[Entry, asyncio.Future[None]]] = []
        self._problem: BaseException | None = None

    # ------------------------------------------------------------ any thread

    def progress(self) -> Progress:
        """Where the run is now."""
        with self._lock:
            state = replace(self._state)
        done = state.skipped + state.written + state.failed
        return Progress(
            phase=state.phase,
            ending=state.ending,
            total=self._total,
            done=done,
            skipped=state.skipped,
            written=state.written,
            offline=state.offline,
            failed=state.failed,
            failed_over=state.failed_over,
            waiting=self._patience.holding,
            under_way=len(self._under_way),
            limit=self._pace.limit,
            cuts=self._pace.cuts,
            per_second=self._speed.per_second(),
            eta_seconds=self._speed.eta(self._total - done),
            seconds=self._speed.seconds(),
            spent=state.metered.spent,
            unknown_costs=state.metered.unknown,
            requests=state.metered.requests,
            turned_away=state.metered.turned_away,
            input_tokens=state.metered.input_tokens,
            output_tokens=state.metered.output_tokens,
        )

    def pause(self) -> None:
        """Begin no more texts until `resume`; those under way are finished."""
        self._move({"running": "paused"})

    def resume(self) -> None:
        """Go on after `pause`."""
        self._move({"paused": "running"})

    def cancel(self, *, now: bool = False) -> None:
        """End the run: texts under way are finished and kept, since they are paid for.

        Args:
            now: give up those under way, too.
        """
        self._stop("cancelled")
        if now and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(self._give_up)

    # ------------------------------------------------------------ the run's own loop

    async def run(self) -> Progress:
        """Write everything that is not yet in the journal.

        Returns:
            The last progress; `ending` is ``done``, ``cancelled`` or ``budget``.

        Raises:
            StateError: results could not be kept.
            AnalystError: what the tasks raise.
        """
        self._loop = asyncio.get_running_loop()
        with self._lock:
            if self._state.phase == "ready":  # it may have been cancelled before it began
                self._state.phase = "running"
        self._speed.start()
        if self._budget is not None:  # what was spent before this run counts
            await self._look()
        helpers = []
        if self._meter is not None:
            helpers.append(asyncio.create_task(self._keep_looking()))
        try:
            await self._feed(iter(self._tasks()))
        finally:
            await self._wind_up()
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            if self._settle is not None:
                await self._settle()
            await self._look()
            self._speed.stop()
            with self._lock:
                self._state.phase = "ended"
                self._state.ending = self._state.ending or "done"
        if self._problem is not None:
            raise self._problem
        return self.progress()

    async def _feed(self, tasks: Iterator[CopyTask]) -> None:
        """Begin texts as the pace allows, until none is left or somebody stops the run."""
        assert self._loop is not None
        skipped, due = 0, 0.0
        while await self._may_begin():
            task = next(tasks, None)
            if task is None:
                return
            key = self._keys.of(task)
            known = self._journal.find(key)
            if known is not None and is_final(known, self._retry, models=self._hopeful):
                if self._on_kept is not None:
                    self._on_kept(task, known)
                with self._lock:
                    self._state.count(known.copy, kept=True)
                skipped += 1
                if skipped % _SKIPPED_AT_ONCE == 0:
                    await asyncio.sleep(0)
                continue
            cost = self._estimate(task)
            if not await self._affordable(cost):
                return
            work = asyncio.create_task(self._write_one(task, key))
            self._under_way[work] = cost
            self._busiest = max(self._busiest, len(self._under_way))
            work.add_done_callback(self._ended)
            if len(self._under_way) > _TOGETHER:
                # A hundred that are begun at once go on in step: now all of them wait for the
                # provider, now all for this process. A busy loop comes back late from a sleep; what
                # was missed meanwhile is begun without another.
                now = self._loop.time()
                due = max(due, now - _TOGETHER * _STEP_SECONDS) + _STEP_SECONDS
                if due > now:
                    await asyncio.sleep(due - now)

    async def _may_begin(self) -> bool:
        """Wait for a free place; False when the run is being stopped."""
        while True:
            phase = self._state.phase
            if phase == "stopping":
                return False
            room = len(self._under_way) < self._pace.limit and not self._patience.holding
            if phase == "running" and room:
                return True
            self._wake.clear()
            await self._wake.wait()

    async def _affordable(self, cost: Decimal) -> bool:
        """Whether the budget has room for one more text; waits while those under way may leave
        some over."""
        if self._budget is None:
            return True
        while True:
            if self._held() + cost <= self._budget:
                return True
            await self._look()
            if self._held() + cost <= self._budget:
                return True
            if not self._under_way:
                self._stop("budget")
                return False
            self._wake.clear()
            await self._wake.wait()

    def _held(self) -> Decimal:
        """Dollars that are spent or may be by what is under way."""
        return self._state.metered.spent + self._unmetered + sum(self._under_way.values())

    async def _write_one(self, task: CopyTask, key: str) -> None:
        try:
            result = await self._patience.outlast(task, self._result, self._stopping)
        except Cancelled:
            return
        except BudgetExceeded:
            self._stop("budget")
            return
        if result is None:
            return
        made = result if isinstance(result, Copy) else None
        entry = entry_of(key, task, result)
        # The place is given back when the result is durable, so that a crash costs no more than
        # the texts that are under way.
        await self._kept(entry)
        with self._lock:
            self._state.count(made)
        self._speed.count()

    async def _result(self, task: CopyTask) -> Copy | CopyFailed:
        try:
            return await self._writer.write(task)
        except CopyFailed as error:
            return error
        except (Cancelled, BudgetExceeded, NobodyWrites):
            raise
        except AnalystError as error:
            return CopyFailed(str(error), task_id=task.id)
        except Exception as error:  # noqa: BLE001 - one odd item must not end the run
            what = f"Something inside failed: {type(error).__name__}: {error}"
            return CopyFailed(what, task_id=task.id)

    def _stopping(self) -> bool:
        return self._state.phase == "stopping"

    def _ended(self, work: asyncio.Task[None]) -> None:
        self._unmetered += self._under_way.pop(work)
        if not work.cancelled() and (problem := work.exception()) is not None:
            self._problem = self._problem or problem
            self._stop("failed")
        self._wake.set()

    def _kept(self, entry: Entry) -> asyncio.Future[None]:
        """Done when the result is durable; those of one turn of the loop share a transaction."""
        assert self._loop is not None
        kept = self._loop.create_future()
        if not self._unwritten:
            self._loop.call_soon(self._write_down)
        self._unwritten.append((entry, kept))
        return kept

    def _write_down(self) -> None:
        """Here and not in a thread: that would wait for a busy loop longer than it writes."""
        batch, self._unwritten = self._unwritten, []
        problem: Exception | None = None
        try:
            self._journal.write([entry for entry, _ in batch])
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of any failure
            problem = error
        for _, kept in batch:
            if kept.done():  # the text was given up meanwhile
                continue
            if problem is None:
                kept.set_result(None)
            else:
                kept.set_exception(problem)

    async def _keep_looking(self) -> None:
        """Read the meter now and then, and set the pace by what happened in between."""
        await self._look()
        while True:
            began = self._clock()
            earlier = self._state.metered
            await self._look()
            seen = self._state.metered.since(earlier)
            if seen.requests:
                self._pace.look(seen, self._busiest)
                self._busiest = len(self._under_way)
                self._wake.set()
            # A long ledger takes time to add up; that must stay a small part of the run's.
            await asyncio.sleep(max(LOOK_SECONDS, 20 * (self._clock() - began)))

    async def _look(self) -> None:
        if self._meter is None:
            return
        known = self._unmetered
        metered = await asyncio.to_thread(self._meter)
        self._unmetered -= known
        with self._lock:
            self._state.metered = metered

    async def _wind_up(self) -> None:
        """Wait for what is under way."""
        while self._under_way:
            await asyncio.wait(list(self._under_way))

    def _give_up(self) -> None:
        for work in list(self._under_way):
            work.cancel()

    def _stop(self, why: str) -> None:
        self._move(dict.fromkeys(("ready", "running", "paused"), "stopping"), why)

    def _move(self, moves: Mapping[str, Any], ending: str = "") -> None:
        with self._lock:
            target = moves.get(self._state.phase)
            if target is None:
                return
            self._state.phase = target
            self._state.ending = ending
        self._nudge()

    def _nudge(self) -> None:
        """Let the run look again whether it may begin a text; from any thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(self._wake.set)


def is_final(known: Entry, retry: frozenset[Retry] = frozenset(), *, models: bool = True) -> bool:
    """Whether a result stands: a text does, and a failure that another try would not change.

    Args:
        models: whether any model can be asked; what the template wrote for want of one stands only
            while none can.
    """
    if known.reviewed in ("approved", "edited"):
        return True  # a new text would take a person's decision away
    if known.copy is None:
        return not known.temporary and "failed" not in retry
    if known.copy.engine == "model":
        return True
    return "offline" not in retry and not (known.copy.temporary and models)


def entry_of(key: str, task: CopyTask | TaskHead, result: Copy | CopyFailed) -> Entry:
    """The journal's entry for what became of a task."""
    if isinstance(result, Copy):
        return Entry(key, task.id, task.type, task.title, result)
    reasons = result.reasons or (result.message,)
    return Entry(key, task.id, task.type, task.title, None, reasons, result.temporary)
