"""The way in: `get_router().complete(LLMRequest(...))`, its async twin, and streams.

The faces differ in how they wait; the policy is in `engine.py`. An offline callable runs on the
caller's thread when no model could answer, and is recorded as provider ``offline``.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from src.errors import AnalystError
from src.llm.booking import UNWRITTEN
from src.llm.call import Call, begin
from src.llm.errors import BudgetExceeded, Cancelled, LLMError, NoProviderAvailable
from src.llm.experiments import enrol
from src.llm.ledger import CallEnd, Ledger
from src.llm.telemetry import current_context
from src.llm.types import Attempt, LLMRequest, LLMResponse, Message, Outcome, TaskType, Usage

if TYPE_CHECKING:
    from src.config.models import ModelMap
    from src.config.settings import Settings
    from src.llm.endpoints import Endpoint
    from src.llm.engine import Engine
    from src.llm.loop import LoopThread

log = logging.getLogger(__name__)
OFFLINE = "offline"
T = TypeVar("T")


class Router:
    """Sends requests to the models of the active map. Cheap to make: all is opened on first use.

    Args:
        settings: keys, state database, budgets; the process's own by default.
        models: the model map; read from the shipped and the user's file by default.
    """

    def __init__(self, settings: Settings | None = None, models: ModelMap | None = None) -> None:
        self._settings = settings
        self._models = models
        self._lock = threading.RLock()
        self._parts: _Parts | None = None
        self._calls: dict[str, Call] = {}

    def complete(self, request: LLMRequest) -> LLMResponse:
        """The answer, from a model or, as the last resort, from `request.offline`.

        Raises:
            LLMError: no model answered and there is no offline callable, or the call was
                cancelled; `attempts` says what was tried.
            InputError: the request contradicts itself.
            ConfigError: a settings or models file is wrong.
        """
        call = self._begin(request)
        error = self._nobody(call)
        if error is None:
            try:
                work, loop = self._start(call, None)
                return loop.call(work)
            except KeyboardInterrupt:
                _cancel(call)
                raise
            except LLMError as failure:
                error = failure
            finally:
                self._calls.pop(call.tag.call_id, None)
        return self._last_resort(call, error)

    async def acomplete(self, request: LLMRequest) -> LLMResponse:
        """As `complete`, for coroutines; cancelling the awaiting task cancels the call."""
        if self._parts is None:  # the first call reads files
            await asyncio.to_thread(self._open)
        call = self._begin(request)
        error = self._nobody(call)
        if error is None:
            try:
                work, loop = self._start(call, None)
                return await loop.run(work)
            except asyncio.CancelledError:
                _cancel(call)
                raise
            except LLMError as failure:
                error = failure
            finally:
                self._calls.pop(call.tag.call_id, None)
        return await asyncio.to_thread(self._last_resort, call, error)

    def stream(self, request: LLMRequest) -> Iterator[str | LLMResponse]:
        """Text as it comes, then the `LLMResponse`. Dropping the iterator cancels the call.

        A request with a `response_schema` yields the response alone: half a JSON answer is no use,
        and it can still be repaired or asked of another model.

        Raises:
            LLMError: as `complete`; after text was given, `partial` is all of it.
        """
        call = self._begin(request)
        error = self._nobody(call)
        if error is None:
            pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()
            work, loop = self._start(call, pieces.put)
            future = loop.submit(work)
            future.add_done_callback(lambda _: pieces.put(None))
            try:
                while (piece := pieces.get()) is not None:
                    yield piece
                yield future.result()
                return
            except LLMError as failure:
                error = failure
            finally:
                if not future.done():
                    _cancel(call)
                self._calls.pop(call.tag.call_id, None)
        response = self._last_resort(call, error)
        if request.response_schema is None:
            yield response.text
        yield response

    async def astream(self, request: LLMRequest) -> AsyncIterator[str | LLMResponse]:
        """As `stream`, for coroutines; cancelling whoever iterates cancels the call."""
        if self._parts is None:
            await asyncio.to_thread(self._open)
        call = self._begin(request)
        error = self._nobody(call)
        if error is None:
            here = asyncio.get_running_loop()
            pieces: asyncio.Queue[str | None] = asyncio.Queue()
            work, loop = self._start(call, lambda piece: _put(here, pieces, piece))
            answer = asyncio.ensure_future(loop.run(work))
            answer.add_done_callback(lambda _: pieces.put_nowait(None))
            try:
                while (piece := await pieces.get()) is not None:
                    yield piece
                yield await answer
                return
            except LLMError as failure:
                error = failure
            finally:
                if not answer.done():
                    _cancel(call)
                    answer.cancel()
                self._calls.pop(call.tag.call_id, None)
        response = await asyncio.to_thread(self._last_resort, call, error)
        if request.response_schema is None:
            yield response.text
        yield response

    def in_flight(self, session: str | None = None) -> tuple[dict[str, Any], ...]:
        """The calls under way: call_id, task, session, user, seconds, doing, attempts."""
        return tuple(
            call.snapshot()
            for call in list(self._calls.values())
            if session is None or call.tag.session == session
        )

    def cancel(self, *, session: str | None = None, call_id: str | None = None) -> int:
        """Cancel a call, or all of a session; no request starts after this. Returns how many."""
        chosen = [
            call
            for call in list(self._calls.values())
            if call_id == call.tag.call_id or (session is not None and session == call.tag.session)
        ]
        for call in chosen:
            _cancel(call)
        return len(chosen)

    def hurry(self, call_id: str) -> bool:
        """Ask no more models for a call under way and answer it offline, as if all had failed.

        Returns:
            Whether there is such a call, and it has an offline answer to fall back on.
        """
        call = self._calls.get(call_id)
        if call is None or call.request.offline is None or call.given:
            return False
        call.hurried = True
        _cancel(call)
        return True

    @property
    def settings(self) -> Settings:
        """The settings it works by."""
        return self._open().settings

    @property
    def models(self) -> ModelMap:
        """The active model map."""
        return self._open().models

    @property
    def endpoints(self) -> dict[str, Endpoint]:
        """Every provider with its key, if there is one."""
        return self._open().endpoints

    @property
    def ledger(self) -> Ledger:
        """The book of calls."""
        return self._open().ledger

    def serves(self, task: TaskType) -> bool:
        """Whether any model of the task's chain could be asked now: it has a key."""
        parts = self._open()
        return not parts.settings.llm_offline and any(
            parts.endpoints[deployment.provider].ready
            for deployment in parts.models.tasks[task].chain
        )

    def warm_up(self, chain: Collection[str] = (), *, wait: bool = False) -> None:
        """Open the state database and, where keys are set, begin to load the providers' SDKs, so
        that the first call need not.

        Args:
            chain: deployments; by default those the tasks ask first.
            wait: until they are loaded; never on the router's own loop.
        """
        _ = self.ledger.engine
        parts = self._open()
        if any(self.serves(task) for task in parts.models.tasks):
            engine, loop = parts.running()
            loading = loop.submit(engine.load_adapters(chain))
            if wait:
                loading.result()

    async def beside_its_calls(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the router's own loop, so that the thousands of calls it makes need
        not change threads. It must never block; cancelling whoever waits does not cancel it."""
        return await self._open().running()[1].run(work)

    def close(self) -> None:
        """Cancel what runs, write what is queued, close all connections."""
        with self._lock:
            parts, self._parts = self._parts, None
        if parts is None:
            return
        if parts.engine is not None and parts.loop is not None:
            parts.loop.submit(parts.engine.close()).result(timeout=5)
            parts.loop.stop()
        parts.ledger.close()

    def _open(self) -> _Parts:
        with self._lock:
            if self._parts is None:
                self._parts = _Parts(self._settings, self._models)
            return self._parts

    def _begin(self, request: LLMRequest) -> Call:
        parts = self._open()
        plan = parts.models.plan(request.task, request.chain)
        call = begin(request, plan, parts.models.profile)
        experiment = parts.models.running.get(request.task)
        if experiment is not None and request.chain is None and not parts.settings.llm_offline:
            enrol(call, experiment, parts.endpoints)
        if parts.settings.llm_log_content:
            call.content = True
            turns = [(message.role, message.text) for message in call.messages]
            log.info("call %s %s: %s", call.tag.call_id, call.tag.task, turns)
        return call

    def _nobody(self, call: Call) -> LLMError | None:
        """Why no model needs to be asked at all; None when one can be."""
        parts = self._open()
        if parts.settings.llm_offline:
            return NoProviderAvailable(
                "Models are switched off (LLM_OFFLINE).", hint="Unset LLM_OFFLINE to use models."
            )
        if any(parts.endpoints[deployment.provider].ready for deployment in call.plan.chain):
            return None
        names: dict[str, None] = {}
        for deployment in call.plan.chain:
            names |= dict.fromkeys(parts.endpoints[deployment.provider].missing[:1])
        return NoProviderAvailable(
            f"No key is set for any model of the task {call.request.task.value!r}.",
            where=call.request.task.value,
            hint=f"Set {' or '.join(names)} in the environment or .env.",
        )

    def _start(
        self, call: Call, emit: Callable[[str], None] | None
    ) -> tuple[Coroutine[Any, Any, LLMResponse], LoopThread]:
        """The call's work, and the thread to run it on."""
        engine, loop = self._open().running()
        call.trace_context = current_context()
        self._calls[call.tag.call_id] = call
        streams = call.request.response_schema is None
        return engine.answer(call, emit if streams else None), loop

    def _last_resort(self, call: Call, error: LLMError) -> LLMResponse:
        """Run the offline callable, or give up with `error`; either way the call is recorded."""
        offline = call.request.offline
        error.call_id = call.tag.call_id
        if isinstance(error, Cancelled):
            raise error
        if offline is None or call.given or self._stops_at(error):
            if call.attempts:
                self._record(call, [], self._end(call, "none", error.outcome, error.code))
            raise error
        started_at, started = dt.datetime.now(dt.UTC), time.monotonic()
        problem: Exception | None = None
        answer: Any = ""
        try:
            answer = offline()
        except Exception as failure:  # noqa: BLE001 - recorded, then raised as it is
            problem = failure
        attempt = Attempt(
            deployment=OFFLINE,
            provider=OFFLINE,
            model=OFFLINE,
            outcome=Outcome.FAILED if problem else Outcome.OK,
            started_at=started_at,
            seconds=time.monotonic() - started + call.request.offline_seconds,
            usage=Usage(),
            cost=Decimal(0),
            error=_code(problem),
        )
        call.attempts.append(attempt)
        end = self._end(call, OFFLINE, attempt.outcome, attempt.error)
        self._record(call, [(len(call.attempts), OFFLINE, attempt)], end)
        if problem is not None:
            raise problem
        call.notes.append(f"The offline engine answered: {error.message}")
        text = answer if isinstance(answer, str) else answer.model_dump_json()
        return LLMResponse(
            text=text,
            parsed=None if isinstance(answer, str) else answer,
            provider=OFFLINE,
            model=OFFLINE,
            usage=attempt.usage,
            cost=call.total_cost(),
            seconds=end.seconds,
            finish_reason="stop",
            attempts=tuple(call.attempts),
            call_id=call.tag.call_id,
            notes=tuple(call.notes),
            turn=Message(role="assistant", text=text),
        )

    def _stops_at(self, error: LLMError) -> bool:
        """Whether the user wants nothing instead of a model's answer: not even the offline one."""
        return isinstance(error, BudgetExceeded) and self.models.budgets.at_limit == "stop"

    def _end(self, call: Call, kind: str, outcome: Outcome, error: str | None) -> CallEnd:
        offline = kind == OFFLINE
        return CallEnd(
            kind=kind,
            outcome=outcome,
            seconds=call.seconds + (call.request.offline_seconds if offline else 0.0),
            attempts=tuple(call.attempts),
            started_at=call.started_at,
            provider=OFFLINE if offline else None,
            model=OFFLINE if offline else None,
            error=error,
            fallback=offline and len(call.attempts) > 1,
        )

    def _record(self, call: Call, attempts: list[tuple[int, str, Attempt]], end: CallEnd) -> None:
        try:
            self.ledger.record(call.tag, attempts, end).result()
        except Exception as failure:  # noqa: BLE001 - an answer is not lost to a full disk
            log.warning("A call could not be recorded: %s", type(failure).__name__)
            call.notes.append(UNWRITTEN)


class _Parts:
    """What a router opens on first use."""

    def __init__(self, settings: Settings | None, models: ModelMap | None) -> None:
        from src.config.models import load_models
        from src.config.models_override import override_file
        from src.config.settings import get_settings
        from src.llm.endpoints import find_endpoints

        self.settings = settings or get_settings()
        self.models = models or load_models(override_file(self.settings), self.settings.llm_profile)
        self.endpoints = find_endpoints(self.models.providers, self.settings)
        self.ledger = Ledger(self.settings.state_url)
        self.engine: Engine | None = None
        self.loop: LoopThread | None = None
        self._lock = threading.Lock()

    def running(self) -> tuple[Engine, LoopThread]:
        """The engine and its thread, started when the first model is asked."""
        with self._lock:
            if self.engine is None or self.loop is None:
                from src.llm.budgets import Budgets
                from src.llm.cache import AnswerCache
                from src.llm.engine import Engine
                from src.llm.loop import LoopThread
                from src.llm.pool import Pool
                from src.llm.sharing import SharedAnswers
                from src.llm.usage import limits_of, spent_reader

                cache = self.models.cache
                answers = self.settings.campaign_analyst_home / "answers.db"
                self.engine = Engine(
                    self.models,
                    Pool(self.endpoints, self.models.breaker),
                    self.ledger,
                    SharedAnswers(AnswerCache(answers, cache.max_mb)) if cache.enabled else None,
                    Budgets(limits_of(self.models, self.settings), spent_reader(self.ledger)),
                )
                self.loop = LoopThread()
            return self.engine, self.loop


def _cancel(call: Call) -> None:
    call.cancelled = True
    if call.abort is not None:
        call.abort()


def _put(loop: asyncio.AbstractEventLoop, pieces: asyncio.Queue[str | None], piece: str) -> None:
    with contextlib.suppress(RuntimeError):  # whoever listened has closed his loop
        loop.call_soon_threadsafe(pieces.put_nowait, piece)


def _code(problem: Exception | None) -> str | None:
    if problem is None:
        return None
    return problem.code if isinstance(problem, AnalystError) else "offline_failed"


@lru_cache(maxsize=1)
def get_router() -> Router:
    """The process's router. `reset_router` makes the next call read all settings anew."""
    return Router()


def reset_router() -> None:
    """Forget the process's router, after settings or the models file changed.

    Calls that are under way finish on the old one.
    """
    get_router.cache_clear()
