"""When two results count as the same answer."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.evaluation.compare import compare_results


def frame(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})


NUMBERS = frame(platform=["Meta", "TikTok"], spend=[10.0, 20.0])

SAME = {
    "row order": (NUMBERS, frame(platform=["TikTok", "Meta"], spend=[20.0, 10.0])),
    "column order": (NUMBERS, frame(spend=[10.0, 20.0], platform=["Meta", "TikTok"])),
    "other names": (NUMBERS, frame(p=["Meta", "TikTok"], total=[10.0, 20.0])),
    "more columns": (NUMBERS, frame(platform=["Meta", "TikTok"], spend=[10.0, 20.0], n=[1, 2])),
    "number types": (NUMBERS, frame(platform=["Meta", "TikTok"], spend=[10, Decimal("20.0")])),
    "rounding": (NUMBERS, frame(platform=["Meta", "TikTok"], spend=[10.00005, 19.9999])),
    "a day as a timestamp": (
        frame(day=[dt.date(2024, 1, 2)]), frame(day=[pd.Timestamp(2024, 1, 2)]),
    ),
    "two columns alike": (
        frame(a=[1.0, 2.0], b=[1.0, 2.0]), frame(x=[2.0, 1.0], y=[2.0, 1.0]),
    ),
    "swapped names, told apart by rows": (
        frame(a=[1.0, 2.0], b=[2.0, 1.0]), frame(b=[2.0, 1.0], a=[1.0, 2.0]),
    ),
    "nothing found": (frame(a=[]), frame(a=[])),
    "empty cells": (frame(a=[None, 1.0]), frame(a=[1.0, float("nan")])),
}  # fmt: skip

DIFFERENT = {
    "a value": (NUMBERS, frame(platform=["Meta", "TikTok"], spend=[10.0, 21.0])),
    "values on other rows": (NUMBERS, frame(platform=["TikTok", "Meta"], spend=[10.0, 20.0])),
    "a row more": (NUMBERS, frame(platform=["Meta", "TikTok", "X"], spend=[10.0, 20.0, 1.0])),
    "a row twice": (frame(a=[1.0, 2.0, 2.0]), frame(a=[1.0, 1.0, 2.0])),
    "a column less": (NUMBERS, frame(platform=["Meta", "TikTok"])),
    "empty is not 0": (frame(a=[None]), frame(a=[0.0])),
    "text is not a number": (frame(a=["1"]), frame(a=[1.0])),
    "case": (frame(a=["Meta"]), frame(a=["meta"])),
    "one column for two": (frame(a=[1.0], b=[1.0]), frame(a=[1.0], c=[2.0])),
}


@pytest.mark.parametrize("case", SAME)
def test_the_same_answer(case: str):
    assert compare_results(*SAME[case]).same


@pytest.mark.parametrize("case", DIFFERENT)
def test_another_answer(case: str):
    verdict = compare_results(*DIFFERENT[case])
    assert not verdict.same
    assert verdict.reason


def test_order_counts_only_where_asked_and_ties_may_swap():
    gold = frame(name=["a", "b", "c"], n=[3.0, 2.0, 2.0])
    swapped = frame(name=["a", "c", "b"], n=[3.0, 2.0, 2.0])
    upside_down = frame(name=["c", "b", "a"], n=[2.0, 2.0, 3.0])
    assert compare_results(gold, swapped, ordered=True).same
    assert compare_results(gold, upside_down).same
    assert not compare_results(gold, upside_down, ordered=True).same


CELLS = st.one_of(
    st.none(), st.text(max_size=3), st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False, width=32), st.integers(-100, 100),
    st.dates(),
)  # fmt: skip
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=12)
)


def as_frame(rows: list[list[object]]) -> pd.DataFrame:
    width = len(rows[0]) if rows else 1
    return frame(**{f"c{i}": [row[i] for row in rows] for i in range(width)})


@given(TABLES, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_shuffled_rows_columns_and_names_are_still_the_same(rows, random):
    gold = as_frame(rows)
    shuffled = rows[:]
    random.shuffle(shuffled)
    found = as_frame(shuffled) if rows else gold
    columns = list(found.columns)
    random.shuffle(columns)
    found = found[columns].rename(columns={c: f"x{i}" for i, c in enumerate(columns)})
    found["extra"] = range(len(found))
    assert compare_results(gold, found).same


@given(TABLES.filter(len), st.data())
@settings(max_examples=40, deadline=None)
def test_one_changed_cell_is_noticed(rows, data):
    gold = as_frame(rows)
    row = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[0]) - 1))
    changed = [list(r) for r in rows]
    changed[row][column] = "a value that is nowhere else"
    assert not compare_results(gold, as_frame(changed)).same


@given(st.lists(st.floats(1, 1e9), min_size=1, max_size=20), st.floats(-4e-6, 4e-6))
@settings(max_examples=60, deadline=None)
def test_numbers_within_the_tolerance_agree(numbers, change):
    gold = frame(n=list(numbers))
    assert compare_results(gold, frame(n=[n * (1 + change) for n in reversed(numbers)])).same
    assert not compare_results(gold, frame(n=[n * 1.001 for n in numbers])).same
