"""A real server and a real Chromium; every page is checked for errors and outside requests."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDE, NARROW = 1280, 400
PLACEHOLDER = "Ask in your own words, in English or Russian"

PATIENCE_MS = 120_000
"""For a state to come about, on however slow a machine; no test waits for time to pass."""

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(600))


@dataclass(frozen=True)
class Server:
    """The running app: its address, and the folder of its state."""

    url: str
    home: Path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("home")) as running:
        yield running


@contextlib.contextmanager
def serving(home: Path, **settings: str) -> Iterator[Server]:
    """The app on a home folder of its own, without keys but for those among the settings."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if k not in KEYS}
    environment |= {"CAMPAIGN_ANALYST_HOME": str(home), "LLM_OFFLINE": "", "DATABASE_URL": ""}
    environment.pop("CAMPAIGN_ANALYST_USER", None)
    log = (home / "server.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "streamlit_app_hitl.py",
         "--server.headless", "true", "--server.port", str(port),
         "--server.fileWatcherType", "none"],
        cwd=ROOT, env=environment | settings, stdout=log, stderr=subprocess.STDOUT,
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
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """One context for all visitors: what it has cached saves loading Streamlit each time."""
    context = chromium.new_context(accept_downloads=True)
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def open_page(server: Server, context: BrowserContext) -> Iterator[OpenPage]:
    """Opens the app; a test begins as a new visitor, and ``fresh=True`` makes another one. No page
    may end with an error, and none may ask anybody but the server."""
    pages: list[Page] = []
    outside: list[str] = []
    refused: list[str] = []
    context.clear_cookies()

    def note_request(url: str) -> None:
        if not url.startswith((server.url, server.url.replace("http", "ws"), "data:", "blob:")):
            outside.append(url)

    def note_message(text: str) -> None:
        if "Content Security Policy" in text:
            refused.append(text)

    def open_in_browser(path: str = "/", *, fresh: bool = False) -> Page:
        if fresh:
            context.clear_cookies()
        page = context.new_page()
        page.set_viewport_size({"width": WIDE, "height": 900})
        page.on("request", lambda request: note_request(request.url))
        page.on("websocket", lambda socket: note_request(socket.url))
        page.on("console", lambda message: note_message(message.text))
        pages.append(page)
        page.goto(server.url + path)
        expect(page.locator(".stApp").get_by_role("heading", level=1)).to_be_visible()
        return page

    yield open_in_browser
    for page in pages:
        expect(page.locator(".stException")).to_have_count(0)
        assert "incident" not in page.locator("body").inner_text()
        page.close()
    assert outside == []
    assert refused == []


def steady(page: Page) -> None:
    """Wait until the page has run to its end: a click before that may find the widgets of a run
    that is being replaced."""
    expect(page.locator('[data-test-script-state="notRunning"]')).to_have_count(1)
    expect(page.locator('[data-stale="true"]')).to_have_count(0)
    expect(page.locator(".stMain").get_by_test_id("stSkeleton")).to_have_count(0)


def ask(page: Page, question: str) -> None:
    """Type a question on the Ask page and send it."""
    box = page.get_by_placeholder(PLACEHOLDER)
    # The box of the page that was left stays until the new page is drawn whole.
    expect(box).to_have_count(1)
    expect(page.get_by_text("You are asking", exact=False)).to_be_visible()
    box.fill(question)
    box.press("Enter")


def choose(page: Page, position: int = 0) -> None:
    """Choose a reading and wait for its SQL."""
    page.get_by_role("button", name="Choose", exact=True).nth(position).click()
    expect(page.get_by_role("button", name="Approve and run")).to_be_visible()
    steady(page)


def approve(page: Page) -> None:
    """Approve the SQL and wait for the result with its findings."""
    page.get_by_role("button", name="Approve and run").click()
    expect(page.get_by_text("Go on from here")).to_be_visible()
    expect(page.get_by_text("What stands out")).to_be_visible()
    steady(page)


def go_to(page: Page, name: str) -> None:
    """Follow a link of the navigation and wait for its page."""
    page.locator(".st-key-navigation").get_by_role("link", name=name).click()
    title = "Ask about your campaigns" if name == "Ask" else name
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    steady(page)


def write_sql(page: Page, sql: str) -> None:
    """Replace the SQL in the editor, as a person's own that is then checked."""
    page.get_by_role("tab", name="Edit").click()
    editor = page.get_by_role("textbox", name="SQL")
    editor.fill(sql)
    editor.press("Control+Enter")
    expect(page.get_by_text("Written by you")).to_be_visible()
    expect(page.locator(".stCode code").first).to_have_text(sql)
    steady(page)


def looks_right(page: Page) -> None:
    """Nothing that axe finds by the WCAG 2 A and AA rules in the light, no faint text in the dark,
    and nothing wider than a phone. The page is left wide and light, as it was."""
    assert violations(page, WCAG) == []
    page.set_viewport_size({"width": NARROW, "height": 900})
    wear(page, "dark")
    # Colours are all that a theme changes.
    assert violations(page, {"type": "rule", "values": ["color-contrast"]}) == []
    page.wait_for_function(f"() => {OVERFLOW} <= 0")
    page.set_viewport_size({"width": WIDE, "height": 900})
    wear(page, "light")
    steady(page)


def wear(page: Page, theme: Literal["light", "dark"]) -> None:
    """Have the browser prefer that theme and wait until the page wears it."""
    page.emulate_media(color_scheme=theme)
    background = "rgb(18, 22, 28)" if theme == "dark" else "rgb(255, 255, 255)"
    expect(page.locator(".stApp")).to_have_css("background-color", background)


WCAG: Final = {"type": "tag", "values": ["wcag2a", "wcag2aa"]}
OVERFLOW: Final = """Math.max(
    document.documentElement.scrollWidth - document.documentElement.clientWidth,
    ...[...document.querySelectorAll('.stMain')].map(m => m.scrollWidth - m.clientWidth)
)"""
# An animation of a page that is not in front may never end.
FADED: Final = """() => Promise.race([
    Promise.all(
        document.getAnimations()
            .filter(a => a.effect.getTiming().iterations < 1e9)
            .map(a => a.finished.catch(() => 0))
    ).then(() => 0),
    new Promise(done => setTimeout(done, 3000, 0)),
])"""


def violations(page: Page, rules: Mapping[str, object]) -> list[str]:
    """Which of the rules the page breaks, with what breaks them."""
    # While a page runs, what may change is faded, and a fade has less contrast than its text.
    expect(page.locator(".ca-running")).to_have_count(0)
    steady(page)
    page.evaluate(FADED)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{v['id']}: {node['html'][:200]}" for v in found for node in v["nodes"]]


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
