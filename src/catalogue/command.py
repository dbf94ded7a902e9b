"""The command line of the catalogue: options in, words and an exit code out.

Exit codes are those of `src/cli.py`: 0 done, 1 some texts could not be written (or another process
has the journal), 2 bad usage or input, 3 a person must decide (the budget is spent), 5 no model
could be asked at all, 130 interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import FrameType
from typing import Final

from src.catalogue.batch.progress import BatchProgress
from src.catalogue.dry_run import Estimate
from src.catalogue.failures import last_failures
from src.catalogue.job import DEFAULT_TYPES, CatalogueJob, JobOptions
from src.catalogue.outputs import FORMATS, Exported
from src.catalogue.pipeline import CatalogueRun
from src.catalogue.product_files import SAMPLE
from src.catalogue.progress import Progress, duration
from src.catalogue.stats_file import as_text
from src.catalogue.values import STRATEGIES
from src.config.settings import get_settings
from src.errors import InputError
from src.shell.outcome import Exit, prepare_streams, reported, say, say_json, warn

_QUIET_SECONDS: Final = 10.0  # between lines where nobody watches a terminal


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    prepare_streams()
    try:
        parsed = _parser().parse_args(arguments)
        with reported(parsed.json):
            return int(_run(parsed))
    except SystemExit as ended:  # argparse's own, and what `reported` made of an error
        return int(ended.code or 0)


def _run(parsed: argparse.Namespace) -> Exit:
    if parsed.learn or parsed.accept is not None:
        from src.catalogue.learn_command import learn
        from src.llm.router import get_router

        return learn(get_router(), parsed.accept, json=parsed.json)
    with CatalogueJob.open(_options(parsed)) as job:
        for note in job.products.notes:
            warn(f"Note: {note}")
        if job.products.skipped_count:
            count = job.products.skipped_count
            rows = "1 row was" if count == 1 else f"{count:,} rows were"
            warn(f"Note: {rows} left out, first {job.products.skipped[0]}.")
        if parsed.dry_run:
            estimate = job.estimate()
            say_json(estimate.to_dict()) if parsed.json else say(estimate_words(job, estimate))
            return Exit.DONE
        several = parsed.mode == "live" and job.processes > 1
        apart = f", {job.processes} processes" if several else ""
        warn(
            f"{job.product_count:,} products, {job.total:,} texts ({', '.join(job.types)}), "
            f"strategy {job.options.strategy}{apart}; journal {job.options.journal_path}"
        )
        last = _batched(job, parsed.cancel) if parsed.mode == "batch" else _live(job)
        exported = job.export()
        if parsed.json:
            say_json(_document(last, exported))
        else:
            say(_words(last, exported))
            for reason in _why_offline(job, last):
                say(f"Why no model was used: {reason}")
            if (told := job.client.save_stats()) is not None:
                say(as_text(told))
        return _exit(last, exported)


def _live(job: CatalogueJob) -> Progress:
    run = job.live_run()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    interrupted = _Interrupted(run)
    for number in before:
        signal.signal(number, interrupted)
    try:
        return asyncio.run(job.drive(run, _Terminal()))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _batched(job: CatalogueJob, cancel: bool) -> Progress:
    """By the providers' batches. Ctrl+C stops waiting for them; they stay at work."""
    from src.catalogue.batch.job import drive_batches

    try:
        return asyncio.run(drive_batches(job, _Terminal(), cancelled=lambda: cancel))
    except KeyboardInterrupt:
        warn("\nThe batches stay at work at the providers. The same command fetches their texts "
             "later; with --cancel it cancels them and keeps what is done.")  # fmt: skip
        return replace(job.live_run().progress(), phase="ended", ending="cancelled")


class _Interrupted:
    """The first signal ends the run in order, the second at once."""

    def __init__(self, run: CatalogueRun) -> None:
        self._run = run
        self._count = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self._count += 1
        if self._count == 1:
            warn("\nStopping: texts under way are finished, since they are paid for. Once more "
                 "gives them up.")  # fmt: skip
        self._run.cancel(now=self._count > 1)


