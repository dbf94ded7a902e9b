"""Assembly: blocks, comparison, change, share, conditions on results, order and limits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from src.data.profile import Profile, TableProfile
from src.data.semantic import Aggregation, Table
from src.query_engine.compiler import conditions
from src.query_engine.compiler import quoting as q
from src.query_engine.compiler.aggregates import aggregate, ratio
from src.query_engine.compiler.blocks import (
    Block,
    Rows,
    aliased,
    blocks,
    latest_name,
    latest_names,
    spine,
)
from src.query_engine.compiler.buckets import baseline_shift
from src.query_engine.compiler.checks import check
from src.query_engine.compiler.layout import Script, Select
from src.query_engine.compiler.outputs import (
    Key,
    Of,
    Outputs,
    Value,
    counts_groups,
    has_share,
)
from src.query_engine.plan import TIME, Having, QueryPlan


@dataclass(slots=True)
class _Stage:
    """A relation under construction: columns by alias, each with the expression that gives it."""

    source: str
    columns: dict[str, str]
    joins: list[str] = field(default_factory=list)

    def settle(self, name: str, script: Script) -> _Stage:
        """The same relation as a CTE, so that its columns can be read by name."""
        listed = [aliased(expression, alias) for alias, expression in self.columns.items()]
        made = script.add(name, Select(listed, self.source, self.joins))
        return _Stage(made, {alias: q.identifier(alias) for alias in self.columns})


def build_sql(
    plan: QueryPlan, table: Table, outputs: Outputs, profile: Profile | None, dialect: str
) -> str:
    """DuckDB SQL for a plan whose names are resolved.

    Args:
        dialect: what the SQL will be translated to; ARG_MAX is used for DuckDB itself only.

    Raises:
        PlanError: the plan contradicts itself.
    """
    check(plan, outputs, table)
    script = Script({table.name.casefold()})
    figures = profile.tables.get(table.name) if profile else None
    rows = Rows(
        table, plan, outputs, plan.time,
        complete=_complete(figures), last_day=figures.last_day if figures else None,
    )  # fmt: skip
    if _is_simple(rows, dialect):
        return _finished(_simple(rows), rows, script)
    stage = _combine(rows, script)
    _derive(stage, rows)
    qualify = ""
    if plan.limit_per or any(" OVER (" in e for e in stage.columns.values() if plan.all_having):
        stage = stage.settle("results", script)
    where = [_having(h, plan, outputs, stage) for h in plan.having]
    where += [
        conditions.either([_having(h, plan, outputs, stage) for h in one.having])
        for one in plan.either
        if one.having
    ]
    if plan.limit_per:
        key = outputs.key(plan.limit_per, plan, table)
        assert key is not None
        order = ", ".join(_order(plan, table, outputs, {}, grouped=False))
        partition = q.identifier(key.alias)
        qualify = f"ROW_NUMBER() OVER (PARTITION BY {partition} ORDER BY {order}) <= {plan.limit}"
    shown = _shown(plan, outputs)
    hidden = {a: e for a, e in stage.columns.items() if a not in shown}
    last = Select(
        [aliased(stage.columns[alias], alias) for alias in shown],
        stage.source,
        stage.joins,
        where=where,
        qualify=qualify,
        order_by=_order(plan, table, outputs, hidden),
        limit=None if plan.limit_per or not outputs.keys else plan.limit,
    )
    return _finished(last, rows, script)


def _finished(last: Select, rows: Rows, script: Script) -> str:
    """The statement, or where the plan counts its groups the number of rows it would have."""
    if not counts_groups(rows.plan, rows.outputs):
        return script.finish(last)
    kept = script.add("kept", last if last.limit else replace(last, order_by=()))
    return script.finish(Select([aliased("COUNT(*)", rows.outputs.count_name)], kept))


def _is_simple(rows: Rows, dialect: str) -> bool:
    """One SELECT does it."""
    plan, outputs = rows.plan, rows.outputs
    return not (
        plan.comparison
        or plan.limit_per
        or plan.include_empty
        or any(has_share(v, plan) for v in outputs.values)
        or any(h.of != "value" for h in plan.all_having)
        # DuckDB knows a named window in the list of columns only
        or (plan.running_total and any(not v.shown for v in outputs.values))
        or (plan.running_total and plan.all_having)
        or any(o.of != "value" for o in plan.order)
        or any(v.measured.semi_additive for v in outputs.values)
        or any(v.measured.over not in (None, "row") for v in outputs.values)
        or any(not _names_itself(k, rows, dialect) for k in outputs.keys)
    )


def _names_itself(key: Key, rows: Rows, dialect: str) -> bool:
    """Whether the latest name of the group is the latest of all the data.

    Every row has an identifier, a name and a day, and each group has all the rows of its entity
    from some day on: nothing else splits the group, and no filter or period takes its end away.
    """
    if not key.named_apart:
        return True
    assert key.dimension is not None
    names = {key.dimension.column.name}
    if key.dimension.identifier is not None:
        names.add(key.dimension.identifier.name)
    return (
        dialect == "duckdb"
        and {*names, rows.table.time_column} <= rows.complete
        and len(rows.outputs.keys) == 1
        and all(f.column in names for f in rows.plan.all_filters)
        and rows.reaches_the_end
    )


def _complete(figures: TableProfile | None) -> frozenset[str]:
    """Columns known to have no empty cells."""
    columns = figures.columns.values() if figures else ()
    return frozenset(c.name for c in columns if not c.nulls)


def _simple(rows: Rows) -> Select:
    plan, outputs = rows.plan, rows.outputs
    columns, groups, hidden = [], [], {}
    for position, key in enumerate(outputs.keys, 1):
        expression = rows.key(key)
        if key.named_apart:
            columns.append(aliased(latest_name(key, rows.table), key.output))
            groups.append(expression)
            hidden[key.alias] = expression
        else:
            columns.append(aliased(expression, key.alias))
            groups.append(expression if columns[-1] == expression else str(position))
    over, window = rows.window()
    figures = {v.name: aggregate(v.measured, rows.table, over) for v in outputs.values}
    for value in outputs.values:
        if value.shown:
            columns.append(aliased(figures[value.name], value.name))
        else:
            hidden[value.name] = figures[value.name]

    def kept(item: Having) -> str:
        filtered = outputs.value(item.metric)
        assert filtered is not None
        return conditions.having(item, figures[filtered.name])

    having = [kept(item) for item in plan.having]
    having += [conditions.either([kept(h) for h in o.having]) for o in plan.either if o.having]
    grouped = bool(outputs.values) or any(k.named_apart for k in outputs.keys)
    return Select(
        columns,
        rows.source,
        where=rows.where(),
        group_by=groups if grouped else (),
        having=having,
        window=window,
        order_by=_order(plan, rows.table, outputs, hidden),
        limit=plan.limit if outputs.keys else None,
        distinct=not grouped,
    )


def _combine(rows: Rows, script: Script) -> _Stage:
    """Keys, names, values and baselines side by side, one row a group."""
    plan, outputs = rows.plan, rows.outputs
    first = "current_period" if plan.comparison else _name_of_groups(outputs)
    current = _named(blocks(rows, first, script), script)
    before: list[tuple[str, Block]] = []
    if plan.comparison:
        name = {"custom": "comparison_period"}.get(plan.comparison.kind, plan.comparison.kind)
        then = replace(rows, time=plan.comparison.baseline, shift=baseline_shift(plan))
        before = _named(blocks(then, name, script), script)
    every = [name for name, _ in current + before]
    if len(every) > 1 or plan.include_empty:
        # The first block of a period has all its groups.
        periods = [side[0][0] for side in (current, before) if side]
        stage = _side_by_side(rows, every, periods, script)
    elif any(k.named_apart for k in outputs.keys):
        stage = _Stage(every[0], {k.alias: _field(every[0], k.alias) for k in outputs.keys})
    else:
        return _Stage(every[0], {a: q.identifier(a) for a in _aliases(current[0][1], outputs)})
    # A group without rows in a period had none of what adds up in it: 0, not unknown. What it is
    # to date is not known there: the period may not have come so far.
    zero = bool(plan.comparison and outputs.keys and not plan.running_total)
    for name, block in current:
        for value in block.values:
            stage.columns[value.name] = _or_zero(_field(name, value.name), value, zero)
    for name, block in before:
        for value in block.values:
            stage.columns[value.previous] = _or_zero(_field(name, value.name), value, zero)
    for key in outputs.keys:
        if key.named_apart:
            _join_names(stage, key, latest_names(key, rows.table, script))
    if plan.comparison and outputs.keys:
        return stage.settle("compared", script)
    return stage


def _aliases(block: Block, outputs: Outputs) -> list[str]:
    return [k.alias for k in outputs.keys] + [v.name for v in block.values]


def _named(made: list[Block], script: Script) -> list[tuple[str, Block]]:
    return [(script.add(block.name, block.body), block) for block in made]


def _side_by_side(rows: Rows, every: list[str], periods: list[str], script: Script) -> _Stage:
    keys = rows.outputs.keys
    if not keys:
        return _Stage(every[0], {}, [f"CROSS JOIN {name}" for name in every[1:]])
    groups = spine(rows, periods, script)
    joins = []
    for name in every:
        match = " AND ".join(
            f"{_field(name, k.alias)} IS NOT DISTINCT FROM {_field(groups, k.alias)}" for k in keys
        )
        joins.append(f"LEFT JOIN {name} ON {match}")
    return _Stage(groups, {k.alias: _field(groups, k.alias) for k in keys}, joins)


def _join_names(stage: _Stage, key: Key, names: str) -> None:
    assert key.dimension is not None
    on = f"{_field(names, key.alias)} = {stage.columns[key.alias]}"
    stage.joins.append(f"LEFT JOIN {names} ON {on}")
    stage.columns[key.output] = _field(names, key.dimension.column.name)


def _derive(stage: _Stage, rows: Rows) -> None:
    """Changes against the baseline, shares over all groups, and averages to hold values against."""
    plan, outputs = rows.plan, rows.outputs
    for value in outputs.values:
        if any(
            h.of == "average" and h.metric == value.measured.metric.name for h in plan.all_having
        ):
            stage.columns[value.average] = _average(value, rows, stage.columns[value.name])
        now = stage.columns[value.name]
        if plan.comparison and value.measured.numeric:
            then = stage.columns[value.previous]
            if value.measured.metric.aggregation in (Aggregation.MINIMUM, Aggregation.MAXIMUM):
                now, then = f"CAST({now} AS DOUBLE)", f"CAST({then} AS DOUBLE)"
            stage.columns[value.change] = f"{now} - {then}"
            stage.columns[value.change_pct] = ratio(f"({now} - {then})", then)
        if value.measured.additive:
            total = f"SUM({stage.columns[value.name]}) OVER ()"
            stage.columns[value.share] = ratio(stage.columns[value.name], total)
    wanted = _needed(plan, outputs)
    for alias in [a for a in stage.columns if a not in wanted]:
        del stage.columns[alias]


def _average(value: Value, rows: Rows, expression: str) -> str:
    """The mean of the groups of what adds up; of a ratio, what it is for all rows together."""
    if value.measured.additive:
        return f"AVG({expression}) OVER ()"
    kept = " AND ".join(rows.where())
    where = f" WHERE {kept}" if kept else ""
    whole = aggregate(value.measured, rows.table)
    return f"(SELECT {whole} FROM {rows.source}{where})"  # noqa: S608 - quoting.py quotes it


def _needed(plan: QueryPlan, outputs: Outputs) -> set[str]:
    """Columns that are shown, sorted by, or compared with."""
    wanted = set(_shown(plan, outputs))
    wanted.update(k.alias for k in outputs.keys)
    pairs: list[tuple[str, Of]] = [(h.metric, h.of) for h in plan.all_having]
    pairs += [(o.by, o.of) for o in plan.order]
    for name, of in pairs:
        value = outputs.value(name)
        if value:
            wanted.add(value.column(of))
        if value and of == "average":
            wanted.add(value.name)
    return wanted


def _shown(plan: QueryPlan, outputs: Outputs) -> list[str]:
    shown = [k.output for k in outputs.keys]
    for value in outputs.values:
        if not value.shown:
            continue
        shown.append(value.name)
        if plan.comparison:
            shown.append(value.previous)
            if value.measured.numeric:
                shown += [value.change, value.change_pct]
        if has_share(value, plan):
            shown.append(value.share)
    return shown


def _having(item: Having, plan: QueryPlan, outputs: Outputs, stage: _Stage) -> str:
    value = outputs.value(item.metric)
    assert value is not None
    missing = plan.include_empty and value.measured.none_is_zero and item.of == "value"
    expression = stage.columns[value.column(item.of)]
    if item.of == "average":
        return conditions.against(item, stage.columns[value.name], expression)
    return conditions.having(item, expression, missing_is_zero=missing)


def _order(
    plan: QueryPlan, table: Table, outputs: Outputs, hidden: dict[str, str], *, grouped: bool = True
) -> list[str]:
    """Sort terms that leave no ties: what the plan says, then every key.

    Args:
        hidden: expressions of columns that are not put out.
        grouped: keep the rows of one `limit_per` value together.
    """
    terms: dict[str, str] = {}

    def add(alias: str, direction: str) -> None:
        terms.setdefault(alias, hidden.get(alias, q.identifier(alias)) + direction)

    per = outputs.key(plan.limit_per, plan, table) if plan.limit_per else None
    if per and grouped:
        add(per.output, "")
    for item in plan.order:
        key = outputs.key(item.by, plan, table)
        value = outputs.value(item.by)
        alias = key.output if key else value.column(item.of) if value else ""
        add(alias, " DESC NULLS LAST" if item.descending else " ASC NULLS LAST")
    if not plan.order:
        shown = [v for v in outputs.values if v.shown]
        if shown and outputs.keys and plan.grain is None:
            add(shown[0].name, " DESC NULLS LAST")
    for key in outputs.keys:
        add(key.output, "")
    for key in outputs.keys:
        if key.named_apart:
            add(key.alias, "")
    return list(terms.values()) if outputs.keys else []


def _name_of_groups(outputs: Outputs) -> str:
    if not outputs.keys:
        return "totals"
    return "by_" + "_and_".join(k.output if k.dimension else TIME for k in outputs.keys)[:60]


def _or_zero(expression: str, value: Value, zero: bool) -> str:
    return f"COALESCE({expression}, 0)" if zero and value.measured.additive else expression


def _field(relation: str, column: str) -> str:
    return f"{relation}.{q.identifier(column)}"
