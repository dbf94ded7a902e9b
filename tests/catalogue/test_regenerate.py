"""A text that a person did not accept is asked of the next model, with the person's reason."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from shop import CHEAP, CLAUDE, RUSSIAN, STRONG, task
from wire import Wire, fail, say

from src.catalogue.regenerate import MAX_REASON, behind, write_again
from src.catalogue.smart_llm_client import SmartLLMClient
from src.catalogue.values import Copy, CopyFailed
from src.errors import InputError

MakeClient = Callable[..., SmartLLMClient]
OTHER = "Чашка держит тепло долго, а ручка удобна даже в варежках: бери её в поход."


def again(
    client: SmartLLMClient, earlier: Copy | None, reason: str = "короче", **rest: Any
) -> Copy:
    return asyncio.run(write_again(client, task(**rest), earlier, reason))


def test_the_next_model_is_told_the_reason(wire: Wire, make_client: MakeClient) -> None:
    wire.on("openai", say(RUSSIAN))
    wire.on("anthropic", say(OTHER))
    client = make_client()
    first = client.write_sync(task())
    second = again(client, first, "короче и без слова «фарфор»")
    assert (first.model, second.model) == (CHEAP, CLAUDE)
    assert second.text == OTHER
    asked = json.dumps(wire.asked("anthropic")[0].body, ensure_ascii=False)
    assert "короче и без слова «фарфор»" in asked
    assert RUSSIAN in asked
    assert second.route == "regenerated: короче и без слова «фарфор»"


def test_behind_the_last_model_comes_the_first(make_client: MakeClient) -> None:
    models = make_client().router.models
    chain = (CHEAP, CLAUDE, STRONG)

    def by(provider: str, model: str) -> Copy:
        return Copy("p1/description", "", "model", provider, model, "standard")

    assert behind(chain, by("openai", f"{CHEAP}-2026-10-01"), models) == (CLAUDE, STRONG, CHEAP)
    assert behind(chain, by("anthropic", STRONG), models) == chain
    assert behind(chain, by("offline", "offline"), models) == chain
    assert behind(chain, None, models) == chain


def test_the_offline_template_is_no_answer_to_a_reason(wire: Wire, make_client: MakeClient) -> None:
    for protocol in ("openai", "anthropic"):
        wire.on(protocol, fail(400, "invalid_request_error"))
    with pytest.raises(CopyFailed, match="No model wrote") as caught:
        again(make_client(), None, offline_text="Чашка.")
    assert "earlier text stays" in (caught.value.kept or "")


@pytest.mark.parametrize("reason", ["", "  \n ", "a" * (MAX_REASON + 1)])
def test_a_reason_is_needed(wire: Wire, make_client: MakeClient, reason: str) -> None:
    with pytest.raises(InputError, match="reason"):
        again(make_client(), None, reason)
    assert wire.asked() == []
