"""Days, moments and a leap day: which rows a day holds, checked on tables of a few rows."""

from __future__ import annotations

import duckdb
import pytest

from src.data.semantic import SemanticModel
from tests.sql.conftest import Ask

MOMENTS = ("2024-01-01 00:00:00", "2024-01-02 23:59:59.5", "2024-01-03 00:00:00")


def events(type_name: str, *moments: str) -> Ask:
    """A table with a moment and a 1 in each row."""
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE events (moment {type_name}, n INTEGER)")
    connection.executemany("INSERT INTO events VALUES (?, 1)", [[moment] for moment in moments])
    model = SemanticModel.model_validate(
        {
            "name": "events",
            "tables": [
                {
                    "name": "events",
                    "time_column": "moment",
                    "columns": [
                        {"name": "moment", "type": type_name, "role": "time"},
                        {"name": "n", "type": "INTEGER", "role": "measure"},
                    ],
                    "metrics": [
                        {"name": "n", "label": "n", "aggregation": "sum", "numerator": "n"}
                    ],
                }
            ],
        }
    )
    return Ask(connection, model)


@pytest.mark.parametrize("type_name", ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "VARCHAR"])
def test_the_last_day_counts_to_its_end(type_name: str):
    time = {"start": "2024-01-01", "end": "2024-01-02"}
    found = events(type_name, *MOMENTS)(metrics=["n"], time=time, grain="day")
    assert found["n"].tolist() == [1, 1]


@pytest.mark.parametrize("type_name", ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE"])
@pytest.mark.parametrize(
    ("op", "kept"), [("<", 1), ("<=", 2), ("=", 1), ("!=", 2), (">=", 2), (">", 1)]
)
def test_a_day_compared_with_moments_is_all_of_its_hours(type_name: str, op: str, kept: int):
    only = {"column": "moment", "op": op, "values": ["2024-01-02"]}
    assert events(type_name, *MOMENTS)(metrics=["n"], filters=[only])["n"][0] == kept


def test_a_leap_day_moves_no_day_of_the_year_before():
    found = events("DATE", "2023-02-28", "2023-03-01", "2024-02-28", "2024-02-29", "2024-03-01")(
        metrics=["n"],
        grain="day",
        time={"start": "2024-02-01", "end": "2024-03-31"},
        comparison={
            "kind": "previous_year",
            "baseline": {"start": "2023-02-01", "end": "2023-03-31"},
        },
    )
    assert found["n_previous"].tolist() == [1, 0, 1]
