"""One catalogue from file to file: what the command line and the page both drive.

with CatalogueJob.open(JobOptions(input=Path("products.csv"), out=Path("copy.csv"))) as job:
    print(job.estimate())                    # a dry run; nothing is sent
    run = job.live_run()                     # run.pause(), run.cancel(): from any thread
    asyncio.run(job.drive(run))
    print(job.export())
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gc
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from src.catalogue.dry_run import Estimate, estimate_run, estimate_tokens
from src.catalogue.journal import Entry, Journal, set_aside
from src.catalogue.open_tasks import OpenTasks
from src.catalogue.outputs import Exported, check_format, export
from src.catalogue.pipeline import CatalogueRun, Retry, entry_of, is_final
from src.catalogue.process_count import how_many
from src.catalogue.product_files import ProductFile, read_products
from src.catalogue.progress import Progress
from src.catalogue.tasks import Keys, make_tasks
from src.catalogue.templates import Templates, load_templates
from src.catalogue.values import Copy, CopyFailed, CopyTask, Strategy
from src.errors import InputError
from src.llm.prices import cost_of
from src.llm.types import TaskType, Usage

if TYPE_CHECKING:
    from src.catalogue.processes import WritingProcesses
    from src.catalogue.smart_llm_client import SmartLLMClient
    from src.llm.router import Router

DEFAULT_TYPES: Final = ("description", "seo")
STATS_FILE: Final = "llm_usage_stats.json"
_STATS_SECONDS: Final = 10.0
_PATIENCE_SECONDS: Final = 180.0  # an outage that is waited out; longer ones are nobody's blip
_LOADED_SECONDS: Final = 5.0
_RUN: Final = "run"
Journalled = Literal["continue", "resume", "fresh"]


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What somebody wants done.

    Attributes:
        journal: beside the output by default.
        journalled: ``continue`` goes on with the journal if there is one, ``resume`` insists on
            one, ``fresh`` sets it aside.
        concurrency: the most texts under way at once.
        processes: that share them; None: as many as are of use.
        budget: dollars of the whole run, restarts included; None: no bound but the router's own.
        limit: of products.
        offline: write the deterministic template where no model can.
        retry: kept results that are to be written again: ``failed``, ``offline``.
    """

    input: Path
    out: Path
    types: Sequence[str] = DEFAULT_TYPES
    strategy: Strategy = "smart"
    weights: Mapping[str, float] | None = None
    templates: Path | None = None
    journal: Path | None = None
    journalled: Journalled = "continue"
    concurrency: int = 32
    processes: int | None = 1
    budget: Decimal | None = None
    limit: int | None = None
    offline: bool = True
    retry: frozenset[Retry] = frozenset()
    encoding: str | None = None
    skip_bad_rows: bool = False

    @property
    def journal_path(self) -> Path:
        """Where the journal is."""
        return self.journal or self.out.with_name(f"{self.out.stem}.journal")


