"""Every page by its address, and what a visitor keeps, finds again and never sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.audit import analysis_id, events
from tests.browser.conftest import (
    OpenPage,
    Server,
    approve,
    ask,
    choose,
    go_to,
    looks_right,
    steady,
)

BAIT = "![x](https://evil.example/p.png) <img src=https://evil.example/q.png>"
ADS = "Day,Campaign,Cost,Impr.,Clicks,Conversions\n" + "\n".join(
    f"2026-05-{day:02d},{name},{cost},{1000 + day},{50 + day},{day % 4}"
    for day in range(1, 29)
    for name, cost in (("Brand", 20.5), ("Generic", 80.25), (BAIT, 11))
)


@pytest.mark.parametrize("name", ["Data", "History", "Catalogue", "Usage", "Settings"])
def test_a_deep_link_shows_the_page_with_its_navigation(open_page: OpenPage, name: str) -> None:
    page = open_page(f"/{name}")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    for other in ("Ask", "Data", "History", "Catalogue", "Usage", "Settings"):
        expect(page.locator(".st-key-navigation").get_by_role("link", name=other)).to_be_visible()
    expect(page.get_by_text("ANTHROPIC_API_KEY", exact=False).first).to_be_visible()
    looks_right(page)


def test_an_upload_is_understood_and_asked_about(open_page: OpenPage, tmp_path: Path) -> None:
    """After a file that is no table; pictures named in the data are asked of nobody."""
    noise, export = tmp_path / "noise.csv", tmp_path / "export.csv"
    noise.write_bytes(bytes(range(256)) * 40)
    export.write_text(ADS, encoding="utf-8")
    page = open_page("/Data")
    for file, said in ((noise, "Nothing was added"), (export, "export.csv was read.")):
        page.locator("input[type=file]").first.set_input_files(file)
        expect(page.get_by_text(file.name).first).to_be_visible()
        page.get_by_role("button", name="Read the files").click()
        expect(page.get_by_text(said, exact=False)).to_be_visible()
        steady(page)
    expect(page.get_by_role("heading", name="export.csv")).to_be_visible()

    page.get_by_role("link", name="Ask about it").click()
    expect(page.get_by_text("You are asking export.csv", exact=False)).to_be_visible()
    ask(page, "CPC by campaign")
    choose(page)
    approve(page)
    expect(page.locator(".stPlotlyChart")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()


def test_an_analysis_is_found_again_by_its_owner_and_by_nobody_else(
    open_page: OpenPage, server: Server
) -> None:
    mine = open_page()
    ask(mine, "revenue by region")
    choose(mine)
    mine.reload()
    expect(mine.get_by_role("button", name="Approve and run")).to_be_visible()
    go_to(mine, "History")
    expect(mine.get_by_text("SQL to review", exact=False)).to_be_visible()
    looks_right(mine)
    mine.get_by_role("link", name="Open").click()
    expect(mine.get_by_role("button", name="Approve and run")).to_be_visible()
    steady(mine)
    # A second click finds the step taken.
    mine.get_by_role("button", name="Approve and run").dblclick()
    expect(mine.get_by_text("What stands out")).to_be_visible()
    mine.reload()
    expect(mine.get_by_text("Go on from here")).to_be_visible()
    expect(mine.locator(".stPlotlyChart")).to_be_visible()
    kinds = events(server, analysis_id(mine))
    assert (kinds.count("approve"), kinds.count("ran")) == (1, 1)
    steady(mine)
    mine.get_by_text("Verify this answer").click()
    mine.get_by_role("button", name="Verify", exact=True).click()
    expect(mine.get_by_text("Verified", exact=True).first).to_be_visible()

    address = f"/?analysis={analysis_id(mine)}"
    go_to(mine, "Usage")
    expect(mine.locator(".stPlotlyChart").first).to_be_visible()
    looks_right(mine)

    cookies = {cookie["name"]: cookie for cookie in mine.context.cookies()}
    assert cookies["campaign_analyst_visitor"]["httpOnly"]
    assert "campaign_analyst_visitor" not in mine.evaluate("document.cookie")
    # What is on disk does not let its reader become the visitor.
    token = cookies["campaign_analyst_visitor"]["value"].encode()
    for path in server.home.rglob("*"):
        if path.is_file():
            assert token not in path.read_bytes(), path

    theirs = open_page(address, fresh=True)
    expect(theirs.get_by_text("There is no", exact=False).first).to_be_visible()
    expect(theirs.get_by_text("revenue by region")).to_have_count(0)
    go_to(theirs, "History")
    expect(theirs.get_by_text("No analysis yet", exact=False)).to_be_visible()
