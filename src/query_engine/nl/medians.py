"""Medians: "median daily spend", "median CPC by campaign", «медианный расход в день».

A median is the middle one of several figures, so it has to be known of which: those of days, of
things such as campaigns, or of rows. What a question leaves open gives a reading for each.
"""

from __future__ import annotations

from dataclasses import replace

from src.data.semantic import Aggregation, Column, Role
from src.errors import PlanError
from src.query_engine.compiler.resolve import nests, resolve_metric
from src.query_engine.nl.averages import THINGS, grain_of
from src.query_engine.nl.conditions import operator
from src.query_engine.nl.mainstays import entity, row_amount
from src.query_engine.nl.reading import Reading, State, with_first
from src.query_engine.nl.span import NoPlan
from src.query_engine.nl.vocabulary import Target
from src.query_engine.phrases import Note, plural
from src.query_engine.plan import GRAINS, RECURRING, AdHoc, Grain, QueryPlan

_ACROSS = {"across", "over", "among", "between", "of", "for", "среди", "у"}
_PER = ("per", "/", "на")
_BY_EACH = ("по",)  # of each, and over all of them
_SPANS = ("unit_day", "unit_week", "unit_month", "unit_quarter", "unit_year")
_EVERY = {"each", "every", "каждый", "каждую"}
_RATES = {"per", "a", "в", "за", "daily", "weekly", "monthly", "quarterly", "yearly"}
_WORTH = ("value", "size", "amount", "worth")
_COUNTS = (Aggregation.COUNT_ROWS, Aggregation.COUNT_DISTINCT)
_SHOWN = {"impressions", "clicks", "sessions", "reach"}


def medians(state: State) -> None:
    """Let the measure beside "median" stand for its median, over what is said or left open."""
    for i, item in enumerate(state.items):
        if not state.is_free(i, "median") or item.targets or item.hits:
            continue
        if _is_bound(state, i):
            state.out.refuse(Note("asked.above_median"))
            return
        measure = _measure(state, i)
        if measure is None or _shared(state, measure):
            both = measure is not None
            state.out.refuse(Note("asked.median_of_both" if both else "asked.median"))
            return
        if not _of_one(state, measure):
            state.out.refuse(Note("asked.median"))
            return
        state.take(i)
        state.out.each = state.out.each or _each(state, measure)
        units = _units(state, i, measure)
        if units is not None:
            state.take(*units[1])
        _take_things(state, measure)
        _let_stand(state, measure, units[0] if units else "")


def _is_bound(state: State, i: int) -> bool:
    """ "CPA above the median"."""
    return (k := state.prev(i)) >= 0 and operator(state, k) is not None


def _measure(state: State, i: int) -> int | None:
    """The measure after the word, past a thing or bucket that it is taken over; else before it."""
    for k in range(i + 1, len(state.items)):
        item = state.items[k]
        if state.free(k) and state.metric(k):
            return k
        passed = (
            (item.any_of("count") and state.metric(k + 1) is not None)
            or k in state.used
            or state.skippable(k)
            or item.text.lower() in _ACROSS
            or grain_of(state, k)
        )
        if not (passed or (state.free(k) and (state.column(k) or item.hits))):
            break
    found = [k for k in range(i) if state.free(k) and state.metric(k)]
    return found[-1] if found else None


def _of_one(state: State, measure: int) -> bool:
    """Whether the measure is one, once "order value" is read as the amount of an order.

    What else a number of orders is followed by would be left out of the answer.
    """
    spec = state.table.metric(state.metric(measure) or "")
    after = measure + 1
    valued = after < len(state.items) and state.items[after].text.lower() in _WORTH
    if not valued or spec is None or spec.aggregation not in _COUNTS:
        return True
    amount = row_amount(state.table)
    named = {t.name for t in state.items[measure].targets if t.kind == "column"}
    split = any(not state.context.is_unique(name) for name in named)
    if amount is None or split or not rows_are_things(state):
        return False
    state.take(after)
    state.items = with_first(state.items, measure, targets=(Target("metric", amount.name),))
    return True


def _take_things(state: State, measure: int) -> None:
    """The "deals" of "median amount of won deals", where each row is one."""
    k = measure + 2
    if not rows_are_things(state) or k >= len(state.items):
        return
    if state.items[measure + 1].text.lower() not in _ACROSS:
        return
    while k < len(state.items) - 1 and state.items[k].hits and not state.items[k].targets:
        k += 1
    spec = state.table.metric(state.metric(k) or "")
    target = state.target(k)
    rows = spec is not None and spec.aggregation is Aggregation.COUNT_ROWS
    if state.free(k) and (rows or (target is not None and target.kind == "rows")):
        state.take(k)


