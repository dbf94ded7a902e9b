"""What catalogue copy took: items, calls, tokens, dollars, and what other strategies would have.

Everything is read from the ledger, so it is right after a crash and with several processes.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from src.catalogue.routing import family_of
from src.llm.ledger import from_pico
from src.llm.prices import cost_of
from src.llm.types import TaskType, Usage

if TYPE_CHECKING:
    import sqlalchemy as sa

    from src.config.models import Deployment, ModelMap
    from src.llm.ledger import Ledger

BASIS = (
    "By formula: the tokens of every answer that models gave, at list price of the named models, "
    "without refused or failed tries, prompt caching or long-context tiers. Another model would "
    "count somewhat different tokens."
)
UNFINISHED = "(unfinished)"
_PER = 1000  # tokens a rate is read at, below every long-context threshold
_TASK = TaskType.CONTENT_GENERATION
_SUMS = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens")


def catalogue_stats(ledger: Ledger, models: ModelMap, *, run: str | None = None) -> dict[str, Any]:
    """Statistics of one run, or of all catalogue copy in the ledger.

    Returns:
        run, first and last (UTC moments; None without calls); items, and of these answered,
        offline, failed and sensitive; calls (of the router) and requests (to models; a call makes
        several when it is retried or fails over); cache_hits, repairs, failovers;
        refusals (blocks included), truncated, errors (requests that failed otherwise);
        input_tokens, cached_input_tokens, output_tokens, reasoning_tokens; cost (dollars, Decimal)
        and unknown_costs (requests whose cost is not known); p50 and p95 (seconds, live requests);
        by_model and by_type with the same for each; savings: basis, answers, and for
        ``load_balance``, ``claude_only``, ``openai_only`` each models, cost, saved and times (how
        many times as dear as what was paid; None where that is nothing).
    """
    with ledger.engine.connect() as connection:
        per_model = _by_model(connection, run)
        items = _items(connection, run)
        steps = _steps(connection, run)
        per_type = _by_type(connection, run)
        overall = _percentiles(connection, run, None)[None]
    totals = _added(per_model.values())
    last = steps.pop("last")
    return {
        "run": run,
        "first": steps.pop("first"),
        "last": last,
        **items,
        **totals,
        **steps,
        **overall,
        "by_model": per_model,
        "by_type": per_type,
        "savings": _savings(models, totals, last),
    }


def _by_model(connection: sa.Connection, run: str | None) -> dict[str, dict[str, Any]]:
    import sqlalchemy as sa

    from src.llm.ledger_tables import attempts as table

    where = [*_where(table, run), table.c.kind == "model"]
    answered = table.c.outcome == "ok"
    query = (
        sa.select(
            table.c.model,
            sa.func.count().label("requests"),
            _count(answered).label("answers"),
            _count(table.c.outcome.in_(("refused", "blocked"))).label("refusals"),
            _count(table.c.outcome == "truncated").label("truncated"),
            _count(table.c.outcome.in_(("failed", "cut"))).label("errors"),
            _count(table.c.cost_pico.is_(None)).label("unknown_costs"),
            sa.func.sum(table.c.cost_pico).label("cost"),
            *(sa.func.sum(table.c[name]).label(name) for name in _SUMS),
            _sum_if(answered, table.c.input_tokens).label("answer_input_tokens"),
            _sum_if(answered, table.c.output_tokens).label("answer_output_tokens"),
        )
        .where(*where)
        .group_by(table.c.model)
        .order_by(table.c.model)
    )
    latency = _percentiles(connection, run, table.c.model)
    rows = connection.execute(query).mappings().all()
    return {
        str(row["model"]): {
            **{name: int(row[name] or 0) for name in row if name not in ("model", "cost")},
            "cost": from_pico(row["cost"]),
            **latency.get(row["model"], {"p50": None, "p95": None}),
        }
        for row in rows
    }


def _by_type(connection: sa.Connection, run: str | None) -> dict[str, dict[str, Any]]:
    """Per content type, by the calls; requests of calls that never ended have no type."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import attempts, calls

    kind = calls.c.tags["type"].as_string()
    query = (
        sa.select(
            sa.func.coalesce(kind, UNFINISHED).label("type"),
            sa.func.count().label("requests"),
            sa.func.count(sa.distinct(_item(calls))).label("items"),
            _count(attempts.c.outcome.in_(("refused", "blocked"))).label("refusals"),
            sa.func.sum(attempts.c.cost_pico).label("cost"),
            *(sa.func.sum(attempts.c[name]).label(name) for name in _SUMS),
        )
        .select_from(attempts.outerjoin(calls, calls.c.call_id == attempts.c.call_id))
        .where(*_where(attempts, run), attempts.c.kind == "model")
        .group_by(sa.text("1"))
        .order_by(sa.text("1"))
    )
    rows = connection.execute(query).mappings().all()
    return {
        str(row["type"]): {
            **{name: int(row[name] or 0) for name in row if name not in ("type", "cost")},
            "cost": from_pico(row["cost"]),
        }
        for row in rows
    }


