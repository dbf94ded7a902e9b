"""Fits how sure the offline engine says it is to how often it is right.

    python -m benchmarks.confidence_fit [--level] [--write]

Runs every question set of benchmarks/questions on its table, takes what each first reading guessed
(typos, parts of names, defaults, other readings …) and whether one of its readings was right, and
fits a logistic model in which no guess can raise the odds. Few answers are wrong, so the weights
are drawn towards the ones in use. Prints Brier score and expected calibration error with each table
predicted from the others; `--write` stores the weights fitted on all.

The engine was corrected against these questions, so how often it is right on them says nothing of
questions it has not met. The level comes from first_try.csv instead: questions it met once, with
what a person made of the first readings before anything was corrected. More than half of them were
on tables that it had not met either. `--level` moves the weights in use to that level, and runs no
question.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import math
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.questions import make_tables
from src.config.settings import get_settings
from src.data.warehouse import Warehouse
from src.evaluation import evaluate
from src.evaluation.cases import load_cases
from src.evaluation.score import calibrate
from src.query_engine.drafts import Refusal
from src.query_engine.nl.engine import ranked_candidates
from src.query_engine.nl.ranking import WEIGHTS_FILE, Weights, weights
from src.workflow.sources import open_source

SETS = Path(__file__).parent / "questions"
ON_THE_SAMPLE = ("campaigns", "campaigns_more", "campaigns_terse", "campaigns_fresh")
PRIOR = 3.0  # answers that a weight in use counts as much as
ROUNDS, RATE = 4000, 0.02
TODAY = dt.date(2026, 11, 1)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered question: its table, what the best reading guessed, and what came of it.

    Attributes:
        share: of the certainty about the question that the first reading gets.
        any_right: one of the readings was right; `right`: the answer counted as right.
    """

    table: str
    costs: dict[str, int]
    share: float
    any_right: bool
    right: bool


def answers(folder: Path, judged: Callable[[Path, Warehouse], list[Answer]]) -> list[Answer]:
    """Every answered question of every set, as `judged` makes it of a set and its table."""
    make_tables.main(folder)
    found: list[Answer] = []
    for path in sorted(SETS.glob("*.yaml")):
        data = None if path.stem in ON_THE_SAMPLE else [folder / f"{path.stem}.csv"]
        home = {"campaign_analyst_home": folder / f"home-{path.stem}"}
        settings = get_settings().model_copy(update=home)
        with closing(
            open_source(settings, "confidence", data=data, database_url=None)
        ) as warehouse:
            found += judged(path, warehouse)
        print(f"{path.stem}: {sum(a.table == _table(path) for a in found)} answered", flush=True)
    return found


def _table(path: Path) -> str:
    return "campaigns" if path.stem in ON_THE_SAMPLE else path.stem


def _of_set(path: Path, warehouse: Warehouse) -> list[Answer]:
    made = []
    for outcome in evaluate(path, warehouse).outcomes:
        read = ranked_candidates(outcome.question, warehouse.dataset(), today=TODAY)
        if isinstance(read, Refusal) or outcome.result not in ("right", "wrong"):
            continue
        known = weights()
        scores = [
            sum(known.costs.get(k, known.other) * n for k, n in c.costs.items()) for c in read
        ]
        odds = [math.exp(-s - known.step * c.rank) for s, c in zip(scores, read, strict=True)]
        right = outcome.result == "right"
        share = odds[0] / sum(odds)
        made.append(Answer(_table(path), read[0].costs, share, right or bool(outcome.rank), right))
    return made


def _unjudged(path: Path, warehouse: Warehouse) -> list[Answer]:
    """What the readings of a set guessed; nothing is run, so all of them pass for right."""
    cases = (case for case in load_cases(path) if not case.expected_refusal)
    read = [ranked_candidates(case.question, warehouse.dataset(), today=TODAY) for case in cases]
    return [
        Answer(_table(path), found[0].costs, 1.0, True, True)
        for found in read
        if not isinstance(found, Refusal)
    ]


