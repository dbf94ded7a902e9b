"""What the columns of a result mean, for SQL that a person or a model wrote."""

from __future__ import annotations

from collections.abc import Sequence

from src.data.result import ResultColumn
from src.data.semantic import Column, Metric, Role, SemanticModel, Table
from src.errors import PlanError
from src.query_engine import sqltree
from src.query_engine.compiler import compile_plan
from src.query_engine.compiler.quoting import family
from src.query_engine.drafts import OutputColumn
from src.query_engine.plan import Grain, QueryPlan

_ENDINGS = {
    "_previous": "baseline",
    "_prev": "baseline",
    "_change_pct": "change_pct",
    "_pct_change": "change_pct",
    "_change": "change",
    "_delta": "change",
    "_share": "share",
}


def columns_for(
    columns: Sequence[ResultColumn], model: SemanticModel, plan: QueryPlan | None, sql: str
) -> tuple[OutputColumn, ...]:
    """The meaning of each column of a result, in its order.

    By the plan's own names first, then by the names of the model's metrics and columns among the
    tables that the SQL reads, then by the column that the output is taken from unchanged. What
    none of these explain is ``other``.
    """
    known = {c.name.casefold(): c for c in _planned(plan, model)}
    tables = _tables_read(sql, model)
    sources = output_sources(sql)
    found = []
    for column in columns:
        planned = known.get(column.name.casefold())
        if planned is not None:
            found.append(planned.model_copy(update={"name": column.name}))
        else:
            found.append(_meaning(column, tables, sources.get(column.name.casefold())))
    return tuple(found)


def output_sources(sql: str, dialect: str = "duckdb") -> dict[str, str]:
    """Output name to the name of the column it shows unchanged, both lower case."""
    from sqlglot import exp

    tree = sqltree.parse(sql, dialect)
    if not isinstance(tree, exp.Query):
        return {}
    sources = {}
    for projection in tree.selects:
        inner = projection.unalias()
        if isinstance(inner, exp.Column):
            sources[projection.alias_or_name.casefold()] = inner.name.casefold()
    return sources


def output_names(sql: str, dialect: str = "duckdb") -> tuple[str, ...]:
    """Names of the output columns as far as the text tells; empty for a star."""
    from sqlglot import exp

    tree = sqltree.parse(sql, dialect)
    if not isinstance(tree, exp.Query) or tree.is_star:
        return ()
    return tuple(p.alias_or_name or sqltree.text(p, dialect) for p in tree.selects)


def columns_read(sql: str, model: SemanticModel, dialect: str = "duckdb") -> tuple[str, ...]:
    """Columns of the model's tables that the text names, as ``table.column``; a star names all."""
    from sqlglot import exp

    tree = sqltree.parse(sql, dialect)
    if tree is None:
        return ()
    named = {c.name.casefold() for c in tree.find_all(exp.Column)}
    star = any(isinstance(s.parent, exp.Select | exp.Column) for s in tree.find_all(exp.Star))
    read = {t.name.casefold() for t in tree.find_all(exp.Table)}
    return tuple(
        f"{table.name}.{column.name}"
        for table in model.tables
        if table.name.casefold() in read
        for column in table.columns
        if star or column.name.casefold() in named
    )


def _planned(plan: QueryPlan | None, model: SemanticModel) -> tuple[OutputColumn, ...]:
    if plan is None:
        return ()
    try:
        return compile_plan(plan, model).columns
    except PlanError:
        return ()


def _tables_read(sql: str, model: SemanticModel) -> list[Table]:
    from sqlglot import exp

    tree = sqltree.parse(sql)
    names = {t.name.casefold() for t in tree.find_all(exp.Table)} if tree is not None else set()
    return [t for t in model.tables if t.name.casefold() in names] or list(model.tables)


def _meaning(column: ResultColumn, tables: list[Table], source: str | None) -> OutputColumn:
    for name in filter(None, (column.name.casefold(), source)):
        for table in tables:
            found = _by_name(column, name, table)
            if found is not None:
                return found
    kind = family(column.type)
    if column.name.casefold() in {g.value for g in Grain} and kind in ("date", "timestamp"):
        grain = column.name.casefold()
        return OutputColumn(name=column.name, label=_label(column.name), kind="time", grain=grain)
    if kind in ("date", "timestamp"):
        return OutputColumn(name=column.name, label=_label(column.name), kind="time", grain="day")
    if kind in ("text", "boolean"):
        return OutputColumn(name=column.name, label=_label(column.name), kind="dimension")
    return OutputColumn(name=column.name, label=_label(column.name), kind="other")


def _by_name(column: ResultColumn, name: str, table: Table) -> OutputColumn | None:
    metrics = {m.name.casefold(): m for m in table.metrics}
    if name in metrics and family(column.type) == "number":
        return _of_metric(column.name, metrics[name])
    for ending, kind in _ENDINGS.items():
        metric = metrics.get(name.removesuffix(ending))
        if name.endswith(ending) and metric is not None:
            return _derived(column.name, metric, kind)
    match = next((c for c in table.columns if c.name.casefold() == name), None)
    return _of_column(column, match) if match else None


def _of_metric(name: str, metric: Metric) -> OutputColumn:
    return OutputColumn(
        name=name,
        label=metric.label or metric.name,
        kind="metric",
        metric=metric.name,
        unit=metric.unit.value,
        currency=metric.currency,
        higher_is_better=metric.higher_is_better,
    )


def _derived(name: str, metric: Metric, kind: str) -> OutputColumn:
    words = {"baseline": "before", "change_pct": "change in %"}.get(kind, kind)
    update: dict[str, object] = {"kind": kind, "label": f"{metric.label}, {words}"}
    if kind in ("change_pct", "share"):
        update |= {"unit": "ratio", "currency": None}
    if kind == "share":
        update["higher_is_better"] = None
    return _of_metric(name, metric).model_copy(update=update)


def _of_column(column: ResultColumn, source: Column) -> OutputColumn:
    unit = source.unit.value if source.unit else None
    label = source.label or _label(source.name)
    if source.role is Role.TIME:
        return OutputColumn(name=column.name, label=label, kind="time", grain="day")
    if source.role is Role.MEASURE:
        return OutputColumn(
            name=column.name,
            label=label,
            kind="metric",
            metric=source.name,
            unit=unit,
            currency=source.currency,
        )
    return OutputColumn(
        name=column.name, label=label, kind="dimension", unit=unit, currency=source.currency
    )


def _label(name: str) -> str:
    return name.replace("_", " ").strip().capitalize() or name
