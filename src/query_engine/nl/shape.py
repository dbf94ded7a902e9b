"""Clauses that shape the answer: what is measured, by what, in which order, how many."""

from __future__ import annotations

from src.data.semantic import Aggregation, Metric, Role, Unit
from src.query_engine.nl.annotate import Item
from src.query_engine.nl.reading import State
from src.query_engine.plan import Order

_VERB = 0.85
_UP_DOWN = {"highest": "up", "dearest": "up", "lowest": "down", "cheapest": "down"}


def modifiers(state: State) -> None:
    """The "order" of "order amount" says whose amount; it is not a second measure."""
    for i in range(len(state.items) - 1):
        item, name = state.items[i], state.metric(i)
        spec = state.spec(name) if name else None
        counted = isinstance(spec, Metric) and spec.aggregation in (
            Aggregation.COUNT_DISTINCT,
            Aggregation.COUNT_ROWS,
        )
        rows = (target := state.target(i)) is not None and target.kind == "rows"
        if (counted or rows) and not item.plural and state.metric(i + 1):
            state.take(i)


_RATIO_WORDS = {"per", "/", "за", "на"}
_SOURCE_WORDS = {"from", "из", "от"}


def ratios(state: State) -> None:
    """Two measures joined: "revenue per click" is a ratio the model has, or one it has not.

    "Revenue from new customers" splits a measure by another one, which no plan can.
    """
    for i in range(1, len(state.items) - 1):
        left, right = state.metric(i - 1), state.metric(i + 1)
        word = state.items[i].text.lower()
        if not (left and right and state.free(i)) or word not in _RATIO_WORDS | _SOURCE_WORDS:
            continue
        name = _ratio_of(state, left, right) if word in _RATIO_WORDS else None
        if name:
            state.take(i - 1, i, i + 1)
            state.out.add_metric(name)
        elif not (word in _SOURCE_WORDS and state.items[i - 1].text == state.items[i + 1].text):
            state.out.problem = " ".join(item.text for item in state.items[i - 1 : i + 2])


def _ratio_of(state: State, left: str, right: str) -> str | None:
    top, bottom = state.measure_column(left), state.measure_column(right)
    for metric in state.table.metrics:
        sides = (metric.numerator, metric.denominator)
        if top and metric.aggregation is Aggregation.RATIO and sides == (top, bottom):
            return metric.name
    return None


def shares(state: State) -> None:
    """share of spend by platform; what percentage of spend goes to Meta; spend in percent."""
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
            metric_at = _summed_measure(state)
        if metric_at is None:
            if len(item.stemmed) > 1:
                state.take(i)
                state.out.share = True
            continue
        metric = state.metric(metric_at)
        spec = state.spec(metric) if metric else None
        if isinstance(spec, Metric) and spec.aggregation is Aggregation.RATIO:
            continue
        state.take(i, metric_at)
        for k in range(i, after):
            if state.is_free(k, "of_total", "total", "share"):
                state.take(k)
        if metric:
            state.out.add_metric(metric)
        state.out.share = True


def _summed_measure(state: State) -> int | None:
    """The first measure of the question that has a total to take a share of."""
    for i in range(len(state.items)):
        metric = state.metric(i) if state.free(i) else None
        spec = state.spec(metric) if metric else None
        if isinstance(spec, Metric) and spec.aggregation is not Aggregation.RATIO:
            return i
    return None


def rankings(state: State) -> None:
    """top 5, the 3 worst, highest ROAS, most conversions, cheapest, ranked by CPA."""
    for i, item in enumerate(state.items):
        if state.free(i) and item.any_of("most_adjective", "least_adjective") and state.metric(i):
            _adjective(state, i)
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
            state.out.ranked = state.out.superlative = True
    for i, item in enumerate(state.items):
        if state.is_free(i, "overview") and not item.targets:
            state.take(i)
            state.out.overview = True
    if len({_end(item) for item in _ends(state)}) > 1:
        state.out.problem = "both ends of a ranking in one question; ask for them one by one"
        state.out.unsupported = True


def _adjective(state: State, i: int) -> None:
    """hottest, oldest, best paid: a ranking by the measure the word is about."""
    name = state.metric(i)
    up = state.items[i].any_of("most_adjective")
    number = _count_near(state, i)
    state.take(i, *([number] if number is not None else []))
    token = state.items[number].number if number is not None else None
    if token and isinstance(token.value, float):
        state.out.limit = int(token.value)
    if name:
        state.out.add_metric(name)
        state.out.order.append(Order(by=name, descending=up))
        state.out.direction = "up" if up else "down"
        state.out.ranked = state.out.superlative = True


def _ends(state: State) -> list[Item]:
    """The words that ask for one end of a ranking."""
    found = []
    for i, item in enumerate(state.items):
        if i in state.used and not item.targets and _end(item):
            found.append(item)
    return found


