"""A catalogue that models write, in a real browser, with the providers on loopback."""

from __future__ import annotations

import csv
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import fastexcel
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Locator, Page, expect

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))

from dialects import Tokens
from wire import Asked, Wire, say

from benchmarks.serving.copy_server import write
from tests.browser.conftest import OpenPage, Server, looks_right, serving, steady
from tests.browser.test_catalogue import OWN, click, write_own

CHEAP, CLAUDE = "gpt-6-luna", "claude-haiku-5-5"
REFUSED = "Нож охотничий складной"
PRODUCTS = (
    ("A1", "Чашка фарфоровая", "Посуда", "белый"),
    ("A2", "Воск для депиляции тёплый", "Уход", "розовый"),
    ("A3", REFUSED, "Туризм", "чёрный"),
    ("A4", "Плед шерстяной", "Дом", "серый"),
    ("A5", "Полоски восковые для лица", "Уход", "белый"),
    ("A6", "Рюкзак городской", "Сумки", "синий"),
    ("B1", "Ceramic teapot", "Kitchen", "green"),
    ("B2", "Bikini wax strips", "Care", "pink"),
    ("B3", "Camping lantern", "Outdoor", "yellow"),
    ("B4", "Linen apron", "Kitchen", "grey"),
)
KINDS = ("description", "seo", "bullets", "ad")

AT_ONCE = 32
"""Texts that a run has under way; with four kinds for each product there are more."""

PATIENT = """
[profiles.current.tasks.content_generation]
attempt_seconds = 300.0
deadline_seconds = 600.0
"""
"""An answer that is held back must not run out of time on a slow machine."""

Read = Callable[[Path], list[dict[str, str]]]
READERS: dict[str, Read] = {
    "CSV": lambda path: list(csv.DictReader(path.open(encoding="utf-8-sig", newline=""))),
    "XLSX": lambda path: [
        {name: cell or "" for name, cell in row.items()}
        for row in fastexcel.read_excel(str(path))
        .load_sheet(0, dtypes="string")
        .to_arrow()
        .to_pylist()
    ],
    "JSON lines": lambda path: [json.loads(line) for line in path.open(encoding="utf-8")],
    "Parquet": lambda path: pq.read_table(path).to_pylist(),
}


