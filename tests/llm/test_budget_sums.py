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

    budgets = Budgets(limits, lambda own, _since: total(own, spent))
    for number, (what, first, second) in enumerate(steps):
        if what == "admit":
            admission = budgets.admit(str(number), first, second, NOW)
            assert admission.verdict == expected(first)
            if admission.verdict != "stop" and budgets.active:
                held[str(number)] = (first, second)
        else:
            cost = held.pop(str(first), None)
            if cost is not None and second:
                spent.append(cost)
            budgets.release(str(first))
    for call_id in held:
        budgets.release(call_id)
    if not spent:
        assert budgets.admit("last", "a", Decimal(1), NOW) == Admission("go")
