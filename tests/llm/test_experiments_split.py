"""Whether sessions are split as the weights say: what gets lost on one arm makes winners."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.config.models import Arm, Experiment, load_models
from src.llm import experiments_stats as stats
from src.llm.experiments import arm_of
from src.llm.experiments_compare import Comparison, compare
from src.llm.ledger import CallEnd, CallTag, Ledger
from src.llm.types import Attempt, Outcome, TaskType, Usage

TASK = TaskType.SQL_GENERATION
DEPLOYMENTS = load_models().deployments()[:3]
START = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "freedom", "tail"),
    [
        # Abramowitz and Stegun (1964), table 26.8
        (3.84146, 1, 0.05), (10.8276, 1, 0.001), (5.99147, 2, 0.05), (13.8155, 2, 0.001),
        (7.81473, 3, 0.05), (16.2662, 3, 0.001), (9.48773, 4, 0.05), (18.4668, 4, 0.001),
        (20.5150, 5, 0.001), (29.5883, 10, 0.001), (0.0, 1, 1.0), (0.0, 4, 1.0),
    ],
)  # fmt: skip
def test_the_tail_of_chi_square_is_the_one_in_the_tables(value, freedom, tail):
    assert stats.chi_square_tail(value, freedom) == pytest.approx(tail, rel=2e-4)


@given(st.floats(0.01, 200), st.integers(1, 12))
def test_the_tail_falls_and_stays_a_probability(value, freedom):
    tail = stats.chi_square_tail(value, freedom)
    assert 0 <= stats.chi_square_tail(value + 1, freedom) <= tail <= 1 + 1e-12
    assert stats.chi_square_tail(value, freedom + 1) >= tail - 1e-12


def test_an_honest_split_is_suspected_in_one_case_of_a_thousand_at_most():
    draw = random.Random(7)
    weights = (80, 15, 5)
    suspected = 0
    for _ in range(2000):
        drawn = draw.choices(range(3), weights, k=300)
        chance = stats.split_chance([drawn.count(arm) for arm in range(3)], weights)
        suspected += chance is not None and chance < 0.001
    assert suspected <= 8


@pytest.mark.parametrize(
    ("counts", "weights"), [((9,), (1,)), ((4, 5), (1, 1)), ((40, 3), (90, 10)), ((0, 0), (1, 2))]
)
def test_a_few_sessions_say_nothing(counts, weights):
    assert stats.split_chance(counts, weights) is None


def split(
    tmp_path: Path, weights: tuple[float, ...], keep: tuple[float, ...], sessions: int
) -> Comparison:
    """An experiment in which the router drew the arms and only part of each came to the ledger."""
    arms = tuple(Arm(one, weight) for one, weight in zip(DEPLOYMENTS, weights, strict=False))
    experiment = Experiment(
        name="x", task=TASK, arms=arms, goal="accepted", minimum=20, enabled=True
    )
    kept = {arm.deployment.id: share for arm, share in zip(arms, keep, strict=True)}
    lost = random.Random(3)
    ledger = Ledger(f"sqlite:///{tmp_path}/state.db")
    for number in range(sessions):
        name = f"s{number}"
        arm = arm_of(experiment, name).deployment.id
        if lost.random() >= kept[arm]:
            continue
        attempt = Attempt(arm, "p", arm, Outcome.OK, START, 1.0, Usage(10), Decimal("0.01"))
        tag = CallTag(name, TASK.value, "current", name, tags={"experiment": "x", "arm": arm})
        end = CallEnd("model", Outcome.OK, 1.0, (attempt,), START, "p", arm)
        ledger.record(tag, [(1, "model", attempt)], end).result()
    comparison = compare(ledger, experiment)
    ledger.close()
    return comparison


@pytest.mark.parametrize(
    ("weights", "keep", "lopsided"),
    [
        ((50, 50), (1, 1), False),
        ((90, 10), (1, 1), False),
        ((60, 30, 10), (1, 1, 1), False),
        ((50, 50), (1, 0.6), True),
        ((60, 30, 10), (1, 1, 0.1), True),
    ],
)
def test_sessions_that_get_lost_on_one_arm_are_noticed(tmp_path, weights, keep, lopsided):
    comparison = split(tmp_path, weights, keep, 600)
    assert comparison.lopsided is lopsided
    assert comparison.split_chance is not None


def test_an_arm_that_was_taken_out_does_not_count(tmp_path):
    comparison = split(tmp_path, (50, 50, 0), (1, 1, 1), 100)
    assert not comparison.lopsided
    assert comparison.arms[2].sessions == 0
