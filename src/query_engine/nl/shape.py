"""Clauses that shape the answer: what is measured, counted, and by what."""

from __future__ import annotations

from src.data.semantic import Aggregation, Metric, Role, Unit
from src.query_engine.compiler.quoting import family
from src.query_engine.nl.reading import State
from src.query_engine.nl.text import name_stems, stems
from src.query_engine.nl.vocabulary import VERB
from src.query_engine.phrases import Note
from src.query_engine.plan import AdHoc

_ONE_OF = {"of", "из", "наших"}  # "who of the managers" asks for one
_BY = ("by", "per", "по")
_MARKS = 20  # different values of what breaks a table down as a mark
_WHOLE_NAME = 0.95
_FEWEST_STEPS = 3
_OF_ADS = ("spend", "impressions", "clicks")
_KINDS = {"type", "name", "indicator", "count", "number", "total"}
_TIMES = {"times", "раз"}
_SHOWN = {"impressions", "clicks", "sessions", "reach"}  # of which a row has many
_AVERAGES = (Aggregation.AVERAGE, Aggregation.RATIO)


def modifiers(state: State) -> None:
    """The "order" of "order amount" says whose amount; it is not a second measure. Nor does the
    "ad" of "ad clicks" and "ad campaign" say anything of a table of ads."""
    advertised = any(c.concept in _OF_ADS for c in state.table.columns)
    for i in range(len(state.items) - 1):
        item, name = state.items[i], state.metric(i)
        if advertised and item.any_of("advertised") and not (item.targets or item.hits):
            if state.target(i + 1) is not None:
                state.take(i)
            continue
        spec = state.spec(name) if name else None
        counted = isinstance(spec, Metric) and spec.aggregation in (
            Aggregation.COUNT_DISTINCT,
            Aggregation.COUNT_ROWS,
        )
        rows = (target := state.target(i)) is not None and target.kind == "rows"
        summed = name is not None and item.any_of("total")
        if (counted or rows or summed) and not item.plural and state.metric(i + 1):
            state.take(i)


def counts(state: State) -> None:
    """number of campaigns, how many orders, how many rows."""
    for i, item in enumerate(state.items):
        if not state.is_free(i, "count") or item.targets:
            continue
        after = state.next(i, over=("active",))
        while (
            after < len(state.items) and state.items[after].hits and not state.items[after].targets
        ):
            after = state.next(after)
        buckets = state.out.grain and after in state.used and _is_bucket(state, after)
        if buckets and state.out.having:
            state.take(i)
            state.out.count_groups = True
            continue
        if counted := state.metric(after):
            state.take(i)
            if state.free(after) and state.target(after).weight == VERB:  # type: ignore[union-attr]
                state.take(after)
                state.out.ask(counted)  # "number of sends with no clicks" is not about clicks alone
            continue
        column = state.column(after)
        target = state.target(after)
        if after < len(state.items) and (
            state.items[after].any_of("rows") or (target and target.kind == "rows")
        ):
            state.take(i, after)
            state.out.add_metric(state.aggregate("count_rows", None))
        elif column and state.free(after):
            state.take(i)
            if state.out.having:
                state.out.count_groups = True
                continue
            state.take(after)
            spec = state.table.column(column)
            counted = spec.identified_by if spec and spec.identified_by else column
            state.out.add_metric(state.aggregate("count_distinct", counted, _named(state, column)))


def times(state: State) -> None:
    """ "How many times did we mail Kazan": the rows, where each is one event and not figures."""
    for i in range(len(state.items) - 1):
        if state.items[i + 1].text.lower() not in _TIMES or not state.is_free(i, "count"):
            continue
        figures = any(c.concept in _SHOWN for c in state.table.columns)
        figures = figures or state.context.vocabulary.is_figures
        if figures or state.out.having or state.out.metrics:
            state.out.refuse(Note("asked.times"))
        else:
            state.take(i, i + 1)
            state.out.add_metric(state.aggregate("count_rows", None))


def _is_bucket(state: State, i: int) -> bool:
    return not state.items[i].targets or state.time_column(i)


