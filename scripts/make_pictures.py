"""The README's pictures, taken of the running app on the sample data.

    .venv/bin/python scripts/make_pictures.py          # needs Chromium; $CHROMIUM says where

Each is as wide as a laptop's window and as high as what it shows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, expect, sync_playwright

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "docs" / "images"
KEYS: Final = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY")
PORT: Final = 8599
ADDRESS: Final = f"http://127.0.0.1:{PORT}"
WIDTH: Final = 1280


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=180_000)
    with tempfile.TemporaryDirectory() as home, running_app(home), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        page.goto(ADDRESS)
        expect(page.get_by_text("You are asking", exact=False)).to_be_visible()
        page.get_by_role("button", name="Show me high performing campaigns").click()
        expect(page.get_by_role("button", name="Choose", exact=True)).to_have_count(5)
        take(page, "clarify", 1190)
        page.get_by_role("button", name="Choose", exact=True).first.click()
        expect(page.get_by_role("button", name="Approve and run")).to_be_visible()
        take(page, "review", 1250)
        page.get_by_role("button", name="Approve and run").click()
        expect(page.get_by_text("What stands out")).to_be_visible()
        expect(page.locator(".stPlotlyChart")).to_be_visible()
        take(page, "result", 1960)
        browser.close()


def take(page: Page, name: str, height: int) -> None:
    """A picture of the page as it has settled, `height` pixels of it."""
    page.set_viewport_size({"width": WIDTH, "height": height})
    # Neither a hovered button nor a chart's tools.
    page.mouse.move(WIDTH - 1, height - 1)
    expect(page.locator('[data-test-script-state="notRunning"]')).to_have_count(1)
    expect(page.locator('[data-stale="true"]')).to_have_count(0)
    page.evaluate("() => Promise.all(document.getAnimations().map(a => a.finished.catch(() => 0)))")
    page.screenshot(path=FOLDER / f"{name}.png")


@contextmanager
def running_app(home: str) -> Iterator[None]:
    """The app without keys, with its state in the folder `home`."""
    environment = {k: v for k, v in os.environ.items() if k not in KEYS}
    environment |= {"CAMPAIGN_ANALYST_HOME": home, "DATABASE_URL": "", "LLM_OFFLINE": ""}
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "streamlit_app_hitl.py",
         "--server.headless", "true", "--server.port", str(PORT)],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(process)
        yield
    finally:
        process.terminate()
        process.wait(30)


def wait_for(process: subprocess.Popen[bytes]) -> None:
    """Wait until the app answers."""
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"{ADDRESS}/_stcore/health", timeout=2):  # noqa: S310
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the app did not start; run it by hand to see why")


if __name__ == "__main__":
    main()
