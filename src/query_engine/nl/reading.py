"""What the clause parser gathers: a plan in the making, with what it cost to get there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

from src.data.semantic import Aggregation, Column, Metric, Role, Table, Unit
from src.query_engine.nl.annotate import Item
from src.query_engine.nl.calendar import Period
from src.query_engine.nl.context import TableContext
from src.query_engine.nl.lexicon import rates
from src.query_engine.nl.vocabulary import STAND_IN, Target
from src.query_engine.phrases import Note, plural
from src.query_engine.plan import AdHoc, Either, Filter, Grain, Having, Order

IGNORABLE = frozenset(
    {
        "filler",
        "and",
        "or",
        "which",
        "which_one",
        "by",
        "total",
        "only",
        "how_much",
        "per_group",
        "together",
        "whose",
    }
)

_PASSED_OVER = ("filler", "total", "only", "by", "which", "whose")
_TEXT_TYPES = ("VARCHAR", "TEXT", "STRING", "CHAR", "ENUM", "UUID")


@dataclass(slots=True)
class Reading:
    """The parts of a plan, before defaults.

    Attributes:
        either: conditions of which one suffices; those on groups are in `having`, too.
        vague: the sense and direction asked for without a measure: ("quality", "good").
        direction: wanted order of the ranking: ``up`` or ``down`` whatever the measure,
            ``best``/``worst`` by what is good for it.
        grains: how many different time buckets were said.
        against: the baseline as it was said, where the period beside it was not said.
        split: a column whose listed values may be set side by side within the breakdown.
        said_of: a column of things that the measure may be said of, or broken down by.
        count_groups: how many groups there are is asked, not which.
        running: the words that ask for totals to date, or empty.
        notes: assumptions in plain words.
        costs: what lowers confidence, by feature name (ranking.py weighs them).
        problem: why this reading cannot be a plan, in words, or empty.
        unsupported: the problem is the kind of question, not what the data lacks.
        each: the column of things that a median may be taken over, or be asked for each of.
        unclear: the question can be meant in ways that no reading of single words decides.
    """

    metrics: list[str] = field(default_factory=list)
    ad_hoc: list[AdHoc] = field(default_factory=list)
    dimensions: list[str] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    having: list[Having] = field(default_factory=list)
    either: list[Either] = field(default_factory=list)
    grain: Grain | None = None
    grains: int = 0
    period: Period | None = None
    baseline: Period | None = None
    against: Period | None = None
    comparison: Literal["previous_period", "previous_year", "custom"] | None = None
    comparison_unit: Grain | None = None
    change: Literal["", "any", "grew", "fell"] = ""
    order: list[Order] = field(default_factory=list)
    limit: int | None = None
    limit_per: str | None = None
    direction: Literal["", "up", "down", "best", "worst"] = ""
    ranked: bool = False
    superlative: bool = False
    segments: bool = False
    split: str = ""
    said_of: str = ""
    count_groups: bool = False
    running: str = ""
    each: str = ""
    share: bool = False
    include_empty: bool = False
    trend: bool = False
    overview: bool = False
    vague: tuple[str, str] | None = None
    weekdays: tuple[int, ...] = ()
    singular: bool = False
    extreme: bool = False
    notes: list[str] = field(default_factory=list)
    costs: dict[str, int] = field(default_factory=dict)
    problem: str = ""
    unsupported: bool = False
    unclear: bool = False

    def cost(self, feature: str) -> None:
        self.costs[feature] = self.costs.get(feature, 0) + 1

    def add_metric(self, name: str) -> None:
        if name not in self.metrics:
            self.metrics.append(name)

    def refuse(self, what: str) -> None:
        """The question is of a kind that no plan can say."""
        self.problem, self.unsupported = what, True

    def ask(self, name: str) -> None:
        """Add a measure that was asked for by itself: it comes before those of conditions."""
        conditions = {h.metric for h in self.having}
        if name not in self.metrics:
            at = next((i for i, m in enumerate(self.metrics) if m in conditions), len(self.metrics))
            self.metrics.insert(at, name)

    def add_dimension(self, name: str) -> None:
        if name not in self.dimensions:
            self.dimensions.append(name)


@dataclass(slots=True)
class State:
    """The items of one question, which of them are used, and the reading so far.

    Attributes:
        spans: first and last item of each condition on the size of something, and the condition.
    """

    items: tuple[Item, ...]
    context: TableContext
    out: Reading = field(default_factory=Reading)
    used: set[int] = field(default_factory=set)
    spans: list[tuple[int, int, Having | Filter]] = field(default_factory=list)

    @contextmanager
    def spanned(self) -> Iterator[None]:
        """Note between which items each condition stands that is read inside."""
        used, having, filters = set(self.used), len(self.out.having), len(self.out.filters)
        yield
        taken = self.used - used
        made: list[Having | Filter] = [*self.out.having[having:], *self.out.filters[filters:]]
        for condition in made:
            if taken:
                self.spans.append((min(taken), max(taken), condition))

    @property
    def table(self) -> Table:
        return self.context.table

    def take(self, *indexes: int) -> None:
        for i in indexes:
            if i not in self.used:
                self.used.add(i)
                self._charge(self.items[i])

    def _charge(self, item: Item) -> None:
        for typo in item.typos:
            self.out.notes.append(typo)
            self.out.cost("typo")
        target = item.targets[0] if item.targets else None
        if target and target.weight < 0.85 and not item.period:
            self.out.cost("part_of_name")
            if target.weight == STAND_IN:
                label = self.label(target.name)
                self.out.notes.append(Note("note.stand_in", said=item.text, meant=label))

    def free(self, i: int) -> bool:
        return 0 <= i < len(self.items) and i not in self.used

    def is_free(self, i: int, *categories: str) -> bool:
        return self.free(i) and self.items[i].any_of(*categories)

    def skippable(self, i: int) -> bool:
        """Words between a measure and its threshold that change nothing."""
        item = self.items[i]
        plain = not (item.targets or item.hits or item.period or item.number)
        return (
            plain
            and (
                (item.kind == "word" and item.any_of(*_PASSED_OVER))
                or (not item.grammar and item.kind == "punct")
            )
            and not item.any_of("and", "or")
        )

    def next(self, i: int, over: tuple[str, ...] = ()) -> int:
        """The next item after `i` that is not skippable; len(items) at the end."""
        i += 1
        while i < len(self.items) and (self.skippable(i) or (over and self.items[i].any_of(*over))):
            i += 1
        return i

    def prev(self, i: int) -> int:
        i -= 1
        while i >= 0 and self.skippable(i):
            i -= 1
        return i

    # readings of an item

    def target(self, i: int) -> Target | None:
        if not 0 <= i < len(self.items):
            return None
        item = self.items[i]
        return item.targets[0] if item.targets else None

    def metric(self, i: int) -> str | None:
        """The metric item `i` names; a measure column without a metric becomes an ad hoc one."""
        target = self.target(i)
        if target is None:
            return None
        if target.kind == "metric":
            return target.name
        if target.kind == "column":
            column = self.table.column(target.name)
            if column is not None and column.role is Role.MEASURE:
                return self.aggregate("sum", column.name)
        return None

    def column(self, i: int) -> str | None:
        """The dimension or identifier column item `i` names."""
        target = self.target(i)
        if target and target.kind == "column":
            column = self.table.column(target.name)
            if column and column.role in (Role.DIMENSION, Role.IDENTIFIER):
                return column.name
        return None

    def time_column(self, i: int) -> bool:
        target = self.target(i)
        column = self.table.column(target.name) if target and target.kind == "column" else None
        return column is not None and column.role is Role.TIME

    def has_number(self, i: int) -> bool:
        return 0 <= i < len(self.items) and self.items[i].number is not None

    def spec(self, metric: str) -> Metric | AdHoc | None:
        return self.table.metric(metric) or next(
            (a for a in self.out.ad_hoc if a.name == metric), None
        )

    def falls(self, i: int, metric: str) -> bool:
        """Whether a word of change means that the number went down: an improved CPA did."""
        spec = self.table.metric(metric)
        judged = self.items[i].any_of("improved", "worsened")
        lower = spec is not None and spec.higher_is_better is False
        return self.items[i].any_of("fell") != (judged and lower)

    def label(self, metric: str) -> str:
        spec = self.spec(metric)
        return spec.label if spec else metric

    def unit(self, metric: str) -> Unit | None:
        spec = self.spec(metric)
        if isinstance(spec, AdHoc):
            returned = bool(spec.less and spec.per)
            if spec.aggregation == "median":
                inner = self.table.metric(spec.of or "")
                return inner.unit if inner else None
            known = returned or bool(spec.part) or spec.name.rstrip("_") in rates()
            return Unit.RATIO if known else None
        return spec.unit if spec else None

    def divided(self, metric: str) -> bool:
        """Whether a measure made for this question is one sum over another."""
        spec = self.spec(metric)
        return isinstance(spec, AdHoc) and bool(
            spec.per
            or spec.part
            or (spec.aggregation == "median" and self.unit(metric) is Unit.RATIO)
        )

    def measure_column(self, metric: str) -> str | None:
        """The one column a metric aggregates, or None for ratios and counts."""
        spec = self.spec(metric)
        if isinstance(spec, AdHoc):
            return None if spec.per or spec.aggregation == "median" else spec.column
        if spec and spec.aggregation not in (Aggregation.RATIO, Aggregation.COUNT_ROWS):
            return spec.numerator
        return None

    def aggregate(self, how: str, column: str | None, said: str | None = None) -> str:
        """The name of an ad hoc metric, added once; the model's own metric where it has one.

        Args:
            said: the column whose label names it, where it is not `column` itself.
        """
        known = {
            "count_rows": Aggregation.COUNT_ROWS, "count_distinct": Aggregation.COUNT_DISTINCT,
            "average": Aggregation.AVERAGE, "minimum": Aggregation.MINIMUM,
            "maximum": Aggregation.MAXIMUM, "sum": Aggregation.SUM,
        }[how]  # fmt: skip
        for metric in self.table.metrics:
            if metric.aggregation is known and (how == "count_rows" or metric.numerator == column):
                return metric.name
        spec = self.table.column(said or column) if column else None
        label = _labels(
            how, (spec.label or spec.name) if spec else (self.table.label or self.table.name)
        )
        name = {"count_rows": "row_count", "count_distinct": f"{column}_count"}.get(
            how, f"{how}_{column}"
        )
        taken = {m.name for m in self.table.metrics} | {c.name for c in self.table.columns}
        while name in taken:
            name += "_"
        if all(a.name != name for a in self.out.ad_hoc):
            self.out.ad_hoc.append(AdHoc(name=name, label=label, aggregation=how, column=column))
        return name

    def leftovers(self) -> list[str]:
        """Words with content that no clause used, neighbours joined."""
        groups: list[list[str]] = []
        last = -2
        for i, item in enumerate(self.items):
            if i in self.used or not _content(item):
                continue
            if i == last + 1 and groups:
                groups[-1].append(item.text)
            else:
                groups.append([item.text])
            last = i
        return [" ".join(words) for words in groups]


def _labels(how: str, label: str) -> str:
    name = label.replace("_", " ")
    return {
        "count_rows": f"Rows of {name}",
        "count_distinct": f"Number of {plural(name.lower())}",
        "average": f"Average {name.lower()}",
        "minimum": f"Lowest {name.lower()}",
        "maximum": f"Highest {name.lower()}",
        "sum": f"Total {name.lower()}",
    }[how]


def _content(item: Item) -> bool:
    if item.kind == "punct":
        return False
    if item.targets or item.hits or item.period or item.number:
        return True
    return not item.grammar & IGNORABLE


def is_text(column: Column) -> bool:
    """Whether the column holds text, by the engine's name of its type."""
    return column.type.upper().startswith(_TEXT_TYPES)


def with_first(items: tuple[Item, ...], index: int, **chosen: object) -> tuple[Item, ...]:
    """The items with one alternative of one of them put first."""
    return (*items[:index], replace(items[index], **chosen), *items[index + 1 :])  # type: ignore[arg-type]
