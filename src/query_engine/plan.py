"""The query plan: what an interpretation means, and what an edit changes.

A plan names metrics and columns of one table of the semantic model; it holds no SQL. `compiler`
turns it into SQL for a dialect, `describe.py` into words.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Grain(StrEnum):
    """Calendar buckets a result can be broken down by. Weeks start on Monday (ISO).

    Parts of the week are Monday to Friday and the weekend.
    """

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    WEEKDAY = "weekday"
    WEEKPART = "weekpart"


TIME = "time"  # the name of the time bucket among the outputs of a plan
RECURRING = (Grain.WEEKDAY, Grain.WEEKPART)  # buckets that come round, so none is the first


GRAINS = frozenset(grain.value for grain in Grain)


class TimeRange(_Value):
    """Days `start` to `end`, both inclusive; None leaves that side open.

    Attributes:
        label: as the user would say it, e.g. ``last 30 days``.
        anchor: the day that relative words were counted from (the last day in the data, unless the
            question named dates), or None for absolute ranges.
    """

    start: dt.date | None = None
    end: dt.date | None = None
    label: str = ""
    anchor: dt.date | None = None

    @model_validator(mode="after")
    def _ordered(self) -> TimeRange:
        if self.start and self.end and self.start > self.end:
            raise ValueError(f"the period starts {self.start} after it ends {self.end}")
        return self


FilterOp = Literal[
    "=", "!=", "in", "not in", "contains", "not contains", "starts with",
    ">", ">=", "<", "<=", "between", "is null", "is not null",
]  # fmt: skip
HavingOp = Literal[">", ">=", "<", "<=", "=", "!=", "between"]
Scalar = str | int | float | bool | dt.date


class Filter(_Value):
    """A condition on rows, before grouping. Text is compared exactly as stored, case included;
    ``contains`` ignores case. ``between`` takes two values, ``is null`` none."""

    column: str
    op: FilterOp
    values: tuple[Scalar, ...] = ()


class Having(_Value):
    """A condition on a metric, after grouping. Ratios are in their stored scale: CTR 5% is 0.05.

    Attributes:
        of: compare the metric itself, its change against the baseline (absolute or relative, the
            latter as a fraction), or its share of the total (a fraction). ``average`` compares the
            metric itself with so many times its average: over the groups for what adds up, and
            over all rows, as one group, for a ratio.
    """

    metric: str
    op: HavingOp
    values: tuple[float, ...]
    of: Literal["value", "change", "change_pct", "share", "average"] = "value"


class Either(_Value):
    """Conditions of which at least one holds: all on rows, or all on groups."""

    filters: tuple[Filter, ...] = ()
    having: tuple[Having, ...] = ()


class Order(_Value):
    """Sort by an output: a metric, its change or share, a dimension, or the time bucket.

    Attributes:
        by: a metric or column name, or ``time`` for the time bucket.
        of: as in `Having`.
    """

    by: str
    of: Literal["value", "change", "change_pct", "share"] = "value"
    descending: bool = True


class Comparison(_Value):
    """A second period to set beside the first, in columns of its own.

    For a comparison of segments (Meta against Google) there is no need of one: filter on the
    values and break down by the dimension.

    Attributes:
        kind: how the baseline was found from the plan's period.
        baseline: the second period, resolved.
    """

    kind: Literal["previous_period", "previous_year", "custom"]
    baseline: TimeRange


class AdHoc(_Value):
    """A metric the model does not name: an aggregation of one column, e.g. distinct campaigns.

    `name` must not collide with the table's metrics or columns.

    Attributes:
        per: divide by how many of these the group has: a `Grain` value counts the buckets that have
            rows ("spend per day" is spend over the days with rows), ``row`` the rows, a measure is
            summed ("revenue per email"), and of any other column the distinct values are counted.
            For sums and counts only.
        scale: what such a quotient is multiplied by: 1000 for "orders per thousand downloads".
        part: conditions on rows: the metric is then the share (0 to 1) that the rows which meet all
            of them have in the aggregate of each group. For sums and counts of rows only.
        plus: another measure column whose sum is added: the cost with its fees. For sums only.
        less: another measure column whose sum is taken away: revenue after refunds. For sums only.
            With `per` a measure, the difference is divided: ROI is revenue less spend, per spend.
        over: of a median, what it is the middle one of: a `Grain` value takes the figure of each
            such bucket with rows, a column that of each of its values, ``row`` that of each row.
        of: the table's metric whose figures these are; without one they are sums of `column`.
    """

    name: str
    label: str
    aggregation: Literal[
        "sum", "count_rows", "count_distinct", "average", "minimum", "maximum", "median"
    ]
    column: str | None = None
    per: str | None = None
    scale: float = 1.0
    part: tuple[Filter, ...] = ()
    plus: str | None = None
    less: str | None = None
    over: str | None = None
    of: str | None = None


class QueryPlan(_Value):
    """One reading of a question.

    Attributes:
        table: table of the semantic model.
        metrics: names of the table's metrics or of `ad_hoc`, in output order. May be empty for a
            plain list of distinct dimension values.
        dimensions: column names to group by, in output order.
        grain: break down by time bucket too; the bucket is the first output column.
        time: the period; None means all the data.
        either: each keeps what meets at least one of its conditions; all of them have to be met,
            beside `filters` and `having`.
        limit: rows to keep after ordering; with `limit_per`, rows per value of that dimension, or
            per time bucket where it is ``time``.
        share_of_total: add, for each additive metric, its share of the total over all groups
            before `having` and `limit` (within the same filters and period).
        include_empty: keep groups that have no rows in the period with NULL metrics ("campaigns
            with no conversions" must list those too).
        count_groups: put out how many groups are left after `having` and `limit`, not the groups
            ("how many campaigns had ROAS above 3"). Without a breakdown it says nothing.
        running_total: put out each metric to date: of a bucket and all before it in the period,
            within each group of the dimensions; a ratio divides the totals to date. Needs a grain
            whose buckets follow each other.
        language: the language in which the plan is put into words.
    """

    table: str
    metrics: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    grain: Grain | None = None
    filters: tuple[Filter, ...] = ()
    having: tuple[Having, ...] = ()
    either: tuple[Either, ...] = ()
    time: TimeRange | None = None
    comparison: Comparison | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    limit_per: str | None = None
    share_of_total: bool = False
    include_empty: bool = False
    count_groups: bool = False
    running_total: bool = False
    ad_hoc: tuple[AdHoc, ...] = ()
    language: Literal["en", "ru"] = "en"

    @property
    def all_filters(self) -> tuple[Filter, ...]:
        """Every condition on rows, those of which one suffices among them."""
        return (*self.filters, *(f for one in self.either for f in one.filters))

    @property
    def all_having(self) -> tuple[Having, ...]:
        """Every condition on groups, those of which one suffices among them."""
        return (*self.having, *(h for one in self.either for h in one.having))
