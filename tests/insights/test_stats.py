"""The tests of trend and chance, against published or hand-computed values."""

from __future__ import annotations

import random

import pytest

from src.insights.stats import proportions_differ, rates_differ, trend, wilson


def test_a_steady_rise_is_a_trend_and_noise_is_not():
    assert trend([float(i) for i in range(12)]).significant
    draw = random.Random(7)
    noise = [trend([draw.gauss(0, 1) for _ in range(20)]) for _ in range(200)]
    assert sum(found.significant for found in noise) < 25


def test_autocorrelated_noise_raises_fewer_false_trends_than_the_plain_test_would():
    draw = random.Random(3)
    hits = 0
    for _ in range(100):
        level, walk = 0.0, []
        for _ in range(40):
            level = 0.7 * level + draw.gauss(0, 1)
            walk.append(level)
        hits += trend(walk).significant
    assert hits < 30


def test_ties_narrow_the_chance_of_a_trend():
    # S = 25 with variance (10·9·25 - 2·5·4·15) / 18 = 275 / 3, so z = 24 / 9.574 = 2.507.
    assert trend([0.0] * 5 + [1.0] * 5).p_value == pytest.approx(0.01219, abs=1e-5)


def test_too_few_points_make_no_trend():
    assert trend([1.0, 2, 3, 4, 5, 6, 7]) is None


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)],
)
def test_wilson_intervals_are_those_of_newcombe_1998(successes, trials, low, high):
    found = wilson(successes, trials)
    assert found == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_the_difference_of_56_of_70_and_48_of_80_is_real_and_of_9_and_6_of_10_is_not():
    assert proportions_differ((56, 70), (48, 80))  # Newcombe: 0.0524 to 0.3339
    assert not proportions_differ((9, 10), (6, 10))


def test_costs_per_event_differ_only_with_enough_events():
    assert not rates_differ(10.0, 20, 12.0, 25)
    assert rates_differ(10.0, 2000, 12.0, 2500)
