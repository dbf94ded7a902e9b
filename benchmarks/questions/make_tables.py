"""Small seeded tables that are not the sample, to ask other questions about.

    python -m benchmarks.questions.make_tables FOLDER

Beside exports of ad platforms (ad_exports.py) there are tables with no advertising in them: a web
shop, hotel bookings, leads, a retailer's months, and keywords without any date. Mail, app stores,
deals, partners, podcasts and a Russian summary are in marketing_tables.py, tables with odd headers
in invented_tables.py, further kinds of reports in fresh_tables.py and later_tables.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.questions import (
    ad_exports,
    fresh_tables,
    invented_tables,
    later_tables,
    marketing_tables,
)


def orders(rng: np.random.Generator, n: int = 4000) -> pd.DataFrame:
    """Orders of 2025 and early 2026, one row an order line."""
    products = {
        "Trail Shoes": ("Footwear", 110), "City Sneakers": ("Footwear", 85),
        "Rain Jacket": ("Outerwear", 140), "Down Vest": ("Outerwear", 95),
        "Wool Socks": ("Accessories", 12), "Cap": ("Accessories", 22), "Backpack 30L": ("Bags", 75),
    }  # fmt: skip
    names = rng.choice(list(products), n)
    quantity = rng.integers(1, 5, n)
    price = np.array([products[p][1] for p in names]) * rng.uniform(0.9, 1.1, n)
    discount = rng.choice([0, 0, 0, 0.1, 0.2], n)
    days = pd.to_timedelta(np.sort(rng.integers(0, 450, n)), "D")
    return pd.DataFrame({
        "order_id": [f"SO-{100000 + i}" for i in range(n)],
        "order_date": pd.to_datetime("2025-01-01") + days,
        "country": rng.choice(["Germany", "France", "Spain", "Poland", "United Kingdom"], n),
        "category": [products[p][0] for p in names],
        "product": names,
        "quantity": quantity,
        "unit_price": price.round(2),
        "discount": discount,
        "total": (quantity * price * (1 - discount)).round(2),
        "customer_id": rng.integers(1, 900, n),
        "payment_method": rng.choice(["card", "paypal", "invoice"], n, p=[0.6, 0.3, 0.1]),
        "returned": rng.random(n) < 0.08,
    }).assign(order_date=lambda d: d["order_date"].dt.date)  # fmt: skip


def ads_manager(rng: np.random.Generator, days: int = 120) -> pd.DataFrame:
    """Daily ad sets of four campaigns, headers as an ad manager writes them."""
    rows = []
    for day in pd.date_range("2026-04-01", periods=days):
        for campaign, sets in {
            "Spring Launch": ("Broad", "Lookalike 1%"),
            "Evergreen Sales": ("Broad", "Interests - Yoga"),
            "Retarget 30d": ("Cart", "Viewed"), "Brand Video": ("Women 25-34",),
        }.items():  # fmt: skip
            for ad_set in sets:
                impressions = int(rng.poisson(8000))
                clicks = int(rng.binomial(impressions, 0.012))
                bought = int(rng.binomial(clicks, 0.03))
                rows.append((
                    campaign, ad_set, day.date(), round(impressions * rng.uniform(0.006, 0.012), 2),
                    impressions, int(impressions * 0.8), clicks, bought,
                    round(bought * rng.uniform(40, 70), 2),
                ))  # fmt: skip
    header = [
        "Campaign name", "Ad set name", "Day", "Amount spent (USD)", "Impressions", "Reach",
        "Link clicks", "Purchases", "Purchases conversion value",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=header)


def bookings(rng: np.random.Generator, n: int = 3000) -> pd.DataFrame:
    """Hotel bookings by the minute."""
    nights = rng.integers(1, 10, n)
    return pd.DataFrame({
        "BookedAt": pd.to_datetime("2026-01-01")
        + pd.to_timedelta(np.sort(rng.integers(0, 240 * 24 * 60, n)), "min"),
        "Hotel": rng.choice(["Grand Palace", "Sea Breeze", "Alpine Lodge"], n),
        "City": rng.choice(["Lisbon", "Porto", "Innsbruck"], n),
        "RoomType": rng.choice(["single", "double", "suite"], n),
        "Nights": nights,
        "Guests": rng.integers(1, 5, n),
        "RevenueEUR": (nights * rng.uniform(60, 320, n)).round(2),
        "Cancelled": rng.choice(["yes", "no"], n, p=[0.15, 0.85]),
    })  # fmt: skip


def leads(rng: np.random.Generator, n: int = 3000) -> pd.DataFrame:
    """One row a lead, with a stage and a value that only some have."""
    created = pd.to_datetime("2025-01-01") + pd.to_timedelta(rng.integers(0, 600, n), "D")
    stage = rng.choice(["new", "MQL", "SQL", "won", "lost"], n, p=[0.15, 0.3, 0.15, 0.15, 0.25])
    value = rng.integers(1, 61, n) * 1000.0
    closed = pd.Series(created + pd.to_timedelta(30, "D")).dt.date
    return pd.DataFrame({
        "lead_id": [f"L{i:05d}" for i in range(n)],
        "created_at": created.date,
        "source": rng.choice(["webinar", "google ads", "linkedin", "referral", "trade show"], n),
        "owner": rng.choice(["Anna Smith", "Bob Lee", "Chloe Diaz"], n),
        "industry": rng.choice(["Finance", "Retail", "Manufacturing", "SaaS"], n),
        "company_size": rng.choice(["1-10", "11-50", "51-200", "201+"], n),
        "stage": stage,
        "score": rng.integers(1, 101, n),
        "deal_value": np.where(np.isin(stage, ["won", "SQL"]), value, np.nan),
        "closed_date": closed.where(pd.Series(np.isin(stage, ["won", "lost"]))),
    })  # fmt: skip


def retail(rng: np.random.Generator) -> pd.DataFrame:
    """A profit and loss table: one row a month, store and category."""
    regions = {"Downtown": "North", "Airport": "North", "Mall": "South", "Outlet": "South",
               "Online": "Web"}  # fmt: skip
    rows = [
        (month.date(), store, regions[store], category)
        for month in pd.date_range("2024-01-01", "2026-06-01", freq="MS")
        for store in regions
        for category in ("Apparel", "Beauty", "Home")
    ]
    frame = pd.DataFrame(rows, columns=["Month", "Store", "Region", "Category"])
    sales = rng.integers(20_000, 90_000, len(frame))
    frame["Net sales"] = sales
    frame["COGS"] = (sales * rng.uniform(0.4, 0.7, len(frame))).astype(int)
    frame["Gross profit"] = sales - frame["COGS"]
    frame["Marketing expense"] = (sales * 0.08).astype(int)
    frame["Rent"] = 3000
    frame["Units"], frame["Returns"] = sales // 30, sales // 900
    return frame


def keywords(rng: np.random.Generator, n: int = 150) -> pd.DataFrame:
    """Keywords with their totals and no date at all."""
    first = rng.choice(["running", "trail", "kids", "womens", "cheap", "best", "waterproof"], n)
    second = rng.choice(["shoes", "boots", "sandals", "sneakers"], n)
    impressions = rng.integers(50, 9000, n)
    clicks = rng.binomial(impressions, 0.06)
    conversions = rng.binomial(clicks, 0.05)
    return pd.DataFrame({
        "keyword": [f"{a} {b} {i}" for i, (a, b) in enumerate(zip(first, second, strict=True))],
        "match_type": rng.choice(["Exact", "Phrase", "Broad"], n),
        "ad_group": rng.choice(["Shoes", "Boots", "Sandals"], n),
        "quality_score": rng.integers(1, 11, n),
        "impressions": impressions,
        "clicks": clicks,
        "cost": (clicks * rng.uniform(0.2, 2, n)).round(2),
        "conversions": conversions,
        "revenue": (conversions * rng.uniform(10, 90, n)).round(2),
    })  # fmt: skip


def main(folder: Path) -> None:
    """Write every table into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, make in enumerate((orders, ads_manager, bookings, leads, retail, keywords)):
        frame = make(np.random.default_rng(100 + i))
        frame.to_csv(folder / f"{make.__name__}.csv", index=False, lineterminator="\n")
    exports = (
        ad_exports.google, ad_exports.linkedin, ad_exports.yandex, ad_exports.ga4, ad_exports.ua,
        ad_exports.wide,
    )  # fmt: skip
    for i, export in enumerate(exports):
        head, body = export(np.random.default_rng(200 + i))
        (folder / f"{export.__name__}.csv").write_text(head + body, "utf-8")
    tables = (
        marketing_tables.email, marketing_tables.appstore, marketing_tables.deals,
        marketing_tables.affiliate, marketing_tables.podcast, marketing_tables.svodka,
    )  # fmt: skip
    for i, table in enumerate(tables):
        text = table(np.random.default_rng(300 + i))
        (folder / f"{table.__name__}.csv").write_text(text, "utf-8")
    odd = (
        invented_tables.shopmedia, invented_tables.messages, invented_tables.kabinet,
        invented_tables.weeks, invented_tables.creators, invented_tables.subscriptions,
        invented_tables.currencies, invented_tables.creatives, invented_tables.otchet,
    )  # fmt: skip
    for i, invent in enumerate(odd):
        frame = invent(np.random.default_rng(400 + i))
        frame.to_csv(folder / f"{invent.__name__}.csv", index=False, lineterminator="\n")
    reports = (
        fresh_tables.breakdown, fresh_tables.searchterms, fresh_tables.funnel,
        fresh_tables.paidposts, fresh_tables.nedeli, fresh_tables.videobuys,
    )  # fmt: skip
    for i, report in enumerate(reports):
        frame = report(np.random.default_rng(500 + i))
        frame.to_csv(folder / f"{report.__name__}.csv", index=False, lineterminator="\n")
    later = (
        later_tables.dsplog, later_tables.podcastads, later_tables.rassylki, later_tables.coupons,
    )  # fmt: skip
    for i, log in enumerate(later):
        frame = log(np.random.default_rng(600 + i))
        frame.to_csv(folder / f"{log.__name__}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
