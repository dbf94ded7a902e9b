"""What each provider reports of a request becomes the right tokens and, to the last digit, dollars.

`recorded_usage.json` holds the reports, in the fields of the SDKs' own types. `parts` is the price
worked out by hand: tokens and dollars per million for each; null where no price is published.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "catalogue"))

from batch_wire import BatchWire
from dialects import Answer, events, whole
from wire import Wire

from src.config.models import Deployment
from src.config.models_schema import Capability
from src.llm.endpoints import Endpoint
from src.llm.prices import cost_of
from src.llm.providers.base import Adapter, Reply, WireCall
from src.llm.types import Message, Usage

CASES = json.loads(Path(__file__).with_name("recorded_usage.json").read_text(encoding="utf-8"))
NOVEMBER = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
PATHS = {"anthropic": "", "openai": "/openai/v1", "google": "/google"}
PLAIN = Capability(match="*")


class Providers:
    """Two servers, and one adapter a provider for each, all on one event loop."""

    def __init__(self) -> None:
        self.live, self.batches = Wire(), BatchWire(polls=0)
        self._runner = asyncio.Runner()
        self._adapters: dict[tuple[str, bool], Adapter] = {}

    def ask(self, case: dict[str, Any]) -> Reply:
        batched = bool(case.get("batched"))
        if batched:
            self.batches.says = lambda _: _body(case)
        else:
            self.live.on(case["kind"], lambda handler, _: _answer(handler, case))
        adapter = self._adapters.get((case["kind"], batched))
        if adapter is None:
            url = (self.batches if batched else self.live).url + PATHS[case["kind"]]
            endpoint = Endpoint("p", case["kind"], url, "key-0123456789abcdef", None, ())
            adapter = self._adapters[case["kind"], batched] = endpoint.adapter()
        return self._runner.run(_ask(adapter, case))

    def close(self) -> None:
        for adapter in self._adapters.values():
            self._runner.run(adapter.close())
        self._runner.close()
        self.live.close()
        self.batches.close()


@pytest.fixture(scope="module")
def providers() -> Iterator[Providers]:
    both = Providers()
    yield both
    both.close()


@pytest.mark.parametrize("case", CASES, ids=[f"{case['kind']}: {case['name']}" for case in CASES])
def test_a_report_of_usage_is_read_and_priced_right(case, providers):
    reply = providers.ask(case)
    expected = case["expected"]
    assert reply.usage == (None if expected is None else Usage(**expected))
    deployment = Deployment("d", "p", case["model"], PLAIN)
    at = dt.datetime.fromisoformat(case["at"]) if "at" in case else NOVEMBER
    dollars = cost_of(
        deployment, case["kind"], reply.usage, served_model=reply.model, at=at, tier=reply.tier
    )
    assert dollars == (None if case["dollars"] is None else Decimal(case["dollars"]))


@pytest.mark.parametrize("case", [case for case in CASES if case["parts"]], ids=lambda c: c["name"])
def test_the_table_adds_up(case):
    millionths = sum(tokens * Decimal(price) for tokens, price in case["parts"])
    assert millionths / 1_000_000 == Decimal(case["dollars"])


async def _ask(adapter: Adapter, case: dict[str, Any]) -> Reply:
    call = WireCall(case["model"], (Message("user", "Hello"),), 9000, 30.0, PLAIN)
    if case.get("streamed"):
        pieces = [piece async for piece in adapter.stream(call)]
        return pieces[-1]  # type: ignore[return-value]  # the last one is the reply
    service = adapter.batches()
    if not case.get("batched") or service is None:
        return await adapter.send(call)
    name = await service.submit("ours", [("ours-0", call)])
    await service.state(name)
    (answer,) = [one async for one in service.answers(name)]
    assert answer.reply is not None
    return answer.reply


def _body(case: dict[str, Any]) -> dict[str, Any]:
    """A response of the provider that reports the case's usage."""
    body = whole(case["kind"], Answer("Good."), case["model"])
    body["usageMetadata" if case["kind"] == "google" else "usage"] = case["usage"]
    return {**body, **case.get("body", {})}


def _answer(handler: Any, case: dict[str, Any]) -> None:
    if case.get("streamed"):
        handler.send_stream(_with_usage(events(case["kind"], Answer("Good."), case["model"]), case))
    else:
        handler.send_json(200, _body(case))


def _with_usage(lines: list[str], case: dict[str, Any]) -> list[str]:
    """A stream whose events report the case's usage where the provider reports it."""
    changed = []
    for line in lines:
        head, _, data = line.rpartition("data: ")
        event = json.loads(data)
        usage = case["usage"]
        if case["kind"] == "google":
            if "usageMetadata" in event:
                event["usageMetadata"] = usage
        elif event["type"] == "message_start":
            event["message"]["usage"] = {**usage, "output_tokens": 1}
        elif event["type"] == "message_delta":
            told = ("input_tokens", "output_tokens", "cache_read_input_tokens",
                    "cache_creation_input_tokens")  # fmt: skip
            event["usage"] = {name: usage[name] for name in told}
        elif event["type"] == "response.completed":
            event["response"]["usage"] = usage
        changed.append(f"{head}data: {json.dumps(event)}\n\n")
    return changed
