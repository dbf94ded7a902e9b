"""An open catalogue: what pages and jobs of this process share of it, so that its journal is open
once and a run is found again by every tab."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar, cast

from src.catalogue.dry_run import Estimate
from src.catalogue.job import CatalogueJob, JobOptions
from src.catalogue.journal import Entry, Journal, Verdict
from src.catalogue.outputs import Exported, export
from src.catalogue.pipeline import CatalogueRun, Retry
from src.catalogue.product_job import PRODUCTS
from src.catalogue.progress import Progress
from src.catalogue.regenerate import write_again
from src.catalogue.tasks import make_task
from src.catalogue.templates import Templates, edited_templates
from src.catalogue.values import CopyTask
from src.config.settings import get_settings
from src.data.warehouse import CancelToken
from src.errors import ConfigError, InputError, StepConflict
from src.ui.catalogue.lines import Line, Lines, read_lines
from src.ui.catalogue.shelf import Catalogue, Choices, Shelf, State
from src.ui.catalogue.stopping import TICK_SECONDS, Ticks, run_until
from src.ui.jobs import Job, job_board
from src.ui.owned_router import OwnedRouter

if TYPE_CHECKING:
    from src.llm.router import Router

T = TypeVar("T")
RUNS_AT_ONCE: Final = 6
"""Of the whole server: each holds a place of the job board, which questions need, too."""

_OPEN_LIMIT: Final = 32
_PATIENCE_SECONDS: Final = 0.5
_open: OrderedDict[Path, OpenCatalogue] = OrderedDict()
_lock = threading.Lock()


def shelf(owner: str) -> Shelf:
    """The owner's catalogues."""
    return Shelf(get_settings().campaign_analyst_home, owner)


@contextlib.contextmanager
def opened(owner: str, catalogue: Catalogue) -> Iterator[OpenCatalogue]:
    """The catalogue, held open for the block.

    Raises:
        StepConflict: another process of this computer has it open.
        StateError: its journal cannot be used.
    """
    with _lock:
        found = _open.get(catalogue.folder)
        if found is None:
            found = _open[catalogue.folder] = OpenCatalogue(owner, catalogue)
        _open.move_to_end(catalogue.folder)
        found.users += 1
    try:
        yield found
    finally:
        with _lock:
            found.users -= 1
            idle = [folder for folder, one in _open.items() if not one.users]
            for folder in idle[: max(0, len(_open) - _OPEN_LIMIT)]:
                _open.pop(folder).close()


def remove(owner: str, catalogue: Catalogue) -> None:
    """Delete a catalogue for good.

    Raises:
        StepConflict: something is still working on it.
    """
    with _lock:
        found = _open.get(catalogue.folder)
        if found is not None:
            if found.users or found.running:
                raise StepConflict(
                    f"{catalogue.name} is in use.",
                    kept="Nothing was removed.",
                    hint="Stop its run, or wait for it, and remove it then.",
                )
            _open.pop(catalogue.folder).close()
        shelf(owner).remove(catalogue.id)


def templates_of(choices: Choices) -> Templates:
    """The templates as they were edited.

    Raises:
        ConfigError: one is wrong.
    """
    try:
        return edited_templates(None, choices.edits)
    except ConfigError as error:
        # It names a line of the shipped file, which is not where a person has edited.
        raise ConfigError(error.message, hint=error.hint) from None


