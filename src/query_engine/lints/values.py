"""Conditions that select nothing, or drop more than they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from src.data.profile import ColumnProfile
from src.query_engine.compiler.quoting import family
from src.query_engine.drafts import Lint
from src.query_engine.lints.reading import Reading

if TYPE_CHECKING:
    from sqlglot import exp


def unknown_value(reading: Reading) -> Iterator[Lint]:
    """A text compared with a value that its column never has."""
    from sqlglot import exp

    for node in reading.tree.find_all(exp.EQ, exp.NEQ, exp.In, exp.NullSafeNEQ, exp.NullSafeEQ):
        counted = _counted(node.this, reading)
        if counted is None or not counted.values_complete or not counted.values:
            continue
        listed = node.expressions if isinstance(node, exp.In) else [node.expression]
        for literal in listed:
            if not (isinstance(literal, exp.Literal) and literal.is_string):
                continue
            if literal.this in counted.values:
                continue
            near = _nearest(literal.this, counted.values)
            yield reading.lint(
                "unknown_value",
                reading.say("unknown_value", value=literal.this, column=node.this.name),
                literal,
                hint=reading.say("nearest_hint", near=near) if near else "",
            )


def excludes_empty(reading: Reading) -> Iterator[Lint]:
    """``<>`` and NOT IN also drop the rows where the column is empty."""
    from sqlglot import exp

    for node in reading.tree.find_all(exp.NEQ, exp.Not):
        inner = node.this if isinstance(node, exp.Not) else node
        if isinstance(node, exp.Not) and not isinstance(inner, exp.In | exp.Like | exp.ILike):
            continue
        column = inner.this
        known = reading.column(column) if isinstance(column, exp.Column) else None
        figures = reading.figures(known[0]) if known else None
        counted = figures.columns.get(known[1].name) if known and figures else None
        if known is None or counted is None or not counted.nulls or _null_kept(node, known[1].name):
            continue
        table, name, rows = known[0].name, known[1].name, counted.nulls
        yield reading.lint(
            "excludes_empty",
            reading.say("excludes_empty", count=rows, table=table, column=name),
            node,
            hint=reading.say("excludes_empty_hint", column=name),
            severity="info",
        )


def last_day_cut(reading: Reading) -> Iterator[Lint]:
    """BETWEEN two dates on a timestamp ends at the first instant of the last day."""
    from sqlglot import exp

    from src.query_engine.lints.reading import day_of

    for node in reading.tree.find_all(exp.Between, exp.LTE):
        column = node.this
        known = reading.column(column) if isinstance(column, exp.Column) else None
        if known is None or family(known[1].type) != "timestamp":
            continue
        end = node.args.get("high") if isinstance(node, exp.Between) else node.expression
        literal = end.find(exp.Literal) if end is not None else None
        last = day_of(literal) if literal is not None else None
        if literal is None or last is None or len(literal.this) > 10:
            continue
        yield reading.warn("last_day_cut", "last_day_cut", node, column=known[1].name, day=last)


def _counted(node: exp.Expr, reading: Reading) -> ColumnProfile | None:
    from sqlglot import exp

    known = reading.column(node) if isinstance(node, exp.Column) else None
    if known is None or family(known[1].type) != "text":
        return None
    figures = reading.figures(known[0])
    return figures.columns.get(known[1].name) if figures else None


def _nearest(value: str, values: tuple[str, ...]) -> str | None:
    from rapidfuzz import fuzz, process, utils

    found = process.extractOne(
        value, values[:20_000], scorer=fuzz.WRatio, processor=utils.default_process, score_cutoff=60
    )
    return found[0] if found else None


def _null_kept(node: exp.Expr, name: str) -> bool:
    """Whether the condition is one side of ``… OR column IS NULL``."""
    from sqlglot import exp

    either = node.find_ancestor(exp.Or, exp.Where)
    if not isinstance(either, exp.Or):
        return False
    return any(
        isinstance(n.expression, exp.Null) and n.this.name.casefold() == name.casefold()
        for n in either.find_all(exp.Is)
    )


RULES = (unknown_value, excludes_empty, last_day_cut)