class CatalogueJob:
    """The parts of one job, opened by `open`; a context manager.

    Args:
        journal: one that is open already; the job's own is opened on first use.
    """

    def __init__(
        self,
        options: JobOptions,
        router: Router,
        products: ProductFile,
        templates: Templates,
        folder: contextlib.ExitStack,
        *,
        journal: Journal | None = None,
    ) -> None:
        self.options = options
        self.router = router
        self.products = products
        self.templates = templates
        self.types = templates.check(options.types)
        self.keys = Keys(options.strategy, options.weights)
        self._folder = folder
        self._journal = journal
        self._client: SmartLLMClient | None = None
        self._hands: WritingProcesses | None = None
        self._open = OpenTasks()

    @classmethod
    def open(cls, options: JobOptions, router: Router | None = None) -> CatalogueJob:
        """Read the products and the templates; nothing is sent, nothing written but a temporary
        copy of the products.

        Raises:
            DataFileError: the products cannot be read.
            ConfigError: a template is wrong.
            InputError: an option contradicts itself.
        """
        if router is None:
            from src.llm.router import get_router

            router = get_router()
        if options.concurrency < 1:
            raise InputError("At least one text must be written at once.", where="concurrency")
        check_format(options.out)
        templates = load_templates(options.templates)
        templates.check(options.types)
        _check_strategy(options, router)
        stack = contextlib.ExitStack()
        try:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="catalogue-")))
            products = read_products(
                options.input,
                folder,
                encoding=options.encoding,
                skip_bad_rows=options.skip_bad_rows,
            )
            return cls(options, router, products, templates, stack)
        except BaseException:
            stack.close()
            raise

    def __enter__(self) -> CatalogueJob:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the journal and remove the temporary copy."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        self._open.close()
        self._folder.close()

    @property
    def product_count(self) -> int:
        """Products that are worked on."""
        count = self.products.count
        return count if self.options.limit is None else min(count, self.options.limit)

    @property
    def total(self) -> int:
        """Texts: products times content types."""
        return self.product_count * len(self.types)

    def tasks(self, *, offline: bool = True) -> Iterator[CopyTask]:
        """Every text in order, made one at a time.

        Args:
            offline: False leaves the offline template out where only the question matters.
        """
        products = islice(self.products, self.options.limit)
        with_template = offline and self.options.offline
        return make_tasks(products, self.templates, self.types, offline=with_template)

    @property
    def journal(self) -> Journal:
        """The run's journal, opened on first use.

        Raises:
            InputError: it must be there to resume, and is not.
            StepConflict: another process works on it.
            StateError: it cannot be used.
        """
        if self._journal is None:
            path = self.options.journal_path
            if self.options.journalled == "resume" and not path.is_file():
                raise InputError(
                    f"There is no journal {path.name} to resume from.",
                    where=path.name,
                    hint="Start without insisting on a journal, or name the one there is.",
                )
            if self.options.journalled == "fresh":
                set_aside(path)
            self._journal = Journal(path)
        return self._journal

    @property
    def models(self) -> bool:
        """Whether any model can be asked: it has a key, and models are not switched off."""
        return self.router.serves(TaskType.CONTENT_GENERATION)

    @property
    def processes(self) -> int:
        """How many processes write; see `how_many`."""
        options = self.options
        if not self.models:
            return 1
        return how_many(options.processes, self.router, self.total, options.concurrency)

    @property
    def run_name(self) -> str:
        """What the money is booked on in the ledger; the same after a restart."""
        name: str | None = self.journal.recall(_RUN)
        if name is None:
            name = f"catalogue-{uuid.uuid4().hex[:12]}"
            self.journal.remember(_RUN, name)
        return name

    @property
    def client(self) -> SmartLLMClient:
        """Who writes; statistics go beside the output."""
        if self._client is None:
            from src.catalogue.smart_llm_client import SmartLLMClient

            self._client = SmartLLMClient(
                self.router,
                strategy=self.options.strategy,
                weights=self.options.weights,
                run=self.run_name,
                stats_path=self.options.out.with_name(STATS_FILE),
            )
        return self._client

    def estimate(self, at: dt.datetime | None = None) -> Estimate:
        """A dry run: items, routes, tokens and dollars by strategy. Nothing is sent or kept.

        Raises:
            StepConflict: another process works on the journal.
        """
        from src.catalogue.smart_llm_client import SmartLLMClient

        options = self.options
        known = options.journal_path.is_file() and options.journalled != "fresh"
        return estimate_run(
            self.tasks(offline=False),
            self.templates,
            self.router.models,
            SmartLLMClient(self.router).triggers,
            strategy=options.strategy,
            weights=options.weights,
            smart=self.router.settings.smart_routing_enabled,
            is_kept=self._is_kept if known else None,
            at=at or dt.datetime.now(dt.UTC),
        )

    def live_run(self) -> CatalogueRun:
        """The run, ready to be driven; pause, resume and cancel it from any thread."""
        from src.catalogue.meter import LedgerMeter

        options = self.options
        if self._hands is None and self.processes > 1:
            from src.catalogue.processes import WritingProcesses

            self._hands = WritingProcesses(self.client, self.processes)
        return CatalogueRun(
            self.tasks,
            self.total,
            self._hands or self.client,
            self.journal,
            self.keys,
            concurrency=options.concurrency,
            meter=LedgerMeter(self.router.ledger, self.run_name),
            budget=options.budget,
            estimate=self._dearest if options.budget is not None else None,
            retry=options.retry,
            patience=_PATIENCE_SECONDS if self.models else 0.0,
            settle=self._let_go,
            on_kept=self.remember,
        )

    async def get_ready(self) -> None:
        """Start the processes that write, if there are several; `drive` does it otherwise, on the
        same loop.

        Raises:
            NobodyWrites: none could be started.
        """
        if self._hands is not None:
            await self._hands.start()

    async def drive(
        self,
        run: CatalogueRun,
        tick: Callable[[Progress], None] | None = None,
        every: float = 0.5,
    ) -> Progress:
        """Run to the end, with statistics written now and then and at the end.

        Args:
            tick: called every `every` seconds, and at the end.
        """
        helpers = [asyncio.create_task(self._keep_stats()), asyncio.create_task(_spare_collector())]
        if tick is not None:
            helpers.append(asyncio.create_task(_ticking(run, tick, every)))
        try:
            await self.get_ready()
            elsewhere = self._hands is not None or not self.models
            last = await (run.run() if elsewhere else self.router.beside_its_calls(run.run()))
        except asyncio.CancelledError:
            run.cancel(now=True)
            raise
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            await self._let_go()
            gc.unfreeze()
            await asyncio.to_thread(self.client.save_stats)
        if tick is not None:
            tick(last)
        return last

    def pending(self) -> Iterator[CopyTask]:
        """The tasks that have no standing result, for another way of writing than `live_run`; hand
        its results to `keep`."""
        for task in self.tasks():
            key = self.keys.of(task)
            known = self.journal.find(key)
            if known is None or not is_final(known, self.options.retry, models=self.models):
                self._open.add(task, key)
                yield task

    def keep(self, results: Sequence[Copy | CopyFailed]) -> None:
        """Put results of `pending` tasks into the journal, durably."""
        entries = [entry_of(*self._open.find(result.task_id), result) for result in results]
        self.journal.write(entries)
        self._open.forget(result.task_id for result in results)

    def export(self, path: Path | None = None) -> Exported:
        """Write what is there so far to the output, or to `path` in another format."""
        return export(path or self.options.out, self.tasks(offline=False), self.journal, self.keys)

    def remember(self, task: CopyTask, entry: Entry) -> None:
        """Take a text of the journal for what later texts must not repeat."""
        if entry.copy is not None and entry.copy.engine == "model":
            self.client.remember(task, entry.copy.text)

    async def _let_go(self) -> None:
        """End the processes that write; what they booked can be read then."""
        if self._hands is not None:
            await self._hands.close()

    def _is_kept(self, task: CopyTask) -> bool:
        known = self.journal.find(self.keys.of(task))
        return known is not None and is_final(known, self.options.retry, models=self.models)

    def _dearest(self, task: CopyTask) -> Decimal:
        """Dollars of the text at its first model, if the answer fills its token limit and has to
        be repaired once."""
        deployments = {one.id: one for one in self.router.models.deployments()}
        first = deployments[self.client.plan(task).chain[0]]
        asked = round(estimate_tokens(task.prompt) + estimate_tokens(task.system_prompt or ""))
        answer = task.max_tokens
        usage = Usage(input_tokens=2 * asked + answer, output_tokens=2 * answer)
        kind = self.router.models.providers[first.provider].kind
        return cost_of(first, kind, usage) or Decimal(0)

    async def _keep_stats(self) -> None:
        took = 0.0
        while True:
            await asyncio.sleep(max(_STATS_SECONDS, 20 * took))
            began = time.monotonic()
            await asyncio.to_thread(self.client.save_stats)
            took = time.monotonic() - began


def _check_strategy(options: JobOptions, router: Router) -> None:
    """Fail now, and once, where every text would."""
    from src.catalogue.routing import Planner
    from src.catalogue.triggers import Triggers

    Planner(router.models, Triggers({}), options.strategy, weights=options.weights)


async def _spare_collector() -> None:
    """Keep the garbage collector away from what is there for good: it walks through the hundreds of
    thousands of objects of the SDKs again and again, for a fifth of a second, and finds nothing."""
    gc.freeze()
    await asyncio.sleep(_LOADED_SECONDS)  # a first run loads the SDKs itself
    gc.freeze()


async def _ticking(run: CatalogueRun, tick: Callable[[Progress], None], every: float) -> None:
    while True:
        await asyncio.sleep(every)
        tick(run.progress())
