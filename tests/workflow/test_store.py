"""Two tabs, two owners, crashes, damage, and other versions: what the store promises."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa

from src.data.approved import sql_sha256
from src.data.warehouse import CancelToken
from src.errors import ConfigError, InputError, QueryCancelled, StateError, StepConflict
from src.workflow import codec, tables
from src.workflow.holder import is_dead, new_holder
from src.workflow.session import AnalysisSession
from src.workflow.states import Asked
from src.workflow.store import Store, open_store
from src.workflow.tables import open_engine
from tests.forked import start
from tests.workflow.scripted import RecordingWarehouse, analyst, bench, new_store


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """Address of an empty state database, of each kind that is supported."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    return request.getfixturevalue("new_database")()


def tell_holder(telling: Connection) -> None:
    telling.send(new_holder())


def open_state(telling: Connection, folder: Path) -> None:
    open_engine(f"sqlite:///{folder / 'state.db'}")
    telling.send("open")


def test_a_whole_analysis_is_the_same_after_a_reload_at_every_step(url, tmp_path):
    warehouse = RecordingWarehouse()
    session = analyst(tmp_path, warehouse, url=url).ask("Spend by campaign? Сколько?")
    steps = (
        lambda s: s.choose(1),
        lambda s: s.edit_sql("SELECT 'ünï' AS x -- я"),
        lambda s: s.approve(by="Ann"),
        lambda s: s.run(s.approved),
        lambda s: s.insights(),
    )
    for step in steps:
        step(session)
        again = analyst(tmp_path, warehouse, url=url).resume(session.id)
        assert again.state == session.state
        assert again.history() == session.history()
        session = again
    assert list(session.result.frame["campaign"])[:2] == ["Весна", "Ünï 'quoted'"]
    assert session.result.frame["spend"][0] == Decimal("10.10")
    assert session.result.cautions == ("a caution",)
    assert len(warehouse.ran) == 1


def test_the_audit_trail_says_who_did_what_to_which_sql_and_when(url, tmp_path):
    before = dt.datetime.now(dt.UTC)
    session = analyst(tmp_path, url=url).ask("Spend?")
    session.choose(0)
    session.edit_sql("SELECT 2")
    session.run(session.approve(by="Бухгалтер"))
    trail = session.history()
    assert [(e.kind, e.actor) for e in trail if e.kind != "started"] == [
        ("asked", "ann"),
        ("clarified", "offline"),
        ("chose", "ann"),
        ("drafted_sql", "offline"),
        ("edited_sql", "ann"),
        ("approve", "Бухгалтер"),
        ("ran", "Бухгалтер"),
    ]
    assert [e.seq for e in trail] == list(range(1, len(trail) + 1))
    assert {e.sql_sha256 for e in trail[-2:]} == {sql_sha256("SELECT 2")}
    assert all(before <= e.at <= dt.datetime.now(dt.UTC) for e in trail)


def test_a_double_click_runs_once(url, tmp_path):
    warehouse = RecordingWarehouse()
    warehouse.gate = threading.Event()
    first = analyst(tmp_path, warehouse, url=url).ask("Spend?")
    approved = first.choose(0).approve(by="ann")
    second = analyst(tmp_path, warehouse, url=url).resume(first.id)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(first.run, approved)
        assert warehouse.started.wait(20)
        assert second.running == "run"
        with pytest.raises(StepConflict, match="already running") as caught:
            second.run(approved)
        assert "Wait for it, or cancel it" in caught.value.hint
        with pytest.raises(StepConflict):
            second.edit_sql("SELECT 'meanwhile'")
        warehouse.gate.set()
        result = running.result(20)
    second.refresh()
    assert second.run(approved).row_count == result.row_count == 3
    assert len(warehouse.ran) == 1


