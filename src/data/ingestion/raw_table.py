"""A file's table before its values are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from src.data.ingestion.columns import RawColumn
from src.data.ingestion.inspection import Change

if TYPE_CHECKING:
    import duckdb


@dataclass(slots=True)
class RawTable:
    """A table in the scratch database: ``_line`` (from 1), ``_cells``, then the columns.

    Attributes:
        text: cells are text as the file has it, and totals or notes may stand among the rows.
        width: cells that a complete row has; None where rows cannot be ragged.
        rows_in: rows under the header that are not blank, with those already dropped.
    """

    table: str
    label: str
    name: str
    format: str
    columns: list[RawColumn]
    text: bool = True
    width: int | None = None
    rows_in: int = 0
    rows_dropped: int = 0
    encoding: str | None = None
    encoding_evidence: str = ""
    delimiter: str | None = None
    header_line: int | None = None
    preamble: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def count_rows(con: duckdb.DuckDBPyConnection) -> int:
    """The rows of the scratch table ``raw``."""
    # Read to its end: nothing can be registered while a result is open.
    return int(con.execute("SELECT count(*) FROM raw").fetchall()[0][0])
