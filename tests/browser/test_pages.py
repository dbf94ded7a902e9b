"""Every page: deep links, uploads, isolation, odd input, narrow and dark screens."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Server, approve, ask, choose, overflow

ADS = "Day,Campaign,Cost,Impr.,Clicks,Conversions\n" + "\n".join(
    f"2026-05-{day:02d},{name},{cost},{1000 + day},{50 + day},{day % 4}"
    for day in range(1, 29)
    for name, cost in (("Brand", 20.5), ("Generic", 80.25), ("Video <b>x</b>", 11))
)


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "Ask about your campaigns"),
        ("/Data", "Data"),
        ("/History", "History"),
        ("/Usage", "Usage"),
        ("/Settings", "Settings"),
    ],
)
def test_a_deep_link_shows_the_page_with_its_navigation(
    open_page: OpenPage, path: str, title: str
) -> None:
    page = open_page(path)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    for name in ("Ask", "Data", "History", "Usage", "Settings"):
        expect(page.locator(".st-key-navigation").get_by_role("link", name=name)).to_be_visible()
    expect(page.get_by_text("ANTHROPIC_API_KEY", exact=False).first).to_be_visible()


def test_an_upload_is_understood_and_asked_about(open_page: OpenPage, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text(ADS, encoding="utf-8")
    page = open_page("/Data", fresh=True)
    page.locator("input[type=file]").first.set_input_files(file)
    expect(page.get_by_text("export.csv").first).to_be_visible()
    page.get_by_role("button", name="Read the files").click()
    expect(page.get_by_text("was read", exact=False).first).to_be_visible()
    expect(page.get_by_role("heading", name="export.csv")).to_be_visible()

    page.locator(".st-key-navigation").get_by_role("link", name="Ask").click()
    expect(page.get_by_text("You are asking export.csv", exact=False)).to_be_visible()
    ask(page, "CPC by campaign")
    choose(page)
    approve(page)
    expect(page.locator(".stPlotlyChart")).to_be_visible()


def test_two_browsers_never_see_each_other(open_page: OpenPage, tmp_path: Path) -> None:
    mine, theirs = open_page(), open_page(fresh=True)
    ask(mine, "revenue by region")
    choose(mine)
    theirs.goto(mine.url)
    expect(theirs.get_by_text("There is no", exact=False).first).to_be_visible()
    expect(theirs.get_by_text("revenue by region")).to_have_count(0)
    theirs.locator(".st-key-navigation").get_by_role("link", name="History").click()
    expect(theirs.get_by_text("No analysis yet", exact=False)).to_be_visible()


def test_history_reopens_an_analysis_at_its_step(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "impressions by platform")
    choose(page)
    page.locator(".st-key-navigation").get_by_role("link", name="History").click()
    expect(page.get_by_text("SQL to review", exact=False).first).to_be_visible()
    page.get_by_role("link", name="Open").first.click()
    expect(page.get_by_role("button", name="Approve and run")).to_be_visible()


@pytest.mark.parametrize(
    "question",
    ["asdf qwer zxcv", "impression share lost to rank", "x" * 10_000],
    ids=["nonsense", "missing-column", "10000-characters"],
)
def test_what_cannot_be_answered_says_why_and_the_page_stays_usable(
    open_page: OpenPage, question: str
) -> None:
    page = open_page()
    ask(page, question)
    refusal = page.get_by_text("This cannot be answered as asked")
    error = page.locator(".stAlert")
    expect(refusal.or_(error).first).to_be_visible()
    expect(page.get_by_role("button", name="Approve and run")).to_have_count(0)
    page.locator(".st-key-navigation").get_by_role("link", name="Ask").click()
    expect(page.get_by_text("You are asking", exact=False)).to_be_visible()
    ask(page, "clicks by device")
    expect(page.get_by_role("button", name="Choose", exact=True).first).to_be_visible()


def test_a_file_that_is_no_table_is_refused_and_nothing_is_added(
    open_page: OpenPage, tmp_path: Path
) -> None:
    file = tmp_path / "noise.csv"
    file.write_bytes(bytes(range(256)) * 40)
    page = open_page("/Data")
    page.locator("input[type=file]").first.set_input_files(file)
    expect(page.get_by_text("noise.csv").first).to_be_visible()
    page.get_by_role("button", name="Read the files").click()
    expect(page.get_by_text("Nothing was added", exact=False)).to_be_visible()


def test_every_step_fits_a_phone_in_the_dark(open_page: OpenPage) -> None:
    page = open_page("/", width=400, dark=True)
    assert overflow(page) <= 0
    background = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert sum(int(part) for part in background[4:-1].split(",")[:3]) < 200
    ask(page, "Show me high performing campaigns")
    expect(page.get_by_role("button", name="Choose", exact=True)).to_have_count(5)
    assert overflow(page) <= 0
    choose(page)
    assert overflow(page) <= 0
    approve(page)
    assert overflow(page) <= 0


@pytest.mark.parametrize("path", ["/Data", "/History", "/Usage", "/Settings"])
def test_every_page_fits_a_phone(open_page: OpenPage, path: str) -> None:
    page = open_page(path, width=400)
    expect(page.locator(".stMain").get_by_test_id("stSkeleton")).to_have_count(0)
    assert overflow(page) <= 0


def test_the_visitor_cookie_is_out_of_reach_of_scripts(open_page: OpenPage, server: Server) -> None:
    page = open_page()
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["campaign_analyst_visitor"]["httpOnly"]
    assert "campaign_analyst_visitor" not in page.evaluate("document.cookie")
    # What is on disk does not let its reader become the visitor.
    token = cookies["campaign_analyst_visitor"]["value"].encode()
    for path in server.home.rglob("*"):
        if path.is_file():
            assert token not in path.read_bytes(), path


def test_a_picture_in_text_from_data_asks_nobody(open_page: OpenPage, tmp_path: Path) -> None:
    file = tmp_path / "hostile.csv"
    bait = "![x](https://evil.example/p.png) <img src=https://evil.example/q.png>"
    rows = "\n".join(f"2026-05-{d:02d},{bait},{d}" for d in range(1, 20))
    file.write_text(f"date,campaign,spend\n{rows}\n", encoding="utf-8")
    page = open_page("/Data", fresh=True)
    page.locator("input[type=file]").first.set_input_files(file)
    expect(page.get_by_text("hostile.csv").first).to_be_visible()
    page.get_by_role("button", name="Read the files").click()
    expect(page.get_by_role("heading", name="hostile.csv")).to_be_visible()
    page.locator(".st-key-navigation").get_by_role("link", name="Ask").click()
    ask(page, "spend by campaign")
    choose(page)
    approve(page)
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
