"""Seeded tables that look like exports of ad platforms and analytics, preambles included."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import pandas as pd

Rng = np.random.Generator


def google(rng: Rng) -> tuple[str, str]:
    """A campaign report with its title and date range above the header."""
    campaigns = {
        "Brand | Search | US": ("Search", 0.05), "Generic Shoes": ("Search", 0.03),
        "PMax - All products": ("Performance Max", 0.02), "Display Retargeting": ("Display", 0.006),
        "YT Awareness Q4": ("Video", 0.002), "Shopping Sneakers": ("Shopping", 0.025),
    }  # fmt: skip
    networks = {"Search": "Google search", "Display": "Display Network"}
    devices = {"Mobile phones": 1.0, "Computers": 0.6, "Tablets": 0.1}
    frame = _cross(
        pd.date_range("2025-01-01", "2026-11-08").date, list(campaigns), list(devices), keep=0.5,
        rng=rng, names=["Day", "Campaign", "Device"],
    )  # fmt: skip
    kind = frame["Campaign"].map(lambda c: campaigns[c][0])
    frame.insert(2, "Campaign type", kind)
    frame["Network"] = kind.map(lambda k: networks.get(k, "Cross-network"))
    frame["Currency code"] = "EUR"
    frame["Impr."] = rng.poisson(2000 * frame["Device"].map(devices))
    frame["Clicks"] = rng.binomial(frame["Impr."], frame["Campaign"].map(lambda c: campaigns[c][1]))
    frame["Cost"] = (frame["Clicks"] * rng.uniform(0.4, 1.5, len(frame))).round(2)
    frame["Conversions"] = (frame["Clicks"] * rng.uniform(0.01, 0.06, len(frame))).round(1)
    frame.loc[kind == "Video", "Conversions"] = 0.0
    frame["Conv. value"] = (frame["Conversions"] * rng.uniform(20, 90, len(frame))).round(2)
    return "Campaign report\nJanuary 1, 2025 - November 8, 2026\n", _csv(frame)


def linkedin(rng: Rng) -> tuple[str, str]:
    """A performance report: US dates, campaign groups."""
    groups = {
        "CFO - Lead gen": "ABM Enterprise", "CTO - Video": "ABM Enterprise",
        "Webinar signup": "SMB", "eBook download": "SMB", "Thought leadership": "Brand",
    }  # fmt: skip
    days = pd.date_range("2026-03-01", "2026-09-30")
    frame = _cross(
        [f"{d.month}/{d.day}/{d.year}" for d in days], list(groups), rng=rng,
        names=["Start Date (in UTC)", "Campaign Name"],
    )  # fmt: skip
    frame.insert(1, "Campaign Group Name", frame["Campaign Name"].map(groups))
    impressions = rng.integers(300, 4000, len(frame))
    clicks = rng.binomial(impressions, 0.008)
    frame["Total Spent"] = (clicks * rng.uniform(4, 11, len(frame))).round(2)
    frame["Impressions"], frame["Clicks"] = impressions, clicks
    frame["Leads"] = rng.binomial(clicks, 0.1)
    frame["Clicks to Landing Page"] = rng.binomial(clicks, 0.8)
    return "Campaign Performance Report (in UTC)\nReport Start: 3/1/2026\n\n", _csv(frame)


def yandex(rng: Rng) -> tuple[str, str]:
    """A Russian export: semicolons, decimal commas, day first."""
    groups = {
        "диваны угловые": "Поиск | Диваны", "диваны прямые": "Поиск | Диваны",
        "кресла": "РСЯ | Кресла", "брошенные корзины": "Ретаргетинг", "бренд": "Бренд Москва",
    }  # fmt: skip
    days = pd.date_range("2026-01-01", "2026-10-31").strftime("%d.%m.%Y")
    frame = _cross(
        days, list(groups), ["Поиск", "Сети"], keep=0.6, rng=rng,
        names=["Дата", "Группа", "Тип площадки"],
    )  # fmt: skip
    frame.insert(1, "Название кампании", frame["Группа"].map(groups))
    frame["Показы"] = rng.integers(100, 5000, len(frame))
    frame["Клики"] = rng.binomial(frame["Показы"], 0.03)
    frame["Расход (руб.)"] = (frame["Клики"] * rng.uniform(15, 60, len(frame))).round(2)
    frame["Конверсии"] = rng.binomial(frame["Клики"], 0.035)
    frame["Доход"] = (frame["Конверсии"] * rng.uniform(800, 9000, len(frame))).round(2)
    return "\ufeff", frame.to_csv(index=False, sep=";", decimal=",", lineterminator="\n")


def ga4(rng: Rng) -> tuple[str, str]:
    """Sessions by channel, with comment lines and dates written as 20250601."""
    frame = _cross(
        pd.date_range("2025-06-01", "2026-05-31").strftime("%Y%m%d"),
        ["Organic Search", "Paid Search", "Direct", "Email", "Paid Social", "Referral"],
        ["United States", "Canada", "Brazil"], rng=rng,
        names=["Date", "Session primary channel group (Default Channel Group)", "Country"],
    )  # fmt: skip
    sessions = rng.integers(5, 900, len(frame))
    frame["Sessions"] = sessions
    frame["Engaged sessions"] = rng.binomial(sessions, 0.55)
    frame["New users"] = rng.binomial(sessions, 0.6)
    frame["Key events"] = rng.binomial(sessions, 0.03)
    frame["Total revenue"] = (sessions * rng.uniform(0, 2, len(frame))).round(2)
    rule = "# ----------------------------------------\n"
    return f"{rule}# Start date: 20250601\n# End date: 20260531\n{rule}", _csv(frame)


def ua(rng: Rng) -> tuple[str, str]:
    """Installs of an app by media source, with revenue of the first week."""
    frame = _cross(
        pd.date_range("2026-04-01", "2026-10-20").date,
        ["AppLovin", "Unity", "Apple Search Ads", "TikTok", "Organic"], ["ios", "android"],
        ["US", "DE", "JP", "BR"], rng=rng, names=["date", "media_source", "os", "geo"],
    )  # fmt: skip
    frame = frame[(frame["media_source"] != "Apple Search Ads") | (frame["os"] == "ios")]
    frame = frame.reset_index(drop=True)
    frame["campaign"] = frame["media_source"].str[:3] + "_" + frame["geo"] + "_tROAS"
    installs = rng.integers(0, 200, len(frame))
    paid = frame["media_source"] != "Organic"
    frame["installs"] = installs
    frame["cost"] = (installs * rng.uniform(0.5, 4, len(frame)) * paid).round(2)
    frame["d1_retained"] = rng.binomial(installs, 0.35)
    frame["d7_retained"] = rng.binomial(installs, 0.13)
    frame["d7_revenue"] = (installs * rng.uniform(0.2, 3.5, len(frame))).round(2)
    frame["subscriptions"] = rng.binomial(installs, 0.025)
    return "", _csv(frame)


def wide(rng: Rng) -> tuple[str, str]:
    """Forty columns of an ad manager's daily export, by age and gender."""
    objectives = {"Fall Sale": "Sales", "Always On": "Awareness", "Lookalike 1%": "Sales"}
    frame = _cross(
        pd.date_range("2026-07-01", "2026-09-30").date, list(objectives), ["female", "male"],
        ["18-24", "25-34", "35-44"], rng=rng, names=["day", "campaign_name", "gender", "age"],
    )  # fmt: skip
    n = len(frame)
    frame["account"] = "Acme EU"
    frame["campaign_objective"] = frame["campaign_name"].map(objectives)
    frame["adset_name"] = frame["campaign_name"] + " - set"
    for name, values in {
        "ad_name": ["Carousel A", "Video B", "Static C"], "placement": ["Feed", "Stories", "Reels"],
        "country": ["FR", "ES", "IT"], "quality_rank": ["above", "average", "below"],
        "creative_type": ["video", "image"],
    }.items():  # fmt: skip
        frame[name] = rng.choice(values, n)
    frame["impressions"] = rng.integers(500, 9000, n)
    frame["reach"] = (frame["impressions"] * 0.7).astype(int)
    frame["clicks"] = rng.binomial(frame["impressions"], 0.017)
    for name, share in {
        "link_clicks": 0.8,
        "landing_page_views": 0.6,
        "outbound_clicks": 0.5,
    }.items():
        frame[name] = rng.binomial(frame["clicks"], share)
    frame["spend"] = (frame["clicks"] * rng.uniform(0.3, 1.2, n)).round(2)
    frame["purchases"] = rng.binomial(frame["clicks"], 0.05)
    frame["add_to_cart"] = frame["purchases"] * 4
    frame["checkouts_initiated"] = frame["purchases"] * 2
    frame["purchase_value"] = (frame["purchases"] * rng.uniform(20, 120, n)).round(2)
    views = (frame["impressions"] * 0.4).astype(int)
    frame["video_plays"] = views
    for name, share in {
        "video_p25": 0.7, "video_p50": 0.5, "video_p75": 0.3, "video_p100": 0.2, "thruplays": 0.25,
    }.items():  # fmt: skip
        frame[name] = (views * share).astype(int)
    for name, most in {
        "leads": 5, "post_reactions": 40, "post_comments": 9, "post_shares": 9, "page_likes": 5,
        "registrations": 8, "app_installs": 3, "messages": 4,
    }.items():  # fmt: skip
        frame[name] = rng.integers(0, most + 1, n)
    frame["bounce"] = rng.random(n).round(2)
    frame["budget"], frame["bid"] = 200, 1.5
    return "", _csv(frame)


def _cross(
    *levels: Iterable[object], rng: Rng, names: list[str], keep: float = 1.0
) -> pd.DataFrame:
    """Every combination of the levels, each kept with probability `keep`."""
    frame = pd.DataFrame(itertools.product(*levels), columns=names)
    return frame[rng.random(len(frame)) < keep].reset_index(drop=True)


def _csv(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False, lineterminator="\n")