def test_many_clicks_at_once_run_once(url, tmp_path):
    warehouse = RecordingWarehouse()
    first = analyst(tmp_path, warehouse, url=url).ask("Spend?")
    approved = first.choose(0).approve(by="ann")
    tabs = [analyst(tmp_path, warehouse, url=url).resume(first.id) for _ in range(8)]
    together = threading.Barrier(len(tabs))

    def click(tab):
        together.wait()
        try:
            return tab.run(approved).row_count
        except StepConflict as error:
            return error

    with ThreadPoolExecutor(len(tabs)) as pool:
        outcomes = list(pool.map(click, tabs))
    assert len(warehouse.ran) == 1
    assert outcomes.count(3) == 1
    assert all(tab.state.stage in {"drafted", "approved", "executed"} for tab in tabs)


def test_a_tab_that_is_behind_is_told_and_shown_where_things_are(url, tmp_path):
    ahead = analyst(tmp_path, url=url).ask("Spend?")
    behind = analyst(tmp_path, url=url).resume(ahead.id)
    ahead.choose(0)
    with pytest.raises(StepConflict, match=r"moved on in another window.*'drafted'"):
        behind.choose(1)
    assert behind.state == ahead.state
    behind.choose(1)
    assert behind.state.choice == 1


def test_a_cancelled_run_keeps_its_approval_and_can_be_run_again(tmp_path):
    warehouse = RecordingWarehouse()
    warehouse.gate = threading.Event()
    session = analyst(tmp_path, warehouse).ask("Spend?")
    session.choose(0)
    approved = session.approve(by="ann")
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(QueryCancelled):
        session.run(approved, cancel=cancel)
    assert session.running is None
    assert session.approved is not None
    warehouse.gate.set()
    assert session.run(approved).row_count == 3


def test_owners_are_strangers_to_each_other(url, tmp_path):
    session = analyst(tmp_path, url=url, owner="ann").ask("Spend?")
    approved = session.choose(0).approve(by="Ann")
    session.run(approved)
    for owner in ("bob", "ANN", "ann ", "' OR 1=1 --", "%", "аnn"):
        other = analyst(tmp_path, url=url, owner=owner)
        assert other.sessions() == ()
        assert other.sessions(search="spend") == ()
        with pytest.raises(InputError, match="no such analysis"):
            other.resume(session.id)
    store = open_store(url)
    assert store.events("ann", session.id)
    assert store.events("bob", session.id) == ()
    assert store.result("ann", session.id, approved.sha256)
    with pytest.raises(StateError, match="no longer stored"):
        store.result("bob", session.id, approved.sha256)


@pytest.mark.parametrize("session_id", ["", "x", "0" * 32, "'; DROP TABLE analysis_sessions; --"])
def test_an_unknown_analysis_is_a_clear_answer(session_id, tmp_path):
    with pytest.raises(InputError, match="no such analysis"):
        analyst(tmp_path).resume(session_id)


def test_history_is_searched_without_regard_to_case_in_any_language(url, tmp_path):
    person = analyst(tmp_path, url=url)
    for question in ("Spend by CAMPAIGN", "Расход по Кампаниям", "100% of _all_ spend"):
        person.ask(question)
    person.resume(person.sessions()[0].id).choose(0)

    def found(text):
        return [line.question for line in person.sessions(text)]

    assert found("расход КАМПАНИЯМ") == ["Расход по Кампаниям"]
    assert found("campaign spend") == ["100% of _all_ spend", "Spend by CAMPAIGN"]
    assert found("100%") == ["100% of _all_ spend"]
    assert found("_all_") == ["100% of _all_ spend"]
    assert found("%") == ["100% of _all_ spend"]
    assert found("nothing of the kind") == []
    assert len(person.sessions(limit=2)) == 2


