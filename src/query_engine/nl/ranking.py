"""How sure a reading is: a small additive model in log-odds, fitted on question sets.

Each feature is a way of having guessed, and can only lower the odds. The weights are data
(confidence.toml), written by `benchmarks/confidence_fit.py`, which also says how far they can be
believed on tables they were not fitted on. Readings of one question share what is certain about the
question by their odds, so confidences add up to at most 1.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from src.query_engine.nl.finish import Candidate

WEIGHTS_FILE = Path(__file__).parent / "confidence.toml"


@dataclass(frozen=True, slots=True)
class Weights:
    """The model.

    Attributes:
        clear: log-odds of a reading that guessed nothing.
        costs: what each way of guessing takes from it, 0 or more.
        other: what one without a weight of its own takes.
        step: what each place behind the first sense of a vague word takes.
    """

    clear: float
    costs: dict[str, float]
    other: float
    step: float


@lru_cache(maxsize=1)
def weights() -> Weights:
    """The weights that are shipped."""
    data = tomllib.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    return Weights(data["clear"], data["costs"], data["other"], data["step"])


def log_odds(candidate: Candidate) -> float:
    """The score of one candidate by itself."""
    known = weights()
    cost = sum(known.costs.get(name, known.other) * n for name, n in candidate.costs.items())
    return known.clear - cost - known.step * candidate.rank


def confidences(candidates: Iterable[Candidate]) -> list[float]:
    """Probabilities of the candidates in their order; they add up to at most 1."""
    scores = [log_odds(c) for c in candidates]
    if not scores:
        return []
    best = max(scores)
    known = 1 / (1 + math.exp(-best))
    odds = [math.exp(s - best) for s in scores]
    return [round(known * w / sum(odds), 4) for w in odds]
