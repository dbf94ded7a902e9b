"""Data, History, Usage and Settings: each opens alone and does its job."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from src.ui.ask.examples import example_questions
from src.ui.data.model_editor import changed_table, with_table
from src.ui.data.upload import add_files
from src.ui.preferences import Preferences, change_preferences, load_preferences
from src.ui.services import library
from tests.ui.conftest import OpenPage, settled, words
from tests.ui.test_ask_page import ask, click

CSV = b"Day,Campaign,Cost,Impr.,Clicks\n" + b"\n".join(
    f"2026-05-{d:02d},{c},{d}.5,{1000 + d},{d}".encode() for d in range(1, 29) for c in ("A", "B")
)


@pytest.mark.parametrize("page", ["Data", "History", "Usage", "Settings"])
def test_a_page_opens_alone(open_page: OpenPage, page: str) -> None:
    app = open_page(f"pages/{page}.py")
    assert app.title[0].value == page
    assert not app.exception
    assert "incident" not in words(app)


def test_history_lists_what_was_asked(open_page: OpenPage) -> None:
    ask(open_page(), "clicks by device")
    app = open_page("pages/History.py")
    assert "clicks by device" in words(app)
    app.text_input[0].set_value("no such words").run()
    assert "No analysis matches" in words(app)


def test_usage_counts_the_calls_of_this_user_only(open_page: OpenPage) -> None:
    ask(open_page(user="carol"), "clicks by device")
    assert len(open_page("pages/Usage.py", user="carol").metric) > 3
    assert "No calls in this period" in words(open_page("pages/Usage.py", user="dave"))


def test_an_uploaded_file_is_in_use_and_shown(open_page: OpenPage) -> None:
    open_page(user="erin")
    dataset = add_files("erin", [("../../export.csv", CSV)])
    change_preferences("erin", dataset_id=dataset.id)
    app = open_page("pages/Data.py", user="erin")
    assert "export.csv" in words(app)
    assert "How export.csv was read" in words(app)
    assert [d.id for d in library("erin").list()] == [dataset.id]
    assert library("frank").list() == []


def test_one_row_of_one_day_is_said_as_one(open_page: OpenPage) -> None:
    open_page(user="ella")
    dataset = add_files("ella", [("one.csv", b"Day,Campaign,Cost\n2026-05-01,A,1.5\n")])
    change_preferences("ella", dataset_id=dataset.id)
    shown = words(open_page("pages/Data.py", user="ella"))
    assert "1 row, 1 May 2026" in shown.splitlines()
    assert "1 row read, 0 dropped" in shown


def test_a_removed_data_set_gives_way_to_the_default(open_page: OpenPage) -> None:
    open_page(user="gina")
    dataset = add_files("gina", [("export.csv", CSV)])
    change_preferences("gina", dataset_id=dataset.id)
    library("gina").remove(dataset.id)
    app = open_page("pages/Data.py", user="gina")
    assert "no longer there" in words(app)
    assert load_preferences("gina").dataset_id is None


def test_a_budget_is_kept(open_page: OpenPage, home: Path) -> None:
    app = open_page("pages/Settings.py")
    app.number_input(key="budget_session").set_value(2.5)
    button = next(b for b in app.main.get("button") if b.label == "Save the budgets")
    app = settled(button.click().run())
    assert "Saved." in "\n".join(str(s.value) for s in app.success)
    assert "session_usd = 2.5" in (home / "models.toml").read_text(encoding="utf-8")


def test_the_grid_changes_what_it_says_and_nothing_else(open_page: OpenPage) -> None:
    open_page(user="hana")
    model = library("hana").sample().model
    table = model.tables[0]
    rows: list[dict[object, object]] = [
        {"name": "device", "label": "Gadget", "role": "dimension", "unit": "", "synonyms": "A, b"}
    ]
    changed = changed_table(table, rows)
    column = changed.column("device")
    assert column is not None
    assert (column.label, column.synonyms) == ("Gadget", ("a", "b"))
    assert [c for c in changed.columns if c.name != "device"] == [
        c for c in table.columns if c.name != "device"
    ]
    assert with_table(model, changed).tables[0] == changed


def test_an_edited_meaning_is_saved_and_said_and_a_broken_one_is_not(open_page: OpenPage) -> None:
    open_page(user="lena")
    dataset = add_files("lena", [("export.csv", CSV)])
    change_preferences("lena", dataset_id=dataset.id)
    app = open_page("pages/Data.py", user="lena")
    box = next(a for a in app.text_area if a.label == "Model (YAML)")
    app = save_yaml(app, str(box.value).replace("label: Campaign", "label: Push"))
    assert "Saved. New questions use it." in words(app)
    assert "Push" in library("lena").list()[0].model.model_dump_json()
    app = save_yaml(app, "version: [")
    assert app.error and "unchanged" in words(app)
    assert "Saved." not in words(app)


def save_yaml(app: AppTest, text: str) -> AppTest:
    next(a for a in app.text_area if a.label == "Model (YAML)").set_value(text)
    button = next(b for b in app.main.get("button") if b.label == "Save this YAML")
    return settled(button.click().run())


def test_preferences_survive_a_damaged_file(open_page: OpenPage, home: Path) -> None:
    open_page(user="ivan")
    change_preferences("ivan", number_locale="ru")
    assert load_preferences("ivan").number_locale == "ru"
    for path in (home / "preferences").glob("*.json"):
        path.write_text("{broken", encoding="utf-8")
    assert load_preferences("ivan") == Preferences()


def test_questions_about_a_russian_file_take_its_columns_by_their_meaning(
    open_page: OpenPage,
) -> None:
    open_page(user="kira")
    lines = ["День;Название кампании;Устройство;Показы;Клики;Расход (руб.);Доход"]
    lines += [
        f"{day:02d}.05.2026;{name};{device};1000;{day};{day},5;{day * 9},5"
        for day in range(1, 29)
        for name in ("Бренд", "Общая")
        for device in ("телефон", "компьютер")
    ]
    dataset = add_files("kira", [("direct.csv", "\n".join(lines).encode("cp1251"))])
    offered = example_questions(dataset)
    assert "Show me high performing campaigns" in offered
    assert all(question.isascii() for question in offered)
    change_preferences("kira", dataset_id=dataset.id)
    app = click(ask(open_page(user="kira"), "доход по устройствам за май"), "Choose")
    app = click(app, "Approve and run")
    assert "а по кампаниям?" in words(app)


def test_examples_are_made_for_any_table(open_page: OpenPage) -> None:
    open_page(user="judy")
    dataset = add_files("judy", [("export.csv", CSV)])
    questions = example_questions(dataset)
    assert questions
    assert all("ROAS" not in question for question in questions)
