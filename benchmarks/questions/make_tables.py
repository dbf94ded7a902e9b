"""Three small seeded tables that are not the sample, to ask other questions about.

    python benchmarks/questions/make_tables.py FOLDER

`orders.csv` is a web shop with no advertising in it, `ads_manager.csv` looks like an ad manager's
export, `bookings.csv` has a timestamp, a currency in a column name and a flag.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd


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


def main(folder: Path) -> None:
    """Write the three files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, make in enumerate((orders, ads_manager, bookings)):
        frame = make(np.random.default_rng(100 + i))
        frame.to_csv(folder / f"{make.__name__}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
