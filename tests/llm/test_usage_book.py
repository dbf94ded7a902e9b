"""The ledger as people filter it: every attempt of a call that matches, and figures by group."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import pytest

from src.llm import usage
from src.llm.ledger import CallEnd, CallTag, Ledger
from src.llm.signals import Signal, record, taken
from src.llm.types import Attempt, Outcome, TaskType, Usage
from src.llm.usage_book import BookFilter, names_in_book, read_book

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
SQL, READ = TaskType.SQL_GENERATION, TaskType.QUERY_INTERPRETATION


@pytest.fixture
def ledger(ledger: Ledger) -> Ledger:
    fill(ledger)
    return ledger


def attempt(
    model: str, hour: int, seconds: float, error: str | None = None, **rest: Any
) -> Attempt:
    values: dict[str, Any] = {"usage": Usage(100, 0, 0, 10), "cost": Decimal("0.01"), **rest}
    return Attempt(
        deployment=model,
        provider="p",
        model=model,
        outcome=Outcome.FAILED if error else Outcome.OK,
        started_at=NOW + dt.timedelta(hours=hour),
        seconds=seconds,
        error=error,
        **values,
    )


def call(
    ledger: Ledger, name: str, task: TaskType, attempts: list[Attempt], kind: str = "model",
    user: str = "ann", ended: bool = True, **tags: str,
) -> None:  # fmt: skip
    tag = CallTag(name, task.value, "current", f"analysis-{name}", user, tags=tags)
    last = attempts[-1]
    end = CallEnd(
        kind, last.outcome, sum(a.seconds for a in attempts), tuple(attempts),
        attempts[0].started_at, last.provider, last.model, last.error,
        fallback=len({a.model for a in attempts}) > 1,
    )  # fmt: skip
    kinds = ["model"] * (len(attempts) - 1) + [kind]
    rows = [(n, k, a) for n, (k, a) in enumerate(zip(kinds, attempts, strict=True), 1)]
    ledger.record(tag, rows, end if ended else None).result()


def fill(ledger: Ledger) -> None:
    call(ledger, "plain", SQL, [attempt("gpt", 0, 1.0)])
    fell = [attempt("gpt", 1, 5.0, "rate_limited"), attempt("claude", 1, 2.0)]
    call(ledger, "fell", SQL, fell, experiment="x", arm="gpt")
    call(ledger, "cached", READ, [attempt("claude", 2, 0.0, cost=Decimal(0))], "cache")
    call(ledger, "rules", READ, [attempt("offline", 3, 0.01, cost=Decimal(0))], "offline")
    call(ledger, "dear", READ, [attempt("claude", 4, 3.0, cost=None)])
    call(ledger, "died", READ, [attempt("claude", 5, 9.0, "timeout")], ended=False)
    call(ledger, "theirs", READ, [attempt("claude", 6, 1.0)], user="bob")


def found(ledger: Ledger, **which: Any) -> list[str]:
    page = read_book(ledger, BookFilter(user="ann", **which), limit=50)
    names = list(dict.fromkeys(row["call_id"] for row in page.rows))
    assert page.calls == len(names)
    return names


@pytest.mark.parametrize(
    ("which", "names"),
    [
        ({}, ["died", "dear", "rules", "cached", "fell", "plain"]),
        ({"tasks": (SQL.value,)}, ["fell", "plain"]),
        ({"models": ("gpt",)}, ["fell", "plain"]),
        ({"models": ("gpt",), "kind": "failed"}, ["fell"]),
        ({"kind": "failed"}, ["died", "fell"]),
        ({"kind": "fallback"}, ["fell"]),
        ({"kind": "cache"}, ["cached"]),
        ({"kind": "offline"}, ["rules"]),
        ({"kind": "unknown_cost"}, ["dear"]),
        ({"kind": "experiment"}, ["fell"]),
        ({"text": " Analysis-F"}, ["fell"]),
        ({"text": "rate_"}, ["fell"]),
        ({"text": "%"}, []),
        ({"since": NOW + dt.timedelta(hours=4)}, ["died", "dear"]),
    ],
)
def test_a_filter_finds_its_calls(ledger, which, names):
    assert found(ledger, **which) == names


def test_a_call_comes_with_every_attempt_and_pages_do_not_cut_it(ledger):
    page = read_book(ledger, BookFilter(user="ann"), limit=2, offset=3)
    assert [(r["call_id"], r["number"], r["of"]) for r in page.rows] == [
        ("cached", 1, 1), ("fell", 1, 2), ("fell", 2, 2),
    ]  # fmt: skip
    assert page.calls == 6
    first = page.rows[1]
    assert (first["error"], first["cost"], first["arm"]) == ("rate_limited", Decimal("0.01"), "gpt")
    assert first["started_at"] == NOW + dt.timedelta(hours=1)


def test_there_is_to_filter_by_what_the_owner_has(ledger):
    tasks, models = names_in_book(ledger, BookFilter(user="ann", kind="cache"))
    assert (tasks, models) == ([READ.value, SQL.value], ["claude", "gpt", "offline"])
    assert names_in_book(ledger, BookFilter(user="bob")) == ([READ.value], ["claude"])


def test_days_are_split_by_task_and_add_up(ledger):
    rows = usage.daily(ledger, "task", user="ann")
    assert {(row["day"], row["key"]): (row["calls"], row["cost"]) for row in rows} == {
        ("2026-11-20", SQL.value): (2, Decimal("0.03")),
        ("2026-11-20", READ.value): (3, Decimal(0)),
    }


def test_the_dearest_analyses_are_named_with_every_attempt_they_paid(ledger):
    assert usage.dearest(ledger, user="ann") == [
        ("analysis-fell", Decimal("0.02")),
        ("analysis-died", Decimal("0.01")),
        ("analysis-plain", Decimal("0.01")),
    ]


def test_percentiles_of_a_group_are_its_nearest_ranks(ledger):
    seconds = [float(n) for n in range(1, 38)]
    for number, value in enumerate(seconds):
        call(ledger, f"n{number}", TaskType.EVALUATION, [attempt("gemini", 7, value)], user="eve")
    (row,) = usage.series(ledger, "model", user="eve")
    ranks = {percent: seconds[math.ceil(37 * percent / 100) - 1] for percent in (50, 95, 99)}
    assert {percent: row[f"p{percent}"] for percent in ranks} == ranks
    assert usage.by_task(ledger, user="eve")["evaluation"]["p50"] == ranks[50]
    assert usage.summary(ledger, user="eve")["p95"] == ranks[95]


def test_how_answers_were_taken_is_counted_by_analysis_and_model(ledger):
    record(ledger, "analysis-fell", (Signal(SQL, "approved", 1.0), Signal(SQL, "rejected", 0.0)))
    record(ledger, "analysis-dear", (Signal(READ, "picked", 1.0),))
    assert taken(ledger, user="ann") == [
        {"task": READ.value, "model": "claude", "sessions": 1, "accepted": 1},
        {"task": SQL.value, "model": "claude", "sessions": 1, "accepted": 0},
    ]
    assert taken(ledger, user="bob") == []
