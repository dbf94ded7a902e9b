"""Deals that were won, lost or are open; sizes of single rows, and how many things there are."""

import datetime as dt
from functools import cache

import pytest

from src.data.profile import Dataset, Profile
from src.data.semantic import SemanticModel
from src.query_engine.compiler import compile_plan
from src.query_engine.nl.engine import interpret
from tests.data.reading import read_text_file
from tests.nl.parts import parts

TODAY = dt.date(2026, 11, 1)
_STAGES = ("Closed Won", "Closed Lost", "Proposal", "Negotiation")


@cache
def _deals():
    rows = [
        f"D-{n:03},2026-0{1 + n % 9}-1{n % 9},{('Mia', 'Tom')[n % 2]},Partner,{_STAGES[n % 4]},"
        f"{1000.5 + n * 400},{4 + n % 5}"
        for n in range(80)
    ]
    header = "Deal ID,Created,Deal owner,Lead source,Stage,Amount,Fit score (avg)"
    table, profile = read_text_file("\n".join([header, *rows]), "deals.csv")
    model = SemanticModel(name="deals", tables=(table,))
    return Dataset("deals", "deals", model, Profile({table.name: profile}), fingerprint="deals")


def _plan(question):
    return interpret(question, _deals(), today=TODAY).interpretations[0].plan


def test_the_win_rate_is_of_what_was_decided():
    plan = _plan("win rate by deal owner")
    sql = " ".join(compile_plan(plan, _deals().model, "duckdb").sql.replace('"', "").split())
    assert "COUNT(CASE WHEN Stage = 'Closed Won' THEN 1 END) / NULLIF(COUNT(*), 0)" in sql
    assert "Stage IN ('Closed Won', 'Closed Lost')" in sql


@pytest.mark.parametrize("question", ["open deals by stage", "открытые сделки по stage"])
def test_what_is_open_is_neither_won_nor_lost(question):
    found = parts(_plan(question))
    assert found["where"] == ["Stage not in Closed Won, Closed Lost"]
    assert found["by"] == "Stage"


def test_a_breakdown_by_the_column_of_a_value_stays_one():
    assert parts(_plan("deals not closed by stage"))["by"] == "Stage"


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ("deals over 15k", ["Amount > 15000"]),
        ("deals over 15k in negotiation", ["Amount > 15000", "Stage = Negotiation"]),
    ],
)
def test_the_size_of_a_deal_is_its_amount(question, where):
    assert sorted(parts(_plan(question))["where"]) == where


def test_a_number_of_things_of_a_value():
    found = parts(_plan("deal owners with more than 5 closed won deals"))
    assert found["having"] == ["row_count > 5"]
    assert found["where"] == ["Stage = Closed Won"]