def _shared(state: State, measure: int) -> bool:
    """ "Median CPC and CPM": nothing tells whether of both."""
    joined = measure + 1 < len(state.items) and state.items[measure + 1].any_of("and", "or")
    return joined and state.metric(measure + 2) is not None


def _units(state: State, i: int, measure: int) -> tuple[str, list[int]] | None:
    """What the median is said to be over, and the items that say so."""
    for k in _around(state, i, measure):
        said = state.items[k].text.lower().split()
        grain = grain_of(state, k)
        if grain and grain not in RECURRING and _is_rate(said):
            return grain.value, [k]
    k = measure + 1
    if state.is_free(k + 1, *_SPANS) and state.items[k].text.lower() == "за":
        unit = next(u for u in _SPANS if state.items[k + 1].any_of(u))
        return unit.removeprefix("unit_"), [k, k + 1]
    for k in range(len(state.items)):
        column = _thing(state, k)
        if column is None:
            continue
        before = state.items[k - 1] if k else None
        word = before.text.lower() if before is not None else ""
        led = word in _ACROSS and (state.items[k].plural or word == "среди")
        if led and k - 1 not in state.used and _is_over(state, k, i, measure):
            return column.name, [k - 1, k]
        if i < k < measure and before is not None and before.any_of("median"):
            return column.name, [k]  # "median campaign CPA"
    return None


def _each(state: State, measure: int) -> str:
    """The things of "median spend per campaign" and «медианный CPA по кампаниям»."""
    for k in range(measure + 2, len(state.items)):
        column, before = _thing(state, k), state.items[k - 1].text.lower()
        if column is not None and before in (*_PER, *_BY_EACH):
            return f"{before} {column.name}"
    return ""


def _is_rate(said: list[str]) -> bool:
    """ "Daily", "per day", «за день»; not "each day", nor "by day"."""
    return len(said) == 1 or (said[0] in _RATES and not _EVERY & set(said))


def _around(state: State, i: int, measure: int) -> list[int]:
    """Items that stand right beside the word or its measure."""
    near = [i + 1, i - 1, state.next(i), state.prev(i), measure + 1, measure - 1]
    near += [state.next(measure), state.prev(measure)]
    return [k for k in dict.fromkeys(near) if state.free(k)]


def _is_over(state: State, k: int, i: int, measure: int) -> bool:
    """ "Median CPA across campaigns", "of campaigns"; "for Meta campaigns" chooses rows."""
    word = state.items[k - 1].text.lower()
    return word in ("across", "over", "among", "between", "среди") or (
        word == "of" and k - 1 in (i + 1, measure + 1)
    )


def _thing(state: State, k: int) -> Column | None:
    column = state.table.column(state.column(k) or "") if state.free(k) else None
    fits = column is not None and column.role in (Role.DIMENSION, Role.IDENTIFIER)
    return column if fits else None


def _let_stand(state: State, measure: int, over: str) -> None:
    name = state.metric(measure)
    assert name is not None
    spec = state.table.metric(name)
    own = next((a for a in state.out.ad_hoc if a.name == name), None)
    plain = own is not None and own.aggregation == "sum" and not (own.per or own.part)
    plain = plain and own is not None and not (own.plus or own.less)
    if spec is None and not plain:
        state.out.refuse(Note("asked.median"))
        return
    label = spec.label if spec else own.label.removeprefix("Total ") if own else name
    made = AdHoc(
        name=_free_name(state, f"median_{name.removeprefix('sum_')}"),
        label=label or name,
        aggregation="median",
        column=None if spec else own.column if own else None,
        of=spec.name if spec else None,
        over=over or None,
    )
    state.out.ad_hoc.append(_labelled(state, made, over) if over else made)
    state.items = with_first(state.items, measure, targets=(Target("metric", made.name),))


def _free_name(state: State, name: str) -> str:
    taken = {m.name for m in state.table.metrics} | {c.name for c in state.table.columns}
    taken |= {a.name for a in state.out.ad_hoc}
    while name in taken:
        name += "_"
    return name


def _labelled(state: State, made: AdHoc, over: str) -> AdHoc:
    """ "Median CPC over days"."""
    noun = made.label if made.label.isupper() else made.label[:1].lower() + made.label[1:]
    label = f"Median {noun} over {_named(state, over)}"
    return made.model_copy(update={"over": over, "label": label})


def _named(state: State, over: str) -> Note:
    if over in GRAINS or over == "row":
        return Note(f"over.{over}")
    column = state.table.column(over)
    label = (column.label or column.name) if column else over
    return Note("over.thing", name=plural(label.lower()))


