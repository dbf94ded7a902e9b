"""Seeded tables of marketing that is not ad platforms: mail, app stores, deals, partners, podcasts.

Headers, spellings and gaps are as such tools export them; every value is made up.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

Rng = np.random.Generator


def email(rng: Rng) -> str:
    """Sends of a mailing tool, one row a campaign, segment and day; the last day is a Sunday."""
    campaigns = {
        "Weekly Digest": "Newsletter", "Summer Sale": "Promotion", "VIP Preview": "Promotion",
        "Cart Reminder": "Automation", "Welcome Series": "Automation", "Win-back": "Automation",
    }  # fmt: skip
    segments = ("Subscribers", "Customers", "VIP", "Lapsed 90 days")
    rows = []
    for day in pd.date_range("2025-09-01", "2026-10-11"):
        for name, kind in campaigns.items():
            for segment in segments:
                if rng.random() < 0.75 or (name == "Win-back" and segment != "Lapsed 90 days"):
                    continue
                sent = int(rng.integers(200, 9000))
                delivered = int(rng.binomial(sent, 0.97))
                opened = int(rng.binomial(delivered, 0.31))
                clicked = int(rng.binomial(opened, 0.09))
                orders = int(rng.binomial(clicked, 0.05)) if name != "Weekly Digest" else 0
                rows.append((
                    day.date(), name, kind, segment, rng.choice(["A", "B"]), sent, delivered,
                    sent - delivered, opened, clicked, int(rng.binomial(delivered, 0.002)),
                    int(rng.binomial(delivered, 0.0003)), orders,
                    round(orders * float(rng.uniform(25, 90)), 2),
                ))  # fmt: skip
    header = [
        "Send Date", "Campaign Name", "Campaign Type", "Segment", "Variant", "Emails Sent",
        "Delivered", "Bounces", "Unique Opens", "Unique Clicks", "Unsubscribes", "Spam Complaints",
        "Orders", "Revenue",
    ]  # fmt: skip
    return _csv(pd.DataFrame(rows, columns=header))


def appstore(rng: Rng) -> str:
    """Daily figures of three apps by territory, source and device."""
    apps = {"Run Coach": 1.0, "Sleep Sounds": 0.6, "Budget Buddy": 0.3}
    territories = ("US", "GB", "DE", "FR", "JP", "BR")
    sources = {"App Store Search": 1.0, "App Store Browse": 0.7, "Web Referrer": 0.2}
    rows = []
    for day in pd.date_range("2026-01-01", "2026-09-30"):
        for app, size in apps.items():
            for territory in territories:
                for source, weight in sources.items():
                    if rng.random() < 0.5:
                        continue
                    seen = int(rng.poisson(1500 * size * weight))
                    views = int(rng.binomial(seen, 0.2))
                    installs = int(rng.binomial(views, 0.3))
                    buys = int(rng.binomial(installs, 0.04))
                    rows.append((
                        day.date(), app, territory, source, rng.choice(["iPhone", "iPad"]), seen,
                        views, installs, int(rng.binomial(installs, 0.3)), buys,
                        round(buys * float(rng.uniform(2, 12)), 2), int(rng.poisson(0.4)),
                        int(rng.poisson(0.1)),
                    ))  # fmt: skip
    header = [
        "Date", "App Name", "Territory", "Source Type", "Device", "Impressions",
        "Product Page Views", "First-Time Downloads", "Redownloads", "In-App Purchases",
        "Proceeds (USD)", "Crashes", "Deletions",
    ]  # fmt: skip
    return _csv(pd.DataFrame(rows, columns=header))


def deals(rng: Rng, n: int = 2500) -> str:
    """A pipeline: one row an opportunity, some with no close date and no amount."""
    created = pd.to_datetime("2025-01-06") + pd.to_timedelta(rng.integers(0, 620, n), "D")
    stage = rng.choice(
        ["Discovery", "Proposal", "Negotiation", "Closed Won", "Closed Lost"], n,
        p=[0.25, 0.2, 0.1, 0.2, 0.25],
    )  # fmt: skip
    amount = rng.integers(2, 120, n) * 500.0
    closed = pd.Series(created + pd.to_timedelta(rng.integers(14, 120, n), "D")).dt.date
    done = pd.Series(np.isin(stage, ["Closed Won", "Closed Lost"]))
    reasons = rng.choice(["Price", "No budget", "Competitor", "Timing"], n)
    frame = pd.DataFrame({
        "Opportunity ID": [f"OPP-{10000 + i}" for i in range(n)],
        "Created Date": created.date,
        "Account Name": rng.choice([f"{a} {b}" for a in ("North", "Blue", "Iron", "Vega", "Atlas")
                                    for b in ("Foods", "Labs", "Logistics", "Bank")], n),
        "Owner": rng.choice(["Dana Cole", "Igor Petrov", "Maya Singh", "Tom Reyes"], n),
        "Stage": stage,
        "Amount": np.where(rng.random(n) < 0.95, amount, np.nan),
        "Lead Source": rng.choice(["Inbound", "Outbound", "Partner", "Event"], n),
        "Region": rng.choice(["EMEA", "AMER", "APAC"], n),
        "Product Line": rng.choice(["Core", "Analytics", "Support"], n),
        "New Business": rng.choice(["true", "false"], n, p=[0.6, 0.4]),
        "Close Date": closed.where(done),
        "Loss Reason": pd.Series(reasons).where(pd.Series(stage == "Closed Lost")),
    })  # fmt: skip
    return _csv(frame)


def affiliate(rng: Rng) -> str:
    """Clicks and sales by publisher, offer and country; not every publisher sells."""
    publishers = {
        "DealHunter": "Coupon", "CashbackKing": "Cashback", "TechReviews": "Content",
        "StyleBlog": "Content", "SearchPals": "Search", "Newcomer Media": "Content",
    }  # fmt: skip
    rows = []
    for day in pd.date_range("2026-02-01", "2026-10-31"):
        for publisher, kind in publishers.items():
            for offer in ("Headphones 10% off", "Free shipping", "Spring bundle"):
                if rng.random() < 0.55:
                    continue
                clicks = int(rng.poisson(90))
                sales = int(rng.binomial(clicks, 0.03)) if publisher != "Newcomer Media" else 0
                amount = round(sales * float(rng.uniform(20, 110)), 2)
                rows.append((
                    day.date(), publisher, kind, offer, rng.choice(["PL", "CZ", "SK"]),
                    rng.choice(["approved", "pending", "rejected"], p=[0.7, 0.2, 0.1]), clicks,
                    sales, amount, round(amount * 0.08, 2),
                ))  # fmt: skip
    header = [
        "date", "publisher", "publisher_type", "offer", "country", "status", "clicks", "sales",
        "sale_amount", "commission",
    ]  # fmt: skip
    return _csv(pd.DataFrame(rows, columns=header))


def podcast(rng: Rng) -> str:
    """Podcast sponsorships, one row a week, show and placement; weeks start on Monday."""
    shows = {
        "The Long Run": "Sports", "Founders Talk": "Business", "Night Cases": "True Crime",
        "Kitchen Notes": "Food",
    }  # fmt: skip
    rows = []
    for week in pd.date_range("2025-10-06", "2026-09-28", freq="7D"):
        for show, genre in shows.items():
            for placement in ("Pre-roll", "Mid-roll", "Post-roll"):
                downloads = int(rng.integers(4000, 60000))
                visits = int(rng.binomial(downloads, 0.004))
                orders = int(rng.binomial(visits, 0.06))
                rows.append((
                    week.date(), show, genre, placement, rng.choice(["yes", "no"]), downloads,
                    round(downloads * float(rng.uniform(0.015, 0.03)), 2), visits,
                    int(rng.binomial(orders, 0.7)), orders,
                    round(orders * float(rng.uniform(30, 80)), 2),
                ))  # fmt: skip
    header = [
        "Week", "Show", "Genre", "Placement", "Host read", "Downloads", "Cost", "Site visits",
        "Promo redemptions", "Orders", "Revenue",
    ]  # fmt: skip
    return _csv(pd.DataFrame(rows, columns=header))


def svodka(rng: Rng) -> str:
    """A Russian agency's own summary of several systems."""
    campaigns = {
        "Осень: скидки": "ВКонтакте", "Бренд поиск": "Яндекс Директ", "Ретаргет": "ВКонтакте",
        "РСЯ широкая": "Яндекс Директ", "Посевы": "Telegram Ads",
    }  # fmt: skip
    rows = []
    for day in pd.date_range("2025-11-01", "2026-10-20"):
        for name, system in campaigns.items():
            for city in ("Москва", "Санкт-Петербург", "Казань"):
                if rng.random() < 0.5:
                    continue
                seen = int(rng.poisson(3000))
                clicks = int(rng.binomial(seen, 0.012))
                asked = int(rng.binomial(clicks, 0.06)) if name != "Посевы" else 0
                sold = int(rng.binomial(asked, 0.3))
                rows.append((
                    f"{day:%d.%m.%Y}", system, name, rng.choice(["смартфоны", "десктопы"]), city,
                    seen, clicks, round(clicks * float(rng.uniform(8, 45)), 2), asked, sold,
                    round(sold * float(rng.uniform(900, 5000)), 2),
                ))  # fmt: skip
    header = [
        "Дата", "Рекламная система", "Кампания", "Тип устройства", "Город", "Показы", "Клики",
        "Расход, руб", "Заявки", "Продажи", "Выручка, руб",
    ]  # fmt: skip
    return _csv(pd.DataFrame(rows, columns=header))


def _csv(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False, lineterminator="\n")
