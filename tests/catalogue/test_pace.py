"""The pace rises while it is safe, halves under pressure, and stays within its bounds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from src.catalogue.pace import Pace, Seen


def quiet(requests=100):
    return Seen(requests, 0, requests, 0.3 * requests)


def test_it_starts_at_what_was_chosen_and_stays_there_while_it_is_safe():
    pace = Pace(64)
    for _ in range(3):
        assert pace.limit == 64
        pace.look(quiet(), 64)


def test_it_rises_to_the_ceiling_by_twentieths():
    pace = Pace(64, 60)
    pace.look(quiet(), 60)
    assert pace.limit == 63
    pace.look(quiet(), 63)
    assert pace.limit == 64


def test_it_halves_once_for_one_burst_and_rises_slowly_after_it():
    pace = Pace(100, 100)
    burst = Seen(50, 30, 20, 6.0)
    pace.look(burst, 100)
    assert (pace.limit, pace.cuts) == (50, 1)
    pace.look(burst, 100)  # those were on their way already
    pace.look(burst, 100)
    assert (pace.limit, pace.cuts) == (50, 1)
    pace.look(quiet(), 50)
    assert pace.limit == 55


def test_the_odd_refused_request_is_no_pressure():
    pace = Pace(100, 100)
    for _ in range(50):
        pace.look(Seen(100, 5, 90, 30.0), 100)
    assert (pace.limit, pace.cuts) == (100, 0)


def test_answers_that_take_three_times_as_long_are_pressure():
    pace = Pace(100, 80)
    pace.look(Seen(40, 0, 40, 40 * 0.3), 40)
    pace.look(Seen(100, 0, 100, 100 * 2.0), 80)
    assert (pace.limit, pace.cuts) == (40, 1)


def test_a_provider_that_stays_slow_does_not_bring_the_pace_to_one():
    pace = Pace(64, 64)
    pace.look(quiet(), 64)
    for _ in range(100):
        pace.look(Seen(100, 0, 100, 100 * 5.0), pace.limit)
    assert pace.limit == 64


def test_room_that_is_not_used_does_not_raise_the_pace():
    pace = Pace(100, 50)
    for _ in range(10):
        pace.look(quiet(), 10)
    assert pace.limit == 50


@given(
    st.integers(1, 200),
    st.lists(
        st.tuples(st.integers(0, 200), st.floats(0, 1), st.floats(0, 20), st.integers(0, 200))
    ),
)
def test_it_stays_between_one_and_the_ceiling(ceiling, looks):
    pace = Pace(ceiling)
    for requests, share, seconds, under_way in looks:
        away = round(requests * share)
        pace.look(Seen(requests, away, requests - away, seconds * (requests - away)), under_way)
        assert 1 <= pace.limit <= ceiling
