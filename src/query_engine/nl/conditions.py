"""Clauses about the size of a measure: thresholds, zero and none."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, cast

from src.data.semantic import Aggregation, Unit
from src.query_engine.nl.annotate import Item
from src.query_engine.nl.proportions import made_ratio, ratio_of
from src.query_engine.nl.reading import State
from src.query_engine.nl.row_thresholds import on_rows_or_things
from src.query_engine.nl.text import magnitude
from src.query_engine.phrases import Note
from src.query_engine.plan import (
    AdHoc,
    Having,
    HavingOp,
)


def thresholds(state: State) -> None:
    """ROAS above 3; at least 5 orders; between 2 and 4; 100 or more clicks; over 20% of spend."""
    for i in range(len(state.items)):
        if state.free(i):
            with state.spanned():
                _threshold_at(state, i)


def _threshold_at(state: State, i: int) -> None:
    if state.items[i].any_of("between") and _between(state, i):
        return
    op = operator(state, i)
    if op and state.has_number(state.next(i)):
        _threshold(state, i, op, state.next(i))
    elif state.items[i].number is not None:
        after = state.next(i)
        post = next((c for c in _AFTER if state.is_free(after, c)), None)
        if post:
            _threshold(state, i, _AFTER[post], i, extra=after)


_OPS: dict[str, HavingOp] = {"gte": ">=", "lte": "<=", "gt": ">", "lt": "<", "ne": "!=", "eq": "="}
ADDED_UP = (Aggregation.SUM, Aggregation.COUNT_ROWS, Aggregation.COUNT_DISTINCT)
_MIRRORED: dict[HavingOp, HavingOp] = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_FRACTIONS = (Unit.RATIO, Unit.MULTIPLE)
_WITH = ("with", "having", "that have", "that had", "w", "с", "со")
_BUT = ("but", "yet", "while", "though", "although", "despite", "но", "однако", "хотя")
_AFTER: dict[str, HavingOp] = {"gte_after": ">=", "lte_after": "<="}


def operator(state: State, i: int) -> HavingOp | None:
    """What a word or sign of comparison at item `i` asks for."""
    item = state.items[i]
    return next((op for name, op in _OPS.items() if item.any_of(name)), None)


def _between(state: State, i: int) -> bool:
    low = state.next(i)
    joiner = low + 1
    high = joiner + 1
    if not (state.has_number(low) and state.has_number(high)):
        return False
    if not state.items[joiner].any_of("and", "range_to") and state.items[joiner].text not in "-–—":
        return False
    subject = _subject(state, i, high)
    if subject is None:
        return False
    where, metric = subject
    values = _both(state, metric, state.items[low], state.items[high])
    if values[0] > values[1]:
        values.reverse()
    state.take(i, low, joiner, high, where)
    _add_having(state, metric, "between", tuple(values))
    return True


def _both(state: State, metric: str, low: Item, high: Item) -> list[float]:
    """The ends of a range; a unit said once, at the end, is the unit of both: 5 to 20k, 1 to 3%."""
    first, second = low.number, high.number
    if first and second and first.unit == "plain" and second.unit == "percent":
        low = replace(low, number=replace(first, unit="percent"))
    elif first and second and magnitude(first) == 1 < magnitude(second):
        scaled = float(cast(float, first.value)) * magnitude(second)
        if scaled < float(cast(float, second.value)):
            low = replace(low, number=replace(first, value=scaled))
    return [_scaled(state, metric, item) for item in (low, high)]


def _threshold(
    state: State, start: int, op: HavingOp, number: int, extra: int | None = None
) -> None:
    last = extra if extra is not None else number
    if _on_change(state, start, op, number) or _on_ratio(state, start, op, number, last):
        return
    if _on_share(state, start, op, number, last):
        return
    subject = _subject(state, start, last)
    if subject is None:
        on_rows_or_things(state, op, (start, number, last))
        return
    where, metric = subject
    if op == "=" and not state.items[start].any_of("eq"):
        return
    if _percent_of_a_sum(state, subject, op, (start, number)):
        return
    value = _scaled(state, metric, state.items[number])
    state.take(start, number, where, *([extra] if extra is not None else []))
    negated = state.prev(start)
    if state.is_free(negated, "not") and op in (">", "<"):
        state.take(negated)
        op = "<=" if op == ">" else ">="
    _add_having(state, metric, op, (value,))


def _percent_of_a_sum(
    state: State, subject: tuple[int, str], op: HavingOp, at: tuple[int, int]
) -> bool:
    """ "Grew spend more than 20%", "share of spend above 15%": never 20 of the measure itself."""
    (where, metric), (start, number) = subject, at
    token, spec = state.items[number].number, state.spec(metric)
    added_up = isinstance(spec, AdHoc) or (spec is not None and spec.aggregation in ADDED_UP)
    if token is None or token.unit != "percent" or not added_up or state.divided(metric):
        return False
    value = float(cast(float, token.value)) / 100
    words = [i for i in range(len(state.items)) if i not in (start, number, where)]
    moved = next((i for i in words if state.is_free(i, "grew", "fell")), None)
    share = next((i for i in words if state.is_free(i, "share")), None)
    state.take(start, number, where)
    if moved is not None:
        state.take(moved)
        fell = state.falls(moved, metric)
        state.out.change = "fell" if fell else "grew"
        _add_change(state, metric, op, value, fell=fell, of="change_pct")
    elif share is not None:
        state.take(share)
        state.out.share = True
        state.out.add_metric(metric)
        state.out.having.append(Having(metric=metric, op=op, values=(value,), of="share"))
    else:
        state.out.refuse(Note("asked.percentage", metric=state.label(metric)))
    return True


def _add_change(
    state: State,
    metric: str,
    op: HavingOp,
    value: float,
    *,
    fell: bool,
    of: Literal["change", "change_pct"],
) -> None:
    if fell:
        value, op = -value, _MIRRORED.get(op, op)
    state.out.add_metric(metric)
    state.out.having.append(Having(metric=metric, op=op, values=(value,), of=of))


def _subject(state: State, start: int, last: int) -> tuple[int, str] | None:
    """The measure a threshold is about: right before it, else right after."""
    left = state.prev(start)
    while left >= 0 and state.items[left].any_of("not", "eq") and not state.items[left].targets:
        left = state.prev(left)
    metric = state.metric(left) if left >= 0 else None
    right = state.next(last)
    own = state.metric(right)
    if metric and not (own and _with_its_own(state, left, start, right)):
        return left, metric
    if own:
        return right, own
    return _verb_before(state, left) or _only_measure(state, left, right)


def _with_its_own(state: State, left: int, start: int, right: int) -> bool:
    """ "Orders with more than 3 items": the measure after the number, not the one before "with".

    After "but" a condition begins anew: "the highest CPA but at least 50 conversions". A measure
    that goes on with a condition of its own belongs to that one.
    """
    led = any(state.items[k].text.lower() in _WITH + _BUT for k in range(left + 1, start))
    after = state.next(right)
    return led and not (after < len(state.items) and operator(state, after))


def _verb_before(state: State, left: int) -> tuple[int, str] | None:
    """ "spend on TikTok over 500": the nearest measure before, past values and periods."""
    while (
        left >= 0
        and (state.items[left].hits or state.items[left].period)
        and not state.items[left].targets
    ):
        left = state.prev(left)
    metric = state.metric(left) if left >= 0 else None
    return (left, metric) if metric else None


def _only_measure(state: State, left: int, right: int) -> tuple[int, str] | None:
    """ "Revenue by campaign, only above 1000": the one measure the question has.

    A word of content beside the condition is what it is about, whether known or not.
    """
    while left >= 0 and (
        state.items[left].kind == "punct"
        or state.items[left].any_of("and", "or")
        or _is_spent(state, left)
    ):
        left = state.prev(left)
    if left >= 0 and not (state.items[left].targets or state.items[left].period):
        return None
    if right < len(state.items) and state.items[right].kind == "word":
        item = state.items[right]
        if not (item.grammar or item.period) or item.targets:
            return None
    found = {state.metric(i): i for i in range(len(state.items)) if state.metric(i)}
    return next(((i, name) for name, i in found.items() if name), None) if len(found) == 1 else None


def _is_spent(state: State, i: int) -> bool:
    """The "above 5" of "above 5 and below 20"."""
    item = state.items[i]
    return i in state.used and bool(item.number or operator(state, i)) and not item.targets


def _on_change(state: State, start: int, op: HavingOp, number: int) -> bool:
    """grew by more than 20%, dropped over 100."""
    verb = state.prev(start)
    if not (0 <= verb < len(state.items)) or not state.items[verb].any_of("grew", "fell", "change"):
        return False
    token = state.items[number].number
    if token is None:
        return False
    value = float(cast(float, token.value))
    relative = token.unit == "percent"
    value = value / 100 if relative else value
    state.take(start, number, verb)
    metric = _near_metric(state, verb, number)
    fell = state.falls(verb, metric[1]) if metric else state.items[verb].any_of("fell")
    state.out.change = "fell" if fell else "grew"
    if metric is None:
        state.out.problem = Note("asked.grew_or_fell")
        return True
    state.take(metric[0])
    of: Literal["change", "change_pct"] = "change_pct" if relative else "change"
    _add_change(state, metric[1], op, value, fell=fell, of=of)
    return True


def _near_metric(state: State, verb: int, number: int) -> tuple[int, str] | None:
    order = [
        state.prev(verb),
        state.next(number),
        *range(verb - 1, -1, -1),
        *range(number + 1, len(state.items)),
    ]
    for i in order:
        metric = state.metric(i) if 0 <= i < len(state.items) else None
        if metric:
            return i, metric
    return None


def _on_ratio(state: State, start: int, op: HavingOp, number: int, last: int) -> bool:
    """ "Refunds are more than 5% of revenue": one measure in percent of another one."""
    token, left, right = state.items[number].number, state.prev(start), state.next(last)
    linked = last + 1 < len(state.items) and state.items[last + 1].text.lower() in ("of", "от")
    if token is None or token.unit != "percent" or not linked:
        return False
    if not (state.free(left) and state.free(right)):
        return False
    top, bottom = state.metric(left), state.metric(right)
    if not top or not bottom or top == bottom:
        return False
    name = ratio_of(state, top, bottom) or made_ratio(
        state, (state.items[left].text, state.items[right].text), top, bottom
    )
    if name is None:
        return False
    state.take(start, number, left, right)
    _add_having(state, name, op, (float(cast(float, token.value)) / 100,))
    return True


def _on_share(state: State, start: int, op: HavingOp, number: int, last: int) -> bool:
    """over 20% of spend."""
    token = state.items[number].number
    if token is None or token.unit != "percent":
        return False
    if _named_share(state, start, op, number):
        return True
    right = last + 1
    if right < len(state.items) and state.items[right].text.lower() not in ("of", "of the", "от"):
        return False
    metric_at = state.next(last)
    while metric_at < len(state.items) and state.items[metric_at].any_of("total", "of_total"):
        metric_at = state.next(metric_at)
    metric = state.metric(metric_at)
    if not metric or state.unit(metric) in (Unit.RATIO, Unit.MULTIPLE):
        return False
    state.take(start, number, metric_at)
    state.out.add_metric(metric)
    state.out.share = True
    value = float(cast(float, token.value)) / 100
    state.out.having.append(Having(metric=metric, op=op, values=(value,), of="share"))
    return True


def _named_share(state: State, start: int, op: HavingOp, number: int) -> bool:
    """Spend share over 10%."""
    share = state.prev(start)
    if not state.is_free(share, "share") or state.items[share].targets:
        return False
    before = state.prev(share)
    metric = state.metric(before) if state.free(before) else None
    token = state.items[number].number
    if not metric or token is None or state.unit(metric) in (Unit.RATIO, Unit.MULTIPLE):
        return False
    state.take(start, number, share, before)
    state.out.add_metric(metric)
    state.out.share = True
    value = float(cast(float, token.value)) / 100
    state.out.having.append(Having(metric=metric, op=op, values=(value,), of="share"))
    return True


def _scaled(state: State, metric: str, item: Item) -> float:
    """The threshold in the metric's stored scale: CTR over 5% and CTR over 5 are 0.05."""
    token = item.number
    value = float(cast(float, token.value)) if token else 0.0
    unit = state.unit(metric)
    if token and token.unit == "percent":
        return value / 100 if unit in _FRACTIONS or state.divided(metric) else value
    if unit is Unit.RATIO and value > 1:
        state.out.notes.append(Note("note.percent", said=item.text))
        return value / 100
    return value


def _add_having(state: State, metric: str, op: HavingOp, values: tuple[float, ...]) -> None:
    state.out.add_metric(metric)
    state.out.having.append(Having(metric=metric, op=op, values=values))


def alternatives(state: State) -> None:
    """Refuse "Meta with ROAS above 3 or TikTok with CPA below 10", of which each has its own."""
    joined = {h for one in state.out.either for h in one.having}
    if joined and all(h in joined for h in state.out.having):
        return
    for i, item in enumerate(state.items):
        if not item.any_of("or") or item.targets or item.hits:
            continue
        left, right = state.items[:i], state.items[i + 1 :]
        numbers = [any(k.number for k in side) for side in (left, right)]
        before = next((k.hits[0].column for k in reversed(left) if k.hits), None)
        after = next((k.hits[0].column for k in right if k.hits), None)
        if i in state.used:
            continue
        if (len(state.out.having) > 1 and all(numbers)) or (before and after and before != after):
            state.out.refuse(Note("asked.either"))
