"""Seeded tables that came last: an exchange buyer's log, podcast advertising, Russian mailings,
a grocer's coupons.

Every name and value is made up.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

Rng = np.random.Generator


def dsplog(rng: Rng) -> pd.DataFrame:
    """Bids, wins and impressions bought, one row a day, insertion order and exchange."""
    orders = {
        "IO-1 Autumn switch": "Nordlys Energy", "IO-2 Heat pumps": "Nordlys Energy",
        "IO-3 Always on": "Kettle & Co", "IO-4 Teapots launch": "Kettle & Co",
    }  # fmt: skip
    exchanges = ["AdX", "Magnite", "Index Exchange", "OpenX", "PubMatic"]
    rows = []
    for day in pd.date_range("2026-07-01", "2026-09-30"):
        for order, advertiser in orders.items():
            for exchange in rng.choice(exchanges, 3, replace=False):
                aim = rng.choice(["prospecting", "retargeting"], p=[0.7, 0.3])
                bids = int(rng.integers(5_000, 60_000))
                wins = int(rng.binomial(bids, rng.uniform(0.05, 0.3)))
                shown = int(rng.binomial(wins, 0.95))
                seen = int(rng.binomial(shown, rng.uniform(0.4, 0.8)))
                clicks = int(rng.binomial(shown, 0.002))
                rows.append((
                    day.date(), advertiser, order, f"{order[:4]}_{aim}", exchange,
                    rng.choice(["Open auction", "PMP", "Programmatic guaranteed"]),
                    rng.choice(["300x250", "728x90", "160x600", "320x50"]),
                    rng.choice(["web", "in-app", "ctv"]), bids, wins, shown, seen, clicks,
                    int(rng.binomial(clicks, 0.06)), int(rng.poisson(0.15)),
                    round(shown / 1000 * float(rng.uniform(1.2, 6)), 2), round(shown * 0.0004, 2),
                ))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "day", "advertiser", "insertion_order", "line_item", "exchange", "deal_type",
        "creative_size", "environment", "bids", "wins", "impressions", "viewable_impressions",
        "clicks", "post_click_conversions", "post_view_conversions", "media_cost_usd",
        "platform_fee_usd",
    ])  # fmt: skip


def podcastads(rng: Rng) -> pd.DataFrame:
    """One row a slot in an episode, with what its promo code sold."""
    shows = {
        "Night Shift": ("Ana Ruiz", "Lumen", "True crime"),
        "Slow Money": ("Ben Okafor", "Lumen", "Business"),
        "Kitchen Radio": ("Mia Chen", "Harbor", "Food"),
        "Two Left Feet": ("Joe Katz", "Harbor", "Comedy"),
        "Deep Field": ("Sara Lind", "Indie", "Science"),
        "Goal Kick": ("Tom Bell", "Indie", "Sports"),
    }
    slots = ["pre-roll", "mid-roll", "post-roll"]
    rows = []
    for week in pd.date_range("2026-01-05", periods=40, freq="7D"):
        for show, about in shows.items():
            if rng.random() < 0.3:
                continue
            heard = int(rng.integers(8_000, 90_000))
            cpm = int(rng.choice([18, 22, 25, 30]))
            pull = 0.0003 if show == "Goal Kick" else float(rng.uniform(0.0005, 0.003))
            orders = int(rng.binomial(heard, pull))
            rows.append((
                (week + pd.Timedelta(int(rng.integers(0, 5)), "D")).date(), show, *about,
                rng.choice(slots[:2] if show == "Deep Field" else slots), heard, cpm,
                round(heard / 1000 * cpm, 2), show.split()[0].upper() + "15", int(orders * 1.2),
                orders, round(orders * float(rng.uniform(40, 75)), 2),
                round(orders * float(rng.uniform(0, 4)), 2), int(rng.binomial(orders, 0.6)),
            ))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "air_date", "show", "host", "network", "category", "slot", "downloads_30d", "cpm", "cost",
        "promo_code", "code_redemptions", "orders", "revenue", "refunds", "new_customers",
    ])  # fmt: skip


def rassylki(rng: Rng) -> pd.DataFrame:
    """Russian mailings by text message, push, mail and messenger; one row a day and mailing."""
    mailings = {"Летняя распродажа": 0.95, "Брошенная корзина": 0.96, "День рождения": 0.95,
                "Новинки недели": 0.93, "Реактивация": 0.92}  # fmt: skip
    rows = []
    for day in pd.date_range("2026-06-01", periods=120):
        for mailing in rng.choice(list(mailings), 3, replace=False):
            sent = int(rng.integers(500, 9_000))
            arrived = int(rng.binomial(sent, mailings[mailing]))
            opened = int(rng.binomial(arrived, rng.uniform(0.1, 0.5)))
            clicks = int(rng.binomial(opened, rng.uniform(0.05, 0.3)))
            ordered = int(rng.binomial(clicks, rng.uniform(0.02, 0.2)))
            rows.append((
                day.strftime("%d.%m.%Y"), mailing, rng.choice(["СМС", "Пуш", "Почта", "Вайбер"]),
                rng.choice(["Новые", "Постоянные", "Спящие"]),
                rng.choice(["Москва", "Казань", "Пермь", "Самара"]), sent, arrived, opened, clicks,
                int(rng.integers(0, 16)), ordered,
                round(ordered * float(rng.uniform(1500, 4000)), 2),
                round(sent * float(rng.choice([0.2, 1.5, 3.2])), 2),
            ))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "Дата отправки", "Рассылка", "Канал", "Сегмент", "Город", "Отправлено", "Доставлено",
        "Открыто", "Переходы", "Отписки", "Заказы", "Выручка, руб.", "Стоимость, руб.",
    ])  # fmt: skip


def coupons(rng: Rng) -> pd.DataFrame:
    """A grocer's coupons, one row a week, store and coupon; weeks start on Monday."""
    stores = {"Aachen Mitte": "West", "Bonn Süd": "West", "Kiel Hafen": "North",
              "Lübeck": "North", "Ulm": "South"}  # fmt: skip
    kinds = {"Spring Basket": "basket", "Pasta Duo": "product", "Welcome Back": "winback"}
    rows = []
    for week in pd.date_range("2025-09-01", periods=52, freq="7D"):
        for store, region in stores.items():
            for coupon, kind in kinds.items():
                issued = int(rng.integers(300, 3_000) * (0.1 if store == "Ulm" else 1))
                redeemed = int(rng.binomial(issued, rng.uniform(0.02, 0.25)))
                baskets = redeemed + int(rng.integers(0, 51))
                rows.append((
                    week.date(), store, region, coupon, kind, int(rng.choice([5, 10, 15, 20])),
                    issued, redeemed, baskets, round(baskets * float(rng.uniform(18, 60)), 2),
                    int(baskets * rng.uniform(3, 12)), round(issued * 0.07, 2),
                ))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "week_start", "store", "region", "coupon", "coupon_type", "discount_pct", "coupons_issued",
        "coupons_redeemed", "baskets", "basket_value_eur", "items", "print_cost_eur",
    ])  # fmt: skip
