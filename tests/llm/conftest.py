"""A wire server, and routers that talk to it through the real SDKs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from served import KEYS, MODEL, QUICK
from wire import Wire

from src.config.models import load_models
from src.config.settings import Settings
from src.llm.ledger import Ledger
from src.llm.router import Router


@pytest.fixture
def wire() -> Iterator[Wire]:
    server = Wire()
    yield server
    server.close()


@pytest.fixture
def make_router(wire: Wire, tmp_path: Path) -> Iterator[Callable[..., Router]]:
    """make_router("anthropic", "google", toml="…", **settings): every task served by this chain."""
    made: list[Router] = []

    def make(*chain: str, toml: str = QUICK, home: Path | None = None, **settings: Any) -> Router:
        names = ", ".join(f'"{MODEL.get(name, name)}"' for name in chain)
        swap = "".join(
            f"[profiles.test.tasks.{task}]\nchain = [{names}]\n" for task in _task_names()
        )
        file = tmp_path / f"models-{len(made)}.toml"
        file.write_text(
            'default_profile = "test"\n'
            + toml
            + f'[providers.gateway]\nkind = "openai_compatible"\nbase_url = "{wire.url}/chat/v1"\n'
            + '[deployments.gateway-model]\nprovider = "gateway"\nmodel = "gateway-model"\n'
            + "[profiles.test]\n"
            + swap
        )
        values: dict[str, Any] = {
            **KEYS,
            "campaign_analyst_home": home or tmp_path / "home",
            "anthropic_base_url": wire.url,
            "openai_base_url": f"{wire.url}/openai/v1",
            "gemini_base_url": f"{wire.url}/google",
            **settings,
        }
        router = Router(Settings(_env_file=None, **values), load_models(file))
        made.append(router)
        return router

    yield make
    for router in made:
        router.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger, in each kind of database that is supported."""
    url = f"sqlite:///{tmp_path}/state.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("new_database")()
    book = Ledger(url)
    yield book
    book.close()


def _task_names() -> list[str]:
    from src.llm.types import TaskType

    return [task.value for task in TaskType]
