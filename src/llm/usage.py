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
    from sqlalchemy.engine import Connection

    from src.config.models import ModelMap
    from src.config.settings import Settings

By = Literal["day", "task", "model", "provider", "session"]
_PERCENTS = (50, 95, 99)


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
        cached_input_tokens, output_tokens, reasoning_tokens; latency p50, p95, p99, avg and
        first_token_p50 (seconds; None without calls).
    """
    import sqlalchemy as sa

    from src.llm.ledger_tables import calls

    where = conditions(calls, session=session, user=user, since=since, task=task)
    with ledger.engine.connect() as connection:
        row = connection.execute(sa.select(*_totals()).where(*where)).mappings().one()
        latency = percentiles(connection, sa.literal("all"), where).get("all", {})
        return {
            **_totals_of(row),
            **{f"p{percent}": latency.get(f"p{percent}") for percent in _PERCENTS},
            "avg": row["avg_seconds"],
            "first_token_p50": _first_token(connection, where),
        }


def by_task(
    ledger: Ledger,
    *,
    session: str | None = None,
    user: str | None = None,
    since: dt.datetime | None = None,
) -> dict[str, dict[str, Any]]:
    """As `series` by task, and `served_by`: who answered the task's last call."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import calls

    where = conditions(calls, session=session, user=user, since=since)
    recency = sa.func.row_number().over(
        partition_by=calls.c.task, order_by=calls.c.started_at.desc()
    )
    answered = (
        sa.select(calls.c.task, calls.c.model, recency.label("recency"))
        .where(*where, calls.c.model.is_not(None))
        .subquery()
    )
    last = sa.select(answered.c.task, answered.c.model).where(answered.c.recency == 1)
    with ledger.engine.connect() as connection:
        served = {row.task: row.model for row in connection.execute(last)}
        rows = _series(connection, calls.c.task, where)
    return {row["key"]: {**row, "served_by": served.get(row["key"])} for row in rows}


def series(
    ledger: Ledger,
    by: By,
    *,
    session: str | None = None,
    user: str | None = None,
    since: dt.datetime | None = None,
) -> list[dict[str, Any]]:
    """Totals per day (UTC), task, answering model, provider or session, in order of `key`; each
    with latency avg, p50, p95 and p99 in seconds."""
    from src.llm.ledger_tables import calls

    with ledger.engine.connect() as connection:
        return _series(
            connection, _key(by), conditions(calls, session=session, user=user, since=since)
        )


def daily(
    ledger: Ledger,
    by: Literal["task", "model"],
    *,
    user: str | None = None,
    since: dt.datetime | None = None,
) -> list[dict[str, Any]]:
    """Calls and dollars per day (UTC) and task or answering model: day, key, calls, cost."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import calls

    day, key = _key("day"), _key(by)
    query = (
        sa.select(
            day.label("day"),
            key.label("key"),
            sa.func.count().label("calls"),
            sa.func.sum(calls.c.cost_pico).label("cost_pico"),
        )
        .where(*conditions(calls, user=user, since=since))
        .group_by(day, key)
        .order_by(day, key)
    )
    with ledger.engine.connect() as connection:
        rows = connection.execute(query).all()
    return [
        {
            "day": str(row.day),
            "key": str(row.key),
            "calls": int(row.calls),
            "cost": from_pico(row.cost_pico),
        }
        for row in rows
    ]


def dearest(
    ledger: Ledger, *, user: str | None = None, since: dt.datetime | None = None, limit: int = 3
) -> list[tuple[str, Decimal]]:
    """The sessions that cost most, and their dollars; those that cost nothing are left out."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import attempts as table

    spent = sa.func.sum(table.c.cost_pico)
    query = (
        sa.select(table.c.session, spent)
        .where(*conditions(table, user=user, since=since), table.c.session.is_not(None))
        .group_by(table.c.session)
        .having(spent > 0)
        .order_by(spent.desc(), table.c.session)
        .limit(limit)
    )
    with ledger.engine.connect() as connection:
        return [(name, from_pico(pico)) for name, pico in connection.execute(query)]


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

    where = conditions(table, session=session, user=user, since=since, task=task)
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
            *conditions(table, session=session, since=since)
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


def conditions(
    table: sa.Table,
    *,
    session: str | None = None,
    user: str | None = None,
    since: dt.datetime | None = None,
    task: TaskType | None = None,
) -> list[Any]:
    """What rows of calls or of attempts must meet; None does not restrict."""
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


def percentiles(connection: Connection, key: Any, where: list[Any]) -> dict[str, dict[str, float]]:
    """For each `key` of the calls the nearest-rank p50, p95 and p99 of seconds, in one query."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import calls

    ranked = (
        sa.select(
            key.label("key"),
            calls.c.seconds,
            sa.func.row_number().over(partition_by=key, order_by=calls.c.seconds).label("position"),
            sa.func.count().over(partition_by=key).label("total"),
        )
        .where(*where)
        .subquery()
    )
    query = sa.select(
        ranked.c.key,
        *(
            sa.func.min(
                sa.case((ranked.c.position * 100 >= ranked.c.total * percent, ranked.c.seconds))
            ).label(f"p{percent}")
            for percent in _PERCENTS
        ),
    ).group_by(ranked.c.key)
    return {
        str(row["key"]): {f"p{percent}": float(row[f"p{percent}"]) for percent in _PERCENTS}
        for row in connection.execute(query).mappings()
    }


def _series(connection: Connection, key: Any, where: list[Any]) -> list[dict[str, Any]]:
    import sqlalchemy as sa

    query = sa.select(key.label("key"), *_totals()).where(*where).group_by(key).order_by(key)
    rows = connection.execute(query).mappings().all()
    latency = percentiles(connection, key, where)
    return [
        {
            "key": str(row["key"]),
            **_totals_of(row),
            "avg": row["avg_seconds"],
            **latency[str(row["key"])],
        }
        for row in rows
    ]


def _key(by: By) -> Any:
    import sqlalchemy as sa

    from src.llm.ledger_tables import calls

    keys: dict[By, Any] = {
        "day": sa.func.date(calls.c.started_at),
        "task": calls.c.task,
        "model": sa.func.coalesce(calls.c.model, "none"),
        "provider": sa.func.coalesce(calls.c.provider, "none"),
        "session": sa.func.coalesce(calls.c.session, ""),
    }
    return keys[by]


def _first_token(connection: Connection, where: list[Any]) -> float | None:
    """Nearest-rank median of the seconds until the first word of an answer that was streamed."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import calls

    column = calls.c.time_to_first_token
    where = [*where, calls.c.kind == "model", column.is_not(None)]
    total = connection.execute(sa.select(sa.func.count()).where(*where)).scalar() or 0
    if not total:
        return None
    middle = (total + 1) // 2 - 1
    query = sa.select(column).where(*where).order_by(column).limit(1).offset(middle)
    return float(connection.execute(query).scalar_one())
