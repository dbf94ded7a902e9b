"""A real server and a real Chromium; every page is checked for errors and outside requests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PLACEHOLDER = "Ask in your own words, in English or Russian"

expect.set_options(timeout=45_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))


@dataclass(frozen=True)
class Server:
    """The running app: its address, and the folder of its state."""

    url: str
    home: Path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("home")
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if k not in KEYS}
    environment |= {"CAMPAIGN_ANALYST_HOME": str(home), "LLM_OFFLINE": "", "DATABASE_URL": ""}
    environment.pop("CAMPAIGN_ANALYST_USER", None)
    log = (home / "server.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "streamlit_app_hitl.py",
         "--server.headless", "true", "--server.port", str(port),
         "--server.fileWatcherType", "none"],
        cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(url, process, home / "server.log")
        yield Server(url, home)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def shared_browser(chromium: Browser) -> Iterator[BrowserContext]:
    """One visitor for tests that need no other: its cache saves loading Streamlit each time."""
    context = chromium.new_context(accept_downloads=True)
    yield context
    context.close()


@pytest.fixture
def open_page(
    server: Server, chromium: Browser, shared_browser: BrowserContext
) -> Iterator[OpenPage]:
    """Opens the app, with ``fresh=True`` as a new visitor; no page may end with an error."""
    contexts: list[BrowserContext] = []
    pages: list[Page] = []
    outside: list[str] = []
    violations: list[str] = []

    def note_request(url: str) -> None:
        if not url.startswith((server.url, server.url.replace("http", "ws"), "data:", "blob:")):
            outside.append(url)

    def open_in_browser(
        path: str = "/", *, fresh: bool = False, width: int = 1280, dark: bool = False
    ) -> Page:
        context = shared_browser
        if fresh:
            context = chromium.new_context(accept_downloads=True)
            contexts.append(context)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.on("request", lambda request: note_request(request.url))
        page.on("websocket", lambda socket: note_request(socket.url))
        page.on(
            "console",
            lambda message: (
                violations.append(message.text)
                if "Content Security Policy" in message.text
                else None
            ),
        )
        pages.append(page)
        page.goto(server.url + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        return page

    yield open_in_browser
    for page in pages:
        expect(page.locator(".stException")).to_have_count(0)
        assert "incident" not in page.locator("body").inner_text()
        page.close()
    for context in contexts:
        context.close()
    assert outside == []
    assert violations == []


def ask(page: Page, question: str) -> None:
    """Type a question on the Ask page and send it."""
    box = page.get_by_placeholder(PLACEHOLDER)
    # The box of the page that was left stays until the new page is drawn whole.
    expect(box).to_have_count(1)
    box.fill(question)
    box.press("Enter")


def choose(page: Page, position: int = 0) -> None:
    """Choose a reading and wait for its SQL."""
    page.get_by_role("button", name="Choose", exact=True).nth(position).click()
    expect(page.get_by_role("button", name="Approve and run")).to_be_visible()


def approve(page: Page) -> None:
    """Approve the SQL and wait for the result."""
    page.get_by_role("button", name="Approve and run").click()
    expect(page.get_by_text("Go on from here")).to_be_visible()


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(
        page.evaluate(
            """() => Math.max(
                document.documentElement.scrollWidth - document.documentElement.clientWidth,
                ...[...document.querySelectorAll('.stMain')].map(m => m.scrollWidth - m.clientWidth)
            )"""
        )
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')}")
