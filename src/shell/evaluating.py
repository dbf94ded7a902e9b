"""`evaluate`: a question set through the product, scored."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from src.config.settings import get_settings
from src.errors import InputError
from src.shell.outcome import warn
from src.shell.words import line
from src.workflow.sources import open_source

if TYPE_CHECKING:
    from src.evaluation import EvaluationReport

_OWNER = "evaluation"


def evaluate_cases(
    cases: Path,
    data: Sequence[Path] | None,
    database: str | None,
    engine: Literal["offline", "models"],
) -> EvaluationReport:
    """Run the question set on the files, the database or the sample; keeps no data set.

    Raises:
        InputError: the question set or a file cannot be read.
        NoProviderAvailable: models are asked for and none has a key.
    """
    from src.evaluation import evaluate
    from src.evaluation.cases import load_cases

    if not cases.is_file():
        raise InputError("There is no such question set.", where=str(cases), hint="Check the name.")
    listed = load_cases(cases)
    if engine == "models":
        _require_models()
    settings = get_settings()
    with tempfile.TemporaryDirectory(prefix="evaluate-") as folder:
        if data:
            settings = settings.model_copy(update={"campaign_analyst_home": Path(folder)})
        warehouse = open_source(settings, _OWNER, data=data or None, database_url=database)
        with closing(warehouse):
            return evaluate(listed, warehouse, engine, progress=_progress())


def report_words(report: EvaluationReport) -> str:
    """The figures, and every case that is not as it should be."""
    lines = [
        f"{report.cases} cases, {report.answerable} of them answerable; engine: {report.engine}",
        f"Right at once: {_percent(report.accuracy)}",
        f"Right among the readings offered: {_percent(report.recall_at_5)}",
        f"Refusals: {_percent(report.refusal_precision)} rightly given, "
        f"{_percent(report.refusal_recall)} of those due",
        f"Asked although clear: {_percent(report.over_asking)}",
        f"Confidence, Brier score: {_figure(report.calibration.brier)}; "
        f"expected calibration error: {_figure(report.calibration.ece)}",
        f"Cost: {'unknown' if report.cost is None else '$' + report.cost}",
    ]
    for name, seconds in (
        ("Question to readings", report.seconds_to_readings),
        ("Reading to SQL", report.seconds_to_sql),
    ):
        known = ", ".join(f"{key} {value * 1000:.0f} ms" for key, value in seconds.items())
        lines.append(f"{name}: {known or 'no figures'}")
    for outcome in report.outcomes:
        fine = outcome.result == ("refused" if outcome.expected_refusal else "right")
        if not fine:
            lines.append(f"  {outcome.result}: {line(outcome.question)} ({line(outcome.reason)})")
    return "\n".join(lines)


def _require_models() -> None:
    from src.llm.errors import NoProviderAvailable
    from src.llm.router import get_router
    from src.llm.types import TaskType

    router = get_router()
    for task in (TaskType.QUERY_INTERPRETATION, TaskType.SQL_GENERATION):
        if not router.serves(task):
            raise NoProviderAvailable(
                f"No model can be asked for {task}: no key is set for any of its providers.",
                where=str(task),
                hint="Set a provider's key (.env.example lists them), or use --engine offline.",
            )


def _progress() -> Callable[[int, int], None] | None:
    """Counts on the terminal; silent in scripts."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    return lambda done, total: warn(f"{done} of {total}")


def _percent(share: float | None) -> str:
    return "nothing to count" if share is None else f"{share:.1%}"


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
