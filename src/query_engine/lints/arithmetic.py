"""Sums, averages and divisions that give a number other than the one meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from src.data.semantic import Additivity, Unit
from src.query_engine import sqltree
from src.query_engine.drafts import Lint
from src.query_engine.lints.reading import Reading

if TYPE_CHECKING:
    from sqlglot import exp

_INTEGER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?\d*$", re.IGNORECASE)


def average_of_ratio(reading: Reading) -> Iterator[Lint]:
    """AVG over a division, or over a column that holds ready-made ratios."""
    from sqlglot import exp

    for node in reading.tree.find_all(exp.Avg):
        known = reading.column(node.this)
        ratio = known is not None and known[1].unit in (Unit.RATIO, Unit.MULTIPLE)
        ready = known is not None and known[1].additivity is Additivity.NON_ADDITIVE and ratio
        if node.this.find(exp.Div) is None and not ready:
            continue
        piece = sqltree.text(node, reading.dialect, 60)
        yield reading.warn("average_of_ratio", "average_of_ratio", node, piece=piece)


def summed_reach(reading: Reading) -> Iterator[Lint]:
    """SUM of what may not be summed: people are counted again, ratios are nonsense."""
    from sqlglot import exp

    for node in reading.tree.find_all(exp.Sum):
        if not isinstance(node.this, exp.Column):
            continue
        known = reading.column(node.this)
        if known is None or known[1].additivity is not Additivity.NON_ADDITIVE:
            continue
        if known[1].unit in (Unit.RATIO, Unit.MULTIPLE):
            key = "summed_ratio"
        else:
            key = "summed_reach" if known[1].unit is Unit.COUNT else "summed_score"
        yield reading.warn("summed_reach", key, node, name=reading.name(known[1]))


def summed_budget(reading: Reading) -> Iterator[Lint]:
    """SUM of a budget or a stock over days or over rows that repeat it."""
    from sqlglot import exp

    for node in reading.tree.find_all(exp.Sum):
        if not isinstance(node.this, exp.Column):
            continue
        known = reading.column(node.this)
        if known is None or known[1].additivity is not Additivity.SEMI_ADDITIVE:
            continue
        name = reading.name(known[1])
        yield reading.warn("summed_over_time", "summed_over_time", node, name=name)


def division_by_zero(reading: Reading) -> Iterator[Lint]:
    """A division whose denominator may be 0."""
    from sqlglot import exp

    for node in reading.tree.find_all(exp.Div, exp.IntDiv):
        if node.find_ancestor(exp.Case, exp.If) is not None:
            continue
        if node.args.get("safe") is True or _never_zero(node.expression):
            continue
        key = "division_stops" if reading.dialect == "postgres" else "division_infinite"
        bottom = sqltree.text(node.expression, reading.dialect, 60)
        yield reading.warn("division_without_nullif", key, node, bottom=bottom)


def integer_division(reading: Reading) -> Iterator[Lint]:
    """A division that cuts the fraction off."""
    from sqlglot import exp

    yield from (_cut(reading, node) for node in reading.tree.find_all(exp.IntDiv))
    if reading.dialect not in ("postgres", "redshift", "tsql", "sqlite", "trino", "presto"):
        return
    for node in reading.tree.find_all(exp.Div):
        if _is_integer(node.this, reading) and _is_integer(node.expression, reading):
            yield _cut(reading, node)


def _cut(reading: Reading, node: exp.Expr) -> Lint:
    return reading.warn("integer_division", "integer_division", node)


def mixed_currencies(reading: Reading) -> Iterator[Lint]:
    """Money of several currencies added up."""
    from sqlglot import exp

    for table in reading.tables:
        figures = reading.figures(table)
        name = table.currency_column or next(
            (c.name for c in table.columns if c.concept == "currency"), None
        )
        counted = figures.columns.get(name) if figures and name else None
        if name is None or counted is None or counted.distinct < 2:
            continue
        if name.casefold() in reading.columns:
            continue
        money = {c.name.casefold(): c for c in table.columns if c.unit is Unit.CURRENCY}
        for node in reading.tree.find_all(exp.Sum, exp.Avg):
            column = node.find(exp.Column)
            if column is None or column.name.casefold() not in money:
                continue
            yield reading.warn(
                "mixed_currencies",
                "mixed_currencies",
                node,
                name=reading.name(money[column.name.casefold()]),
                currencies=", ".join(counted.values[:4]),
                column=name,
            )
            break


def _never_zero(node: object) -> bool:
    from sqlglot import exp

    if isinstance(node, exp.Paren | exp.Cast):
        return _never_zero(node.this)
    if isinstance(node, exp.Literal):
        return str(node.this).strip("0.") != ""
    return isinstance(node, exp.Nullif)


def _is_integer(node: object, reading: Reading) -> bool:
    from sqlglot import exp

    if isinstance(node, exp.Paren | exp.Nullif | exp.Coalesce | exp.Max | exp.Min):
        return _is_integer(node.this, reading)
    if isinstance(node, exp.Count):
        return True
    if isinstance(node, exp.Literal):
        return bool(node.is_int)
    if isinstance(node, exp.Sum):
        return _is_integer(node.this, reading)
    if isinstance(node, exp.Column):
        known = reading.column(node)
        return known is not None and bool(_INTEGER.fullmatch(known[1].type))
    return False


RULES = (
    average_of_ratio,
    summed_reach,
    summed_budget,
    division_by_zero,
    integer_division,
    mixed_currencies,
)
