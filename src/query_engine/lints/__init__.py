"""Warnings about what SQL means. They never block: the guard decides what may run, people the rest.

Each rule is a function from a `Reading` to lints; it says what may mislead, where in the text, and
what to do about it. A rule that fails on an unusual tree is left out, the others still speak.
"""

from __future__ import annotations

import contextlib

from src.data.profile import Profile
from src.data.semantic import SemanticModel
from src.query_engine import sqltree
from src.query_engine.drafts import Lint
from src.query_engine.lints import arithmetic, periods, shape, values
from src.query_engine.lints.reading import Reading
from src.query_engine.phrases import say
from src.query_engine.plan import QueryPlan

_RULES = (*arithmetic.RULES, *shape.RULES, *values.RULES, *periods.RULES)


def lint_sql(
    sql: str,
    model: SemanticModel,
    profile: Profile,
    dialect: str = "duckdb",
    plan: QueryPlan | None = None,
) -> tuple[Lint, ...]:
    """Warnings first, then information, each group in the order of the text. Never raises.

    Args:
        plan: what the SQL was written for; a period of it that the text lost is a warning.
    """
    tree = sqltree.parse(sql, dialect)
    if tree is None:
        return (
            Lint(
                rule="not_readable",
                message=say(plan.language if plan else "en", "lint.not_readable"),
                severity="info",
            ),
        )
    reading = Reading(sql, tree, model, profile, dialect, plan)
    found: list[Lint] = []
    for rule in _RULES:
        with contextlib.suppress(Exception):
            found += rule(reading)
    first: dict[tuple[str, str], Lint] = {}
    for lint in found:
        first.setdefault((lint.rule, lint.message), lint)
    return tuple(sorted(first.values(), key=lambda x: (x.severity == "info", x.start or 0)))
