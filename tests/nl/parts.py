"""Plans written as a reader would say them, so that a case is one line."""

from __future__ import annotations

from src.query_engine.plan import QueryPlan, TimeRange


def days(time: TimeRange | None) -> str | None:
    """``2026-09-01..2026-09-30``; an open side is empty."""
    return None if time is None else f"{time.start or ''}..{time.end or ''}"


def _of(name: str, of: str) -> str:
    return name if of == "value" else f"{name}.{of}"


def parts(plan: QueryPlan) -> dict[str, object]:
    """The parts of a plan that were asked for; what is absent was not."""
    counted = {a.name: f"{a.aggregation}({a.column or '*'})" for a in plan.ad_hoc}
    found = {
        "show": " ".join(counted.get(m, m) for m in plan.metrics),
        "by": " ".join(plan.dimensions),
        "grain": plan.grain.value if plan.grain else "",
        "where": [f"{f.column} {f.op} {', '.join(map(str, f.values))}" for f in plan.filters],
        "having": [
            f"{_of(h.metric, h.of)} {h.op} {', '.join(f'{v:g}' for v in h.values)}"
            for h in plan.having
        ],
        "time": days(plan.time),
        "vs": days(plan.comparison.baseline) if plan.comparison else None,
        "top": plan.limit,
        "per": plan.limit_per,
        "share": plan.share_of_total,
        "sort": " ".join(
            f"{_of(counted.get(o.by, o.by), o.of)} {'desc' if o.descending else 'asc'}"
            for o in plan.order
        ),
        "empty": plan.include_empty,
    }
    return {key: value for key, value in found.items() if value}
