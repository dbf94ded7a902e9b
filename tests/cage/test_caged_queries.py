"""What must stay true whatever a query does: the app stays healthy, the data stays as it is."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from src.config.settings import Settings
from src.data.approved import ApprovedQuery, GuardVerdict, sql_sha256
from src.data.duckdb_warehouse import DuckDBWarehouse
from src.data.profile import Dataset, Profile
from src.data.warehouse import CancelToken, RunLimits
from src.errors import (
    AnalystError,
    EngineBusy,
    ExecutionError,
    NotApproved,
    QueryCancelled,
    QueryOutOfMemory,
    QueryTimeout,
)
from tests.cage.conftest import ENDLESS_SQL, MODEL, approved, forced

ROOT = Path(__file__).resolve().parents[2]
ENDLESS = ENDLESS_SQL
SHORT = RunLimits(seconds=1.0)


def children(pid: int) -> list[int]:
    """Living child processes of `pid`, zombies left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:2]
            except OSError:
                continue
            if int(parent) == pid and state != "Z":
                found.append(int(entry.name))
    return found


def workers() -> list[int]:
    """Processes of the fork servers of this process; it may be the parent of others' too."""
    found = [worker for server in children(os.getpid()) for worker in children(server)]
    return [worker for worker in found if _is_caged(worker)]


def _is_caged(pid: int) -> bool:
    try:
        return b"fork_server" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


BOMBS = [
    ENDLESS,
    "WITH RECURSIVE r AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM r) SELECT max(x) FROM r",
    "SELECT max(length(repeat(platform, 100000))) FROM campaigns, range(1000)",
    "SELECT list_reduce(range(100000000), lambda x, y: x + y)",
    "SELECT max(levenshtein(repeat('a', 9000), repeat('b', 9000 + i::INT % 9))) FROM campaigns",
    "SELECT list(i) FROM campaigns, range(10000)",
    "SELECT string_agg(repeat('x', 1000), '') FROM campaigns, range(100)",
    "SELECT repeat('x', 2000000000)",
    "SELECT factorial(i::INT % 33) FROM campaigns, range(100000) ORDER BY 1",
    "SELECT (repeat('[', 5000) || repeat(']', 5000))::JSON::VARIANT",
    "SELECT lpad('x', 2000000000, 'y') || lpad('x', 2000000000, 'y')",
]


def test_an_engine_that_advises_to_change_a_setting_is_not_passed_on(warehouse):
    with pytest.raises(ExecutionError) as failure:
        warehouse.run(approved(warehouse, "SELECT 5 // (i - i)::INT FROM campaigns"))
    assert "TRY(...) to return NULL for this expression." in failure.value.message
    assert "SET" not in failure.value.message


@pytest.mark.parametrize("sql", BOMBS)
def test_a_bomb_ends_as_an_error_message_and_the_next_query_runs(warehouse, sql):
    with pytest.raises(ExecutionError) as failure:
        warehouse.run(approved(warehouse, sql), limits=RunLimits(seconds=0.5))
    assert failure.value.kept
    assert warehouse.run(approved(warehouse, "SELECT 42 AS x")).frame["x"].tolist() == [42]


def test_the_kind_of_failure_is_told_apart(warehouse):
    with pytest.raises(QueryTimeout, match="1 second"):
        warehouse.run(approved(warehouse, ENDLESS), limits=SHORT)
    with pytest.raises(QueryOutOfMemory, match="512 MB"):
        warehouse.run(
            approved(warehouse, "SELECT list(i) FROM campaigns, range(10000)"),
            limits=RunLimits(seconds=8, memory_mb=512),
        )


def test_control_is_back_within_a_second_of_the_limit_and_the_worker_is_gone(warehouse):
    before = set(workers())
    started = time.monotonic()
    with pytest.raises(QueryTimeout):
        warehouse.run(approved(warehouse, ENDLESS), limits=SHORT)
    assert time.monotonic() - started < 30  # a promise of 2 s, with room for a busy test machine
    patience = time.monotonic() + 20
    while len(set(workers()) - before) > 1 and time.monotonic() < patience:
        time.sleep(0.05)  # one that was killed may not have been reaped yet
    assert len(set(workers()) - before) <= 1  # the next spare