def fit(known: list[Answer], prior: Weights) -> Weights:
    """Weights that make the answers likeliest, none of them below 0, drawn towards `prior`."""
    names = sorted(prior.costs)
    features = np.array([[a.costs.get(n, 0) for n in names] for a in known], dtype=float)
    wanted = np.array([a.any_right for a in known], dtype=float)
    start = np.array([prior.costs[n] for n in names])
    clear, costs = prior.clear, start.copy()
    for _ in range(ROUNDS):
        gap = wanted - 1 / (1 + np.exp(-(clear - features @ costs)))
        clear += RATE * float(gap.sum()) / len(known) * 10
        pull = PRIOR * (start - costs)
        costs = np.maximum(0.0, costs + RATE * (pull - features.T @ gap) / 10)
    fitted = {n: round(float(c), 2) for n, c in zip(names, costs, strict=True)}
    return Weights(round(clear, 2), fitted, prior.other, prior.step)


def levelled(model: Weights, known: list[Answer]) -> Weights:
    """The model moved to where an average answer is as sure as first tries were right."""
    with (SETS / "first_try.csv").open(encoding="utf-8", newline="") as file:
        verdicts = [row["verdict"] for row in csv.DictReader(file)]
    right, wrong = verdicts.count("right"), verdicts.count("wrong")
    rate = (right + 1) / (right + wrong + 2)
    guessed = [sum(model.costs.get(k, model.other) * n for k, n in a.costs.items()) for a in known]
    clear = math.log(rate / (1 - rate)) + sum(guessed) / len(guessed)
    return replace(model, clear=round(clear, 2))


def predicted(answer: Answer, model: Weights) -> float:
    """The confidence of the first reading."""
    cost = sum(model.costs.get(name, model.other) * n for name, n in answer.costs.items())
    return answer.share / (1 + math.exp(cost - model.clear))


def _report(name: str, pairs: list[tuple[float, bool]]) -> None:
    found = calibrate(pairs)
    print(f"{name}: Brier {found.brier:.4f}, ECE {found.ece:.4f}, {len(pairs)} answers")
    for part in found.bins:
        span = f"{part.low:.1f} to {part.high:.1f}"
        print(f"  {span}: said {part.confidence:.2f}, right {part.accuracy:.2f} of {part.count}")


def written(model: Weights) -> str:
    """The weights as the file that the engine reads."""
    lines = [
        "# What each way of guessing takes from the log-odds of a reading. Written by",
        "# `python -m benchmarks.confidence_fit --write`, never by hand.",
        f"clear = {model.clear}", f"other = {model.other}", f"step = {model.step}", "", "[costs]",
        *(f"{name} = {cost}" for name, cost in sorted(model.costs.items())),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run, fit, print, and store when asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--write", action="store_true", help="store the weights")
    parser.add_argument("--level", action="store_true", help="move the weights in use, fit none")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="confidence-") as folder:
        known = answers(Path(folder), _unjudged if arguments.level else _of_set)
    prior = weights()
    if arguments.level:
        _store(levelled(prior, known), write=arguments.write)
        return
    _report("Weights in use", [(predicted(a, prior), a.right) for a in known])
    apart: list[tuple[float, bool]] = []
    for table in sorted({a.table for a in known}):
        others = [a for a in known if a.table != table]
        model = levelled(fit(others, prior), others)
        apart += [(predicted(a, model), a.right) for a in known if a.table == table]
    _report("Fitted, each table from the others", apart)
    _store(levelled(fit(known, prior), known), write=arguments.write)


def _store(fitted: Weights, *, write: bool) -> None:
    print(written(fitted), end="")
    if write:
        WEIGHTS_FILE.write_text(written(fitted), "utf-8")


if __name__ == "__main__":
    main()
