"""From the names in a plan to the things of the model, or a `PlanError` that says what is near."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from src.data.profile import Profile
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
from src.errors import PlanError
from src.query_engine.compiler.quoting import family
from src.query_engine.plan import GRAINS, RECURRING, AdHoc, Filter, Grain, QueryPlan

_ADDED_UP = (None, Additivity.ADDITIVE)
_NUMERIC = (Aggregation.SUM, Aggregation.AVERAGE, Aggregation.RATIO)


@dataclass(frozen=True, slots=True)
class Dimension:
    """A column to group by.

    Attributes:
        identifier: the column that tells its entities apart, when that is another one.
        identifier_has_nulls: rows without an identifier are then told apart by name.
    """

    column: Column
    identifier: Column | None = None
    identifier_has_nulls: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric with the columns it reads.

    Attributes:
        numeric: False for the earliest or latest date and the like, which cannot be subtracted.
        additive: its groups add up to its total.
        per: what a plan's own metric is divided by the number of (`AdHoc.per`).
        part: the conditions whose share a plan's own metric is (`AdHoc.part`).
        plus, less: what a plan's own sum has added to it, or taken away (`AdHoc.plus`).
        divisor: the measure whose sum it is divided by, where `per` names one.
        over: what a plan's own median is taken over (`AdHoc.over`); the rest is of each of these.
        semi_additive: it adds up over entities but not over time. The model's average of a budget
            or a stock means that too; an average that the plan itself asks for (`own`) does not.
    """

    metric: Metric
    numerator: Column | None
    denominator: Column | None
    own: bool = False
    per: str | None = None
    part: tuple[Filter, ...] = ()
    plus: Column | None = None
    less: Column | None = None
    divisor: Column | None = None
    over: str | None = None

    @property
    def numeric(self) -> bool:
        counts = (Aggregation.COUNT_ROWS, Aggregation.COUNT_DISTINCT)
        return self.metric.aggregation in counts or (
            self.numerator is not None and family(self.numerator.type) == "number"
        )

    @property
    def semi_additive(self) -> bool:
        return (
            not (self.part or self.over)
            and any(
                c is not None and c.additivity is Additivity.SEMI_ADDITIVE
                for c in (self.numerator, self.denominator)
            )
            and (
                self.metric.aggregation in (Aggregation.SUM, Aggregation.RATIO)
                or (self.metric.aggregation is Aggregation.AVERAGE and not self.own)
            )
        )

    @property
    def none_is_zero(self) -> bool:
        """A group without rows has 0 of it: a total, and a part of a total."""
        return self.additive or bool(self.part)

    @property
    def additive(self) -> bool:
        if self.per is not None or self.part or self.over:
            return False
        if self.metric.aggregation is Aggregation.COUNT_ROWS:
            return True
        return (
            self.metric.aggregation is Aggregation.SUM
            and self.numerator is not None
            and self.numerator.additivity in (None, Additivity.ADDITIVE)
        )

    @property
    def accumulates(self) -> bool:
        """What it is to date follows from its buckets: sums, counts of rows, and their ratios."""
        if self.over is not None:
            return False
        if self.per is not None:
            summed = self.divisor is not None and self.divisor.additivity in _ADDED_UP
            return summed and replace(self, per=None).accumulates
        if self.part:
            return True
        if self.metric.aggregation is Aggregation.RATIO:
            sides = (self.numerator, self.denominator)
            return all(c is not None and c.additivity in _ADDED_UP for c in sides)
        return self.additive


def resolve_table(plan: QueryPlan, model: SemanticModel) -> Table:
    """The plan's table.

    Raises:
        PlanError: the model has no such table.
    """
    table = model.table(plan.table)
    if table is None:
        raise _unknown("table", plan.table, (t.name for t in model.tables))
    return table


def resolve_column(name: str, table: Table) -> Column:
    """The column of that exact name.

    Raises:
        PlanError: the table has no such column.
    """
    column = table.column(name)
    if column is None:
        raise _unknown("column", name, (c.name for c in table.columns))
    return column