def test_cancel_stops_a_running_query(warehouse):
    cancel = CancelToken()
    threading.Timer(0.3, cancel.cancel).start()
    with pytest.raises(QueryCancelled):
        warehouse.run(approved(warehouse, ENDLESS), cancel=cancel)


def test_a_bomb_of_one_user_does_not_stall_another(warehouse):
    bomb = approved(warehouse, ENDLESS)
    outcome = []

    def explode():
        with pytest.raises(QueryCancelled):
            warehouse.run(bomb, cancel=cancel)
        outcome.append("ended")

    cancel = CancelToken()
    thread = threading.Thread(target=explode)
    thread.start()
    try:
        for _ in range(3):
            assert warehouse.check("SELECT 1").allowed
            assert warehouse.run(approved(warehouse, "SELECT 1 AS x")).row_count == 1
        assert thread.is_alive()
    finally:
        cancel.cancel()
        thread.join(timeout=20)
    assert outcome == ["ended"]


def test_no_more_queries_run_at_once_than_were_allowed(database, monkeypatch):
    monkeypatch.setattr("src.data.duckdb_warehouse.QUEUE_SECONDS", 0.5)
    dataset = Dataset(id="one", name="one", model=MODEL, profile=Profile())
    cancel = CancelToken()
    with DuckDBWarehouse(database, dataset, Settings(query_workers=1)) as one:
        bomb, small = approved(one, ENDLESS), approved(one, "SELECT 1")

        def explode():
            with pytest.raises(QueryCancelled):
                one.run(bomb, cancel=cancel)

        thread = threading.Thread(target=explode)
        thread.start()
        time.sleep(0.3)
        with pytest.raises(EngineBusy):
            one.run(small)
        cancel.cancel()
        thread.join(timeout=20)
        assert one.run(small).row_count == 1


def test_many_sessions_at_once_each_get_their_own_answer(warehouse):
    queries = {number: approved(warehouse, f"SELECT {number} AS x") for number in range(8)}
    answers = {}

    def ask(number):
        answers[number] = warehouse.run(queries[number]).frame["x"].tolist()

    threads = [threading.Thread(target=ask, args=(number,)) for number in queries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert answers == {number: [number] for number in queries}


@given(sql=st.text(max_size=60), dialect=st.sampled_from(["duckdb", "postgres"]))
@hypothesis_settings(max_examples=40, deadline=None)
def test_without_an_approval_nothing_runs(warehouse, sql, dialect):
    """Text, look-alikes, approvals of another dialect or of a changed text: none is run."""

    class LookAlike(ApprovedQuery):
        pass

    allowed = GuardVerdict(allowed=True, dialect=dialect)
    candidates = [sql, None, object(), {"sql": sql, "sha256": sql_sha256(sql)}]
    changed = ApprovedQuery.approve("SELECT 1", allowed, by="me")
    object.__setattr__(changed, "sql", sql)
    candidates.append(changed)
    candidates.append(LookAlike.approve("SELECT 1", GuardVerdict(allowed=True), by="me"))
    if dialect != "duckdb":
        candidates.append(ApprovedQuery.approve("SELECT 1", allowed, by="me"))
    for candidate in candidates:
        with pytest.raises(NotApproved):
            warehouse.run(candidate)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM campaigns",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_text('/etc/passwd')",
        "CREATE TEMP MACRO sum(x) AS 42",
        "(" * 65 + "1" + ")" * 65,
    ],
)
def test_the_guard_runs_again_in_the_worker(warehouse, sql):
    """An approval that slipped past the first guard does not get past the second."""
    with pytest.raises(NotApproved):
        warehouse.run(forced(sql))


def test_nothing_carries_over_from_query_to_query(warehouse):
    for sql in (
        "CREATE TEMP MACRO sum(x) AS 42",
        "SET VARIABLE x = 1",
        "CREATE TEMP TABLE t(x INT)",
    ):
        with pytest.raises(NotApproved):
            warehouse.run(forced(sql))
    assert warehouse.run(approved(warehouse, "SELECT sum(i) s FROM orders, (SELECT 2 i)")).frame[
        "s"
    ].tolist() == [20]


