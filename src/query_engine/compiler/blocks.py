"""Blocks: the metrics of one period, one row a group, each a SELECT over the table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from src.data.semantic import Additivity, Aggregation, Column, Role, Table
from src.query_engine.compiler import conditions
from src.query_engine.compiler import quoting as q
from src.query_engine.compiler.aggregates import aggregate, median, ratio
from src.query_engine.compiler.buckets import bucket
from src.query_engine.compiler.layout import Script, Select, unique
from src.query_engine.compiler.outputs import Key, Outputs, Value
from src.query_engine.compiler.resolve import entity_columns, resolve_column, time_column
from src.query_engine.plan import GRAINS, Grain, QueryPlan, TimeRange


@dataclass(frozen=True, slots=True)
class Block:
    """A SELECT that puts out all keys and some metrics, and the name it would have as a CTE."""

    name: str
    body: Select
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one period, and how their group keys are computed.

    Attributes:
        shift: what moves a day into the period it is compared with (buckets.py).
        complete: columns known to have no empty cells.
        last_day: the last day in the data, where it is known.
    """

    table: Table
    plan: QueryPlan
    outputs: Outputs
    time: TimeRange | None
    shift: str = ""
    complete: frozenset[str] = frozenset()
    last_day: dt.date | None = None

    @property
    def reaches_the_end(self) -> bool:
        """Whether the period leaves out no day at the end of the data."""
        end = self.time.end if self.time else None
        return end is None or (self.last_day is not None and end >= self.last_day)

    @property
    def source(self) -> str:
        return q.identifier(self.table.name)

    def where(self) -> list[str]:
        filters = [conditions.row_filter(f, self.table, self.complete) for f in self.plan.filters]
        filters += [
            conditions.either(
                [conditions.row_filter(f, self.table, self.complete) for f in one.filters]
            )
            for one in self.plan.either
            if one.filters
        ]
        kept = conditions.period(self.time, self.table)
        time = time_column(self.table).name if self.plan.running_total else ""
        if kept is None and time and time not in self.complete:
            kept = f"{q.identifier(time)} IS NOT NULL"  # what has no day comes before none
        return filters + ([kept] if kept else [])

    def window(self, name: str = "so_far") -> tuple[str, str]:
        """The name and the definition of the window that totals to date are taken over: the buckets
        of each group up to its own; both empty where the plan has none."""
        if not self.plan.running_total:
            return "", ""
        time, *others = (self.key(k) for k in self.outputs.keys)
        groups = f"PARTITION BY {', '.join(others)} " if others else ""
        return name, f"{name} AS ({groups}ORDER BY {time})"

    def keys(self) -> list[str]:
        return [aliased(self.key(k), k.alias) for k in self.outputs.keys]

    def key(self, key: Key) -> str:
        if key.dimension is None:
            assert self.plan.grain is not None
            return bucket(self.plan.grain, self.table, self.shift)
        return key_expression(key)


def key_expression(key: Key) -> str:
    """What a dimension is grouped by: its identifier where there is one, else itself."""
    assert key.dimension is not None
    name = q.identifier(key.dimension.column.name)
    if key.dimension.identifier is None:
        return name
    identifier = q.identifier(key.dimension.identifier.name)
    if key.dimension.identifier_has_nulls:
        return f"COALESCE(CAST({identifier} AS VARCHAR), {name})"
    return identifier


def group_by(columns: Sequence[str], keys: int) -> list[str]:
    """Group by the first `keys` of the columns: by name if they are plain, else by position."""
    head = columns[:keys]
    if any(" AS " in c or "(" in c for c in head):
        return [str(i + 1) for i in range(keys)]
    return list(head)


def blocks(rows: Rows, name: str, script: Script) -> list[Block]:
    """The blocks of a period: one for what adds up, one for each metric that does not over time."""
    plain = tuple(v for v in rows.outputs.values if not _is_apart(v))
    made = []
    if plain or not rows.outputs.values:
        keys = rows.keys()
        over, window = rows.window()
        metrics = [aliased(aggregate(v.measured, rows.table, over), v.name) for v in plain]
        body = Select(
            keys + metrics,
            rows.source,
            where=rows.where(),
            group_by=group_by(keys, len(keys)) if metrics else (),
            window=window,
            distinct=not metrics,
        )
        made.append(Block(name, body, plain))
    made += [
        _median_over(v, rows, name, script)
        if v.measured.over
        else _over_entities(v, rows, name, script)
        for v in rows.outputs.values
        if _is_apart(v)
    ]
    return made


