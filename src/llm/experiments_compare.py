"""What an experiment has shown so far: figures of each arm with intervals, and one plain verdict.

The unit is the session, as it is what an arm is drawn for. An arm answers for all that happened in
its sessions, fallbacks included: that is what choosing it would have meant. Sessions that were in
two arms, because weights were changed meanwhile, are left out and counted.

The verdict comes from the first `minimum` judged sessions of each arm and from no others. So it can
be looked at every day: there is one test, and looking earlier or later does not change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from src.llm import experiments_stats as stats
from src.llm.experiments_stats import Interval, Moments
from src.llm.signals import JUDGED
from src.llm.usage import percentiles

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from src.config.models import Experiment
    from src.llm.ledger import Ledger

_PICO: Final = 1e12
# Low on purpose, as for a check that is looked at every day and has no correction for that.
_SUSPICIOUS: Final = 0.001


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """One arm. Intervals are at 95%; None where there are too few values for one.

    Attributes:
        arm: id of its deployment.
        share: of new sessions that it is given, 0 to 1.
        judged: sessions whose outcome is known; `goal` is their mean: the share of sessions in
            which all was accepted (or answered), or the mean score.
        failed: sessions in which models were asked and none answered; `failure` is their share.
        fallbacks: calls that another model than the arm's answered.
        cost: mean dollars of a session whose cost is known; `unknown` counts the others.
        seconds: mean seconds of a call; `p50` and `p95` over calls.
    """

    arm: str
    share: float
    sessions: int = 0
    calls: int = 0
    judged: int = 0
    goal: float | None = None
    goal_interval: Interval | None = None
    failed: int = 0
    failure: float | None = None
    failure_interval: Interval | None = None
    fallbacks: int = 0
    cost: float | None = None
    cost_interval: Interval | None = None
    unknown: int = 0
    seconds: float | None = None
    seconds_interval: Interval | None = None
    p50: float | None = None
    p95: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be said about the goal.

    Attributes:
        code: ``collecting`` while an arm has less than `minimum` judged sessions; then ``winner``
            when an arm's lead over every other is beyond chance, else ``no_difference``.
        arm: the winner.
        rival: the arm nearest to the one that leads.
        lead: interval of the leader's goal minus the rival's, corrected for several arms.
        missing: judged sessions that the slowest arm still lacks.
        detectable: the difference of rates that this many sessions show in 4 of 5 cases.
        cheaper: the arm whose sessions cost less than every other's, when that is beyond chance.
    """

    code: Literal["collecting", "winner", "no_difference"]
    arm: str | None = None
    rival: str | None = None
    lead: Interval | None = None
    missing: int = 0
    detectable: float | None = None
    cheaper: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """An experiment's arms in their order, and the verdict.

    Attributes:
        mixed: sessions left out because they were in two arms.
        split_chance: how likely it is that drawing by the weights splits the sessions so unevenly
            or more; None while there are too few of them.
    """

    name: str
    arms: tuple[ArmFigures, ...]
    verdict: Verdict
    mixed: int = 0
    split_chance: float | None = None

    @property
    def started(self) -> bool:
        """Whether there is any session at all."""
        return any(arm.sessions for arm in self.arms)

    @property
    def lopsided(self) -> bool:
        """Whether sessions of an arm are missing, or too many: then the arms differ in more than
        their models, and nothing that was found can be trusted before that is explained."""
        return self.split_chance is not None and self.split_chance < _SUSPICIOUS


def compare(ledger: Ledger, experiment: Experiment) -> Comparison:
    """Read the ledger and the signals. The numbers are added up by the database."""
    with ledger.engine.connect() as connection:
        sums, mixed = _sums(connection, experiment)
        goals = _goals(connection, experiment)
        latency = _latency(connection, experiment)
    weights = sum(arm.weight for arm in experiment.arms)
    arms = tuple(
        _figures(
            experiment,
            (arm.deployment.id, arm.weight / weights),
            sums.get(arm.deployment.id),
            goals.get(arm.deployment.id, {}),
            latency.get(arm.deployment.id, {}),
        )
        for arm in experiment.arms
    )
    drawn = [arm for arm in arms if arm.share > 0]
    chance = stats.split_chance([arm.sessions for arm in drawn], [arm.share for arm in drawn])
    return Comparison(experiment.name, arms, _verdict(experiment, goals, sums), mixed, chance)


