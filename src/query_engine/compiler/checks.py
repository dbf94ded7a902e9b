"""Plans that contradict themselves are refused before any SQL is written."""

from __future__ import annotations

from src.data.semantic import Table
from src.errors import PlanError
from src.query_engine.compiler.outputs import Of, Outputs
from src.query_engine.plan import RECURRING, QueryPlan


def check(plan: QueryPlan, outputs: Outputs, table: Table) -> None:
    """Refuse what contradicts itself.

    Raises:
        PlanError: what it is, and where it can be mended.
    """
    if plan.limit is not None and plan.limit < 1:
        raise PlanError("The number of rows to keep must be at least 1.")
    if plan.limit_per is not None:
        if plan.limit is None:
            raise PlanError(f"How many rows to keep for each {plan.limit_per} is not said.")
        if outputs.key(plan.limit_per, plan, table) is None:
            raise PlanError(
                f"Rows cannot be kept per {plan.limit_per}: the result is not broken down by it.",
                hint=f"Add {plan.limit_per} to the breakdown.",
            )
    for item in plan.order:
        if outputs.key(item.by, plan, table) is None and outputs.value(item.by) is None:
            raise PlanError(f"The result has no column for {item.by!r} to sort by.", where=item.by)
    for one in plan.either:
        if len(one.filters) + len(one.having) < 2 or (one.filters and one.having):
            raise PlanError("An either-or needs two conditions, all on rows or all on groups.")
    if plan.running_total:
        _check_running(plan, outputs)
    pairs: list[tuple[str, Of]] = [(h.metric, h.of) for h in plan.all_having]
    pairs += [(o.by, o.of) for o in plan.order]
    for name, of in pairs:
        _check_output(name, of, plan, outputs)


def _check_running(plan: QueryPlan, outputs: Outputs) -> None:
    if plan.grain is None or plan.grain in RECURRING:
        raise PlanError(
            "A running total needs days, weeks or months that follow each other.",
            hint="Add a breakdown by day, week or month.",
        )
    if plan.share_of_total or plan.include_empty or any(h.of == "average" for h in plan.all_having):
        raise PlanError("A running total has no share, no average and no group without rows.")
    for value in outputs.values:
        if not value.measured.accumulates:
            raise PlanError(
                f"{value.measured.metric.label} does not add up over time, so it has no running "
                "total.",
                where=value.measured.metric.name,
            )


def _check_output(name: str, of: Of, plan: QueryPlan, outputs: Outputs) -> None:
    value = outputs.value(name)
    if value is None:
        return
    if of in ("change", "change_pct"):
        if plan.comparison is None:
            raise PlanError(
                f"The change of {name} needs a second period.", hint="Add a comparison."
            )
        if not value.measured.numeric:
            raise PlanError(f"{name} is not a number, so it has no change.")
    if of == "average" and (
        value.measured.semi_additive or value.measured.over or not value.measured.numeric
    ):
        raise PlanError(f"{name} has no average to be held against.")
    if of == "share" and not value.measured.additive:
        raise PlanError(f"{name} does not add up over groups, so it has no share of a total.")
