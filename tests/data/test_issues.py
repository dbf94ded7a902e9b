"""The profile names what was planted in the sample, on its days, and nothing that was not."""

import datetime as dt
import json
from pathlib import Path

import pytest

from src.data.ingestion.job import read_files
from src.data.profiling import profile_from_json

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
