"""A wire server and clients of the catalogue that reach it through the real SDKs."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))

from wire import Wire

from src.catalogue.smart_llm_client import SmartLLMClient
from src.config.models import load_models
from src.config.settings import Settings
from src.llm.router import Router

# Nothing waits, nothing is remembered: one router can serve many tests.
QUICK = """
[retry]
base_seconds = 0.01
[cache]
enabled = false
[breaker]
failures = 100000
cooldown_seconds = 0.0
"""
_RUNS = itertools.count(1)


@pytest.fixture(scope="session")
def one_wire() -> Iterator[Wire]:
    server = Wire()
    yield server
    server.close()


@pytest.fixture
def wire(one_wire: Wire) -> Wire:
    """The server, with an empty script and an empty journal."""
    one_wire.journal.clear()
    for protocol in ("openai", "anthropic", "google", "chat"):
        one_wire.on(protocol)
    return one_wire


@pytest.fixture(scope="session")
def new_router(one_wire: Wire, tmp_path_factory: Any) -> Iterator[Callable[..., Router]]:
    """new_router(toml=…, **settings): the shipped models, served by the wire."""
    made: list[Router] = []

    def make(toml: str = QUICK, **settings: Any) -> Router:
        folder = tmp_path_factory.mktemp("router")
        (folder / "models.toml").write_text(toml)
        values: dict[str, Any] = {
            "anthropic_api_key": "sk-ant-planted-0123456789abcdef",
            "openai_api_key": "sk-planted-0123456789abcdef",
            "campaign_analyst_home": folder,
            "anthropic_base_url": one_wire.url,
            "openai_base_url": f"{one_wire.url}/openai/v1",
            **settings,
        }
        router = Router(Settings(_env_file=None, **values), load_models(folder / "models.toml"))
        made.append(router)
        return router

    yield make
    for router in made:
        router.close()


@pytest.fixture(scope="session")
def one_router(new_router: Callable[..., Router]) -> Router:
    return new_router()


@pytest.fixture
def make_client(
    one_router: Router, new_router: Callable[..., Router], tmp_path: Path
) -> Callable[..., SmartLLMClient]:
    """make_client(strategy=…): a client with a run of its own; with settings={…} or toml=…, a
    router of its own as well."""

    def make(
        *, settings: dict[str, Any] | None = None, toml: str = QUICK, **rest: Any
    ) -> SmartLLMClient:
        own = settings is not None or toml != QUICK
        rest.setdefault("run", f"run-{next(_RUNS)}")
        rest.setdefault("stats_path", tmp_path / "llm_usage_stats.json")
        return SmartLLMClient(new_router(toml, **(settings or {})) if own else one_router, **rest)

    return make
