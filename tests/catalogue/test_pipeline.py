"""A run writes everything once: bounded, steerable, resumable, within its budget."""

from __future__ import annotations

import asyncio
import threading
from decimal import Decimal

import pytest
from running import Scripted, copy_of, finish, run_of, task

from src.catalogue.journal import Journal
from src.catalogue.meter import Metered
from src.catalogue.tasks import Keys
from src.catalogue.values import CopyFailed
from src.errors import StateError

TASKS = [task(number) for number in range(30)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.journal"


def test_every_text_is_written_and_kept(path):
    last = finish(TASKS, Scripted(), path)
    assert (last.phase, last.ending) == ("ended", "done")
    assert (last.total, last.done, last.written, last.failed) == (30, 30, 30, 0)
    with Journal(path) as journal:
        assert sorted(e.text for e in journal.entries()) == sorted(
            f"Text of {one.id}" for one in TASKS
        )


def test_no_more_texts_are_under_way_than_allowed(path):
    writer = Scripted()
    finish(TASKS, writer, path, concurrency=4)
    assert writer.most == 4


def test_a_second_run_asks_for_nothing(path):
    finish(TASKS, Scripted(), path)
    again = Scripted()
    last = finish(TASKS, again, path)
    assert again.asked == []
    assert (last.skipped, last.written, last.done) == (30, 0, 30)


@pytest.mark.parametrize(
    "changed",
    [
        {"prompt": "Describe it otherwise."},
        {"title": "Renamed"},
        {"rules": task(3).rules.__class__(language="en", max_chars=10)},
        {"system_prompt": "You are brief."},
        {"max_tokens": 99},
    ],
)
def test_only_what_changed_is_written_again(path, changed):
    finish(TASKS, Scripted(), path)
    again = Scripted()
    finish([*TASKS[:3], task(3, **changed), *TASKS[4:]], again, path)
    assert again.asked == ["p3/description"]


def test_another_offline_template_is_no_reason_to_pay_again(path):
    finish(TASKS, Scripted(), path)
    again = Scripted()
    finish([task(number, offline_text="new") for number in range(30)], again, path)
    assert again.asked == []


def test_another_strategy_writes_anew(path):
    finish(TASKS[:2], Scripted(), path)
    again = Scripted()
    finish(TASKS[:2], again, path, strategy="claude_only")
    assert len(again.asked) == 2


def fails(*numbers, temporary=False):
    def say(asked):
        if int(asked.product_id[1:]) in numbers:
            raise CopyFailed(
                "Nobody wrote it.",
                task_id=asked.id,
                reasons=("luna refused", "haiku refused"),
                temporary=temporary,
            )
        return copy_of(asked)

    return Scripted(say)


def test_a_poison_item_ends_with_its_reasons_and_is_not_paid_again(path):
    last = finish(TASKS, fails(7), path)
    assert (last.written, last.failed, last.done) == (29, 1, 30)
    with Journal(path) as journal:
        (lost,) = [entry for entry in journal.entries() if entry.copy is None]
    assert (lost.task_id, lost.reasons) == ("p7/description", ("luna refused", "haiku refused"))
    again = Scripted()
    resumed = finish(TASKS, again, path)
    assert (resumed.skipped, resumed.failed, resumed.done) == (29, 1, 30)
    assert again.asked == []


def test_a_run_that_goes_on_still_says_who_wrote_what_is_kept(path):
    by_another = Scripted(lambda asked: copy_of(asked, failed_over="refused"))
    assert finish(TASKS[:3], by_another, path).failed_over == 3
    last = finish(TASKS, Scripted(), path)
    assert (last.skipped, last.written, last.failed_over) == (3, 27, 3)


def test_what_failed_is_tried_again_on_request_and_what_may_pass_always(path):
    finish(TASKS, fails(7), path)
    asked = Scripted()
    finish(TASKS, asked, path, retry=frozenset({"failed"}))
    assert asked.asked == ["p7/description"]
    finish([task(50)], fails(50, temporary=True), path)
    passing = Scripted()
    finish([task(50)], passing, path)
    assert passing.asked == ["p50/description"]


def test_template_texts_are_written_by_models_on_request(path):
    by_template = Scripted(lambda asked: copy_of(asked, engine="offline", provider="offline"))
    assert finish(TASKS[:3], by_template, path).offline == 3
    kept = Scripted()
    assert finish(TASKS[:3], kept, path).offline == 3
    assert kept.asked == []
    again = Scripted()
    assert finish(TASKS[:3], again, path, retry=frozenset({"offline"})).offline == 0
    assert len(again.asked) == 3


def test_what_a_person_decided_on_is_not_written_again(path):
    by_template = Scripted(lambda asked: copy_of(asked, engine="offline", temporary=True))
    finish(TASKS[:4], by_template, path)
    keys = Keys("smart")
    with Journal(path) as journal:
        journal.review(keys.of(TASKS[0]), "edited", "A person's own text.")
        journal.review(keys.of(TASKS[1]), "approved")
        journal.review(keys.of(TASKS[2]), "rejected")
    again = Scripted()
    finish(TASKS[:4], again, path, retry=frozenset({"offline"}), patience=1.0)
    assert sorted(again.asked) == sorted(one.id for one in TASKS[2:4])
    with Journal(path) as journal:
        kept = journal.find(keys.of(TASKS[0]))
    assert kept is not None
    assert kept.text == "A person's own text."


def test_an_odd_error_in_one_item_does_not_end_the_run(path):
    def say(asked):
        if asked.product_id == "p5":
            raise RuntimeError("boom")
        return copy_of(asked)

    last = finish(TASKS, Scripted(say), path)
    assert (last.written, last.failed) == (29, 1)


async def _under_way(writer, count):
    while writer.now < count:
        await asyncio.sleep(0)


def test_a_paused_run_begins_nothing_and_goes_on_when_told_to(path):
    async def steer(journal):
        writer = Scripted()
        writer.gate = asyncio.Event()
        run = run_of(TASKS, writer, journal, concurrency=3)
        work = asyncio.create_task(run.run())
        await _under_way(writer, 3)
        await asyncio.to_thread(run.pause)
        writer.gate.set()
        while run.progress().under_way:
            await asyncio.sleep(0.001)
        assert (run.progress().phase, run.progress().done, len(writer.asked)) == ("paused", 3, 3)
        await asyncio.to_thread(run.resume)
        return await work

    with Journal(path) as journal:
        assert asyncio.run(steer(journal)).written == 30


@pytest.mark.parametrize(("now", "kept"), [(False, 3), (True, 0)])
def test_cancelling_keeps_what_is_under_way_unless_told_otherwise(path, now, kept):
    async def steer(journal):
        writer = Scripted()
        writer.gate = asyncio.Event()
        run = run_of(TASKS, writer, journal, concurrency=3)
        work = asyncio.create_task(run.run())
        await _under_way(writer, 3)
        other = threading.Thread(target=run.cancel, kwargs={"now": now})
        other.start()
        await asyncio.to_thread(other.join)
        if not now:
            writer.gate.set()
        return await work

    with Journal(path) as journal:
        last = asyncio.run(steer(journal))
        assert (last.phase, last.ending, last.written) == ("ended", "cancelled", kept)
        assert len(list(journal.entries())) == kept
    assert finish(TASKS, Scripted(), path).done == 30


def test_a_run_that_is_cancelled_before_it_begins_asks_nobody(path):
    writer = Scripted()
    with Journal(path) as journal:
        run = run_of(TASKS, writer, journal)
        run.cancel()
        assert asyncio.run(run.run()).ending == "cancelled"
    assert writer.asked == []


def test_the_budget_is_never_overspent_and_a_larger_one_goes_on(path):
    spent = Decimal(0)

    def say(asked):
        nonlocal spent
        spent += Decimal("0.10")
        return copy_of(asked)

    rest = {
        "meter": lambda: Metered(spent=spent),
        "estimate": lambda _: Decimal("0.12"),
        "concurrency": 8,
    }
    last = finish(TASKS, Scripted(say), path, budget=Decimal("1.00"), **rest)
    assert last.ending == "budget"
    assert last.written == 9  # 0.90 spent: a tenth might have cost 0.12
    assert spent <= 1
    last = finish(TASKS, Scripted(say), path, budget=Decimal("10.00"), **rest)
    assert (last.ending, last.done) == ("done", 30)


def test_a_full_disk_ends_the_run_with_an_error(path, monkeypatch):
    with Journal(path) as journal:

        def full(entries):
            raise StateError("Results could not be written: disk full.")

        monkeypatch.setattr(journal, "write", full)
        run = run_of(TASKS, Scripted(), journal, concurrency=4)
        with pytest.raises(StateError, match="disk full"):
            asyncio.run(run.run())
        assert run.progress().ending == "failed"
        assert run.progress().written == 0


def test_the_pace_falls_when_providers_turn_requests_away(path):
    seen = iter([Metered(), *(Metered(requests=100 * n, turned_away=60 * n) for n in range(1, 9))])
    last_seen = Metered()

    def meter():
        nonlocal last_seen
        last_seen = next(seen, last_seen)
        return last_seen

    async def steer(journal):
        writer = Scripted()
        writer.gate = asyncio.Event()
        run = run_of(TASKS, writer, journal, concurrency=16, meter=meter)
        work = asyncio.create_task(run.run())
        while not run.progress().cuts:
            await asyncio.sleep(0.005)
        writer.gate.set()
        return await work

    with Journal(path) as journal:
        last = asyncio.run(steer(journal))
    assert last.cuts >= 1
    assert last.limit <= 8
    assert last.written == 30


def test_what_an_earlier_run_was_turned_away_with_is_no_pressure_on_this_one(path, monkeypatch):
    monkeypatch.setattr("src.catalogue.pipeline.LOOK_SECONDS", 0.001)
    writer, looks = Scripted(), 0

    def meter():
        nonlocal looks
        looks += 1
        if looks == 5:
            loop.call_soon_threadsafe(writer.gate.set)
        return Metered(requests=500, turned_away=400)

    async def steer(journal):
        nonlocal loop
        loop, writer.gate = asyncio.get_running_loop(), asyncio.Event()
        return await run_of(TASKS, writer, journal, concurrency=16, meter=meter).run()

    loop = None
    with Journal(path) as journal:
        last = asyncio.run(steer(journal))
    assert (last.cuts, last.limit, last.written) == (0, 16, 30)


def test_progress_is_plain_data_and_one_line(path):
    import json

    last = finish(TASKS, fails(7), path)
    told = last.to_dict()
    assert json.loads(json.dumps(told))["done"] == 30
    assert told["spent"] == "0"
    assert last.line().startswith("30 of 30 texts")
    assert "1 failed" in last.line()
