"""What the data calls so comes before what a word means where it does not."""

import datetime as dt
from functools import cache

import pytest

from src.data.profile import Dataset, Profile
from src.data.semantic import SemanticModel
from src.query_engine.nl.engine import interpret
from tests.data.reading import read_text_file
from tests.nl.parts import parts

TODAY = dt.date(2026, 11, 1)


@cache
def _tickets():
    rows = [
        f"T{n},2026-0{1 + n % 9}-1{n % 9},{('Open', 'Closed')[n % 2]},"
        f"{('Negative', 'Positive', 'Neutral')[n % 3]},{('Marketing', 'Ads', 'Traffic')[n % 3]},"
        f"{('Active', 'Paused')[n % 2]},{n * 3.5 + 1},{n + 5}"
        for n in range(90)
    ]
    header = "ticket_id,created,status,sentiment,team,state,amount,clicks"
    table, profile = read_text_file("\n".join([header, *rows]), "tickets.csv")
    model = SemanticModel(name="tickets", tables=(table,))
    return Dataset("t", "t", model, Profile({table.name: profile}), fingerprint="tickets")


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ("open tickets by team", "status = Open"),
        ("amount for open", "status = Open"),
        ("negative tickets by team", "sentiment = Negative"),
        ("amount for negative", "sentiment = Negative"),
        ("marketing amount by month", "team = Marketing"),
        ("ads amount", "team = Ads"),
        ("active tickets by team", "state = Active"),
        ("traffic amount by month", "team = Traffic"),
        ("amount for traffic", "team = Traffic"),
    ],
)
def test_a_value_of_the_data_is_meant(question, where):
    found = parts(interpret(question, _tickets(), today=TODAY).interpretations[0].plan)
    assert found["where"] == [where]
    assert "having" not in found