def resolve_dimension(name: str, table: Table, profile: Profile | None) -> Dimension:
    """The column of that exact name with what tells its entities apart."""
    column = resolve_column(name, table)
    identifier = table.column(column.identified_by) if column.identified_by else None
    if identifier is None or identifier.name == column.name:
        return Dimension(column)
    figures = profile.tables.get(table.name) if profile else None
    counted = figures.columns.get(identifier.name) if figures else None
    return Dimension(column, identifier, bool(counted and counted.nulls))


def resolve_metric(name: str, plan: QueryPlan, table: Table) -> Measured:
    """The metric of that name, the plan's own ones included.

    Raises:
        PlanError: there is no such metric, or it cannot be computed from its column.
    """
    own = next((a for a in plan.ad_hoc if a.name == name), None)
    if own is not None and own.aggregation == "median":
        return _median(own, plan, table)
    metric = from_ad_hoc(own, table) if own else table.metric(name)
    if metric is None:
        known = [m.name for m in table.metrics] + [a.name for a in plan.ad_hoc]
        raise _unknown("metric", name, known)
    numerator, denominator = (
        resolve_column(c, table) if c else None for c in (metric.numerator, metric.denominator)
    )
    _check(metric, numerator, denominator)
    if own is None:
        return Measured(metric, numerator, denominator)
    if own.per is not None:
        _check_per(own, table)
    if own.part and own.aggregation not in ("sum", "count_rows"):
        raise PlanError("Only a sum or a count of rows has parts.", where=own.name)
    plus, less = (resolve_column(c, table) if c else None for c in (own.plus, own.less))
    _check_sum(own, table, plus, less)
    by = table.column(own.per) if own.per else None
    return Measured(
        metric, numerator, denominator, own=True, per=own.per, part=own.part, plus=plus, less=less,
        divisor=by if by is not None and by.role is Role.MEASURE else None,
    )  # fmt: skip


def _median(own: AdHoc, plan: QueryPlan, table: Table) -> Measured:
    """The metric that a median is taken of, under the median's own name."""
    over = own.over or "row"
    column = resolve_column(own.column, table) if own.column else None
    metric = table.metric(own.of) if own.of else None
    if metric is None and column is not None:
        plain = AdHoc(name=own.name, label=own.label, aggregation="sum", column=column.name)
        metric = from_ad_hoc(plain, table)
    if metric is None:
        raise _unknown("metric", own.of or "", [m.name for m in table.metrics])
    sides = (metric.numerator, metric.denominator)
    numerator, denominator = (resolve_column(c, table) if c else None for c in sides)
    _check(metric, numerator, denominator)
    _check_over(over, plan, table)
    unit = Unit.NUMBER if metric.unit is Unit.COUNT else metric.unit
    named = metric.model_copy(update={"name": own.name, "label": own.label, "unit": unit})
    found = Measured(named, numerator, denominator, own=True)
    counted = metric.aggregation in (Aggregation.COUNT_ROWS, Aggregation.COUNT_DISTINCT)
    kept = any(c and c.additivity is Additivity.SEMI_ADDITIVE for c in (numerator, denominator))
    if kept or not found.numeric or (over == "row" and counted):
        raise PlanError(f"{metric.label} has no median over {over}.", where=own.name)
    return replace(found, over=over)


def _check_over(over: str, plan: QueryPlan, table: Table) -> None:
    """Refuse a median over what each group has only one of, or a part of."""
    if over == "row":
        return
    if over not in GRAINS:
        column = resolve_column(over, table)
        split = over in plan.dimensions or column.identified_by in plan.dimensions
        named = [c.name for c in table.columns if c.identified_by == over]
        if split or set(named) & set(plan.dimensions):
            raise PlanError(f"Each group has one {over} only, so there is no median over them.")
        return
    time_column(table)
    unit = Grain(over)
    if unit in RECURRING or (plan.grain is not None and not nests(unit, plan.grain)):
        raise PlanError(f"A median over each {over} cannot be taken by {plan.grain or over}.")


def nests(unit: Grain, grain: Grain) -> bool:
    """Whether buckets of `grain` consist of several whole ones of `unit`."""
    if unit is Grain.DAY:
        return grain is not Grain.DAY
    finer = {Grain.MONTH: (Grain.QUARTER, Grain.YEAR), Grain.QUARTER: (Grain.YEAR,)}
    return grain in finer.get(unit, ())


