"""An open catalogue: what pages and jobs of this process share of it, so that its journal is open
once and a run is found again by every tab."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from src.catalogue.batch.job import at_work
from src.catalogue.dry_run import Estimate
from src.catalogue.failures import last_failures
from src.catalogue.job import CatalogueJob, JobOptions
from src.catalogue.journal import Entry, Journal, Verdict
from src.catalogue.learned import words_stamp
from src.catalogue.outputs import Exported, export
from src.catalogue.pipeline import Retry
from src.catalogue.product_job import PRODUCTS
from src.catalogue.regenerate import write_again
from src.catalogue.tasks import make_task
from src.catalogue.templates import Templates, edited_templates
from src.catalogue.values import CopyTask
from src.config.settings import get_settings
from src.data.warehouse import CancelToken
from src.errors import ConfigError, InputError, StepConflict
from src.ui.catalogue.beside import Beside
from src.ui.catalogue.driving import Driving
from src.ui.catalogue.lines import Line, Lines, read_lines
from src.ui.catalogue.shelf import Catalogue, Choices, Shelf
from src.ui.jobs import Job, job_board
from src.ui.owned_router import OwnedRouter

if TYPE_CHECKING:
    from src.llm.router import Router

RUNS_AT_ONCE: Final = 6
"""Of the whole server: each holds a place of the job board, which questions need, too."""
BATCHES_AT_ONCE: Final = 24
"""Catalogues of the whole server that wait for batches."""

Moment = tuple[int, int]
"""Runs that have ended, and the texts that the one under way has come by."""

_OPEN_LIMIT: Final = 32
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
        driving: the run under way, to be followed and steered.
    """

    def __init__(self, owner: str, catalogue: Catalogue) -> None:
        self.owner = owner
        self.catalogue = catalogue
        self.users = 0
        self.driving = Driving(catalogue)
        self._lock = threading.RLock()
        self._journal: Journal | None = None
        self._job: tuple[object, CatalogueJob] | None = None
        self._decided = 0  # changes of single texts, which the lines follow
        self._estimates = Beside[object, Estimate](
            self.key("catalogue_estimate"), "catalogue_estimate"
        )
        self._exports = Beside[object, Exported](self.key("catalogue_export"), "catalogue_export")
        self._lines = Beside[tuple[Choices, Moment], Lines](
            self.key("catalogue_lines"), "catalogue_lines",
            lambda made, wanted: made[0] == wanted[0] and made[1] >= wanted[1],
        )  # fmt: skip

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
        wanted = (replace(choices, mode="live"), retry, words_stamp(get_settings()))
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

        def make() -> Estimate:
            with opened(self.owner, self.catalogue) as mine:
                return mine.job(choices).estimate()

        wanted = (choices.asked, self.driving.ended, words_stamp(get_settings()), id(get_router()))
        return self._estimates.get(wanted, make)

    # ------------------------------------------------------------ the run

    @property
    def running(self) -> Job | None:
        """The job of the run under way, if there is one."""
        job = job_board().find(self.key("catalogue_run"))
        return None if job is None or job.done else job

    @property
    def in_batches(self) -> int:
        """Texts that are in batches at the providers, while nobody waits for them."""
        known = "in_batches" in self.catalogue.status().progress
        return at_work(self.catalogue.journal) if known and self.running is None else 0

    def failures(self) -> list[str]:
        """What models failed with last in the runs of this catalogue."""
        job = self.job(self.catalogue.choices())
        return last_failures(job.router.ledger, job.run_name)

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
            StepConflict: too many runs are under way, or texts are in batches already.
        """
        if choices.mode == "batch" and only is None:
            return self._start_batches(choices, cancel=False)
        at_providers = self.in_batches
        if at_providers:
            raise StepConflict(
                f"{at_providers:,} texts of this catalogue are in batches at the providers.",
                kept="Nothing was started: they would be paid a second time.",
                hint="Fetch or cancel them first, at the step Run.",
            )

        def work(token: CancelToken) -> None:
            with opened(self.owner, self.catalogue) as mine:
                if only is not None:
                    mine.driving.write_few(job, token, only)
                else:
                    mine.driving.write_all(job, token)

        with self._beginning():
            job = self.job(choices, retry)
            kind = "catalogue_run" if only is None else "catalogue_try"
            return job_board().start(self.key("catalogue_run"), kind, work)

    def cancel_batches(self, choices: Choices) -> Job:
        """Cancel the batches that nobody waits for, and keep what they did."""
        return self._start_batches(choices, cancel=True)

    def _start_batches(self, choices: Choices, *, cancel: bool) -> Job:
        def work(token: CancelToken) -> None:
            with opened(self.owner, self.catalogue) as mine:
                mine.driving.by_batches(job, token, cancel=cancel)

        with self._beginning(waits=True):
            job = self.job(choices)
            key = self.key("catalogue_run")
            return job_board().start(key, "catalogue_batch", work, waits=True)

    @contextlib.contextmanager
    def _beginning(self, *, waits: bool = False) -> Iterator[None]:
        """The moment in which a run may begin, after the one before was seen."""
        with _lock:
            if self.running is None:
                _admit(self, waits)
            before = job_board().find(self.key("catalogue_run"))
            if before is not None and before.done:
                job_board().collect(before)
            yield

    # ------------------------------------------------------------ review

    @property
    def moment(self) -> Moment:
        """How far the texts are; grows."""
        return (self.driving.ended, self.driving.done)

    def lines(self, choices: Choices, since: Moment) -> Lines | Job:
        """The texts to review as of a moment not before `since`, or the job that gathers them.

        Those that the run under way is to write again are not among them: a decision would be lost.
        """

        def make() -> Lines:
            with opened(self.owner, self.catalogue) as mine:
                job, tasks = mine.job(choices), mine.job(choices).tasks(offline=False)
                stands = mine.driving.stands
                return read_lines(tasks, mine.journal, job.keys, job.remember, stands)

        return self._lines.get((choices.asked, since), make)

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

        def make() -> Exported:
            with opened(self.owner, self.catalogue) as mine:
                job = mine.job(choices)
                tasks: Iterator[CopyTask] = job.tasks(offline=False)
                if judged_only:
                    tasks = (task for task in tasks if mine._is_judged(job.keys.of(task)))
                name = f"{'judged' if judged_only else 'all'}.{kind}"
                target = self.catalogue.folder / "export" / name
                return export(target, tasks, mine.journal, job.keys)

        wanted = (choices.asked, self.moment, self._decided, kind, judged_only)
        return self._exports.get(wanted, make)

    def _is_judged(self, key: str) -> bool:
        entry = self.journal.find(key)
        return entry is not None and entry.reviewed in ("approved", "edited")


def _admit(wanted: OpenCatalogue, waits: bool) -> None:
    """Whether another run may begin. Called with the lock held."""
    beside = [(one, one.running) for one in _open.values() if one is not wanted]
    others = [one for one, job in beside if job is not None and job.waits == waits]
    mine = [one for one in others if one.owner == wanted.owner]
    if mine and not waits:
        raise StepConflict(
            f"{mine[0].catalogue.name} is being written just now.",
            kept="Nothing was started.",
            hint="Wait for it, or stop it: a stopped run goes on where it was.",
        )
    if len(others) >= (BATCHES_AT_ONCE if waits else RUNS_AT_ONCE):
        raise StepConflict(
            f"{len(others)} catalogues are being written on this server.",
            kept="Nothing was started.",
            hint="Try again when one of them has ended.",
        )
