"""The clause parser: passes over the items, each using what its clause needs."""

from __future__ import annotations

from src.query_engine.nl import (
    activity,
    against_average,
    averages,
    conditions,
    dates,
    either,
    flags,
    joined,
    losses,
    medians,
    nothing,
    outcomes,
    prices,
    proportions,
    rankings,
    rates,
    running,
    selections,
    shape,
    subjects,
    sums,
    timing,
    whether,
    worth,
)
from src.query_engine.nl.annotate import Item
from src.query_engine.nl.context import TableContext
from src.query_engine.nl.reading import State

# the order matters: a clause that needs a word claims it before one that could do without
_PASSES = (
    losses.lost,
    joined.coordinate,
    joined.shared_head,
    joined.around_a_value,
    activity.activity,
    shape.modifiers,
    running.running,
    medians.medians,
    worth.worth,
    averages.averages,
    outcomes.outcomes,
    rates.steps,
    rates.rates,
    rates.unnamed,
    prices.price_of_one,
    sums.sums,
    sums.returns,
    sums.attained,
    proportions.ratios,
    sums.exceeding,
    against_average.above_average,
    conditions.thresholds,
    nothing.nothing,
    nothing.something,
    nothing.negative,
    either.thresholds,
    either.values,
    conditions.alternatives,
    joined.across_columns,
    subjects.said_of,
    selections.patterns,
    dates.dates,
    timing.grains,
    whether.whether,
    proportions.parts,
    proportions.shares,
    selections.numbered,
    selections.values,
    flags.flags,
    timing.directions,
    timing.periods,
    rankings.rankings,
    shape.times,
    shape.counts,
    shape.scores,
    shape.aggregates,
    shape.metrics,
    shape.counted_values,
    shape.funnel,
    selections.people,
    shape.counted_things,
    shape.dimensions,
    joined.side_by_side,
)


def parse(items: tuple[Item, ...], context: TableContext) -> tuple[list[str], State]:
    """The words that this reading of the items could not use, and the reading."""
    state = State(items, context)
    for clause in _PASSES:
        clause(state)
    return state.leftovers(), state
