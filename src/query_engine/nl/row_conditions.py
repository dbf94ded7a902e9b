"""Thresholds and orders without a breakdown: about single rows, one extreme, or the main groups."""

from __future__ import annotations

from src.data.semantic import Aggregation
from src.query_engine.nl.mainstays import entity, row_amount
from src.query_engine.nl.reading import State
from src.query_engine.nl.span import NoPlan
from src.query_engine.phrases import Note, plural
from src.query_engine.plan import AdHoc, Filter, Having


def without_groups(
    state: State,
    metrics: list[str],
    filters: list[Filter],
    having: list[Having],
    *,
    dimensions: list[str],
    notes: list[str],
    costs: dict[str, int],
) -> list[Having]:
    """Thresholds or an order without a breakdown: conditions on rows when rows are counted, one
    extreme value when a single one is asked for, else the table's main breakdown."""
    reading = state.out
    counting = any(_is_count(state, name) for name in metrics)
    conditions = {
        h.metric: None if _is_count(state, h.metric) else state.measure_column(h.metric)
        for h in having
    }
    if counting and having and all(conditions.values()):
        return on_rows(state, metrics, filters, having, notes=notes)
    if reading.extreme and reading.change:
        reading.extreme, reading.order = False, []  # "the biggest drop" is of one of the groups
    if reading.extreme and not having and len(metrics) == 1 and reading.order:
        column = state.measure_column(metrics[0])
        if column:
            how = "maximum" if reading.order[0].descending else "minimum"
            metrics[0] = state.aggregate(how, column)
            reading.order = []
            reading.ranked = False
            notes.append(Note("note.extreme_row"))
            return having
    if having and not reading.ranked and all(_is_rows(state, h.metric) for h in having):
        return _by_amount(state, filters, having, notes=notes, costs=costs)
    main = entity(state.table)
    counted = any(item.any_of("count") and not item.targets for item in state.items)
    if counted and main and any(h.metric not in reading.metrics[:1] for h in having):
        raise NoPlan(
            "unsupported",
            Note(
                "refused.total_with_condition",
                metric=state.label(metrics[0]),
                things=plural((main.label or main.name).lower()),
            ),
        )
    if main:
        dimensions.append(main.name)
        notes.append(Note("note.default_breakdown", column=main.label or main.name))
        costs["default_dimension"] = 1
    return having


def _is_rows(state: State, name: str) -> bool:
    spec = state.spec(name)
    if spec is None or (isinstance(spec, AdHoc) and spec.per):
        return False
    return spec.aggregation in (Aggregation.COUNT_ROWS, "count_rows")


def _by_amount(
    state: State, filters: list[Filter], having: list[Having], *, notes: list[str],
    costs: dict[str, int],
) -> list[Having]:  # fmt: skip
    """ "Deals over 50k": no number of deals, but the amount of each.

    Raises:
        NoPlan: the rows have no amount, or several.
    """
    amount = row_amount(state.table)
    if amount is None:
        raise NoPlan("unsupported", Note("refused.number_of_what"))
    for h in having:
        values = tuple(_whole(v) for v in h.values)
        filters.append(Filter(column=str(amount.numerator), op=h.op, values=values))
    notes.append(Note("note.amount_of_row", measure=(amount.label or amount.name).lower()))
    costs["default_measures"] = 1
    return []


def about_rows(state: State, metrics: list[str], having: list[Having]) -> bool:
    """ "Leads with a score over 50 by source": rows are counted, and a score is one of each row's.

    "Sources with an average score over 50" says it is about groups.
    """
    if not any(_is_count(state, name) for name in metrics):
        return False
    specs = [state.table.metric(h.metric) for h in having]
    averaged = any(item.any_of("average") for item in state.items)
    return not averaged and all(s and s.aggregation is Aggregation.AVERAGE for s in specs)


def on_rows(
    state: State,
    metrics: list[str],
    filters: list[Filter],
    having: list[Having],
    *,
    notes: list[str],
) -> list[Having]:
    """The thresholds as conditions on single rows; what is left of them is none."""
    for h in having:
        column = str(state.measure_column(h.metric))
        if h.values == (0.0,) and h.op == "=" and column in state.context.gaps:
            filters.append(Filter(column=column, op="is null"))  # a deal without an amount
        else:
            values = tuple(_whole(v) for v in h.values)
            filters.append(Filter(column=column, op=h.op, values=values))
        if h.metric in metrics and not _is_count(state, h.metric):
            metrics.remove(h.metric)
    notes.append(Note("note.on_rows"))
    return []


def _whole(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _is_count(state: State, name: str) -> bool:
    spec = state.spec(name)
    kind = spec.aggregation if spec else None
    if isinstance(spec, AdHoc) and spec.per:
        return False
    return kind in (
        Aggregation.COUNT_ROWS,
        Aggregation.COUNT_DISTINCT,
        "count_rows",
        "count_distinct",
    )
