"""The semantic model: what the columns of a table mean to a marketer.

Values only. Inference from a new table, and reading and writing the YAML file, live beside it.
A model says what may be asked; a `Profile` (profile.py) says what the data holds.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Role(StrEnum):
    """What a column is for."""

    TIME = "time"
    DIMENSION = "dimension"
    IDENTIFIER = "identifier"
    MEASURE = "measure"
    IGNORED = "ignored"


class Unit(StrEnum):
    """How a number is to be read: a RATIO of 0.05 as 5% (CTR), a MULTIPLE of 3.2 as 3.20 (ROAS)."""

    CURRENCY = "currency"
    COUNT = "count"
    RATIO = "ratio"
    MULTIPLE = "multiple"
    NUMBER = "number"


class Additivity(StrEnum):
    """Whether a measure adds up: over everything, not over time (a budget), or never (reach)."""

    ADDITIVE = "additive"
    SEMI_ADDITIVE = "semi_additive"
    NON_ADDITIVE = "non_additive"


class Aggregation(StrEnum):
    """How a metric is computed over a group of rows."""

    SUM = "sum"
    RATIO = "ratio"
    COUNT_ROWS = "count_rows"
    COUNT_DISTINCT = "count_distinct"
    AVERAGE = "average"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"


_OUTCOMES = frozenset(
    {"conversions", "conversion_value", "new_customers", "leads", "orders", "installs"}
)


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Value):
    """A physical column with its meaning.

    Attributes:
        name: the column's name in the table, exactly.
        type: the engine's type name, e.g. ``DOUBLE``, ``DATE``, ``VARCHAR``.
        concept: the standard marketing concept it was recognised as (``spend``, ``campaign``,
            ``platform``, ``date`` …), or None for a column of the user's own.
        label: how people see it.
        identified_by: for a name, the identifier column to group by, so that a renamed campaign
            stays one campaign.
        synonyms: other words people use for it, lower case, any language.
    """

    name: str
    type: str
    role: Role
    concept: str | None = None
    label: str = ""
    unit: Unit | None = None
    currency: str | None = None
    additivity: Additivity | None = None
    identified_by: str | None = None
    synonyms: tuple[str, ...] = ()
    description: str = ""

    @property
    def is_outcome(self) -> bool:
        """Whether it counts or values what follows a click, which is booked for days after it."""
        return self.concept in _OUTCOMES


class Metric(_Value):
    """A number that can be asked for.

    A RATIO is ``scale * sum(numerator) / sum(denominator)``, NULL when the denominator is 0; the
    other aggregations read `numerator` alone (COUNT_ROWS reads nothing). An AVERAGE with a
    denominator is weighted: ``sum(numerator * denominator) / sum(denominator)`` over the rows that
    have the numerator.

    Attributes:
        name: unique within the table; also the output column's name in compiled SQL.
        currency: ISO code where the whole table is in one currency, else None.
        higher_is_better: None where neither direction is good by itself (spend, impressions).
    """

    name: str
    label: str
    aggregation: Aggregation
    numerator: str | None = None
    denominator: str | None = None
    scale: float = 1.0
    unit: Unit = Unit.NUMBER
    currency: str | None = None
    higher_is_better: bool | None = None
    synonyms: tuple[str, ...] = ()
    description: str = ""


class Table(_Value):
    """One table: its columns, what can be measured, and its time axis.

    Attributes:
        time_column: the column that time ranges filter on; None when the table has no dates.
        currency_column: the column that says each row's currency, if any.
        grain: the columns that identify a row, e.g. date, campaign, device.
    """

    name: str
    label: str = ""
    description: str = ""
    columns: tuple[Column, ...]
    metrics: tuple[Metric, ...] = ()
    time_column: str | None = None
    currency_column: str | None = None
    grain: tuple[str, ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of that exact name, or None."""
        return next((c for c in self.columns if c.name == name), None)

    def metric(self, name: str) -> Metric | None:
        """The metric of that exact name, or None."""
        return next((m for m in self.metrics if m.name == name), None)

    @property
    def dimensions(self) -> tuple[Column, ...]:
        """Columns a result can be broken down by (names and categories, then identifiers)."""
        return tuple(c for c in self.columns if c.role is Role.DIMENSION) + tuple(
            c for c in self.columns if c.role is Role.IDENTIFIER
        )


class SemanticModel(_Value):
    """All tables of one data set."""

    name: str
    tables: tuple[Table, ...] = Field(min_length=1)
    description: str = ""

    def table(self, name: str) -> Table | None:
        """The table of that exact name, or None."""
        return next((t for t in self.tables if t.name == name), None)
