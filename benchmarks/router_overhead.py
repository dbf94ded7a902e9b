"""CPU that a call through the router costs on top of the same call through the bare SDK.

Both talk to one loopback server in a process of its own, in turn, in blocks; the ledger is on
(SQLite in a fresh folder), the answer cache is off. A figure is the median over blocks of calls of
this process's CPU time, all its threads together, so that a busy machine slows both sides alike
and what the ledger's thread does later is counted; what is added is the median of the differences
within a block. `added` compares `complete` with the blocking SDK, `added_async` compares
`acomplete` with the awaited one. The promise is at most 0.3 ms for either. Exit code 1 when it is
not kept.

The router awaits the SDK for both, and `added` counts what that costs. `added_to_driven`, which
is no promise, leaves it out: there the awaited SDK is driven by blocking code, call by call.
`own_network_saves` is what the router would take more over the SDKs' own connections.

    python benchmarks/router_overhead.py [--calls 1000] [--blocks 25] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from src.config.models import load_models
from src.config.settings import Settings
from src.llm.providers import transport
from src.llm.router import Router
from src.llm.types import LLMRequest, TaskType

PROMISED_MS = 0.3
PROMPT = "Which campaigns did well? " * 40
MODELS = {
    "anthropic": "claude-sonnet-5-5",
    "openai": "gpt-6.1-terra",
    "google": "gemini-3.8-flash",
}
BODIES = {
    "anthropic": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODELS["anthropic"],
        "content": [{"type": "text", "text": "The search campaigns did. " * 20}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 300, "output_tokens": 120},
    },
    "openai": {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": MODELS["openai"],
        "output": [
            {
                "type": "message",
                "id": "msg_1",
                "status": "completed",
                "role": "assistant",
                "content": [
                    {
                        "type": "output_text",
                        "text": "The search campaigns did. " * 20,
                        "annotations": [],
                    }
                ],
            }
        ],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 300,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 120,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 420,
        },
    },
    "chat": {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-mini",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "The search campaigns did. " * 20},
            }
        ],
        "usage": {"prompt_tokens": 300, "completion_tokens": 120, "total_tokens": 420},
    },
    "google": {
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [{"text": "The search campaigns did. " * 20}],
                },
                "finishReason": "STOP",
            }
        ],
        "usageMetadata": {"promptTokenCount": 300, "candidatesTokenCount": 120},
        "modelVersion": MODELS["google"],
    },
}


def serve(pipe: Connection) -> None:
    """A server that answers every POST below /anthropic, /openai, /google or /chat."""
    answers = {
        name.encode(): b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        b"content-length: %d\r\n\r\n%s" % (len(body := json.dumps(value).encode()), body)
        for name, value in BODIES.items()
    }

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
                await reader.readexactly(int(size))
                writer.write(answers[head.split(b"/")[1].split(b" ")[0]])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


@contextmanager
def served(serve: Callable[[Connection], None]) -> Iterator[tuple[str, Connection]]:
    """Run a server in a process of its own; gives its address and our end of its pipe."""
    near, far = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(far,), daemon=True)
    server.start()
    try:
        yield f"http://127.0.0.1:{near.recv()}", near
    finally:
        server.terminate()


def make_router(home: Path, url: str, provider: str) -> Router:
    """A router all of whose tasks are served by one model, without the answer cache."""
    tasks = "".join(
        f'[profiles.bench.tasks.{task.value}]\nchain = ["{MODELS[provider]}"]\n'
        for task in TaskType
    )
    file = home / f"{provider}.toml"
    file.write_text(
        f'default_profile = "bench"\n[cache]\nenabled = false\n[profiles.bench]\n{tasks}'
    )
    settings = Settings(
        _env_file=None,
        campaign_analyst_home=home / provider,
        anthropic_api_key="k" * 20,
        openai_api_key="k" * 20,
        gemini_api_key="k" * 20,
        anthropic_base_url=f"{url}/anthropic",
        openai_base_url=f"{url}/openai/v1",
        gemini_base_url=f"{url}/google",
    )
    return Router(settings, load_models(file))


def bare_calls(provider: str, url: str) -> tuple[Callable[[], object], Callable[[], Awaitable]]:
    """The SDK's own call, blocking and as a coroutine."""
    if provider == "anthropic":
        import anthropic

        how = {"api_key": "k" * 20, "base_url": f"{url}/anthropic", "max_retries": 0}
        what = {
            "model": MODELS[provider],
            "max_tokens": 4096,
            "messages": [{"role": "user", "content": PROMPT}],
            "timeout": 60.0,
        }
        one, other = anthropic.Anthropic(**how), anthropic.AsyncAnthropic(**how)
        return lambda: one.messages.create(**what), lambda: other.messages.create(**what)
    if provider == "openai":
        import openai

        how = {"api_key": "k" * 20, "base_url": f"{url}/openai/v1", "max_retries": 0}
        what = {
            "model": MODELS[provider],
            "max_output_tokens": 4096,
            "input": PROMPT,
            "store": False,
            "timeout": 60.0,
        }
        one, other = openai.OpenAI(**how), openai.AsyncOpenAI(**how)
        return lambda: one.responses.create(**what), lambda: other.responses.create(**what)
    from google import genai
    from google.genai import types

    client = genai.Client(
        api_key="k" * 20, vertexai=False, http_options=types.HttpOptions(base_url=f"{url}/google")
    )
    what = {
        "model": MODELS[provider],
        "contents": PROMPT,
        "config": types.GenerateContentConfig(
            max_output_tokens=4096, http_options=types.HttpOptions(timeout=60_000)
        ),
    }
    return (
        lambda: client.models.generate_content(**what),
        lambda: client.aio.models.generate_content(**what),
    )


