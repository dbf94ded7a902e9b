"""Seeded tables of further kinds: a breakdown by age and placement, search keywords with ratios,
a shop's funnel, paid posts, Russian weeks with plans, video bought through exchanges.

Every name and value is made up.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

Rng = np.random.Generator


def breakdown(rng: Rng) -> pd.DataFrame:
    """A social network's export, one row a day, campaign, age, gender and placement."""
    campaigns = {"Autumn Prospecting": 1.3, "Autumn Retargeting": 0.5, "Always-on Catalog": 0.9}
    placements = {"Feed": "Facebook", "Stories": "Instagram", "Reels": "Instagram",
                  "Audience Network": "Audience Network"}  # fmt: skip
    rows = []
    for day in pd.date_range("2026-06-01", "2026-10-14"):
        for campaign, size in campaigns.items():
            for age in ("18-24", "25-34", "35-44", "45-54", "55-64", "65+"):
                for placement, platform in placements.items():
                    if rng.random() < 0.75:
                        continue
                    shown = int(rng.poisson(1900 * size))
                    clicks = int(rng.binomial(shown, 0.013))
                    landed = int(rng.binomial(clicks, 0.8))
                    carts = int(rng.binomial(landed, 0.15))
                    bought = int(rng.binomial(carts, 0.35)) if age != "65+" else 0
                    rows.append((
                        day.date(), campaign, age, rng.choice(["female", "male", "unknown"],
                        p=[0.5, 0.45, 0.05]), platform, placement,
                        round(shown * float(rng.uniform(0.005, 0.011)), 2), shown,
                        int(shown * 0.75), clicks, landed, carts, bought,
                        round(bought * float(rng.uniform(35, 80)), 2),
                    ))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "Day", "Campaign name", "Age", "Gender", "Platform", "Placement", "Amount spent (EUR)",
        "Impressions", "Reach", "Link clicks", "Landing page views", "Adds to cart", "Purchases",
        "Purchases conversion value",
    ])  # fmt: skip


def searchterms(rng: Rng) -> pd.DataFrame:
    """A keyword report with ratios already in it, one row a day, keyword and device."""
    groups = {
        "Payroll Software": ("payroll software", "online payroll", "payroll for small business"),
        "Time Tracking": ("time tracking app", "employee timesheet"),
        "Brand": ("ledgerly", "ledgerly login"),
    }
    rows = []
    for day in pd.date_range("2026-03-02", "2026-08-20"):
        for group, words in groups.items():
            for word in words:
                for device in ("Computer", "Smartphone", "Tablet"):
                    if rng.random() < 0.55:
                        continue
                    shown = int(rng.poisson(400))
                    clicks = int(rng.binomial(shown, 0.12 if group == "Brand" else 0.03))
                    spend = round(clicks * float(rng.uniform(0.8, 4.5)), 2)
                    won = int(rng.binomial(clicks, 0.07)) if word != "ledgerly login" else 0
                    rows.append((
                        day.strftime("%Y-%m-%d"), "Search US" if group != "Brand" else "Brand US",
                        group, word, rng.choice(["Exact", "Phrase", "Broad"]), device,
                        int(rng.integers(3, 11)), shown, clicks, round(clicks / max(shown, 1), 4),
                        round(spend / max(clicks, 1), 2), spend, won,
                        round(won * float(rng.uniform(60, 240)), 2),
                    ))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "Gregorian date", "Campaign", "Ad group", "Keyword", "Delivered match type", "Device type",
        "Quality score", "Impressions", "Clicks", "CTR", "Avg. CPC", "Spend", "Conversions",
        "Revenue",
    ])  # fmt: skip


def funnel(rng: Rng) -> pd.DataFrame:
    """A shop's steps from session to purchase, one row a day, channel, device and visitor kind."""
    channels = {"Organic Search": 1.0, "Paid Search": 0.8, "Paid Social": 0.7, "Email": 0.3,
                "Direct": 0.6, "Referral": 0.1}  # fmt: skip
    rows = []
    for day in pd.date_range("2025-07-01", "2026-09-30"):
        for channel, size in channels.items():
            for device in ("mobile", "desktop", "tablet"):
                if rng.random() < 0.6:
                    continue
                sessions = int(rng.poisson(700 * size))
                views = int(rng.binomial(sessions, 0.6))
                carts = int(rng.binomial(views, 0.12))
                checkouts = int(rng.binomial(carts, 0.5))
                bought = int(rng.binomial(checkouts, 0.6)) if channel != "Referral" else 0
                revenue = round(bought * float(rng.uniform(40, 95)), 2)
                rows.append((
                    day.date(), channel, device, rng.choice(["US", "CA", "UK"], p=[0.6, 0.2, 0.2]),
                    rng.choice(["new", "returning"]), sessions,
                    int(rng.binomial(sessions, 0.4)), views, carts, checkouts, bought, revenue,
                    round(revenue * float(rng.uniform(0, 0.1)), 2),
                ))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "event_date", "channel_group", "device_category", "country", "visitor_type", "sessions",
        "bounced_sessions", "product_views", "add_to_carts", "checkouts", "purchases",
        "revenue_usd", "refunds_usd",
    ])  # fmt: skip