class _Terminal:
    """One line that is drawn over on a terminal; a line now and then elsewhere."""

    def __init__(self) -> None:
        self._watched = sys.stderr.isatty()
        self._last = time.monotonic()

    def __call__(self, progress: Progress | BatchProgress) -> None:
        if self._watched:
            sys.stderr.write(f"\r\x1b[2K{progress.line()}")
            if progress.phase == "ended":
                sys.stderr.write("\n")
            sys.stderr.flush()
        elif progress.phase == "ended" or time.monotonic() - self._last >= _QUIET_SECONDS:
            self._last = time.monotonic()
            warn(progress.line())


def _exit(last: Progress, exported: Exported) -> Exit:
    if last.ending == "cancelled":
        return Exit.INTERRUPTED
    if last.ending == "budget":
        return Exit.DECISION
    if exported.failed:
        return Exit.FAILED if exported.texts else Exit.PROVIDER
    return Exit.DONE


def _document(last: Progress, exported: Exported) -> dict[str, object]:
    return {
        "status": last.ending,
        "progress": last.to_dict(),
        "output": str(exported.path),
        "texts": exported.texts,
        "failed": exported.failed,
        "failures": str(exported.failures) if exported.failures else None,
        "missing": exported.missing,
    }


def _words(last: Progress, exported: Exported) -> str:
    lines = [
        f"{exported.texts:,} texts in {exported.path}: {last.written:,} written in "
        f"{duration(last.seconds)}, {last.skipped:,} kept from before."
    ]
    if last.offline:
        verb = "is" if last.offline == 1 else "are"
        lines.append(
            f"{last.offline:,} {verb} the offline template's (engine offline). What it wrote for "
            "want of a model is written anew by the next run that has one; --retry offline writes "
            "all of them anew."
        )
    if exported.failures:
        lines.append(f"{exported.failed:,} could not be written: {exported.failures}")
    if last.ending == "budget":
        lines.append(
            f"The budget has no room for another text (${last.spent:.4f} spent); "
            f"{exported.missing:,} are not written. Run again with a larger --budget to go on."
        )
    elif exported.missing:
        lines.append(f"{exported.missing:,} are not written yet; run again to go on.")
    return "\n".join(lines)


def _why_offline(job: CatalogueJob, last: Progress) -> list[str]:
    """What the models failed with, where texts are the template's or missing for that."""
    if not (last.offline or last.failed):
        return []
    return last_failures(job.router.ledger, job.run_name)


def estimate_words(job: CatalogueJob, estimate: Estimate) -> str:
    """The dry run as a table for a terminal."""
    kinds = ", ".join(f"{count:,} {name}" for name, count in estimate.by_type.items())
    head = [
        f"{job.product_count:,} products, {estimate.texts:,} texts to write"
        + (f" ({kinds})" if kinds else "")
        + (f", {estimate.kept:,} in the journal already" if estimate.kept else ""),
    ]
    if not estimate.texts:
        return head[0]
    lines = [
        *head,
        f"Route by {estimate.strategies[0].strategy}: "
        + (", ".join(f"{n:,} {why}" for why, n in estimate.routes.items())),
        "",
        f"{'strategy':<13} {'asked first':<38} {'texts':>9} {'tokens in':>12} {'out':>11} "
        f"{'dollars':>10} {'at most':>10} {'batch':>10}",
    ]
    for one in estimate.strategies:
        if one.problem:
            lines.append(f"{one.strategy:<13} {one.problem}")
        name: str = one.strategy
        for share in one.shares:
            lines.append(
                f"{name:<13} {share.deployment:<38} {share.texts:>9,} {share.input_tokens:>12,} "
                f"{share.output_tokens:>11,} {_dollars(share.cost):>10} "
                f"{_dollars(share.at_most):>10} {_dollars(share.batch):>10}"
            )
            name = ""
        if len(one.shares) > 1:
            lines.append(
                f"{'':<13} {'together':<38} {'':>9} {'':>12} {'':>11} {_dollars(one.cost):>10} "
                f"{_dollars(one.at_most):>10} {_dollars(one.batch):>10}"
            )
    lines += [
        "",
        f"Prices of {estimate.at:%d %B %Y}. Tokens are estimated from characters; refused first "
        "tries and repairs come on top. At most: every answer at its token limit.",
        *estimate.notes,
    ]
    return "\n".join(lines)