def cpu(calls: int, work: Callable[[], object]) -> float:
    """Milliseconds of CPU a call."""
    began = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - began) * 1000 / calls


async def async_cpu(calls: int, work: Callable[[], Awaitable]) -> float:
    """As `cpu`, for coroutines that run one after the other."""
    began = time.process_time()
    for _ in range(calls):
        await work()
    return (time.process_time() - began) * 1000 / calls


def measure(provider: str, url: str, home: Path, calls: int, blocks: int) -> dict[str, float]:
    """Median milliseconds of CPU: the bare SDK and the router, blocking and awaited, the awaited
    SDK driven by blocking code, and what the router adds to each."""
    router = make_router(home, url, provider)
    request = LLMRequest(task=TaskType.SQL_GENERATION, prompt=PROMPT, session="bench")
    plain = make_router(home, url, provider)
    with patch.object(transport, "make_transport", lambda: None):
        plain.complete(request)  # makes its adapter
    bare, bare_async = bare_calls(provider, url)
    ways = ("bare", "router", "plain_network", "bare_async", "router_async", "driven")
    seen: dict[str, list[float]] = {way: [] for way in ways}

    async def round_of(count: int) -> None:
        seen["bare_async"].append(await async_cpu(count, bare_async))
        seen["router_async"].append(await async_cpu(count, lambda: router.acomplete(request)))

    async def one() -> None:
        await bare_async()

    def block(count: int) -> None:
        seen["bare"].append(cpu(count, bare))
        seen["router"].append(cpu(count, lambda: router.complete(request)))
        seen["plain_network"].append(cpu(count, lambda: plain.complete(request)))
        loop.run_until_complete(round_of(count))
        seen["driven"].append(cpu(count, lambda: loop.run_until_complete(one())))

    loop = asyncio.new_event_loop()
    block(20)  # loads the SDKs, opens the connections and the ledger
    for way in ways:
        seen[way].clear()
    for _ in range(blocks):
        block(calls // blocks)
    loop.run_until_complete(asyncio.sleep(0))
    router.close()
    plain.close()
    loop.close()
    medians = {f"{way}_ms": statistics.median(values) for way, values in seen.items()}
    compared = {
        "added_ms": ("router", "bare"),
        "added_async_ms": ("router_async", "bare_async"),
        "added_to_driven_ms": ("router", "driven"),
        "own_network_saves_ms": ("plain_network", "router"),
    }
    for name, (more, less) in compared.items():
        pairs = zip(seen[more], seen[less], strict=True)
        medians[name] = statistics.median(one - other for one, other in pairs)
    return medians


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--blocks", type=int, default=25)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    with served(serve) as (url, _), tempfile.TemporaryDirectory() as folder:
        for provider in MODELS:
            figures = measure(provider, url, Path(folder), options.calls, options.blocks)
            rows.append(
                {"provider": provider, **{name: round(ms, 3) for name, ms in figures.items()}}
            )
    if options.json:
        print(json.dumps({"promised_ms": PROMISED_MS, "rows": rows}))
    else:
        for row in rows:
            print(", ".join(f"{name} {value}" for name, value in row.items()))
    added = [row[name] for row in rows for name in ("added_ms", "added_async_ms")]
    return 0 if max(added) <= PROMISED_MS else 1


if __name__ == "__main__":
    sys.exit(main())
