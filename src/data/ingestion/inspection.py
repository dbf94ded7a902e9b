"""How an upload was read: every guess, change and dropped row in plain words. Values only."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


def counted(count: int, one: str, many: str | None = None) -> str:
    """``1 row``, ``1,200 rows``: the number with the word that goes with it.

    Args:
        many: the plural where it is not `one` with an s.
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReadOptions(_Value):
    """What the user says about a file instead of leaving it to evidence; None leaves it open.

    Attributes:
        encoding: Python's name of the encoding, e.g. ``cp1251``.
        delimiter: one character.
        decimal: ``.`` or ``,``.
        day_first: True reads 03/04 as 3 April, False as 4 March.
        keep_totals: load totals rows and trailing notes as data.
        as_text: headers of columns to load as text, unread.
    """

    encoding: str | None = None
    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    day_first: bool | None = None
    keep_totals: bool = False
    as_text: tuple[str, ...] = ()


class Change(_Value):
    """Something that was done to what the file said.

    Attributes:
        kind: ``dropped`` rows or columns, ``converted`` values, ``renamed`` columns, ``guessed``
            formats, ``kept`` oddities.
        message: plain words.
        rows: how many rows or values it concerns.
        lines: the first lines of the file it concerns (rows of the sheet in a workbook).
        column: the column it concerns.
    """

    kind: Literal["dropped", "converted", "renamed", "guessed", "kept"]
    message: str
    rows: int | None = None
    lines: tuple[int, ...] = ()
    column: str | None = None


class ColumnReading(_Value):
    """How one column was read.

    Attributes:
        name: the column's name in the table; `header` is what the file says.
        type: the engine's type name.
        format: how the values are written, e.g. ``dates as day.month.year``.
        role, concept, unit, currency: as in the semantic model.
        empty: values without content.
        examples: first values as they are in the file.
    """

    name: str
    header: str
    type: str
    format: str = ""
    role: str = ""
    concept: str | None = None
    unit: str | None = None
    currency: str | None = None
    empty: int = 0
    examples: tuple[str, ...] = ()


class TableReading(_Value):
    """How one table of a file was read.

    `rows_in` counts the rows under the header that are not blank, so it is always
    `rows_loaded` + `rows_dropped`.

    Attributes:
        source: the file, and inside it the member or sheet.
        header_line: line of the header, from 1; None when the file has none.
        preamble: lines above the header that are not part of the table.
    """

    table: str
    source: str
    format: str
    encoding: str | None = None
    encoding_evidence: str = ""
    delimiter: str | None = None
    header_line: int | None = None
    preamble: tuple[str, ...] = ()
    rows_in: int = 0
    rows_loaded: int = 0
    rows_dropped: int = 0
    columns: tuple[ColumnReading, ...] = ()
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()


class Inspection(_Value):
    """How an upload is read: one reading for each table in it."""

    file: str
    size: int
    tables: tuple[TableReading, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes of all tables."""
        return tuple(change for table in self.tables for change in table.changes)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings of all tables."""
        return tuple(warning for table in self.tables for warning in table.warnings)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data."""
        return self.model_dump(mode="json")
