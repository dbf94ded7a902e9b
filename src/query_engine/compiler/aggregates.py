"""How a metric is computed over a group of rows."""

from __future__ import annotations

from dataclasses import replace

from src.data.semantic import Aggregation, Column, Role, Table
from src.query_engine.compiler import quoting as q
from src.query_engine.compiler.buckets import bucket
from src.query_engine.compiler.conditions import row_filter
from src.query_engine.compiler.resolve import Measured, resolve_column
from src.query_engine.plan import GRAINS, Grain


def aggregate(measured: Measured, table: Table, window: str = "") -> str:
    """The aggregate expression. A ratio is a ratio of sums, NULL where its denominator is 0;
    an average with a weight counts each row by it.

    Args:
        window: the name of a window over the groups, for the total to date of sums, counts of rows
            and their ratios.
    """
    if measured.over is not None:
        return median(_of_a_row(measured))
    if measured.per is not None:
        top = aggregate(replace(measured, per=None), table, window)
        return ratio(top, _count_of(measured.per, table, window), measured.metric.scale)
    if measured.part:
        whole = aggregate(replace(measured, part=()), table, window)
        return ratio(_to_date(_partial(measured, table), window), whole)
    if measured.plus or measured.less:
        return _with_another(measured, table, window)
    metric, column = measured.metric, measured.numerator
    if metric.aggregation is Aggregation.COUNT_ROWS:
        return _to_date("COUNT(*)", window)
    assert column is not None
    if metric.aggregation is Aggregation.COUNT_DISTINCT:
        return f"COUNT(DISTINCT {_entity(column, table)})"
    if metric.aggregation is Aggregation.RATIO:
        assert measured.denominator is not None
        top = _to_date(f"SUM({q.identifier(column.name)})", window)
        bottom = _to_date(f"SUM({q.identifier(measured.denominator.name)})", window)
        return ratio(top, bottom, metric.scale)
    if metric.aggregation is Aggregation.AVERAGE and measured.denominator is not None:
        value, weight = q.identifier(column.name), q.identifier(measured.denominator.name)
        kept = f"CASE WHEN {value} IS NOT NULL THEN {weight} END"
        return ratio(f"SUM({value} * {weight})", f"SUM({kept})")
    function = {
        Aggregation.SUM: "SUM",
        Aggregation.AVERAGE: "AVG",
        Aggregation.MINIMUM: "MIN",
        Aggregation.MAXIMUM: "MAX",
    }[metric.aggregation]
    return _to_date(f"{function}({q.identifier(column.name)})", window)


def median(figure: str) -> str:
    """The median; that of exact decimals would be rounded to their places."""
    return f"MEDIAN(CAST({figure} AS DOUBLE))"


def _of_a_row(measured: Measured) -> str:
    assert measured.numerator is not None
    own = q.identifier(measured.numerator.name)
    if measured.metric.aggregation is not Aggregation.RATIO:
        return own
    assert measured.denominator is not None
    return ratio(own, q.identifier(measured.denominator.name), measured.metric.scale)


def _to_date(total: str, window: str) -> str:
    """The sum of a group's total and those of the groups before it in the window."""
    return f"SUM({total}) OVER {window}" if window else total


def ratio(top: str, bottom: str, scale: float = 1.0) -> str:
    """``scale * top / bottom`` with NULL for a zero bottom; the division comes first, so that an
    exact decimal never overflows from the scale."""
    divided = f"{top} / NULLIF({bottom}, 0)"
    return divided if scale == 1 else f"{divided} * {q.number(scale)}"


def _with_another(measured: Measured, table: Table, window: str) -> str:
    """The sum with another one added or taken away; a group without the other has none of it."""
    expression = aggregate(replace(measured, plus=None, less=None), table, window)
    for sign, column in (("+", measured.plus), ("-", measured.less)):
        if column is not None:
            other = _to_date(f"SUM({q.identifier(column.name)})", window)
            expression += f" {sign} COALESCE({other}, 0)"
    return f"({expression})"


def _partial(measured: Measured, table: Table) -> str:
    """The sum or count over the rows that meet the conditions; 0 where none does."""
    condition = " AND ".join(row_filter(f, table) for f in measured.part)
    if measured.numerator is None:
        return f"COUNT(CASE WHEN {condition} THEN 1 END)"
    return f"SUM(CASE WHEN {condition} THEN {q.identifier(measured.numerator.name)} ELSE 0 END)"


def _count_of(per: str, table: Table, window: str = "") -> str:
    if per in GRAINS:
        return f"COUNT(DISTINCT {bucket(Grain(per), table)})"
    if per == "row":
        return "COUNT(*)"
    column = resolve_column(per, table)
    if column.role is Role.MEASURE:
        return _to_date(f"SUM({q.identifier(column.name)})", window)
    return f"COUNT(DISTINCT {_entity(column, table)})"


def _entity(column: Column, table: Table) -> str:
    """Entities are counted by their identifier where there is one, else by name."""
    identifier = table.column(column.identified_by) if column.identified_by else None
    if identifier is None or identifier.name == column.name:
        return q.identifier(column.name)
    return q.identifier(identifier.name)
