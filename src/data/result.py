"""What an approved query returned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result: its name and the engine's type name."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class QueryResult:
    """A capped result.

    Attributes:
        frame: the rows that were fetched, in Arrow-backed columns: decimals stay exact, and NULL is
            not NaN. Duplicate output names are made unique (``x``, ``x_2``).
        row_count: rows in `frame`.
        truncated: True when the query had more rows than were fetched.
        seconds: from sending the SQL to the last fetched row, in the worker.
        rows_read: rows of tables the engine scanned; None where the engine does not tell, as when a
            result was cut.
        cautions: notes the executor adds, e.g. that the result was cut.
    """

    frame: pd.DataFrame
    columns: tuple[ResultColumn, ...]
    sql: str
    row_count: int
    truncated: bool
    seconds: float
    rows_read: int | None = None
    cautions: tuple[str, ...] = field(default_factory=tuple)