def _is_apart(value: Value) -> bool:
    """Whether a metric is computed in two steps, and so in a block of its own."""
    return value.measured.semi_additive or value.measured.over not in (None, "row")


def _median_over(value: Value, rows: Rows, name: str, script: Script) -> Block:
    """The median of the figures that the days or things of a group have."""
    measured, table = replace(value.measured, over=None), rows.table
    over = value.measured.over or ""
    if over in GRAINS:
        unit, present = bucket(Grain(over), table), time_column(table).name
        dated = present in rows.complete or conditions.period(rows.time, table)
        known = [] if dated else [f"{q.identifier(present)} IS NOT NULL"]
    else:
        column = resolve_column(over, table)
        identifier = table.column(column.identified_by) if column.identified_by else None
        present = identifier.name if identifier else column.name
        unit = q.identifier(present)
        if identifier is not None and present not in rows.complete:
            unit = f"COALESCE(CAST({unit} AS VARCHAR), {q.identifier(column.name)})"
        known = [] if present in rows.complete else [f"{unit} IS NOT NULL"]
    taken = {k.alias.casefold() for k in rows.outputs.keys}
    figure = q.identifier(unique("figure", taken))
    keys = rows.keys()
    body = Select(
        [*keys, f"{aggregate(measured, table)} AS {figure}"],
        rows.source,
        where=[*rows.where(), *known],
        group_by=[*(str(i + 1) for i in range(len(keys))), unit],
    )
    prefix = f"{name}_" if rows.plan.comparison else ""
    each = script.add(f"{prefix}{value.name}_by_{over}"[:60], body)
    names = [q.identifier(k.alias) for k in rows.outputs.keys]
    shown = Select([*names, aliased(median(figure), value.name)], each, group_by=names)
    return Block(f"{name}_{value.name}", shown, (value,))


def _over_entities(value: Value, rows: Rows, name: str, script: Script) -> Block:
    """A measure such as a daily budget: once per entity and day, its average over the days of each
    entity, and the sum of these over entities. A ratio divides the totals of entity days."""
    prefix = f"{name}_" if rows.plan.comparison else ""
    by_day, entities, parts = _by_day(value, rows, f"{prefix}{value.name}_by_day", script)
    keys = [q.identifier(k.alias) for k in rows.outputs.keys]
    if value.measured.metric.aggregation is Aggregation.RATIO:
        top, bottom = (f"SUM({part})" for part in parts)
        figure = ratio(top, bottom, value.measured.metric.scale)
    elif not entities:
        figure = f"AVG({parts[0]})"
    else:
        inner = [*keys, *entities]
        average = f"AVG({parts[0]}) AS {parts[0]}"
        by_day = script.add(
            f"{prefix}{value.name}_by_entity",
            Select([*inner, average], by_day, group_by=inner),
        )
        figure = f"SUM({parts[0]})"
    body = Select([*keys, aliased(figure, value.name)], by_day, group_by=keys)
    return Block(f"{name}_{value.name}", body, (value,))


def _by_day(
    value: Value, rows: Rows, name: str, script: Script
) -> tuple[str, list[str], list[str]]:
    """The CTE with one row per group, entity and day, its entity columns that are not group keys,
    and its columns with the measures of the metric."""
    measured = value.measured
    columns = [c for c in (measured.numerator, measured.denominator) if c is not None]
    owner = next(c for c in columns if c.additivity is Additivity.SEMI_ADDITIVE)
    taken = {k.alias.casefold() for k in rows.outputs.keys}
    keyed = {rows.key(k) for k in rows.outputs.keys}
    listed = rows.keys()
    owners = entity_columns(owner, rows.table)
    entities = []
    for column in owners:
        expression = q.identifier(column.name)
        if expression not in keyed:
            alias = unique(column.name, taken)
            listed.append(aliased(expression, alias))
            entities.append(q.identifier(alias))
    if rows.table.time_column:
        time = q.identifier(rows.table.time_column)
        listed.append(f"CAST({time} AS DATE) AS {q.identifier(unique('on_day', taken))}")
    levels = [str(i + 1) for i in range(len(listed))]
    parts = []
    for column in columns:
        repeated = column.additivity is Additivity.SEMI_ADDITIVE and owners
        parts.append(q.identifier(unique(column.name, taken)))
        function = "MAX" if repeated else "SUM"
        listed.append(f"{function}({q.identifier(column.name)}) AS {parts[-1]}")
    made = script.add(name, Select(listed, rows.source, where=rows.where(), group_by=levels))
    return made, entities, parts


