"""The last week of data that ends on a Sunday, and stretches right before another one."""

import datetime as dt
from dataclasses import replace

import pytest

from src.data.profile import Profile
from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.tables import ADS

TODAY = dt.date(2026, 11, 1)
SUNDAY = dt.date(2026, 10, 11)
_TABLE = ADS.profile.tables["campaigns"]
UNTIL_SUNDAY = replace(
    ADS,
    fingerprint="ads until a sunday",
    profile=Profile({"campaigns": replace(_TABLE, last_day=SUNDAY)}),
)

WEEK_ENDS = [
    ("spend last week", "2026-10-05..2026-10-11", None),
    ("spend this week vs last week", "2026-10-05..2026-10-11", "2026-09-28..2026-10-04"),
    ("spend last week vs the week before", "2026-10-05..2026-10-11", "2026-09-28..2026-10-04"),
    ("spend the week before last", "2026-09-28..2026-10-04", None),
]


@pytest.mark.parametrize(("question", "time", "base"), WEEK_ENDS)
def test_the_last_week_of_data_up_to_a_sunday_is_the_one_that_ends_there(question, time, base):
    (reading,) = interpret(question, UNTIL_SUNDAY, today=TODAY).interpretations
    assert parts(reading.plan).get("time") == time
    assert parts(reading.plan).get("vs") == base


STRETCHES = [
    (
        "spend in the last 4 weeks vs the 4 weeks before",
        "2026-09-18..2026-10-15",
        "2026-08-21..2026-09-17",
    ),
    (
        "spend in the last 7 days vs the previous 7",
        "2026-10-09..2026-10-15",
        "2026-10-02..2026-10-08",
    ),
    (
        "сравни spend за последние 7 дней с предыдущими 7 днями",
        "2026-10-09..2026-10-15",
        "2026-10-02..2026-10-08",
    ),
    (
        "spend this month vs the same period last year",
        "2026-10-01..2026-10-15",
        "2025-10-01..2025-10-15",
    ),
]


@pytest.mark.parametrize(("question", "time", "base"), STRETCHES)
def test_a_stretch_before_another_one_is_as_long(question, time, base):
    (reading, *_) = interpret(question, ADS, today=TODAY).interpretations
    assert (parts(reading.plan).get("time"), parts(reading.plan).get("vs")) == (time, base)
