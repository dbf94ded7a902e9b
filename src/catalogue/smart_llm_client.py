"""Product copy through the cheapest model that will write it; never an item lost.

    content = await SmartLLMClient().generate(
        prompt="Опиши товар.", context={"title": "Воск для депиляции", "type": "description"}
    )

`write` takes one `CopyTask` and says how its text came about; `generate_many` streams many.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
import time
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Mapping,
)
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from src.catalogue import stats, stats_file
from src.catalogue.checks_duplicates import DuplicateIndex
from src.catalogue.checks_language import language_of
from src.catalogue.fencing import fenced
from src.catalogue.learning import Proposal, propose
from src.catalogue.rendering import render_offline
from src.catalogue.routing import Planner, Route
from src.catalogue.templates import Templates, load_templates
from src.catalogue.triggers import Triggers, own_triggers
from src.catalogue.values import Copy, CopyFailed, CopyRules, CopyTask, Language, Product, Strategy
from src.catalogue.writing import Writing
from src.errors import AnalystError, InputError
from src.llm.types import CachePolicy

if TYPE_CHECKING:
    from src.llm.router import Router

log = logging.getLogger(__name__)
T = TypeVar("T")
STATS_FILE = "llm_usage_stats.json"
_BATCH = 100  # results between two writings of the statistics
_SHARE = 0.05  # of the time that single calls take may go into writing statistics
_LANGUAGES: dict[str, Language] = {
    "ru": "ru", "ru-ru": "ru", "russian": "ru", "русский": "ru",
    "en": "en", "en-us": "en", "en-gb": "en", "english": "en", "английский": "en",
}  # fmt: skip


class SmartLLMClient:
    """Writes product copy. Cheap to make; settings, models and words are read on first use.

    Args:
        router: the process's own by default.
        strategy: ``smart`` by default; see `Planner`.
        weights: shares for ``load_balance``.
        triggers: the shipped words under the user's file by default.
        run: name of the run money is booked on, and whose statistics are shown; without one the
            statistics are of all catalogue copy in the ledger.
        stats_path: where `save_stats` writes; ``llm_usage_stats.json`` in the working folder.
        unique: asks somebody else whether a text repeats another product's, whose id it returns
            then; `texts` by default.

    Attributes:
        texts: those written and remembered, which later ones must not repeat.
    """

    def __init__(
        self,
        router: Router | None = None,
        *,
        strategy: Strategy | None = None,
        weights: Mapping[str, float] | None = None,
        triggers: Triggers | None = None,
        run: str | None = None,
        stats_path: Path | None = None,
        unique: Callable[[CopyTask, str], Awaitable[str]] | None = None,
    ) -> None:
        self._own_router = router
        self._strategy: Strategy = strategy or "smart"
        self._weights = weights
        self._triggers = triggers
        self.run = run
        self.stats_path = stats_path or Path(STATS_FILE)
        self._lock = threading.Lock()
        self._made: tuple[Router, Planner] | None = None  # settings may bring a new router
        self.texts = DuplicateIndex()
        self._unique = unique or self._own_unique
        self._saved_at = 0.0
        self._saving_took = 0.0

    # --- Writing ---

    async def generate(
        self,
        prompt: str,
        context: Mapping[str, Any] | None = None,
        max_tokens: int = 2000,
    ) -> str:
        """A text for one prompt.

        Args:
            context: what is known of the product. ``title``, ``type`` (of the content) and
                ``category`` decide who is asked; ``language`` (the title's by default) is checked
                when it is ``ru`` or ``en``. All but the type is given to the model as data, as far
                as the prompt does not hold it.
            max_tokens: of the answer.

        Returns:
            the text of a model; that of the offline template, when no model's can be used and the
            context has a title and a content type that has a template.

        Raises:
            CopyFailed: no model wrote a text that passes its checks, and there is no template.
            Cancelled: the run was cancelled.
            InputError: the prompt is empty.
        """
        copy = await self.write(_task(prompt, context or {}, max_tokens))
        if copy.engine == "offline":
            log.warning("No model could be used; the offline template wrote %s.", copy.task_id)
        if self._stats_are_due():
            await asyncio.to_thread(self._save_quietly)
        return copy.text

    async def write(self, task: CopyTask, *, cache: CachePolicy | None = None) -> Copy:
        """One text, checked, and how it came about.

        Args:
            cache: whether a stored answer will do; ``CachePolicy("refresh")`` writes anew.

        Raises:
            CopyFailed: no model wrote a text that passes, and the task has no offline text; it
                says what that cost.
            Cancelled: the run was cancelled; what was spent is in the ledger.
        """
        if self._made is None:  # the first text reads files
            await asyncio.to_thread(self._planner)
        return await self.writing(task, cache=cache).write()

    def writing(self, task: CopyTask, *, cache: CachePolicy | None = None) -> Writing:
        """The task before anybody is asked, for a way of asking that is not `write`'s."""
        planner = self._planner()
        return Writing(
            router=self.router,
            task=task,
            route=planner.plan(task),
            strategy=planner.strategy,
            run=self.run,
            cache=cache or CachePolicy(),
            unique=self._unique,
        )

    async def generate_many(
        self,
        tasks: Iterable[CopyTask] | AsyncIterable[CopyTask],
        *,
        concurrency: int = 16,
    ) -> AsyncIterator[Copy | CopyFailed]:
        """Texts and failures as they come, in no order; `tasks` is read as far as it is worked on.

        Closing the iterator cancels what is under way.

        Args:
            concurrency: texts written at once.

        Raises:
            Cancelled: the run was cancelled.
        """
        if concurrency < 1:
            raise InputError("At least one text must be written at once.", where="concurrency")
        source, under_way = _each(tasks), set[asyncio.Task[Copy | CopyFailed]]()
        following: asyncio.Task[CopyTask | None] | None = _next(source)
        done_since_saved = 0
        try:
            while following is not None or under_way:
                waited: set[asyncio.Task[Any]] = set(under_way)
                if following is not None and len(under_way) < concurrency:
                    waited.add(following)
                done, _ = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                if following is not None and following in done:
                    task = following.result()
                    following = None if task is None else _next(source)
                    if task is not None:
                        under_way.add(asyncio.ensure_future(self._result(task)))
                for finished in done & under_way:
                    under_way.remove(finished)
                    yield finished.result()
                    done_since_saved += 1
                if done_since_saved >= _BATCH and self._stats_are_due():
                    done_since_saved = 0
                    await asyncio.to_thread(self._save_quietly)
        finally:
            left = [*under_way, *([following] if following is not None else [])]
            for one in left:
                one.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            await asyncio.to_thread(self._save_quietly)

    def generate_sync(
        self, prompt: str, context: Mapping[str, Any] | None = None, max_tokens: int = 2000
    ) -> str:
        """As `generate`, for code without a loop, and for notebooks that run one."""
        return _finish(self.generate(prompt, context, max_tokens))

    def write_sync(self, task: CopyTask, *, cache: CachePolicy | None = None) -> Copy:
        """As `write`, for code without a loop, and for notebooks that run one."""
        return _finish(self.write(task, cache=cache))

    def choices(self) -> dict[str, Any]:
        """What makes another client with these settings choose models as this one does, and book
        on the same run."""
        return {"strategy": self._strategy, "weights": self._weights, "run": self.run}

    def plan(self, task: CopyTask) -> Route:
        """Who would be asked for a text, in which order, and why. Nothing is sent."""
        return self._planner().plan(task)

    def remember(self, task: CopyTask, text: str) -> None:
        """Take a text that was written before (an earlier part of the run) for duplicates' sake."""
        self.texts.add(text, product=task.product_id, type=task.type)

    # --- What it cost ---

    def get_stats(self) -> dict[str, Any]:
        """Items, calls, tokens, dollars, refusals, latency and savings, from the ledger.

        Returns:
            see `stats.catalogue_stats`.
        """
        return stats.catalogue_stats(self.router.ledger, self.router.models, run=self.run)

    def print_stats(self) -> None:
        """Print the statistics as a table, and write them to `stats_path`."""
        if not self._tracks_cost():
            print(stats_file.SWITCHED_OFF)  # noqa: T201 - this method's purpose
            return
        print(stats_file.as_text(self.save_stats() or {}))  # noqa: T201

    def save_stats(self) -> dict[str, Any] | None:
        """Write the statistics to `stats_path`, whole or not at all; safe in several processes.

        Returns:
            what was written; None when COST_TRACKING_ENABLED is off and nothing was.

        Raises:
            StatsUnwritten: the file cannot be written.
        """
        if not self._tracks_cost():
            return None
        began = time.monotonic()
        written = stats_file.save(self.stats_path, self.get_stats)
        self._saved_at = time.monotonic()
        self._saving_took = self._saved_at - began
        return written

    def learn(self) -> list[Proposal]:
        """Trigger words that the ledger proposes, with what each would save; changes nothing."""
        return propose(self.router.ledger, self.triggers, run=self.run)

    @property
    def router(self) -> Router:
        """The router that is asked."""
        if self._own_router is None:
            from src.llm.router import get_router

            return get_router()
        return self._own_router

    @property
    def triggers(self) -> Triggers:
        """The trigger words in use."""
        with self._lock:
            if self._triggers is None:
                self._triggers = Triggers.load(own_triggers(self.router.settings))
            return self._triggers

    def _planner(self) -> Planner:
        made, router = self._made, self.router
        if made is not None and made[0] is router:
            return made[1]
        triggers = self.triggers
        with self._lock:
            planner = Planner(
                router.models,
                triggers,
                self._strategy,
                weights=self._weights,
                smart=router.settings.smart_routing_enabled,
            )
            self._made = (router, planner)
            return planner

    async def _result(self, task: CopyTask) -> Copy | CopyFailed:
        try:
            return await self.write(task)
        except CopyFailed as failure:
            return failure

    async def _own_unique(self, task: CopyTask, text: str) -> str:
        return self.texts.add(text, product=task.product_id, type=task.type)

    def _tracks_cost(self) -> bool:
        return self.router.settings.cost_tracking_enabled

    def _save_quietly(self) -> None:
        """As `save_stats`, but no text is lost to a file that cannot be written."""
        try:
            self.save_stats()
        except AnalystError as error:
            log.warning("%s", error)

    def _stats_are_due(self) -> bool:
        """Whether single calls may write statistics now: the ledger grows, so it takes longer."""
        return time.monotonic() - self._saved_at >= self._saving_took / _SHARE


def _task(prompt: str, context: Mapping[str, Any], max_tokens: int) -> CopyTask:
    if not prompt.strip():
        raise InputError("The prompt is empty.", where="prompt")
    told = {str(name): str(value) for name, value in context.items() if value not in (None, "")}
    title, kind = told.get("title", ""), told.pop("type", "text")
    category = told.get("category", "")
    language = _LANGUAGES.get(told.get("language", "").lower())
    if language is not None:
        del told["language"]  # the system prompt asks for it
    elif "language" not in told:
        language = language_of(title)
    missing = {name: text for name, text in told.items() if text not in prompt}
    full = f"{prompt}\n\n{fenced(missing)}" if missing else prompt
    rules = CopyRules(language=language, html=True)
    digest = hashlib.sha256("\0".join((kind, full)).encode()).hexdigest()[:24]
    return CopyTask(
        id=f"{digest}/{kind}",
        product_id=digest,
        type=kind,
        prompt=full,
        title=title,
        category=category,
        max_tokens=max_tokens,
        rules=rules,
        offline_text=_offline_text(Product(digest, title, category, language or "ru"), kind, rules),
    )


def _offline_text(product: Product, type: str, rules: CopyRules) -> str | None:
    """The shipped template's text about a product; None for what has no template or no title."""
    templates = _templates()
    if not product.title or type not in templates.names:
        return None
    return render_offline(templates.of(type, product.language).offline, product, rules)


@lru_cache(maxsize=1)
def _templates() -> Templates:
    return load_templates()


async def _each(tasks: Iterable[CopyTask] | AsyncIterable[CopyTask]) -> AsyncIterator[CopyTask]:
    if isinstance(tasks, AsyncIterable):
        async for task in tasks:
            yield task
    else:
        for task in tasks:
            yield task


def _next(source: AsyncIterator[CopyTask]) -> asyncio.Task[CopyTask | None]:
    async def pull() -> CopyTask | None:
        return await anext(source, None)

    return asyncio.ensure_future(pull())


def _finish(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end from plain code, whether or not this thread runs a loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()