def from_ad_hoc(own: AdHoc, table: Table) -> Metric:
    """The metric that a plan defines for itself."""
    column = resolve_column(own.column, table) if own.column else None
    unit = (column.unit if column else None) or Unit.NUMBER
    if own.aggregation in ("count_rows", "count_distinct"):
        unit = Unit.COUNT
    if own.per is not None and unit is Unit.COUNT:
        unit = Unit.NUMBER
    if own.part or (own.less and own.per):
        unit = Unit.RATIO
    return Metric(
        name=own.name,
        label=own.label,
        aggregation=Aggregation(own.aggregation),
        numerator=None if own.aggregation == "count_rows" else own.column,
        scale=own.scale,
        unit=unit,
        currency=column.currency if column and unit is Unit.CURRENCY else None,
    )


def _check(metric: Metric, numerator: Column | None, denominator: Column | None) -> None:
    if metric.aggregation is not Aggregation.COUNT_ROWS and numerator is None:
        raise PlanError(f"The metric {metric.name} does not say which column it reads.")
    if metric.aggregation is Aggregation.RATIO and denominator is None:
        raise PlanError(f"The ratio {metric.name} does not say what it is divided by.")
    if metric.aggregation not in _NUMERIC:
        return
    for column in (numerator, denominator):
        if column is not None and family(column.type) != "number":
            raise PlanError(
                f"{column.name} holds {column.type.lower()} values, which cannot be added up.",
                hint="Count its distinct values, or take its smallest or largest instead.",
            )


def _check_per(own: AdHoc, table: Table) -> None:
    if own.aggregation not in ("sum", "count_rows", "count_distinct"):
        raise PlanError(f"Only a sum or a count can be taken per {own.per}.", where=own.name)
    if own.per in GRAINS:
        time_column(table)
    elif own.per != "row":
        resolve_column(own.per or "", table)


def _check_sum(own: AdHoc, table: Table, *others: Column | None) -> None:
    by = table.column(own.per) if own.per else None
    counted = own.per is not None and (by is None or by.role is not Role.MEASURE)
    for column in others:
        if column is None:
            continue
        if own.aggregation != "sum" or counted or own.part:
            raise PlanError("Only plain sums are added up or subtracted.", where=own.name)
        if family(column.type) != "number":
            raise PlanError(f"{column.name} holds no numbers to add up.", where=own.name)


def time_column(table: Table) -> Column:
    """The table's time column.

    Raises:
        PlanError: the table has none.
    """
    if table.time_column is None:
        raise PlanError(
            f"{table.label or table.name} has no date column, so it cannot be cut by period.",
            hint="Ask without a period, or mark a column as the date on the Data page.",
        )
    return resolve_column(table.time_column, table)


def entity_columns(measure: Column, table: Table) -> tuple[Column, ...]:
    """What a semi-additive measure is a property of; empty when the table does not say.

    A budget belongs to a campaign even where rows are cut finer (by device, say) and repeat it, so
    it goes with the campaign's own identifier; anything else goes with all of the grain but time.
    """
    if measure.concept == "daily_budget":
        for concept in ("campaign_id", "campaign", "ad_group_id", "ad_group"):
            found = next((c for c in table.columns if c.concept == concept), None)
            if found:
                return (found,)
    in_grain = (table.column(name) for name in table.grain if name != table.time_column)
    return tuple(column for column in in_grain if column is not None)


def _unknown(kind: str, name: str, known: Iterable[str]) -> PlanError:
    from rapidfuzz import fuzz, process

    names = list(known)
    near = process.extract(name.lower(), names, scorer=fuzz.WRatio, limit=2, score_cutoff=60)
    if near:
        hint = "Did you mean " + " or ".join(match for match, _, _ in near) + "?"
    else:
        shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
        hint = f"There is: {shown}." if names else f"There is no {kind} to choose from."
    return PlanError(f"There is no {kind} called {name!r}.", where=name, hint=hint)
