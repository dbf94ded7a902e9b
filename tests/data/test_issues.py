"""The profile names what was planted in the sample, on its days, and nothing that was not."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from src.data.ingestion.job import read_files
from src.data.profile import DataIssue
from src.data.profiling import profile_from_json
from tests.data.reading import read_text_file

ROOT = Path(__file__).parents[2]
EVENTS = json.loads((ROOT / "tests" / "sample_truth.json").read_text())["events"]


@pytest.fixture(scope="module")
def issues(tmp_path_factory: pytest.TempPathFactory):
    sample = ROOT / "sample_data" / "campaigns.parquet"
    files = [{"path": str(sample), "label": sample.name}]
    out = tmp_path_factory.mktemp("out")
    profile = profile_from_json(
        read_files({"files": files, "out": str(out), "name": "s"})["profile"]
    )
    return profile.tables["campaigns"].issues


PLANTED = [
    ("duplicate_rows", EVENTS["duplicated_day"]["day"], EVENTS["duplicated_day"]["day"]),
    ("no_activity", EVENTS["outage"]["start"], EVENTS["outage"]["end"]),
    ("tracking_break", EVENTS["tracking_break"]["start"], EVENTS["tracking_break"]["end"]),
    ("conversion_lag", EVENTS["conversion_lag"]["start"], EVENTS["conversion_lag"]["end"]),
    ("renamed", EVENTS["rename"]["day"], None),
]


@pytest.mark.parametrize(("rule", "start", "end"), PLANTED, ids=[p[0] for p in PLANTED])
def test_a_planted_event_is_found_on_its_days(issues, rule, start, end) -> None:
    (issue,) = [i for i in issues if i.rule == rule]
    assert issue.start == dt.date.fromisoformat(start)
    assert issue.end == (dt.date.fromisoformat(end) if end else None)
    assert issue.message


def test_rows_that_cannot_be_are_counted(issues) -> None:
    counted = {i.rule: i.rows for i in issues if i.rows}
    for rule in ("clicks_above_impressions", "conversions_above_clicks"):
        assert counted[rule] > 0


def test_nothing_else_is_claimed(issues) -> None:
    known = {p[0] for p in PLANTED} | {
        "clicks_above_impressions", "conversions_above_clicks", "conversions_without_clicks",
    }  # fmt: skip
    assert {i.rule for i in issues} <= known


START = dt.date(2026, 1, 5)


def _found(header: str, rows: list[str]) -> dict[str, DataIssue]:
    """The issues of a table given as CSV, by rule."""
    _, profile = read_text_file("\n".join([header, *rows]) + "\n")
    return {issue.rule: issue for issue in profile.issues}


def _daily(days: int, cost: Callable[[int], float] = lambda n: 100 + n % 7) -> list[str]:
    return [f"{START + dt.timedelta(days=n)},Brand,{cost(n)},{50 + n % 5}" for n in range(days)]


def test_a_last_day_far_below_its_weekday_is_called_incomplete() -> None:
    rows = _daily(60, lambda n: 20 if n == 59 else 100 + n % 7)
    issue = _found("date,campaign,cost,clicks", rows)["partial_last_day"]
    assert issue.start == issue.end == START + dt.timedelta(days=59)
    assert "cost" in issue.columns


def test_a_steady_series_has_no_issue() -> None:
    assert _found("date,campaign,cost,clicks", _daily(60)) == {}


@pytest.mark.parametrize(("gap", "length"), [(30, 1), (20, 4)])
def test_missing_days_are_named(gap: int, length: int) -> None:
    rows = _daily(60)
    del rows[gap : gap + length]
    issue = _found("date,campaign,cost,clicks", rows)["missing_days"]
    assert issue.start == START + dt.timedelta(days=gap)
    assert issue.end == START + dt.timedelta(days=gap + length - 1)


def test_weekends_without_rows_are_a_habit_and_not_a_gap() -> None:
    rows = [row for n, row in enumerate(_daily(70)) if n % 7 < 5]
    assert "missing_days" not in _found("date,campaign,cost,clicks", rows)


def test_several_currencies_are_warned_of() -> None:
    rows = [f"{row},{'USD' if n % 2 else 'EUR'}" for n, row in enumerate(_daily(20))]
    issue = _found("date,campaign,cost,clicks,currency", rows)["mixed_currencies"]
    assert issue.columns == ("currency",)
    assert "EUR" in issue.message
    same = [f"{row},USD" for row in _daily(20)]
    assert "mixed_currencies" not in _found("date,campaign,cost,clicks,currency", same)


@pytest.mark.parametrize(("bad", "words"), [(1, "1 row has"), (3, "3 rows have")])
def test_negative_spend_is_counted_and_dated(bad: int, words: str) -> None:
    rows = _daily(30, lambda n: -5 if 10 <= n < 10 + bad else 100 + n % 7)
    issue = _found("date,campaign,cost,clicks", rows)["negative_spend"]
    assert (issue.rows, issue.start) == (bad, START + dt.timedelta(days=10))
    assert issue.message.startswith(words)


@pytest.mark.parametrize(("copies", "words"), [(1, "1 row is an exact"), (2, "2 rows are exact")])
def test_copies_of_a_row_are_counted(copies: int, words: str) -> None:
    rows = _daily(30)
    issue = _found("date,campaign,cost,clicks", rows + rows[4:5] * copies)["duplicate_rows"]
    assert issue.rows == copies
    assert issue.message.startswith(words)
