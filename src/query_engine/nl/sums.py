"""One measure with another added to it or taken away, and one held against another.

"Cost including fees" is one sum, not two figures side by side; "weeks where spend exceeded the
budget" keeps the groups in which the difference is above 0.
"""

from __future__ import annotations

from typing import Literal

from src.data.semantic import Aggregation, Metric, Unit
from src.query_engine.nl.proportions import adds_up
from src.query_engine.nl.reading import State, with_first
from src.query_engine.nl.text import name_stems, plain_words, stem
from src.query_engine.nl.vocabulary import Target, is_amount, metric_of
from src.query_engine.phrases import Note
from src.query_engine.plan import AdHoc, Having, HavingOp

_PLUS = {
    "+", "including", "incl", "inclusive of", "plus", "с учетом", "включая", "плюс", "вместе с",
}  # fmt: skip
_LESS = {
    "after", "net of", "minus", "less", "excluding", "without", "после", "за вычетом", "минус",
    "без учета", "без",
}  # fmt: skip
_NET = {"net", "чистая", "чистый", "чистую", "чистой"}
_PLANS = {"budget", "plan", "planned", "target", "goal", "бюджет", "план"}
_MONEY = {
    "bonus", "payout", "reward", "cost", "spend", "fee", "commission", "revenue", "refund", "tax",
    "комисс", "выручк",
}  # fmt: skip
_OPS: dict[str, HavingOp] = {"gte": ">=", "lte": "<=", "gt": ">", "lt": "<"}
_LOOSE = {"over", "under", "between", "from", "от", "до"}  # "spend over revenue" may be a ratio
_LINKS = {"по", "на", "for", "of"}
_Sign = Literal["plus", "less"]


def sums(state: State) -> None:
    """ "Total cost including data fees", "revenue after refunds", "remaining budget"."""
    for i in range(1, len(state.items) - 1):
        word = _words(state, i)
        sign: _Sign | None = "plus" if word in _PLUS else "less" if word in _LESS else None
        right = state.next(i)
        pair = _pair(state, i - 1, right) if sign and state.free(i) else None
        if sign and pair is None and _price_and_money(state, i - 1, right):
            state.out.problem = " ".join(item.text for item in state.items[i - 1 : right + 1])
        if sign is None or pair is None or not _addable(pair, sign):
            continue
        made = _made(state, pair, sign)
        net = i - 2
        if net >= 0 and state.free(net) and _words(state, net) in _NET:
            state.take(net)
        state.take(i - 1, *range(i, right))
        state.items = with_first(state.items, right, targets=(Target("metric", made),))
    _remaining(state)


def returns(state: State) -> None:
    """ "ROI by campaign", «ROMI»: what came back above what was spent, per unit of what was spent.

    Only where the table has both, and no column of that name.
    """
    earned, spent = (_sum_of(state, concept) for concept in ("conversion_value", "spend"))
    if earned is None or spent is None:
        return
    for i, item in enumerate(state.items):
        if not state.is_free(i, "roi") or item.targets or item.hits:
            continue
        said = item.text.upper() if len(item.text) <= len("ROMI") else item.text.capitalize()
        made = AdHoc(
            name="return_on_investment", label=said, aggregation="sum",
            column=earned.numerator, less=spent.numerator, per=spent.numerator,
        )  # fmt: skip
        state.out.ad_hoc.append(made)
        state.out.notes.append(Note("note.other_costs"))
        state.items = with_first(state.items, i, targets=(Target("metric", made.name),))
        return


def _sum_of(state: State, concept: str) -> Metric | None:
    """The sum of the table's column of that concept."""
    column = next((c for c in state.table.columns if c.concept == concept), None)
    metric = metric_of(state.table, column) if column else None
    summed = metric is not None and metric.aggregation is Aggregation.SUM
    return metric if summed and metric is not None and adds_up(state, metric) else None


def _price_and_money(state: State, left: int, right: int) -> bool:
    """ "CPM including fees" divides a sum that no measure of the table is."""
    names = state.metric(left), state.metric(right)
    price, money = (state.table.metric(name) if name else None for name in names)
    if price is None or money is None or price.aggregation is not Aggregation.RATIO:
        return False
    return price.unit is Unit.CURRENCY and is_money(money)


def _words(state: State, i: int) -> str:
    return state.items[i].text.lower().replace("ё", "е")


def _pair(state: State, left: int, right: int) -> tuple[Metric, Metric] | None:
    """Two different measures that add up, both free to use."""
    if not (state.free(left) and state.free(right)):
        return None
    names = state.metric(left), state.metric(right)
    specs = tuple(state.table.metric(name) if name else None for name in names)
    first, second = specs
    if first is None or second is None or first.name == second.name:
        return None
    summed = first.aggregation is second.aggregation is Aggregation.SUM
    return (first, second) if summed and adds_up(state, first) and adds_up(state, second) else None


def _addable(pair: tuple[Metric, Metric], sign: _Sign) -> bool:
    """Whether both are money, or the one counts what the other counts a part of."""
    counts = sign == "less" and all(spec.unit is Unit.COUNT for spec in pair)
    return counts or all(is_money(spec) for spec in pair)


def is_money(spec: Metric) -> bool:
    """Whether a measure is an amount of money, with a currency or named as one."""
    if spec.unit is Unit.CURRENCY:
        return True
    words = {*name_stems(spec.label or spec.name), *name_stems(spec.numerator or "")}
    return spec.unit is not Unit.COUNT and (is_amount(spec) or bool(words & _MONEY))


