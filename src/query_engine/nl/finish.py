"""From a reading to plans: what was left open is filled in, and said."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from src.data.semantic import Table
from src.query_engine.nl.calendar import Period
from src.query_engine.nl.currencies import by_currency
from src.query_engine.nl.cutting import check_ranking
from src.query_engine.nl.mainstays import (
    entity,
    main_metrics,
    overview_metrics,
    sense_measures,
    table_label,
)
from src.query_engine.nl.medians import check_medians, units
from src.query_engine.nl.ordering import is_additive, order_of
from src.query_engine.nl.reading import State
from src.query_engine.nl.row_conditions import about_rows, on_rows, without_groups
from src.query_engine.nl.running import check_running, courses
from src.query_engine.nl.span import (
    NoPlan,
    auto_grain,
    check_grain,
    check_period,
    comparison_of,
    weekday_filter,
    with_baselines,
)
from src.query_engine.nl.variants import said_after, share_of_part, splits, things
from src.query_engine.phrases import Note, PeriodName
from src.query_engine.plan import (
    Filter,
    Having,
    HavingOp,
    QueryPlan,
)

_DEFAULT_LIMIT = 10
_ENDS = ("top", "bottom", "best", "worst", "highest", "lowest", "cheapest", "dearest")
_MADE = {"make", "made", "earn", "earned", "bring", "brought", "generate", "generated"}
_WENT = {"go", "goes", "went", "put", "burn", "burned", "waste", "wasted", "use", "used"}
_EACH = {"each", "every", "каждый", "каждую", "каждом", "каждой"}
_RELATIVE = {"where", "that", "whose", "которых", "где", "которые"}
_WITH = {"with", "having", "с", "со"}
_WHICH = {"which", "what", "какие", "какой", "какая", "какое", "у"}
_WHEN = {"which", "what", "when", "каком", "какой", "какие", "какая", "когда"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A complete plan with how it was reached.

    Attributes:
        costs: what lowers confidence, by feature name.
        rank: place among the senses of one vague word, 0 first.
    """

    plan: QueryPlan
    notes: tuple[str, ...] = ()
    costs: dict[str, int] = field(default_factory=dict)
    sense: str = ""
    rank: int = 0


def finish(state: State) -> list[Candidate]:
    """All plans one reading stands for: one, or one per sense of a vague word.

    Raises:
        NoPlan: the reading asks for what a plan cannot say.
    """
    reading, table = state.out, state.table
    if reading.problem:
        lacking = getattr(reading.problem, "key", "asked.cost_of") == "asked.cost_of"
        key = "refused.has_no" if lacking else "refused.asks_for"
        raise NoPlan("missing_column", Note(key, problem=reading.problem), (reading.problem,))
    _judge(state)
    check_period(reading.period, state.context)
    check_period(reading.baseline, state.context)
    if reading.overview and not reading.metrics and not reading.vague and not reading.ranked:
        if reading.running:
            raise NoPlan("missing_column", Note("refused.running_what"))
        return [_overview(state, table)]
    periods = (
        reading.period.options if reading.period and reading.period.options else (reading.period,)
    )
    return [
        replace(
            candidate,
            rank=candidate.rank + rank,
            sense=_period_sense(candidate, periods, period),
        )
        for variant, less in with_baselines(state)
        for rank, period in enumerate(periods, less)
        for shared, other in share_of_part(variant)
        for split, summed in splits(shared)
        for said, listed in things(split)
        for shown, whole in courses(said, period)
        for taken, over in units(shown)
        for candidate in _senses(taken, period)
        for candidate in _costing(candidate, over or whole or listed or summed or other)
    ]


def _costing(candidate: Candidate, cost: str) -> list[Candidate]:
    if not cost:
        return [candidate]
    return [replace(candidate, costs={**candidate.costs, cost: 1})]


def _period_sense(
    candidate: Candidate, periods: tuple[Period | None, ...], period: Period | None
) -> str:
    if len(periods) > 1 and period:
        label = Note("sense.period", label=PeriodName(period.label))
        return Note("sense.both", sense=candidate.sense, period=label) if candidate.sense else label
    return candidate.sense


