"""Clauses that divide: a measure by another one, or by its own total."""

from __future__ import annotations

from src.data.semantic import Additivity, Aggregation, Metric, Unit
from src.query_engine.nl.reading import State, with_first
from src.query_engine.nl.text import stem
from src.query_engine.nl.vocabulary import Target
from src.query_engine.phrases import Note, label_in
from src.query_engine.plan import AdHoc, Filter, FilterOp

_ON_EACH = ("на", "на одну", "на один", "на одного", "на каждую", "на каждый")
_RATIO_WORDS = {
    "per", "/", "за", *_ON_EACH, "as % of", "as percentage of", "as a percentage of",
    "as a share of", "as share of", "as a % of", "as a proportion of", "as a fraction of",
    "divided by", "делить на", "разделить на", "поделить на", "деленное на", "деленный на",
    "деленная на",
}  # fmt: skip


_TO = {"to", "and", "-to-", "over", "к", "и"}
_SOURCE_WORDS = {"from", "из", "от"}
_PER = {"per", "for every", "for each", "за", *_ON_EACH}
_COINS = {
    stem(coin) for coin in ("dollar", "euro", "pound", "rouble", "ruble", "рубль", "доллар", "евро")
}
_OF_COIN = {"of", "in", "on"}
_THOUSAND = 1000.0


def ratios(state: State) -> None:
    """Two measures joined: "revenue per click" is a ratio the model has, or one it has not.

    "Revenue from new customers" splits a measure by another one, which no plan can.
    """
    for i in range(1, len(state.items) - 1):
        at, scale = _divisor(state, i)
        left, right = state.metric(i - 1), state.metric(at)
        if right and _value_per(state, i):
            state.out.problem = " ".join(item.text for item in state.items[i - 1 : at + 1])
            continue
        if left and right and _is_rate(state, i):
            state.out.problem = " ".join(item.text for item in state.items[i - 1 : i + 2])
            continue
        word = state.items[i].text.lower()
        opening = _opens_ratio(state, i)
        divides = word in _RATIO_WORDS or opening is not None
        if not (left and right and state.free(i)) or not (divides or word in _SOURCE_WORDS):
            continue
        name = None
        if divides:
            said = (state.items[i - 1].text, " ".join(k.text for k in state.items[i + 1 : at + 1]))
            name = ratio_of(state, left, right, scale)
            name = name or made_ratio(state, said, left, right, scale)
        if name:
            # the ratio stands where its last word does, so that a threshold finds it there
            state.take(*range(i - 1, at), *([] if opening is None else [opening]))
            ratio = (Target("metric", name),)
            state.items = with_first(state.items, i - 1, targets=ratio)
            state.items = with_first(state.items, at, targets=ratio)
        elif not (word in _SOURCE_WORDS and state.items[i - 1].text == state.items[at].text):
            state.out.problem = " ".join(item.text for item in state.items[i - 1 : at + 1])


def _value_per(state: State, i: int) -> bool:
    """ "Purchases per add to cart", where purchases are a value: no measure to be divided."""
    left = state.items[i - 1]
    named = any(map(state.metric, range(i)))
    said = state.items[i].text.lower() in ("per", "/") and state.free(i)
    return said and bool(left.hits) and left.plural and not named


def _divisor(state: State, i: int) -> tuple[int, float]:
    """Where the measure stands that "per" at `i` divides by, and what the quotient is multiplied
    by: "per thousand downloads", "per euro of print cost"."""
    after = i + 1
    if state.items[i].text.lower() not in _PER or after + 1 >= len(state.items):
        return after, 1.0
    item = state.items[after]
    if item.number is not None and item.number.value == _THOUSAND and state.metric(after + 1):
        return after + 1, _THOUSAND
    coins = item.number.value if item.number and item.number.unit == "currency" else None
    scale = float(coins) if isinstance(coins, float) and coins > 0 else 1.0
    if coins or (item.stemmed[:1] and item.stemmed[0] in _COINS and not item.targets):
        of = state.items[after + 1].text.lower() in _OF_COIN
        at = after + 2 if of else after + 1
        name = state.metric(at) if at < len(state.items) else None
        spec = state.table.metric(name) if name else None
        if spec is not None and spec.unit in (Unit.CURRENCY, Unit.NUMBER):
            return at, scale
    return after, 1.0