def spine(rows: Rows, made: Sequence[str], script: Script) -> str:
    """The CTE of all groups: those of any block, or with `include_empty` all that the data has."""
    outputs, plan = rows.outputs, rows.plan
    aliases = [q.identifier(k.alias) for k in outputs.keys]
    union = "\nUNION\n".join(str(Select(aliases, name)) for name in made)
    dimensions = [k for k in outputs.keys if k.dimension is not None]
    if not (plan.include_empty and dimensions):
        return script.add("all_groups", union)
    named = [aliased(rows.key(k), k.alias) for k in dimensions]
    where = [
        conditions.row_filter(f, rows.table, rows.complete)
        for f in plan.filters
        if resolve_column(f.column, rows.table).role is not Role.MEASURE
    ]
    where += [
        conditions.either(
            [conditions.row_filter(f, rows.table, rows.complete) for f in one.filters]
        )
        for one in plan.either
        if one.filters
        and all(resolve_column(f.column, rows.table).role is not Role.MEASURE for f in one.filters)
    ]
    everyone = Select(named, rows.source, where=where, distinct=True)
    if len(dimensions) == len(outputs.keys):
        return script.add("all_groups", everyone)
    entities = script.add("all_entities", everyone)
    bucket_name = q.identifier(outputs.keys[0].alias)
    times = "\nUNION\n".join(str(Select([bucket_name], name)) for name in made)
    buckets = script.add("all_buckets", times)
    columns = [f"{buckets}.{bucket_name}"]
    columns += [f"{entities}.{q.identifier(k.alias)}" for k in dimensions]
    return script.add("all_groups", Select(columns, entities, joins=[f"CROSS JOIN {buckets}"]))


def latest_name(key: Key, table: Table) -> str:
    """The aggregate that gives a group of one identifier its latest name within the group."""
    assert key.dimension is not None
    assert table.time_column is not None
    return f"ARG_MAX({q.identifier(key.dimension.column.name)}, {q.identifier(table.time_column)})"


def latest_names(key: Key, table: Table, script: Script) -> str:
    """The CTE that gives each identifier its latest name, over all the data."""
    assert key.dimension is not None
    name = q.identifier(key.dimension.column.name)
    expression = key_expression(key)
    recency = f"MAX({q.identifier(table.time_column)}) DESC, " if table.time_column else ""
    body = Select(
        [aliased(expression, key.alias), name],
        q.identifier(table.name),
        where=[f"{name} IS NOT NULL"],
        group_by=[expression, name],
        qualify=f"ROW_NUMBER() OVER (PARTITION BY {expression} ORDER BY {recency}{name}) = 1",
    )
    return script.add(f"latest_{key.output}", body)


def aliased(expression: str, alias: str) -> str:
    """``expression AS alias``, or the expression alone where it is already that name."""
    name = q.identifier(alias)
    same = expression == name or expression.endswith(f".{name}")
    return expression if same else f"{expression} AS {name}"


def columns_read(outputs: Outputs, plan: QueryPlan, table: Table) -> tuple[str, ...]:
    """Every column the plan reads, as ``table.column``."""
    names: list[str] = []

    def add(*columns: Column | None) -> None:
        names.extend(c.name for c in columns if c is not None)

    time = table.column(table.time_column) if table.time_column else None
    for key in outputs.keys:
        if key.dimension is None:
            add(time)
        else:
            add(key.dimension.column, key.dimension.identifier)
            add(time if key.named_apart else None)
    for value in outputs.values:
        add(value.measured.numerator, value.measured.denominator)
        add(value.measured.plus, value.measured.less)
        per = value.measured.per or value.measured.over
        unit = time if per in GRAINS else table.column(per) if per else None
        add(unit, table.column(unit.identified_by) if unit and unit.identified_by else None)
        add(*(table.column(f.column) for f in value.measured.part))
        if value.measured.semi_additive:
            semi = (value.measured.numerator, value.measured.denominator)
            owner = next(c for c in semi if c and c.additivity is Additivity.SEMI_ADDITIVE)
            add(time, *entity_columns(owner, table))
    for item in plan.all_filters:
        column = resolve_column(item.column, table)
        add(column, table.column(column.identified_by) if column.identified_by else None)
    if (plan.time and (plan.time.start or plan.time.end)) or plan.comparison:
        add(time)
    return tuple(f"{table.name}.{n}" for n in dict.fromkeys(names))
