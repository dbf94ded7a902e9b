"""Reservations come and go in any order; what a call may do always follows from those held."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from src.llm.budgets import Admission, Budgets, Limits

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DOLLARS = st.decimals(min_value=0, max_value=3, places=7)
SESSIONS = st.sampled_from(["a", "b", None])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("admit"), SESSIONS, DOLLARS),
        st.tuples(st.just("release"), st.integers(0, 40), st.booleans()),
    ),
    max_size=40,
)


@given(STEPS, st.sampled_from(["stop", "downgrade", "offline"]), st.booleans(), st.booleans())
def test_a_call_is_let_in_by_what_is_spent_and_held_at_that_moment(
    steps: list[tuple[str, object, object]], at_limit: str, session: bool, day: bool
) -> None:
    spent: list[tuple[str | None, Decimal]] = []
    held: dict[str, tuple[str | None, Decimal]] = {}
    limits = Limits(
        session=Decimal(2) if session else None,
        day=Decimal(5) if day else None,
        warn_at=Decimal("0.8"),
        at_limit=at_limit,
    )

    def total(own: str | None, rows: list[tuple[str | None, Decimal]]) -> Decimal:
        return sum((cost for by, cost in rows if own is None or by == own), Decimal(0))

    def expected(own: str | None) -> str:
        rows = [*spent, *held.values()]
        uses = [total(own, rows) / 2] if session and own is not None else []
        uses += [total(None, rows) / 5] if day else []
        if any(use >= 1 for use in uses):
            return "stop"
        near = any(use >= limits.warn_at for use in uses)
        return "downgrade" if near and at_limit == "downgrade" else "go"

    now = 0.0
    budgets = Budgets(limits, lambda own, _since: total(own, spent), lambda: now)
    for number, (what, first, second) in enumerate(steps):
        now += 0.3  # so that the ledger is read again now and then
        if what == "admit":
            admission = budgets.admit(str(number), first, second, NOW)
            assert admission.verdict == expected(first)
            if admission.verdict != "stop" and budgets.active:
                held[str(number)] = (first, second)
        else:
            cost = held.pop(str(first), None)
            if cost is not None and second:
                spent.append(cost)
                budgets.count(*cost)
            budgets.release(str(first))
    budgets.count("a", None)
    for call_id in held:
        budgets.release(call_id)
    if not spent:
        assert budgets.admit("last", "a", Decimal(1), NOW) == Admission("go")


def test_what_another_process_has_spent_counts_from_the_next_reading_on() -> None:
    spent, now = Decimal(0), 0.0
    limits = Limits(session=None, day=Decimal(1), warn_at=Decimal("0.8"), at_limit="stop")
    budgets = Budgets(limits, lambda _own, _since: spent, lambda: now)
    assert budgets.admit("1", "a", Decimal(0), NOW).verdict == "go"
    spent = Decimal(2)
    now += 1.5
    assert budgets.admit("2", "a", Decimal(0), NOW).verdict == "stop"


def test_the_ledger_is_read_once_for_a_rush_of_calls() -> None:
    read: list[str | None] = []

    def spent(own: str | None, _since: dt.datetime | None) -> Decimal:
        read.append(own)
        return Decimal(0)

    limits = Limits(session=Decimal(9), day=Decimal(9), warn_at=Decimal(1), at_limit="stop")
    budgets = Budgets(limits, spent, lambda: 0.0)
    for number in range(100):
        budgets.admit(str(number), "a", Decimal("0.01"), NOW)
        budgets.count("a", Decimal("0.01"))
        budgets.release(str(number))
    assert read == ["a", None]