def _opens_ratio(state: State, i: int) -> int | None:
    """The "ratio of" before "clicks to impressions"; item `i` joins the two."""
    if state.items[i].text.lower() not in _TO or state.items[i].targets:
        return None
    for at in (state.prev(i - 1), i + 2):
        if state.is_free(at, "ratio") and not state.items[at].targets:
            return at
    return None


def _is_rate(state: State, i: int) -> bool:
    """ "Landing page views to purchase rate": a ratio of two measures by its own name."""
    after = state.items[i + 1]
    rate = "rate" in after.text.lower() or (
        i + 2 < len(state.items) and state.items[i + 2].text.lower() == "rate"
    )
    return rate and state.items[i].text.lower() in ("to", "-to-") and state.free(i)


def ratio_of(state: State, left: str, right: str, scale: float = 1.0) -> str | None:
    """The metric of the model that divides the one by the other; a CPM is a cost per impression,
    but clicks per thousand impressions are no CTR."""
    top, bottom = state.measure_column(left), state.measure_column(right)
    for metric in state.table.metrics:
        sides = (metric.numerator, metric.denominator)
        found = top and metric.aggregation is Aggregation.RATIO and sides == (top, bottom)
        if found and scale in (1.0, metric.scale):
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
        if _of_another(state, before, after):
            state.out.problem = " ".join(k.text for k in state.items[max(before, 0) : after + 1])
            return
        metric_at = after if state.metric(after) else before if state.metric(before) else None
        if metric_at is None and _is_row(state, after):
            state.take(i, after)
            state.out.add_metric(state.aggregate("count_rows", None))
            state.out.share = True
            continue
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
        if isinstance(spec, Metric) and not adds_up(state, spec):
            state.out.refuse(Note("asked.share_of", metric=spec.label or spec.name))
        if metric and metric_at == after and _in_another(state, i, after, metric):
            return
        state.take(i, metric_at)
        for k in range(i, after):
            if state.is_free(k, "of_total", "total", "share"):
                state.take(k)
        if metric:
            state.out.add_metric(metric)
        state.out.share = True


def _is_row(state: State, i: int) -> bool:
    """The "orders" of "% of orders by payment method", of which a row is one."""
    column = state.column(i) if state.free(i) and state.items[i].plural else None
    return column is not None and state.context.is_unique(column)


def _in_another(state: State, share: int, at: int, metric: str) -> bool:
    """ "Share of new customers in orders": the one in percent of the other."""
    link, other = at + 1, at + 2
    whole = state.metric(other) if state.free(other) else None
    if (
        not whole
        or whole == metric
        or state.items[link].text.lower() not in ("in", "в", "во", "от")
    ):
        return False
    said = (state.items[at].text, state.items[other].text)
    name = ratio_of(state, metric, whole) or made_ratio(state, said, metric, whole)
    if name is None:
        state.out.problem = " ".join(item.text for item in state.items[share : other + 1])
        return True
    state.take(share, at, link, other)
    state.out.add_metric(name)
    return True


def made_ratio(
    state: State, said: tuple[str, str], left: str, right: str, scale: float = 1.0
) -> str | None:
    """The ratio of two measures that add up, where the model names none: "revenue per email"."""
    top, bottom = state.table.metric(left), state.table.metric(right)
    if top is None or bottom is None or left == right:
        return None
    sums = (top.aggregation, bottom.aggregation) == (Aggregation.SUM, Aggregation.SUM)
    if not sums or not (adds_up(state, top) and adds_up(state, bottom)):
        return None
    label = " per ".join(said).lower()
    if not label.isascii():  # forms of a Russian sentence make no label
        times = "" if scale == 1 else f"{scale:g} × "
        label = f"{label_in('ru', top.label)} / {times}{label_in('ru', bottom.label)}"
    name = f"{left}_per_{right}" if scale == 1 else f"{left}_per_{scale:g}_{right}"
    if state.table.metric(name) or state.table.column(name):
        return None
    state.out.ad_hoc.append(
        AdHoc(
            name=name,
            label=label[:1].upper() + label[1:],
            aggregation="sum",
            column=top.numerator,
            per=bottom.numerator,
            scale=scale,
        )
    )
    return name