def _made(state: State, pair: tuple[Metric, Metric], sign: _Sign) -> str:
    """The name of the sum or difference of two measures."""
    first, second = pair
    name = f"{first.name}_{sign}_{second.name}"
    while state.table.metric(name) or state.table.column(name):
        name += "_"
    word = {"plus": "+", "less": "−"}[sign]
    label = f"{_label(state, first)} {word} {_label(state, second).lower()}"
    made = AdHoc(name=name, label=label, aggregation="sum", column=first.numerator)
    made = made.model_copy(update={sign: second.numerator})
    if all(known.name != name for known in state.out.ad_hoc):
        state.out.ad_hoc.append(made)
    return name


def _label(state: State, spec: Metric) -> str:
    """A measure by its own name where that is Russian: the label of what it means is not."""
    own = spec.numerator or ""
    return spec.label or spec.name if own.isascii() else own


def _remaining(state: State) -> None:
    """ "Remaining budget by region": the budget less what was spent."""
    for i, item in enumerate(state.items):
        if not state.is_free(i, "remaining") or item.targets or item.hits:
            continue
        spend = state.context.vocabulary.lookup("spend")
        at = next((k for k in (i + 1, i - 1) if state.free(k) and _is_plan(state, k)), None)
        if spend is None or at is None:
            continue
        budget, spent = state.table.metric(str(state.metric(at))), state.table.metric(spend.name)
        if (
            budget is None
            or spent is None
            or not (adds_up(state, budget) and adds_up(state, spent))
        ):
            continue
        state.take(i)
        made = _made(state, (budget, spent), "less")
        state.items = with_first(state.items, at, targets=(Target("metric", made),))


def attained(state: State) -> None:
    """«Выполнение плана по обороту», "budget utilisation": what was reached of the plan."""
    for i, item in enumerate(state.items):
        if not state.is_free(i, "attainment") or item.targets or item.hits:
            continue
        at = next((k for k in (i + 1, i - 1) if state.free(k) and _is_plan(state, k)), None)
        plan = state.table.metric(str(state.metric(at))) if at is not None else None
        fact = _fact_of(state, plan) if plan else None
        if at is None or plan is None or fact is None:
            continue
        name = f"{fact.name}_per_{plan.name}"
        if state.table.metric(name) or state.table.column(name):
            continue
        state.take(i)
        label = f"{_label(state, fact)} / {_label(state, plan).lower()}"
        made = AdHoc(
            name=name, label=label, aggregation="sum", column=fact.numerator, per=plan.numerator
        )
        state.out.ad_hoc.append(made)
        state.items = with_first(state.items, at, targets=(Target("metric", name),))


def _fact_of(state: State, plan: Metric) -> Metric | None:
    """The measure that a plan is of: its name without "plan"; of a budget, what was spent."""
    words = plain_words(plan.numerator or plan.name)
    rest = " ".join(w for w in words if not _PLANS & {stem(w)} and w not in _LINKS)
    found = state.context.vocabulary.lookup(rest or "spend")
    fact = state.table.metric(found.name) if found and found.kind == "metric" else None
    summed = fact is not None and fact.aggregation is Aggregation.SUM and adds_up(state, fact)
    return fact if summed and adds_up(state, plan) and fact != plan else None


def _is_plan(state: State, i: int) -> bool:
    name = state.metric(i)
    spec = state.table.metric(name) if name else None
    if spec is None or spec.aggregation is not Aggregation.SUM:
        return False
    return bool(_PLANS & {*name_stems(spec.label or spec.name), *name_stems(spec.numerator or "")})


def exceeding(state: State) -> None:
    """ "Weeks where spend exceeded the budget", "stores with fewer orders than returns"."""
    for i in range(1, len(state.items) - 1):
        item = state.items[i]
        op = next((op for name, op in _OPS.items() if state.is_free(i, name)), None)
        if op is None or item.targets or item.hits or item.number:
            continue
        left, right = state.prev(i), state.next(i)
        pair = _pair(state, left, right)
        if pair is None or not _alike(*pair):
            continue
        if _words(state, i) in _LOOSE and not _is_plan(state, right):
            continue
        state.take(i, left, right)
        _hold(state, pair, op)
    _more_than(state)


_MORE: dict[str, HavingOp] = {
    "more": ">", "higher": ">", "fewer": "<", "less": "<", "lower": "<", "больше": ">",
    "меньше": "<",
}  # fmt: skip


def _more_than(state: State) -> None:
    """ "Exchanges with more invalid impressions than clicks"."""
    for i in range(len(state.items) - 3):
        op = _MORE.get(_words(state, i)) if state.free(i) else None
        than = i + 2
        if than < len(state.items) and state.items[than].kind == "punct":
            than += 1
        if op is None or than >= len(state.items) or _words(state, than) not in ("than", "чем"):
            continue
        pair = _pair(state, i + 1, than + 1)
        if pair and _alike(*pair):
            state.take(*range(i, than + 2))
            _hold(state, pair, op)


def _hold(state: State, pair: tuple[Metric, Metric], op: HavingOp) -> None:
    for spec in pair:
        state.out.add_metric(spec.name)
    made = _made(state, pair, "less")
    state.out.having.append(Having(metric=made, op=op, values=(0.0,)))
    labels = [_label(state, spec).lower() for spec in pair]
    state.out.notes.append(Note("note.held_against", first=labels[0], second=labels[1]))


def _alike(first: Metric, second: Metric) -> bool:
    """Only money is compared with money, and a count with a count; a plan has the unit of both."""
    planned = any(_PLANS & {*name_stems(s.label or s.name)} for s in (first, second))
    return planned or (is_money(first) == is_money(second) and first.unit is second.unit)
