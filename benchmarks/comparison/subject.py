"""One subject of `router_comparison.py`, in whatever environment it is run; prints its figures.

python subject.py ours|sdk|litellm|pydantic_ai URL CALLS BLOCKS
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

PROMPT = "Which campaigns did well? " * 40
PAGE = 4096
Ask = Callable[[], Awaitable[object]]


def ours(url: str) -> Ask:
    from src.config.models import load_models
    from src.config.settings import Settings
    from src.llm.router import Router
    from src.llm.types import LLMRequest, TaskType

    home = Path(tempfile.mkdtemp())
    file = home / "models.toml"
    tasks = "".join(f"[profiles.b.tasks.{task.value}]\nchain = ['mine']\n" for task in TaskType)
    file.write_text(
        "default_profile = 'b'\n[cache]\nenabled = false\n"
        f"[providers.own]\nkind = 'openai_compatible'\nbase_url = '{url}/chat/v1'\n"
        "[deployments.mine]\nprovider = 'own'\nmodel = 'gpt-4o-mini'\n[profiles.b]\n" + tasks
    )
    router = Router(Settings(_env_file=None, campaign_analyst_home=home), load_models(file))
    request = LLMRequest(task=TaskType.SQL_GENERATION, prompt=PROMPT, session="bench")
    return lambda: router.acomplete(request)


def sdk(url: str) -> Ask:
    import openai

    client = openai.AsyncOpenAI(api_key="k" * 20, base_url=f"{url}/chat/v1", max_retries=0)
    turns = [{"role": "user", "content": PROMPT}]
    return lambda: client.chat.completions.create(
        model="gpt-4o-mini", messages=turns, max_tokens=4096, timeout=60.0
    )


def litellm(url: str) -> Ask:
    from litellm import Router

    where = {"model": "openai/gpt-4o-mini", "api_base": f"{url}/chat/v1", "api_key": "k" * 20}
    router = Router(model_list=[{"model_name": "m", "litellm_params": where}], num_retries=0)
    turns = [{"role": "user", "content": PROMPT}]
    return lambda: router.acompletion(model="m", messages=turns, max_tokens=4096)


def pydantic_ai(url: str) -> Ask:
    from pydantic_ai import Agent
    from pydantic_ai.models.fallback import FallbackModel
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(base_url=f"{url}/chat/v1", api_key="k" * 20)
    first, second = (OpenAIChatModel("gpt-4o-mini", provider=provider) for _ in range(2))
    agent = Agent(FallbackModel(first, second))
    return lambda: agent.run(PROMPT)


IMPORTS = {
    "ours": "src.config.llm_router",
    "sdk": "openai",
    "litellm": "litellm",
    "pydantic_ai": "pydantic_ai, pydantic_ai.models.fallback, pydantic_ai.models.openai",
}
MAKERS = {"ours": ours, "sdk": sdk, "litellm": litellm, "pydantic_ai": pydantic_ai}


def resident() -> float:
    """MiB of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20


async def measure(ask: Ask, calls: int, blocks: int) -> tuple[float, float]:
    """CPU seconds of the first call, and the median over blocks of milliseconds a call."""
    began = time.process_time()
    await ask()
    first = time.process_time() - began
    for _ in range(30):
        await ask()
    seen = []
    for _ in range(blocks):
        began = time.process_time()
        for _ in range(calls // blocks):
            await ask()
        seen.append((time.process_time() - began) * 1000 / (calls // blocks))
    return first, statistics.median(seen)


def main() -> None:
    name, url, calls, blocks = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    base, began = resident(), time.process_time()
    exec(f"import {IMPORTS[name]}")
    imported, memory = time.process_time() - began, resident()
    began = time.process_time()
    ask = MAKERS[name](url)
    made = time.process_time() - began
    first, median = asyncio.run(measure(ask, calls, blocks))
    figures = {
        "import_cpu_s": imported,
        "import_mib": memory - base,
        "first_answer_cpu_s": imported + made + first,
        "working_mib": resident() - base,
        "call_cpu_ms": median,
    }
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
