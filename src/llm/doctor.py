"""Examines the active model map: keys, addresses, prices, and how long the models will live.

Unlike `status.py` it asks the providers: whether anything listens at their addresses and, where
there is a key, what their model endpoints say. That is free of charge and sends no data.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from src.llm.errors import AuthenticationFailed, LLMError, ModelNotFound
from src.llm.prices import is_priced
from src.llm.providers.base import ModelFacts
from src.llm.reach import address_of, check_reachable
from src.llm.status import life

if TYPE_CHECKING:
    from src.config.models import Deployment
    from src.llm.endpoints import Endpoint
    from src.llm.router import Router
    from src.llm.types import TaskType

_SECONDS = 10.0


@dataclass(slots=True)
class _Asked:
    """What came of asking a provider. None: not asked, or it could not tell."""

    reachable: bool | None = None
    key_works: bool | None = None
    problem: str = ""


def examine(router: Router, *, ask: bool = True, today: dt.date | None = None) -> dict[str, Any]:
    """The whole examination.

    Args:
        ask: reach out to the providers; without it only files and the SDKs' tables are read.

    Returns:
        profile, today, healthy (no mapped model is retired or within 60 days of its last day),
        offline (no model can be asked at all), providers (provider, kind, address, key_in,
        missing, reachable, key_works, problem), models (deployment, model, provider, tasks,
        priced, retires, says_so, life, served, problem), findings (what to do, in words).
    """
    today = today or dt.datetime.now(dt.UTC).date()
    deployments = router.models.deployments()
    names = {deployment.provider for deployment in deployments}
    endpoints = {name: router.endpoints[name] for name in sorted(names)}
    asked, facts = asyncio.run(_ask(endpoints, deployments)) if ask else ({}, {})
    providers = [
        _provider_row(endpoint, asked.get(name, _Asked())) for name, endpoint in endpoints.items()
    ]
    models = [_model_row(router, one, facts.get(one.id), today) for one in deployments]
    return {
        "profile": router.models.profile,
        "today": today.isoformat(),
        "healthy": all(row["life"] == "ok" for row in models),
        "offline": not any(router.serves(task) for task in router.models.tasks),
        "providers": providers,
        "models": models,
        "findings": _findings(providers, models),
    }


async def _ask(
    endpoints: dict[str, Endpoint], deployments: tuple[Deployment, ...]
) -> tuple[dict[str, _Asked], dict[str, ModelFacts | LLMError]]:
    asked = {name: _Asked() for name in endpoints}
    facts: dict[str, ModelFacts | LLMError] = {}

    async def provider(name: str, endpoint: Endpoint) -> None:
        if endpoint.kind == "openai_compatible" and not endpoint.base_url:
            return
        found = asked[name]
        try:
            found.reachable = await check_reachable(endpoint) or None
        except LLMError as error:
            found.reachable, found.problem = False, error.message
            return
        if not endpoint.ready:
            return
        adapter = await asyncio.to_thread(endpoint.adapter)
        try:
            for deployment in deployments:
                if deployment.provider == name:
                    facts[deployment.id] = answer = await _about(adapter, deployment)
                    _learn(found, answer)
        finally:
            await adapter.close()

    await asyncio.gather(*(provider(name, endpoint) for name, endpoint in endpoints.items()))
    return asked, facts


async def _about(adapter: Any, deployment: Deployment) -> ModelFacts | LLMError:
    try:
        async with asyncio.timeout(_SECONDS):
            facts: ModelFacts = await adapter.about(deployment.model, _SECONDS)
            return facts
    except TimeoutError:
        return LLMError(f"{deployment.provider} did not answer within {_SECONDS:.0f} s.")
    except LLMError as error:
        return error


def _learn(found: _Asked, answer: ModelFacts | LLMError) -> None:
    if isinstance(answer, AuthenticationFailed):
        found.key_works, found.problem = False, answer.message
    elif isinstance(answer, ModelFacts | ModelNotFound):
        found.reachable = found.key_works = True
    else:
        found.problem = found.problem or answer.message


def _provider_row(endpoint: Endpoint, asked: _Asked) -> dict[str, Any]:
    host, port = address_of(endpoint)
    return {
        "provider": endpoint.name,
        "kind": endpoint.kind,
        "address": f"{host}:{port}" if host else None,
        "key_in": endpoint.key_name,
        "missing": list(endpoint.missing),
        "reachable": asked.reachable,
        "key_works": asked.key_works,
        "problem": asked.problem,
    }


def _model_row(
    router: Router, deployment: Deployment, answer: ModelFacts | LLMError | None, today: dt.date
) -> dict[str, Any]:
    retires, says_so = _last_day(router, deployment, answer)
    facts = answer if isinstance(answer, ModelFacts) else ModelFacts()
    gone = facts.retired
    served = None if answer is None else not gone
    if isinstance(answer, LLMError):
        served = False if isinstance(answer, ModelNotFound) else None
    return {
        "deployment": deployment.id,
        "model": deployment.model,
        "provider": deployment.provider,
        "tasks": [
            task.value
            for task, plan in router.models.tasks.items()
            if any(one.id == deployment.id for one in (*plan.chain, *_arms(router, task)))
        ],
        "priced": is_priced(deployment, router.endpoints[deployment.provider].kind),
        "retires": retires.isoformat() if retires else None,
        "says_so": says_so,
        "life": "retired" if gone else life(retires, today),
        "served": served,
        "problem": answer.message if isinstance(answer, LLMError) else "",
    }


def _arms(router: Router, task: TaskType) -> tuple[Deployment, ...]:
    """Deployments that a running experiment asks for `task`."""
    experiment = router.models.running.get(task)
    return tuple(arm.deployment for arm in experiment.arms) if experiment else ()


def _last_day(
    router: Router, deployment: Deployment, answer: ModelFacts | LLMError | None
) -> tuple[dt.date | None, str]:
    """The earliest last day anybody announces, and who does."""
    announced: list[tuple[dt.date, str]] = []
    if deployment.retires is not None:
        announced.append((deployment.retires, "models file"))
    if router.endpoints[deployment.provider].kind == "anthropic":
        from src.llm.providers.anthropic_messages import announced_ends

        if day := announced_ends().get(deployment.model):
            announced.append((day, "SDK"))
    if isinstance(answer, ModelFacts) and answer.retires is not None:
        announced.append((answer.retires, "provider"))
    return min(announced, default=(None, ""))


def _findings(providers: list[dict[str, Any]], models: list[dict[str, Any]]) -> list[str]:
    told = []
    for row in models:
        used = ", ".join(row["tasks"])
        if row["life"] != "ok":
            ends = "is retired" if row["life"] == "retired" else f"ends on {row['retires']}"
            told.append(f"{row['model']} {ends}: name another model for {used}.")
        elif row["served"] is False:
            told.append(f"{row['provider']} does not serve {row['model']} to this key ({used}).")
        if not row["priced"]:
            told.append(f"{row['model']} has no known price: its cost shows as unknown.")
    for row in providers:
        if row["missing"]:
            told.append(f"{row['provider']}: set {' or '.join(row['missing'])} to use it.")
        elif row["key_works"] is False:
            told.append(f"{row['provider']} rejects the key in {row['key_in']}.")
        elif row["problem"]:
            told.append(row["problem"])
    return told
