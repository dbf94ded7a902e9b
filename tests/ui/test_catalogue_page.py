"""The Catalogue page from a file of products to a file of texts, without any model's key."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))

from wire import Wire, fail, say

from src.catalogue.journal import Entry, Journal
from src.config.settings import get_settings
from src.errors import DataFileError, InputError, StepConflict
from src.llm.router import get_router
from src.llm.usage import summary
from src.ui.catalogue import desk as desks
from src.ui.catalogue.desk import opened, remove, shelf
from src.ui.catalogue.driving import Driving
from src.ui.catalogue.shelf import Catalogue, Choices
from src.ui.catalogue.start import read_file
from src.ui.jobs import Job, job_board
from src.ui.owned_router import usage_id
from tests.ui.conftest import ROOT, OpenPage, settled, words

PAGE = "pages/Catalogue.py"
RUSSIAN = "Артикул;Название;Категория;Цвет\nA1;Чашка;Посуда;белый\nA2;Воск для депиляции;Уход;\n"
BAIT = "![x](https://evil.example/p.png) <img src=https://evil.example/q.png>"


@pytest.fixture(autouse=True)
def own_home(open_page: OpenPage) -> Iterator[None]:
    """The home of `open_page` also where no page has been opened yet; nothing stays open."""
    get_settings.cache_clear()
    yield
    for one in desks._open.values():
        one.close()
    desks._open.clear()


def click(app: AppTest, key: str) -> AppTest:
    return settled(app.button(key=key).click().run())


def write(owner: str, catalogue: Catalogue, choices: Choices | None = None) -> None:
    """Run the catalogue to its end."""
    with opened(owner, catalogue) as desk:
        job = desk.start(choices or Choices())
        assert job.wait(60)
        job_board().collect(job)
        job.outcome()


def upload(owner: str, text: str | bytes, name: str = "products.csv") -> Catalogue:
    """A file of products that `owner` has read."""
    return read_file(owner, name, text.encode() if isinstance(text, str) else text)


def test_the_sample_opens_with_one_click(open_page: OpenPage) -> None:
    app = open_page(PAGE, user="anna")
    assert "No model is available: set OPENAI_API_KEY or ANTHROPIC_API_KEY" in words(app)
    assert "240 products were read" in words(click(app, "catalogue_sample"))


def test_from_products_to_a_file_without_a_key(open_page: OpenPage) -> None:
    app = open_page(PAGE, user="alma", catalogue=upload("alma", RUSSIAN).id)
    app = click(app, "catalogue_next_texts")
    assert "What the offline template writes when no model can" in words(app)
    assert not [button for button in app.button if button.key == "catalogue_try"]
    app = click(app, "catalogue_next_price")
    assert "2 texts: standard item" in words(app)
    app = click(app, "catalogue_start")
    assert "All texts are done" in words(app)
    app = click(app, "catalogue_next_review")
    assert "Offline template" in words(app)
    app = click(app, "approve_page")
    app = click(app, "catalogue_next_export")
    app.radio(key="catalogue_which").set_value("judged")
    app = settled(app.run())
    assert app.get("download_button")[0].label == "Download 4 texts as CSV"
    # Nothing is spent, and the owner alone sees who wrote it.
    figures = summary(get_router().ledger, user=usage_id("alma"))
    assert (figures["cost"], figures["input_tokens"]) == (0, 0)
    assert figures["calls"] == 4
    assert summary(get_router().ledger, user=usage_id("somebody else"))["calls"] == 0


def test_one_primary_button_a_step(open_page: OpenPage) -> None:
    catalogue = upload("ada", RUSSIAN)
    write("ada", catalogue)
    for step in ("products", "texts", "price", "run", "review", "export"):
        app = open_page(PAGE, user="ada", catalogue=catalogue.id, step=step)
        buttons = [*app.main.get("button"), *app.main.get("download_button")]
        primary = [button.label for button in buttons if button.proto.type == "primary"]
        assert len(primary) == 1, (step, primary)
        assert not app.exception


def test_nobody_opens_the_catalogue_of_another_owner(open_page: OpenPage) -> None:
    catalogue = upload("boris", RUSSIAN)
    app = open_page(PAGE, user="xenia", catalogue=catalogue.id, step="review")
    assert "This catalogue is not there." in words(app)
    assert "Чашка" not in words(app)
    assert shelf("xenia").list() == []
    for name in (catalogue.id, f"../{catalogue.folder.parent.name}/{catalogue.id}", "..", ""):
        with pytest.raises(InputError):
            shelf("xenia").get(name)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.csv", b"", "empty"),
        ("noise.csv", bytes(range(256)) * 40, "noise.csv"),
        ("ads.csv", b"Day,Cost\n2026-05-01,3\n", "no column with the products' titles"),
        ("image.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(200), "image.xlsx"),
        ("titles.csv", b"id,title\n1,\n2,\n", "2 rows that cannot be used"),
    ],
)
def test_a_file_without_products_is_refused_and_leaves_nothing(
    open_page: OpenPage, name: str, data: bytes, said: str
) -> None:
    with pytest.raises(DataFileError, match=said) as caught:
        upload("wanda", data, name)
    assert "--" not in (caught.value.hint or "")
    assert shelf("wanda").list() == []


def test_rows_that_cannot_be_used_are_left_out_and_named(open_page: OpenPage) -> None:
    catalogue = upload("emil", f"id,title\n1,Cup\n2,\n3,{BAIT}\n")
    app = open_page(PAGE, user="emil", catalogue=catalogue.id)
    assert "2 products were read" in words(app)
    assert "row 3, column title: is empty" in words(app)


def test_text_of_products_is_shown_as_text(open_page: OpenPage) -> None:
    catalogue = upload("fay", f'id,title,note\n1,"{BAIT}","[a](https://evil.example)"\n')
    write("fay", catalogue)
    for step in ("products", "texts", "review"):
        app = open_page(PAGE, user="fay", catalogue=catalogue.id, step=step)
        shown = [str(one.value) for kind in ("markdown", "caption") for one in app.main.get(kind)]
        shown += [tab.label for tab in app.main.get("tab")]
        assert not [one for one in shown if re.search(r"(?<!\\)(!\[|<img|\]\()", one)]


def test_an_edited_template_is_previewed_priced_and_kept(open_page: OpenPage) -> None:
    catalogue = upload("gleb", RUSSIAN)
    app = open_page(PAGE, user="gleb", catalogue=catalogue.id, step="texts")
    prompt = f"template_{catalogue.id}_description_ru_prompt_0"
    app.text_area(key=prompt).set_value("Опиши кратко. <product>{title}</product>").run()
    assert "Опиши кратко. <product>Чашка</product>" in [code.value for code in app.main.get("code")]
    app.text_area(key=prompt).set_value("Опиши {titel}").run()
    assert app.button(key="catalogue_next_price").disabled
    assert "<product>" in words(app)
    app = click(app, "catalogue_reset")
    assert catalogue.choices().edits == {}
    assert not app.button(key="catalogue_next_price").disabled


def test_decisions_are_stored_with_the_run_and_exported(open_page: OpenPage) -> None:
    catalogue = upload("hugo", RUSSIAN)
    choices = catalogue.choose(types=("ad",))
    write("hugo", catalogue, choices)
    app = open_page(PAGE, user="hugo", catalogue=catalogue.id, step="review")
    approve = [one.key for one in app.button if str(one.key).startswith("approve_")]
    app = click(app, str(approve[0]))
    edit = [one.key for one in app.button if str(one.key).startswith("edit_")]
    app = click(app, str(edit[0]))
    app.text_area[0].set_value("Воск для депиляции. Тёплый, мягкий, на каждый день.")
    save = [one.key for one in app.button if str(one.key).startswith("save_")]
    app = click(app.run(), str(save[0]))
    assert "Approved (1)" in str(app.main.get("button_group")[0])

    desks._open[catalogue.folder].close()
    desks._open.clear()  # as after a restart
    with opened("hugo", catalogue) as desk:
        made = desk.exported(choices, "jsonl", judged_only=False)
        assert not isinstance(made, Job)
        rows = [json.loads(line) for line in made.path.read_text(encoding="utf-8").splitlines()]
    assert [row["review"] for row in rows] == ["approved", "edited"]
    assert rows[1]["text"] == "Воск для депиляции. Тёплый, мягкий, на каждый день."
    assert {row["engine"] for row in rows} == {"offline"}


def test_an_interrupted_run_says_so_and_goes_on(open_page: OpenPage) -> None:
    catalogue = upload("ines", RUSSIAN)
    catalogue.settle("running", {})  # what a server leaves that was killed
    app = open_page(PAGE, user="ines")
    assert "interrupted" in words(app)
    app = click(app, f"open_{catalogue.id}")
    assert "The run was interrupted" in words(app)
    app = click(app, "catalogue_go_on")
    assert "All texts are done" in words(app)


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """Providers on loopback, with keys for them."""
    wire = Wire()
    for name, value in {
        "OPENAI_API_KEY": "sk-planted-0123456789abcdef",
        "ANTHROPIC_API_KEY": "sk-ant-planted-0123456789abcdef",
        "OPENAI_BASE_URL": f"{wire.url}/openai/v1",
        "ANTHROPIC_BASE_URL": wire.url,
    }.items():
        monkeypatch.setenv(name, value)
    yield wire
    wire.close()


def test_a_text_is_asked_for_again_with_a_reason_and_one_press(
    open_page: OpenPage, providers: Wire
) -> None:
    copy = "Удобная чашка из светлой керамики для чая и кофе на каждый день."
    providers.on("openai", say(copy))
    providers.on("anthropic", say(copy.replace("Удобная", "Лёгкая")))
    catalogue = upload("inna", "id;title\n1;Чашка\n")
    app = open_page(PAGE, user="inna", catalogue=catalogue.id)
    write("inna", catalogue, catalogue.choose(types=("ad",)))
    app = open_page(PAGE, user="inna", catalogue=catalogue.id, step="review")
    asked = len(providers.asked())
    again = next(one for one in app.button if one.label == "Ask for another text")
    # A reason that was typed and not sent comes with the press: a button that waits for it would
    # have to be pressed twice.
    assert not again.disabled
    app = settled(again.click().run())
    assert "A reason of 1 to" in words(app)
    assert len(providers.asked()) == asked
    app.text_area[0].set_value("Короче")
    again = next(one for one in app.button if one.label == "Ask for another text")
    app = settled(again.click().run())
    assert "Лёгкая чашка" in words(app)
    assert len(providers.asked()) == asked + 1


def test_a_rejected_key_is_named_where_the_template_stood_in(
    open_page: OpenPage, providers: Wire
) -> None:
    for name in ("openai", "anthropic"):
        providers.on(name, fail(401, "invalid_api_key", "<b>Incorrect</b> API key"))
    catalogue = upload("igor", "id;title\n1;Чашка\n")
    app = open_page(PAGE, user="igor", catalogue=catalogue.id)
    write("igor", catalogue, catalogue.choose(types=("ad",)))
    app = open_page(PAGE, user="igor", catalogue=catalogue.id, step="run")
    assert "openai rejects the key" in words(app)
    assert "<b>Incorrect</b> API key" in words(app)  # as text: the escapes are resolved
    assert "Ask the models again for 1 text by the template" in words(app)


def test_a_bound_is_as_fine_as_the_price_and_leads_back_to_it(
    open_page: OpenPage, providers: Wire
) -> None:
    catalogue = upload("ivar", "id;title\n1;Чашка\n")
    catalogue.choose(types=("ad",), budget=Decimal("0.00001"))
    app = open_page(PAGE, user="ivar", catalogue=catalogue.id, step="price")
    settled(app.number_input(key=f"catalogue_budget_{catalogue.id}").set_value(0.0001).run())
    assert catalogue.choices().budget == Decimal("0.0001")
    catalogue.choose(budget=Decimal("0.00001"))
    write("ivar", catalogue, catalogue.choices())
    assert not providers.asked()
    app = open_page(PAGE, user="ivar", catalogue=catalogue.id, step="price")
    assert "The bound is below the cost" in words(app)
    app = open_page(PAGE, user="ivar", catalogue=catalogue.id, step="run")
    app = click(app, "catalogue_next_price")
    assert "What will it cost?" in words(app)
    # What is spent already counts.
    catalogue.choose(budget=Decimal(1))
    app = open_page(PAGE, user="ivar", catalogue=catalogue.id, step="price")
    assert "The bound is below the cost" not in words(app)
    catalogue.settle("budget", {"spent": "1.0"})
    app = open_page(PAGE, user="ivar", catalogue=catalogue.id, step="price")
    assert "The bound is below the cost" in words(app)


def test_what_is_written_is_reviewed_while_the_rest_is(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = upload("jens", RUSSIAN)
    choices = catalogue.choose(types=("ad",))
    open_page(PAGE, user="jens", catalogue=catalogue.id)
    go_on, begun, write_now = threading.Event(), threading.Event(), Journal.write

    def one_by_one(journal: Journal, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if begun.is_set():
                go_on.wait(30)
            write_now(journal, [entry])
            begun.set()

    monkeypatch.setattr(Journal, "write", one_by_one)
    with opened("jens", catalogue) as desk:
        try:
            job = desk.start(choices)
            assert begun.wait(30)
            app = AppTest.from_file(str(ROOT / PAGE), default_timeout=60)
            app.query_params["catalogue"], app.query_params["step"] = catalogue.id, "review"
            app.run()
            assert "The run goes on" in words(app)
            found = desk.lines(choices, (0, 0))
            assert not isinstance(found, Job)
            (line,) = found.lines
            desk.decide(line, "edited", "Своими словами.")
        finally:
            go_on.set()
        assert job.wait(30)
        job_board().collect(job)
        app = settled(app.run())
        assert "The run has ended since this list was made." in words(app)
        app = settled(app.button(key="catalogue_show_more").click().run())
        assert "All (2)" in str(app.main.get("button_group")[0])
        kept = desk.entry(line)
    assert kept is not None
    assert kept.text == "Своими словами."


def test_a_second_start_finds_the_first(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_page(PAGE, user="jana")
    first, second = upload("jana", RUSSIAN), upload("jana", RUSSIAN)
    go_on = threading.Event()
    monkeypatch.setattr(Driving, "write_all", lambda *_: go_on.wait(30), raising=True)
    try:
        with opened("jana", first) as one, opened("jana", second) as two:
            job = one.start(Choices())
            assert one.start(Choices()) is job
            with pytest.raises(StepConflict, match="being written"):
                two.start(Choices())
        with pytest.raises(StepConflict, match="in use"):
            remove("jana", first)
        app = AppTest.from_file(str(ROOT / PAGE), default_timeout=60)
        app.query_params["catalogue"], app.query_params["step"] = first.id, "texts"
        app.run()
        assert "The texts are being written" in words(app)
    finally:
        go_on.set()
    job.wait(30)
    settled(app)
    remove("jana", second)
    assert [one.id for one in shelf("jana").list()] == [first.id]


def test_a_catalogue_is_removed_with_its_folder(open_page: OpenPage) -> None:
    catalogue = upload("kurt", RUSSIAN)
    app = open_page(PAGE, user="kurt")
    app = click(app, f"remove_{catalogue.id}")
    assert not catalogue.folder.exists()
    assert "Your catalogues" not in words(app)


def test_a_damaged_record_hides_no_other_catalogue(open_page: OpenPage) -> None:
    whole, damaged = upload("lena", RUSSIAN), upload("lena", RUSSIAN)
    (damaged.folder / "catalogue.json").write_text("{broken", encoding="utf-8")
    assert [one.id for one in shelf("lena").list()] == [whole.id]
    (whole.folder / "choices.json").write_text('{"strategy": 7, "budget": "x"}', encoding="utf-8")
    assert whole.choices() == Choices()


def test_uploads_keep_to_their_folder(open_page: OpenPage) -> None:
    catalogue = upload("mira", RUSSIAN, "../../чашки.csv")
    assert catalogue.name == "чашки.csv"
    home = Path(get_settings().campaign_analyst_home).resolve()
    assert home in catalogue.folder.resolve().parents


def test_a_late_message_does_not_lead_back_to_the_step_before(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(app: AppTest) -> dict[str, str]:
        params = app.query_params.items()
        return {name: one if isinstance(one, str) else one[0] for name, one in params}

    def arrives(address: dict[str, str]) -> dict[str, str]:
        """Where a message with that address leads, such as a timer's of the page before."""
        app.query_params.clear()
        for name, one in address.items():
            app.query_params[name] = one
        return at(settled(app.run()))

    monkeypatch.setattr("src.ui.address._STALE_SECONDS", 600.0)
    catalogue = upload("nora", RUSSIAN).id
    app = click(open_page(PAGE, user="nora"), f"open_{catalogue}")
    first = at(app)
    assert first == {"catalogue": catalogue, "step": "products"}
    assert arrives({}) == first
    second = at(click(app, "catalogue_next_texts"))
    assert arrives(first) == second == {"catalogue": catalogue, "step": "texts"}
    assert at(click(app, "all_catalogues")) == arrives(second) == {}
    # A moment later it is a person who goes there.
    monkeypatch.setattr("src.ui.address._STALE_SECONDS", 0.0)
    assert arrives(second) == second