def _end(item: Item) -> str:
    """Which end: the good or large one, or the other; empty when the word names none."""
    if item.any_of("top", "best", "highest", "dearest"):
        return "top"
    if item.any_of("bottom", "worst", "lowest", "cheapest"):
        return "bottom"
    vague = item.vague()
    return {"good": "top", "bad": "bottom"}[vague[1]] if vague else ""


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
    """rank campaigns by ROAS; ranking of platforms; sorted ascending."""
    after = state.next(i)
    if after >= len(state.items):
        return
    item = state.items[after]
    follows = item.hits or item.any_of("ascending", "descending")
    if state.column(after) or state.metric(after) or follows:
        state.take(i)
        state.out.ranked = True


def _superlative(state: State, i: int) -> None:
    item = state.items[i]
    number = _count_near(state, i)
    after = state.next(number if number is not None and number > i else i)
    if state.is_free(after, "total", "change", "grew", "fell"):
        after = state.next(after)
    if item.any_of("maximum", "minimum") and _plain_measure(state, after):
        return  # the largest single value, an aggregation, not a ranking
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
    state.out.superlative = True
    state.out.ranked = True
    direction = next((d for name, d in _UP_DOWN.items() if item.any_of(name)), "")
    if item.any_of("best", "worst"):
        direction = "best" if item.any_of("best") else "worst"
    elif item.any_of("top", "bottom"):
        direction = "up" if item.any_of("top") else "down"
    state.out.direction = direction or state.out.direction  # type: ignore[assignment]
    if metric_at is not None:
        name = state.metric(metric_at)
        if name and item.any_of("highest", "lowest") and _asks_extreme(state):
            state.out.extreme = True
        if name and item.any_of("cheapest", "dearest"):
            name = _cost_of(state, name)
        state.take(metric_at)
        if name:
            state.out.add_metric(name)
            state.out.order.append(Order(by=name, descending=direction not in ("down", "worst")))
    elif item.vague():
        state.out.vague = item.vague()


def _plain_measure(state: State, i: int) -> bool:
    metric = state.metric(i)
    spec = state.spec(metric) if metric and state.free(i) else None
    return (
        isinstance(spec, Metric)
        and spec.aggregation is not Aggregation.RATIO
        and not state.out.grain
    )


def _cost_of(state: State, name: str) -> str | None:
    """The cheapest clicks are those of the lowest cost per click, not the fewest."""
    counted = state.measure_column(name)
    if state.unit(name) is Unit.CURRENCY or counted is None:
        return name
    for metric in state.table.metrics:
        if metric.unit is Unit.CURRENCY and metric.denominator == counted and metric.scale == 1:
            return metric.name
    state.out.problem = f"cost of {name}"
    return None


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
            state.out.add_metric(state.aggregate("count_distinct", counted, _named(state, column)))


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
            if name and state.target(i).weight == _VERB and state.out.metrics:  # type: ignore[union-attr]
                state.take(i)  # "orders paid by card": the measure is named already
            elif name:
                state.take(i)
                state.out.add_metric(name)
            elif state.target(i) and state.target(i).kind == "rows":  # type: ignore[union-attr]
                state.take(i)


def counted_things(state: State) -> None:
    """ "Orders by country": things known by an identifier alone are counted, unless listed."""
    if state.out.metrics or state.out.ranked or state.out.overview:
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
        name = _named(state, name)
        before = i - 1
        grouped = before >= 0 and state.items[before].any_of("per_group", "by")
        if grouped and state.out.dimensions and state.out.ranked and _cuts(state):
            per = name
        subject = subject or name
        state.out.add_dimension(name)
        one = not item.plural and not grouped and name == subject
        asked_one = before >= 0 and state.items[before].any_of("which_one")
        if one and (asked_one or (state.out.superlative and not state.out.limit)):
            state.out.singular = True
    if per and len(state.out.dimensions) > 1:
        state.out.limit_per = per
        state.out.dimensions = [per, *(d for d in state.out.dimensions if d != per)]
    _segments(state)


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


def _segments(state: State) -> None:
    """ "compare Meta and Google", "mobile vs desktop": break down by what the values are of."""
    compared = [
        i
        for i, item in enumerate(state.items)
        if item.any_of("compare", "versus") and not item.targets
    ]
    split = [f.column for f in state.out.filters if f.op == "in"]
    alternatives = [i for i, item in enumerate(state.items) if item.any_of("or")]
    against = bool(alternatives) or any(item.any_of("gt", "lt", "versus") for item in state.items)
    if state.out.ranked and against and split:
        state.out.add_dimension(split[0])
        for i, item in enumerate(state.items):
            if item.any_of("versus", "more_less"):
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