def units(state: State) -> list[tuple[State, str]]:
    """The reading once for each thing that a median may be over, likeliest first.

    Raises:
        NoPlan: with kind ``unsupported``: nothing is left to take it over.
    """
    reading = state.out
    open_ = [a for a in reading.ad_hoc if a.aggregation == "median" and a.over is None]
    if not open_:
        return [(state, "")]
    made = open_[0]
    choices = [over for over in _choices(state, made) if _can(state, made, over)]
    before, _, each = reading.each.partition(" ")
    if each in reading.dimensions and (before in _PER or not rows_are_things(state)):
        others = [d for d in reading.dimensions if d != each]
        across = replace(state, out=replace(reading, dimensions=others, each=""))
        if _can(across, made, each):
            column = state.table.column(each)
            alone = not (others or reading.grain) and before in _PER
            many = column is not None and column.role is Role.IDENTIFIER
            thing = many or (column is not None and column.concept in THINGS)
            choices.insert(0 if alone and thing else 1, each)
    if not choices:
        raise NoPlan("unsupported", Note("refused.median_of", metric=made.label))
    if reading.grain is Grain.DAY or (reading.grain and reading.grain is state.context.spacing):
        raise NoPlan(
            "unsupported", Note("refused.median_of_day", grain=Note(f"word.{reading.grain}"))
        )
    found = []
    for over in choices:
        note = Note("note.median_over", units=_named(state, over))
        ad_hoc = [_labelled(state, a, over) if a in open_ else a for a in reading.ad_hoc]
        kept = [d for d in reading.dimensions if d != over]
        out = replace(reading, ad_hoc=ad_hoc, dimensions=kept, notes=[*reading.notes, note])
        found.append((replace(state, out=out), "median_over" if len(choices) > 1 else ""))
    return found


def _choices(state: State, made: AdHoc) -> list[str]:
    reading, table = state.out, state.table
    spec = table.metric(made.of or "")
    if rows_are_things(state) and (spec is None or spec.aggregation not in _COUNTS):
        return ["row"]
    found = [state.context.spacing.value] if table.time_column else []
    main = entity(table)
    if main is not None and not (reading.dimensions or reading.grain):
        found.append(main.name)
    if not _one_row_each(state, reading):
        found.append("row")
    return found


def rows_are_things(state: State) -> bool:
    """Whether each row is an order, a deal, a ticket; not the figures of a day."""
    figures = any(c.concept in _SHOWN or c.concept == "spend" for c in state.table.columns)
    return not (figures or state.context.vocabulary.is_figures)


def _one_row_each(state: State, reading: Reading) -> bool:
    """Whether a day has one row in each group, so that rows and days are the same."""
    table = state.table
    known = {table.time_column}
    for name in reading.dimensions:
        column = table.column(name)
        known |= {name, column.identified_by if column else None}
    return bool(table.grain) and table.time_column is not None and set(table.grain) <= known


def _can(state: State, made: AdHoc, over: str) -> bool:
    reading = state.out
    tried = made.model_copy(update={"over": over})
    plan = QueryPlan(
        table=state.table.name,
        metrics=(made.name,),
        dimensions=tuple(dict.fromkeys(reading.dimensions)),
        grain=None if reading.grain is Grain.DAY else reading.grain,
        ad_hoc=(tried,),
    )
    try:
        resolve_metric(made.name, plan, state.table)
    except PlanError:
        return False
    return True


def check_medians(state: State, plan: QueryPlan) -> None:
    """Refuse, by name, a median over what each group has one of, or parts of.

    Raises:
        NoPlan: with kind ``unsupported``.
    """
    used = {*plan.metrics, *(h.metric for h in plan.having)}
    for made in (a for a in plan.ad_hoc if a.aggregation == "median" and a.name in used):
        if any(h.of == "average" and h.metric == made.name for h in plan.having):
            raise NoPlan("unsupported", Note("refused.median_with"))
        if plan.share_of_total or state.out.share or plan.running_total:
            raise NoPlan("unsupported", Note("refused.median_with"))
        over = made.over or "row"
        grain = plan.grain if plan.grain not in RECURRING else None
        if over in GRAINS and grain and not nests(Grain(over), grain):
            named = {"unit": Note(f"word.{over}"), "grain": Note(f"word.{grain}")}
            raise NoPlan("unsupported", Note("refused.median_within", **named))
        try:
            resolve_metric(made.name, plan, state.table)
        except PlanError as error:
            unit = _named(state, over)
            one = over in {*plan.dimensions}
            label = made.label
            raise NoPlan(
                "unsupported",
                Note("refused.median_of_one", unit=unit)
                if one
                else Note("refused.median_of", metric=label),
            ) from error