def aggregates(state: State) -> None:
    """average, maximum, minimum of a measure."""
    for i, item in enumerate(state.items):
        how = next((h for h in ("average", "maximum", "minimum") if state.is_free(i, h)), None)
        if how is None or item.targets:
            continue
        after = state.next(i)
        while after in state.used and state.metric(after + 1):
            after = state.next(after)  # the "order" of "average order total"
        metric_at = after if state.metric(after) else state.prev(i)
        metric = state.metric(metric_at)
        spec = state.spec(metric) if metric else None
        averaged = isinstance(spec, Metric) and spec.aggregation in _AVERAGES
        if how == "average" and averaged and metric_at in state.used:
            state.take(i)  # "with an average score above 50": the score is an average already
        if not metric and (number := _numeric(state, after)):
            state.take(i, after)
            state.out.add_metric(state.aggregate(how, number))
            continue
        if not metric or not state.free(metric_at):
            continue
        state.take(i, metric_at)
        column = state.measure_column(metric)
        plain = isinstance(spec, Metric) and spec.aggregation is Aggregation.RATIO
        plain = plain or state.divided(metric)
        each = _of_each(state, spec) if how == "average" else None
        if each is not None:
            state.out.add_metric(each)
        elif plain and how == "average":
            state.out.add_metric(metric)
        elif column and not plain:
            state.out.add_metric(state.aggregate(how, column))
            if (
                how == "average"
                and isinstance(spec, Metric)
                and spec.aggregation is Aggregation.SUM
            ):
                state.out.notes.append(Note("note.average_of_rows"))
        else:
            state.out.problem = Note(
                "asked.of_rows", how=Note(f"asked.how_{how}"), metric=state.label(metric)
            )


def _of_each(state: State, spec: Metric | AdHoc | None) -> str | None:
    """The "average booking value" of a table that counts bookings: by booking, not by row."""
    if not isinstance(spec, Metric) or spec.aggregation is not Aggregation.SUM:
        return None
    said = set(name_stems(spec.name)) | set(stems(spec.label))
    counted = [
        m
        for m in state.table.metrics
        if m.aggregation is Aggregation.SUM and m.unit is Unit.COUNT and m.numerator
        and m is not spec and set(stems(m.label)) < said
    ]  # fmt: skip
    if len(counted) != 1:
        return None
    thing = counted[0]
    for metric in state.table.metrics:
        parts = (metric.numerator, metric.denominator)
        if parts == (spec.numerator, thing.numerator) and metric.scale == 1:
            return metric.name
    made = AdHoc(
        name=f"{spec.name}_per_{thing.name}",
        label=f"{spec.label} per {thing.label.lower()}",
        aggregation="sum",
        column=spec.numerator,
        per=thing.numerator,
    )
    state.out.ad_hoc.append(made)
    return made.name


def _numeric(state: State, i: int) -> str | None:
    """A column of numbers that is no measure, such as a quality score."""
    name = state.column(i) if state.free(i) else None
    column = state.table.column(name) if name else None
    dimension = column is not None and column.role is Role.DIMENSION
    return name if dimension and column and family(column.type) == "number" else None


def scores(state: State) -> None:
    """ "Cost by quality score": a mark that rows are given, which breaks down what has another
    measure; the average of it would be one number."""
    for i in range(1, len(state.items)):
        spec = state.table.metric(state.metric(i) or "") if state.free(i) else None
        if spec is None or spec.aggregation is not Aggregation.AVERAGE or spec.denominator:
            continue
        others = [k for k in range(len(state.items)) if k != i and state.metric(k)]
        few = 1 < state.context.distinct.get(spec.numerator or "", 0) <= _MARKS
        if (
            few
            and (others or state.out.metrics)
            and state.items[i - 1].text.lower() in _BY
            and spec.numerator
        ):
            state.take(i)
            state.out.add_dimension(spec.numerator)