class OpenCatalogue:
    """One catalogue of one owner. Its methods may be called from any thread.

    Attributes:
        users: blocks of `opened` that hold it.
        run: the run under way, to be paused and cancelled.
    """

    def __init__(self, owner: str, catalogue: Catalogue) -> None:
        self.owner = owner
        self.catalogue = catalogue
        self.users = 0
        self.run: CatalogueRun | None = None
        self._lock = threading.RLock()
        self._journal: Journal | None = None
        self._job: tuple[object, CatalogueJob] | None = None
        self._estimate: tuple[object, Estimate] | None = None
        self._lines: tuple[object, Lines] | None = None
        self._exported: tuple[object, Exported] | None = None
        self._written = 0  # runs that may have changed the journal
        self._decided = 0  # changes of single texts, which the lines follow

    @property
    def journal(self) -> Journal:
        """The texts, opened on first use."""
        with self._lock:
            if self._journal is None:
                self._journal = Journal(self.catalogue.journal)
            return self._journal

    def close(self) -> None:
        """Let go of the journal."""
        with self._lock:
            if self._journal is not None:
                self._journal.close()
                self._journal = None

    def key(self, kind: str) -> tuple[str, ...]:
        """Of the jobs of that kind on this catalogue."""
        return (self.owner, kind, self.catalogue.id)

    # ------------------------------------------------------------ before a run

    def job(self, choices: Choices, retry: frozenset[Retry] = frozenset()) -> CatalogueJob:
        """The job by `choices`; the same one as long as they are the same.

        Raises:
            ConfigError: a template is wrong.
            InputError: no content type is chosen.
        """
        wanted = (choices, retry)
        with self._lock:
            if self._job is None or self._job[0] != wanted:
                self._job = (wanted, self._new_job(choices, retry))
            return self._job[1]

    def _new_job(self, choices: Choices, retry: frozenset[Retry]) -> CatalogueJob:
        folder = self.catalogue.folder
        options = JobOptions(
            input=folder / PRODUCTS,
            out=folder / "copy.jsonl",
            journal=self.catalogue.journal,
            types=choices.types,
            strategy=choices.strategy,
            weights=choices.weights,
            budget=choices.budget,
            offline=choices.offline,
            retry=retry,
        )
        return CatalogueJob(
            options,
            cast("Router", OwnedRouter(self.owner)),
            self.catalogue.products,
            templates_of(choices),
            contextlib.ExitStack(),
            journal=self.journal,
        )

    def estimate(self, choices: Choices) -> Estimate | Job:
        """The dry run, or the job that is at it."""
        from src.llm.router import get_router

        wanted = (choices, self._written, id(get_router()))

        def work(_: CancelToken) -> None:
            with opened(self.owner, self.catalogue) as mine:
                mine._estimate = (wanted, mine.job(choices).estimate())

        return self._beside("catalogue_estimate", work, lambda: _of(self._estimate, wanted))

    # ------------------------------------------------------------ the run

    @property
    def running(self) -> Job | None:
        """The job of the run under way, if there is one."""
        job = job_board().find(self.key("catalogue_run"))
        return None if job is None or job.done else job

    def start(
        self,
        choices: Choices,
        retry: frozenset[Retry] = frozenset(),
        only: Sequence[CopyTask] | None = None,
    ) -> Job:
        """Write what is not written yet, beside the page; a second start finds the first.

        Args:
            only: these texts alone, kept like any other, so that the run does not pay again.

        Raises:
            ConfigError, InputError: as `job`.
            StepConflict: too many runs are under way.
        """
        with _lock:
            if self.running is None:
                _admit(self)
            before = job_board().find(self.key("catalogue_run"))
            if before is not None and before.done:
                job_board().collect(before)
            job = self.job(choices, retry)
            kind = "catalogue_run" if only is None else "catalogue_try"
            return job_board().start(
                self.key("catalogue_run"), kind, lambda token: self._drive(job, token, only)
            )

    def _drive(
        self, job: CatalogueJob, token: CancelToken, only: Sequence[CopyTask] | None
    ) -> Progress:
        with opened(self.owner, self.catalogue) as mine:
            if only is not None:
                return mine._write_few(job, token, only)
            return mine._write_all(job, token)

    def _write_all(self, job: CatalogueJob, token: CancelToken) -> Progress:
        run = job.live_run()
        self.run = run
        self._going(run.progress())
        ending: State = "failed"
        try:
            last = asyncio.run(job.drive(run, Ticks(run, token, self._going), TICK_SECONDS))
            # Who stopped it did not: the server ends. The next start says what is left.
            ending = "running" if token.cancelled else cast(State, last.ending)
            return last
        finally:
            self.run = None
            self._written += 1
            self.catalogue.settle(ending, run.progress().to_dict())

    def _going(self, progress: Progress) -> None:
        self.catalogue.settle("running", progress.to_dict())

    def _write_few(
        self, job: CatalogueJob, token: CancelToken, tasks: Sequence[CopyTask]
    ) -> Progress:
        run = CatalogueRun(
            lambda: tasks, len(tasks), job.client, self.journal, job.keys,
            retry=frozenset({"failed", "offline"}),
        )  # fmt: skip
        try:
            return asyncio.run(run_until(run, token))
        finally:
            self._written += 1

    # ------------------------------------------------------------ review

    def lines(self, choices: Choices) -> Lines | Job:
        """The texts to review, or the job that gathers them."""
        wanted = (choices, self._written)

        def work(_: CancelToken) -> None:
            with opened(self.owner, self.catalogue) as mine:
                job = mine.job(choices)
                found = read_lines(job.tasks(offline=False), mine.journal, job.keys, job._remember)
                mine._lines = (wanted, found)

        return self._beside("catalogue_lines", work, lambda: _of(self._lines, wanted))

    def entry(self, line: Line) -> Entry | None:
        """The text of a line."""
        return self.journal.find(line.key)

    def decide(self, line: Line, verdict: Verdict, text: str | None = None) -> None:
        """Keep a person's decision on one text."""
        self.journal.review(line.key, verdict, text)
        line.verdict = verdict
        self._decided += 1

    def approve(self, lines: Iterable[Line]) -> None:
        """Approve those of them that nobody has decided on."""
        chosen = [line for line in lines if line.is_in("open")]
        self.journal.review_all([line.key for line in chosen], "approved")
        for line in chosen:
            line.verdict = "approved"
        self._decided += 1

    def task_of(self, choices: Choices, line: Line) -> CopyTask:
        """What was asked for the text of a line."""
        job = self.job(choices)
        for product in self.catalogue.products:
            if product.id == line.product_id:
                return make_task(product, job.templates.of(line.type, product.language))
        raise InputError("The product of this text is no longer there.", where=line.product_id)

    def write_again(self, choices: Choices, line: Line, reason: str) -> Job:
        """Ask for another text, beside the page; the earlier one stays until there is one."""

        def work(_: CancelToken) -> None:
            with opened(self.owner, self.catalogue) as mine:
                task = mine.task_of(choices, line)
                before = mine.journal.find(line.key)
                earlier = before.copy if before else None
                client = mine.job(choices).client
                made = asyncio.run(write_again(client, task, earlier, reason))
                new = Entry(line.key, task.id, task.type, task.title, made)
                mine.journal.write([new])
                line.take(new)
                mine._decided += 1

        return job_board().start(self.key_of(line), "catalogue_again", work)

    def key_of(self, line: Line) -> tuple[str, ...]:
        """Of the job that writes a line again."""
        return (*self.key("catalogue_again"), line.key)

    # ------------------------------------------------------------ export

    def exported(self, choices: Choices, kind: str, *, judged_only: bool) -> Exported | Job:
        """The texts as a file of that kind (``csv`` …), or the job that is at it.

        Args:
            judged_only: only what a person approved or edited.
        """
        wanted = (choices, self._written, self._decided, kind, judged_only)

        def work(_: CancelToken) -> None:
            with opened(self.owner, self.catalogue) as mine:
                job = mine.job(choices)
                tasks: Iterator[CopyTask] = job.tasks(offline=False)
                if judged_only:
                    tasks = (task for task in tasks if mine._is_judged(job.keys.of(task)))
                name = f"{'judged' if judged_only else 'all'}.{kind}"
                target = self.catalogue.folder / "export" / name
                mine._exported = (wanted, export(target, tasks, mine.journal, job.keys))

        return self._beside("catalogue_export", work, lambda: _of(self._exported, wanted))

    def _is_judged(self, key: str) -> bool:
        entry = self.journal.find(key)
        return entry is not None and entry.reviewed in ("approved", "edited")

    def _beside(
        self, kind: str, work: Callable[[CancelToken], None], ready: Callable[[], T | None]
    ) -> T | Job:
        """What `work` makes ready, or the job that is at it. Raises what it raises."""
        board, key = job_board(), self.key(kind)
        found, job = ready(), board.find(key)
        if found is None and job is None:
            job = board.start(key, kind, work)
        if job is not None and (job.done if found is not None else job.wait(_PATIENCE_SECONDS)):
            board.collect(job)
            if found is None:
                job.outcome()
                found = ready()
                if found is None:  # the choices have changed since that job began
                    job = board.start(key, kind, work)
        if found is not None:
            return found
        assert job is not None
        return job


def _of(kept: tuple[object, T] | None, wanted: object) -> T | None:
    return kept[1] if kept is not None and kept[0] == wanted else None


def _admit(wanted: OpenCatalogue) -> None:
    """Whether another run may begin. Called with the lock held."""
    others = [one for one in _open.values() if one is not wanted and one.running]
    mine = [one for one in others if one.owner == wanted.owner]
    if mine:
        raise StepConflict(
            f"{mine[0].catalogue.name} is being written just now.",
            kept="Nothing was started.",
            hint="Wait for it, or stop it: a stopped run goes on where it was.",
        )
    if len(others) >= RUNS_AT_ONCE:
        raise StepConflict(
            f"{len(others)} catalogues are being written on this server.",
            kept="Nothing was started.",
            hint="Try again when one of them has ended.",
        )
