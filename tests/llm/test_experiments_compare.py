"""What an experiment has shown: figures against sums by hand, intervals, and the verdict."""

from __future__ import annotations

import datetime as dt
import random
import statistics
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from src.config.models import Arm, Experiment, load_models
from src.llm import experiments_stats as stats
from src.llm.experiments_compare import compare
from src.llm.experiments_stats import Moments
from src.llm.ledger import CallEnd, CallTag, Ledger
from src.llm.ledger_tables import signals
from src.llm.signals import JUDGED, Signal, record
from src.llm.types import Attempt, Outcome, TaskType, Usage

TASK = TaskType.SQL_GENERATION
DEPLOYMENTS = load_models().deployments()[:3]
A, B, C = (deployment.id for deployment in DEPLOYMENTS)
START = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def experiment(arms: int = 2, **rest: Any) -> Experiment:
    values: dict[str, Any] = {"goal": "accepted", "minimum": 20, "enabled": True, **rest}
    drawn = tuple(Arm(deployment, 1) for deployment in DEPLOYMENTS[:arms])
    return Experiment(name="x", task=TASK, arms=drawn, **values)


class Sessions:
    """Writes sessions of an experiment: a call each, and what people made of its answer."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.made = 0
        self.written: list[Any] = []
        self.heard: list[dict[str, Any]] = []

    def add(
        self,
        arm: str,
        *values: float,
        session: str | None = None,
        cost: Decimal | None = Decimal("0.01"),
        seconds: float = 2.0,
        kind: str = "model",
        error: str | None = None,
        signal: str = "approved",
        asked: bool = True,
    ) -> str:
        self.made += 1
        session = session or f"s{self.made}"
        at = START + dt.timedelta(minutes=self.made)
        tag = CallTag(
            f"c{self.made}", TASK.value, "current", session, tags={"experiment": "x", "arm": arm}
        )
        outcome = Outcome.FAILED if kind == "none" else Outcome.OK
        attempt = Attempt(arm, "p", arm, outcome, at, seconds, Usage(10, 0, 0, 5), cost, error)
        tries = (attempt,) * (2 if asked and kind == "offline" else 1)
        end = CallEnd(kind, outcome, seconds, tries, at, "p", arm, error, kind == "offline")
        self.written.append(self.ledger.record(tag, [(1, "model", attempt)], end))
        for value in values:
            self.heard.append(
                {
                    "id": f"{self.made}-{len(self.heard)}", "at": at.replace(tzinfo=None),
                    "task": TASK.value, "session": session, "call_id": tag.call_id,
                    "kind": signal, "value": value, "experiment": "x", "arm": arm,
                }
            )  # fmt: skip
        return session

    def done(self) -> None:
        for written in self.written:
            written.result()
        if self.heard:
            with self.ledger.engine.begin() as connection:
                connection.execute(sa.insert(signals), self.heard)
        self.written, self.heard = [], []


def test_figures_of_an_arm_are_what_the_rows_add_up_to(ledger):
    sessions = Sessions(ledger)
    costs = [Decimal(n) / 1000 for n in (10, 20, 60)]
    for cost, seconds in zip(costs, (1.0, 2.0, 6.0), strict=True):
        sessions.add(A, 1.0, cost=cost, seconds=seconds)
    sessions.add(A, 1.0, 0.0, cost=None, seconds=3.0)
    sessions.add(A, cost=Decimal(0), seconds=4.0, kind="offline")
    sessions.add(A, kind="none", error="cancelled", cost=Decimal(0), seconds=5.0)
    sessions.done()
    comparison = compare(ledger, experiment())
    one, two = comparison.arms
    assert (one.arm, one.share, one.sessions, one.calls, one.judged) == (A, 0.5, 6, 6, 4)
    assert one.goal == 0.75  # a session in which anything was turned down is not accepted
    assert one.goal_interval == pytest.approx(stats.wilson(3, 4))
    assert (one.failed, one.fallbacks, one.unknown) == (1, 1, 1)
    assert one.cost == pytest.approx(statistics.mean([0.01, 0.02, 0.06, 0.0, 0.0]))
    assert one.cost_interval is not None
    assert one.cost_interval[0] < one.cost < one.cost_interval[1]
    assert one.seconds == pytest.approx(3.5)
    assert (one.p50, one.p95) == (3.0, 6.0)
    assert (two.sessions, two.judged, two.goal, two.cost) == (0, 0, None, None)
    assert comparison.started


def test_an_arm_does_not_answer_for_an_empty_budget(ledger):
    sessions = Sessions(ledger)
    sessions.add(A, kind="offline", asked=False, cost=Decimal(0))
    sessions.add(A, kind="offline", cost=Decimal(0))
    sessions.done()
    arm = compare(ledger, experiment(goal="answered")).arms[0]
    assert (arm.sessions, arm.failed, arm.goal) == (2, 1, 0.5)


def test_sessions_in_two_arms_are_left_out_and_counted(ledger):
    sessions = Sessions(ledger)
    sessions.add(A, 1.0)
    both = sessions.add(A, 1.0)
    sessions.add(B, 0.0, session=both)
    sessions.done()
    comparison = compare(ledger, experiment())
    assert comparison.mixed == 1
    assert [(arm.sessions, arm.judged) for arm in comparison.arms] == [(1, 1), (0, 0)]


def test_nothing_is_said_before_every_arm_has_its_minimum(ledger):
    sessions = Sessions(ledger)
    for _ in range(40):
        sessions.add(A, 1.0)
    for _ in range(13):
        sessions.add(B, 0.0)
    sessions.done()
    verdict = compare(ledger, experiment()).verdict
    assert (verdict.code, verdict.arm, verdict.missing) == ("collecting", None, 7)


def test_a_lead_beyond_chance_wins_and_later_sessions_do_not_change_it(ledger):
    sessions = Sessions(ledger)
    for number in range(20):
        sessions.add(A, float(number < 8))
        sessions.add(B, float(number < 17))
    sessions.done()
    first = compare(ledger, experiment()).verdict
    assert (first.code, first.arm, first.rival) == ("winner", B, A)
    assert first.lead == pytest.approx(stats.rate_difference((17, 20), (8, 20)))
    for _ in range(60):
        sessions.add(A, 1.0)
        sessions.add(B, 0.0)
    sessions.done()
    later = compare(ledger, experiment())
    assert later.verdict.lead == first.lead
    assert [arm.judged for arm in later.arms] == [80, 80]


def test_a_lead_within_chance_is_no_difference_and_the_cheaper_arm_is_named(ledger):
    sessions = Sessions(ledger)
    for number in range(30):
        wobble = Decimal(number % 3) / 1000
        sessions.add(A, float(number % 3 > 0), cost=Decimal("0.03") + wobble)
        sessions.add(B, float(number % 4 > 0), cost=Decimal("0.01") + wobble)
    sessions.done()
    verdict = compare(ledger, experiment()).verdict
    assert (verdict.code, verdict.arm, verdict.cheaper) == ("no_difference", None, B)
    assert verdict.lead is not None
    assert verdict.lead[0] < 0 < verdict.lead[1]
    assert verdict.detectable == pytest.approx(stats.detectable(29 / 40, 20), abs=0.05)


def test_of_three_arms_the_winner_must_beat_both(ledger):
    sessions = Sessions(ledger)
    for number in range(40):
        sessions.add(A, float(number < 34))
        sessions.add(B, float(number < 32))
        sessions.add(C, float(number < 10))
    sessions.done()
    verdict = compare(ledger, experiment(3, minimum=40)).verdict
    assert (verdict.code, verdict.rival) == ("no_difference", B)


def test_scores_are_compared_by_their_means(ledger):
    sessions = Sessions(ledger)
    for number in range(30):
        sessions.add(A, 0.5 + (number % 5) / 50, signal=JUDGED)
        sessions.add(B, 0.8 + (number % 5) / 50, signal=JUDGED)
        sessions.add(A, 0.0)  # a person's word is no score
    sessions.done()
    comparison = compare(ledger, experiment(goal="score"))
    assert comparison.arms[0].goal == pytest.approx(0.54)
    assert comparison.verdict.arm == B


def test_answers_are_compared_by_the_ledger_alone(ledger):
    sessions = Sessions(ledger)
    for number in range(25):
        sessions.add(A)
        sessions.add(B, kind="model" if number < 5 else "none", error="overloaded")
    sessions.done()
    comparison = compare(ledger, experiment(goal="answered"))
    assert [arm.goal for arm in comparison.arms] == [1.0, 0.2]
    assert comparison.verdict.arm == A


def test_a_signal_is_tied_to_the_last_call_of_its_task(ledger):
    sessions = Sessions(ledger)
    session = sessions.add(A)
    sessions.add(B, session=session)
    sessions.done()
    record(
        ledger,
        session,
        (
            Signal(TASK, "approved", 1.0, B),
            Signal(TASK, "approved", 1.0, "offline"),
            Signal(TaskType.EVALUATION, "approved", 1.0),
        ),
    )
    with ledger.engine.connect() as connection:
        rows = connection.execute(sa.select(signals).order_by(signals.c.kind)).all()
    assert [(row.kind, row.value, row.call_id, row.arm) for row in rows] == [
        ("approved", 1.0, "c2", B),
        ("replaced", 0.0, "c2", B),
    ]


def test_a_database_that_is_gone_stops_nobody(tmp_path):
    record(Ledger(f"sqlite:///{tmp_path}"), "s", (Signal(TASK, "approved", 1.0),))


# --- Intervals ---


def test_intervals_are_those_of_the_literature():
    # Newcombe (1998), table II, method 10: 56/70 against 48/80. Wilson: 81/263, table I.
    assert stats.rate_difference((56, 70), (48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert stats.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    table = {5: 2.5706, 10: 2.2281, 30: 2.0423, 120: 1.9799}
    for freedom, value in table.items():
        assert stats.t_quantile(0.975, freedom) == pytest.approx(value, abs=5e-4)


def moments(values: list[float]) -> Moments:
    return Moments(len(values), sum(values), sum(value**2 for value in values))


@given(st.lists(st.floats(0, 1000), min_size=2, max_size=50))
def test_moments_know_mean_and_variance(values):
    assert moments(values).mean == pytest.approx(statistics.mean(values), abs=1e-6)
    assert moments(values).variance == pytest.approx(
        statistics.variance(values), rel=1e-6, abs=1e-3
    )


def verdicts(draw: Callable[[random.Random], tuple[bool, bool]]) -> int:
    """How many of 1,000 experiments of 200 sessions an arm find a difference."""
    dice, found = random.Random(7), 0
    for _ in range(1000):
        pairs = [draw(dice) for _ in range(200)]
        a, b = sum(a for a, _ in pairs), sum(b for _, b in pairs)
        low, high = stats.rate_difference((a, 200), (b, 200))
        found += low > 0 or high < 0
    return found


def test_equal_arms_are_told_apart_in_one_case_of_twenty_at_most():
    assert verdicts(lambda dice: (dice.random() < 0.7, dice.random() < 0.7)) <= 60


def test_a_detectable_difference_is_found_in_four_cases_of_five():
    better = 0.7 + stats.detectable(0.75, 200)
    found = verdicts(lambda dice: (dice.random() < 0.7, dice.random() < better))
    assert 750 <= found <= 900
