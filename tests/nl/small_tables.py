"""Small data sets with names of their own: an exchange buyer, a grocer, podcasts, mailings."""

from __future__ import annotations

import datetime as dt

from src.data.semantic import Table
from tests.nl.tables import MONEY, D, M, T, Unit, column, dataset, total

FIRST, LAST = dt.date(2026, 1, 1), dt.date(2026, 9, 30)

BUYS = dataset(
    "buys",
    Table(
        name="buys",
        time_column="day",
        columns=(
            column("day", T, "DATE", "date"),
            column("exchange", D),
            column("creative_size", D),
            *(
                column(name, M, "BIGINT")
                for name in ("bids", "wins", "impressions", "viewable_impressions", "clicks")
            ),
            column("media_cost", M, "DOUBLE", "spend", **MONEY),
        ),
        metrics=(
            *(
                total(name)
                for name in ("bids", "wins", "impressions", "viewable_impressions", "clicks")
            ),
            total("spend", "media_cost", unit=Unit.CURRENCY, synonyms=("media cost",)),
        ),
    ),
    {"exchange": ("OpenX", "Magnite"), "creative_size": ("300x250", "728x90")},
    FIRST,
    LAST,
)

COUPONS = dataset(
    "coupons",
    Table(
        name="coupons",
        time_column="week",
        columns=(
            column("week", T, "DATE", "date"),
            column("store", D),
            column("coupon", D),
            column("coupons_issued", M, "BIGINT"),
            column("coupons_redeemed", M, "BIGINT"),
            column("items", M, "BIGINT"),
            column("basket_value", M, "DOUBLE", **MONEY),
            column("print_cost", M, "DOUBLE", **MONEY),
        ),
        metrics=(
            total("coupons_issued"),
            total("coupons_redeemed"),
            total("items"),
            total("basket_value", unit=Unit.CURRENCY),
            total("print_cost", unit=Unit.CURRENCY),
        ),
    ),
    {"store": ("Ulm", "Kiel Hafen"), "coupon": ("Spring Basket", "Pasta Duo")},
    FIRST,
    LAST,
)

# One row is one slot in one episode.
SLOTS = dataset(
    "slots",
    Table(
        name="slots",
        time_column="air_date",
        columns=(
            column("air_date", T, "DATE", "date"),
            column("show", D),
            column("movie", D),
            column("network", D),
            column("slot", D),
            column("downloads_30d", M, "BIGINT"),
            column("orders", M, "BIGINT"),
            column("revenue", M, "DOUBLE", **MONEY),
            column("refunds", M, "DOUBLE", **MONEY),
        ),
        metrics=(
            total("downloads_30d"),
            total("orders"),
            total("revenue", unit=Unit.CURRENCY, synonyms=("выручка",)),
            total("refunds", unit=Unit.CURRENCY),
        ),
    ),
    {
        "show": ("Kitchen Radio", "Deep Field"),
        "movie": ("Long Road", "Cold Bay"),
        "network": ("Harbor", "Lumen"),
        "slot": ("pre-roll", "mid-roll"),
    },
    FIRST,
    LAST,
)

MAILINGS = dataset(
    "mailings",
    Table(
        name="mailings",
        time_column="Дата",
        columns=(
            column("Дата", T, "DATE", "date"),
            column("Канал", D),
            column("Отправлено", M, "BIGINT"),
            column("Доставлено", M, "BIGINT"),
            column("Открыто", M, "BIGINT"),
        ),
        metrics=(total("Отправлено"), total("Доставлено"), total("Открыто")),
    ),
    {"Канал": ("СМС", "Почта")},
    FIRST,
    LAST,
)