def _senses(state: State, period: Period | None) -> list[Candidate]:
    reading, table = state.out, state.table
    wants_measure = (reading.vague or reading.ranked) and not reading.metrics
    if not wants_measure:
        return [_complete(state, period, reading.metrics, "")]
    ordinary = "quality" if reading.direction in ("best", "worst") else "size"
    low = reading.direction in ("down", "worst")
    sense, direction = reading.vague or (ordinary, "bad" if low else "good")
    measures = sense_measures(table, sense)
    if not measures:
        raise NoPlan("missing_column", Note("refused.nothing_to_rank"), ())
    count = 5 if not (period and period.options) else 2
    return [
        _complete(
            state,
            period,
            [name],
            Note("sense.by", name=table_label(table, name)),
            rank=rank,
            sense=(sense, direction),
        )
        for rank, name in enumerate(measures[:count])
    ]


def _overview(state: State, table: Table) -> Candidate:
    candidate = _complete(state, state.out.period, overview_metrics(table), Note("sense.overview"))
    note = Note("note.main_measures")
    return replace(
        candidate, notes=(*candidate.notes, note), costs={**candidate.costs, "default_measures": 1}
    )


def _complete(
    state: State,
    period: Period | None,
    metrics: list[str],
    label: str,
    *,
    rank: int = 0,
    sense: tuple[str, str] | None = None,
) -> Candidate:
    reading, table = state.out, state.table
    notes, costs = list(reading.notes), dict(reading.costs)
    dimensions, filters = list(reading.dimensions), list(reading.filters)
    having, grain = list(reading.having), reading.grain
    metrics = list(metrics) or _money(state)
    if sense:
        costs["vague"] = costs.get("vague", 0) + 1
    if reading.trend and grain is None:
        grain = auto_grain(period, state.context)
        notes.append(Note("note.grain", grain=Note(f"word.{grain.value}")))
    _shares(state, dimensions, filters, notes, costs)
    chosen = {f.column for f in filters if f.op == "=" and len(f.values) == 1}
    listed = any(item.any_of("named", "contains", "starts") for item in state.items)
    if not (metrics or having or listed) and set(dimensions) <= chosen:
        dimensions.clear()  # "all about the campaign X" asks for more than its name
    if not dimensions and grain is None and (having or reading.ranked) and metrics:
        having = without_groups(
            state, metrics, filters, having, dimensions=dimensions, notes=notes, costs=costs
        )
    elif having and about_rows(state, metrics, having):
        having = on_rows(state, metrics, filters, having, notes=notes)
    check_ranking(state, dimensions, grain)
    counted = reading.count_groups and bool(having)
    if counted and len(dimensions) + bool(grain) != 1:
        raise NoPlan(
            "unsupported",
            Note("refused.groups_in_groups"),
        )
    order = [] if counted else order_of(state, metrics, dimensions, grain, sense)
    limit = reading.limit
    one = reading.singular or (reading.extreme and not dimensions)
    if reading.ranked and limit is None and one and (dimensions or grain):
        limit = 1
    elif (
        reading.ranked
        and limit is None
        and reading.superlative
        and not having
        and dimensions
        and _many(state, dimensions)
        and not reading.order
        and not reading.change
    ):
        limit = _DEFAULT_LIMIT
        notes.append(Note("note.first_shown", count=limit))
    comparison, period = comparison_of(state, period, notes)
    one_way = comparison and dimensions and metrics and not having and limit is None
    if one_way and _moved_only(state):
        op: HavingOp = ">" if reading.change == "grew" else "<"
        having = [Having(metric=name, op=op, values=(0.0,), of="change") for name in metrics[:1]]
    if period is None and not reading.weekdays and table.time_column:
        costs["no_period"] = 1
    filters.extend(weekday_filter(state, period))
    if not metrics and not dimensions and not grain:
        if not (filters or period or reading.either):
            raise NoPlan("not_a_question", Note("refused.names_nothing"))
        metrics = overview_metrics(table)
        notes.append(Note("note.main_measures"))
        costs["default_measures"] = 1
    notes += by_currency(state, metrics, dimensions, filters, having, cut=limit is not None)
    averaged = any(h.of == "average" for h in having)
    if averaged and table.currency_column in dimensions and metrics:
        raise NoPlan("unsupported", Note("refused.average_of_currencies"))
    if reading.share and not metrics:
        raise NoPlan("missing_column", Note("refused.no_share"))
    if grain and not metrics:
        metrics = [m.name for m in main_metrics(table)[:1]]
        notes.append(Note("note.main_measure"))
        costs["default_measures"] = 1
    check_grain(grain, state.context)
    if grain and table.time_column is None:
        raise NoPlan(
            "missing_column",
            Note("refused.no_dates_to_show"),
            ("dates",),
        )
    if not metrics and dimensions and any(item.any_of("how_much") for item in state.items):
        raise NoPlan("missing_column", Note("refused.how_much_of_what"))
    compared = reading.segments and not metrics
    if (comparison or compared) and not metrics:
        metrics = overview_metrics(table)
        costs["default_measures"] = 1
    joined = [h for one in reading.either for h in one.having]
    if any(h not in having for h in joined):
        raise NoPlan("unsupported", Note("refused.asks_for", problem=Note("asked.either_mixed")))
    plan = QueryPlan(
        table=table.name,
        metrics=tuple(metrics),
        dimensions=tuple(dict.fromkeys(dimensions)),
        grain=grain,
        filters=tuple(_merged(filters)),
        having=tuple(h for h in having if h not in joined),
        either=tuple(reading.either),
        time=period.time_range(state.context.anchor) if period and period.style != "all" else None,
        comparison=comparison,
        order=tuple(order),
        limit=limit,
        limit_per=reading.limit_per if limit else None,
        share_of_total=reading.share
        and bool(dimensions or grain)
        and any(is_additive(table, m) for m in metrics),
        include_empty=reading.include_empty and bool(dimensions),
        count_groups=counted,
        running_total=bool(reading.running) and grain is not None,
        ad_hoc=tuple(
            a
            for a in reading.ad_hoc
            if a.name in metrics or any(h.metric == a.name for h in having)
        ),
    )
    check_running(state, plan)
    check_medians(state, plan)
    return Candidate(plan, tuple(dict.fromkeys(notes)), costs, label, rank)