def _figures(
    experiment: Experiment,
    arm: tuple[str, float],
    sums: Any,
    goals: dict[str, Moments],
    latency: dict[str, float],
) -> ArmFigures:
    name, share = arm
    if sums is None:
        return ArmFigures(name, share)
    judged = goals.get("all", Moments())
    cost, seconds = _moments(sums, "cost"), _moments(sums, "seconds")
    sessions, failed = int(sums["sessions"]), int(sums["failed"])
    return ArmFigures(
        arm=name,
        share=share,
        sessions=sessions,
        calls=int(sums["calls"]),
        judged=judged.count,
        goal=judged.mean if judged.count else None,
        goal_interval=_goal_interval(experiment, judged),
        failed=failed,
        failure=failed / sessions,
        failure_interval=stats.wilson(failed, sessions),
        fallbacks=int(sums["fallbacks"]),
        cost=cost.mean if cost.count else None,
        cost_interval=stats.mean_interval(cost),
        unknown=sessions - cost.count,
        seconds=seconds.mean,
        seconds_interval=stats.mean_interval(seconds),
        p50=latency.get("p50"),
        p95=latency.get("p95"),
    )


def _goal_interval(experiment: Experiment, judged: Moments) -> Interval | None:
    if not judged.count:
        return None
    if experiment.goal == "score":
        return stats.mean_interval(judged)
    return stats.wilson(judged.total, judged.count)


def _verdict(
    experiment: Experiment, goals: dict[str, dict[str, Moments]], sums: dict[str, Any]
) -> Verdict:
    taking_part = [arm.deployment.id for arm in experiment.arms if arm.weight > 0]
    first = {arm: goals.get(arm, {}).get("first", Moments()) for arm in taking_part}
    missing = experiment.minimum - min(sample.count for sample in first.values())
    if missing > 0:
        return Verdict("collecting", missing=missing)
    leader = max(taking_part, key=lambda arm: first[arm].mean)
    pairs = len(taking_part) * (len(taking_part) - 1) // 2
    level = stats.corrected(pairs)
    leads = {
        rival: _lead(experiment, first[leader], first[rival], level)
        for rival in taking_part
        if rival != leader
    }
    rival = min(leads, key=lambda one: leads[one][0])
    rate = sum(s.total for s in first.values()) / sum(s.count for s in first.values())
    won = leads[rival][0] > 0
    return Verdict(
        "winner" if won else "no_difference",
        arm=leader if won else None,
        rival=rival,
        lead=leads[rival],
        detectable=None
        if experiment.goal == "score"
        else stats.detectable(rate, experiment.minimum, level),
        cheaper=_cheaper({arm: _moments(sums[arm], "cost") for arm in taking_part if arm in sums}),
    )


def _lead(experiment: Experiment, leader: Moments, rival: Moments, level: float) -> Interval:
    if experiment.goal == "score":
        return stats.mean_difference(leader, rival, level) or (-1.0, 1.0)
    return stats.rate_difference((leader.total, leader.count), (rival.total, rival.count), level)