def _items(connection: sa.Connection, run: str | None) -> dict[str, int]:
    """Items by how their last call ended."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import calls

    latest = (
        sa.select(
            calls.c.kind,
            calls.c.outcome,
            calls.c.tags["route"].as_string().label("route"),
            sa.func.row_number()
            .over(
                partition_by=[calls.c.session, _item(calls)],
                order_by=[calls.c.started_at.desc(), calls.c.call_id],
            )
            .label("newest"),
        )
        .where(*_where(calls, run))
        .subquery()
    )
    good = latest.c.outcome == "ok"
    query = sa.select(
        sa.func.count().label("items"),
        _count(good & latest.c.kind.in_(("model", "cache"))).label("answered"),
        _count(good & (latest.c.kind == "offline")).label("offline"),
        _count(~good).label("failed"),
        _count(latest.c.route.like("sensitive%")).label("sensitive"),
    ).where(latest.c.newest == 1)
    return {name: int(n or 0) for name, n in connection.execute(query).mappings().one().items()}


def _steps(connection: sa.Connection, run: str | None) -> dict[str, Any]:
    import sqlalchemy as sa

    from src.llm.ledger_tables import calls

    step = calls.c.tags["step"].as_string()
    query = sa.select(
        sa.func.min(calls.c.started_at).label("first"),
        sa.func.max(calls.c.started_at).label("last"),
        _count(calls.c.kind != "offline").label("calls"),
        _count(calls.c.kind == "cache").label("cache_hits"),
        _count(step == "repair").label("repairs"),
        _count(((calls.c.kind == "model") & calls.c.fallback) | (step == "next")).label(
            "failovers"
        ),
    ).where(*_where(calls, run))
    row = dict(connection.execute(query).mappings().one())
    moments = {
        name: None if row[name] is None else row[name].replace(tzinfo=dt.UTC)
        for name in ("first", "last")
    }
    return {**{name: int(row[name] or 0) for name in row if name not in moments}, **moments}


def _percentiles(
    connection: sa.Connection, run: str | None, by: Any
) -> dict[Any, dict[str, float | None]]:
    """Nearest-rank p50 and p95 of the seconds of requests, by a column; under None without one."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import attempts as table

    key = by if by is not None else sa.null()
    groups: Any = {"partition_by": [key]} if by is not None else {}
    ranked = (
        sa.select(
            key.label("key"),
            table.c.seconds,
            sa.func.row_number().over(order_by=table.c.seconds, **groups).label("rank"),
            sa.func.count().over(**groups).label("total"),
        )
        # A batch's waiting is nobody's latency: its requests are booked with 0 seconds.
        .where(*_where(table, run), table.c.kind == "model", table.c.seconds > 0)
        .subquery()
    )
    ranks = {"p50": 50, "p95": 95}
    query = sa.select(
        ranked.c.key,
        *(
            sa.func.min(
                sa.case((ranked.c.rank * 100 >= share * ranked.c.total, ranked.c.seconds))
            ).label(name)
            for name, share in ranks.items()
        ),
    ).group_by(ranked.c.key)
    found: dict[Any, dict[str, float | None]] = {None: dict.fromkeys(ranks)}
    for row in connection.execute(query).mappings():
        found[row["key"]] = {name: row[name] for name in ranks}
    return found


def _savings(models: ModelMap, totals: dict[str, Any], at: dt.datetime | None) -> dict[str, Any]:
    """What the same answers would have cost elsewhere, against what was paid."""
    chain = models.tasks[_TASK].chain
    by_family = {
        family: next((one for one in chain if family_of(one, models) == family), None)
        for family in ("claude", "openai")
    }
    tokens = Usage(
        input_tokens=totals["answer_input_tokens"], output_tokens=totals["answer_output_tokens"]
    )
    claude = _priced(by_family["claude"], models, tokens, at)
    openai = _priced(by_family["openai"], models, tokens, at)
    named = {name: None if one is None else one.id for name, one in by_family.items()}
    both = None if claude is None or openai is None else (claude + openai) / 2
    return {
        "basis": BASIS,
        "answers": totals["answers"],
        "load_balance": _against(both, totals["cost"], list(named.values())),
        "claude_only": _against(claude, totals["cost"], [named["claude"]]),
        "openai_only": _against(openai, totals["cost"], [named["openai"]]),
    }


def _priced(
    deployment: Deployment | None, models: ModelMap, tokens: Usage, at: dt.datetime | None
) -> Decimal | None:
    if deployment is None:
        return None
    kind = models.providers[deployment.provider].kind
    read = cost_of(deployment, kind, Usage(input_tokens=_PER), at=at)
    written = cost_of(deployment, kind, Usage(output_tokens=_PER), at=at)
    if read is None or written is None:
        return None
    return (read * tokens.input_tokens + written * tokens.output_tokens) / _PER


def _against(cost: Decimal | None, paid: Decimal, deployments: list[str | None]) -> dict[str, Any]:
    return {
        "models": deployments,
        "cost": cost,
        "saved": None if cost is None else cost - paid,
        "times": None if cost is None or not paid else float(cost / paid),
    }


def _added(rows: Any) -> dict[str, Any]:
    names = (
        "requests", "answers", "refusals", "truncated", "errors", "unknown_costs",
        "answer_input_tokens", "answer_output_tokens", *_SUMS,
    )  # fmt: skip
    rows = list(rows)
    return {
        **{name: sum(row[name] for row in rows) for name in names},
        "cost": sum((row["cost"] for row in rows), Decimal(0)),
    }


def _where(table: sa.Table, run: str | None) -> list[Any]:
    where: list[Any] = [table.c.task == _TASK.value]
    if run is not None:
        where.append(table.c.session == run)
    return where


def _item(calls: sa.Table) -> Any:
    """What a call was for; a call that says nothing is an item of its own."""
    import sqlalchemy as sa

    return sa.func.coalesce(calls.c.tags["item"].as_string(), calls.c.call_id)


def _count(condition: Any) -> Any:
    import sqlalchemy as sa

    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _sum_if(condition: Any, column: Any) -> Any:
    import sqlalchemy as sa

    return sa.func.sum(sa.case((condition, column), else_=0))
