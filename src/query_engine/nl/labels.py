"""Russian names for the measures that a question made: «Расход в среднем в день»."""

from __future__ import annotations

from src.data.semantic import Table
from src.query_engine.phrases import by_words, capital, label_in, plural, say
from src.query_engine.plan import GRAINS, AdHoc, QueryPlan


def in_russian(plan: QueryPlan, table: Table) -> QueryPlan:
    """The plan with Russian labels on its own measures; those in words of the question stay."""
    made = tuple(
        a.model_copy(update={"label": _label(a, table)}) if _is_plain(a) else a for a in plan.ad_hoc
    )
    return plan if made == plan.ad_hoc else plan.model_copy(update={"ad_hoc": made})


def _is_plain(made: AdHoc) -> bool:
    """One column counted or summed; a sum of two is named by the question's own words."""
    if made.over:
        return True
    return made.label.isascii() and made.plus is None and made.less is None


def _label(made: AdHoc, table: Table) -> str:
    name = _named(made.column, table)
    if made.over:
        return capital(_median(made, table))
    if made.aggregation == "count_rows":
        name = say("ru", "made.rows")
    elif made.aggregation == "count_distinct" and not made.part:
        name = say("ru", "made.count", name=_things(made.column, table))
    elif made.aggregation != "sum":
        name = say("ru", f"made.{made.aggregation}", name=name)
    if made.part:
        values = ", ".join(str(v) for f in made.part for v in f.values)
        return capital(say("ru", "made.part", name=name, values=values))
    if made.per is None:
        return capital(name)
    time = made.per in ("day", "week", "month", "quarter", "year")
    unit = say("ru", f"made.per_{made.per}") if time or made.per == "row" else ""
    if unit:
        return capital(say("ru", "made.mean", name=name, unit=unit))
    times = "" if made.scale == 1 else f"{made.scale:g} × "
    return capital(f"{name} / {times}{_named(made.per, table)}")


def _median(made: AdHoc, table: Table) -> str:
    metric = table.metric(made.of or "")
    name = label_in("ru", metric.label or metric.name) if metric else _named(made.column, table)
    if made.over in GRAINS or made.over == "row":
        units = say("ru", f"made.over_{made.over}")
    else:
        spec = table.column(made.over or "")
        label = (spec.label or spec.name) if spec else made.over or ""
        units = say("ru", "made.over_thing", name=by_words("ru", label_in("ru", label)))
    return say("ru", "made.median", name=name, units=units)


def _named(column: str | None, table: Table) -> str:
    """What the column is called, by the metric that sums it where there is one."""
    found = next((m for m in table.metrics if m.numerator == column and not m.denominator), None)
    spec = table.column(column or "")
    label = found.label if found else (spec.label or spec.name) if spec else column or ""
    return label_in("ru", label)


def _things(column: str | None, table: Table) -> str:
    """What is counted, by its name where the column holds identifiers of named things."""
    named = next((c for c in table.columns if c.identified_by == column), None)
    return plural(_named(named.name if named else column, table))
