"""A statement with all that a rule may ask about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from src.data.profile import Profile, TableProfile
from src.data.semantic import Column, SemanticModel, Table
from src.query_engine import sqltree
from src.query_engine.drafts import Lint
from src.query_engine.phrases import Language, capital, label_in, say
from src.query_engine.plan import QueryPlan

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True)
class Reading:
    """The tree of one statement, the model's tables in it, and its days."""

    sql: str
    tree: exp.Expr
    model: SemanticModel
    profile: Profile
    dialect: str
    plan: QueryPlan | None = None

    @cached_property
    def ctes(self) -> frozenset[str]:
        from sqlglot import exp

        return frozenset(c.alias.casefold() for c in self.tree.find_all(exp.CTE))

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Tables of the model that the statement reads."""
        from sqlglot import exp

        names = {t.name.casefold() for t in self.tree.find_all(exp.Table)}
        return tuple(t for t in self.model.tables if t.name.casefold() in names)

    @cached_property
    def columns(self) -> frozenset[str]:
        """Column names in the text, lower case."""
        from sqlglot import exp

        return frozenset(c.name.casefold() for c in self.tree.find_all(exp.Column))

    def selects(self) -> Iterator[exp.Select]:
        from sqlglot import exp

        yield from self.tree.find_all(exp.Select)

    def column(self, node: exp.Expr) -> tuple[Table, Column] | None:
        """The model's column that a column reference names, looked up by name."""
        for table in self.tables:
            for column in table.columns:
                if column.name.casefold() == node.name.casefold():
                    return table, column
        return None

    def figures(self, table: Table) -> TableProfile | None:
        return self.profile.tables.get(table.name)

    @property
    def language(self) -> Language:
        """The language in which the question was asked."""
        return self.plan.language if self.plan else "en"

    def say(self, key: str, **values: object) -> str:
        """A sentence of the catalogue's part on lints."""
        return say(self.language, f"lint.{key}", **values)

    def lint(
        self,
        rule: str,
        message: str,
        node: exp.Expr | None = None,
        *,
        hint: str = "",
        severity: Literal["info", "warning"] = "warning",
    ) -> Lint:
        """A lint at the place of `node` in the text."""
        start, end = sqltree.span(node) if node is not None else (None, None)
        if end is not None:
            end = self._close(start or 0, end)
        return Lint(rule=rule, message=message, severity=severity, hint=hint, start=start, end=end)

    def warn(self, rule: str, key: str, node: exp.Expr | None = None, **values: object) -> Lint:
        """A warning in the words of `key`, with the advice of ``<key>_hint``."""
        message, hint = self.say(key, **values), self.say(f"{key}_hint", **values)
        return self.lint(rule, message, node, hint=hint)

    def name(self, column: Column) -> str:
        """What a column is called in a sentence."""
        return capital(label_in(self.language, column.label or column.name))

    @cached_property
    def ranges(self) -> tuple[Days, ...]:
        """The periods in the text: a lower and an upper bound on a table's time column each."""
        return tuple(_ranges(self))

    def _close(self, start: int, end: int) -> int:
        """Include the closing brackets that belong to the piece; they carry no position."""
        missing = self.sql[start:end].count("(") - self.sql[start:end].count(")")
        while missing > 0 and end < len(self.sql) and self.sql[end] in ") \n\t":
            missing -= self.sql[end] == ")"
            end += 1
        return end


@dataclass(frozen=True, slots=True)
class Days:
    """Days `start` to `end`, both included, of a table's time column; None is open."""

    table: str
    start: dt.date | None
    end: dt.date | None

    @property
    def length(self) -> int | None:
        return (self.end - self.start).days + 1 if self.start and self.end else None


def _ranges(reading: Reading) -> Iterator[Days]:
    """One period for each WHERE or FILTER that bounds a time column."""
    from sqlglot import exp

    for where in reading.tree.find_all(exp.Where, exp.Having):
        low: dict[str, dt.date] = {}
        high: dict[str, dt.date] = {}
        for node in where.find_all(exp.Between, exp.GTE, exp.GT, exp.LTE, exp.LT, exp.EQ):
            if node.find_ancestor(exp.Where, exp.Having) is where:
                _bound(node, reading, low, high)
        for name in dict.fromkeys([*low, *high]):
            yield Days(name, low.get(name), high.get(name))


def _bound(
    node: exp.Expr, reading: Reading, low: dict[str, dt.date], high: dict[str, dt.date]
) -> None:
    from sqlglot import exp

    column = node.this.find(exp.Column)
    known = reading.column(column) if column is not None else None
    if known is None or known[1].name != known[0].time_column:
        return
    name = known[0].name
    if isinstance(node, exp.Between):
        start, end = day_of(node.args["low"]), day_of(node.args["high"])
    else:
        day = day_of(node.expression)
        step = int(isinstance(node, exp.GT)) - int(isinstance(node, exp.LT))
        moved = day + dt.timedelta(days=step) if day else None
        start = moved if isinstance(node, exp.GTE | exp.GT | exp.EQ) else None
        end = moved if isinstance(node, exp.LTE | exp.LT | exp.EQ) else None
    if start:
        low[name] = start
    if end:
        high[name] = end


def day_of(node: exp.Expr) -> dt.date | None:
    """The day that a literal (cast or not) names."""
    from sqlglot import exp

    if isinstance(node, exp.Cast | exp.TsOrDsToDate):
        node = node.this
    if not (isinstance(node, exp.Literal) and node.is_string and len(node.this) >= 10):
        return None
    try:
        return dt.date.fromisoformat(node.this[:10])
    except ValueError:
        return None
