"""Intervals for comparing arms, on counts and moments alone.

Sources: Wilson (1927), interval of a proportion; Newcombe (1998, method 10), interval of a
difference of proportions; Welch (1947), interval of a difference of means, with Satterthwaite's
(1946) degrees of freedom; Abramowitz and Stegun (1964, 26.7.5), quantiles of Student's t from the
normal's, right to three digits from 5 degrees of freedom on; Bonferroni, level of several
comparisons at once; Pearson (1900), test of counts against shares; Abramowitz and Stegun (1964,
26.4.4 and 26.4.5), upper tail of chi-square.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

LEVEL: Final = 0.95
POWER: Final = 0.80
_LEAST_EXPECTED: Final = 5.0  # in every cell; below it the chi-square distribution is no good

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, sum and sum of squares of a sample."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    @property
    def mean(self) -> float:
        """The sample's mean; 0 when it is empty."""
        return self.total / self.count if self.count else 0.0

    @property
    def variance(self) -> float:
        """The unbiased variance; 0 with less than two values."""
        if self.count < 2:
            return 0.0
        return max(0.0, (self.squares - self.total**2 / self.count) / (self.count - 1))


def wilson(successes: float, trials: int, level: float = LEVEL) -> Interval:
    """Wilson's interval of a proportion; the whole of 0 to 1 without trials."""
    if trials <= 0:
        return 0.0, 1.0
    z, share = _z(level), successes / trials
    spread = z * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    centre, scale = share + z**2 / (2 * trials), 1 + z**2 / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def rate_difference(a: tuple[float, int], b: tuple[float, int], level: float = LEVEL) -> Interval:
    """Newcombe's interval of a's proportion minus b's, each given as (successes, trials)."""
    if min(a[1], b[1]) <= 0:
        return -1.0, 1.0
    (low_a, high_a), (low_b, high_b) = wilson(*a, level), wilson(*b, level)
    share_a, share_b = a[0] / a[1], b[0] / b[1]
    gap = share_a - share_b
    return (
        gap - math.hypot(share_a - low_a, high_b - share_b),
        gap + math.hypot(high_a - share_a, share_b - low_b),
    )


def mean_interval(sample: Moments, level: float = LEVEL) -> Interval | None:
    """Student's interval of a mean; None with less than two values."""
    if sample.count < 2:
        return None
    reach = t_quantile((1 + level) / 2, sample.count - 1)
    half = reach * math.sqrt(sample.variance / sample.count)
    return sample.mean - half, sample.mean + half


def mean_difference(a: Moments, b: Moments, level: float = LEVEL) -> Interval | None:
    """Welch's interval of a's mean minus b's; None when either has less than two values."""
    if min(a.count, b.count) < 2:
        return None
    gap = a.mean - b.mean
    var_a, var_b = a.variance / a.count, b.variance / b.count
    total = var_a + var_b
    if total == 0:
        return gap, gap
    freedom = total**2 / (var_a**2 / (a.count - 1) + var_b**2 / (b.count - 1))
    half = t_quantile((1 + level) / 2, freedom) * math.sqrt(total)
    return gap - half, gap + half


def detectable(rate: float, per_arm: int, level: float = LEVEL) -> float:
    """The difference of two proportions near `rate` that samples of `per_arm` each show with 80%
    power: (z of the level + z of the power) times the standard error of the difference."""
    if per_arm <= 0:
        return 1.0
    reach = _z(level) + NormalDist().inv_cdf(POWER)
    return min(1.0, reach * math.sqrt(2 * rate * (1 - rate) / per_arm))


def corrected(comparisons: int, level: float = LEVEL) -> float:
    """Bonferroni's level of each of several comparisons, for `level` over all of them."""
    return 1 - (1 - level) / max(1, comparisons)


def split_chance(counts: Sequence[int], weights: Sequence[float]) -> float | None:
    """How likely a split as far from `weights` as this one is, when units are drawn by them.

    Args:
        counts: units of each arm.
        weights: of each arm, positive, in any unit.

    Returns:
        Pearson's p; None with less than two arms, or when there are too few units to tell.
    """
    units, total = sum(counts), sum(weights)
    expected = [units * weight / total for weight in weights]
    if len(expected) < 2 or min(expected) < _LEAST_EXPECTED:
        return None
    distance = sum(
        (count - wanted) ** 2 / wanted for count, wanted in zip(counts, expected, strict=True)
    )
    return chi_square_tail(distance, len(expected) - 1)


def chi_square_tail(value: float, freedom: int) -> float:
    """Probability that chi-square with so many degrees of freedom is above `value`."""
    half = value / 2
    if freedom % 2:
        tail, steps = math.erfc(math.sqrt(half)), [step + 0.5 for step in range(freedom // 2)]
    else:
        tail, steps = math.exp(-half), [float(step) for step in range(1, freedom // 2)]
    if not half:
        return 1.0
    return tail + sum(
        math.exp(step * math.log(half) - half - math.lgamma(step + 1)) for step in steps
    )


def t_quantile(share: float, freedom: float) -> float:
    """Quantile of Student's t."""
    z = NormalDist().inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))


def _z(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)
