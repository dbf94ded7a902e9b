"""The main job in a real browser: ask, choose, review, run, understand, go on."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Server, approve, ask, choose


def analysis_id(page: Page) -> str:
    found = re.search(r"analysis=([0-9a-f]+)", page.url)
    assert found, page.url
    return found.group(1)


def events(server: Server, session_id: str) -> list[str]:
    """The audit trail of an analysis, oldest first."""
    with sqlite3.connect(f"file:{server.home / 'state.db'}?mode=ro", uri=True) as state:
        tables = [r[0] for r in state.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        table = next(name for name in tables if name.endswith("events"))
        columns = [r[1] for r in state.execute(f"PRAGMA table_info({table})")]
        key = next(c for c in columns if c in ("session_id", "session"))
        query = f"SELECT kind FROM {table} WHERE {key} = ? ORDER BY seq"
        return [r[0] for r in state.execute(query, (session_id,))]


def test_from_a_vague_question_to_a_follow_up(open_page: OpenPage, server: Server) -> None:
    page = open_page()
    ask(page, "Show me high performing campaigns")

    expect(page.get_by_role("heading", name="5 ways to read this")).to_be_visible()
    expect(page.get_by_role("button", name="Choose", exact=True)).to_have_count(5)
    expect(page.locator("li[aria-current=step]")).to_contain_text("Clarify")

    choose(page)
    expect(page.get_by_text("Nothing has run yet")).to_be_visible()
    expect(page.get_by_text("The guard allows it")).to_be_visible()
    expect(page.get_by_text("What it does")).to_be_visible()
    session_id = analysis_id(page)
    before = events(server, session_id)
    assert "approve" not in before and "ran" not in before

    approve(page)
    assert events(server, session_id).index("approve") < events(server, session_id).index("ran")
    expect(page.locator(".stPlotlyChart")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    expect(page.locator("li[aria-current=step]")).to_contain_text("Result")
    expect(page.get_by_text("Offline", exact=True).first).to_be_visible()

    page.get_by_role("button", name="Show cells").first.click()
    expect(page.locator(".st-key-evidence")).to_contain_text("Row 1")

    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV", exact=True).click()
    lines = Path(waiting.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) > 5

    box = page.get_by_placeholder("Ask a follow-up", exact=False)
    box.fill("and by device?")
    box.press("Enter")
    expect(page.locator("li[aria-current=step]")).to_contain_text("Clarify")
    expect(page.get_by_text("device", exact=False).first).to_be_visible()
    assert analysis_id(page) != session_id


def test_a_reload_resumes_at_its_step(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "spend by platform last month")
    choose(page)
    page.reload()
    expect(page.get_by_role("button", name="Approve and run")).to_be_visible()
    approve(page)
    page.reload()
    expect(page.get_by_text("Go on from here")).to_be_visible()
    expect(page.locator(".stPlotlyChart")).to_be_visible()


def test_a_double_click_runs_once(open_page: OpenPage, server: Server) -> None:
    page = open_page()
    ask(page, "clicks by device")
    choose(page)
    page.get_by_role("button", name="Approve and run").dblclick()
    expect(page.get_by_text("Go on from here")).to_be_visible()
    kinds = events(server, analysis_id(page))
    assert kinds.count("approve") == 1
    assert kinds.count("ran") == 1


def test_an_edit_is_guarded_again_before_it_can_run(open_page: OpenPage, server: Server) -> None:
    page = open_page()
    ask(page, "clicks by device")
    choose(page)
    page.get_by_role("tab", name="Edit").click()
    editor = page.get_by_role("textbox", name="SQL")
    editor.fill("DELETE FROM campaigns")
    editor.press("Control+Enter")
    expect(page.get_by_text("The guard refuses this statement")).to_be_visible()
    expect(page.get_by_role("button", name="Approve and run")).to_be_disabled()

    page.get_by_role("tab", name="Edit").click()
    editor.fill("SELECT device, count(*) AS n FROM campaigns GROUP BY device ORDER BY n DESC")
    editor.press("Control+Enter")
    expect(page.get_by_text("The guard allows it")).to_be_visible()
    approve(page)
    expect(page.get_by_text("Edited", exact=True).first).to_be_visible()
    assert events(server, analysis_id(page)).count("approve") == 1


def test_typing_and_approving_at_once_shows_the_new_text_first(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page()
    ask(page, "clicks by device")
    choose(page)
    page.get_by_role("tab", name="Edit").click()
    page.get_by_role("textbox", name="SQL").fill("SELECT max(clicks) AS most FROM campaigns")
    page.get_by_role("button", name="Approve and run").click()
    expect(page.get_by_text("The guard allows it")).to_be_visible()
    expect(page.get_by_text("Written by you")).to_be_visible()
    assert "ran" not in events(server, analysis_id(page))


def test_a_reading_is_changed_with_widgets(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "clicks by device")
    choose(page)
    page.get_by_text("Reading:", exact=False).click()
    page.get_by_text("Change this reading").click()
    limit = page.get_by_role("spinbutton", name="Rows to keep")
    limit.fill("2")
    limit.press("Enter")
    page.get_by_role("button", name="Write the SQL for this").click()
    expect(page.locator(".stCode code").first).to_contain_text("LIMIT 2")


def test_a_filter_is_added_with_two_clicks_and_one_more_writes_the_sql(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "clicks by device")
    choose(page)
    page.get_by_text("Reading:", exact=False).click()
    page.get_by_text("Change this reading").click()
    pick(page, "Filters on", "Platform")
    pick(page, "Values of Platform", "TikTok")
    page.get_by_role("button", name="Write the SQL for this").click()
    expect(page.locator(".stCode code").first).to_contain_text("'TikTok'")


def pick(page: Page, group: str, choice: str) -> None:
    """Choose one of the pills of that label."""
    pills = page.locator(".stButtonGroup").filter(has_text=group)
    pills.get_by_role("checkbox", name=choice).or_(
        pills.get_by_role("button", name=choice, exact=True)
    ).first.click()


def test_a_person_verifies_an_answer(open_page: OpenPage) -> None:
    page = open_page(fresh=True)
    ask(page, "clicks by device")
    choose(page)
    approve(page)
    page.get_by_text("Verify this answer").click()
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.get_by_text("Verified", exact=True).first).to_be_visible()


def test_a_query_without_end_is_cancelled_and_its_sql_is_kept(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "clicks by device")
    choose(page)
    page.get_by_role("tab", name="Edit").click()
    editor = page.get_by_role("textbox", name="SQL")
    editor.fill("SELECT count(*) FROM range(100000000000) t(i), range(1000) u(j)")
    editor.press("Control+Enter")
    expect(page.get_by_text("Written by you")).to_be_visible()
    page.get_by_role("button", name="Approve and run").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The query was cancelled", exact=False)).to_be_visible()
    expect(page.get_by_role("button", name="Run the approved SQL")).to_be_visible()


def test_a_rejection_gets_another_draft(open_page: OpenPage, server: Server) -> None:
    page = open_page()
    ask(page, "clicks by device")
    choose(page)
    page.get_by_text("Not right? Reject it").click()
    page.get_by_label("What should be different").fill("only mobile")
    page.get_by_role("button", name="Reject and write another").click()
    expect(page.get_by_text("Answers your comment")).to_be_visible()
    assert "rejected" in events(server, analysis_id(page))
