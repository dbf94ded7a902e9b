"""A small awkward table: odd names, empty cells, a renamed campaign, zero spend, gaps in days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src.data.duckdb_warehouse import DuckDBWarehouse
from src.data.profile import ColumnProfile, Dataset, Profile, TableProfile
from src.data.semantic import Column, Metric, SemanticModel, Table

FIRST, LAST = dt.date(2024, 1, 1), dt.date(2024, 3, 31)
NAMES = {"c1": "Brand", "c2": 'Promo "50%" o\'clock', "c3": "Каталог", "c4": "Retired"}

_COLUMNS: dict[str, dict[str, Any]] = {
    "date": {"type": "DATE", "role": "time", "concept": "date"},
    "platform": {"type": "VARCHAR", "role": "dimension", "concept": "platform"},
    "campaign_id": {"type": "VARCHAR", "role": "identifier", "concept": "campaign_id"},
    "campaign_name": {
        "type": "VARCHAR", "role": "dimension", "concept": "campaign",
        "identified_by": "campaign_id",
    },
    "group": {"type": "VARCHAR", "role": "dimension"},
    "daily_budget": {
        "type": "DOUBLE", "role": "measure", "concept": "daily_budget",
        "additivity": "semi_additive", "unit": "currency",
    },
    "spend": {"type": "DECIMAL(12,2)", "role": "measure", "additivity": "additive",
              "unit": "currency"},
    "revenue": {"type": "DOUBLE", "role": "measure", "additivity": "additive", "unit": "currency"},
    "impressions": {"type": "BIGINT", "role": "measure", "additivity": "additive",
                    "unit": "count"},
    "Clicks (all)": {"type": "INTEGER", "role": "measure", "additivity": "additive",
                     "unit": "count"},
    "reach": {"type": "BIGINT", "role": "measure", "additivity": "non_additive", "unit": "count"},
}  # fmt: skip

_METRICS: tuple[dict[str, Any], ...] = (
    {"name": "spend", "label": "Spend", "aggregation": "sum", "numerator": "spend",
     "unit": "currency"},
    {"name": "revenue", "label": "Revenue", "aggregation": "sum", "numerator": "revenue",
     "unit": "currency", "higher_is_better": True},
    {"name": "clicks", "label": "Clicks", "aggregation": "sum", "numerator": "Clicks (all)",
     "unit": "count"},
    {"name": "reach", "label": "Reach", "aggregation": "sum", "numerator": "reach",
     "unit": "count"},
    {"name": "roas", "label": "ROAS", "aggregation": "ratio", "numerator": "revenue",
     "denominator": "spend", "unit": "multiple", "higher_is_better": True},
    {"name": "cpm", "label": "CPM", "aggregation": "ratio", "numerator": "spend",
     "denominator": "impressions", "scale": 1000.0, "unit": "currency"},
    {"name": "budget", "label": "Daily budget", "aggregation": "average",
     "numerator": "daily_budget", "unit": "currency"},
    {"name": "rows", "label": "Rows", "aggregation": "count_rows", "unit": "count"},
)  # fmt: skip

TABLE = Table(
    name="order",
    label="Shop",
    columns=tuple(Column(name=name, **facts) for name, facts in _COLUMNS.items()),
    metrics=tuple(Metric(**facts) for facts in _METRICS),
    time_column="date",
    grain=("date", "campaign_id", "group"),
)
MODEL = SemanticModel(name="shop", tables=(TABLE,))


def frame() -> pd.DataFrame:
    """A copy of the rows. Campaign c1 is called Brand until February and Brand New after; c4 stops
    in January; c3 has days without spend; platform is empty for c3."""
    return _rows().copy()


@lru_cache(maxsize=1)
def _rows() -> pd.DataFrame:
    rows = []
    day = FIRST
    while day <= LAST:
        for number, (key, name) in enumerate(NAMES.items(), 1):
            if key == "c4" and day.month > 1:
                continue
            if key == "c2" and day.day % 7 == 0:
                continue
            shown = "Brand New" if key == "c1" and day.month > 2 else name
            for group in ("a", "b"):
                step = day.toordinal() % 11 + number
                spend = 0 if key == "c3" and day.day % 2 else step * 10.25 * (1 + (group == "b"))
                rows.append(
                    {
                        "date": day,
                        "platform": {"c1": "Meta", "c2": "Google Ads", "c4": "Meta"}.get(key),
                        "campaign_id": key,
                        "campaign_name": shown,
                        "group": group,
                        "daily_budget": 100.0 * number,
                        "spend": spend,
                        "revenue": None if key == "c4" else spend * (number + 0.5),
                        "impressions": step * 100,
                        "Clicks (all)": step,
                        "reach": step * 60,
                    }
                )
        day += dt.timedelta(days=1)
    return pd.DataFrame(rows)


def database(path: str = ":memory:") -> duckdb.DuckDBPyConnection:
    """A DuckDB with the table in it."""
    connection = duckdb.connect(path)
    connection.register("incoming", frame())
    listed = ", ".join(f'"{name}" {facts["type"]}' for name, facts in _COLUMNS.items())
    connection.execute(f'CREATE TABLE "order" ({listed})')
    connection.execute('INSERT INTO "order" SELECT * FROM incoming')
    return connection


@contextmanager
def warehouse(folder: Path) -> Iterator[DuckDBWarehouse]:
    """The table behind the caged workers, as a file in `folder`."""
    path = folder / "shop.duckdb"
    database(str(path)).close()
    opened = DuckDBWarehouse(path, dataset())
    yield opened
    opened.close()


def dataset() -> Dataset:
    """The data set with its profile."""
    rows = frame()
    columns = {}
    for column in TABLE.columns:
        cells = rows[column.name]
        texts = tuple(cells.dropna().value_counts().index) if column.type == "VARCHAR" else ()
        columns[column.name] = ColumnProfile(
            column.name, cells.nunique(), int(cells.isna().sum()), values=texts
        )
    table = TableProfile("order", len(rows), columns, FIRST, LAST)
    return Dataset("shop", "Shop", MODEL, Profile({"order": table}))
