"""Statistics from the ledger: what was asked, what it cost, what other strategies would have."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from shop import CHEAP, CLAUDE, ENGLISH, RUSSIAN, task
from wire import fail, say

from src.catalogue.learning import refusal_rates
from src.catalogue.smart_llm_client import SmartLLMClient
from src.catalogue.stats_file import StatsUnwritten
from src.catalogue.values import Copy, CopyFailed
from src.config.models import load_models
from src.config.settings import Settings
from src.errors import InputError
from src.llm.router import Router
from tests.forked import start

CHEAP_ANSWER = Decimal("0.00002")  # 100 tokens in at $0.10, 20 out at $0.50 a million


def text(number: int) -> str:
    """A Russian text that no other number has."""
    return f"Чашка номер {number} хранит тепло и приятна в руке."


def numbered(wire) -> object:
    """Answers each request with a text of its own."""

    def step(handler, asked) -> None:
        say(text(len(wire.asked())))(handler, asked)

    return step


async def collect(client, tasks, **rest) -> list:
    return [one async for one in client.generate_many(tasks, **rest)]


def test_everything_that_happened_is_counted(wire, make_client):
    client = make_client()
    wire.on(
        "openai", say(text(1)), say("no", stop="refused"), say(ENGLISH), say(text(3)), fail(500)
    )
    wire.on("anthropic", say(text(2)), say(text(5)), say(ENGLISH))
    for number in (1, 2, 3):
        client.write_sync(task(number))
    client.write_sync(task(5, title="Эпилятор"))
    client.write_sync(task(6, offline_text="Чашка."))
    with pytest.raises(CopyFailed):
        client.write_sync(task(7, prompt=" "))
    stats = client.get_stats()
    assert {name: stats[name] for name in ("items", "answered", "offline", "failed")} == {
        "items": 6, "answered": 4, "offline": 1, "failed": 1,
    }  # fmt: skip
    assert (stats["sensitive"], stats["refusals"], stats["errors"]) == (1, 1, 3)
    # One repair of item 3, and one of each Claude's text for item 6.
    assert (stats["repairs"], stats["failovers"]) == (3, 3)
    by_model = stats["by_model"]
    assert by_model[CHEAP]["requests"] == 7
    assert by_model[CHEAP]["refusals"] == 1
    # Items 1, 2 and 5 took one call each, 3 a repair more, 6 two for each Claude that wrote.
    assert stats["calls"] == 9
    assert stats["requests"] == len(wire.asked()) == sum(m["requests"] for m in by_model.values())
    assert stats["cost"] == sum(model["cost"] for model in by_model.values())
    assert stats["by_type"]["description"]["items"] == 5
    assert stats["by_type"]["description"]["cost"] == stats["cost"]
    assert 0 < stats["p50"] <= stats["p95"]
    assert stats["run"] == client.run
    assert stats["first"] <= stats["last"]


def test_tokens_and_dollars_are_the_servers_own_to_the_last(wire, make_client):
    client = make_client()
    wire.on("openai", numbered(wire))
    copies = asyncio.run(collect(client, [task(number) for number in range(20)]))
    assert {copy.task_id for copy in copies} == {f"p{number}/description" for number in range(20)}
    stats = client.get_stats()
    assert (stats["input_tokens"], stats["output_tokens"]) == (2000, 400)
    assert stats["cost"] == 20 * CHEAP_ANSWER == sum(copy.cost for copy in copies)


def test_a_ledger_on_postgresql_says_the_same(wire, make_client, new_database):
    client = make_client(settings={"state_database_url": new_database()})
    wire.on("openai", say(text(1)), say("no", stop="refused"), say(ENGLISH), say(text(3)))
    wire.on("anthropic", say(text(2)))
    for number in (1, 2, 3):
        client.write_sync(task(number, category="Посуда"))
    stats = client.get_stats()
    assert (stats["items"], stats["answered"], stats["requests"]) == (3, 3, 5)
    assert (stats["refusals"], stats["repairs"], stats["failovers"]) == (1, 1, 1)
    assert stats["by_type"]["description"]["items"] == 3
    assert stats["cost"] == 5 * CHEAP_ANSWER
    assert 0 < stats["by_model"][CHEAP]["p50"] <= stats["p95"]
    assert client.learn() == []
    (rates,) = refusal_rates(client.router.ledger, run=client.run)
    assert (rates.items, rates.refused) == (3, 1)


def test_savings_are_the_same_tokens_at_other_prices(wire, make_client):
    client = make_client(
        toml='[cache]\nenabled = false\n[deployments."claude-haiku-5-5"]\n'
        'model = "claude-haiku-5-5"\nprice = { input = 3.0, output = 15.0 }\n'
    )
    wire.on("openai", numbered(wire))
    asyncio.run(collect(client, [task(number) for number in range(10)]))
    savings = client.get_stats()["savings"]
    claude = 10 * (100 * Decimal(3) + 20 * Decimal(15)) / 10**6
    assert savings["answers"] == 10
    assert savings["openai_only"]["cost"] == 10 * CHEAP_ANSWER
    assert savings["openai_only"]["saved"] == 0
    assert savings["claude_only"] == {
        "models": [CLAUDE],
        "cost": claude,
        "saved": claude - 10 * CHEAP_ANSWER,
        "times": 30.0,
    }
    assert savings["load_balance"]["cost"] == (claude + 10 * CHEAP_ANSWER) / 2
    assert "list price" in savings["basis"]


def test_one_run_does_not_see_another_and_no_run_sees_all(wire, make_client, one_router):
    wire.on("openai", numbered(wire))
    first, second = make_client(), make_client()
    first.write_sync(task(1))
    second.write_sync(task(2))
    assert first.get_stats()["items"] == second.get_stats()["items"] == 1
    assert SmartLLMClient(one_router).get_stats()["items"] >= 2


def test_no_calls_no_division_by_zero(make_client):
    client = make_client()
    stats = client.get_stats()
    assert (stats["items"], stats["cost"], stats["p50"]) == (0, Decimal(0), None)
    assert stats["savings"]["claude_only"]["times"] is None
    client.print_stats()


# --- The file ---


def test_the_file_is_written_after_a_batch_and_by_simple_calls(wire, make_client, tmp_path):
    wire.on("openai", numbered(wire))
    client = make_client(stats_path=tmp_path / "new" / "stats.json")
    client.generate_sync("Опиши чашку.")
    written = json.loads(client.stats_path.read_text(encoding="utf-8"))
    assert written["items"] == 1
    assert written["cost"] == float(CHEAP_ANSWER)
    asyncio.run(collect(client, [task(1), task(2)]))
    assert json.loads(client.stats_path.read_text(encoding="utf-8"))["items"] == 3
    assert {file.name for file in client.stats_path.parent.iterdir()} == {
        "stats.json", ".stats.json.lock",
    }  # fmt: skip


def test_another_run_beside_the_same_output_stays_in_the_file(wire, make_client, tmp_path):
    wire.on("openai", numbered(wire))
    path = tmp_path / "stats.json"
    first, second = make_client(stats_path=path), make_client(stats_path=path)
    first.generate_sync("Опиши чашку.")
    for prompt in ("Опиши стакан.", "Опиши ложку."):
        second.generate_sync(prompt)
    first.save_stats()
    second.save_stats()
    written = json.loads(path.read_text(encoding="utf-8"))
    assert (written["run"], written["items"]) == (second.run, 2)
    assert written["other_runs"][first.run]["items"] == 1
    first.save_stats()
    again = json.loads(path.read_text(encoding="utf-8"))
    assert (again["run"], set(again["other_runs"])) == (first.run, {second.run})


def test_print_stats_prints_and_writes(wire, make_client, capsys):
    wire.on("openai", say(RUSSIAN))
    client = make_client()
    client.write_sync(task())
    client.print_stats()
    printed = capsys.readouterr().out
    assert CHEAP in printed
    assert "$0.000020" in printed
    assert client.stats_path.exists()


def test_with_cost_tracking_off_nothing_is_written_and_that_is_said(wire, make_client, capsys):
    wire.on("openai", numbered(wire))
    client = make_client(settings={"cost_tracking_enabled": False})
    client.generate_sync("Опиши чашку.")
    asyncio.run(collect(client, [task(1)]))
    assert client.save_stats() is None
    client.print_stats()
    assert "COST_TRACKING_ENABLED" in capsys.readouterr().out
    assert not client.stats_path.exists()
    assert client.get_stats()["items"] == 2


def test_a_file_that_cannot_be_written_is_told_and_the_old_one_stays(wire, make_client, tmp_path):
    (tmp_path / "file").write_text("x")
    client = make_client(stats_path=tmp_path / "file" / "stats.json")
    with pytest.raises(StatsUnwritten) as caught:
        client.save_stats()
    assert "ledger" in caught.value.kept


def test_no_text_is_lost_to_a_file_that_cannot_be_written(wire, make_client, tmp_path, caplog):
    (tmp_path / "file").write_text("x")
    wire.on("openai", numbered(wire))
    client = make_client(stats_path=tmp_path / "file" / "stats.json")
    assert client.generate_sync("Опиши чашку.")
    assert len(asyncio.run(collect(client, [task(1)]))) == 1
    assert "cannot be written" in caplog.text


# --- Many at once ---


def test_results_stream_as_they_come_and_failures_are_among_them(wire, make_client):
    wire.on("openai", numbered(wire))
    tasks = [task(1), task(2, prompt=" "), task(3)]
    results = asyncio.run(collect(make_client(), tasks))
    assert sorted(type(result).__name__ for result in results) == ["Copy", "Copy", "CopyFailed"]
    assert next(r for r in results if isinstance(r, CopyFailed)).task_id == "p2/description"


def test_tasks_are_pulled_only_as_they_are_worked_on(wire, make_client):
    wire.on("openai", numbered(wire))
    pulled = 0

    def source():
        nonlocal pulled
        for number in range(50):
            pulled += 1
            yield task(number)

    async def two() -> list[Copy]:
        results = make_client().generate_many(source(), concurrency=3)
        taken = [await anext(results), await anext(results)]
        await results.aclose()
        return taken

    assert len(asyncio.run(two())) == 2
    assert pulled <= 8


def test_a_slow_source_holds_no_finished_text_back(wire, make_client):
    wire.on("openai", numbered(wire))

    async def run() -> None:
        more = asyncio.Event()

        async def source():
            yield task(1)
            await more.wait()
            yield task(2)

        results = make_client().generate_many(source())
        assert (await anext(results)).task_id == "p1/description"
        more.set()
        assert (await anext(results)).task_id == "p2/description"
        await results.aclose()

    asyncio.run(run())


def test_closing_cancels_what_is_under_way(wire, make_client):
    client = make_client()

    def hold(handler, asked) -> None:
        handler.gone.wait(5)

    async def run() -> None:
        wire.on("openai", numbered(wire), hold)
        results = client.generate_many([task(1), task(2)], concurrency=2)
        await anext(results)
        await results.aclose()

    asyncio.run(run())
    assert client.router.in_flight(client.run) == ()


def test_a_failing_source_ends_the_run_with_its_own_error(wire, make_client):
    wire.on("openai", numbered(wire))

    def source():
        yield task(1)
        raise InputError("The file ends in the middle of a row.")

    with pytest.raises(InputError):
        asyncio.run(collect(make_client(), source()))


def test_no_concurrency_is_no_run(make_client):
    with pytest.raises(InputError):
        asyncio.run(collect(make_client(), [], concurrency=0))


# --- Two processes, and one that dies ---


def _work(
    telling: Connection, values: dict, toml: Path, first: int, count: int, stats_path: Path
) -> None:
    """In a process of its own: write `count` texts, the statistics after each."""
    router = Router(Settings(_env_file=None, **values), load_models(toml))
    client = SmartLLMClient(router, run="shared", stats_path=stats_path)
    for number in range(first, first + count):
        client.write_sync(task(number))
        client.save_stats()


@pytest.fixture
def begin(wire, tmp_path):
    """begin(first, count): a process that writes texts into one ledger and one file."""
    toml = tmp_path / "models.toml"
    toml.write_text("[cache]\nenabled = false\n")
    settings = {
        "openai_api_key": "sk-planted-0123456789abcdef",
        "campaign_analyst_home": str(tmp_path / "home"),
        "openai_base_url": f"{wire.url}/openai/v1",
    }
    started = []

    def run(first: int, count: int):
        started.append(start(_work, settings, toml, first, count, tmp_path / "stats.json"))
        return started[-1].process

    yield run
    for forked in started:
        forked.kill()


def test_two_processes_and_a_killed_one_leave_a_right_file(wire, begin, tmp_path, new_router):
    killed, other = begin(100, 10**6), begin(1, 8)

    def step(handler, asked) -> None:
        mine = [one for one in wire.asked() if "товар 10" in str(one.body)]
        if asked in mine and len(mine) == 3:
            os.kill(killed.pid, signal.SIGKILL)
        else:
            say(text(len(wire.asked())))(handler, asked)

    wire.on("openai", step)
    for process in (killed, other):
        process.join(100)
    assert (killed.exitcode, other.exitcode) == (-signal.SIGKILL, 0)
    final = json.loads((tmp_path / "stats.json").read_text(encoding="utf-8"))
    router = new_router(campaign_analyst_home=tmp_path / "home")
    truth = SmartLLMClient(router, run="shared").get_stats()
    assert final["items"] == truth["items"] == 10
    assert final["requests"] == truth["requests"] == len(wire.asked()) - 1
    assert final["cost"] == float(truth["cost"]) == float(10 * CHEAP_ANSWER)
