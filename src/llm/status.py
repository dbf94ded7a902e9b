"""What the settings page and `doctor` show: who serves what, how long models live, budgets.

Reads settings and files only; never asks a provider, never shows a key.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Literal

from src.llm.prices import is_priced
from src.llm.usage import limits_of, spent_reader

if TYPE_CHECKING:
    from src.config.models import Deployment
    from src.config.settings import Settings
    from src.llm.router import Router

_NOTICE_DAYS = 60


def task_map(router: Router, today: dt.date | None = None) -> list[dict[str, Any]]:
    """Each task: task, serving (the model asked first now, or ``offline``), chain, reason, effort.

    A chain's entries: deployment, model, provider, ready, priced, retires (date or None), life
    (``ok``, ``ending`` within 60 days, ``retired``).
    """
    today = today or dt.datetime.now(dt.UTC).date()
    rows = []
    for task, plan in router.models.tasks.items():
        chain = [_entry(router, deployment, today) for deployment in plan.chain]
        first = next((entry for entry in chain if entry["ready"]), None)
        serves = first is not None and router.serves(task)
        rows.append(
            {
                "task": task.value,
                "serving": first["model"] if first is not None and serves else "offline",
                "chain": chain,
                "reason": plan.reason,
                "effort": plan.effort,
                "max_tokens": plan.max_tokens,
                "deadline_seconds": plan.deadline_seconds,
            }
        )
    return rows


def budget_status(
    router: Router,
    settings: Settings,
    *,
    session: str | None = None,
    now: dt.datetime | None = None,
) -> dict[str, dict[str, Any]]:
    """``session`` and ``day``: limit and spent in dollars (Decimal; limit None: none), share."""
    limits, spent = limits_of(router.models, settings), spent_reader(router.ledger)
    now = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    used = {"day": spent(None, midnight)}
    if session is not None:
        used["session"] = spent(session, None)
    own = {"day": limits.day, "session": limits.session}
    return {
        scope: {
            "limit": own[scope],
            "spent": amount,
            "share": float(amount / limit) if (limit := own[scope]) else None,
            "at_limit": limits.at_limit,
        }
        for scope, amount in used.items()
    }


def _entry(router: Router, deployment: Deployment, today: dt.date) -> dict[str, Any]:
    endpoint = router.endpoints[deployment.provider]
    return {
        "deployment": deployment.id,
        "model": deployment.model,
        "provider": deployment.provider,
        "ready": endpoint.ready,
        "priced": is_priced(deployment, endpoint.kind),
        "retires": deployment.retires,
        "life": life(deployment.retires, today),
    }


def life(retires: dt.date | None, today: dt.date) -> Literal["ok", "ending", "retired"]:
    """How long a model has: ``ending`` within 60 days of its last day, ``retired`` after it."""
    if retires is None or (retires - today).days > _NOTICE_DAYS:
        return "ok"
    return "ending" if retires >= today else "retired"
