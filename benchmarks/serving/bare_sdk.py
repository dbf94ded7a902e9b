"""The same requests through the providers' own SDKs alone: what a machine can do at all.

Nothing is checked, kept, priced or written down; every request is prepared before the clock starts.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from src.catalogue.routing import Planner
from src.catalogue.triggers import Triggers
from src.catalogue.values import CopyTask
from src.config.models import ModelMap


def drive(url: str, models: ModelMap, tasks: Iterable[CopyTask], at_once: int) -> dict[str, float]:
    """Send every task's first request as the strategy ``smart`` routes it.

    Returns:
        ``seconds`` and ``cpu`` seconds of this process, without importing and preparing.
    """
    planner = Planner(models, Triggers.load())
    named = {one.id: one for one in models.deployments()}
    requests: list[tuple[bool, dict[str, Any]]] = []
    for task in tasks:
        first = named[planner.plan(task).chain[0]]
        if models.providers[first.provider].kind == "openai":
            body = {
                "model": first.model, "input": task.prompt, "instructions": task.system_prompt,
                "max_output_tokens": task.max_tokens, "store": False,
            }  # fmt: skip
            requests.append((True, body))
        else:
            body = {
                "model": first.model, "messages": [{"role": "user", "content": task.prompt}],
                "system": task.system_prompt, "max_tokens": task.max_tokens,
            }  # fmt: skip
            requests.append((False, body))
    return asyncio.run(_drive(url, requests, at_once))


async def _drive(
    url: str, requests: list[tuple[bool, dict[str, Any]]], at_once: int
) -> dict[str, float]:
    from anthropic import AsyncAnthropic
    from openai import AsyncOpenAI

    patient: Any = {"api_key": "k" * 20, "max_retries": 0, "timeout": 60.0}
    openai = AsyncOpenAI(base_url=f"{url}/openai/v1", **patient)
    claude = AsyncAnthropic(base_url=f"{url}/anthropic", **patient)
    places = asyncio.Semaphore(at_once)

    async def one(to_openai: bool, body: dict[str, Any]) -> str:
        async with places:
            if to_openai:
                return str((await openai.responses.create(**body)).output_text)
            return str((await claude.messages.create(**body)).content[0].text)

    await asyncio.gather(*(one(*request) for request in requests[:8]))  # imports and first contact
    began, cpu = time.perf_counter(), time.process_time()
    texts = await asyncio.gather(*(one(*request) for request in requests))
    took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    assert all(texts)
    await openai.close()
    await claude.close()
    return took
