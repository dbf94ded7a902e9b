"""What a SQL text does, in plain sentences. Never raises: what cannot be read is said to be so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from src.data.profile import Profile
from src.data.semantic import SemanticModel
from src.errors import PlanError
from src.query_engine import sqltree
from src.query_engine.compiler import compile_plan
from src.query_engine.explain_plan import explain_plan
from src.query_engine.phrases import Language, say
from src.query_engine.plan import QueryPlan

if TYPE_CHECKING:
    from sqlglot import exp

UNREADABLE = (say("en", "explain.unreadable"),)
_SENTENCES = 40
_COLUMNS = 12


def explain_sql(
    sql: str,
    model: SemanticModel,
    dialect: str = "duckdb",
    plan: QueryPlan | None = None,
    *,
    profile: Profile | None = None,
) -> tuple[str, ...]:
    """Sentences in the order in which the SQL works.

    They speak the plan's language. From the plan when `sql` is exactly what the compiler writes for
    it, so that a sentence never tells of a plan that an edit has left behind; from the syntax tree
    otherwise.
    """
    if plan is not None and _is_compiled(sql, plan, model, dialect, profile):
        return explain_plan(plan, model)
    language: Language = plan.language if plan else "en"
    unreadable = (say(language, "explain.unreadable"),)
    tree = sqltree.parse(sql, dialect)
    if tree is None:
        return unreadable
    try:
        lines = _Text(dialect, language).statement(tree)
    except Exception:  # noqa: BLE001 - a tree of a shape unknown here must not stop the review
        return unreadable
    return tuple(lines[:_SENTENCES]) or unreadable


def _is_compiled(
    sql: str, plan: QueryPlan, model: SemanticModel, dialect: str, profile: Profile | None
) -> bool:
    try:
        return compile_plan(plan, model, dialect, profile=profile).sql == sql
    except PlanError:
        return False


@dataclass(frozen=True, slots=True)
class _Text:
    """SQL told from its syntax tree alone."""

    dialect: str
    language: Language

    def statement(self, tree: exp.Expr) -> list[str]:
        """The common table expressions, then the query itself."""
        from sqlglot import exp

        if not isinstance(tree, exp.Query):
            return [self._say("other_statement", kind=tree.key.upper())]
        steps = [(c.alias, " ".join(self._query(c.this))) for c in tree.ctes]
        lines = [self._say("step", name=name, steps=told) for name, told in steps]
        return lines + self._query(tree)

    def _query(self, tree: exp.Expr) -> list[str]:
        from sqlglot import exp

        if isinstance(tree, exp.SetOperation):
            key = tree.key if tree.key in ("union", "except", "intersect") else "combined"
            return [*self._query(tree.left), *self._query(tree.right), self._say(key)]
        if isinstance(tree, exp.Subquery):
            return self._query(tree.this)
        if not isinstance(tree, exp.Select):
            return [self._say("takes", what=self._sql(tree))]
        return [*self._reads(tree), *self._groups(tree), *self._ending(tree)]

    def _reads(self, tree: exp.Select) -> list[str]:
        from sqlglot import exp

        lines = []
        source = tree.args.get("from_") or tree.args.get("from")
        if source is not None:
            names = [self._relation(source.this)]
            names += [self._join(j) for j in tree.args.get("joins") or ()]
            lines.append(self._say("reads", names=", ".join(names)))
        where = tree.args.get("where")
        if where is not None:
            conditions = where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
            lines += [
                say(self.language, "explain.keeps", condition=self._sql(c)) for c in conditions
            ]
        return lines

    def _relation(self, node: exp.Expr) -> str:
        from sqlglot import exp

        if isinstance(node, exp.Table):
            return node.name or self._sql(node, 60)
        if isinstance(node, exp.Subquery):
            steps = " ".join(self._query(node.this)).rstrip(".")
            return self._say("in_brackets", steps=steps)
        return self._sql(node, 60)

    def _join(self, join: exp.Join) -> str:
        on, using = join.args.get("on"), join.args.get("using")
        if on is not None:
            match = self._say("matched_where", condition=self._sql(on))
        elif using:
            match = self._say("matched_on", columns=", ".join(map(self._sql, using)))
        else:
            match = self._say("no_condition")
        side = (join.args.get("side") or "").lower()
        keeps = self._say(f"keeps_{side}") if side in ("left", "right", "full") else ""
        return self._say("joined", name=self._relation(join.this), match=match, keeps=keeps)

    def _groups(self, tree: exp.Select) -> list[str]:
        lines = []
        group = tree.args.get("group")
        if group is not None:
            names = ", ".join(self._by_position(e, tree) for e in group.expressions)
            whole = "all_groups" if group.args.get("all") else "group"
            each = names or self._say(whole)
            lines.append(say(self.language, "explain.row_each", names=each))
        if tree.args.get("distinct") is not None:
            lines.append(self._say("distinct"))
        lines += self._computed([p for p in tree.selects if not _plain(p)])
        if tree.is_star:
            lines.append(self._say("all_columns"))
        having, qualify = tree.args.get("having"), tree.args.get("qualify")
        if having is not None:
            lines.append(self._say("groups_where", condition=self._sql(having.this)))
        if qualify is not None:
            lines.append(say(self.language, "explain.keeps", condition=self._sql(qualify.this)))
        return lines

    def _computed(self, projections: list[exp.Expr]) -> list[str]:
        lines = []
        for projection in projections[:_COLUMNS]:
            name, body = projection.alias_or_name, self._sql(projection.unalias())
            named = name and name != body
            lines.append(
                self._say("is", name=name, body=body) if named else self._say("computes", body=body)
            )
        if len(projections) > _COLUMNS:
            lines.append(self._say("more_columns", count=len(projections) - _COLUMNS))
        return lines

    def _by_position(self, node: exp.Expr, tree: exp.Select) -> str:
        from sqlglot import exp

        if isinstance(node, exp.Literal) and node.is_int:
            position = int(node.this) - 1
            if 0 <= position < len(tree.selects):
                projection = tree.selects[position]
                return projection.alias_or_name or self._sql(projection)
        return self._sql(node)

    def _ending(self, tree: exp.Select) -> list[str]:
        lines = []
        order = tree.args.get("order")
        if order is not None:
            terms = [self._term(o) for o in order.expressions]
            told = self._say("then").join(terms)
            lines.append(say(self.language, "explain.sorts_plain", terms=told))
        limit, offset = tree.args.get("limit"), tree.args.get("offset")
        if limit is not None and limit.args.get("expression") is not None:
            lines.append(self._say("limit", count=self._sql(limit.expression)))
        if offset is not None:
            lines.append(self._say("offset", count=self._sql(offset.expression)))
        return lines

    def _term(self, ordered: exp.Expr) -> str:
        name = self._sql(ordered.this)
        if not ordered.args.get("desc"):
            return name
        return say(self.language, "explain.largest_first", name=name)

    def _sql(self, node: exp.Expr, limit: int = 200) -> str:
        return sqltree.text(node, self.dialect, limit)

    def _say(self, key: str, **values: object) -> str:
        return say(self.language, f"explain.text.{key}", **values)


def _plain(projection: exp.Expr) -> bool:
    from sqlglot import exp

    return isinstance(projection.unalias(), exp.Column | exp.Star)
