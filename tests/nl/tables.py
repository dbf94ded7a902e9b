"""Three unlike data sets: an ad account, a web shop, and sensors in buildings."""

from __future__ import annotations

import datetime as dt

from src.data.profile import ColumnProfile, Dataset, Profile, TableProfile
from src.data.semantic import (
    Additivity,
    Aggregation,
    Column,
    Metric,
    Role,
    SemanticModel,
    Table,
    Unit,
)

D, ID, M, T = Role.DIMENSION, Role.IDENTIFIER, Role.MEASURE, Role.TIME
SUM, RATIO, AVG = Aggregation.SUM, Aggregation.RATIO, Aggregation.AVERAGE


def column(name, role, type_="VARCHAR", concept=None, synonyms=(), **more):
    label = more.pop("label", name.replace("_", " ").capitalize())
    return Column(
        name=name, type=type_, role=role, concept=concept, label=label, synonyms=synonyms, **more
    )


def total(name, source=None, label=None, unit=Unit.COUNT, better=None, synonyms=()):
    return Metric(
        name=name,
        label=label or name.replace("_", " ").capitalize(),
        aggregation=SUM,
        numerator=source or name,
        unit=unit,
        higher_is_better=better,
        synonyms=synonyms,
    )


def ratio(name, top, bottom, unit, better, synonyms=(), scale=1.0, label=None):
    return Metric(
        name=name,
        label=label or name.upper(),
        aggregation=RATIO,
        numerator=top,
        denominator=bottom,
        unit=unit,
        higher_is_better=better,
        synonyms=synonyms,
        scale=scale,
    )


def dataset(name, table, values, first, last, rows=1000):
    columns = {
        c.name: ColumnProfile(
            c.name, len(values.get(c.name, ())), 0, values=tuple(values.get(c.name, ()))
        )
        for c in table.columns
    }
    profile = Profile({table.name: TableProfile(table.name, rows, columns, first, last)})
    return Dataset(name, name, SemanticModel(name=name, tables=(table,)), profile, fingerprint=name)


MONEY = {"unit": Unit.CURRENCY}
ADS = dataset(
    "ads",
    Table(
        name="campaigns",
        label="Campaigns",
        time_column="date",
        columns=(
            column("date", T, "DATE", "date", ("day",)),
            column("platform", D, concept="platform", synonyms=("channel", "network", "source")),
            column("campaign_id", ID, concept="campaign_id"),
            column(
                "campaign_name",
                D,
                concept="campaign",
                label="Campaign",
                identified_by="campaign_id",
                synonyms=("campaign",),
            ),
            column("objective", D, concept="objective", synonyms=("goal",)),
            column("device", D, concept="device", synonyms=("device type",)),
            column("region", D, concept="region", synonyms=("geo", "area")),
            column("currency", D, concept="currency"),
            column(
                "daily_budget",
                M,
                "DOUBLE",
                "daily_budget",
                additivity=Additivity.SEMI_ADDITIVE,
                **MONEY,
            ),
            column("spend", M, "DOUBLE", "spend", **MONEY),
            column("impressions", M, "BIGINT", "impressions"),
            column("reach", M, "BIGINT", "reach", additivity=Additivity.NON_ADDITIVE),
            column("clicks", M, "BIGINT", "clicks"),
            column("conversions", M, "BIGINT", "conversions"),
            column("conversion_value", M, "DOUBLE", "conversion_value", **MONEY),
            column("new_customers", M, "BIGINT", "new_customers"),
        ),
        metrics=(
            total("spend", unit=Unit.CURRENCY, synonyms=("cost", "ad spend", "costs")),
            total("impressions", synonyms=("impr", "views")),
            total("reach"),
            total("clicks"),
            total("conversions", better=True, synonyms=("conv",)),
            total(
                "revenue",
                "conversion_value",
                unit=Unit.CURRENCY,
                better=True,
                synonyms=("conversion value", "sales", "income"),
            ),
            total("new_customers", better=True),
            total("daily_budget", unit=Unit.CURRENCY, synonyms=("budget",)),
            ratio(
                "ctr",
                "clicks",
                "impressions",
                Unit.RATIO,
                True,
                ("click through rate", "click rate"),
            ),
            ratio("cpc", "spend", "clicks", Unit.CURRENCY, False, ("cost per click",)),
            ratio(
                "cpm",
                "spend",
                "impressions",
                Unit.CURRENCY,
                False,
                ("cost per mille", "cost per thousand impressions"),
                1000.0,
            ),
            ratio("cvr", "conversions", "clicks", Unit.RATIO, True, ("conversion rate",)),
            ratio(
                "cpa",
                "spend",
                "conversions",
                Unit.CURRENCY,
                False,
                ("cost per conversion", "cost per acquisition"),
            ),
            ratio(
                "roas", "conversion_value", "spend", Unit.MULTIPLE, True, ("return on ad spend",)
            ),
            ratio(
                "cac",
                "spend",
                "new_customers",
                Unit.CURRENCY,
                False,
                ("customer acquisition cost",),
            ),
        ),
    ),
    {
        "platform": ("Google Ads", "Meta", "LinkedIn", "TikTok", "Yandex Direct"),
        "campaign_name": (
            "ABM - Decision Makers",
            "Advantage+ Prospecting",
            "Decision Makers",
            "Display - Awareness",
            "Lookalike - High LTV",
            "Reels - New Arrivals",
            "Retail Partners",
            "Retargeting - Cart",
            "Search - Brand",
            "Search - Generic",
            "Shopping - Catalog",
            "Spark Ads - Creators",
            "Top Feed - Gen Z",
            "Поиск - Бренд",
            "РСЯ - Каталог",
        ),
        "campaign_id": ("g-1001", "g-1002", "m-2001", "t-4001"),
        "objective": ("Awareness", "Lead generation", "Sales", "Traffic"),
        "device": ("desktop", "mobile", "tablet"),
        "region": ("Asia Pacific", "CIS", "Europe", "North America"),
        "currency": ("USD",),
    },
    dt.date(2024, 10, 16),
    dt.date(2026, 10, 15),
    21923,
)

