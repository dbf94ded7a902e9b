"""The few statistical tests the facts rest on, on plain lists of floats.

Sources: Mann (1945) and Kendall (1975), the trend test; Hamed and Rao (1998), its variance for
autocorrelated series; Sen (1968), the slope; Wilson (1927) and Newcombe (1998, method 10),
intervals of proportions and of their difference; Iglewicz and Hoaglin (1993), the modified z-score.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

Z95 = NormalDist().inv_cdf(0.975)
OUTLIER_SCORE = 3.5
MIN_TREND_POINTS = 8
MAX_TREND_POINTS = 800


@dataclass(frozen=True, slots=True)
class Trend:
    """A monotone trend: Sen's slope per step and the two-sided p-value of Mann-Kendall's test."""

    slope: float
    p_value: float
    points: int

    @property
    def significant(self) -> bool:
        return self.p_value < 0.05


def trend(values: Sequence[float]) -> Trend | None:
    """Mann-Kendall's test with Hamed and Rao's variance; None for too few or too many values.

    Daily ad figures follow the day before them, which makes the plain test see trends that are not
    there; the corrected variance counts only as many independent values as there are.
    """
    n = len(values)
    if not MIN_TREND_POINTS <= n <= MAX_TREND_POINTS:
        return None
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    s = sum((values[j] > values[i]) - (values[j] < values[i]) for i, j in pairs)
    slope = median((values[j] - values[i]) / (j - i) for i, j in pairs)
    ties = Counter(values).values()
    plain = n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)
    variance = plain / 18 * _autocorrelation_factor(values, slope)
    if variance <= 0 or s == 0:
        return Trend(slope, 1.0, n)
    z = (abs(s) - 1) / math.sqrt(variance)
    return Trend(slope, 2 * (1 - NormalDist().cdf(z)), n)


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """95% interval of a proportion; the whole of 0 to 1 without trials."""
    if trials <= 0:
        return 0.0, 1.0
    share = min(successes / trials, 1.0)
    spread = Z95 * math.sqrt(share * (1 - share) / trials + Z95**2 / (4 * trials**2))
    centre = share + Z95**2 / (2 * trials)
    scale = 1 + Z95**2 / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def proportions_differ(a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Whether Newcombe's 95% interval of the difference of (successes, trials) excludes zero."""
    (low_a, high_a), (low_b, high_b) = wilson(*a), wilson(*b)
    share_a, share_b = a[0] / a[1], b[0] / b[1]
    gap = share_a - share_b
    low = gap - math.hypot(share_a - low_a, high_b - share_b)
    high = gap + math.hypot(high_a - share_a, share_b - low_b)
    return low > 0 or high < 0


def rates_differ(value_a: float, events_a: float, value_b: float, events_b: float) -> bool:
    """Whether two costs per event differ beyond Poisson noise in the events, at 95%.

    The logarithm of such a ratio has variance 1/events_a + 1/events_b.
    """
    if min(value_a, value_b, events_a, events_b) <= 0:
        return False
    return abs(math.log(value_a / value_b)) > Z95 * math.sqrt(1 / events_a + 1 / events_b)


def cost_interval(value: float, events: float) -> tuple[float, float]:
    """95% interval of a cost per event whose count is Poisson, in the unit of `value`.

    The logarithm of the cost has standard error 1/sqrt(events) (the delta method), so the ends are
    ``value / exp(z / sqrt(events))`` and ``value * exp(z / sqrt(events))``.
    """
    factor = math.exp(Z95 / math.sqrt(events))
    return value / factor, value * factor


def modified_z(values: Sequence[float]) -> list[float]:
    """Distance of each value from the median in robust standard deviations; 0 where MAD is 0."""
    middle = median(values)
    mad = median(abs(value - middle) for value in values)
    return [0.6745 * (value - middle) / mad if mad else 0.0 for value in values]


def _autocorrelation_factor(values: Sequence[float], slope: float) -> float:
    """How much the variance of S grows, from the ranks of the detrended series; at least 1."""
    n = len(values)
    ranks = _ranks([value - slope * i for i, value in enumerate(values)])
    mean = sum(ranks) / n
    centred = [rank - mean for rank in ranks]
    power = sum(c * c for c in centred)
    if power == 0:
        return 1.0
    total = 0.0
    for lag in range(1, n - 2):
        rho = sum(centred[i] * centred[i + lag] for i in range(n - lag)) / power
        if abs(rho) > Z95 / math.sqrt(n):
            total += (n - lag) * (n - lag - 1) * (n - lag - 2) * rho
    return max(1.0, 1 + 2 / (n * (n - 1) * (n - 2)) * total)


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1, ties sharing their mean."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for position in order[start : end + 1]:
            ranks[position] = (start + end) / 2 + 1
        start = end + 1
    return ranks
