"""Clauses that shape the answer: what is measured, by what, in which order, how many."""

from __future__ import annotations

from src.data.semantic import Aggregation, Metric, Role
from src.query_engine.nl.reading import State
from src.query_engine.plan import Order

_UP_DOWN = {"highest": "up", "dearest": "up", "lowest": "down", "cheapest": "down"}


def ratios(state: State) -> None:
    """ "revenue per click" is a ratio the model has, or something it does not have."""
    for i in range(len(state.items)):
        left, right = state.metric(i), state.metric(i + 2)
        joiner = i + 1
        if (
            not (left and right)
            or not state.is_free(joiner, "by")
            or state.items[joiner].text.lower() not in ("per", "/", "за", "на")
        ):
            continue
        top, bottom = state.measure_column(left), state.measure_column(right)
        for metric in state.table.metrics:
            same = metric.aggregation is Aggregation.RATIO and (
                metric.numerator,
                metric.denominator,
            ) == (top, bottom)
            if same and top:
                state.take(i, joiner, i + 2)
                state.out.add_metric(metric.name)
                break
        else:
            state.out.problem = f"{state.items[i].text} per {state.items[i + 2].text}"


def shares(state: State) -> None:
    """share of spend by platform; what percentage of spend goes to Meta; spend in percent of total."""
    for i, item in enumerate(state.items):
        if not state.is_free(i, "share", "of_total") or item.targets:
            continue
        after = state.next(i)
        while (
            after < len(state.items)
            and state.items[after].any_of("total", "of_total", "share")
            and not state.items[after].targets
        ):
            after = state.next(after)
        before = state.prev(i)
        metric_at = after if state.metric(after) else before if state.metric(before) else None
        if metric_at is None:
            continue
        metric = state.metric(metric_at)
        spec = state.spec(metric) if metric else None
        if isinstance(spec, Metric) and spec.aggregation is Aggregation.RATIO:
            continue
        state.take(*range(min(i, metric_at), i + 1), metric_at)
        for k in range(i, after):
            if state.is_free(k, "of_total", "total", "share"):
                state.take(k)
        if metric:
            state.out.add_metric(metric)
        state.out.share = True


def rankings(state: State) -> None:
    """top 5, the 3 worst, highest ROAS, most conversions, cheapest, ranked by CPA."""
    for i, item in enumerate(state.items):
        if not state.free(i) or item.targets or item.hits:
            continue
        if item.any_of("order"):
            _order_by(state, i)
        elif item.any_of("rank"):
            _rank_verb(state, i)
        elif item.any_of("descending", "ascending"):
            state.take(i)
            state.out.direction = "up" if item.any_of("descending") else "down"
            state.out.ranked = True
        elif item.any_of(
            "top", "bottom", "best", "worst", "highest", "lowest", "cheapest", "dearest"
        ):
            _superlative(state, i)
        elif item.vague():
            state.take(i)
            state.out.vague = item.vague()
            state.out.ranked = True
    for i, item in enumerate(state.items):
        if state.is_free(i, "overview") and not item.targets:
            state.take(i)
            state.out.overview = True


def _order_by(state: State, i: int) -> None:
    after = state.next(i)
    metric = state.metric(after)
    if metric and state.free(after):
        state.take(i, after)
        state.out.add_metric(metric)
        state.out.order.append(Order(by=metric))
        state.out.ranked = True
    elif state.column(after):
        state.take(i)
        state.out.order.append(Order(by=str(state.column(after)), descending=False))
    elif after < len(state.items) and state.items[after].any_of("change", "grew", "fell", "share"):
        state.take(i)


def _rank_verb(state: State, i: int) -> None:
    """rank campaigns by ROAS; ranking of platforms."""
    after = state.next(i)
    if (
        state.column(after)
        or state.metric(after)
        or (after < len(state.items) and state.items[after].hits)
    ):
        state.take(i)
        state.out.ranked = True


def _superlative(state: State, i: int) -> None:
    item = state.items[i]
    number = _count_near(state, i)
    after = state.next(number if number is not None and number > i else i)
    if state.is_free(after, "total", "change", "grew", "fell"):
        after = state.next(after)
    direct = item.any_of(*_UP_DOWN) and not item.any_of("top", "best")
    metric_at = after if state.metric(after) and state.free(after) else None
    before = state.prev(i)
    if metric_at is None and direct and state.metric(before) and not state.column(after):
        # "spent the most", "ROAS is highest"
        metric_at = before
    if metric_at is None and direct and not (item.any_of("cheapest", "dearest")):
        metric_at = _measure_nearby(state, i)
    if (
        item.any_of("top", "bottom")
        and not item.any_of("best", "worst")
        and number is None
        and not _noun_follows(state, after)
    ):
        return
    state.take(i)
    if number is not None:
        state.take(number)
        token = state.items[number].number
        state.out.limit = int(token.value) if token and isinstance(token.value, float) else None
    state.out.ranked = True
    direction = next((d for name, d in _UP_DOWN.items() if item.any_of(name)), "")
    if item.any_of("best", "worst"):
        direction = "best" if item.any_of("best") else "worst"
    elif item.any_of("top", "bottom"):
        direction = "up" if item.any_of("top") else "down"
    state.out.direction = direction or state.out.direction  # type: ignore[assignment]
    if metric_at is not None:
        name = state.metric(metric_at)
        if name and (item.any_of("highest", "lowest")) and _asks_extreme(state):
            state.out.singular = True
        state.take(metric_at)
        if name:
            state.out.add_metric(name)
            state.out.order.append(Order(by=name, descending=direction not in ("down", "worst")))
    elif item.vague():
        state.out.vague = item.vague()