def test_the_data_file_stays_as_it_is(warehouse, database):
    digest = hashlib.sha256(database.read_bytes()).hexdigest()
    listing = sorted(database.parent.iterdir())
    for sql in ("SELECT count(*) FROM campaigns", "PIVOT campaigns ON platform USING sum(spend)"):
        warehouse.run(approved(warehouse, sql))
    for sql in BOMBS[:2]:
        with pytest.raises(AnalystError):
            warehouse.run(approved(warehouse, sql), limits=RunLimits(seconds=0.3))
    assert hashlib.sha256(database.read_bytes()).hexdigest() == digest
    assert sorted(database.parent.iterdir()) == listing


def test_workers_have_no_secrets_no_files_and_no_folder(warehouse, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    assert warehouse.check("SELECT 1").allowed
    assert workers()
    for server in children(os.getpid()):
        for pid in [server, *children(server)]:
            place = Path(f"/proc/{pid}")
            try:
                environment = (place / "environ").read_bytes()
                folder = str((place / "cwd").readlink())
                opened = [str(link.readlink()) for link in (place / "fd").iterdir()]
            except OSError:  # ended meanwhile
                continue
            assert b"KEY" not in environment
            assert b"sk-canary" not in environment
            assert folder.endswith("(deleted)")
            assert not [name for name in opened if ".env" in name or "state" in name]


def test_killed_workers_leave_no_orphans_and_no_zombies(warehouse):
    for _ in range(10):
        cancel = CancelToken()
        threading.Timer(0.05, cancel.cancel).start()
        with pytest.raises(QueryCancelled):
            warehouse.run(approved(warehouse, ENDLESS), cancel=cancel)
    assert len(workers()) < 8
    for worker in workers():
        os.kill(worker, signal.SIGKILL)
    assert warehouse.check("SELECT 1").allowed
    assert warehouse.run(approved(warehouse, "SELECT 1")).row_count == 1


def test_when_the_fork_server_is_killed_the_next_query_starts_another(database):
    dataset = Dataset(id="k", name="k", model=MODEL, profile=Profile())
    with DuckDBWarehouse(database, dataset) as warehouse:
        assert warehouse.run(approved(warehouse, "SELECT 1")).row_count == 1
        for server in children(os.getpid()):
            if "fork_server" in Path(f"/proc/{server}/cmdline").read_text():
                os.kill(server, signal.SIGKILL)
        assert warehouse.check("SELECT 1").allowed
        assert warehouse.run(approved(warehouse, "SELECT 1")).row_count == 1


APP = """
import os, sys, threading, time
sys.path.insert(0, {root!r})
from pathlib import Path
from src.data.approved import ApprovedQuery, GuardVerdict
from src.data.duckdb_warehouse import DuckDBWarehouse
from src.data.profile import Dataset, Profile
from tests.cage.conftest import ENDLESS_SQL, MODEL
dataset = Dataset(id="x", name="x", model=MODEL, profile=Profile())
warehouse = DuckDBWarehouse(Path({database!r}), dataset)
query = ApprovedQuery.approve(ENDLESS_SQL, warehouse.check(ENDLESS_SQL), by="me")
threading.Thread(target=warehouse.run, args=(query,), daemon=True).start()
time.sleep(0.5)
print("running", flush=True)
time.sleep(60)
"""


def test_when_the_app_is_killed_its_workers_die(database):
    app = subprocess.Popen(
        [sys.executable, "-c", APP.format(root=str(ROOT), database=str(database))],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT,
    )  # fmt: skip
    assert app.stdout.readline() == b"running\n"
    (server,) = children(app.pid)
    family = [server, *children(server)]
    assert len(family) > 1
    app.kill()
    app.wait(timeout=20)
    until = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in family):
        assert time.monotonic() < until, "orphans"
        time.sleep(0.05)


def test_a_forked_child_gets_workers_of_its_own(warehouse):
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            rows = warehouse.run(approved(warehouse, "SELECT 1")).row_count
            os.write(writer, b"ok" if rows == 1 else b"wrong")
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        assert answer.read() == b"ok"
    os.waitpid(pid, 0)
    assert warehouse.run(approved(warehouse, "SELECT 2 AS x")).frame["x"].tolist() == [2]


def test_closing_ends_the_spare_and_running_again_still_works(database):
    dataset = Dataset(id="c", name="c", model=MODEL, profile=Profile())
    warehouse = DuckDBWarehouse(database, dataset)
    assert warehouse.check("SELECT 1").allowed
    warehouse.close()
    warehouse.close()