def parts(state: State) -> None:
    """ "Share of leads that are lost by source": the part of each source's leads, a rate.

    Without a breakdown it stays a share of the total, of which all the parts are shown.
    """
    for i, item in enumerate(state.items):
        if not state.is_free(i, "share") or item.targets:
            continue
        at = state.next(i)
        before = i > 0 and state.free(i - 1) and bool(state.items[i - 1].hits)
        value = i - 1 if before and state.free(at) else _said_of(state, at)
        own = state.items[value].hits[0].column if value is not None else ""
        if value is None or not _broken_down(state, max(at, value), own):
            continue
        made = _part(state, at, value)
        if made is None:
            continue
        state.take(i, at, value, *(k for k in range(at, value) if state.is_free(k, "whose")))
        if state.items[value].hits[0].quality != "exact":
            read = ", ".join(state.items[value].hits[0].values)
            state.out.notes.append(Note("note.read_as", said=state.items[value].text, meant=read))
        state.out.ad_hoc.append(made)
        state.out.add_metric(made.name)
        return


def _said_of(state: State, at: int) -> int | None:
    """The value that "that are", "is" or "goes to" connects with the measure before it."""
    if not (state.free(at) and (state.metric(at) or _rows(state, at))):
        return None
    k = at + 1
    while k < len(state.items) and state.free(k) and state.items[k].any_of("whose", "filler"):
        if state.items[k].hits:
            break
        k += 1
    said = any(state.items[j].any_of("whose") for j in range(at + 1, min(k, len(state.items))))
    if not said or not state.free(k):
        return None
    return k if state.items[k].hits and state.items[k].number is None else None


def _rows(state: State, i: int) -> bool:
    target = state.target(i)
    return target is not None and target.kind == "rows"


def _broken_down(state: State, value: int, own: str) -> bool:
    """Whether "by source" comes after item `value`, of another column than its `own`."""
    return any(
        state.items[k - 1].any_of("by", "per_group") and state.column(k) not in (None, own)
        for k in range(value + 1, len(state.items))
    ) or any(_is_grain(state, k) for k in range(value + 1, len(state.items)))


def _is_grain(state: State, k: int) -> bool:
    item = state.items[k]
    return any(c.startswith("grain_") for c in item.grammar) and not (item.targets or item.period)


def _part(state: State, at: int, value: int) -> AdHoc | None:
    hit = state.items[value].hits[0]
    op: FilterOp = "=" if len(hit.values) == 1 else "in"
    return part_of(
        state, state.metric(at), Filter(column=hit.column, op=op, values=hit.values),
        noun=state.items[at].text.lower(),
    )  # fmt: skip


def part_of(state: State, name: str | None, condition: Filter, noun: str = "") -> AdHoc | None:
    """The share that rows of `condition` have in a measure, or in the rows where it is None.

    None where the measure does not add up over rows.
    """
    spec = state.table.metric(name) if name else None
    if name and (spec is None or spec.aggregation not in (Aggregation.SUM, Aggregation.COUNT_ROWS)):
        return None
    if spec is not None and not adds_up(state, spec):
        return None
    noun = noun or state.label(name or "").lower()
    label = f"Share of {noun}: {', '.join(map(str, condition.values[:3]))}"
    taken = {m.name for m in state.table.metrics} | {c.name for c in state.table.columns}
    made = f"share_of_{name or 'rows'}"
    while made in taken:
        made += "_"
    summed = spec is not None and spec.aggregation is Aggregation.SUM
    return AdHoc(
        name=made,
        label=label,
        aggregation="sum" if summed else "count_rows",
        column=spec.numerator if summed and spec else None,
        part=(condition,),
    )


def adds_up(state: State, spec: Metric) -> bool:
    """Whether sums of the measure over rows mean something."""
    column = state.table.column(spec.numerator) if spec.numerator else None
    return column is None or column.additivity in (None, Additivity.ADDITIVE)


def _of_another(state: State, before: int, after: int) -> bool:
    """ "Expense as % of sales": one measure in percent of another is a ratio, not a share."""
    left, right = state.metric(before), state.metric(after)
    free = state.free(before) and state.free(after)
    return bool(left and right and left != right and free)


def _summed_measure(state: State) -> int | None:
    """The first measure of the question that has a total to take a share of."""
    for i in range(len(state.items)):
        metric = state.metric(i) if state.free(i) else None
        spec = state.spec(metric) if metric else None
        if isinstance(spec, Metric) and spec.aggregation is not Aggregation.RATIO:
            return i
    return None
