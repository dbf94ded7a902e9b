"""A catalogue from a file of products to a file of texts in a real browser, without any key."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, looks_right, steady

PRODUCTS = 2_000
"""As many as keep the offline template busy until somebody has pressed Pause."""

ASKED = "Опиши кратко, в одном абзаце <p>.\n<product>{title}\n{attributes}</product>"
OFFLINE = "<p>{title}: у нас на полке.</p>"
OWN = "Чашка, из которой хочется пить чай каждое утро."


def test_from_products_to_a_file_of_texts(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("/Catalogue")
    upload(page, tmp_path / "товары.csv")
    expect(page.get_by_text(f"{PRODUCTS:,} in Russian")).to_be_visible()
    click(page, "Next: the texts")

    # A template is edited, a mistake in it is told, and three products show what it gives.
    expect(page.get_by_role("tab")).to_have_count(3)
    put_off(page, "SEO title and meta")
    page.get_by_text("Change what is asked").click()
    fill(page, "What the model is asked", "Опиши {nonsense}")
    expect(page.get_by_text("{nonsense}", exact=False).last).to_be_visible()
    expect(page.get_by_role("button", name="Next: the price")).to_be_disabled()
    fill(page, "What the model is asked", ASKED)
    expect(page.locator(".stCode code").first).to_contain_text("Опиши кратко")
    expect(page.locator(".stCode code").first).to_contain_text("Чашка №1 белая")
    fill(page, "What is written when no model can", OFFLINE)
    expect(page.get_by_text("Чашка №1 белая: у нас на полке.")).to_be_visible()
    looks_right(page)
    click(page, "Next: the price")

    expect(page.get_by_text(f"{PRODUCTS:,} × Description")).to_be_visible()
    expect(page.get_by_text("Nothing has been sent", exact=False)).to_be_visible()
    # A second click finds the run of the first.
    page.get_by_role(
        "button", name=f"Write {PRODUCTS:,} texts with the offline template"
    ).dblclick()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused: ", exact=False)).to_be_visible()
    page.reload()
    expect(page.get_by_text("Paused: ", exact=False)).to_be_visible()

    # What is written is reviewed while the rest is not.
    click(page, "Review what is written so far")
    expect(page.get_by_text("The run goes on", exact=False)).to_be_visible()
    page.get_by_role("button", name="Approve", exact=True).first.click()
    expect(page.get_by_role("radio", name="Approved (1)")).to_be_visible()
    steady(page)
    page.get_by_role("button", name="Edit").first.click()
    write_own(page)
    page.get_by_role("button", name="Leave out").first.click()
    expect(page.get_by_role("radio", name="Left out (1)")).to_be_visible()
    steady(page)
    page.get_by_role("button", name="Write again").first.click()
    expect(page.get_by_text("No model is available", exact=False).last).to_be_visible()
    page.keyboard.press("Escape")
    click(page, "Back to the run")
    # Streamlit has a Stop of its own while a page runs.
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").click()
    expect(page.get_by_role("heading", name="The run was stopped")).to_be_visible()
    click(page, "Go on")
    expect(page.get_by_role("heading", name="All texts are done")).to_be_visible()
    steady(page)

    page.locator(".st-key-catalogue_step_export button").click()
    page.get_by_text("Only approved and edited texts").click()
    download = page.get_by_role("button", name="Download 2 texts as CSV")
    expect(download).to_be_visible()
    steady(page)
    with page.expect_download() as waiting:
        download.click()
    assert waiting.value.suggested_filename == "товары_copy.csv"
    data = Path(waiting.value.path()).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")  # or Excel reads it as something else
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [row["product_id"] for row in rows] == ["Ч1", "Ч2"]
    assert [row["review"] for row in rows] == ["approved", "edited"]
    assert [row["text"] for row in rows] == ["<p>Чашка №1 белая: у нас на полке.</p>", OWN]
    assert {row["engine"] for row in rows} == {"offline"}
    looks_right(page)


def upload(page: Page, path: Path) -> None:
    """A file as a Russian spreadsheet program writes it."""
    lines = ["Артикул;Название;Категория;Цвет"]
    lines += [f"Ч{n};Чашка №{n} белая;Посуда;белый" for n in range(1, PRODUCTS + 1)]
    path.write_bytes("\r\n".join(lines).encode("cp1251"))
    page.locator("input[type=file]").first.set_input_files(path)
    expect(page.get_by_text(path.name).first).to_be_visible()
    page.get_by_role("button", name="Read the file").click()


def put_off(page: Page, kind: str) -> None:
    """Take a kind of text out. A press that falls into a redraw is lost, and made again."""
    pill = page.locator(".stButtonGroup").first.get_by_role("button", name=kind)
    for _ in range(3):
        steady(page)
        pill.click()
        steady(page)
        if pill.get_attribute("aria-pressed") != "true":
            return
    raise AssertionError(f"{kind} cannot be taken out")


def click(page: Page, name: str) -> None:
    steady(page)
    page.get_by_role("button", name=name).click()
    steady(page)


def write_own(page: Page) -> None:
    """In the editor that is open, put a text of one's own in the place of the model's."""
    fill(page, "The text as it goes out", OWN)
    page.get_by_role("button", name="Save and approve").click()
    expect(page.get_by_role("radio", name="Edited (1)")).to_be_visible()
    steady(page)


def fill(page: Page, label: str, text: str) -> None:
    """Fill a field in and leave it."""
    box = page.get_by_role("textbox", name=label)
    box.fill(text)
    box.press("Control+Enter")
    steady(page)
