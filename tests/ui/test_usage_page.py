"""Usage, experiments and the sidebar's figures on a ledger with rows in it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import threading
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from src.config.models import load_models
from src.llm.ledger import CallEnd, CallTag, Ledger
from src.llm.ledger_tables import signals
from src.llm.types import Attempt, Outcome, TaskType, Usage
from src.ui import live_figures
from src.ui.live_figures import LiveFigures
from src.ui.owned_router import usage_id
from src.ui.usage.export import book_as_csv, book_as_xlsx
from tests.ui.conftest import OpenPage, settled, words

TASK = TaskType.SQL_GENERATION
ARMS = ("gpt-6.1-terra", "claude-sonnet-5-5")
EXPERIMENT = """
[experiments.sql]
task = "sql_generation"
enabled = true
minimum = 20
reason = "Which one writes better SQL?"
arms = { "gpt-6.1-terra" = 50, "claude-sonnet-5-5" = 50 }
"""


@pytest.fixture
def models_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "models.toml"
    path.write_text(EXPERIMENT, encoding="utf-8")
    monkeypatch.setenv("LLM_MODELS_FILE", str(path))
    return path


@pytest.fixture
def fill(home: Path) -> Callable[..., None]:
    """fill("ann", 25, [20, 10]): analyses of each arm, and how many of them were accepted."""

    def write(user: str, sessions: int = 1, accepted: tuple[int, ...] = (1, 1)) -> None:
        ledger = Ledger(f"sqlite:///{home}/state.db")
        heard = []
        for arm, good in zip(ARMS, accepted, strict=True):
            for number in range(sessions):
                name = f"{user}-{arm}-{number}"
                call_id = uuid.uuid4().hex
                at = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=number)
                cost = Decimal("0.02") if number else None
                failed = Attempt(arm, "p", arm, Outcome.FAILED, at, 0.5, Usage(), Decimal(0),
                                 "rate_limited", "=cmd|' /C calc'!A0")  # fmt: skip
                answered = Attempt(arm, "p", arm, Outcome.OK, at, 1.5, Usage(900, 0, 0, 90), cost)
                tags = {"experiment": "sql", "arm": arm}
                tag = CallTag(call_id, TASK.value, "current", name, usage_id(user), tags=tags)
                end = CallEnd("model", Outcome.OK, 2.0, (failed, answered), at, "p", arm)
                ledger.record(tag, [(1, "model", failed), (2, "model", answered)], end).result()
                heard.append(
                    {
                        "id": call_id, "at": at.replace(tzinfo=None), "task": TASK.value,
                        "session": name, "user": usage_id(user), "call_id": call_id,
                        "kind": "approved", "value": float(number < good), "model": arm,
                        "experiment": "sql", "arm": arm,
                    }
                )  # fmt: skip
        with ledger.engine.begin() as connection:
            connection.execute(sa.insert(signals), heard)
        ledger.close()

    return write


def clear(home: Path) -> None:
    """The experiment is the server's, so each test starts it anew."""
    ledger = Ledger(f"sqlite:///{home}/state.db")
    with ledger.engine.begin() as connection:
        for table in ("llm_calls", "llm_attempts", "llm_signals"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    ledger.close()


def section(app: AppTest, name: str) -> AppTest:
    app.session_state["show"] = name
    return app.run()


def tables(app: AppTest) -> str:
    """The words of the tables that are plain HTML, a line a row."""
    html = "".join(str(item.proto.body) for item in app.main.get("html"))
    rows = re.sub(r"</t[dh]>", " | ", html).replace("</tr>", "\n").replace("\xa0", " ")
    return re.sub(r"<[^>]*>", "", rows)


def test_the_overview_adds_up_the_owners_calls(open_page: OpenPage, fill: Any) -> None:
    fill("nora", 3)
    app = open_page("pages/Usage.py", user="nora")
    shown = {metric.label: metric.value for metric in app.main.get("metric")}
    assert shown["Calls"] == "6"
    assert shown["Cost"].replace("\\", "") == "$0.0800"
    assert "2 attempts have no known cost" in words(app)
    assert [heading.value for heading in app.main.get("subheader")] == [
        "Budgets", "Cost by day", "By task", "By model", "Latency by model",
    ]  # fmt: skip


def test_the_calls_of_a_single_day_are_a_bar_that_can_be_seen(
    open_page: OpenPage, fill: Any
) -> None:
    fill("nora", 3)
    app = open_page("pages/Usage.py", user="nora")
    figure = json.loads(app.main.get("plotly_chart")[0].proto.spec)
    day_ms = 24 * 3600 * 1000
    assert figure["data"] and all(bar["width"] > day_ms / 2 for bar in figure["data"])


def test_budgets_are_bars_with_amounts(
    open_page: OpenPage, fill: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_DAY_BUDGET_USD", "100")
    monkeypatch.setenv("LLM_SESSION_BUDGET_USD", "0.04")
    fill("olga", 2)
    app = open_page("pages/Usage.py", user="olga")
    bars = [str(bar.proto.text).replace("\\", "") for bar in app.main.get("progress")]
    assert "of $100.00" in bars[0]
    assert sum("$0.0200 of $0.04 (50%)" in bar for bar in bars) == 2
    sidebar = "".join(str(item.proto.body) for item in app.sidebar.get("html"))
    assert "of $100.00" in sidebar
    assert 'role="meter"' in sidebar


def test_the_ledger_is_filtered(open_page: OpenPage, fill: Any) -> None:
    fill("petra", 3)
    app = section(open_page("pages/Usage.py", user="petra"), "calls")
    assert "6 calls, each with every attempt" in words(app)
    shown = app.main.dataframe[0].value
    assert list(shown["Attempt"][:2]) == ["1 of 2", "2 of 2"]
    assert list(shown["Outcome"][:2]) == ["rate limited", "answered"]
    app.main.multiselect(key="book_models").set_value([ARMS[0]]).run()
    assert "3 calls" in words(app)
    app.main.text_input(key="book_text").set_value("no such thing").run()
    assert "No call matches" in words(app)


def test_durations_and_amounts_are_printed_in_the_unit_that_fits(
    open_page: OpenPage, fill: Any
) -> None:
    fill("quentin", 2)
    app = section(open_page("pages/Usage.py", user="quentin"), "calls")
    styled = app.main.dataframe[0].proto.arrow_data.styler
    printed = pa.ipc.open_stream(styled.display_values).read_pandas()
    assert set(printed["Took"]) == {"500 ms", "1.5 s"}
    assert set(printed["Cost"]) == {"$0.00", "$0.0200", "unknown"}


def test_a_download_holds_every_attempt_and_no_formula(home: Path, fill: Any) -> None:
    from src.llm.usage_book import BookFilter, read_book

    fill("rita", 2)
    ledger = Ledger(f"sqlite:///{home}/state.db")
    rows = read_book(ledger, BookFilter(user=usage_id("rita")), limit=100).rows
    ledger.close()
    lines = list(csv.DictReader(io.StringIO(book_as_csv(rows).decode("utf-8-sig"))))
    assert len(lines) == 8
    assert lines[0]["detail"].startswith("'=cmd")
    assert sorted(line["cost_usd"] for line in lines) == ["", "", *["0"] * 4, "0.02", "0.02"]
    assert book_as_xlsx(rows).startswith(b"PK")


def test_an_experiment_says_what_is_missing(
    open_page: OpenPage, fill: Any, home: Path, models_file: Path
) -> None:
    clear(home)
    fill("sara", 12)
    app = section(open_page("pages/Usage.py", user="sara"), "experiments")
    assert "Which one writes better SQL?" in words(app)
    assert "8 more judged analyses are needed" in words(app)
    assert "has no key" in words(app)
    assert "There is no winner yet" in words(app)


def test_a_winner_is_named_and_promoted_after_a_confirmation(
    open_page: OpenPage, fill: Any, home: Path, models_file: Path
) -> None:
    clear(home)
    fill("tina", 20, (6, 18))
    app = section(open_page("pages/Usage.py", user="tina"), "experiments")
    assert "claude-sonnet-5-5 is better than gpt-6.1-terra" in words(app).replace("*", "")
    assert "90% (70% to 97%)" in tables(app)
    assert app.main.radio(key="promote_arm_sql").value == ARMS[1]
    assert app.main.button(key="promote_sql").disabled
    app.main.checkbox(key="promote_sure_sql").check().run()
    app.main.button(key="promote_sql").click().run()
    models = load_models(models_file)
    assert models.tasks[TASK].chain[0].id == ARMS[1]
    assert not models.running
    assert "Saved." in words(app)


def test_a_split_that_the_shares_do_not_explain_is_warned_of(
    open_page: OpenPage, fill: Any, home: Path, models_file: Path
) -> None:
    clear(home)
    fill("vera", 40, (20, 20))
    warned = "split in a way that the shares do not explain"
    assert warned not in words(section(open_page("pages/Usage.py", user="vera"), "experiments"))
    ledger = Ledger(f"sqlite:///{home}/state.db")
    with ledger.engine.begin() as connection:
        lost = sa.text("DELETE FROM llm_calls WHERE session LIKE 'vera-gpt%-__'")
        connection.execute(lost)  # 30 of the first arm's 40
    ledger.close()
    assert warned in words(section(open_page("pages/Usage.py", user="vera"), "experiments"))


def test_an_experiment_is_stopped_and_started(open_page: OpenPage, models_file: Path) -> None:
    app = section(open_page("pages/Usage.py", user="uma"), "experiments")
    app.main.button(key="switch_sql").click().run()
    assert not load_models(models_file).running
    app.main.button(key="switch_sql").click().run()
    assert load_models(models_file).running


# --- Settings: what doctor finds ---


def test_settings_show_keys_and_flag_models_that_end(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_PROFILE", "reference")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-planted-value")
    app = open_page("pages/Settings.py", user="vera")
    shown = tables(app)
    assert "found in ANTHROPIC_API_KEY" in shown
    assert "missing: set OPENAI_API_KEY" in shown
    assert "2026-07-23 (models file)" in shown
    assert "not asked" in shown
    assert "gpt-5.1-codex is retired (last day 2026-07-23)" in words(app)
    assert "sk-planted" not in shown + words(app)


def test_providers_are_asked_on_demand_only(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for provider in ("ANTHROPIC", "OPENAI", "GEMINI"):
        monkeypatch.setenv(f"{provider}_BASE_URL", "http://127.0.0.1:9")
    app = open_page("pages/Settings.py", user="wanda")
    assert "cannot be reached" not in words(app)
    app = settled(app.main.button(key="ask_providers").click().run())
    assert "anthropic cannot be reached" in words(app)


# --- The sidebar's figures ---


def test_a_slow_database_gives_the_figures_known_before(monkeypatch: pytest.MonkeyPatch) -> None:
    answer, later = threading.Event(), LiveFigures({"calls": 2}, {}, Decimal(2), None)
    first = LiveFigures({"calls": 1}, {}, Decimal(1), None)
    monkeypatch.setattr(live_figures, "_read", lambda *_: first)
    assert live_figures.live_figures("u", None).figures is first

    def slow(*_: object) -> LiveFigures:
        answer.wait(30)
        return later

    monkeypatch.setattr(live_figures, "_read", slow)
    reading = live_figures.live_figures("u", None)
    assert (reading.figures, reading.late) == (first, True)
    under_way = live_figures._under_way["u", None]
    answer.set()
    under_way.result(30)
    assert live_figures.live_figures("u", None).figures is later


def test_a_database_that_fails_is_told_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> LiveFigures:
        raise OSError("gone")

    monkeypatch.setattr(live_figures, "_read", broken)
    reading = live_figures.live_figures("v", "analysis")
    assert (reading.figures, reading.late, reading.failed) == (None, False, True)