def metrics(state: State) -> None:
    """Every measure that is still unused is asked for."""
    for i in range(len(state.items)):
        if state.free(i):
            name = state.metric(i)
            if name and state.items[i].any_of("participle") and state.metric(i + 1):
                continue  # "paid installs" are not what was paid, and installs
            listed = i > 0 and state.items[i - 1].any_of("and")
            if name and state.target(i).weight == VERB and state.out.metrics and not listed:  # type: ignore[union-attr]
                state.take(i)  # "orders paid by card": the measure is named already
            elif name:
                state.take(i)
                state.out.ask(name)
            elif state.target(i) and state.target(i).kind == "rows":  # type: ignore[union-attr]
                state.take(i)


def counted_values(state: State) -> None:
    """ "Purchases by campaign" where rows have a result type, and results of that type."""
    if state.out.metrics or state.out.overview:
        return
    for condition in state.out.filters:
        words = {*name_stems(condition.column)} - _KINDS
        for metric in state.table.metrics:
            counted = metric.aggregation is Aggregation.SUM and metric.unit is Unit.COUNT
            if counted and words & {*name_stems(metric.numerator or "")} - _KINDS:
                state.out.ask(metric.name)
                return


def funnel(state: State) -> None:
    """ "The funnel for September": every count, in the order of the table's columns."""
    if state.out.metrics or state.out.ranked:
        return
    for i, item in enumerate(state.items):
        target = state.target(i)
        if not item.any_of("funnel") or (target and target.kind != "rows"):
            continue
        steps = [
            metric.name for metric in state.table.metrics
            if metric.aggregation is Aggregation.SUM and metric.unit is Unit.COUNT
        ]  # fmt: skip
        if len(steps) >= _FEWEST_STEPS:
            state.take(i)
            state.out.metrics = steps


def counted_things(state: State) -> None:
    """ "Orders by country": things known by an identifier alone are counted, unless listed.

    So are rows named by what they are: "SQLs by owner" in a list of leads.
    """
    if state.out.metrics or state.out.ranked or state.out.overview:
        return
    first = next((i for i, item in enumerate(state.items) if not state.skippable(i)), None)
    kind = state.items[first] if first is not None else None
    counting = any(m.aggregation is Aggregation.COUNT_ROWS for m in state.table.metrics)
    totals = any(c.concept in ("spend", "impressions") for c in state.table.columns)
    named = kind and kind.hits and kind.plural and not kind.targets
    if named and counting and not totals:
        state.out.add_metric(state.aggregate("count_rows", None))
        return
    for i, item in enumerate(state.items):
        name = state.column(i) if state.free(i) and item.plural else None
        column = state.table.column(name) if name else None
        if (
            column is None
            or column.role is not Role.IDENTIFIER
            or _named(state, column.name) != name
        ):
            continue
        listed = (i and state.items[i - 1].any_of("which_one", "by")) or "list" in state.items[
            0
        ].stemmed
        if not listed:
            state.take(i)
            state.out.add_metric(state.aggregate("count_distinct", column.name))
            return


def dimensions(state: State) -> None:
    """Every dimension that no filter used is broken down by; "per" after a top N groups it."""
    per: str | None = None
    subject: str | None = None
    for i, item in enumerate(state.items):
        name = state.column(i)
        if not name or not state.free(i):
            continue
        state.take(i)
        if _counted_by_threshold(state, i) or _is_subject_only(state, i):
            continue
        if _is_an_amount(state, i, name):
            state.out.problem = f"{state.items[i - 1].text} {state.items[i].text}"
            return
        name = _named(state, name)
        before = i - 1
        grouped = before >= 0 and state.items[before].any_of("per_group", "by")
        if grouped and state.out.dimensions and state.out.ranked and _cuts(state):
            per = name
        subject = subject or name
        state.out.add_dimension(name)
        asked_one = before >= 0 and state.items[before].any_of("which_one")
        one_of = asked_one and state.items[before].text.lower().split()[-1] in _ONE_OF
        one = (not item.plural or one_of) and not grouped and name == subject
        if one and (asked_one or (state.out.superlative and not state.out.limit)):
            state.out.singular = True
    if per and len(state.out.dimensions) > 1:
        state.out.limit_per = per
        state.out.dimensions = [per, *(d for d in state.out.dimensions if d != per)]
    _segments(state)


