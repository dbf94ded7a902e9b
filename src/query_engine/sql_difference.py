"""How two SQL texts for the same plan differ, told from their text alone; neither is run.

The shape is free (a CTE or a subquery, an alias more or less): compared are the tables, the
aggregates, the limits on rows and days, the values filtered for, the outputs, order and limit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from src.query_engine import sqltree
from src.query_engine.columns import output_names
from src.query_engine.phrases import Language, say

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True, slots=True)
class _Traits:
    tables: frozenset[str]
    aggregates: frozenset[str]
    values: frozenset[str]
    days: frozenset[dt.date]
    outputs: frozenset[str]
    averaged_ratio: bool
    limit: str
    descending: bool | None


def describe_difference(
    sql: str, reference: str, dialect: str = "duckdb", language: Language = "en"
) -> str | None:
    """What `sql` does otherwise than `reference`, in one sentence, or None where nothing shows."""

    def told(key: str, **values: object) -> str:
        return say(language, f"differs.{key}", **values)

    mine, theirs = _traits(sql, dialect), _traits(reference, dialect)
    if mine is None or theirs is None:
        return told("unknown")
    parts = [
        _sets(told, "reads", mine.tables, theirs.tables),
        _sets(told, "computes", mine.aggregates, theirs.aggregates),
        _sets(told, "compares", mine.values, theirs.values),
        _sets(told, "bounded", _text(mine.days), _text(theirs.days)),
    ]
    missing = sorted(theirs.outputs - mine.outputs)
    if mine.outputs and missing:
        parts.append(told("no_column", items=", ".join(missing[:5])))
    if mine.averaged_ratio and not theirs.averaged_ratio:
        parts.append(told("averages"))
    if mine.limit != theirs.limit:
        kept = {"mine": mine.limit or told("all"), "theirs": theirs.limit or told("all")}
        parts.append(told("limit", **kept))
    if None not in (mine.descending, theirs.descending) and mine.descending != theirs.descending:
        parts.append(told("sort"))
    found = [p for p in parts if p]
    return told("differs", parts="; ".join(found)) if found else None


def _traits(sql: str, dialect: str) -> _Traits | None:
    from sqlglot import exp

    tree = sqltree.parse(sql, dialect)
    if not isinstance(tree, exp.Query):
        return None
    ctes = {c.alias.casefold() for c in tree.find_all(exp.CTE)}
    tables = {t.name.casefold() for t in tree.find_all(exp.Table)} - ctes
    values, days = _compared(tree)
    limit = tree.args.get("limit")
    order = tree.args.get("order")
    first = order.expressions[0] if order is not None and order.expressions else None
    return _Traits(
        tables=frozenset(tables),
        aggregates=frozenset(_aggregates(tree)),
        values=frozenset(values),
        days=frozenset(days),
        outputs=frozenset(n.casefold() for n in output_names(sql, dialect)),
        averaged_ratio=any(a.find(exp.Div) is not None for a in tree.find_all(exp.Avg)),
        limit=sqltree.text(limit.expression, dialect) if limit is not None else "",
        descending=bool(first.args.get("desc")) if first is not None else None,
    )


def _aggregates(tree: exp.Expr) -> set[str]:
    """Aggregates of columns, e.g. ``sum(spend)``; not those over windows or of other aggregates."""
    from sqlglot import exp

    found = set()
    for node in tree.find_all(exp.AggFunc):
        columns = sorted({c.name.casefold() for c in node.find_all(exp.Column)})
        if isinstance(node.parent, exp.Window) or isinstance(node, exp.Max | exp.RowNumber):
            continue
        distinct = "distinct " if node.find(exp.Distinct) else ""
        found.add(f"{node.key}({distinct}{', '.join(columns) or '*'})")
    return found


def _compared(tree: exp.Expr) -> tuple[set[str], set[dt.date]]:
    """Literals in conditions: days as inclusive bounds, all else as text."""
    from sqlglot import exp

    values: set[str] = set()
    days: set[dt.date] = set()
    for literal in tree.find_all(exp.Literal):
        holder = literal.find_ancestor(exp.Where, exp.Having, exp.Qualify, exp.Select)
        if not isinstance(holder, exp.Where | exp.Having):
            continue
        day = _day(literal)
        if day is None:
            values.add(_plain(literal))
        else:
            days.add(_inclusive(literal, day))
    return values, days


def _day(literal: exp.Literal) -> dt.date | None:
    if not literal.is_string:
        return None
    try:
        return dt.date.fromisoformat(literal.this[:10]) if len(literal.this) >= 10 else None
    except ValueError:
        return None


def _inclusive(literal: exp.Literal, day: dt.date) -> dt.date:
    """``< 1 September`` is ``<= 31 August``; the same for ``>``."""
    from sqlglot import exp

    holder = literal.find_ancestor(exp.LT, exp.GT, exp.Where)
    step = int(isinstance(holder, exp.GT)) - int(isinstance(holder, exp.LT))
    return day + dt.timedelta(days=step)


def _plain(literal: exp.Literal) -> str:
    text = str(literal.this)
    if literal.is_string:
        return text.strip("%").casefold()
    try:
        return f"{float(text):.12g}"
    except ValueError:
        return text


def _text(days: frozenset[dt.date]) -> frozenset[str]:
    return frozenset(d.isoformat() for d in days)


def _sets(told: Callable[..., str], verb: str, mine: frozenset[str], theirs: frozenset[str]) -> str:
    extra, missing = sorted(mine - theirs), sorted(theirs - mine)
    parts = []
    if extra:
        parts.append(told(f"also_{verb}", items=", ".join(extra[:5])))
    if missing:
        parts.append(told(f"no_{verb}", items=", ".join(missing[:5])))
    return told("and", one=parts[0], other=parts[1]) if len(parts) == 2 else "".join(parts)
