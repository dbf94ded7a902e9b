"""Generate the synthetic sample: `sample_data/campaigns.csv`, `.parquet` and the truth file.

Nothing here is anybody's account. Rates and shapes follow public data sets: click-through rates by
channel, spend skew (the largest campaign takes about a third), weekday and yearly seasonality, and
the many small rows without a conversion. Ten events are planted on purpose; `EVENTS` says which and
`tests/sample_truth.json` records them with the figures measured in the written rows, so that a test
(or a reader) can ask whether the product finds them.

    python scripts/make_sample_data.py            # writes the three files
    python scripts/make_sample_data.py --check    # exits 1 if they differ from what it would write
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SEED = 20261015
FIRST_DAY = dt.date(2024, 10, 16)
LAST_DAY = dt.date(2026, 10, 15)
ROOT = Path(__file__).resolve().parent.parent
SPECS = Path(__file__).with_name("sample_campaigns.toml")
CSV = ROOT / "sample_data" / "campaigns.csv"
PARQUET = ROOT / "sample_data" / "campaigns.parquet"
TRUTH = ROOT / "tests" / "sample_truth.json"

COLUMNS = [
    "date", "platform", "campaign_id", "campaign_name", "objective", "device", "region", "currency",
    "daily_budget", "spend", "impressions", "reach", "clicks", "conversions", "conversion_value",
    "new_customers",
]  # fmt: skip


@dataclass(frozen=True)
class Campaign:
    """What a campaign is like on an ordinary day.

    Attributes:
        spend: mean dollars a day over all its cells.
        ctr, cvr: clicks per impression, conversions per click, as fractions.
        cpc, aov: dollars per click, dollars of conversion value per conversion.
        new: share of conversions that are first orders.
        regions, devices: shares of the spend; it delivers in every pair of them.
        first, last: days it runs.
        noise: standard deviation of the log of a day's spend.
    """

    id: str
    name: str
    platform: str
    objective: str
    spend: float
    ctr: float
    cpc: float
    cvr: float
    aov: float
    new: float
    regions: dict[str, float]
    devices: dict[str, float]
    first: dt.date = FIRST_DAY
    last: dt.date = LAST_DAY
    noise: float = 0.35

    @property
    def cells(self) -> dict[tuple[str, str], float]:
        """Share of the spend of each (device, region)."""
        return {
            (device, region): of_region * of_device
            for region, of_region in self.regions.items()
            for device, of_device in self.devices.items()
        }


def load_campaigns() -> tuple[Campaign, ...]:
    """The campaigns of `sample_campaigns.toml`."""
    rows = tomllib.loads(SPECS.read_text("utf-8"))["campaign"]
    return tuple(Campaign(**row) for row in rows)


WEEKDAY = np.array([1.06, 1.04, 1.02, 1.0, 0.95, 0.89, 1.04])
WEEKDAY_B2B = np.array([1.18, 1.22, 1.2, 1.15, 0.98, 0.62, 0.65])
MONTH = {1: 0.78, 2: 0.76, 3: 0.88, 4: 0.93, 5: 0.98, 6: 0.92, 7: 0.86, 8: 0.9, 9: 1.02, 10: 1.1,
         11: 1.45, 12: 1.52}  # fmt: skip
DEVICE_CVR = {"mobile": 0.86, "desktop": 1.28, "tablet": 0.94}
DEVICE_CPC = {"mobile": 0.92, "desktop": 1.16, "tablet": 0.9}
SIMPSON_CVR = {"mobile": (0.020, 0.0245), "desktop": (0.058, 0.0695)}
SIMPSON_SHARE = {"mobile": (0.40, 0.82), "desktop": (0.60, 0.18)}

BLACK_FRIDAYS = (dt.date(2024, 11, 29), dt.date(2025, 11, 28))
EVENTS: dict[str, dict[str, Any]] = {
    "black_friday": {"days": [d.isoformat() for d in BLACK_FRIDAYS],
                     "effect": "spend about x2.7 and conversions about x4.3 on the day"},
    "outage": {"platform": "Google Ads", "start": "2026-03-17", "end": "2026-03-17",
               "effect": "no delivery: spend, impressions, clicks and conversions are 0"},
    "tracking_break": {"platform": "Meta", "start": "2026-05-11", "end": "2026-05-14",
                       "effect": "conversions and conversion value are 0 while clicks go on"},
    "creative_fatigue": {"campaign_id": "t-4001", "start": "2026-07-20", "end": "2026-09-20",
                         "effect": "click-through rate decays by about 60% while frequency rises"},
    "budget_cap": {"campaign_id": "y-5002", "start": "2026-08-03", "end": "2026-09-13",
                   "effect": "spend sits at the daily budget every day"},
    "cpc_shock": {"campaign_id": "g-1003", "start": "2026-06-08", "end": "2026-06-21",
                  "effect": "cost per click about x1.8"},
    "simpson": {"campaign_id": "m-2002", "dimension": "device",
                "before": ["2026-07-01", "2026-07-31"], "after": ["2026-08-01", "2026-08-31"],
                "effect": "conversion rate rises on each device and falls in total"},
    "conversion_lag": {"start": "2026-10-13", "end": "2026-10-15", "factors": [0.75, 0.5, 0.2],
                       "effect": "conversions of the last three days are not all in yet"},
    "rename": {"campaign_id": "li-3001", "day": "2026-02-02", "before": "Decision Makers",
               "after": "ABM - Decision Makers", "effect": "same campaign_id, new campaign_name"},
    "duplicated_day": {"day": "2026-04-22", "effect": "every row of the day is there twice"},
}  # fmt: skip


def generate() -> pd.DataFrame:
    """All rows, sorted by date, platform, campaign, device and region."""
    rng = np.random.default_rng(SEED)
    days = pd.date_range(FIRST_DAY, LAST_DAY, freq="D")
    market = np.exp(_autocorrelated(rng, len(days), 0.12))
    frame = pd.concat(
        [_campaign_rows(rng, c, days, market) for c in load_campaigns()], ignore_index=True
    )
    frame = _oddities(rng, frame)
    twice = frame[frame["date"] == pd.Timestamp(EVENTS["duplicated_day"]["day"])]
    frame = pd.concat([frame, twice], ignore_index=True)
    keys = ["date", "platform", "campaign_id", "device", "region"]
    return frame.sort_values(keys, kind="stable", ignore_index=True)[COLUMNS]


def _autocorrelated(rng: np.random.Generator, n: int, sigma: float, rho: float = 0.7) -> np.ndarray:
    shocks = rng.normal(0, sigma * np.sqrt(1 - rho**2), n)
    out = np.empty(n)
    out[0] = rng.normal(0, sigma)
    for i in range(1, n):
        out[i] = rho * out[i - 1] + shocks[i]
    return out


def _within(days: pd.DatetimeIndex, event: str) -> np.ndarray:
    span = EVENTS[event]
    return np.asarray((days >= span["start"]) & (days <= span["end"]))


def _campaign_rows(
    rng: np.random.Generator, c: Campaign, days: pd.DatetimeIndex, market: np.ndarray
) -> pd.DataFrame:
    weekday = WEEKDAY_B2B if c.platform == "LinkedIn" else WEEKDAY
    level = market * np.exp(_autocorrelated(rng, len(days), c.noise) - c.noise**2 / 2)
    level *= weekday[days.day_of_week] * days.month.map(MONTH).to_numpy()
    spend_lift, order_lift = _black_friday(days, c)
    budget = _budget(c, days)
    target = c.spend * level * spend_lift
    capped = np.minimum(target, budget * 1.15 * np.maximum(spend_lift, 1))
    running = np.asarray((days >= pd.Timestamp(c.first)) & (days <= pd.Timestamp(c.last)))
    name = np.where(
        (c.id == EVENTS["rename"]["campaign_id"]) & (days >= EVENTS["rename"]["day"]),
        EVENTS["rename"]["after"],
        c.name,
    )
    parts = []
    for device, region in c.cells:
        share = _share(c, device, region, days)
        cell = _cell(rng, c, device, days, target=capped * share, order_lift=order_lift)
        head = pd.DataFrame({
            "date": days, "platform": c.platform, "campaign_id": c.id, "campaign_name": name,
            "objective": c.objective, "device": device, "region": region, "currency": "USD",
            "daily_budget": budget,
        })  # fmt: skip
        # A small cell does not deliver every day.
        shown = running & (
            rng.random(len(days)) < min(1.0, 0.3 + c.spend * c.cells[device, region] / 70)
        )
        parts.append(pd.concat([head, cell], axis=1)[shown])
    rows = pd.concat(parts, ignore_index=True)
    if c.id == EVENTS["budget_cap"]["campaign_id"]:
        rows = _pin_to_budget(rows)
    return rows


def _black_friday(days: pd.DatetimeIndex, c: Campaign) -> tuple[np.ndarray, np.ndarray]:
    """Spend multiplier and extra conversion-rate multiplier around Black Friday."""
    spend, orders = np.ones(len(days)), np.ones(len(days))
    strength = 0.15 if c.platform in ("LinkedIn", "Yandex Direct") else 1.0
    for friday in BLACK_FRIDAYS:
        for offset, lift in {-1: 0.35, 0: 1.0, 1: 0.45, 2: 0.4, 3: 0.75}.items():
            at = np.asarray(days == pd.Timestamp(friday) + pd.Timedelta(days=offset))
            spend[at] = 1 + 1.85 * lift * strength
            orders[at] = 1 + 0.68 * lift * strength
    return spend, orders


def _budget(c: Campaign, days: pd.DatetimeIndex) -> np.ndarray:
    """Daily budget in dollars: a round figure, raised for the fourth quarter."""
    step = 10 if c.spend < 200 else 50
    base = np.ceil(c.spend * 1.5 / step) * step
    peak = np.ceil(c.spend * 2.4 / step) * step
    budget = np.where(days.month.isin([11, 12]), peak, base).astype(float)
    if c.id == EVENTS["budget_cap"]["campaign_id"]:
        budget[_within(days, "budget_cap")] = 240.0
    return budget


def _share(c: Campaign, device: str, region: str, days: pd.DatetimeIndex) -> np.ndarray:
    share = np.full(len(days), c.cells[device, region])
    if c.id == EVENTS["simpson"]["campaign_id"]:
        share[np.asarray(days >= EVENTS["simpson"]["after"][0])] = SIMPSON_SHARE[device][1]
    return share


def _cell(
    rng: np.random.Generator,
    c: Campaign,
    device: str,
    days: pd.DatetimeIndex,
    *,
    target: np.ndarray,
    order_lift: np.ndarray,
) -> pd.DataFrame:
    """Delivery of one campaign on one device in one region, a row a day."""
    n = len(days)
    ctr = c.ctr * np.exp(rng.normal(0, 0.09, n))
    cpc = c.cpc * DEVICE_CPC[device] * np.exp(rng.normal(0, 0.08, n))
    cvr = c.cvr * DEVICE_CVR[device] * np.exp(rng.normal(0, 0.06, n)) * order_lift
    frequency = 1.25 + 0.4 * rng.random(n) + (0.8 if "Retargeting" in c.name else 0.0)
    if c.id == EVENTS["simpson"]["campaign_id"]:
        before, after = SIMPSON_CVR[device]
        year = np.asarray(days >= "2026-01-01")
        cvr = np.where(year, before, cvr)
        cvr = np.where(np.asarray(days >= EVENTS["simpson"]["after"][0]), after, cvr)
    if c.id == EVENTS["cpc_shock"]["campaign_id"]:
        cpc = np.where(_within(days, "cpc_shock"), cpc * 1.8, cpc)
    if c.id == EVENTS["creative_fatigue"]["campaign_id"]:
        tired = _within(days, "creative_fatigue")
        progress = np.cumsum(tired) / max(1, tired.sum())
        ctr = np.where(tired, ctr * (1 - 0.6 * progress), ctr)
        # Paid by impression: fewer clicks for the same money.
        cpc = np.where(tired, cpc / (1 - 0.6 * progress), cpc)
        frequency = np.where(tired, frequency + 2.2 * progress, frequency)
    impressions = rng.poisson(np.maximum(target, 0) / (cpc * ctr))
    clicks = rng.binomial(impressions, np.minimum(ctr, 0.9))
    spend = np.where(clicks > 0, clicks * cpc, impressions * cpc * ctr * 0.5)
    lag = np.ones(n)
    lag[-3:] = EVENTS["conversion_lag"]["factors"]
    broken = (c.platform == EVENTS["tracking_break"]["platform"]) & _within(days, "tracking_break")
    conversions = np.where(broken, 0, rng.binomial(clicks, np.minimum(cvr * lag, 0.9)))
    value = rng.gamma(np.maximum(conversions, 1) * 3.2, c.aov / 3.2) * (conversions > 0)
    out = pd.DataFrame({
        "spend": np.round(spend, 2), "impressions": impressions,
        "reach": np.ceil(impressions / frequency).astype(int), "clicks": clicks,
        "conversions": conversions, "conversion_value": np.round(value, 2),
        "new_customers": rng.binomial(conversions, c.new),
    })  # fmt: skip
    if c.platform == EVENTS["outage"]["platform"]:
        out[_within(days, "outage")] = 0
    return out


def _pin_to_budget(rows: pd.DataFrame) -> pd.DataFrame:
    """On capped days the campaign spends its budget to the cent; the other figures scale along."""
    capped = rows["date"].between(EVENTS["budget_cap"]["start"], EVENTS["budget_cap"]["end"])
    total = rows.groupby("date")["spend"].transform("sum")
    factor = (rows["daily_budget"] / total).where(capped & (total > 0), 1.0)
    for column in ("impressions", "reach", "clicks"):
        rows[column] = np.ceil(rows[column] * factor).astype(int)
    rows["spend"] = (rows["spend"] * factor).round(2)
    short = rows["daily_budget"] - rows.groupby("date")["spend"].transform("sum")
    first = capped & ~rows.duplicated("date")
    rows.loc[first, "spend"] = (rows["spend"] + short).round(2)[first]
    return rows


def _oddities(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """A few impossible rows of the kind real exports have, kept for the checks to flag."""
    small = frame.index[(frame["impressions"].between(5, 400)) & (frame["clicks"] > 0)]
    for i in rng.choice(small, 4, replace=False):
        frame.loc[i, "impressions"] = int(frame.loc[i, "clicks"]) - 1
        frame.loc[i, "reach"] = min(int(frame.loc[i, "reach"]), int(frame.loc[i, "impressions"]))
    idle = frame.index[
        (frame["clicks"] == 0) & (frame["conversions"] == 0) & (frame["impressions"] > 0)
    ]
    for i in rng.choice(idle, min(5, len(idle)), replace=False):
        frame.loc[i, ["conversions", "conversion_value", "new_customers"]] = [1, 64.0, 0]
    few = frame.index[frame["clicks"].between(1, 2)]
    for i in rng.choice(few, 5, replace=False):
        n = int(frame.loc[i, "clicks"]) + 1
        frame.loc[i, ["conversions", "conversion_value", "new_customers"]] = [n, 61.5 * n, 0]
    return frame


def measure(frame: pd.DataFrame) -> dict[str, Any]:
    """The truth file: the planted events and what they look like in the rows that were written."""

    def part(**where: Any) -> pd.DataFrame:
        keep = pd.Series(True, index=frame.index)
        for column, value in where.items():
            if column == "days":
                keep &= frame["date"].between(*value)
            else:
                keep &= frame[column] == value
        return frame[keep]

    def ratio(rows: pd.DataFrame, top: str, bottom: str) -> float:
        return round(float(rows[top].sum() / rows[bottom].sum()), 6)

    events = {name: dict(event) for name, event in EVENTS.items()}
    shock = events["cpc_shock"]
    shocked = part(campaign_id=shock["campaign_id"], days=(shock["start"], shock["end"]))
    normal = part(campaign_id=shock["campaign_id"], days=("2026-05-25", "2026-06-07"))
    shock["cpc_before"] = ratio(normal, "spend", "clicks")
    shock["cpc_during"] = ratio(shocked, "spend", "clicks")
    simpson = events["simpson"]
    for when in ("before", "after"):
        rows = part(campaign_id=simpson["campaign_id"], days=simpson[when])
        simpson[f"cvr_{when}"] = {"all": ratio(rows, "conversions", "clicks")} | {
            device: ratio(rows[rows["device"] == device], "conversions", "clicks")
            for device in ("desktop", "mobile")
        }
    tired = events["creative_fatigue"]
    tired["ctr_before"] = ratio(
        part(campaign_id=tired["campaign_id"], days=("2026-06-20", "2026-07-19")),
        "clicks",
        "impressions",
    )
    tired["ctr_last_week"] = ratio(
        part(campaign_id=tired["campaign_id"], days=("2026-09-14", "2026-09-20")),
        "clicks",
        "impressions",
    )
    for friday in BLACK_FRIDAYS:
        day = part(days=(friday.isoformat(), friday.isoformat()))
        start = (friday - dt.timedelta(days=28)).isoformat()
        usual = part(days=(start, (friday - dt.timedelta(days=7)).isoformat()))
        events["black_friday"][f"{friday.year}_multiples"] = {
            c: round(float(day[c].sum() / usual.groupby("date")[c].sum().mean()), 3)
            for c in ("spend", "conversions")
        }
    return {
        "synthetic": True,
        "seed": SEED,
        "first_day": FIRST_DAY.isoformat(),
        "last_day": LAST_DAY.isoformat(),
        "rows": len(frame),
        "totals": {c: round(float(frame[c].sum()), 2) for c in COLUMNS[9:]},
        "events": events,
    }


def render() -> dict[Path, bytes]:
    """The three files as bytes."""
    frame = generate()
    shown = frame.assign(date=frame["date"].dt.date)
    parquet = io.BytesIO()
    shown.to_parquet(parquet, index=False, compression="zstd")
    truth = json.dumps(measure(frame), ensure_ascii=False, indent=2) + "\n"
    csv = shown.to_csv(index=False, lineterminator="\n")
    return {CSV: csv.encode(), PARQUET: parquet.getvalue(), TRUTH: truth.encode()}


def main() -> int:
    """Write the files, or compare them with `--check`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    stale = []
    for path, content in render().items():
        if check:
            # Parquet bytes name the writing library's version; the CSV and the truth decide.
            if path != PARQUET and (not path.exists() or path.read_bytes() != content):
                stale.append(path.name)
            continue
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        print(f"{path.relative_to(ROOT)}: {len(content):,} bytes")
    if stale:
        print(f"differs from what the generator writes: {', '.join(stale)}", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
