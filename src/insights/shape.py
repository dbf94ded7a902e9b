"""A result seen as an analyst sees it: buckets, groups, measures, and what may be added up.

Whether a number may be summed, and which two columns make a ratio, comes from the semantic model;
where the model does not know the column, nothing is claimed about its total.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from src.data.profile import Dataset
from src.data.result import QueryResult
from src.data.semantic import Additivity, Aggregation, Metric, Role, Table
from src.insights.facts import CellRef
from src.query_engine.drafts import OutputColumn
from src.query_engine.phrases import Language, label_in, say
from src.query_engine.plan import RECURRING, QueryPlan
from src.reporting.cells import Cell, column_cells, day, number
from src.reporting.formats import format_bucket
from src.reporting.layout import known_columns


@functools.lru_cache(maxsize=65_536)
def cell_ref(row: int, column: str) -> CellRef:
    """The reference of a cell, shared by all facts that rest on it."""
    return CellRef(row=row, column=column)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Result columns that make ``scale * sum(numerator) / sum(denominator)``."""

    numerator: str
    denominator: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric column and the columns that belong to it.

    Attributes:
        additive: its cells may be summed over the rows of this result.
        ratio: how it is recomputed over several rows, when both sides are in the result.
        comparable: False when its rows are in different currencies.
        to_date: its cells are running totals: over several rows it is what it came to last.
        title: what it is called inside a sentence.
    """

    column: OutputColumn
    title: str
    additive: bool = False
    ratio: Ratio | None = None
    baseline: OutputColumn | None = None
    baseline_ratio: Ratio | None = None
    share: OutputColumn | None = None
    metric: Metric | None = None
    comparable: bool = True
    to_date: bool = False

    @property
    def name(self) -> str:
        return self.column.metric or self.column.name

    @property
    def label(self) -> str:
        return self.column.label or self.column.name

    @property
    def low_is_good(self) -> bool:
        return self.column.higher_is_better is False


@dataclass(frozen=True, slots=True)
class Point:
    """One value with the cells it was computed from."""

    label: str
    value: float
    cells: tuple[CellRef, ...]
    formula: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Shape:
    """The result by role of its columns.

    Attributes:
        complete: the rows are all groups there are, so that their sum is the whole.
        keys: per row, the text of its dimensions; empty text when there are none.
        buckets: per row, the first day of its time bucket, or None.
        sums: by column of the table, the result column that holds its sum.
        language: of the question, and so of all that is said about the result.
    """

    result: QueryResult
    table: Table | None
    plan: QueryPlan | None
    time: OutputColumn | None
    dimensions: tuple[OutputColumn, ...]
    measures: tuple[Measure, ...]
    complete: bool
    keys: tuple[str, ...]
    buckets: tuple[dt.date | None, ...]
    cells: dict[str, list[Cell]] = field(repr=False)
    sums: dict[str, str] = field(default_factory=dict)
    language: Language = "en"

    @property
    def rows(self) -> int:
        return len(self.keys)

    @property
    def is_series(self) -> bool:
        """One row a time bucket, nothing else to group by."""
        return self.time is not None and not self.dimensions and len(set(self.buckets)) == self.rows

    def bucket_label(self, row: int) -> str:
        grain = self.time.grain if self.time else None
        return format_bucket(self.buckets[row], grain, self.language)

    def value(self, column: str, row: int) -> float | None:
        cell = number(self.cells[column][row])
        return None if cell is None else float(cell)

    def over(self, measure: Measure, rows: Iterable[int], label: str = "") -> Point | None:
        """The measure over `rows`: a cell, a sum, or a ratio of sums; None where undefined."""
        if measure.to_date:
            rows = self._last_rows(measure, rows)
        return self._combine(measure.column, measure.additive, measure.ratio, tuple(rows), label)

    def baseline_over(self, measure: Measure, rows: Iterable[int], label: str = "") -> Point | None:
        """As `over`, for the comparison period."""
        if measure.baseline is None:
            return None
        ratio = measure.baseline_ratio
        return self._combine(measure.baseline, measure.additive, ratio, tuple(rows), label)

    def groups(self) -> dict[str, tuple[int, ...]]:
        """Rows by dimensions; rows of a result without time each stand alone."""
        if self.time is None or not self.dimensions:
            return {f"{key}\0{row}": (row,) for row, key in enumerate(self.keys)}
        grouped: dict[str, list[int]] = {}
        for row, key in enumerate(self.keys):
            grouped.setdefault(key, []).append(row)
        return {key: tuple(rows) for key, rows in grouped.items()}

    def points(self, measure: Measure, *, baseline: bool = False) -> list[Point]:
        """The measure per group, groups without a value left out."""
        combine = self.baseline_over if baseline else self.over
        found = (combine(measure, rows, key.split("\0")[0]) for key, rows in self.groups().items())
        return [point for point in found if point is not None]

    def by_bucket(self, measure: Measure) -> list[tuple[dt.date, Point]]:
        """The measure per time bucket, in time order, buckets without a value left out."""
        rows: dict[dt.date, list[int]] = {}
        for row, start in enumerate(self.buckets):
            if start is not None:
                rows.setdefault(start, []).append(row)
        points = (
            (start, self.over(measure, rows[start], self.bucket_label(rows[start][0])))
            for start in sorted(rows)
        )
        return [(start, point) for start, point in points if point is not None]

    def _last_rows(self, measure: Measure, rows: Iterable[int]) -> tuple[int, ...]:
        """Of each group the row of its last bucket with a value."""
        last: dict[str, tuple[dt.date, int]] = {}
        for row in rows:
            start, key = self.buckets[row], self.keys[row]
            if start is None or self.value(measure.column.name, row) is None:
                continue
            if key not in last or start > last[key][0]:
                last[key] = (start, row)
        return tuple(row for _, row in last.values())

    def _combine(
        self,
        column: OutputColumn,
        additive: bool,
        ratio: Ratio | None,
        rows: tuple[int, ...],
        label: str,
    ) -> Point | None:
        if len(rows) == 1:
            value = self.value(column.name, rows[0])
            cell = (cell_ref(rows[0], column.name),)
            name = column.label or column.name
            return None if value is None else Point(label, value, cell, name, rows)
        if additive:
            total, cells = self._sum(column.name, rows)
            formula = self._how("sum", column=column.name, count=len(rows))
            return Point(label, total, cells, formula, rows) if cells else None
        if ratio is None:
            return None
        top, top_cells = self._sum(ratio.numerator, rows)
        bottom, bottom_cells = self._sum(ratio.denominator, rows)
        if not bottom or not top_cells:
            return None
        scale = "" if ratio.scale == 1 else f"{ratio.scale:g} × "
        formula = self._how(
            "ratio", scale=scale, top=ratio.numerator, bottom=ratio.denominator, count=len(rows)
        )
        value = ratio.scale * top / bottom
        return Point(label, value, top_cells + bottom_cells, formula, rows)

    def _how(self, key: str, **values: object) -> str:
        return say(self.language, f"formula.{key}", **values)

    def _sum(self, column: str, rows: tuple[int, ...]) -> tuple[float, tuple[CellRef, ...]]:
        found = [(row, self.value(column, row)) for row in rows]
        kept = [(row, value) for row, value in found if value is not None]
        return (
            math.fsum(value for _, value in kept),
            tuple(cell_ref(row, column) for row, _ in kept),
        )


def read_shape(
    result: QueryResult,
    columns: tuple[OutputColumn, ...],
    plan: QueryPlan | None,
    dataset: Dataset | None,
    language: Language | None = None,
) -> Shape:
    """The shape of `result`. Without a plan or a model the columns' types say what they can.

    Args:
        language: what to speak about it; the plan's own by default.
    """
    spoken: Language = language or (plan.language if plan else "en")
    known = known_columns(result, columns)
    cells = {column.name: column_cells(result.frame, column.name) for column in known}
    time = next((c for c in known if c.kind == "time" and c.grain not in RECURRING), None)
    groups = [c for c in known if c.kind == "dimension" or (c.kind == "time" and c is not time)]
    table = _table(plan, dataset, known)
    named = _without_ids(groups, table)
    rows = len(result.frame)
    return Shape(
        result=result,
        table=table,
        plan=plan,
        time=time,
        dimensions=tuple(groups),
        measures=_measures(known, table, groups, cells, spoken),
        complete=_complete(result, plan),
        keys=tuple(
            " · ".join(_label(cells[c.name][i], c, spoken) for c in named) for i in range(rows)
        ),
        buckets=tuple(day(cells[time.name][i]) if time else None for i in range(rows)),
        cells=cells,
        sums=_sums(table, known, "metric"),
        language=spoken,
    )


def _label(cell: Cell, column: OutputColumn, language: Language) -> str:
    if cell is None or cell == "":
        return say(language, "finding.not_set")
    if column.kind == "time":
        return format_bucket(cell, column.grain, language)
    return " ".join(str(cell).split())


def _without_ids(groups: list[OutputColumn], table: Table | None) -> list[OutputColumn]:
    """The columns that name a row: an identifier is left out where its name is there too."""
    shown = [table.column(c.name) for c in groups] if table else []
    ids = {column.identified_by for column in shown if column and column.identified_by}
    return [c for c in groups if c.name not in ids] or groups


def _complete(result: QueryResult, plan: QueryPlan | None) -> bool:
    """False when rows may be missing: a cut result, a limit that was reached, a HAVING."""
    if result.truncated or plan is None:
        return False
    cut = plan.limit is not None and (plan.limit_per or len(result.frame) >= plan.limit)
    return not cut and not plan.all_having


def _table(
    plan: QueryPlan | None, dataset: Dataset | None, columns: tuple[OutputColumn, ...]
) -> Table | None:
    if dataset is None:
        return None
    if plan is not None:
        return dataset.model.table(plan.table)
    names = {c.metric for c in columns if c.metric}
    able = [t for t in dataset.model.tables if names and names <= {m.name for m in t.metrics}]
    return able[0] if len(able) == 1 else None


def _measures(
    columns: tuple[OutputColumn, ...],
    table: Table | None,
    groups: list[OutputColumn],
    cells: dict[str, list[Cell]],
    language: Language,
) -> tuple[Measure, ...]:
    mixed = table is not None and any(
        c.name == table.currency_column and len(set(cells[c.name])) > 1 for c in groups
    )
    values = {c.metric or c.name: c for c in columns if c.kind in ("metric", "other")}
    companions = {(c.metric, c.kind): c for c in columns}
    measures = []
    for name, column in values.items():
        metric = table.metric(name) if table else None
        if column.kind == "other" and not _numeric(cells[column.name]):
            continue
        to_date = column.to_date
        in_money = mixed and column.unit == "currency"
        ratios = mixed and column.unit in ("currency", "multiple")
        measures.append(
            Measure(
                column=column,
                title=label_in(language, _title(column, metric)),
                metric=metric,
                additive=_additive(metric, table) and not in_money,
                ratio=None if ratios or to_date else _ratio(metric, table, columns, "metric"),
                baseline=None if to_date else companions.get((name, "baseline")),
                baseline_ratio=None if ratios else _ratio(metric, table, columns, "baseline"),
                share=companions.get((name, "share")),
                comparable=not in_money,
                to_date=to_date,
            )
        )
    return tuple(measures)


def _title(column: OutputColumn, metric: Metric | None) -> str:
    """What a running total comes to is said of the measure itself."""
    label = metric.label if metric and column.to_date else ""
    return label or column.label or column.name


def _additive(metric: Metric | None, table: Table | None) -> bool:
    if metric is None or table is None:
        return False
    if metric.aggregation is Aggregation.COUNT_ROWS:
        return True
    if metric.aggregation is not Aggregation.SUM or metric.numerator is None:
        return False
    column = table.column(metric.numerator)
    return (
        column is not None
        and column.role is Role.MEASURE
        and (column.additivity in (None, Additivity.ADDITIVE))
    )


def _ratio(
    metric: Metric | None, table: Table | None, columns: tuple[OutputColumn, ...], kind: str
) -> Ratio | None:
    """The two result columns that hold the sums of the metric's two sides, if both are there."""
    if metric is None or table is None or metric.aggregation is not Aggregation.RATIO:
        return None
    sums = _sums(table, columns, kind)
    top = sums.get(metric.numerator or "")
    bottom = sums.get(metric.denominator or "")
    return Ratio(top, bottom, metric.scale) if top and bottom else None


def _sums(table: Table | None, columns: tuple[OutputColumn, ...], kind: str) -> dict[str, str]:
    found = {c.metric: c.name for c in columns if c.kind == kind and not c.to_date}
    metrics = table.metrics if table else ()
    return {
        m.numerator: found[m.name]
        for m in metrics
        if m.numerator and m.name in found and _additive(m, table)
    }


def _numeric(cells: list[Cell]) -> bool:
    return any(number(cell) is not None for cell in cells)