def _cheaper(costs: dict[str, Moments]) -> str | None:
    if len(costs) < 2:
        return None
    cheapest = min(costs, key=lambda arm: costs[arm].mean)
    level = stats.corrected(len(costs) * (len(costs) - 1) // 2)
    for arm, cost in costs.items():
        if arm == cheapest:
            continue
        more = stats.mean_difference(cost, costs[cheapest], level)
        if more is None or more[0] <= 0:
            return None
    return cheapest


def _moments(row: Any, name: str) -> Moments:
    return Moments(
        int(row[f"{name}_count"]),
        float(row[f"{name}_total"] or 0),
        float(row[f"{name}_squares"] or 0),
    )


def _sums(connection: Connection, experiment: Experiment) -> tuple[dict[str, Any], int]:
    """For each arm sums over its sessions, and how many sessions are left out."""
    import sqlalchemy as sa

    units, mixed = _units(experiment), _mixed(experiment)
    cost = sa.case((units.c.unknown == 0, sa.cast(units.c.pico, sa.Float) / _PICO))
    query = (
        sa.select(
            units.c.arm,
            sa.func.count().label("sessions"),
            sa.func.sum(units.c.calls).label("calls"),
            sa.func.sum(units.c.failed).label("failed"),
            sa.func.sum(units.c.fallbacks).label("fallbacks"),
            *_moment_columns("cost", cost),
            *_moment_columns("seconds", units.c.seconds),
        )
        .where(units.c.unit.not_in(sa.select(mixed.c.unit)))
        .group_by(units.c.arm)
    )
    rows = connection.execute(query).mappings().all()
    left_out = connection.execute(sa.select(sa.func.count()).select_from(mixed)).scalar() or 0
    return {row["arm"]: row for row in rows}, int(left_out)


def _goals(connection: Connection, experiment: Experiment) -> dict[str, dict[str, Moments]]:
    """For each arm the goal over ``all`` judged sessions and over the ``first`` of them."""
    import sqlalchemy as sa

    judged, mixed = _judged(experiment), _mixed(experiment)
    position = sa.func.row_number().over(
        partition_by=judged.c.arm, order_by=(judged.c.first, judged.c.unit)
    )
    ranked = (
        sa.select(judged, position.label("position"))
        .where(judged.c.unit.not_in(sa.select(mixed.c.unit)))
        .subquery()
    )
    early = sa.case((ranked.c.position <= experiment.minimum, ranked.c.value))
    query = sa.select(
        ranked.c.arm,
        *_moment_columns("all", ranked.c.value),
        *_moment_columns("first", early),
    ).group_by(ranked.c.arm)
    return {
        row["arm"]: {"all": _moments(row, "all"), "first": _moments(row, "first")}
        for row in connection.execute(query).mappings().all()
    }


def _latency(connection: Connection, experiment: Experiment) -> dict[str, dict[str, float]]:
    from src.llm.ledger_tables import calls

    return percentiles(connection, calls.c.tags["arm"].as_string(), [_taking_part(experiment)])


def _judged(experiment: Experiment) -> Any:
    """Sessions with an outcome: arm, unit, value (0 to 1), and when the first word came."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import signals

    if experiment.goal == "answered":
        units = _units(experiment)
        return sa.select(
            units.c.arm,
            units.c.unit,
            units.c.first,
            sa.cast(1 - units.c.failed, sa.Float).label("value"),
        ).subquery()
    score = experiment.goal == "score"
    whole = sa.case((sa.func.min(signals.c.value) >= 1, 1.0), else_=0.0)
    return (
        sa.select(
            signals.c.arm,
            signals.c.session.label("unit"),
            sa.func.min(signals.c.at).label("first"),
            (sa.func.avg(signals.c.value) if score else whole).label("value"),
        )
        .where(
            signals.c.experiment == experiment.name,
            signals.c.task == experiment.task.value,
            (signals.c.kind == JUDGED) if score else (signals.c.kind != JUDGED),
        )
        .group_by(signals.c.arm, signals.c.session)
        .subquery()
    )


def _units(experiment: Experiment) -> Any:
    """Sessions of the experiment, a row for each arm they were in."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import calls

    # The rules alone, without a model before them: no budget was left, or nobody could be asked.
    asked = sa.or_(calls.c.kind == "none", sa.and_(calls.c.kind == "offline", calls.c.attempts > 1))
    unanswered = sa.and_(asked, sa.func.coalesce(calls.c.error, "") != "cancelled")
    unit, arm = sa.func.coalesce(calls.c.session, calls.c.call_id), calls.c.tags["arm"].as_string()
    return (
        sa.select(
            arm.label("arm"),
            unit.label("unit"),
            sa.func.min(calls.c.started_at).label("first"),
            sa.func.count().label("calls"),
            sa.func.max(sa.case((unanswered, 1), else_=0)).label("failed"),
            sa.func.sum(sa.case((calls.c.fallback, 1), else_=0)).label("fallbacks"),
            sa.func.sum(calls.c.cost_pico).label("pico"),
            sa.func.sum(calls.c.unknown_costs).label("unknown"),
            sa.func.avg(calls.c.seconds).label("seconds"),
        )
        .where(_taking_part(experiment))
        .group_by(arm, unit)
        .subquery()
    )


def _mixed(experiment: Experiment) -> Any:
    import sqlalchemy as sa

    units = _units(experiment)
    return sa.select(units.c.unit).group_by(units.c.unit).having(sa.func.count() > 1).subquery()


def _taking_part(experiment: Experiment) -> Any:
    from src.llm.ledger_tables import calls

    return calls.c.tags["experiment"].as_string() == experiment.name


def _moment_columns(name: str, value: Any) -> Sequence[Any]:
    import sqlalchemy as sa

    return (
        sa.func.count(value).label(f"{name}_count"),
        sa.func.sum(value).label(f"{name}_total"),
        sa.func.sum(value * value).label(f"{name}_squares"),
    )