def paidposts(rng: Rng, n: int = 420) -> pd.DataFrame:
    """One row a paid post of a creator, with the fee and what the code sold."""
    people = {
        "@lenaeats": ("Food", "Micro"), "@bikewithjo": ("Sports", "Macro"),
        "@tinyflat": ("Home", "Micro"), "@dadjokes_dan": ("Family", "Mega"),
        "@skinbymaya": ("Beauty", "Macro"), "@vanlife.ru": ("Travel", "Nano"),
        "@codeandcoffee": ("Tech", "Nano"),
    }  # fmt: skip
    handles = rng.choice(list(people), n)
    seen = rng.integers(2_000, 250_000, n)
    likes = rng.binomial(seen, 0.04)
    swipes = rng.binomial(seen, 0.006)
    orders = np.where(handles == "@codeandcoffee", 0, rng.binomial(swipes, 0.03))
    days = pd.to_datetime("2026-01-05") + pd.to_timedelta(np.sort(rng.integers(0, 260, n)), "D")
    return pd.DataFrame({
        "Post ID": [f"P{2000 + i}" for i in range(n)],
        "Published": days.date,
        "Influencer": handles,
        "Vertical": [people[h][0] for h in handles],
        "Tier": [people[h][1] for h in handles],
        "Platform": rng.choice(["Instagram", "TikTok", "YouTube"], n),
        "Format": rng.choice(["Reel", "Story", "Video", "Carousel"], n),
        "Gifted": rng.choice(["yes", "no"], n, p=[0.2, 0.8]),
        "Fee": rng.integers(2, 90, n) * 100.0,
        "Views": seen,
        "Likes": likes,
        "Comments": rng.binomial(likes, 0.05),
        "Saves": rng.binomial(likes, 0.1),
        "Swipe-ups": swipes,
        "Code orders": orders,
        "Code revenue": (orders * rng.uniform(25, 70, n)).round(2),
    })  # fmt: skip


def nedeli(rng: Rng) -> pd.DataFrame:
    """Russian weeks by region and channel with budgets and plans; weeks start on Monday."""
    channels = {"Контекстная реклама": 1.0, "Таргетированная реклама": 0.7, "Маркетплейсы": 1.4,
                "SMS-рассылка": 0.2}  # fmt: skip
    rows = []
    for week in pd.date_range("2025-10-06", "2026-09-14", freq="7D"):
        for region in ("Центр", "Юг", "Сибирь", "Урал"):
            for channel, size in channels.items():
                budget = int(rng.integers(40, 160) * size) * 1000
                visits = int(rng.poisson(1500 * size))
                carts = int(rng.binomial(visits, 0.11))
                ordered = int(rng.binomial(carts, 0.4))
                bought = int(rng.binomial(ordered, 0.75))
                goal = int(rng.integers(50, 90) * size) * 2000
                rows.append((
                    week.strftime("%d.%m.%Y"), region, channel,
                    rng.choice(["Техника", "Одежда", "Товары для дома"]), budget,
                    round(budget * float(rng.uniform(0.75, 1.15)), 2), visits, carts, ordered,
                    bought, round(bought * float(rng.uniform(1500, 4200)), 2), goal,
                    int(rng.binomial(bought, 0.3)),
                ))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "Неделя", "Регион", "Канал продвижения", "Категория товара", "Бюджет", "Потрачено",
        "Переходы", "Добавления в корзину", "Заказы", "Выкуплено", "Оборот", "План по обороту",
        "Новые покупатели",
    ])  # fmt: skip


def videobuys(rng: Rng) -> pd.DataFrame:
    """Video bought through exchanges, one row a day, line item, exchange and screen."""
    items = {
        "LI_CTV_Sports_30s": ("CTV", 30), "LI_OLV_News_15s": ("OLV", 15),
        "LI_OLV_Retarget_15s": ("OLV", 15), "LI_Bumper_6s": ("OLV", 6),
    }  # fmt: skip
    rows = []
    for day in pd.date_range("2026-05-01", "2026-08-16"):
        for item, (kind, seconds) in items.items():
            for exchange in ("Magnite", "PubMatic", "Index Exchange"):
                if rng.random() < 0.45:
                    continue
                shown = int(rng.poisson(6000))
                measured = int(rng.binomial(shown, 0.92))
                started = int(rng.binomial(shown, 0.97))
                parts = [int(started * x) for x in (0.88, 0.79, 0.71)]
                done = int(rng.binomial(parts[2], 0.93))
                media = round(shown * float(rng.uniform(0.008, 0.024)), 2)
                rows.append((
                    day.date(), "Nordlys Outdoor", item, kind, seconds, exchange,
                    rng.choice(["Smart TV", "Phone", "Desktop"]) if kind == "OLV" else "Smart TV",
                    shown, measured, int(rng.binomial(measured, 0.68)), started, *parts, done,
                    int(rng.binomial(shown, 0.002)), media,
                    round(media * 0.12, 2), int(rng.poisson(25)),
                ))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "date", "advertiser", "line_item", "inventory_type", "creative_length_sec", "exchange",
        "screen", "impressions", "measurable_imps", "viewable_imps", "video_starts",
        "first_quartile", "midpoint", "third_quartile", "video_completes", "clicks", "media_cost",
        "data_fee", "invalid_imps",
    ])  # fmt: skip
