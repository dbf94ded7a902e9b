"""Slow work: one job a key, found again by its key, cancelled by its token."""

from __future__ import annotations

import threading

import pytest

from src.data.warehouse import CancelToken
from src.ui.jobs import JobBoard

KEY = ("ann", "analysis-1")


@pytest.fixture
def board() -> JobBoard:
    return JobBoard(workers=4)


def test_a_second_click_gets_the_job_that_is_running(board: JobBoard) -> None:
    gate = threading.Event()
    calls: list[str] = []

    def work(_: CancelToken) -> str:
        calls.append("ran")
        gate.wait(10)
        return "done"

    first = board.start(KEY, "run", work)
    second = board.start(KEY, "run", work)
    gate.set()
    assert second is first
    assert first.wait(10)
    assert first.outcome() == "done"
    assert calls == ["ran"]


def test_a_finished_job_is_found_until_it_is_collected(board: JobBoard) -> None:
    job = board.start(KEY, "run", lambda _: 42)
    assert job.wait(10)
    assert board.find(KEY) is job
    board.collect(job)
    assert board.find(KEY) is None
    assert board.start(KEY, "run", lambda _: 43) is not job


def test_collecting_an_old_job_leaves_the_new_one(board: JobBoard) -> None:
    old = board.start(KEY, "run", lambda _: 1)
    old.wait(10)
    board.collect(old)
    new = board.start(KEY, "run", lambda _: 2)
    board.collect(old)
    assert board.find(KEY) is new


def test_an_error_is_raised_where_the_outcome_is_read(board: JobBoard) -> None:
    def fail(_: CancelToken) -> None:
        raise ValueError("no")

    job = board.start(KEY, "run", fail)
    job.wait(10)
    with pytest.raises(ValueError, match="no"):
        job.outcome()


def test_cancel_reaches_the_work(board: JobBoard) -> None:
    seen = threading.Event()

    def work(cancel: CancelToken) -> bool:
        seen.wait(10)
        return cancel.cancelled

    job = board.start(KEY, "run", work)
    job.cancel.cancel()
    seen.set()
    assert job.wait(10)
    assert job.outcome() is True


def test_running_is_asked_for_each_owner(board: JobBoard) -> None:
    gate = threading.Event()
    job = board.start(KEY, "run", lambda _: gate.wait(10))
    assert board.running("ann")
    assert not board.running("bob")
    gate.set()
    job.wait(10)
    assert not board.running("ann")
