"""No row is lost: not to threads, not to two processes, not to kill -9, not on PostgreSQL."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
import threading
import time
import uuid
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path

import sqlalchemy as sa
from dialects import Tokens
from hypothesis import given
from hypothesis import strategies as st
from served import until
from wire import fail, say

from src.config.settings import Settings
from src.llm import errors, usage
from src.llm.ledger import CallEnd, CallTag, Ledger, from_pico, to_pico
from src.llm.router import Router
from src.llm.types import Attempt, LLMRequest, Outcome, TaskType, Usage
from tests.forked import Forked, start

TASK = TaskType.EVALUATION


def start_writer(home: Path, calls: int) -> Forked:
    """A process that makes calls on the offline engine and tells each that is answered."""
    return start(_write, home, calls)


def _write(answered: Connection, home: Path, calls: int) -> None:
    router = Router(Settings(_env_file=None, campaign_analyst_home=home, llm_offline=True))
    for number in range(calls):
        router.complete(LLMRequest(task=TASK, prompt="q", offline=lambda: "a"))
        answered.send(number)


def test_rows_match_what_the_wire_saw_from_many_threads(wire, make_router):
    wire.on("anthropic", *[fail(529, "overloaded_error"), say()] * 60, say())
    router = make_router(
        "anthropic", toml="[retry]\nattempts = 10\nbase_seconds = 0\n[breaker]\nfailures = 999\n"
    )

    def work(number: int) -> None:
        for turn in range(5):
            router.complete(LLMRequest(task=TASK, prompt=f"{number} {turn}"))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = usage.attempts(router.ledger, limit=10_000)
    assert len(rows) == len(wire.asked())
    assert usage.summary(router.ledger)["calls"] == 100


def test_two_processes_share_one_book(tmp_path):
    writers = [start_writer(tmp_path / "home", 40) for _ in range(2)]
    assert [writer.rest() for writer in writers] == [[*range(40)]] * 2
    assert [writer.process.exitcode for writer in writers] == [0, 0]
    assert usage.summary(Ledger(f"sqlite:///{tmp_path}/home/state.db"))["calls"] == 80


def test_what_was_answered_survives_a_kill(tmp_path):
    writer = start_writer(tmp_path / "home", 100_000)
    answered = [writer.told.recv() for _ in range(50)]
    writer.kill()
    answered += writer.rest()
    assert answered == [*range(len(answered))]
    counted = usage.summary(Ledger(f"sqlite:///{tmp_path}/home/state.db"))["calls"]
    assert counted >= len(answered)


def test_a_call_does_not_wait_for_another_writer_and_its_row_is_not_lost(make_router, tmp_path):
    router = make_router("anthropic", llm_offline=True)
    request = LLMRequest(task=TASK, prompt="q", offline=lambda: "a")
    router.complete(request)
    assert usage.summary(router.ledger)["calls"] == 1
    with contextlib.closing(
        sqlite3.connect(tmp_path / "home" / "state.db", isolation_level=None)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        assert len(router.complete(request).notes) == 1, "only that the offline engine answered"
        other.execute("COMMIT")
    assert usage.summary(router.ledger)["calls"] == 2


def test_rows_the_database_cannot_take_wait_until_it_can(wire, make_router, tmp_path):
    router = make_router("anthropic")
    with router.ledger.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE llm_attempts RENAME TO away"))
    answer = router.complete(LLMRequest(task=TASK, prompt="1"))
    assert (answer.text, answer.notes) == ("forty-two", ())
    with router.ledger.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO llm_attempts"))
    router.complete(LLMRequest(task=TASK, prompt="2"))
    assert usage.summary(router.ledger)["calls"] == 2
    assert len(usage.attempts(router.ledger)) == 2
    router.close()
    assert not list((tmp_path / "home").glob("*unsaved*"))


def test_rows_a_dead_process_left_are_taken_over_once(make_router, tmp_path):
    router = make_router("anthropic", llm_offline=True)
    router.complete(LLMRequest(task=TASK, prompt="q", offline=lambda: "a"))
    usage.summary(router.ledger)
    writer = start_writer(tmp_path / "home", 100_000)
    answered = [writer.told.recv() for _ in range(10)]
    writer.kill()
    answered += writer.rest()
    first = usage.summary(router.ledger)["calls"]
    assert first >= 1 + len(answered)
    assert usage.summary(router.ledger)["calls"] == first
    with router.ledger.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT count(*) FROM llm_attempts")).scalar()
    assert rows == first, "each of these calls has one attempt"


def test_the_write_ahead_log_stays_short(make_router, tmp_path):
    router = make_router("anthropic", llm_offline=True)
    for _ in range(1500):
        router.complete(LLMRequest(task=TASK, prompt="q", offline=lambda: "a"))
    # 1,500 calls write some 50 MB to it; SQLite moves it over at about 4 MB.
    assert (tmp_path / "home" / "state.db-wal").stat().st_size < 20_000_000


def test_the_same_book_on_postgresql(wire, make_router, new_database):
    router = make_router("openai", state_database_url=new_database())
    wire.on("openai", fail(500), say(tokens=Tokens(plain=1000, cached=1000, visible=100)))
    router.complete(LLMRequest(task=TASK, prompt="q", session="s"))
    total = usage.summary(router.ledger, session="s")
    assert (total["calls"], total["retries"]) == (1, 1)
    # gpt-6.1-sol: 1,000 at 2, 1,000 cached at 0.10 and 100 out at 10 dollars a million.
    assert total["cost"] == Decimal("0.0031")
    assert usage.series(router.ledger, "day")[0]["calls"] == 1
    assert usage.by_task(router.ledger)["evaluation"]["served_by"] == "gpt-6.1-sol"


def test_attempts_sum_to_the_call(wire, make_router):
    wire.on("anthropic", say("half", stop="truncated"))
    wire.on("openai", say())
    response = make_router("anthropic", "openai").complete(LLMRequest(task=TASK, prompt="q"))
    costs = [attempt.cost for attempt in response.attempts]
    assert all(cost is not None and cost > 0 for cost in costs)
    assert response.cost == sum(cost for cost in costs if cost is not None)


def test_a_lost_connection_is_replaced_and_no_row_is_lost_or_doubled(
    wire, make_router, new_database
):
    router = make_router("openai", state_database_url=new_database())
    for number in range(3):
        router.complete(LLMRequest(task=TASK, prompt=f"{number}"))
        with router.ledger.engine.connect() as connection:
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                    "pid <> pg_backend_pid() AND datname = current_database()"
                )
            )
    assert usage.summary(router.ledger)["calls"] == 3


def test_a_ledger_that_cannot_be_written_does_not_lose_the_answer(wire, make_router, new_database):
    router = make_router("anthropic", state_database_url=new_database())
    with router.ledger.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE llm_attempts"))
    response = router.complete(LLMRequest(task=TASK, prompt="q"))
    assert response.text == "forty-two"
    assert "could not be written down" in " ".join(response.notes)


def test_screens_get_totals_series_and_every_attempt(wire, make_router):
    router = make_router("anthropic", "openai", toml="")
    wire.on("anthropic", say(), fail(401, "authentication_error"))
    for prompt in ("one", "one", "two"):
        router.complete(LLMRequest(task=TASK, prompt=prompt, session="s", user="u"))
    router.complete(LLMRequest(task=TaskType.CODE_GENERATION, prompt="x", session="t"))
    total = usage.summary(router.ledger, session="s")
    assert (total["calls"], total["cache_hits"], total["fallbacks"], total["errors"]) == (
        3,
        1,
        1,
        0,
    )
    assert total["saved"] == Decimal("0.0004")
    assert 0 < total["p50"] <= total["p95"]
    assert usage.by_task(router.ledger, session="s")["evaluation"]["served_by"] == "gpt-6.1-sol"
    assert {row["key"]: row["calls"] for row in usage.series(router.ledger, "task")} == {
        "evaluation": 3,
        "code_generation": 1,
    }
    assert [row["key"] for row in usage.series(router.ledger, "day")] == [
        dt.datetime.now(dt.UTC).date().isoformat()
    ]
    rows = usage.attempts(router.ledger, session="s")
    assert [row["error"] for row in rows] == [None, "authentication", None, None]
    assert usage.summary(router.ledger, user="nobody")["p50"] is None


def test_what_is_unknown_is_counted_not_summed_as_zero(wire, make_router):
    wire.on("openai", say(tokens=None))
    router = make_router("openai")
    assert router.complete(LLMRequest(task=TASK, prompt="q")).cost is None
    assert usage.summary(router.ledger)["unknown_costs"] == 1
    assert usage.attempts(router.ledger)[0]["cost"] is None


@given(st.decimals(0, 1_000_000, places=12))
def test_money_survives_the_database_exactly(amount):
    assert from_pico(to_pico(amount)) == amount


def test_a_reader_never_waits_for_long_while_calls_are_written(tmp_path):
    writer = start_writer(tmp_path / "home", 300)
    writer.told.recv()
    book = Ledger(f"sqlite:///{tmp_path}/home/state.db")
    seen = []
    while writer.process.is_alive():
        seen.append(usage.summary(book)["calls"])
        time.sleep(0.02)
    assert seen == sorted(seen)
    assert usage.summary(book)["calls"] == 300


def test_whatever_is_in_a_row_it_is_written_and_so_are_those_beside_it(ledger):
    odd = "half \ud83d of a pair, \0, and " + "much more " * 400

    def attempt(text: str) -> Attempt:
        now = dt.datetime.now(dt.UTC)
        return Attempt(
            text, text, text, Outcome.FAILED, now, 0.1, Usage(10), Decimal(1), text, text
        )

    for text in ("plain", odd, "plain again"):
        tag = CallTag(uuid.uuid4().hex, "evaluation", text, text, text, tags={"arm": text})
        one = attempt(text)
        end = CallEnd("model", one.outcome, 0.1, (one,), one.started_at, text, text, text)
        ledger.record(tag, [(1, "model", one)], end).result()
    rows = usage.attempts(ledger)
    assert len(rows) == usage.summary(ledger)["calls"] == 3
    assert usage.summary(ledger)["cost"] == 3
    (strange,) = (row for row in rows if row["model"].startswith("half"))
    assert strange["detail"].startswith("half ? of a pair, , and much more")


def test_a_call_cancelled_while_its_answer_is_written_is_written_once(
    wire, make_router, new_database
):
    router = make_router("openai", state_database_url=new_database())
    router.complete(LLMRequest(task=TASK, prompt="first"))
    ended: list[str] = []

    def work() -> None:
        try:
            router.complete(LLMRequest(task=TASK, prompt="second", session="mine"))
        except errors.Cancelled as error:
            ended.append(error.code)

    with router.ledger.engine.begin() as connection:
        connection.execute(sa.text("LOCK TABLE llm_attempts IN ACCESS EXCLUSIVE MODE"))
        thread = threading.Thread(target=work)
        thread.start()
        locked = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        until(lambda: connection.execute(locked).scalar())
        assert router.cancel(session="mine") == 1
        thread.join(timeout=20)
    assert ended == ["cancelled"]
    router.complete(LLMRequest(task=TASK, prompt="third"))
    assert usage.summary(router.ledger)["calls"] == 3
    assert usage.summary(router.ledger, session="mine")["cost"] == Decimal("0.0004")
