"""The shipped sample is what its generator writes, and the planted events are in the rows."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
TRUTH = json.loads((ROOT / "tests" / "sample_truth.json").read_text("utf-8"))
EVENTS = TRUTH["events"]


@pytest.fixture(scope="module")
def sample():
    con = duckdb.connect()
    con.execute(f"CREATE TABLE c AS FROM read_csv('{ROOT}/sample_data/campaigns.csv')")
    yield lambda sql: con.execute(sql).fetchall()
    con.close()


def test_files_are_what_the_script_writes():
    script = ROOT / "scripts" / "make_sample_data.py"
    command = [sys.executable, script, "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_csv_and_parquet_hold_the_same_rows(sample):
    parquet = f"(FROM read_parquet('{ROOT}/sample_data/campaigns.parquet'))"
    columns = "date, campaign_id, device, region, spend, clicks, conversions, conversion_value"
    sql = "SELECT count(*) FROM (SELECT {0} FROM {1} EXCEPT ALL SELECT {0} FROM {2})"
    assert sample(sql.format(columns, "c", parquet)) == [(0,)]
    assert sample(sql.format(columns, parquet, "c")) == [(0,)]


def test_shape(sample):
    rows, first, last, campaigns, platforms = sample(
        "SELECT count(*), min(date), max(date), count(DISTINCT campaign_id), "
        "count(DISTINCT platform) FROM c"
    )[0]
    assert (rows, campaigns, platforms) == (TRUTH["rows"], 14, 5)
    assert (str(first), str(last)) == (TRUTH["first_day"], TRUTH["last_day"])
    size = sum(p.stat().st_size for p in (ROOT / "sample_data").iterdir())
    assert size < 3_000_000


def test_spend_is_skewed_as_in_real_accounts(sample):
    shares = [
        float(share)
        for (share,) in sample(
            "SELECT sum(spend) / (SELECT sum(spend) FROM c) AS s FROM c GROUP BY campaign_id "
            "ORDER BY s DESC"
        )
    ]
    assert 0.30 <= shares[0] <= 0.43
    assert 0.70 <= sum(shares[:3]) <= 0.80


def test_black_friday(sample):
    for year in ("2024", "2025"):
        multiples = EVENTS["black_friday"][f"{year}_multiples"]
        assert multiples["spend"] > 2
        assert multiples["conversions"] > multiples["spend"]


def test_outage(sample):
    event = EVENTS["outage"]
    where = f"platform = '{event['platform']}' AND date = '{event['start']}'"
    assert sample(f"SELECT count(*) > 0, sum(spend + clicks) FROM c WHERE {where}") == [(True, 0)]


def test_tracking_break(sample):
    event = EVENTS["tracking_break"]
    where = (
        f"platform = '{event['platform']}' AND date BETWEEN '{event['start']}' AND '{event['end']}'"
    )
    clicks, conversions = sample(f"SELECT sum(clicks), sum(conversions) FROM c WHERE {where}")[0]
    assert clicks > 1000
    # The handful of planted impossible rows may lie on those days.
    assert conversions <= 3


def test_creative_fatigue():
    event = EVENTS["creative_fatigue"]
    assert event["ctr_last_week"] < 0.55 * event["ctr_before"]


def test_budget_cap(sample):
    event = EVENTS["budget_cap"]
    days = sample(
        f"SELECT round(sum(spend), 2), max(daily_budget) FROM c WHERE campaign_id = "
        f"'{event['campaign_id']}' AND date BETWEEN '{event['start']}' AND '{event['end']}' "
        "GROUP BY date"
    )
    assert len(days) == 42
    assert all(spend == budget for spend, budget in days)


def test_cpc_shock():
    event = EVENTS["cpc_shock"]
    assert event["cpc_during"] / event["cpc_before"] == pytest.approx(1.8, rel=0.1)


def test_simpson():
    before, after = EVENTS["simpson"]["cvr_before"], EVENTS["simpson"]["cvr_after"]
    assert after["mobile"] > before["mobile"]
    assert after["desktop"] > before["desktop"]
    assert after["all"] < before["all"]


def test_conversion_lag(sample):
    event = EVENTS["conversion_lag"]
    late = sample(f"SELECT sum(conversions) / sum(clicks) FROM c WHERE date >= '{event['start']}'")[
        0
    ][0]
    usual = sample(
        "SELECT sum(conversions) / sum(clicks) FROM c "
        "WHERE date BETWEEN '2026-09-28' AND '2026-10-11'"
    )[0][0]
    assert late < 0.7 * usual


def test_rename(sample):
    event = EVENTS["rename"]
    names = sample(
        f"SELECT campaign_name, min(date)::VARCHAR FROM c WHERE campaign_id = "
        f"'{event['campaign_id']}' GROUP BY 1 ORDER BY 2"
    )
    assert [n for n, _ in names] == [event["before"], event["after"]]
    assert names[1][1] == event["day"]


def test_duplicated_day(sample):
    days = sample("SELECT DISTINCT date::VARCHAR FROM (FROM c GROUP BY ALL HAVING count(*) > 1)")
    assert days == [(EVENTS["duplicated_day"]["day"],)]


def test_impossible_rows_are_rare_but_there(sample):
    odd = sample(
        "SELECT count(*) FILTER (clicks > impressions), count(*) FILTER (conversions > clicks), "
        "count(*) FILTER (clicks = 0 AND conversions > 0) FROM c"
    )[0]
    assert all(0 < n < 20 for n in odd)
