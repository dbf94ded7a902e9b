"""What screens, the shell and budgets ask the ledger. Everything comes back as plain dicts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from src.llm.budgets import Limits
from src.llm.ledger import Ledger, from_pico
from src.llm.types import TaskType

if TYPE_CHECKING:
    import sqlalchemy as sa

    from src.config.models import ModelMap
    from src.config.settings import Settings

By = Literal["day", "task", "model", "provider", "session"]


def summary(
    ledger: Ledger,
    *,
    session: str | None = None,
    user: str | None = None,
    since: dt.datetime | None = None,
    task: TaskType | None = None,
) -> dict[str, Any]:
    """Totals over the calls that match.

    Returns:
        calls, errors, fallbacks, offline_calls, cache_hits, retries; cost and saved (dollars,
        Decimal) and unknown_costs (attempts whose cost is not known); input_tokens,
        cached_input_tokens, output_tokens, reasoning_tokens; latency p50, p95, avg and first-token
        p50 (seconds; None without calls).
    """
    import sqlalchemy as sa

    from src.llm.ledger_tables import calls

    where = _where(calls, session, user, since, task)
    answered_by_model = calls.c.kind == "model"
    with ledger.engine.connect() as connection:
        row = connection.execute(sa.select(*_totals()).where(*where)).mappings().one()
        return {
            **_totals_of(row),
            "p50": _percentile(connection, calls.c.seconds, where, 0.50),
            "p95": _percentile(connection, calls.c.seconds, where, 0.95),
            "avg": row["avg_seconds"],
            "first_token_p50": _percentile(
                connection,
                calls.c.time_to_first_token,
                [*where, answered_by_model, calls.c.time_to_first_token.is_not(None)],
                0.50,
            ),
        }


def by_task(
    ledger: Ledger,
    *,
    session: str | None = None,
    user: str | None = None,
    since: dt.datetime | None = None,
) -> dict[str, dict[str, Any]]:
    """`summary` for each task that had calls, and `served_by`: who answered its last call."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import calls

    where = _where(calls, session, user, since, None)
    with ledger.engine.connect() as connection:
        names = connection.execute(sa.select(calls.c.task).where(*where).distinct()).scalars().all()
        last = {name: _last_answer(connection, name, where) for name in names}
    return {
        name: {
            **summary(ledger, session=session, user=user, since=since, task=TaskType(name)),
            "served_by": last[name],
        }
        for name in sorted(names)
    }


def series(
    ledger: Ledger,
    by: By,
    *,
    session: str | None = None,
    user: str | None = None,
    since: dt.datetime | None = None,
) -> list[dict[str, Any]]:
    """Totals per day (UTC), task, answering model, provider or session, in order of `key`."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import calls

    key: Any = {
        "day": sa.func.date(calls.c.started_at),
        "task": calls.c.task,
        "model": sa.func.coalesce(calls.c.model, "none"),
        "provider": sa.func.coalesce(calls.c.provider, "none"),
        "session": sa.func.coalesce(calls.c.session, ""),
    }[by]
    query = (
        sa.select(key.label("key"), *_totals())
        .where(*_where(calls, session, user, since, None))
        .group_by(key)
        .order_by(key)
    )
    with ledger.engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    return [{"key": str(row["key"]), **_totals_of(row), "avg": row["avg_seconds"]} for row in rows]


def attempts(
    ledger: Ledger,
    *,
    session: str | None = None,
    user: str | None = None,
    since: dt.datetime | None = None,
    task: TaskType | None = None,
    call_id: str | None = None,
    limit: int = 200,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """Attempts, newest first; `cost` in dollars or None when unknown, `started_at` in UTC."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import attempts as table

    where = _where(table, session, user, since, task)
    if call_id is not None:
        where.append(table.c.call_id == call_id)
    query = (
        sa.select(table)
        .where(*where)
        .order_by(table.c.started_at.desc(), table.c.number.desc())
        .limit(limit)
        .offset(offset)
    )
    with ledger.engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    listed = []
    for row in rows:
        entry = dict(row)
        pico = entry.pop("cost_pico")
        entry["cost"] = None if pico is None else from_pico(pico)
        entry["started_at"] = entry["started_at"].replace(tzinfo=dt.UTC)
        listed.append(entry)
    return listed


