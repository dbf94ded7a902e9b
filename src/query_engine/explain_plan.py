"""A plan's SQL in plain sentences: what is read, kept, grouped, computed, compared and sorted.

The sentences are those of the plan's language; names of columns stay as the SQL has them.
"""

from __future__ import annotations

from dataclasses import replace

from src.data.semantic import Aggregation, Column, Metric, Role, SemanticModel, Table, Unit
from src.query_engine.compiler.outputs import Outputs, Value, has_share, resolve_outputs
from src.query_engine.compiler.resolve import entity_columns, resolve_column, resolve_table
from src.query_engine.phrases import (
    Language,
    capital,
    day,
    grammar,
    label_in,
    listed,
    number,
    plural,
    say,
)
from src.query_engine.plan import (
    GRAINS,
    RECURRING,
    TIME,
    Either,
    Filter,
    Grain,
    Having,
    Order,
    QueryPlan,
    Scalar,
    TimeRange,
)

_OPS = {
    "=": "eq", "!=": "ne", "in": "in", "not in": "not_in", "contains": "contains",
    "not contains": "not_contains", "starts with": "starts_with", ">": "gt", ">=": "gte",
    "<": "lt", "<=": "lte", "between": "between", "is null": "is_null",
    "is not null": "is_not_null",
}  # fmt: skip
_EXCLUDING = ("!=", "not in", "not contains")
_LISTED = 8


def explain_plan(plan: QueryPlan, model: SemanticModel) -> tuple[str, ...]:
    """The sentences, in the order in which the SQL works.

    Raises:
        PlanError: the plan names something the model does not have.
    """
    table = resolve_table(plan, model)
    outputs = resolve_outputs(plan, table, None)
    return tuple(_Plan(plan, table, outputs, plan.language).sentences())


