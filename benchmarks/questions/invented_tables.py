"""Seeded tables with odd headers: shop media in 40 columns, messages of a CRM, a Russian cabinet,
weeks as text, creators without a date, subscriptions with two dates, amounts in three currencies.

Every name and value is made up.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

Rng = np.random.Generator


def shopmedia(rng: Rng) -> pd.DataFrame:
    """Sponsored listings of a marketplace, one row a day, campaign, SKU and placement."""
    campaigns = {
        "SP | Coffee | Auto": ("Sponsored Products", "Coffee"),
        "SP | Coffee | Exact": ("Sponsored Products", "Coffee"),
        "SB | Tea | Video": ("Sponsored Brands", "Tea"),
        "SD | Retarget | All": ("Sponsored Display", "Gift sets"),
    }
    skus = {"Coffee": ("CF-250", "CF-1000"), "Tea": ("TE-050",), "Gift sets": ("GS-001",)}
    rows = []
    for day in pd.date_range("2026-05-04", "2026-08-31"):
        for name, (kind, group) in campaigns.items():
            for sku in skus[group]:
                for placement in ("Top of Search", "Product Pages", "Rest of Search"):
                    if rng.random() < 0.4:
                        continue
                    shown = int(rng.poisson(2500))
                    clicks = int(rng.binomial(shown, 0.011))
                    units = int(rng.binomial(clicks, 0.12))
                    orders = max(units - int(rng.binomial(units, 0.15)), 0)
                    new = int(rng.binomial(orders, 0.4))
                    sales = round(units * float(rng.uniform(9, 32)), 2)
                    cost = round(clicks * float(rng.uniform(0.35, 1.1)), 2)
                    carts = units + int(rng.poisson(2))
                    rows.append((
                        day.strftime("%d/%m/%Y"), rng.choice(["DE", "NL", "BE"]), name, kind, group,
                        sku, placement, rng.choice(["Manual", "Automatic"]), cost, shown, clicks,
                        int(shown * 0.7), carts, units, orders, new, sales, round(sales * 0.4, 2),
                        int(rng.binomial(shown, 0.02)), int(rng.integers(0, 9)),
                        int(rng.integers(1, 60)), round(float(rng.uniform(3.6, 5)), 1),
                    ))  # fmt: skip
    header = [
        "Report Date", "Marketplace", "Campaign", "Ad Type", "Product Group", "Advertised SKU",
        "Placement", "Targeting", "Ad Cost (EUR)", "Impr.", "Clicks", "Viewable Impr.",
        "Add-to-Carts", "Units Sold", "Orders (14d)", "NTB Orders", "Attributed Sales (EUR)",
        "NTB Sales (EUR)", "Video Starts", "Returned Units", "Stock Days", "Avg Star Rating",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=header)
    for day in (1, 7, 30):
        frame[f"Sales {day}d (EUR)"] = (frame["Attributed Sales (EUR)"] * (day / 40)).round(2)
        frame[f"Units {day}d"] = (frame["Units Sold"] * day) // 40
    for reserve in range(1, 7):
        frame[f"Custom Metric {reserve}"] = rng.integers(0, 50, len(frame))
    for name in ("Advertiser", "Portfolio", "Bid Strategy", "Budget Type", "Cost Type", "Source"):
        frame[name] = {
            "Advertiser": "Hilltop Foods", "Portfolio": "Always on", "Bid Strategy": "Dynamic",
            "Budget Type": "Daily", "Cost Type": "CPC", "Source": "API",
        }[name]  # fmt: skip
    return frame


def messages(rng: Rng) -> pd.DataFrame:
    """Messages of a CRM over four channels, one row a flow, channel, audience and send day."""
    flows = {
        "Abandoned Basket": "Lifecycle", "Birthday Treat": "Lifecycle", "Payday Offer": "Blast",
        "New In Friday": "Blast", "Replenish": "Lifecycle",
    }  # fmt: skip
    rates = {"Email": 0.35, "SMS": 0.9, "Push": 0.08, "WhatsApp": 0.75}
    rows = []
    for day in pd.date_range("2025-10-01", "2026-09-27"):
        for flow, kind in flows.items():
            for channel, rate in rates.items():
                if rng.random() < 0.7:
                    continue
                sent = int(rng.integers(300, 12_000))
                bounced = int(rng.binomial(sent, 0.02))
                opened = int(rng.binomial(sent - bounced, rate))
                clicked = int(rng.binomial(opened, 0.07))
                orders = int(rng.binomial(clicked, 0.06))
                rows.append((
                    day.date(), flow, kind, channel, rng.choice(["UK", "Ireland"]),
                    rng.choice(["Loyal", "Occasional", "At risk"]), sent, bounced,
                    sent - bounced, opened, clicked, int(rng.binomial(sent, 0.003)),
                    int(rng.poisson(0.4)), orders, round(orders * float(rng.uniform(18, 60)), 2),
                    round(sent * 0.004, 2),
                ))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "sent_on", "flow", "flow_type", "channel", "country", "audience", "sends", "bounces",
        "delivered", "opens", "clicks", "unsubscribes", "complaints", "orders", "revenue_gbp",
        "send_cost_gbp",
    ])  # fmt: skip


def kabinet(rng: Rng) -> pd.DataFrame:
    """A Russian advertising cabinet with calls and requests, decimal points, ISO dates."""
    campaigns = {
        "Окна Москва Поиск": ("Поиск", "Окна"), "Окна РСЯ": ("Сети", "Окна"),
        "Двери Поиск": ("Поиск", "Двери"), "Ремонт квартир МК": ("Мастер кампаний", "Ремонт"),
        "Балконы Ретаргетинг": ("Сети", "Балконы"),
    }  # fmt: skip
    cities = ("Москва", "Санкт-Петербург", "Казань", "Екатеринбург")
    rows = []
    for day in pd.date_range("2026-01-12", "2026-09-20"):
        for name, (kind, line) in campaigns.items():
            for city in cities:
                if rng.random() < 0.45:
                    continue
                shown = int(rng.poisson(900))
                clicks = int(rng.binomial(shown, 0.04))
                requests = int(rng.binomial(clicks, 0.05))
                deals = int(rng.binomial(requests, 0.2))
                rows.append((
                    day.date(), name, kind, line, city, rng.choice(["Смартфоны", "Десктоп"]),
                    shown, clicks, round(clicks * float(rng.uniform(20, 90)), 2), requests,
                    int(rng.binomial(clicks, 0.02)), deals,
                    round(deals * float(rng.uniform(20_000, 90_000)), 2),
                ))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "Дата", "Кампания", "Тип кампании", "Направление", "Город", "Устройство", "Показы", "Клики",
        "Расход", "Заявки", "Звонки", "Сделки", "Выручка",
    ])  # fmt: skip


def weeks(rng: Rng) -> pd.DataFrame:
    """Outlets of a media plan by ISO week, the week written as text."""
    outlets = {"City Radio": "Audio", "Metro Screens": "Outdoor", "Kino Spots": "Cinema",
               "Daily Post": "Print"}  # fmt: skip
    rows = []
    for number in range(1, 37):
        for outlet, medium in outlets.items():
            for market in ("Nordics", "Baltics", "DACH"):
                booked = int(rng.integers(2000, 20_000))
                rows.append((
                    f"2026-W{number:02d}", outlet, medium, market, booked,
                    round(booked * float(rng.uniform(0.8, 1.1)), 2), int(rng.integers(5, 60)),
                    int(rng.integers(20_000, 200_000)), int(rng.integers(0, 400)),
                ))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "week", "outlet", "medium", "market", "planned_cost", "actual_cost", "spots", "contacts",
        "store_visits",
    ])  # fmt: skip


def creators(rng: Rng, n: int = 60) -> pd.DataFrame:
    """Creators paid for posts, with totals and no date."""
    first = ("Mia", "Leo", "Ada", "Noah", "Zoe", "Ivo")
    last = ("Park", "Stone", "Rivera", "Okoye", "Lind", "Moss", "Hart", "Vega", "Quinn", "Sato")
    followers = rng.integers(4, 900, n) * 1000
    views = (followers * rng.uniform(0.05, 0.6, n)).astype(int)
    likes = rng.binomial(views, 0.05)
    clicks = rng.binomial(views, 0.01)
    sales = rng.binomial(clicks, 0.03)
    return pd.DataFrame({
        "Creator": [f"{first[i % 6]} {last[i // 6]}" for i in range(n)],
        "Network": rng.choice(["Instagram", "YouTube", "Twitch"], n),
        "Niche": rng.choice(["Fitness", "Beauty", "Gaming", "Travel"], n),
        "Tier": rng.choice(["Nano", "Micro", "Macro"], n),
        "Followers": followers,
        "Posts": rng.integers(1, 9, n),
        "Fee (USD)": rng.integers(1, 80, n) * 100,
        "Views": views,
        "Likes": likes,
        "Comments": rng.binomial(likes, 0.04),
        "Link Clicks": clicks,
        "Promo Code Sales": sales,
        "Sales Value (USD)": (sales * rng.uniform(20, 120, n)).round(2),
        "Exclusive": rng.choice(["yes", "no"], n, p=[0.3, 0.7]),
    })  # fmt: skip


def subscriptions(rng: Rng, n: int = 2500) -> pd.DataFrame:
    """One row a subscription with the day it began and, for some, the day it ended."""
    begun = pd.to_datetime("2025-01-01") + pd.to_timedelta(rng.integers(0, 600, n), "D")
    ended = begun + pd.to_timedelta(rng.integers(20, 300, n), "D")
    churned = (rng.random(n) < 0.35) & (ended <= pd.Timestamp("2026-08-23"))
    plan = rng.choice(["Starter", "Team", "Business"], n, p=[0.5, 0.35, 0.15])
    price = pd.Series(plan).map({"Starter": 19.0, "Team": 79.0, "Business": 249.0})
    return pd.DataFrame({
        "subscription_id": [f"sub_{i:05d}" for i in range(n)],
        "signup_date": begun.date,
        "churn_date": pd.Series(ended.date).where(pd.Series(churned)),
        "plan": plan,
        "acquisition_channel": rng.choice(["Paid Search", "Paid Social", "Organic", "Partner"], n),
        "country": rng.choice(["US", "CA", "AU", "NZ"], n),
        "seats": rng.integers(1, 40, n),
        "mrr": price * 1.0,
        "acquisition_cost": (price * rng.uniform(0.5, 4, n)).round(2),
        "trial": rng.random(n) < 0.4,
    })  # fmt: skip


def currencies(rng: Rng) -> pd.DataFrame:
    """Markets that book in their own currency."""
    markets = {"Germany": "EUR", "Spain": "EUR", "United Kingdom": "GBP", "Poland": "PLN"}
    rows = []
    for day in pd.date_range("2026-04-01", "2026-07-31"):
        for market, currency in markets.items():
            for partner in ("Criteo", "Outbrain", "Amazon DSP"):
                shown = int(rng.poisson(6000))
                clicks = int(rng.binomial(shown, 0.008))
                rows.append((
                    day.date(), market, partner, currency, shown, clicks,
                    round(shown * float(rng.uniform(0.002, 0.006)), 2),
                    int(rng.binomial(clicks, 0.07)),
                ))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "day", "market", "partner", "currency", "imps", "clicks", "media_cost", "signups",
    ])  # fmt: skip


def creatives(rng: Rng) -> pd.DataFrame:
    """Videos of a short-video app, one row a day, video and country; sizes in the header."""
    videos = {"Unboxing 15s": "UGC", "Founder story": "Brand", "How-to mixer": "UGC",
              "Price drop": "Promo"}  # fmt: skip
    rows = []
    for day in pd.date_range("2026-02-02", "2026-06-30"):
        for video, style in videos.items():
            for country in ("GB", "IE", "FR"):
                if rng.random() < 0.5:
                    continue
                views = int(rng.poisson(3000))
                full = int(rng.binomial(views, 0.12))
                taps = int(rng.binomial(views, 0.02))
                buys = int(rng.binomial(taps, 0.06))
                rows.append((
                    day.date(), video, style, country, rng.choice(["18-24", "25-34", "35+"]),
                    round(views * float(rng.uniform(0.004, 0.012)), 2), views, full,
                    int(rng.binomial(views, 0.03)), taps, buys,
                    round(buys * float(rng.uniform(15, 45)), 2),
                ))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "stat_date", "video", "style", "country", "age_group", "cost_gbp", "video_views",
        "completed_views", "likes", "link_taps", "purchases", "purchase_value_gbp",
    ])  # fmt: skip


def otchet(rng: Rng) -> pd.DataFrame:
    """A Russian report by month and channel, with a plan beside the fact."""
    channels = {"Контекст": "Платный", "Таргет": "Платный", "Рассылка": "Бесплатный",
                "Блогеры": "Платный"}  # fmt: skip
    rows = []
    for month in pd.date_range("2025-01-01", "2026-08-01", freq="MS"):
        for channel, kind in channels.items():
            for product in ("Курс Python", "Курс дизайна", "Интенсив"):
                visits = int(rng.integers(500, 9000))
                leads = int(rng.binomial(visits, 0.03))
                paid = int(rng.binomial(leads, 0.3))
                budget = int(rng.integers(20, 400)) * 1000
                rows.append((
                    month.date(), channel, kind, product, budget,
                    round(budget * float(rng.uniform(0.7, 1.2)), 2), visits, leads, paid,
                    round(paid * float(rng.uniform(9000, 30000)), 2), int(rng.integers(0, 6)),
                ))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "Месяц", "Канал", "Вид канала", "Продукт", "Бюджет план", "Бюджет факт", "Визиты", "Лиды",
        "Оплаты", "Сумма оплат", "Возвраты",
    ])  # fmt: skip
