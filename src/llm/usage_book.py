"""The ledger as a table people can filter: calls, each with every attempt it took."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from src.llm.ledger import Ledger, from_pico
from src.llm.usage import conditions

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

Kind = Literal["failed", "fallback", "cache", "offline", "unknown_cost", "experiment"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class BookFilter:
    """Which calls; what is None or empty does not restrict.

    Attributes:
        user, since: whose calls, and from which moment on.
        tasks, models: calls of any of these tasks, with an attempt at any of these models.
        kind: calls with a failed attempt, answered by a fallback, from the cache, by the offline
            engine, of unknown cost, or that took part in an experiment.
        text: part of an analysis' id, a call's id or an error's code.
    """

    user: str | None = None
    since: dt.datetime | None = None
    tasks: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    kind: Kind | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class BookPage:
    """Some calls of the book.

    Attributes:
        calls: how many calls match in all.
        rows: every attempt of those shown, the newest call first, its attempts in order. Each has
            what `src.llm.usage.attempts` gives, and ``of`` (attempts of its call), ``fallback``
            and ``experiment`` and ``arm`` (or None).
    """

    calls: int
    rows: list[dict[str, Any]]


def read_book(ledger: Ledger, which: BookFilter, *, limit: int, offset: int = 0) -> BookPage:
    """The matching calls from the newest on, at most `limit` of them."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import attempts, calls

    where = _where(which)
    started = sa.func.min(attempts.c.started_at)
    chosen = (
        sa.select(attempts.c.call_id, started.label("call_started"))
        .where(*where)
        .group_by(attempts.c.call_id)
        .order_by(started.desc(), attempts.c.call_id)
        .limit(limit)
        .offset(offset)
        .subquery()
    )
    query = (
        sa.select(attempts, calls.c.attempts.label("of"), calls.c.fallback, calls.c.tags)
        .join(chosen, chosen.c.call_id == attempts.c.call_id)
        .outerjoin(calls, calls.c.call_id == attempts.c.call_id)
        .order_by(chosen.c.call_started.desc(), attempts.c.call_id, attempts.c.number)
    )
    total = sa.select(sa.func.count(sa.distinct(attempts.c.call_id))).where(*where)
    with ledger.engine.connect() as connection:
        found = connection.execute(total).scalar() or 0
        rows = [_row(row) for row in connection.execute(query).mappings()]
    return BookPage(int(found), rows)


def names_in_book(ledger: Ledger, which: BookFilter) -> tuple[list[str], list[str]]:
    """The tasks and the models there are to filter by, in the period and for the user."""
    from src.llm.ledger_tables import attempts

    plain = BookFilter(user=which.user, since=which.since)
    with ledger.engine.connect() as connection:
        return (
            _distinct(connection, attempts.c.task, _where(plain)),
            _distinct(connection, attempts.c.model, _where(plain)),
        )


def _row(row: Any) -> dict[str, Any]:
    entry = dict(row)
    pico, tags = entry.pop("cost_pico"), entry.pop("tags") or {}
    entry["cost"] = None if pico is None else from_pico(pico)
    entry["started_at"] = entry["started_at"].replace(tzinfo=dt.UTC)
    # A call without its end is under way, or its process died: its attempts are all it has.
    entry["of"] = entry["of"] or entry["number"]
    return {**entry, "experiment": tags.get("experiment"), "arm": tags.get("arm")}


def _where(which: BookFilter) -> list[Any]:
    import sqlalchemy as sa

    from src.llm.ledger_tables import attempts

    where = conditions(attempts, user=which.user, since=which.since)
    if which.tasks:
        where.append(attempts.c.task.in_(which.tasks))
    if which.models:
        where.append(attempts.c.model.in_(which.models))
    if which.kind is not None:
        where.append(_kind(which.kind))
    if text := which.text.strip().casefold():
        where.append(
            sa.or_(
                *(
                    sa.func.lower(column).contains(text, autoescape=True)
                    for column in (attempts.c.session, attempts.c.call_id, attempts.c.error)
                )
            )
        )
    return where


def _kind(kind: Kind) -> Any:
    import sqlalchemy as sa

    from src.llm.ledger_tables import attempts, calls

    by_attempt = {
        "failed": attempts.c.outcome != "ok",
        "cache": attempts.c.kind == "cache",
        "offline": attempts.c.kind == "offline",
        "unknown_cost": attempts.c.cost_pico.is_(None),
    }
    if kind in by_attempt:
        return by_attempt[kind]
    took_part = calls.c.tags["experiment"].as_string().is_not(None)
    condition = calls.c.fallback if kind == "fallback" else took_part
    return attempts.c.call_id.in_(sa.select(calls.c.call_id).where(condition))


def _distinct(connection: Connection, column: Any, where: list[Any]) -> list[str]:
    import sqlalchemy as sa

    found = connection.execute(sa.select(column).where(*where).distinct().order_by(column))
    return [str(name) for name in found.scalars()]