def spent_reader(ledger: Ledger) -> Callable[[str | None, dt.datetime | None], Decimal]:
    """A function that sums the known cost of a session, or of everybody since a moment."""

    def spent(session: str | None, since: dt.datetime | None) -> Decimal:
        import sqlalchemy as sa

        from src.llm.ledger_tables import attempts as table

        query = sa.select(sa.func.sum(table.c.cost_pico)).where(
            *_where(table, session, None, since, None)
        )
        with ledger.engine.connect() as connection:
            return from_pico(connection.execute(query).scalar())

    return spent


def limits_of(models: ModelMap, settings: Settings) -> Limits:
    """The budgets in force: the environment's, or else the models file's."""

    def chosen(variable: float | None, own: Decimal | None) -> Decimal | None:
        return own if variable is None else Decimal(str(variable))

    budgets = models.budgets
    return Limits(
        session=chosen(settings.llm_session_budget_usd, budgets.session_usd),
        day=chosen(settings.llm_day_budget_usd, budgets.day_usd),
        warn_at=Decimal(str(budgets.warn_at)),
        at_limit=budgets.at_limit,
    )


def _where(
    table: sa.Table,
    session: str | None,
    user: str | None,
    since: dt.datetime | None,
    task: TaskType | None,
) -> list[Any]:
    where: list[Any] = []
    if session is not None:
        where.append(table.c.session == session)
    if user is not None:
        where.append(table.c.user == user)
    if since is not None:
        where.append(table.c.started_at >= since.astimezone(dt.UTC).replace(tzinfo=None))
    if task is not None:
        where.append(table.c.task == task.value)
    return where


def _totals() -> list[Any]:
    import sqlalchemy as sa

    from src.llm.ledger_tables import calls

    def count(condition: Any) -> Any:
        return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)

    def total(column: Any) -> Any:
        return sa.func.coalesce(sa.func.sum(column), 0)

    return [
        sa.func.count().label("calls"),
        count(calls.c.outcome != "ok").label("errors"),
        count(calls.c.fallback).label("fallbacks"),
        count(calls.c.kind == "offline").label("offline_calls"),
        count(calls.c.kind == "cache").label("cache_hits"),
        total(calls.c.attempts - 1).label("retries"),
        total(calls.c.cost_pico).label("cost_pico"),
        total(calls.c.saved_pico).label("saved_pico"),
        total(calls.c.unknown_costs).label("unknown_costs"),
        total(calls.c.input_tokens).label("input_tokens"),
        total(calls.c.cached_input_tokens).label("cached_input_tokens"),
        total(calls.c.output_tokens).label("output_tokens"),
        total(calls.c.reasoning_tokens).label("reasoning_tokens"),
        sa.func.avg(calls.c.seconds).label("avg_seconds"),
    ]


def _totals_of(row: Any) -> dict[str, Any]:
    counts = (
        "calls", "errors", "fallbacks", "offline_calls", "cache_hits", "retries", "unknown_costs",
        "input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens",
    )  # fmt: skip
    return {
        **{name: int(row[name]) for name in counts},
        "cost": from_pico(row["cost_pico"]),
        "saved": from_pico(row["saved_pico"]),
    }


def _percentile(connection: Any, column: Any, where: list[Any], share: float) -> float | None:
    """Nearest-rank percentile, computed by the database on either engine."""
    import sqlalchemy as sa

    total = connection.execute(sa.select(sa.func.count(column)).where(*where)).scalar() or 0
    if not total:
        return None
    rank = max(0, -(-int(share * 100) * total // 100) - 1)
    value = connection.execute(
        sa.select(column).where(*where).order_by(column).limit(1).offset(rank)
    ).scalar()
    return float(value)


def _last_answer(connection: Any, task: str, where: list[Any]) -> str | None:
    import sqlalchemy as sa

    from src.llm.ledger_tables import calls

    model: str | None = connection.execute(
        sa.select(calls.c.model)
        .where(*where, calls.c.task == task, calls.c.model.is_not(None))
        .order_by(calls.c.started_at.desc())
        .limit(1)
    ).scalar()
    return model
