"""The pages run by Streamlit's own test runner, on a home folder of their own and without keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from src.config.settings import get_settings
from src.llm.router import reset_router
from src.ui import services
from src.ui.jobs import job_board

ROOT = Path(__file__).parents[2]
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "DATABASE_URL")


@pytest.fixture(scope="session", autouse=True)
def packages_read_once() -> Iterator[None]:
    """Each new AppTest looks for components in all installed packages, longer than a page runs."""
    with pytest.MonkeyPatch.context() as patch:
        found = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all tests, so that the sample is read once; owners keep tests apart."""
    return tmp_path_factory.mktemp("home")


OpenPage = Callable[..., AppTest]


@pytest.fixture
def open_page(
    home: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[OpenPage]:
    """Opens a page as the user named after the test, or as another `user`."""
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CAMPAIGN_ANALYST_HOME", str(home))

    def open_(page: str = "streamlit_app_hitl.py", user: str = "", **params: str) -> AppTest:
        monkeypatch.setenv("CAMPAIGN_ANALYST_USER", user or request.node.name)
        get_settings.cache_clear()
        reset_router()
        app = AppTest.from_file(str(ROOT / page), default_timeout=60)
        for name, value in params.items():
            app.query_params[name] = value
        return settled(app.run())

    yield open_
    get_settings.cache_clear()
    reset_router()
    services._open.clear()


def settled(app: AppTest) -> AppTest:
    """Run the page until none of its jobs is under way; polling fragments do not tick in tests."""
    for _ in range(40):
        owner = get_settings().campaign_analyst_user or ""
        alive = [job for key, job in job_board()._jobs.items() if key[0] == owner]
        if not alive:
            return app
        for job in alive:
            job.wait(30)
        app.run()
    raise AssertionError("the page did not settle")


def words(app: AppTest) -> str:
    """All the words that the page's main part shows, with escapes resolved."""
    kinds = (
        "title",
        "header",
        "subheader",
        "markdown",
        "caption",
        "info",
        "success",
        "warning",
        "error",
    )
    shown = [str(item.value) for kind in kinds for item in app.main.get(kind)]
    shown += [item.label for item in app.main.get("expander")]
    shown += [item.label for item in app.main.get("button")]
    return "\n".join(shown).replace("\\", "")
