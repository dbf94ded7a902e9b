"""Words that are both grammar and a value are read by their neighbours, and never dropped."""

from __future__ import annotations

import datetime as dt

import pytest

from src.data.profile import ColumnProfile, Dataset, Profile, TableProfile
from src.data.semantic import Aggregation, Column, Metric, Role, SemanticModel, Table, Unit
from src.query_engine.nl.engine import interpret

TODAY = dt.date(2026, 11, 1)
_VALUES = {
    "type": ("Search", "Display", "Video"),
    "country": ("US", "Canada", "Germany"),
    "channel": ("Email", "Direct"),
    "age": ("18-24", "25-34"),
    "won": ("yes", "no"),
}
_TABLE = Table(
    name="ads",
    columns=(
        *(Column(name=name, type="VARCHAR", role=Role.DIMENSION) for name in _VALUES),
        Column(name="clicks", type="BIGINT", role=Role.MEASURE, unit=Unit.COUNT),
    ),
    metrics=(
        Metric(name="clicks", label="Clicks", aggregation=Aggregation.SUM, numerator="clicks"),
    ),
)
_PROFILE = TableProfile(
    "ads", 100, {n: ColumnProfile(n, len(v), 0, values=v) for n, v in _VALUES.items()}
)
DATA = Dataset(
    "homographs", "ads", SemanticModel(name="ads", tables=(_TABLE,)), Profile({"ads": _PROFILE})
)

KEPT = [
    ("search & display clicks", ("type", ("Search", "Display"))),
    ("search, video clicks", ("type", ("Search", "Video"))),
    ("clicks for display or video", ("type", ("Display", "Video"))),
    ("Display clicks", ("type", ("Display",))),
    ("clicks by country where type is search", ("type", ("Search",))),
    ("US clicks", ("country", ("US",))),
    ("clicks from us and canada", ("country", ("US", "Canada"))),
    ("email clicks", ("channel", ("Email",))),
    ("email and direct clicks", ("channel", ("Email", "Direct"))),
    ("clicks for 25-34", ("age", ("25-34",))),
    ("clicks 18-24 vs 25-34", ("age", ("18-24", "25-34"))),
    ("won clicks", ("won", ("yes",))),
    ("clicks that were not won", ("won", ("no",))),
]


@pytest.mark.parametrize(("question", "wanted"), KEPT)
def test_it_stands_as_a_value(question, wanted):
    (reading, *_) = interpret(question, DATA, today=TODAY).interpretations
    (condition,) = reading.plan.filters
    assert (condition.column, condition.values) == wanted


@pytest.mark.parametrize(
    "question", ["show us clicks", "give us the clicks by country", "display the clicks by type"]
)
def test_it_stands_as_grammar(question):
    (reading,) = interpret(question, DATA, today=TODAY).interpretations
    assert reading.plan.filters == ()


def test_a_verb_that_may_be_a_value_has_both_readings():
    readings = interpret("display clicks by country", DATA, today=TODAY).interpretations
    assert [len(r.plan.filters) for r in readings] == [1, 0]
    assert readings[0].confidence < 0.8
