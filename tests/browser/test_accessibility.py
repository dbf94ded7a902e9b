"""What axe finds on every page and step by the WCAG 2 A and AA rules, in the light and the dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, approve, ask, choose

FADED = """Promise.all(
    document.getAnimations()
        .filter(a => a.effect.getTiming().iterations < 1e9)
        .map(a => a.finished.catch(() => 0))
)"""
THEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


def violations(page: Page) -> list[str]:
    # While a page runs, what may change is faded, and a fade has less contrast than its text.
    expect(page.locator('[data-test-script-state="notRunning"]')).to_have_count(1)
    expect(page.locator('[data-stale="true"]')).to_have_count(0)
    page.evaluate(FADED)
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
    return [f"{v['id']}: {node['html'][:200]}" for v in found for node in v["nodes"]]


@THEMES
def test_the_steps_of_an_analysis(open_page: OpenPage, dark: bool) -> None:
    page = open_page(dark=dark)
    expect(page.get_by_text("You are asking", exact=False)).to_be_visible()
    assert violations(page) == []
    ask(page, "Show me high performing campaigns")
    expect(page.get_by_role("button", name="Choose", exact=True)).to_have_count(5)
    assert violations(page) == []
    choose(page)
    assert violations(page) == []
    approve(page)
    expect(page.get_by_text("What stands out")).to_be_visible()
    assert violations(page) == []


@THEMES
@pytest.mark.parametrize("name", ["Data", "History", "Usage", "Settings"])
def test_the_other_pages(open_page: OpenPage, name: str, dark: bool) -> None:
    page = open_page(f"/{name}", dark=dark)
    expect(page.locator(".stMain").get_by_test_id("stSkeleton")).to_have_count(0)
    assert violations(page) == []
