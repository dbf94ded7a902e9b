"""How sure a reading is: a small additive model in log-odds.

A reading that used every word by its exact name is right about nine times in ten; each feature
below is a way of having guessed, and lowers the odds. Readings of one question then share what is
certain about the question by their odds, so confidences add up to at most 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from src.query_engine.nl.finish import Candidate

_CLEAR = 2.6
_WEIGHTS = {
    "typo": -0.7,
    "part_of_name": -0.5,
    "partial_value": -0.4,
    "partial_values": -0.8,
    "alternative": -0.9,
    "no_period": -0.1,
    "default_measures": -0.7,
    "default_dimension": -0.8,
    "vague": -0.2,
    "vague_period": -0.6,
    "follow_up": -0.3,
    "daily_average": -1.2,
    "listed": -1.2,
    "summed_values": -0.6,
    "ambiguous_share": -0.4,
    "share_within": -0.9,
}
_SENSE_STEP = 0.25


def log_odds(candidate: Candidate) -> float:
    """The score of one candidate by itself."""
    cost = sum(_WEIGHTS.get(name, -0.5) * count for name, count in candidate.costs.items())
    return _CLEAR + cost - _SENSE_STEP * candidate.rank


def confidences(candidates: Iterable[Candidate]) -> list[float]:
    """Probabilities of the candidates in their order; they add up to at most 1."""
    scores = [log_odds(c) for c in candidates]
    if not scores:
        return []
    known = 1 / (1 + math.exp(-max(scores)))
    weights = [math.exp(s - max(scores)) for s in scores]
    return [round(known * w / sum(weights), 4) for w in weights]
