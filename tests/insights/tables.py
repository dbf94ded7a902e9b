"""A small ad table by hand, and results as the compiler would return them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from src.data.profile import ColumnProfile, DataIssue, Dataset, Profile, TableProfile
from src.data.result import QueryResult, ResultColumn
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
from src.query_engine.drafts import OutputColumn
from src.query_engine.plan import QueryPlan

FIRST, LAST = dt.date(2024, 1, 1), dt.date(2024, 12, 31)


def _measure(name: str, unit: Unit, additivity: Additivity = Additivity.ADDITIVE) -> Column:
    currency = "USD" if unit is Unit.CURRENCY else None
    return Column(
        name=name, type="DOUBLE", role=Role.MEASURE, concept=name, unit=unit,
        currency=currency, additivity=additivity,
    )  # fmt: skip


def _sum(name: str, unit: Unit, better: bool | None = None) -> Metric:
    currency = "USD" if unit is Unit.CURRENCY else None
    label = "Revenue" if name == "conversion_value" else name.capitalize()
    metric = "revenue" if name == "conversion_value" else name
    return Metric(
        name=metric, label=label, aggregation=Aggregation.SUM, numerator=name, unit=unit,
        currency=currency, higher_is_better=better,
    )  # fmt: skip


def _ratio(name: str, top: str, bottom: str, unit: Unit, better: bool) -> Metric:
    currency = "USD" if unit is Unit.CURRENCY else None
    return Metric(
        name=name, label=name.upper(), aggregation=Aggregation.RATIO, numerator=top,
        denominator=bottom, unit=unit, currency=currency, higher_is_better=better,
    )  # fmt: skip


ADS = Table(
    name="ads",
    time_column="date",
    currency_column="currency",
    columns=(
        Column(name="date", type="DATE", role=Role.TIME, concept="date"),
        Column(name="platform", type="VARCHAR", role=Role.DIMENSION, concept="platform"),
        Column(name="campaign", type="VARCHAR", role=Role.DIMENSION, concept="campaign"),
        Column(name="device", type="VARCHAR", role=Role.DIMENSION, concept="device"),
        Column(name="currency", type="VARCHAR", role=Role.DIMENSION, concept="currency"),
        _measure("spend", Unit.CURRENCY),
        _measure("impressions", Unit.COUNT),
        _measure("reach", Unit.COUNT, Additivity.NON_ADDITIVE),
        _measure("clicks", Unit.COUNT),
        _measure("conversions", Unit.COUNT),
        _measure("conversion_value", Unit.CURRENCY),
    ),
    metrics=(
        _sum("spend", Unit.CURRENCY),
        _sum("impressions", Unit.COUNT),
        _sum("reach", Unit.COUNT),
        _sum("clicks", Unit.COUNT, True),
        _sum("conversions", Unit.COUNT, True),
        _sum("conversion_value", Unit.CURRENCY, True),
        _ratio("ctr", "clicks", "impressions", Unit.RATIO, True),
        _ratio("cvr", "conversions", "clicks", Unit.RATIO, True),
        _ratio("cpa", "spend", "conversions", Unit.CURRENCY, False),
        _ratio("roas", "conversion_value", "spend", Unit.MULTIPLE, True),
    ),
)


def dataset(*issues: DataIssue, currencies: int = 1) -> Dataset:
    """The data set of `ADS`: the year 2024."""
    columns = {"currency": ColumnProfile(name="currency", distinct=currencies, nulls=0)}
    table = TableProfile("ads", 5000, columns, FIRST, LAST, issues)
    return Dataset(
        id="d1", name="ads", model=SemanticModel(name="ads", tables=(ADS,)),
        profile=Profile({"ads": table}),
    )  # fmt: skip


def plan(**parts: Any) -> QueryPlan:
    return QueryPlan(table="ads", **parts)


def column(name: str, grain: str | None = None) -> OutputColumn:
    """What the output column `name` means: ``roas``, ``roas_baseline``, ``spend_share`` …"""
    if name == "time":
        return OutputColumn(name=name, label="Time", kind="time", grain=grain)
    for suffix, kind in (("_baseline", "baseline"), ("_change_pct", "change_pct"),
                         ("_change", "change"), ("_share", "share")):  # fmt: skip
        if name.endswith(suffix):
            base = column(name.removesuffix(suffix))
            return base.model_copy(update={"name": name, "kind": kind})
    metric = ADS.metric(name)
    if metric is None:
        return OutputColumn(name=name, label=name.capitalize(), kind="dimension")
    return OutputColumn(
        name=name, label=metric.label, kind="metric", metric=name, unit=metric.unit.value,
        currency=metric.currency, higher_is_better=metric.higher_is_better,
    )  # fmt: skip


def result(
    frame: dict[str, list[Any]] | pd.DataFrame, *, grain: str | None = None, truncated: bool = False
) -> tuple[QueryResult, tuple[OutputColumn, ...]]:
    """A result with these columns, and what they mean."""
    table = pd.DataFrame(frame)
    columns = tuple(ResultColumn(str(name), "") for name in table.columns)
    answer = QueryResult(table, columns, "SELECT …", len(table), truncated, 0.01)
    return answer, tuple(column(str(name), grain) for name in table.columns)