def test_a_step_left_by_a_dead_process_can_be_taken_at_once(tmp_path):
    warehouse = RecordingWarehouse()
    session = analyst(tmp_path, warehouse).ask("Spend?")
    session.choose(0)
    approved = session.approve(by="ann")
    (dead,) = start(tell_holder).rest()
    assert is_dead(dead)
    assert not is_dead(new_holder())
    place, pid, _, rest = new_holder().split("|")
    assert is_dead("|".join((place, pid, "1", rest))), "another process has the number now"
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute(
            "UPDATE analysis_sessions SET version = version + 1, claim_step = 'run', "
            "claim_holder = ?, claim_until = '9999-01-01T00:00:00.000000+00:00'",
            (dead,),
        )
    again = analyst(tmp_path, warehouse).resume(session.id)
    assert again.running is None
    assert again.run(approved).row_count == 3


def test_a_step_held_on_another_machine_is_respected_until_its_time_is_over(tmp_path):
    clock = [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)]
    store = Store(open_engine(f"sqlite:///{tmp_path / 'state.db'}"), lambda: clock[0])
    work = bench(store, tmp_path, RecordingWarehouse())
    stored = store.create("ann", Asked(question="q"), dataset_id="d", dataset_name="d", actor="a")
    store.begin(stored, "clarify", 60)
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("UPDATE analysis_sessions SET claim_holder = 'elsewhere|1|2|3'")
    session = AnalysisSession(work, store.load("ann", stored.id))
    assert session.running == "clarify"
    with pytest.raises(StepConflict):
        session.clarify()
    clock[0] += dt.timedelta(seconds=61)
    assert session.running is None
    session.clarify()
    assert session.state.stage == "interpreted"


def test_work_that_outlived_its_claim_is_dropped(tmp_path):
    clock = [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)]
    store = Store(open_engine(f"sqlite:///{tmp_path / 'state.db'}"), lambda: clock[0])
    stored = store.create("ann", Asked(question="q"), dataset_id="d", dataset_name="d", actor="a")
    slow = AnalysisSession(bench(store, tmp_path, RecordingWarehouse()), stored)
    quick = AnalysisSession(bench(store, tmp_path, RecordingWarehouse()), stored)
    take_over = slow._bench.engines.clarify

    def overtaken(*args):
        clock[0] += dt.timedelta(hours=1)
        quick.refresh()
        quick.clarify()
        return take_over(*args)

    slow._bench.engines.clarify = overtaken
    with pytest.raises(StepConflict):
        slow.clarify()
    assert slow.state == quick.state
    assert [e.kind for e in quick.history()].count("clarified") == 1


def test_one_damaged_analysis_leaves_the_others_alone(url, tmp_path):
    person = analyst(tmp_path, url=url)
    broken, fine = person.ask("Broken?"), person.ask("Fine?")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            sa.update(tables.sessions)
            .where(tables.sessions.c.id == broken.id)
            .values(state='{"stage": "executed"}')
        )
    with pytest.raises(StateError, match="damaged") as caught:
        person.resume(broken.id)
    assert "other analyses" in caught.value.kept
    assert person.resume(fine.id).state == fine.state
    assert len(person.sessions()) == 2


def test_damaged_or_missing_rows_of_a_result_say_so(tmp_path):
    session = analyst(tmp_path).ask("Spend?")
    session.run(session.choose(0).approve(by="ann"))
    for change in ("UPDATE analysis_results SET data = x'00ff'", "DELETE FROM analysis_results"):
        with sqlite3.connect(tmp_path / "state.db") as connection:
            connection.execute(change)
        again = analyst(tmp_path).resume(session.id)
        with pytest.raises(StateError, match="rows of this result") as caught:
            _ = again.result
        assert "run the SQL again" in caught.value.hint
        assert again.draft == session.draft


def test_a_database_of_another_version_is_left_alone(url, tmp_path):
    analyst(tmp_path, url=url).ask("Spend?")
    with sa.create_engine(url).begin() as connection:
        connection.execute(sa.update(tables.schema).values(version=99))
    with pytest.raises(StateError, match="version 99; this version of the app reads version 1"):
        open_engine(url)