class _Plan:
    """A plan with its table and outputs, and the language to tell it in."""

    def __init__(self, plan: QueryPlan, table: Table, outputs: Outputs, language: Language) -> None:
        self.plan, self.table, self.outputs, self.language = plan, table, outputs, language

    def sentences(self) -> list[str]:
        name = self.table.label or self.table.name
        lines = [self._say("reads", table=name, days=self._days(self.plan.time))]
        lines += [self._filter(f) for f in self.plan.filters]
        lines += [self._any_row(one) for one in self.plan.either if one.filters]
        lines += self._groups()
        lines += [self._computed(v) for v in self.outputs.values]
        lines += self._running()
        lines += self._comparison()
        shares = [self._title(v) for v in self.outputs.values if has_share(v, self.plan)]
        if shares:
            lines.append(self._say("share", metrics=self._listed(shares)))
        lines += [self._having(h) for h in self.plan.having]
        lines += [self._any(one) for one in self.plan.either if one.having]
        return lines + self._ending()

    def _days(self, time: TimeRange | None) -> str:
        if time is None or (time.start is None and time.end is None):
            return self._say("all_days")
        if time.start and time.end:
            if time.start == time.end:
                return self._say("one_day", day=time.start)
            span = self._say("span", count=(time.end - time.start).days + 1)
            return self._say("from_to", start=time.start, end=time.end, span=span)
        if time.start:
            return self._say("from_on", start=time.start)
        return self._say("up_to", end=time.end)

    def _any_row(self, one: Either) -> str:
        told = [self._condition(f) for f in one.filters]
        notes = dict.fromkeys(note for f in one.filters for note in self._notes(f))
        condition = listed(self.language, told, "or")
        if notes:
            return self._say("keeps_noted", condition=condition, notes="; ".join(notes))
        return self._say("keeps", condition=condition)

    def _any(self, one: Either) -> str:
        told = [self._limits(h) for h in one.having]
        condition = listed(self.language, [condition for condition, _ in told], "or")
        if any(zero for _, zero in told):
            notes = self._say("zero_counts")
            return self._say("keeps_groups_noted", condition=condition, notes=notes)
        return self._say("keeps_groups", condition=condition)

    def _filter(self, item: Filter) -> str:
        notes = self._notes(item)
        condition = self._condition(item)
        if notes:
            return self._say("keeps_noted", condition=condition, notes="; ".join(notes))
        return self._say("keeps", condition=condition)

    def _notes(self, item: Filter) -> list[str]:
        """What a condition on rows does that its words do not say."""
        column = resolve_column(item.column, self.table)
        notes = []
        if item.op in _EXCLUDING:
            notes.append(self._say("empty_stay"))
        if column.identified_by and item.values:
            notes.append(self._say("found_by", identifier=column.identified_by))
        return notes

    def _condition(self, item: Filter) -> str:
        values = [self._value(v) for v in item.values]
        between = item.op == "between"
        joined = listed(self.language, values) if between else self._listed(values, last="or")
        name = self._name(resolve_column(item.column, self.table))
        agreeing = grammar(self.language, name, None)
        return self._say(f"is.{_OPS[item.op]}", name=name, values=joined, **agreeing)

    def _value(self, value: Scalar) -> str:
        if isinstance(value, str):
            return f"“{value}”" if self.language == "en" else f"«{value}»"
        if isinstance(value, bool):
            return str(value)
        if isinstance(value, int | float):
            return number(self.language, value)
        return day(self.language, value)

    def _groups(self) -> list[str]:
        if not self.outputs.keys:
            return [self._say("one_row")]
        names = []
        for key in self.outputs.keys:
            if key.dimension is None:
                weekday = self.plan.grain is Grain.WEEKDAY
                grain = say(self.language, f"word.{self.plan.grain}")
                names.append(self._say("weekday") if weekday else grain)
            elif key.named_apart and key.dimension.identifier:
                name, identifier = self._name(key.dimension.column), key.dimension.identifier.name
                names.append(self._say("told_apart", name=name, identifier=identifier))
            else:
                names.append(self._name(key.dimension.column))
        lines = [self._say("row_each", names=self._listed(names))]
        if self.plan.include_empty:
            lines.append(self._say("empty_groups"))
        return lines

    def _computed(self, value: Value) -> str:
        how, name = self._how(value), capital(self._title(value))
        return self._say("computed", name=name, how=how, **self._agreeing(value))

    def _how(self, value: Value) -> str:
        """What a metric is computed from."""
        measured = value.measured
        if measured.over is not None:
            return self._median(value)
        metric, column = measured.metric, measured.numerator
        if measured.per is not None:
            return self._divided(value)
        if measured.part:
            return self._partial(value)
        if metric.aggregation is Aggregation.COUNT_ROWS:
            return self._say("rows")
        assert column is not None
        other = measured.plus or measured.less
        if other is not None:
            key = "sum_of" if measured.plus else "difference_of"
            return self._say(key, column=column.name, other=other.name)
        if metric.aggregation is Aggregation.AVERAGE and measured.denominator is not None:
            return self._say("weighted", column=column.name, weight=measured.denominator.name)
        if metric.aggregation is Aggregation.RATIO:
            assert measured.denominator is not None
            bottom = measured.denominator.name
            return self._say("ratio", top=column.name, bottom=bottom, times=self._times(metric))
        if measured.semi_additive:
            owners = self._listed([c.name for c in entity_columns(column, self.table)])
            owners = owners or say(self.language, "word.day")
            return self._say("averaged_over_time", owners=owners)
        counted = column.name
        if metric.aggregation is Aggregation.COUNT_DISTINCT and column.identified_by:
            counted = column.identified_by
        return self._say(metric.aggregation.value, column=counted)

    def _median(self, value: Value) -> str:
        """What the middle one is taken of, and what each of these is."""
        measured, over = value.measured, value.measured.over or ""
        if over != "row":
            how = self._how(replace(value, measured=replace(measured, over=None)))
            if over not in GRAINS:
                return self._say("median_values", over=over, how=how)
            grain = say(self.language, f"word.{over}")
            return self._say("median_grain", grains=plural(grain), how=how)
        assert measured.numerator is not None
        how = measured.numerator.name
        if measured.metric.aggregation is Aggregation.RATIO and measured.denominator is not None:
            times = self._times(measured.metric)
            below = measured.denominator.name
            how = self._say("ratio_of_row", top=how, bottom=below, times=times)
        return self._say("median_rows", how=how)

    def _divided(self, value: Value) -> str:
        """What a plan's own metric divides by what."""
        measured, per = value.measured, value.measured.per or ""
        column = measured.numerator.name if measured.numerator else ""
        key = {
            Aggregation.COUNT_ROWS: "rows",
            Aggregation.COUNT_DISTINCT: "count_distinct",
        }.get(measured.metric.aggregation, "total")
        top = self._say(key, column=column)
        other = measured.plus or measured.less
        if other is not None:
            key = "sum_of" if measured.plus else "difference_of"
            top = f"({self._say(key, column=column, other=other.name)})"
        if per in GRAINS:
            grain = say(self.language, f"word.{per}")
            return self._say("per_grain", top=top, grains=plural(grain))
        measure = self.table.column(per)
        if measure is not None and measure.role is Role.MEASURE:
            times = self._times(measured.metric)
            return self._say("per_measure", top=top, per=per, times=times)
        return self._say("per_row" if per == "row" else "per_values", top=top, per=per)

    def _times(self, metric: Metric) -> str:
        return "" if metric.scale == 1 else self._say("times", scale=metric.scale)

    def _partial(self, value: Value) -> str:
        """What a plan's own share takes of what."""
        column = value.measured.numerator
        parts = [self._condition(f) for f in value.measured.part]
        kept = f" {say(self.language, 'word.and')} ".join(parts)
        if column is None:
            return self._say("part_of_rows", conditions=kept)
        return self._say("part_of_total", column=column.name, conditions=kept)

    def _running(self) -> list[str]:
        if not self.plan.running_total:
            return []
        names = [self._name(k.dimension.column) for k in self.outputs.keys if k.dimension]
        within = self._say("running_within", names=self._listed(names)) if names else ""
        grain = say(self.language, f"word.{self.plan.grain}")
        lines = [self._say("running", grain=grain, within=within)]
        ratios = [self._title(v) for v in self.outputs.values if not v.measured.additive]
        if ratios:
            lines.append(self._say("running_ratio", metrics=self._listed(ratios)))
        return lines

    def _comparison(self) -> list[str]:
        if self.plan.comparison is None:
            return []
        lines = [self._say("beside", days=self._days(self.plan.comparison.baseline))]
        if self.plan.grain and self.plan.grain not in RECURRING:
            grain = say(self.language, f"word.{self.plan.grain}")
            lines.append(self._say("aligned", grain=grain))
        added = [self._title(v) for v in self.outputs.values if v.measured.additive]
        if self.outputs.keys and added and not self.plan.running_total:
            lines.append(self._say("zero_elsewhere", metrics=self._listed(added)))
        return lines

    def _having(self, item: Having) -> str:
        condition, zero = self._limits(item)
        if zero:
            notes = self._say("zero_counts")
            return self._say("keeps_groups_noted", condition=condition, notes=notes)
        return self._say("keeps_groups", condition=condition)

    def _limits(self, item: Having) -> tuple[str, bool]:
        """A condition on groups, and whether it takes one without rows for 0."""
        value = self.outputs.value(item.metric)
        name = self._title(value) if value else item.metric
        if item.of not in ("value", "average"):
            name = say(self.language, f"of.{item.of}", name=name)
        unit = value.measured.metric.unit if value else None
        fraction = item.of in ("change_pct", "share") or (item.of == "value" and unit is Unit.RATIO)
        values = listed(self.language, [self._bound(v, fraction) for v in item.values])
        if item.of == "average":
            values = self._average(item, value)
        plain = value is not None and item.of == "value"
        agreeing = self._agreeing(value) if plain and value else grammar(self.language, name, None)
        condition = self._say(f"is.{_OPS[item.op]}", name=name, values=values, **agreeing)
        zero = self.plan.include_empty and value is not None and value.measured.none_is_zero
        return condition, zero and item.of == "value"

    def _average(self, item: Having, value: Value | None) -> str:
        """What a value is held against when that is its own average."""
        added = value is not None and value.measured.additive
        average = self._say("average_of_groups" if added else "average_of_all")
        if item.values == (1.0,):
            return average
        return say(self.language, "has.times_average", times=item.values[0], average=average)

    def _bound(self, value: float, fraction: bool) -> str:
        if fraction:
            return say(self.language, "word.percent", value=value * 100)
        return number(self.language, value)

    def _ending(self) -> list[str]:
        plan = self.plan
        if not self.outputs.keys:
            return []
        if plan.count_groups and not plan.limit:
            return [self._say("counts_groups")]
        lines = self._sorted()
        if plan.limit:
            rows = self._say("some_rows", count=plan.limit)
            per = plan.limit_per
            if per == TIME and plan.grain:
                per = say(self.language, f"word.{plan.grain.value}")
            lines.append(
                self._say("first_of_each", rows=rows, per=per)
                if per
                else self._say("first", rows=rows)
            )
        if plan.count_groups:
            lines.append(self._say("counts_groups"))
        return lines

    def _sorted(self) -> list[str]:
        plan, shown = self.plan, [v for v in self.outputs.values if v.shown]
        if plan.order:
            terms = self._say("then_by").join(self._order(o) for o in plan.order)
            return [self._say("sorts", terms=terms)]
        if plan.grain:
            grain = say(self.language, f"word.{plan.grain}")
            return [self._say("sorts_plain", terms=self._say("in_order", name=grain))]
        if shown:
            return [
                self._say("sorts", terms=self._say("largest_first", name=self._title(shown[0])))
            ]
        return []

    def _order(self, item: Order) -> str:
        key = self.outputs.key(item.by, self.plan, self.table)
        value = self.outputs.value(item.by)
        if key is not None:
            grain = say(self.language, f"word.{self.plan.grain}") if self.plan.grain else ""
            name = self._name(key.dimension.column) if key.dimension else grain
            return self._say("last_first" if item.descending else "in_order", name=name)
        name = self._title(value) if value else item.by
        if item.of != "value":
            name = say(self.language, f"of.{item.of}", name=name)
        return self._say("largest_first" if item.descending else "smallest_first", name=name)

    def _agreeing(self, value: Value) -> dict[str, str]:
        return grammar(self.language, self._title(value), value.measured.metric.unit.value)

    def _name(self, column: Column) -> str:
        return label_in(self.language, column.label or column.name)

    def _title(self, value: Value) -> str:
        metric = value.measured.metric
        return label_in(self.language, metric.label or metric.name)

    def _listed(self, names: list[str], last: str = "and") -> str:
        if len(names) > _LISTED:
            count = len(names) - _LISTED
            return say(self.language, "word.more", shown=", ".join(names[:_LISTED]), count=count)
        return listed(self.language, names, "or" if last == "or" else "and")

    def _say(self, key: str, **values: object) -> str:
        return say(self.language, f"explain.{key}", **values)
