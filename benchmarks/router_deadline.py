"""How long a call takes when every provider hangs: one deadline for all attempts together.

Three loopback servers take the connection and never answer; the real SDKs ask them. The first call
also loads the SDKs. The promise: with a deadline of 5 s a call ends within 5.5 s, whichever face it
is made through. Exit code 1 when it is not kept.

    python -m benchmarks.router_deadline [--deadline 5]
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from src.config.models import load_models
from src.config.settings import Settings
from src.llm.router import Router
from src.llm.types import LLMRequest, TaskType

PROMISED_RATIO = 1.1
KEY = "not-a-key-0123456789"


def hanging_server() -> str:
    """The address of a server that takes what it is sent and says nothing."""
    server = socket.create_server(("127.0.0.1", 0), backlog=64)
    held: list[socket.socket] = []

    def hold() -> None:
        while True:
            held.append(server.accept()[0])

    threading.Thread(target=hold, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deadline", type=float, default=5.0)
    deadline = parser.parse_args().deadline
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(
            _env_file=None,
            campaign_analyst_home=Path(home),
            anthropic_api_key=KEY,
            openai_api_key=KEY,
            gemini_api_key=KEY,
            anthropic_base_url=hanging_server(),
            openai_base_url=hanging_server(),
            gemini_base_url=hanging_server(),
        )
        request = LLMRequest(
            task=TaskType.INSIGHTS_GENERATION,
            prompt="Why?",
            deadline_seconds=deadline,
            offline=lambda: "by rule",
        )
        faces: dict[str, Callable[[Router], object]] = {
            "complete, SDKs not loaded": lambda router: router.complete(request),
            "complete": lambda router: router.complete(request),
            "acomplete": lambda router: asyncio.run(router.acomplete(request)),
            "stream": lambda router: list(router.stream(request)),
        }
        worst = 0.0
        for name, face in faces.items():
            # A router of its own: after three failures the next call would not even be sent.
            router = Router(settings, load_models(None))
            started = time.monotonic()
            face(router)
            seconds = time.monotonic() - started
            worst = max(worst, seconds / deadline)
            print(f"{name}: {seconds:.2f} s of {deadline:g} s")
            router.close()
    print(f"worst: {worst:.3f} of the deadline; promised: at most {PROMISED_RATIO}")
    return 0 if worst <= PROMISED_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
