"""The experiments' part of `usage`: what each has shown, as JSON and in words."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from src.shell.words import line

if TYPE_CHECKING:
    from src.llm.router import Router

LOPSIDED = (
    "Sessions are split in a way that the weights do not explain. Unless the weights were changed "
    "meanwhile, sessions of one arm get lost: find out where before trusting the figures."
)


def experiments_rows(router: Router) -> list[dict[str, Any]]:
    """The experiments of the models file that run or have run, each with arms and verdict."""
    from src.llm.experiments_compare import compare

    rows = []
    for experiment in router.models.experiments:
        comparison = compare(router.ledger, experiment)
        if not (experiment.enabled or comparison.started):
            continue
        rows.append(
            {
                "experiment": experiment.name,
                "task": experiment.task.value,
                "enabled": experiment.enabled,
                "goal": experiment.goal,
                "minimum": experiment.minimum,
                "verdict": asdict(comparison.verdict),
                "mixed_sessions": comparison.mixed,
                "split_p": comparison.split_chance,
                "warning": LOPSIDED if comparison.lopsided else None,
                "arms": [asdict(arm) for arm in comparison.arms],
            }
        )
    return rows


def experiments_words(rows: list[dict[str, Any]]) -> list[str]:
    """A block of lines for each experiment: the verdict first, then the arms."""
    lines: list[str] = []
    for row in rows:
        state = "running" if row["enabled"] else "stopped"
        lines += ["", f"Experiment {line(row['experiment'])} ({row['task']}, {state}):"]
        if row["warning"]:
            lines.append(f"  Warning: {row['warning']}")
        lines.append(f"  {_verdict(row)}")
        lines += [f"  {_arm(arm, row['goal'])}" for arm in row["arms"]]
    return lines


def _verdict(row: dict[str, Any]) -> str:
    verdict = row["verdict"]
    basis = f"from the first {row['minimum']:,} judged sessions of each arm"
    if verdict["code"] == "collecting":
        return f"Not enough data yet: an arm lacks {verdict['missing']:,} judged sessions."
    low, high = verdict["lead"]
    lead = f"its lead over {verdict['rival']} is between {low:.3f} and {high:.3f}"
    if verdict["code"] == "winner":
        return f"{verdict['arm']} is better: {lead}, {basis}."
    cheaper = f" {verdict['cheaper']} costs less." if verdict["cheaper"] else ""
    return f"No difference was found, {basis}.{cheaper}"


def _arm(arm: dict[str, Any], goal: str) -> str:
    parts = [f"{arm['arm']}: {arm['sessions']:,} sessions ({arm['share']:.0%} of new ones)"]
    if arm["goal"] is not None:
        low, high = arm["goal_interval"] or (arm["goal"], arm["goal"])
        parts.append(f"{goal} {arm['goal']:.3f} ({low:.3f} to {high:.3f})")
    if arm["cost"] is not None:
        parts.append(f"${arm['cost']:.4f} a session")
    if arm["p50"] is not None:
        parts.append(f"p50 {arm['p50']:.2f} s, p95 {arm['p95']:.2f} s")
    if arm["failed"]:
        parts.append(f"{arm['failed']:,} failed")
    return ", ".join(parts)
