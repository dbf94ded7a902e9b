"""What the data holds: counts, ranges, the values of its dimensions, and what is odd about it.

A profile is measured once when data is loaded, never per question, and is read-only after that.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from src.data.semantic import SemanticModel


@dataclass(frozen=True, slots=True)
class DataIssue:
    """Something odd in the data that a careful analyst would want to know.

    Attributes:
        rule: stable name, e.g. ``duplicate_rows``, ``clicks_above_impressions``, ``missing_days``.
        message: plain words with the figures.
        start, end: the days it concerns, inclusive, or None when it concerns all of them.
        columns: the columns it concerns.
        rows: how many rows.
        figures: what `message` names, for telling it in another language; days as ISO text.
    """

    rule: str
    message: str
    start: dt.date | None = None
    end: dt.date | None = None
    columns: tuple[str, ...] = ()
    rows: int | None = None
    figures: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def unsettled(self) -> bool:
        """Whether it is about the newest days, whose figures still grow."""
        return self.rule in ("conversion_lag", "partial_last_day")

    @property
    def harmless(self) -> bool:
        """Whether it is good to know and makes no figure wrong."""
        return self.rule in ("renamed", "conversions_without_clicks")


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """Figures of one column.

    Attributes:
        values: for text columns, the distinct values, most frequent first, up to
            `VALUE_LIMIT`; empty for others.
        minimum, maximum: as ISO text for dates, as numbers for numbers, None otherwise.
    """

    name: str
    distinct: int
    nulls: int
    minimum: float | str | None = None
    maximum: float | str | None = None
    values: tuple[str, ...] = ()
    values_complete: bool = True


VALUE_LIMIT = 250_000


@dataclass(frozen=True, slots=True)
class TableProfile:
    """Figures of one table; dates are of its time column."""

    name: str
    row_count: int
    columns: dict[str, ColumnProfile] = field(default_factory=dict)
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    issues: tuple[DataIssue, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """Figures of all tables, by table name."""

    tables: dict[str, TableProfile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Everything the query engine knows about the data it is asked about.

    Attributes:
        id: stable identifier of the data set.
        name: what people call it (a file name, a database).
        dialect: sqlglot's name of the SQL dialect: ``duckdb``, ``postgres`` …
        fingerprint: changes when the data changes.
        synthetic: True for the shipped sample.
    """

    id: str
    name: str
    model: SemanticModel
    profile: Profile
    dialect: str = "duckdb"
    fingerprint: str = ""
    synthetic: bool = False
