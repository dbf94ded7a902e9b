"""Routers, tasks and whole batch runs for the tests of batch mode; also run as a process to kill.

PYTHONPATH=. python tests/catalogue/batch_run.py URL HOME FOLDER COUNT
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from batch_wire import Asked, BatchWire
from dialects import Answer, Tokens

from src.catalogue.batch.progress import BatchPace
from src.catalogue.batch.run import run_batch
from src.catalogue.smart_llm_client import SmartLLMClient
from src.catalogue.triggers import Triggers
from src.catalogue.values import Copy, CopyFailed, CopyRules, CopyTask
from src.config.models import load_models
from src.config.settings import Settings
from src.llm.router import Router

KEYS = {
    "anthropic_api_key": "sk-ant-planted-0123456789abcdef",
    "openai_api_key": "sk-planted-0123456789abcdef",
    "gemini_api_key": "AIzaPlanted0123456789abcdef",
}
QUICK = "[retry]\nbase_seconds = 0.01\n[cache]\nenabled = false\n"
GOOGLE = """
[profiles.current.tasks.content_generation]
chain = ["gemini-3.8-flash", "claude-haiku-5-5"]
"""
PACE = BatchPace(first=0.01, most=0.05, settle=0.0, cancelling=5.0)
TEXT = "Лёгкая чашка хранит тепло и приятна в руке."
TOKENS = Tokens(plain=1000, visible=200)


def number_of(asked: Asked) -> int:
    found = re.search(r"<(\d+)>", asked.prompt)
    assert found is not None
    return int(found[1])


def text_of(number: int) -> str:
    """Texts that are not each other's duplicates."""
    words = ["лён", "дуб", "мох", "снег", "луч", "мёд", "клён", "дым", "пух", "рис"]
    picked = " ".join(words[int(digit)] for digit in f"{number * 7919:06d}")
    return f"{TEXT} Отделка: {picked}. Номер {number}."


def good(asked: Asked) -> Answer:
    return Answer(text_of(number_of(asked)), tokens=TOKENS)


def live(wire: BatchWire) -> list[Asked]:
    """What was asked outside of batches, in order."""
    return [asked for asked in wire.billed if not asked.custom_id]


def make_router(url: str, home: Path, toml: str = QUICK, **settings: Any) -> Router:
    home.mkdir(parents=True, exist_ok=True)
    file = home / "models.toml"
    file.write_text(toml)
    values: dict[str, Any] = {
        **KEYS,
        "campaign_analyst_home": home,
        "anthropic_base_url": url,
        "openai_base_url": f"{url}/openai/v1",
        "gemini_base_url": f"{url}/google",
        **settings,
    }
    return Router(Settings(_env_file=None, **values), load_models(file))


def make_client(router: Router, home: Path, **rest: Any) -> SmartLLMClient:
    return SmartLLMClient(router, run="run-1", stats_path=home / "stats.json", **rest)


def a_task(number: int, title: str = "Чашка", **rest: Any) -> CopyTask:
    """A description of a product; each prompt names its number."""
    fields: dict[str, Any] = {"rules": CopyRules(language="ru"), "max_tokens": 500, **rest}
    return CopyTask(
        id=f"p{number}/description",
        product_id=f"p{number}",
        type="description",
        prompt=f"Опиши товар номер <{number}>: {title}",
        title=title,
        **fields,
    )


async def run(
    tasks: Sequence[CopyTask],
    client: SmartLLMClient,
    folder: Path,
    *,
    pace: BatchPace = PACE,
    **rest: Any,
) -> dict[str, Copy | CopyFailed]:
    """All results by task; each task has one."""
    found: dict[str, Copy | CopyFailed] = {}
    results = run_batch(
        tasks, router=client.router, client=client, folder=folder, pace=pace, **rest
    )
    async with aclosing(results):
        async for result in results:
            assert result.task_id not in found
            found[result.task_id] = result
    return found


def main() -> None:
    url, home, folder, count = sys.argv[1:]
    router = make_router(url, Path(home))
    client = make_client(router, Path(home), triggers=Triggers.load(None))
    asyncio.run(run([a_task(n) for n in range(int(count))], client, Path(folder)))
    router.close()


if __name__ == "__main__":
    main()
