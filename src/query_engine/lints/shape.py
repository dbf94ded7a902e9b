"""Joins that multiply rows, stars, and limits that pick rows at random."""

from __future__ import annotations

from collections.abc import Iterator

from src.query_engine import sqltree
from src.query_engine.drafts import Lint
from src.query_engine.lints.reading import Reading

_WIDE = 15


def fan_out_join(reading: Reading) -> Iterator[Lint]:
    """Sums over a join of base tables: a row counts once for every match."""
    from sqlglot import exp

    for select in reading.selects():
        joins = [j for j in select.args.get("joins") or () if isinstance(j.this, exp.Table)]
        base = [j for j in joins if j.this.name.casefold() not in reading.ctes]
        source = select.args.get("from_")
        if source is None or not base or not isinstance(source.this, exp.Table):
            continue
        summed = [
            a
            for p in select.selects
            for a in p.find_all(exp.Sum, exp.Count, exp.Avg)
            if not (isinstance(a, exp.Count) and a.find(exp.Distinct))
        ]
        if not summed:
            continue
        join = base[0]
        matched = join.args.get("on") or join.args.get("using")
        # a table function has no name of its own
        table = join.this.name or join.this.alias or sqltree.text(join.this, reading.dialect, 40)
        key = "fan_out_join" if matched else "join_without_condition"
        yield reading.warn("fan_out_join", key, join, table=table)


def star(reading: Reading) -> Iterator[Lint]:
    """SELECT * from a wide table."""
    from sqlglot import exp

    for select in reading.selects():
        source = select.args.get("from_")
        if not select.is_star or source is None or not isinstance(source.this, exp.Table):
            continue
        for table in reading.tables:
            if table.name.casefold() == source.this.name.casefold() and len(table.columns) > _WIDE:
                yield reading.lint(
                    "select_star",
                    reading.say("select_star", columns=len(table.columns), table=table.name),
                    next((p for p in select.selects if p.is_star), None),
                    hint=reading.say("select_star_hint"),
                    severity="info",
                )


def limit_without_order(reading: Reading) -> Iterator[Lint]:
    """LIMIT with no ORDER BY keeps whichever rows come first."""
    from sqlglot import exp

    for query in reading.tree.find_all(exp.Select, exp.SetOperation):
        limit = query.args.get("limit")
        if limit is None or query.args.get("order") is not None:
            continue
        if isinstance(query, exp.Select) and _one_row(query):
            continue
        yield reading.warn("limit_without_order", "limit_without_order", limit)


def _one_row(select: object) -> bool:
    from sqlglot import exp

    assert isinstance(select, exp.Select)
    aggregated = any(p.find(exp.AggFunc) is not None for p in select.selects)
    return aggregated and select.args.get("group") is None


RULES = (fan_out_join, star, limit_without_order)
