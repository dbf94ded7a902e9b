"""Questions to a table of sensor readings, and the plans they must become."""

from __future__ import annotations

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.tables import SENSORS

QUESTIONS = [
    ("average temperature by building", {"show": "temperature_c", "by": "building"}),
    (
        "which sensors had temperature above 25",
        {"show": "temperature_c", "by": "sensor_id", "having": ["temperature_c > 25"]},
    ),
    (
        "max humidity per floor last week",
        {"show": "maximum(humidity_pct)", "by": "floor", "time": "2026-06-22..2026-06-28"},
    ),
    ("energy consumption by month", {"show": "energy_kwh", "grain": "month"}),
    (
        "how many readings in the server room",
        {"show": "rows", "where": ["room_type = server room"]},
    ),
    (
        "highest temperature in North Tower",
        {"show": "maximum(temperature_c)", "where": ["building = North Tower"]},
    ),
    (
        "coldest building",
        {"show": "temperature_c", "by": "building", "top": 1, "sort": "temperature_c asc"},
    ),
    (
        "temperature trend by day in March",
        {"show": "temperature_c", "grain": "day", "time": "2026-03-01..2026-03-31"},
    ),
    ("energy on floor 3", {"show": "energy_kwh", "where": ["floor = 3"]}),
    (
        "sensor S01 temperature yesterday",
        {"show": "temperature_c", "where": ["sensor_id = S01"], "time": "2026-06-29..2026-06-29"},
    ),
    ("how many sensors per building", {"show": "count_distinct(sensor_id)", "by": "building"}),
    (
        "which building uses the most energy",
        {"show": "energy_kwh", "by": "building", "top": 1, "sort": "energy_kwh desc"},
    ),
    (
        "peak energy day",
        {"show": "energy_kwh", "grain": "day", "top": 1, "sort": "energy_kwh desc"},
    ),
    ("temprature in the lab", {"show": "temperature_c", "where": ["room_type = lab"]}),
    (
        "temperature in server rooms vs offices",
        {"show": "temperature_c", "by": "room_type", "where": ["room_type in server room, office"]},
    ),
]


@pytest.mark.parametrize(("question", "wanted"), QUESTIONS)
def test_the_question_becomes_the_plan(question, wanted):
    found = interpret(question, SENSORS, today=dt.date(2026, 11, 1))
    assert found.refusal is None
    plan = parts(found.interpretations[0].plan)
    assert {key: plan.get(key) for key in wanted} == wanted
    assert {key for key in plan if key != "sort"} <= set(wanted)