class Providers:
    """OpenAI, which refuses one product, and Anthropic.

    Attributes:
        open: cleared, it holds every answer back.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.open = threading.Event()
        self.open.set()
        for protocol in ("openai", "anthropic"):
            wire.on(protocol, self._answer)

    def _answer(self, handler: object, asked: Asked) -> None:
        self.open.wait(120)
        said = json.dumps(asked.body, ensure_ascii=False)
        title = next(title for _, title, _, _ in PRODUCTS if title in said)
        stop = "refused" if (title, asked.protocol) == (REFUSED, "openai") else "ok"
        text = "I can't help with that." if stop == "refused" else write(said, title)
        tokens = Tokens(plain=250, visible=150)
        say(text, stop=stop, tokens=tokens)(handler, asked)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def providers() -> Iterator[Providers]:
    wire = Wire()
    made = Providers(wire)
    yield made
    made.open.set()
    wire.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, providers: Providers) -> Iterator[Server]:
    """The app with keys, whose providers are on loopback."""
    keys = {
        "OPENAI_API_KEY": "sk-planted-0123456789abcdef",
        "ANTHROPIC_API_KEY": "sk-ant-planted-0123456789abcdef",
        "OPENAI_BASE_URL": f"{providers.wire.url}/openai/v1",
        "ANTHROPIC_BASE_URL": providers.wire.url,
    }
    home = tmp_path_factory.mktemp("home")
    (home / "models.toml").write_text(PATIENT, encoding="utf-8")
    with serving(home, **keys) as running:
        yield running


def test_from_products_to_four_files_of_the_same_texts(
    open_page: OpenPage, providers: Providers, tmp_path: Path
) -> None:
    page = open_page("/Catalogue")
    upload(page, tmp_path / "shop.csv")
    expect(page.get_by_text("6 in Russian, 4 in English")).to_be_visible()
    click(page, "Next: the texts")

    # Three products show who is asked and what; then the models write them.
    for kind in ("Bullet points", "Advertising text"):
        add(page, kind)
    tabs = page.get_by_role("tab")
    expect(tabs).to_have_count(3)
    shown = page.get_by_role("tabpanel").filter(visible=True)
    for tab, model in ((0, CHEAP), (1, CLAUDE), (2, CHEAP)):
        tabs.nth(tab).click()
        expect(shown.get_by_text(f"Asked first: {model}", exact=False)).to_be_visible()
        expect(shown.locator(".stCode code")).to_contain_text(PRODUCTS[tab][1])
    click(page, "Write these 3 now")
    expect(page.get_by_text("Written by", exact=False)).to_have_count(3)
    expect(shown.get_by_text("since the first model refused", exact=False)).to_be_visible()
    click(page, "Next: the price")

    expect(page.get_by_text("3 texts are written already", exact=False)).to_be_visible()
    table = page.get_by_role("region", name="Models, texts, tokens and dollars by strategy")
    priced = [row.inner_text().split("\t") for row in table.get_by_role("row").all()]
    first = {strategy: (model, texts) for strategy, model, texts, *_ in priced[1:] if strategy}
    assert first["Smart"] == (CHEAP, "26")
    assert first["OpenAI only"] == (CHEAP, "37")
    assert first["Claude only"] == (CLAUDE, "37")

    # Paused with all answers held back: those under way come in, and no other is begun.
    providers.open.clear()
    page.get_by_role("button", name="Write 37 texts for about $").dblclick()
    expect(page.get_by_text(f"{AT_ONCE} of {AT_ONCE} under way", exact=False)).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused: 3 of 40 texts")).to_be_visible()
    expect(page.get_by_role("heading", name="The run is paused")).to_be_visible()
    providers.open.set()
    expect(page.get_by_text(f"Paused: {3 + AT_ONCE} of 40 texts")).to_be_visible()
    expect(metric(page, "Spent")).to_have_text(re.compile(r"\$0\.00[1-9]"))
    looks_right(page)
    click(page, "Go on")
    expect(page.get_by_role("heading", name="All texts are done")).to_be_visible()
    expect(page.get_by_text("4 texts came from another model than the first.")).to_be_visible()
    click(page, "Review the texts")

    search = page.get_by_role("searchbox", name="Find a product")
    search.fill(REFUSED)
    search.press("Enter")
    cards = page.locator("[class*=st-key-copy_]")
    expect(cards).to_have_count(4)
    for card in cards.all():
        expect(card.get_by_text(CLAUDE, exact=True)).to_be_visible()
        expect(card).to_contain_text("the first model refused")
    search.fill(PRODUCTS[0][1])
    search.press("Enter")
    expect(page.get_by_role("radio", name="To review (40)")).to_be_visible()
    expect(cards.first).to_contain_text(PRODUCTS[0][1])
    cards.nth(0).get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("radio", name="Approved (1)")).to_be_visible()
    steady(page)
    # What is decided leaves the view: the first card is the next text each time.
    cards.nth(0).get_by_role("button", name="Edit").click()
    write_own(page)
    expect(cards.nth(0).get_by_text(CHEAP, exact=True)).to_be_visible()
    cards.nth(0).get_by_role("button", name="Write again").click()
    page.get_by_role("textbox", name="What should be different?").fill("Короче")
    page.get_by_role("button", name="Ask for another text").click()
    expect(cards.nth(0).get_by_text(CLAUDE, exact=True)).to_be_visible()
    expect(cards.nth(0)).to_contain_text("written again (Короче)")
    looks_right(page)
    click(page, "Next: export")

    files = {}
    for name, read in READERS.items():
        page.get_by_role("radio", name=name, exact=True).click()
        files[name] = read(download(page, f"Download 40 texts as {name}"))
    assert files["CSV"] == files["XLSX"] == files["JSON lines"] == files["Parquet"]
    rows = {(row["product_id"], row["type"]): row for row in files["CSV"]}
    assert len(rows) == 40
    # Nobody paid twice: one call for each text, one more for each refusal and for the new text.
    assert len(providers.wire.asked()) == 40 + 4 + 1
    assert {row["engine"] for row in rows.values()} == {"model"}
    assert [rows["A1", kind]["review"] for kind in KINDS] == ["approved", "edited", "", ""]
    assert rows["A1", "seo"]["text"] == OWN
    assert [rows["A1", kind]["model"] for kind in KINDS] == [CHEAP, CHEAP, CLAUDE, CHEAP]
    assert {rows["A3", kind]["failed_over"] for kind in KINDS} == {"refused"}
    dear = {id_ for (id_, _), row in rows.items() if row["provider"] == "anthropic"}
    assert dear == {"A1", "A2", "A3", "A5", "B2"}


def upload(page: Page, path: Path) -> None:
    rows = [("id", "title", "category", "colour"), *PRODUCTS]
    path.write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    page.locator("input[type=file]").first.set_input_files(path)
    expect(page.get_by_text(path.name).first).to_be_visible()
    page.get_by_role("button", name="Read the file").click()


def add(page: Page, kind: str) -> None:
    pill = page.locator(".stButtonGroup").first.get_by_role("button", name=kind)
    steady(page)
    pill.click()
    expect(pill).to_have_attribute("aria-pressed", "true")


def download(page: Page, label: str) -> Path:
    button = page.get_by_role("button", name=label)
    expect(button).to_be_visible()
    steady(page)
    with page.expect_download() as waiting:
        button.click()
    return Path(waiting.value.path())


def metric(page: Page, label: str) -> Locator:
    """The value of a figure."""
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")
