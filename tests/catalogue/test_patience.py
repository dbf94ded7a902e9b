"""An outage holds a run back instead of turning the catalogue into template texts."""

from __future__ import annotations

import asyncio

import pytest
from running import Scripted, copy_of, finish, run_of, task

from src.catalogue import patience as module
from src.catalogue.journal import Journal
from src.catalogue.values import CopyFailed

TASKS = [task(number) for number in range(12)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.journal"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "_FIRST", 0.001)
    monkeypatch.setattr(module, "_LONGEST", 0.002)


def template(asked, *, temporary=True):
    return copy_of(asked, engine="offline", provider="offline", temporary=temporary)


def away_for(requests, otherwise=template):
    """A provider that is away for its first requests."""
    writer = Scripted()

    def say(asked):
        return otherwise(asked) if len(writer.asked) <= requests else copy_of(asked)

    writer.say = say
    return writer


def fails(asked):
    raise CopyFailed("Nobody could be asked.", task_id=asked.id, temporary=True)


@pytest.mark.parametrize("otherwise", [template, fails])
def test_an_outage_is_waited_out(path, otherwise):
    writer = away_for(10, otherwise)
    last = finish(TASKS, writer, path, concurrency=4, patience=100.0)
    assert (last.written, last.offline, last.failed) == (12, 0, 0)
    # The four under way came back once each; after that one asked at a time.
    assert len(set(writer.asked[:10])) <= 5


def test_nothing_new_is_begun_while_nobody_answers(path):
    async def steer(journal):
        writer = away_for(10**9)
        run = run_of(TASKS, writer, journal, concurrency=3, patience=100.0)
        work = asyncio.create_task(run.run())
        while len(writer.asked) < 20:
            await asyncio.sleep(0)
        assert run.progress().waiting
        assert "no model answers" in run.progress().line()
        assert len(set(writer.asked)) == 3
        run.cancel()
        return await work

    with Journal(path) as journal:
        last = asyncio.run(steer(journal))
        assert (last.ending, last.written, last.failed) == ("cancelled", 0, 0)
        assert list(journal.entries()) == []  # as if never begun: the next run writes them


def test_a_text_under_way_that_a_model_writes_ends_the_outage_for_all(path, monkeypatch):
    monkeypatch.setattr(module, "_FIRST", 100.0)  # nobody would ask again in this test's time

    async def steer(journal):
        slow = asyncio.Event()

        class Writer(Scripted):
            async def write(self, asked):
                self.asked.append(asked.id)
                if asked.product_id == "p1":
                    await slow.wait()
                away = asked.product_id == "p0" and self.asked.count(asked.id) == 1
                return template(asked) if away else copy_of(asked)

        run = run_of(TASKS[:2], Writer(), journal, concurrency=2, patience=1000.0)
        work = asyncio.create_task(run.run())
        while not run.progress().waiting:
            await asyncio.sleep(0.001)
        slow.set()
        return await work

    with Journal(path) as journal:
        last = asyncio.run(steer(journal))
    assert (last.written, last.offline, last.waiting) == (2, 0, False)


def test_patience_ends_and_the_template_writes_the_rest(path):
    writer = away_for(10**9)
    last = finish(TASKS, writer, path, concurrency=3, patience=0.02)
    assert (last.written, last.offline) == (12, 12)
    assert not last.waiting


def test_what_the_template_wrote_in_an_outage_is_written_by_a_model_next_time(path):
    finish(TASKS, away_for(10**9), path)
    without_models = Scripted()
    assert finish(TASKS, without_models, path).offline == 12
    assert without_models.asked == []
    with_models = Scripted()
    assert finish(TASKS, with_models, path, patience=100.0).offline == 0
    assert len(with_models.asked) == 12


def test_a_text_that_every_model_refused_is_no_outage(path):
    writer = Scripted(lambda asked: template(asked, temporary=False))
    last = finish(TASKS, writer, path, patience=100.0)
    assert (last.written, last.offline) == (12, 12)
    assert len(writer.asked) == 12
    again = Scripted()
    finish(TASKS, again, path, patience=100.0)
    assert again.asked == []


def test_a_rejected_key_is_not_waited_out(path):
    def rejected(asked):
        return copy_of(asked, engine="offline", provider="offline", temporary=True, stuck=True)

    last = finish(TASKS, Scripted(rejected), path, patience=10**9)
    assert (last.done, last.offline) == (12, 12)
    with Journal(path) as journal:
        assert all(entry.copy.temporary for entry in journal.entries()), "another run tries again"