def _asks_extreme(state: State) -> bool:
    return not any(state.column(i) and state.items[i].plural for i in range(len(state.items)))


def _measure_nearby(state: State, i: int) -> int | None:
    """The only measure of the question, when a superlative stands apart from it."""
    measures = [k for k in range(len(state.items)) if state.metric(k) and state.free(k)]
    return measures[0] if len(measures) == 1 else None


def _noun_follows(state: State, after: int) -> bool:
    return bool(state.column(after)) or (after < len(state.items) and bool(state.items[after].hits))


def _count_near(state: State, i: int) -> int | None:
    """The N of "top N", "N best", "the 3 campaigns with the highest"."""
    for k in (state.next(i), state.prev(i)):
        if 0 <= k < len(state.items) and state.free(k) and _whole(state, k):
            return k
    for k in range(i - 1, -1, -1):
        if state.free(k) and _whole(state, k) and state.column(state.next(k)):
            return k
    return None


def _whole(state: State, k: int) -> bool:
    token = state.items[k].number
    return (
        token is not None
        and token.unit == "plain"
        and isinstance(token.value, float)
        and 1 <= token.value <= 10_000
        and token.value == int(token.value)
    )


def counts(state: State) -> None:
    """number of campaigns, how many orders, how many rows."""
    for i, item in enumerate(state.items):
        if not state.is_free(i, "count") or item.targets:
            continue
        after = state.next(i)
        while (
            after < len(state.items) and state.items[after].hits and not state.items[after].targets
        ):
            after = state.next(after)
        if state.metric(after):
            state.take(i)
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
                state.out.notes.append("one row each; the number of rows is the count")
                continue
            state.take(after)
            spec = state.table.column(column)
            counted = spec.identified_by if spec and spec.identified_by else column
            state.out.add_metric(state.aggregate("count_distinct", counted))


def aggregates(state: State) -> None:
    """average, maximum, minimum of a measure."""
    for i, item in enumerate(state.items):
        how = next((h for h in ("average", "maximum", "minimum") if state.is_free(i, h)), None)
        if how is None or item.targets:
            continue
        after = state.next(i)
        metric_at = after if state.metric(after) else state.prev(i)
        metric = state.metric(metric_at)
        if not metric or not state.free(metric_at):
            continue
        state.take(i, metric_at)
        spec = state.spec(metric)
        column = state.measure_column(metric)
        plain = isinstance(spec, Metric) and spec.aggregation is Aggregation.RATIO
        if plain and how == "average":
            state.out.add_metric(metric)
        elif column and not plain:
            state.out.add_metric(state.aggregate(how, column))
            if (
                how == "average"
                and isinstance(spec, Metric)
                and spec.aggregation is Aggregation.SUM
            ):
                state.out.notes.append("the average is over the rows of the table")
        else:
            state.out.problem = f"the {how} of {metric} over single rows"


def metrics(state: State) -> None:
    """Every measure that is still unused is asked for."""
    for i in range(len(state.items)):
        if state.free(i):
            name = state.metric(i)
            if name:
                state.take(i)
                state.out.add_metric(name)
            elif state.target(i) and state.target(i).kind == "rows":  # type: ignore[union-attr]
                state.take(i)


def dimensions(state: State) -> None:
    """Every dimension that no filter used is broken down by; "per" after a top N groups it."""
    per: str | None = None
    subject: str | None = None
    for i, item in enumerate(state.items):
        name = state.column(i)
        if not name or not state.free(i):
            continue
        state.take(i)
        column = state.table.column(name)
        name = _named(state, name)
        before = i - 1
        grouped = before >= 0 and state.items[before].any_of("per_group", "by") and before >= 0
        if grouped and state.out.dimensions and state.out.ranked and state.out.limit:
            per = name
        subject = subject or name
        state.out.add_dimension(name)
        asked_one = before >= 0 and state.items[before].any_of("which") and not item.plural
        if (
            column
            and (asked_one or (state.out.ranked and not item.plural and not state.out.limit))
            and name == subject
        ):
            state.out.singular = True
    if per and len(state.out.dimensions) > 1:
        state.out.limit_per = per
        state.out.dimensions = [per, *(d for d in state.out.dimensions if d != per)]
    _segments(state)


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


def _segments(state: State) -> None:
    """ "compare Meta and Google", "mobile vs desktop": break down by what the values are of."""
    compared = [
        i
        for i, item in enumerate(state.items)
        if item.any_of("compare", "versus") and not item.targets
    ]
    split = [f.column for f in state.out.filters if f.op == "in"]
    alternatives = [i for i, item in enumerate(state.items) if item.any_of("or")]
    if state.out.ranked and alternatives and split:
        state.out.add_dimension(split[0])
    for i in compared:
        if split and not state.out.comparison and i not in state.used:
            state.take(i)
            state.out.add_dimension(split[0])
        elif (
            state.free(i)
            and (state.out.dimensions or state.out.comparison)
            and state.items[i].any_of("compare")
            and len(state.out.metrics + state.out.dimensions)
        ):
            state.take(i)