def _money(state: State) -> list[str]:
    """What "how much money went to TikTok" asks for, or "how much money did Meta make"."""
    if not any(i.any_of("how_much") and "money" in i.text.lower() for i in state.items):
        return []
    said = {word for item in state.items for word in item.text.lower().split()}
    name = "revenue" if said & _MADE else "spend" if said & _WENT else ""
    return [name] if name and state.table.metric(name) else []


def _many(state: State, dimensions: list[str]) -> bool:
    """Whether an unlimited ranking would be long."""
    return any(state.context.distinct.get(name, 0) > _DEFAULT_LIMIT for name in dimensions)


def _shares(
    state: State,
    dimensions: list[str],
    filters: list[Filter],
    notes: list[str],
    costs: dict[str, int],
) -> None:
    """ "What share of spend goes to Meta" needs the others too, as a breakdown."""
    if not state.out.share or dimensions or state.out.grain:
        return
    last = max((k for k in range(len(state.items)) if state.metric(k)), default=0)
    # "what share of Meta spend goes to mobile": the value said last is the part, the rest the whole
    for condition in sorted(filters, key=lambda f: not said_after(state, f, last)):
        if condition.op in ("=", "in"):
            filters.remove(condition)
            dimensions.append(condition.column)
            notes.append(Note("note.all_parts"))
            return
    main = entity(state.table)
    if main:
        dimensions.append(main.name)
        notes.append(Note("note.default_breakdown", column=main.label or main.name))
        costs["default_dimension"] = 1


def _moved_only(state: State) -> bool:
    """ "Stores where sales dropped": those that moved so, and no others."""
    reading = state.out
    if reading.change not in ("grew", "fell"):
        return False
    words = {word for item in state.items for word in item.text.lower().split()}
    first = state.items[0].text.lower().split()[0] if state.items else ""
    one = reading.singular and not words & {"какие", "каких"}
    named = first in _WHICH and not (reading.ranked or one)
    return named or bool(words & _RELATIVE) or _with_change(state)


def _with_change(state: State) -> bool:
    """ "Campaigns with declining revenue"."""
    return any(
        item.any_of("grew", "fell") and i and state.items[i - 1].text.lower() in _WITH
        for i, item in enumerate(state.items)
    )


def _judge(state: State) -> None:
    """A CPA that improved went down."""
    reading = state.out
    said = [i for i, k in enumerate(state.items) if k.any_of("improved", "worsened")]
    if reading.change in ("grew", "fell") and reading.metrics and said:
        reading.change = "fell" if state.falls(said[0], reading.metrics[0]) else "grew"


def _merged(filters: list[Filter]) -> list[Filter]:
    return list(dict.fromkeys(filters))
