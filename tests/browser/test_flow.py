"""The main job in a real browser: ask, choose, review, run, understand, go on."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.audit import analysis_id, events
from tests.browser.conftest import (
    FADED,
    PLACEHOLDER,
    OpenPage,
    Server,
    approve,
    ask,
    choose,
    looks_right,
    steady,
    write_sql,
)


def test_from_a_vague_question_to_a_follow_up(open_page: OpenPage, server: Server) -> None:
    """Every step of the way is looked at in the light, in the dark and as wide as a phone."""
    page = open_page()
    expect(page.get_by_text("You are asking", exact=False)).to_be_visible()
    looks_right(page)
    ask(page, "Show me high performing campaigns")

    expect(page.get_by_role("heading", name="5 ways to read this")).to_be_visible()
    expect(page.get_by_role("button", name="Choose", exact=True)).to_have_count(5)
    expect(page.locator("li[aria-current=step]")).to_contain_text("Clarify")
    looks_right(page)

    choose(page)
    expect(page.get_by_text("Nothing has run yet")).to_be_visible()
    expect(page.get_by_text("The guard allows it")).to_be_visible()
    expect(page.get_by_text("What it does")).to_be_visible()
    session_id = analysis_id(page)
    before = events(server, session_id)
    assert "approve" not in before and "ran" not in before
    looks_right(page)

    approve(page)
    assert events(server, session_id).index("approve") < events(server, session_id).index("ran")
    expect(page.locator(".stPlotlyChart")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    expect(page.locator("li[aria-current=step]")).to_contain_text("Result")
    expect(page.get_by_text("Offline", exact=True).first).to_be_visible()
    looks_right(page)

    page.get_by_role("button", name="Show cells").first.click()
    expect(page.locator(".st-key-evidence")).to_contain_text("Row 1")
    steady(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV", exact=True).click()
    lines = Path(waiting.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) > 5

    box = page.get_by_placeholder("Ask a follow-up", exact=False)
    box.fill("and by device?")
    box.press("Enter")
    expect(page.locator("li[aria-current=step]")).to_contain_text("Clarify")
    expect(page.get_by_text("For each device, top 10 campaigns by ROAS").first).to_be_visible()
    assert analysis_id(page) != session_id
    page.go_back()
    expect(page.locator("li[aria-current=step]")).to_contain_text("Result")


def test_what_runs_is_what_was_shown_and_approved(open_page: OpenPage, server: Server) -> None:
    """Edits, refusals, an approval in the same breath as an edit, and a query without end."""
    page = open_page()
    ask(page, "clicks by device")
    choose(page)
    run = page.get_by_role("button", name="Approve and run")
    write_sql(page, "DELETE FROM campaigns")
    expect(page.get_by_text("The guard refuses this statement")).to_be_visible()
    expect(run).to_be_disabled()

    write_sql(page, "SELECT count(*) FROM range(100000000000) t(i), range(1000) u(j)")
    expect(page.get_by_text("The guard allows it")).to_be_visible()
    expect(run).to_be_enabled()

    # Typed and approved at once: when the press began the new text had not been shown with its
    # verdict, and when it ended it had.
    page.get_by_role("textbox", name="SQL").fill("SELECT max(clicks) AS most FROM campaigns")
    run.hover()
    page.mouse.down()
    expect(page.locator(".stCode code").first).to_contain_text("max(clicks)")
    steady(page)
    run.hover()
    page.mouse.up()
    steady(page)
    assert "approve" not in events(server, analysis_id(page))
    page.get_by_role("textbox", name="SQL").fill("SELECT min(clicks) AS least FROM campaigns")
    run.click()
    expect(page.locator(".stCode code").first).to_contain_text("min(clicks)")
    steady(page)
    assert "approve" not in events(server, analysis_id(page))

    write_sql(page, "SELECT count(*) FROM range(100000000000) t(i), range(1000) u(j)")
    run.click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The query was cancelled", exact=False)).to_be_visible()
    expect(page.get_by_role("button", name="Run the approved SQL")).to_be_visible()
    steady(page)

    write_sql(page, "SELECT device, count(*) AS n FROM campaigns GROUP BY device ORDER BY n DESC")
    approve(page)
    expect(page.get_by_text("Edited", exact=True).first).to_be_visible()
    assert events(server, analysis_id(page)).count("ran") == 1


def test_a_reading_is_changed_with_widgets_and_a_draft_with_a_comment(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "clicks by device")
    choose(page)
    unfold(page, "Reading:")
    unfold(page, "Change this reading")
    pick(page, "Filters on", "Platform")
    pick(page, "Values of Platform", "TikTok")
    page.get_by_role("button", name="Write the SQL for this").click()
    expect(page.locator(".stCode code").first).to_contain_text("'TikTok'")
    steady(page)

    unfold(page, "Not right? Reject it")
    page.get_by_label("What should be different").fill("only mobile")
    page.get_by_role("button", name="Reject and write another").click()
    expect(page.get_by_text("Written after your comment: only mobile")).to_be_visible()
    expect(page.locator(".stCode code").first).to_contain_text("'mobile'")


def unfold(page: Page, title: str) -> None:
    """Open an expander and wait until it has slid open: what is in it, or below it, moves away from
    under the pointer till then, and under load for longer than a click waits."""
    fold = page.locator("details").filter(has=page.locator("summary", has_text=title)).last
    fold.locator("summary").first.click()
    expect(fold).to_have_attribute("open", "")
    page.evaluate(FADED)


def pick(page: Page, group: str, choice: str) -> None:
    """Choose one of the pills of that label."""
    pills = page.locator(".stButtonGroup").filter(has_text=group)
    pill = pills.get_by_role("button", name=choice, exact=True)
    pill.click()
    expect(pill).to_have_attribute("aria-pressed", "true")
    steady(page)


def test_what_is_no_question_stays_in_the_box_and_what_cannot_be_answered_says_why(
    open_page: OpenPage,
) -> None:
    page = open_page()
    ask(page, "x" * 10_000)
    expect(page.get_by_text("10,000 characters", exact=False)).to_be_visible()
    steady(page)
    expect(page.get_by_placeholder(PLACEHOLDER)).to_have_value("x" * 10_000)
    ask(page, "impression share lost to rank")
    expect(page.get_by_text("This cannot be answered as asked")).to_be_visible()
    expect(page.get_by_role("button", name="Approve and run")).to_have_count(0)
    steady(page)
    # What can be asked instead can be asked with a click.
    page.locator(".st-key-suggestions button").first.click()
    expect(page.get_by_role("button", name="Choose", exact=True).first).to_be_visible()
