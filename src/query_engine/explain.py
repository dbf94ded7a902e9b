"""What a SQL text does, in plain sentences. Never raises: what cannot be read is said to be so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from src.data.profile import Profile
from src.data.semantic import SemanticModel
from src.errors import PlanError
from src.query_engine import sqltree
from src.query_engine.compiler import compile_plan
from src.query_engine.explain_plan import explain_plan
from src.query_engine.plan import QueryPlan

if TYPE_CHECKING:
    from sqlglot import exp

UNREADABLE = (
    "This statement is too long, too deeply nested or too unusual to be explained here; "
    "read the SQL itself before you approve it.",
)
_SENTENCES = 40


def explain_sql(
    sql: str,
    model: SemanticModel,
    dialect: str = "duckdb",
    plan: QueryPlan | None = None,
    *,
    profile: Profile | None = None,
) -> tuple[str, ...]:
    """Sentences in the order in which the SQL works.

    From the plan when `sql` is exactly what the compiler writes for it, so that a sentence never
    tells of a plan that an edit has left behind; from the syntax tree otherwise.
    """
    if plan is not None and _is_compiled(sql, plan, model, dialect, profile):
        return explain_plan(plan, model)
    tree = sqltree.parse(sql, dialect)
    if tree is None:
        return UNREADABLE
    try:
        lines = _statement(tree, dialect)
    except Exception:  # noqa: BLE001 - a tree of a shape unknown here must not stop the review
        return UNREADABLE
    return tuple(lines[:_SENTENCES]) or UNREADABLE


def _is_compiled(
    sql: str, plan: QueryPlan, model: SemanticModel, dialect: str, profile: Profile | None
) -> bool:
    try:
        return compile_plan(plan, model, dialect, profile=profile).sql == sql
    except PlanError:
        return False


def _statement(tree: exp.Expr, dialect: str) -> list[str]:
    from sqlglot import exp

    if not isinstance(tree, exp.Query):
        return [f"This is a {tree.key.upper()} statement, not a question to the data."]
    lines = []
    for cte in tree.ctes:
        steps = _query(cte.this, dialect)
        lines.append(f"Step “{cte.alias}”: " + " ".join(steps))
    return lines + _query(tree, dialect)


def _query(tree: exp.Expr, dialect: str) -> list[str]:
    from sqlglot import exp

    if isinstance(tree, exp.SetOperation):
        kept = {
            "union": "together",
            "except": "without those of the second",
            "intersect": "in both",
        }
        both = [*_query(tree.left, dialect), *_query(tree.right, dialect)]
        return [*both, f"Takes the rows of these {kept.get(tree.key, 'combined')}."]
    if isinstance(tree, exp.Subquery):
        return _query(tree.this, dialect)
    if not isinstance(tree, exp.Select):
        return [f"Takes {sqltree.text(tree, dialect)}."]
    return [*_reads(tree, dialect), *_groups(tree, dialect), *_ending(tree, dialect)]


def _reads(tree: exp.Select, dialect: str) -> list[str]:
    from sqlglot import exp

    lines = []
    source = tree.args.get("from_") or tree.args.get("from")
    if source is not None:
        names = [_relation(source.this, dialect)]
        names += [_join(j, dialect) for j in tree.args.get("joins") or ()]
        lines.append(f"Reads {', '.join(names)}.")
    where = tree.args.get("where")
    if where is not None:
        conditions = where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
        lines += [f"Keeps rows where {sqltree.text(c, dialect)}." for c in conditions]
    return lines


def _relation(node: exp.Expr, dialect: str) -> str:
    from sqlglot import exp

    if isinstance(node, exp.Table):
        return node.name or sqltree.text(node, dialect, 60)
    if isinstance(node, exp.Subquery):
        inner = " ".join(_query(node.this, dialect))
        return f"the result of a query in brackets ({inner.rstrip('.')})"
    return sqltree.text(node, dialect, 60)


def _join(join: exp.Join, dialect: str) -> str:
    name = _relation(join.this, dialect)
    on = join.args.get("on")
    using = join.args.get("using")
    if on is not None:
        match = f" matched where {sqltree.text(on, dialect)}"
    elif using:
        match = f" matched on {', '.join(sqltree.text(u, dialect) for u in using)}"
    else:
        match = " with every row of it (no condition)"
    side = (join.args.get("side") or "").upper()
    keeps = {
        "LEFT": ", keeping rows without a match",
        "RIGHT": ", keeping all rows of it",
        "FULL": ", keeping rows without a match on both sides",
    }
    return f"joined with {name}{match}{keeps.get(side, '')}"


def _groups(tree: exp.Select, dialect: str) -> list[str]:
    lines = []
    group = tree.args.get("group")
    if group is not None:
        names = [_by_position(e, tree, dialect) for e in group.expressions]
        everything = "all that is not aggregated" if group.args.get("all") else ""
        lines.append(f"Makes one row for each {', '.join(names) or everything or 'group'}.")
    if tree.args.get("distinct") is not None:
        lines.append("Drops rows that are the same.")
    computed = [p for p in tree.selects if not _plain(p)]
    for projection in computed[:12]:
        name = projection.alias_or_name
        body = sqltree.text(projection.unalias(), dialect)
        lines.append(f"{name} is {body}." if name and name != body else f"Computes {body}.")
    if len(computed) > 12:
        lines.append(f"Computes {len(computed) - 12} more columns.")
    if tree.is_star:
        lines.append("Takes all columns.")
    having = tree.args.get("having")
    if having is not None:
        lines.append(f"Keeps groups where {sqltree.text(having.this, dialect)}.")
    qualify = tree.args.get("qualify")
    if qualify is not None:
        lines.append(f"Keeps rows where {sqltree.text(qualify.this, dialect)}.")
    return lines


def _plain(projection: exp.Expr) -> bool:
    from sqlglot import exp

    return isinstance(projection.unalias(), exp.Column | exp.Star)


def _by_position(node: exp.Expr, tree: exp.Select, dialect: str) -> str:
    from sqlglot import exp

    if isinstance(node, exp.Literal) and node.is_int:
        position = int(node.this) - 1
        if 0 <= position < len(tree.selects):
            projection = tree.selects[position]
            return projection.alias_or_name or sqltree.text(projection, dialect)
    return sqltree.text(node, dialect)


def _ending(tree: exp.Select, dialect: str) -> list[str]:
    lines = []
    order = tree.args.get("order")
    if order is not None:
        terms = [
            sqltree.text(o.this, dialect) + (", largest first" if o.args.get("desc") else "")
            for o in order.expressions
        ]
        lines.append(f"Sorts by {', then '.join(terms)}.")
    limit = tree.args.get("limit")
    if limit is not None and limit.args.get("expression") is not None:
        lines.append(f"Keeps the first {sqltree.text(limit.expression, dialect)} rows.")
    offset = tree.args.get("offset")
    if offset is not None:
        lines.append(f"Skips the first {sqltree.text(offset.expression, dialect)} rows.")
    return lines