def _is_subject_only(state: State, i: int) -> bool:
    """The "campaigns" of "sales campaigns only: revenue by device": kept, and no breakdown."""
    kept = state.is_free(i + 1, "only") and bool(i and state.items[i - 1].hits)
    return kept and any(
        state.items[k].any_of("by") and state.column(k + 1)
        for k in range(i + 1, len(state.items) - 1)
    )


def _is_an_amount(state: State, i: int, name: str) -> bool:
    """The "payout" of "total payout", which the table knows by a ``payout_id`` only."""
    column = state.table.column(name)
    summed = i > 0 and state.items[i - 1].any_of("total", "average")
    partly = bool(state.items[i].targets) and state.items[i].targets[0].weight < _WHOLE_NAME
    identifier = column is not None and column.role is Role.IDENTIFIER
    return summed and partly and identifier and not state.items[i].plural


def _counted_by_threshold(state: State, i: int) -> bool:
    """The "coupons" of "redeemed fewer than 5000 coupons": what the condition's measure counts."""
    number = state.items[i - 1].number if i else None
    if number is None or i - 1 not in state.used:
        return False
    measures = [state.table.metric(h.metric) for h in state.out.having if number.value in h.values]
    said = state.items[i].stemmed
    return any(m is not None and set(said) <= {*name_stems(m.label or m.name)} for m in measures)


def _cuts(state: State) -> bool:
    """Whether the ranking keeps some rows only: a number was said, or one thing asked for."""
    return bool(state.out.limit) or state.out.singular


def _named(state: State, name: str) -> str:
    """The name column of an identifier, where there is one: people read names."""
    return (
        next((c.name for c in state.table.columns if c.identified_by == name), name)
        if (
            (column := state.table.column(name))
            and column.role is Role.IDENTIFIER
            and _meant_thing(state, name)
        )
        else name
    )


def _meant_thing(state: State, name: str) -> bool:
    """Whether the question said the thing ("campaign"), not its identifier ("campaign id")."""
    return not any(
        state.target(i) and state.target(i).name == name and state.target(i).weight >= 0.95  # type: ignore[union-attr]
        for i in range(len(state.items))
    )


def _is_it_so(state: State) -> bool:
    """ "Did Meta spend more than Google?": both figures answer yes or no."""
    return bool(state.items) and state.items[0].any_of("copula") and not state.out.having


def _asks_who(state: State) -> bool:
    """ "Meta or TikTok, who brought more customers?": both figures tell."""
    who = any(item.any_of("which_one") for item in state.items)
    return who and any(item.any_of("more_less") and not item.targets for item in state.items)


def _segments(state: State) -> None:
    """ "compare Meta and Google", "mobile vs desktop": break down by what the values are of."""
    against_words = any(item.any_of("compare", "more_less", "gt", "lt") for item in state.items)
    compared = [
        i
        for i, item in enumerate(state.items)
        if item.any_of("compare", "versus")
        and not item.targets
        and (against_words or not item.any_of("filler"))
    ]
    split = [f.column for f in state.out.filters if f.op == "in"]
    alternatives = [i for i, item in enumerate(state.items) if item.any_of("or")]
    against = bool(alternatives) or any(item.any_of("gt", "lt", "versus") for item in state.items)
    asked = state.out.ranked or _is_it_so(state) or _asks_who(state)
    if asked and against and split:
        state.out.add_dimension(split[0])
        for i, item in enumerate(state.items):
            if item.any_of("versus", "more_less", "gt", "lt") and state.free(i):
                state.take(i)
    if len(state.out.metrics) > 1 and not state.out.comparison and not split:
        state.take(*compared)  # "spend against revenue": both are shown
    for i in compared:
        if split and not state.out.comparison and i not in state.used:
            state.take(i)
            state.out.segments = True
            state.out.add_dimension(split[0])
        elif (
            state.free(i)
            and (state.out.dimensions or state.out.comparison)
            and state.items[i].any_of("compare")
            and len(state.out.metrics + state.out.dimensions)
        ):
            state.take(i)
            state.out.overview = not state.out.comparison
