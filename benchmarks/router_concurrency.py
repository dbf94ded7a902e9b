"""A thousand calls at once, several times over: is a row lost, and does memory stay flat?

All calls go through `Router.acomplete` to a loopback server in a process of its own, which takes
20 ms for an answer and counts what it was asked. The promises: as many rows in the ledger as
requests at the server, every call answered, and after the first two rounds, which fill pools and
caches, the process grows by less than a twentieth. Exit code 1 when one is not kept.

    python benchmarks/router_concurrency.py [--calls 1000] [--rounds 8] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.router_overhead import BODIES, PROMPT, make_router, served
from src.llm import usage
from src.llm.types import LLMRequest, TaskType

SECONDS_AN_ANSWER = 0.02
GROWTH_LIMIT = 0.05
PAGE = 4096


def serve(pipe: Connection) -> None:
    """Answers every POST as Anthropic does; tells on request how many there were."""
    body = json.dumps(BODIES["anthropic"]).encode()
    answer = (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
        % (len(body), body)
    )
    asked = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
                await reader.readexactly(int(size))
                asked += 1
                await asyncio.sleep(SECONDS_AN_ANSWER)
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=2048)
        pipe.send(server.sockets[0].getsockname()[1])
        asyncio.get_running_loop().add_reader(
            pipe.fileno(), lambda: (pipe.recv(), pipe.send(asked))
        )
        await server.serve_forever()

    asyncio.run(run())


def resident() -> float:
    """MiB of this process in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    memory: list[float] = []
    answered = 0

    with served(serve) as (url, near), tempfile.TemporaryDirectory() as folder:
        router = make_router(Path(folder), url, "anthropic")

        async def one(number: int) -> bool:
            request = LLMRequest(
                task=TaskType.CONTENT_GENERATION,
                prompt=f"{number}: {PROMPT}",
                session="bench",
                deadline_seconds=600.0,
            )
            return bool((await router.acomplete(request)).text)

        async def crowd() -> int:
            return sum(await asyncio.gather(*(one(number) for number in range(options.calls))))

        began, cpu = time.monotonic(), time.process_time()
        for _ in range(options.rounds):
            answered += asyncio.run(crowd())
            memory.append(resident())
        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
        rows = usage.summary(router.ledger)["calls"]
        router.close()
        near.send("how many")
        asked = near.recv()
    settled = memory[1:]
    calls = options.calls * options.rounds
    figures = {
        "calls": calls,
        "answered": answered,
        "asked_of_server": asked,
        "rows": rows,
        "calls_a_second": round(calls / seconds),
        "cpu_ms_a_call": round(cpu / calls * 1000, 2),
        "mib_after_each_round": [round(value, 1) for value in memory],
        "growth": round(settled[-1] / settled[0] - 1, 3) if settled else 0.0,
        "growth_limit": GROWTH_LIMIT,
    }
    print(
        json.dumps(figures) if options.json else "\n".join(f"{k}: {v}" for k, v in figures.items())
    )
    kept = answered == asked == rows == calls and figures["growth"] < GROWTH_LIMIT
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
