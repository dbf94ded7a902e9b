"""What the Ask page shows at each step, and what it refuses to do."""

from __future__ import annotations

import hashlib

import pytest
from streamlit.testing.v1 import AppTest

from src.workflow.analysis import AnalysisSession
from tests.ui.conftest import OpenPage, settled, words


def ask(app: AppTest, question: str) -> AppTest:
    return settled(app.chat_input[0].set_value(question).run())


def click(app: AppTest, label: str) -> AppTest:
    button = next(b for b in app.main.get("button") if b.label == label)
    return settled(button.click().run())


def stage(app: AppTest) -> str:
    _, session = app.session_state["_loaded_analysis"]
    assert isinstance(session, AnalysisSession)
    return session.state.stage


def test_the_empty_page_offers_questions_made_from_the_data(open_page: OpenPage) -> None:
    app = open_page()
    assert "Show me high performing campaigns" in words(app)
    assert not app.exception


def test_from_question_to_result(open_page: OpenPage) -> None:
    app = ask(open_page(), "Show me high performing campaigns")
    assert "5 ways to read this" in words(app)
    assert stage(app) == "interpreted"

    app = click(app, "Choose")
    assert "The guard allows it" in words(app)
    assert "Nothing has run yet" in words(app)
    assert stage(app) == "drafted"

    app = click(app, "Approve and run")
    assert stage(app) == "explained"
    assert "What stands out" in words(app)
    assert len(app.dataframe) == 1
    assert not app.exception


def test_an_example_asks_at_once(open_page: OpenPage) -> None:
    app = click(open_page(), "Revenue by month")
    assert stage(app) == "interpreted"


def test_an_edit_that_is_no_query_cannot_be_approved(open_page: OpenPage) -> None:
    app = click(ask(open_page(), "clicks by device"), "Choose")
    editor = next(a for a in app.text_area if a.label == "SQL")
    app = settled(editor.set_value("DROP TABLE campaigns").run())
    assert "The guard refuses this statement" in words(app)
    approve = next(b for b in app.main.get("button") if b.label == "Approve and run")
    assert approve.disabled
    assert stage(app) == "drafted"


def test_one_edit_after_the_other_is_taken_each_in_an_editor_of_its_own(
    open_page: OpenPage,
) -> None:
    app = click(ask(open_page(), "clicks by device"), "Choose")
    keys = set()
    for sql in ("SELECT 1 AS a", "SELECT 2 AS a", "SELECT 1 AS a", "SELECT 3 AS a"):
        editor = next(a for a in app.text_area if a.label == "SQL")
        keys.add(editor.key)
        app = settled(editor.set_value(sql).run())
        assert app.main.get("code")[0].value == sql
    assert len(keys) == 4


def test_a_reading_is_changed_with_widgets(open_page: OpenPage) -> None:
    app = click(ask(open_page(), "clicks by device"), "Choose")
    breakdown = next(m for m in app.get("button_group") if m.label == "Break down by")
    app = settled(breakdown.set_value(["device", "platform"]).run())
    app = click(app, "Write the SQL for this")
    assert "platform" in app.main.get("code")[0].value
    assert stage(app) == "drafted"


@pytest.mark.parametrize("question", ["impression share lost to rank", "asdf qwer zxcv"])
def test_a_refusal_says_why_and_offers_a_way_on(open_page: OpenPage, question: str) -> None:
    app = ask(open_page(), question)
    assert "This cannot be answered as asked" in words(app)
    assert "Choose" not in words(app).splitlines()


@pytest.mark.parametrize("question", ["   ", "x" * 10_000], ids=["blank", "10000 characters"])
def test_what_is_no_question_is_an_answer_not_a_crash(open_page: OpenPage, question: str) -> None:
    app = ask(open_page(), question)
    assert not app.exception
    assert "The question" in words(app)
    assert ("still in the box" in words(app)) == bool(question.strip())
    assert app.chat_input[0].proto.value == question
    assert not app.query_params
    assert stage(ask(app, "clicks by device")) == "interpreted"


@pytest.mark.parametrize("analysis", ["nothing", "0" * 32, "../../etc/passwd"])
def test_an_unknown_analysis_says_so(open_page: OpenPage, analysis: str) -> None:
    app = open_page(analysis=analysis)
    assert app.error
    assert not app.exception


def test_another_owner_cannot_open_an_analysis_by_its_address(open_page: OpenPage) -> None:
    mine = ask(open_page(user="ann"), "clicks by device")
    address = mine.query_params["analysis"]
    session_id = address if isinstance(address, str) else address[0]
    theirs = open_page(user="bob", analysis=session_id)
    assert theirs.error
    assert "clicks by device" not in words(theirs)
    again = open_page(user="ann", analysis=session_id)
    assert "clicks by device" in words(again)