def test_a_state_file_that_is_no_database_is_named_and_left_alone(tmp_path):
    letter = b"this is no database, it is a letter to my aunt" * 40
    (tmp_path / "state.db").write_bytes(letter)
    with pytest.raises(StateError, match="state database cannot be used") as caught:
        new_store(tmp_path)
    assert "state.db" in caught.value.where
    assert (tmp_path / "state.db").read_bytes() == letter


@pytest.mark.parametrize(
    "url", ["nonsense", "sqlserver://x/y", "", "postgresql+nodriver://u:secret@h/d"]
)
def test_an_address_that_is_none_is_a_configuration_error(url):
    with pytest.raises(ConfigError, match="STATE_DATABASE_URL") as caught:
        open_engine(url)
    assert "secret" not in str(caught.value.to_dict())


def test_a_server_that_is_not_there_is_named_without_its_password():
    with pytest.raises(StateError) as caught:
        open_engine("postgresql+psycopg://u:secret@127.0.0.1:1/d?connect_timeout=2")
    assert "secret" not in str(caught.value.to_dict())


def test_many_processes_may_open_an_empty_state_folder_at_once(tmp_path):
    crowd = [start(open_state, tmp_path) for _ in range(4)]
    assert [process.rest() for process in crowd] == [["open"]] * 4


# --- rows ------------------------------------------------------------------------------------


def test_a_result_above_the_cap_keeps_its_first_rows(tmp_path):
    frame = pd.DataFrame(
        {"x": range(200_000), "y": [f"{i * 7919 % 1000003}" for i in range(200_000)]}
    )
    data, rows = codec.frame_to_bytes(frame, limit=300_000)
    assert len(data) <= 300_000
    assert 0 < rows < 200_000
    back = codec.frame_from_bytes(data)
    assert back["x"].tolist() == frame["x"].head(rows).tolist()
    assert back["y"].tolist() == frame["y"].head(rows).tolist()


@pytest.mark.parametrize(
    "values",
    [
        pa.array([], pa.float64()),
        pa.array([None, None]),
        pa.array([True, None]),
        pa.array([1, 2**62, None]),
        pa.array([2**100, None], pa.decimal128(38, 0)),
        pa.array([0.1, float("inf"), None]),
        pa.array([Decimal("0.10"), Decimal("-12345678901234567890.12"), None]),
        pa.array([dt.date(2026, 1, 1), None]),
        pa.array([dt.datetime.fromisoformat("2026-01-01T01:02:03.000004"), None]),
        pa.array([dt.datetime(2026, 1, 1, tzinfo=dt.UTC), None]),
        pa.array([dt.timedelta(days=-1), None]),
        pa.array([dt.time(1, 2, 3), None]),
        pa.array([b"\x00\xff", None]),
        pa.array([[1, 2], None]),
        pa.array([{"a": 1, "b": None}, None]),
        pa.array(["я", "", None, "\u202e"]),
        pa.array(["a", "b", "a"]).dictionary_encode(),
    ],
    ids=lambda array: str(array.type),
)
def test_rows_of_every_type_come_back_as_the_executor_gave_them(values):
    frame = pa.table({"x": values}).to_pandas(types_mapper=pd.ArrowDtype)
    data, rows = codec.frame_to_bytes(frame, limit=10**6)
    assert rows == len(values)
    pd.testing.assert_frame_equal(codec.frame_from_bytes(data), frame)


def test_values_that_arrow_has_no_type_for_are_kept_as_text():
    frame = pd.DataFrame({"x": [1, "one", None, 2.5], "y": [1, 2, 3, 4]}, dtype=object)
    back = codec.frame_from_bytes(codec.frame_to_bytes(frame, limit=10**6)[0])
    assert back["x"].tolist()[:2] == ["1", "one"]
    assert back["x"].isna().tolist() == [False, False, True, False]
    assert back["y"].tolist() == [1, 2, 3, 4]
