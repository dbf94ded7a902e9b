"""What a plan puts out: names of the columns, and what each means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from src.data.profile import Profile
from src.data.semantic import Column, Table
from src.errors import PlanError
from src.query_engine.compiler.layout import unique
from src.query_engine.compiler.resolve import (
    Dimension,
    Measured,
    resolve_dimension,
    resolve_metric,
)
from src.query_engine.drafts import OutputColumn
from src.query_engine.phrases import heading, listed, name_in, plural, say
from src.query_engine.plan import TIME, QueryPlan

Of = Literal["value", "change", "change_pct", "share", "average"]


@dataclass(frozen=True, slots=True)
class Key:
    """A group key.

    Attributes:
        alias: its name inside the query.
        output: the name of the column that people see for it.
        dimension: None for the time bucket.
    """

    alias: str
    output: str
    dimension: Dimension | None

    @property
    def named_apart(self) -> bool:
        """Whether what is shown (a name) is not what is grouped by (an identifier)."""
        return self.dimension is not None and self.dimension.identifier is not None


@dataclass(frozen=True, slots=True)
class Value:
    """A metric with the names of the columns it may put out."""

    measured: Measured
    name: str
    previous: str
    change: str
    change_pct: str
    share: str
    average: str
    shown: bool

    def column(self, of: Of) -> str:
        """The output of that sort."""
        return {
            "value": self.name,
            "change": self.change,
            "change_pct": self.change_pct,
            "share": self.share,
            "average": self.average,
        }[of]


@dataclass(frozen=True, slots=True)
class Outputs:
    """Keys (the time bucket first) and metrics of a plan, with unique names.

    Attributes:
        count_name: the column with the number of groups, where the plan asks for that.
    """

    keys: tuple[Key, ...]
    values: tuple[Value, ...]
    count_name: str = "groups"

    def value(self, name: str) -> Value | None:
        return next((v for v in self.values if v.measured.metric.name == name), None)

    def key(self, name: str, plan: QueryPlan, table: Table) -> Key | None:
        """The key of a column, or of the time bucket by any of its names."""
        for key in self.keys:
            if key.dimension is not None and key.dimension.column.name == name:
                return key
        if plan.grain is not None and name in (TIME, plan.grain.value, table.time_column):
            return self.keys[0]
        return None


def resolve_outputs(plan: QueryPlan, table: Table, profile: Profile | None) -> Outputs:
    """Everything the plan puts out or orders by.

    Raises:
        PlanError: an unknown name, or nothing is asked for.
    """
    if not (plan.metrics or plan.dimensions or plan.grain):
        raise PlanError("The plan asks for nothing.", hint="Choose a metric or a breakdown.")
    asked = list(dict.fromkeys(plan.metrics))
    hidden = [h.metric for h in plan.all_having]
    names_of_keys = {TIME, table.time_column, *plan.dimensions}
    if plan.grain:
        names_of_keys.add(plan.grain.value)
    hidden += [o.by for o in plan.order if o.by not in names_of_keys]
    taken: set[str] = set()
    wanted = list(dict.fromkeys(asked + hidden))
    measured = [resolve_metric(name, plan, table) for name in wanted]
    ending = "_to_date" if plan.running_total else ""
    names = [unique(f"{m.metric.name}{ending}", taken) for m in measured]
    keys = _keys(plan, table, profile, taken)
    values = [
        Value(
            m,
            name,
            previous=unique(f"{name}_previous", taken),
            change=unique(f"{name}_change", taken),
            change_pct=unique(f"{name}_change_pct", taken),
            share=unique(f"{name}_share", taken),
            average=unique(f"{name}_average", taken),
            shown=m.metric.name in asked,
        )
        for m, name in zip(measured, names, strict=True)
    ]
    counted = "_and_".join(k.output for k in keys)
    return Outputs(tuple(keys), tuple(values), unique(f"number_of_{counted}", taken))


def _keys(plan: QueryPlan, table: Table, profile: Profile | None, taken: set[str]) -> list[Key]:
    keys = []
    if plan.grain:
        name = unique(plan.grain.value, taken)
        keys.append(Key(name, name, None))
    dimensions = [resolve_dimension(d, table, profile) for d in dict.fromkeys(plan.dimensions)]
    shown = [unique(d.column.name, taken) for d in dimensions]
    for dimension, output in zip(dimensions, shown, strict=True):
        alias = unique(dimension.identifier.name, taken) if dimension.identifier else output
        keys.append(Key(alias, output, dimension))
    return keys


def output_columns(plan: QueryPlan, outputs: Outputs) -> tuple[OutputColumn, ...]:
    """What each column of the result means, in order."""
    if counts_groups(plan, outputs):
        named = [k.dimension.column.label if k.dimension else "" for k in outputs.keys]
        labels = [name or k.output for name, k in zip(named, outputs.keys, strict=True)]
        things = [plural(name_in(plan.language, n.replace("_", " ").lower())) for n in labels]
        label = say(plan.language, "column.count", things=listed(plan.language, things))
        name = outputs.count_name
        return (OutputColumn(name=name, label=label, kind="metric", metric=name, unit="count"),)
    columns = [_key_column(key, plan) for key in outputs.keys]
    for value in outputs.values:
        if value.shown:
            columns += _value_columns(value, plan)
    return tuple(columns)


def counts_groups(plan: QueryPlan, outputs: Outputs) -> bool:
    """Whether the groups are counted rather than put out."""
    return plan.count_groups and bool(outputs.keys)


def has_share(value: Value, plan: QueryPlan) -> bool:
    """Whether the share of the total is put out for this metric."""
    return plan.share_of_total and value.measured.additive


def _key_column(key: Key, plan: QueryPlan) -> OutputColumn:
    if key.dimension is None:
        assert plan.grain is not None
        label = say(plan.language, f"column.{plan.grain.value}")
        return OutputColumn(name=key.output, label=label, kind="time", grain=plan.grain.value)
    column: Column = key.dimension.column
    return OutputColumn(
        name=key.output,
        label=heading(plan.language, column.label or column.name),
        kind="dimension",
        unit=column.unit.value if column.unit else None,
        currency=column.currency,
    )


def _value_columns(value: Value, plan: QueryPlan) -> list[OutputColumn]:
    metric = value.measured.metric
    label = heading(plan.language, metric.label or metric.name)
    if plan.running_total:
        key = "running_total" if value.measured.additive else "ratio_to_date"
        label = say(plan.language, f"column.{key}", label=label)
    unit = metric.unit.value if value.measured.numeric else None
    of_metric = OutputColumn(
        name=value.name,
        label=label,
        kind="metric",
        metric=metric.name,
        unit=unit,
        currency=metric.currency,
        higher_is_better=metric.higher_is_better,
        to_date=plan.running_total,
    )
    columns = [of_metric]

    def add(name: str, key: str, **changes: object) -> None:
        head = say(plan.language, f"column.{key}", label=label)
        update = {"name": name, "label": head, **changes}
        columns.append(of_metric.model_copy(update=update))

    if plan.comparison:
        add(value.previous, plan.comparison.kind, kind="baseline")
        if value.measured.numeric:
            fraction = {"unit": "ratio", "currency": None}
            add(value.change, "change", kind="change")
            add(value.change_pct, "change_pct", kind="change_pct", **fraction)
    if has_share(value, plan):
        neutral = {"unit": "ratio", "currency": None, "higher_is_better": None}
        add(value.share, "share", kind="share", **neutral)
    return columns