SHOP = dataset(
    "shop",
    Table(
        name="orders",
        label="Orders",
        time_column="order_date",
        columns=(
            column("order_id", ID, label="Order ID"),
            column("order_date", T, "DATE", "date"),
            column("product_category", D, label="Product category"),
            column("product_name", D, label="Product name"),
            column("country", D, concept="country"),
            column("customer_segment", D, label="Customer segment"),
            column("payment_method", D, label="Payment method"),
            column("status", D, concept="status"),
            column("quantity", M, "BIGINT", synonyms=("units",)),
            column("amount", M, "DOUBLE", label="Amount", **MONEY),
            column("discount", M, "DOUBLE", **MONEY),
            column("shipping_cost", M, "DOUBLE", label="Shipping cost", **MONEY),
        ),
        metrics=(
            total("quantity", better=True, synonyms=("units", "units sold")),
            total(
                "amount", unit=Unit.CURRENCY, better=True, synonyms=("sales", "revenue", "turnover")
            ),
            total("discount", unit=Unit.CURRENCY),
            total("shipping_cost", unit=Unit.CURRENCY, better=False),
            Metric(
                name="orders",
                label="Orders",
                aggregation=Aggregation.COUNT_DISTINCT,
                numerator="order_id",
                unit=Unit.COUNT,
                higher_is_better=True,
            ),
        ),
    ),
    {
        "product_category": ("Electronics", "Home & Garden", "Toys", "Books", "Sports"),
        "product_name": (
            "Wireless Mouse",
            "Wireless Keyboard",
            "Garden Hose",
            "Chess Set",
            "Yoga Mat",
            "Running Shoes",
        ),
        "country": ("DE", "FR", "US", "GB", "IT"),
        "customer_segment": ("New", "Returning", "VIP"),
        "payment_method": ("Card", "PayPal", "Bank transfer"),
        "status": ("completed", "returned", "cancelled"),
        "order_id": tuple(f"A-{n}" for n in range(1000, 1040)),
    },
    dt.date(2025, 1, 1),
    dt.date(2025, 12, 31),
    5000,
)

SENSORS = dataset(
    "sensors",
    Table(
        name="readings",
        label="Sensor readings",
        time_column="recorded_at",
        columns=(
            column("recorded_at", T, "TIMESTAMP", label="Recorded at"),
            column("sensor_id", ID, label="Sensor"),
            column("building", D),
            column("floor", D, "BIGINT", label="Floor"),
            column("room_type", D, label="Room type"),
            column(
                "temperature_c",
                M,
                "DOUBLE",
                label="Temperature",
                additivity=Additivity.NON_ADDITIVE,
            ),
            column(
                "humidity_pct", M, "DOUBLE", label="Humidity", additivity=Additivity.NON_ADDITIVE
            ),
            column("energy_kwh", M, "DOUBLE", label="Energy"),
        ),
        metrics=(
            Metric(
                name="temperature_c",
                label="Temperature",
                aggregation=AVG,
                numerator="temperature_c",
                unit=Unit.NUMBER,
            ),
            Metric(
                name="humidity_pct",
                label="Humidity",
                aggregation=AVG,
                numerator="humidity_pct",
                unit=Unit.NUMBER,
            ),
            total(
                "energy_kwh",
                label="Energy",
                unit=Unit.NUMBER,
                synonyms=("energy consumption", "consumption"),
            ),
            Metric(
                name="rows", label="Readings", aggregation=Aggregation.COUNT_ROWS, unit=Unit.COUNT
            ),
        ),
    ),
    {
        "sensor_id": tuple(f"S{n:02}" for n in range(1, 21)),
        "building": ("North Tower", "South Tower", "Annex"),
        "room_type": ("office", "lab", "server room", "lobby"),
    },
    dt.date(2026, 1, 1),
    dt.date(2026, 6, 30),
    90000,
)