def test_an_unforeseen_error_shows_an_incident_and_no_traceback(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    app = open_page()
    monkeypatch.setattr("src.workflow.analysis.Analyst.ask", fail)
    app = ask(app, "clicks by device")
    shown = words(app)
    assert "incident" in shown
    assert "clicks by device" in shown
    assert "secret detail" not in shown and "Traceback" not in shown


def test_what_failed_and_what_is_empty_is_said_once(open_page: OpenPage) -> None:
    app = click(ask(open_page(), "clicks by device"), "Choose")
    app = run_own(app, "SELECT platfrm FROM campaigns")
    assert "it could not run" in words(app)
    assert "it has no result yet" not in words(app)
    app = run_own(app, "SELECT device FROM campaigns WHERE false")
    assert "No rows match" in words(app)
    assert "Cautions" not in words(app)


def run_own(app: AppTest, sql: str) -> AppTest:
    """Write that SQL into the editor, and approve and run it."""
    app = settled(next(a for a in app.text_area if a.label == "SQL").set_value(sql).run())
    return click(app, "Approve and run")


def test_a_russian_analysis_goes_on_in_russian(open_page: OpenPage) -> None:
    question = "расходы по платформам за прошлый месяц"
    app = click(click(ask(open_page(), question), "Choose"), "Approve and run")
    offered = [b.label for b in app.main.get("button") if (b.key or "").startswith("suggestion_")]
    assert offered == ["а по кампаниям?", "то же за предыдущий период", "по месяцам"]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("расходы по платформам", "Эта табличная функция не разрешена: read_csv (знак 15)"),
        ("spend by platform", "The table function read_csv is not allowed (at character 15)"),
    ],
    ids=["ru", "en"],
)
def test_the_guard_speaks_the_language_of_the_question(
    open_page: OpenPage, question: str, said: str
) -> None:
    app = click(ask(open_page(), question), "Choose")
    editor = next(a for a in app.text_area if a.label == "SQL")
    app = settled(editor.set_value("SELECT * FROM read_csv('x.csv')").run())
    assert said in words(app)


def test_vouching_for_an_answer_gives_it_the_badge_verified(open_page: OpenPage) -> None:
    app = click(click(ask(open_page(), "clicks by device"), "Choose"), "Approve and run")
    name = next(i for i in app.text_input if i.label == "Name of this query")
    assert name.value == "clicks by device"
    app = click(app, "Verify")
    _, session = app.session_state["_loaded_analysis"]
    assert session.badge == "Verified"
    assert "Verify" not in [b.label for b in app.main.get("button")]
    assert not app.exception


def address(app: AppTest) -> dict[str, str]:
    said = app.query_params.items()
    return {name: value if isinstance(value, str) else value[0] for name, value in said}


def arrive(app: AppTest, params: dict[str, str]) -> AppTest:
    """Run the page with that address, as a message of the browser does."""
    app.query_params.clear()
    for name, value in params.items():
        app.query_params[name] = value
    return settled(app.run())


def pending(question: str) -> dict[str, str]:
    """The address while that question is being read."""
    return {"pending": hashlib.sha256(question.encode()).hexdigest()[:32]}


def test_a_late_message_does_not_lead_back_to_where_one_came_from(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("src.ui.address._STALE_SECONDS", 600.0)
    app = ask(open_page(), "clicks by device")
    first = address(app)
    # Sent by a timer before the browser had heard that the question became an analysis.
    assert address(arrive(app, pending("clicks by device"))) == first
    click(click(app, "Choose"), "Approve and run")
    ask(app, "only TikTok")
    second = address(app)
    assert second != first
    assert address(arrive(app, first)) == second
    # A moment later it is a person who goes there.
    monkeypatch.setattr("src.ui.address._STALE_SECONDS", 0.0)
    assert address(arrive(app, first)) == first


def test_the_navigation_leads_to_the_empty_box_at_once(open_page: OpenPage) -> None:
    app = ask(open_page(), "clicks by device")
    assert address(arrive(app, {})) == {}
    assert "You are asking" in words(app)


def test_asking_anew_leads_to_the_empty_box_at_once(open_page: OpenPage) -> None:
    app = ask(open_page(), "clicks by device")
    assert address(app)
    new = next(b for b in app.main.get("button") if (b.key or "").startswith("new_"))
    app = settled(new.click().run())
    assert address(app) == {}
    assert "You are asking" in words(app)


def test_the_address_of_a_question_leads_to_what_it_became(open_page: OpenPage) -> None:
    """A reload in the middle, or another tab, names the question that was being read."""
    question = "conversions by region"
    analysis = address(ask(open_page(), question))
    other_tab = open_page(**pending(question))
    assert address(other_tab) == analysis
