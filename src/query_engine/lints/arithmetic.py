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
        yield reading.lint(
            "average_of_ratio",
            f"{sqltree.text(node, reading.dialect, 60)} gives every row the same weight, so a row "
            "with three clicks counts as much as one with three thousand.",
            node,
            hint="Divide the sums instead: SUM(a) / NULLIF(SUM(b), 0).",
        )


def summed_reach(reading: Reading) -> Iterator[Lint]:
    """SUM of what may not be summed: people are counted again, ratios are nonsense."""
    from sqlglot import exp

    for node in reading.tree.find_all(exp.Sum):
        if not isinstance(node.this, exp.Column):
            continue
        known = reading.column(node.this)
        if known is None or known[1].additivity is not Additivity.NON_ADDITIVE:
            continue
        name = known[1].label or known[1].name
        if known[1].unit in (Unit.RATIO, Unit.MULTIPLE):
            message = f"{name} is a ratio; adding ratios up means nothing."
            hint = "Divide the sums of its two parts."
        else:
            message = (
                f"{name} counts people once a row, so the sum counts the same person again for "
                "every day, device and campaign: read it as an upper bound."
            )
            hint = "Compare rows of the same shape, or take the true figure from the ad platform."
        yield reading.lint("summed_reach", message, node, hint=hint)


def summed_budget(reading: Reading) -> Iterator[Lint]:
    """SUM of a budget or a stock over days or over rows that repeat it."""
    from sqlglot import exp

    for node in reading.tree.find_all(exp.Sum):
        if not isinstance(node.this, exp.Column):
            continue
        known = reading.column(node.this)
        if known is None or known[1].additivity is not Additivity.SEMI_ADDITIVE:
            continue
        name = known[1].label or known[1].name
        yield reading.lint(
            "summed_over_time",
            f"{name} stands on every row of every day; its sum grows with the number of rows.",
            node,
            hint="Take it once per entity and day, average over the days, then add up entities.",
        )


def division_by_zero(reading: Reading) -> Iterator[Lint]:
    """A division whose denominator may be 0."""
    from sqlglot import exp

    for node in reading.tree.find_all(exp.Div, exp.IntDiv):
        if node.find_ancestor(exp.Case, exp.If) is not None:
            continue
        if node.args.get("safe") is True or _never_zero(node.expression):
            continue
        outcome = "stops the query" if reading.dialect == "postgres" else "gives infinity"
        bottom = sqltree.text(node.expression, reading.dialect, 60)
        yield reading.lint(
            "division_without_nullif",
            f"Where {bottom} is 0, this division {outcome} instead of leaving the cell empty.",
            node,
            hint=f"Divide by NULLIF({bottom}, 0).",
        )


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
    return reading.lint(
        "integer_division",
        "Both sides are whole numbers, so the fraction is cut off: a CTR of 0.05 becomes 0.",
        node,
        hint="Cast one side to a fraction first, or multiply it by 1.0.",
    )


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
            kinds = ", ".join(counted.values[:4])
            yield reading.lint(
                "mixed_currencies",
                f"{money[column.name.casefold()].label or column.name} is in several currencies "
                f"({kinds}), which are added up here as if they were one.",
                node,
                hint=f"Filter or break down by {name}.",
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