def _dollars(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"{amount:,.4f}"


def _options(parsed: argparse.Namespace) -> JobOptions:
    out = parsed.out or _default_out(parsed.input)
    return JobOptions(
        input=parsed.input,
        out=out,
        types=[name.strip() for name in parsed.types.split(",") if name.strip()],
        strategy=parsed.strategy,
        weights=_weights(parsed.weights),
        templates=parsed.templates,
        journal=parsed.journal,
        journalled="fresh" if parsed.fresh else "resume" if parsed.resume else "continue",
        concurrency=parsed.concurrency,
        processes=parsed.processes,
        budget=parsed.budget,
        limit=parsed.limit,
        offline=parsed.offline_template,
        retry=frozenset(parsed.retry),
        encoding=parsed.encoding,
        skip_bad_rows=parsed.skip_bad_rows,
    )


def _default_out(source: Path) -> Path:
    return get_settings().campaign_analyst_home / "catalogue" / f"{source.stem}_copy.jsonl"


def _weights(text: str | None) -> dict[str, float] | None:
    if text is None:
        return None
    try:
        pairs = [pair.split("=") for pair in text.split(",")]
        return {name.strip(): float(share) for name, share in pairs}
    except ValueError:
        raise InputError(
            f"{text!r} are no weights.", where="--weights", hint="Write openai=0.7,claude=0.3."
        ) from None


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount of dollars") from None
    if not amount.is_finite() or amount < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount of dollars")
    return amount


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="enhanced_async_pipeline.py",
        description="Write product copy for a whole catalogue. Without arguments: the shipped "
        "synthetic sample. Run it again after any interruption: nothing is paid twice.",
        epilog="Exit codes: 0 done, 1 some texts failed, 2 bad usage or input, 3 the budget is "
        "spent, 5 no model could be asked, 130 interrupted.",
    )
    add = parser.add_argument
    add("input", nargs="?", type=Path, default=SAMPLE, metavar="INPUT",
        help="products: CSV, TSV, XLSX, JSON, JSON lines or Parquet")  # fmt: skip
    add("--types", default=",".join(DEFAULT_TYPES), help="content types, e.g. description,seo,ad")
    add("--out", type=Path, metavar="OUT",
        help=f"output file ({', '.join(FORMATS)}); in the app's home by default")  # fmt: skip
    add("--strategy", choices=STRATEGIES, default="smart")
    add("--weights", metavar="NAME=SHARE,…", help="of --strategy load_balance")
    add("--templates", type=Path, metavar="FILE", help="your templates, over the shipped ones")
    add("--mode", choices=("live", "batch"), default="live",
        help="batch: through the providers' batch services, at half the price, within a day; "
        "Ctrl+C leaves them at work, and the same command fetches the texts")  # fmt: skip
    add("--cancel", action="store_true",
        help="with --mode batch: cancel the batches at work and keep what is done")  # fmt: skip
    add("--concurrency", type=_positive, default=32, metavar="N",
        help="most texts under way at once; the run finds its own pace below it")  # fmt: skip
    add("--processes", type=_positive, metavar="N",
        help="that share them; by default one for every 50 at once, as far as there are cores; "
        "always one while the router has a budget or a rate limit to keep")  # fmt: skip
    add("--budget", type=_amount, metavar="USD", help="stop before the run costs more")
    add("--journal", type=Path, metavar="PATH", help="beside the output by default")
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="insist on a journal to go on with")
    again.add_argument("--fresh", action="store_true", help="set the journal aside and begin anew")
    add("--retry", action="append", choices=("failed", "offline"), default=[],
        help="write again what failed, or what the offline template wrote")  # fmt: skip
    add("--offline-template", action=argparse.BooleanOptionalAction, default=True,
        help="write the deterministic template where no model can")  # fmt: skip
    add("--limit", type=_positive, metavar="N", help="only the first N products")
    add("--encoding", help="of a text file, e.g. cp1251; found by evidence otherwise")
    add("--skip-bad-rows", action="store_true", help="leave rows out that cannot be used")
    add("--dry-run", action="store_true", help="say what it would cost, and send nothing")
    add("--learn", action="store_true",
        help="say which words of titles the first model keeps refusing, from the ledger, and what "
        "sending them to Claude at once would save; nothing is written or sent")  # fmt: skip
    add("--accept", metavar="WORD,…",
        help="with --learn: add these proposed words, or all, to your trigger words")  # fmt: skip
    add("--json", action="store_true", help="one JSON document on standard output")
    return parser
