"""Clauses that rank: which end, of what, how many."""

from __future__ import annotations

from src.data.semantic import Aggregation, Metric, Unit
from src.query_engine.nl.annotate import Item
from src.query_engine.nl.mainstays import row_amount
from src.query_engine.nl.reading import State
from src.query_engine.phrases import Note
from src.query_engine.plan import AdHoc, Order

_QUESTION_WORDS = {"which", "what", "who", "how", "какой", "какая", "какое", "какие", "сколько"}
_UP_DOWN = {"highest": "up", "dearest": "up", "lowest": "down", "cheapest": "down"}


def rankings(state: State) -> None:
    """top 5, the 3 worst, highest ROAS, most conversions, cheapest, ranked by CPA."""
    for i, item in enumerate(state.items):
        if state.free(i) and item.any_of("most_adjective", "least_adjective") and state.metric(i):
            _adjective(state, i)
        if not state.free(i) or item.targets or item.hits:
            continue
        if item.any_of("mark") and any(k.targets or k.hits for k in state.items[:i]):
            state.out.refuse(Note("asked.marked_rows"))
        elif item.any_of("order") and not _is_direction(state, i):
            _order_by(state, i)
        elif item.any_of("rank"):
            _rank_verb(state, i)
        elif item.any_of("best_first", "worst_first"):
            state.take(i)
            state.out.direction = "best" if item.any_of("best_first") else "worst"
            state.out.ranked = True
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
        state.out.refuse(Note("asked.both_ends"))
    if state.out.superlative and _second_question(state):
        state.out.refuse(Note("asked.two_things"))


def _second_question(state: State) -> bool:
    """ "… and which device spent the most?" after another ranking."""
    for i in range(2, len(state.items)):
        word = state.items[i]
        asks = word.text.lower().split()[0] in _QUESTION_WORDS and word.any_of("which_one", "count")
        if asks and state.items[i - 1].any_of("and") and _end_before(state, i):
            return True
    return False


def _end_before(state: State, i: int) -> bool:
    """Whether a ranking stands before item `i`, and another one after it."""
    ends = [bool(_end(item)) and not item.targets for item in state.items]
    return any(ends[:i]) and any(ends[i:])


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


def _is_direction(state: State, i: int) -> bool:
    """The «по возрастанию» that stands after what it orders."""
    after = state.next(i)
    return state.items[i].any_of("descending", "ascending") and not state.metric(after)


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
    if number is None and _largest_row(state, i):
        return
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
    if metric_at is None and item.any_of("cheapest", "dearest"):
        metric_at = _priced(state, i)
    if (
        item.any_of("top", "bottom")
        and not item.any_of("best", "worst")
        and number is None
        and not (_noun_follows(state, after) or _bucket_follows(state, i))
    ):
        return
    state.take(i)
    if number is not None:
        if state.out.limit:
            state.out.refuse(Note("asked.two_rankings"))
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
            name = cost_of(state, name)
        state.take(metric_at)
        if name:
            state.out.add_metric(name)
            state.out.order.append(Order(by=name, descending=direction not in ("down", "worst")))
    elif item.vague():
        state.out.vague = item.vague()


def _largest_row(state: State, i: int) -> bool:
    """ "The biggest deal": the largest amount that a row has, where the rows have one amount."""
    item, at = state.items[i], state.next(i)
    sense = item.vague()
    down = item.any_of("lowest") or (sense is not None and sense[1] == "bad")
    sized = item.any_of("highest", "lowest") or (sense is not None and sense[0] == "size")
    name = state.metric(at) if state.free(at) and not state.items[at].plural else None
    spec = state.spec(name) if name else None
    rows = spec is not None and spec.aggregation in (Aggregation.COUNT_ROWS, "count_rows")
    if not sized or item.any_of("top", "bottom") or not rows or any(map(state.column, range(i))):
        return False
    amount = row_amount(state.table)
    if amount is None:
        state.out.refuse(Note("asked.no_amount", which=item.text, thing=state.items[at].text))
        return True
    state.take(i, at)
    column = str(amount.numerator)
    state.out.add_metric(state.aggregate("minimum" if down else "maximum", column))
    state.out.notes.append(Note("note.largest_row", measure=(amount.label or amount.name).lower()))
    return True


def _plain_measure(state: State, i: int) -> bool:
    metric = state.metric(i)
    spec = state.spec(metric) if metric and state.free(i) else None
    return (
        isinstance(spec, Metric)
        and spec.aggregation is not Aggregation.RATIO
        and not state.out.grain
    )


def cost_of(state: State, name: str) -> str | None:
    """The cheapest clicks are those of the lowest cost per click, not the fewest."""
    counted = state.measure_column(name)
    if state.unit(name) is Unit.CURRENCY or counted is None:
        return name
    for metric in state.table.metrics:
        if metric.unit is Unit.CURRENCY and metric.denominator == counted and metric.scale == 1:
            return metric.name
    spend = next((m for w in ("spend", "cost") if (m := _sum_called(state, w))), None)
    if spend is None:
        state.out.problem = Note("asked.cost_of", name=name)
        return None
    made = AdHoc(
        name=f"{spend.name}_per_{name}",
        label=f"{spend.label or spend.name} per {state.label(name).lower()}",
        aggregation="sum",
        column=spend.numerator,
        per=counted,
    )
    state.out.ad_hoc.append(made)
    return made.name


def _sum_called(state: State, word: str) -> Metric | None:
    target = state.context.vocabulary.lookup(word)
    metric = state.table.metric(target.name) if target and target.kind == "metric" else None
    return metric if metric and metric.aggregation is Aggregation.SUM else None


def _priced(state: State, i: int) -> int | None:
    """The "site visit" of "the cheapest show per site visit"."""
    for k in range(i + 1, len(state.items) - 1):
        if state.items[k].any_of("per_each") and state.metric(k + 1) and state.free(k + 1):
            return k + 1
    return None


def _asks_extreme(state: State) -> bool:
    return not any(
        item.plural and (state.column(i) or _is_bucket(item)) for i, item in enumerate(state.items)
    )


def _bucket_follows(state: State, i: int) -> bool:
    """The "days" of "top days by spend"."""
    return i + 1 < len(state.items) and _is_bucket(state.items[i + 1])


def _is_bucket(item: Item) -> bool:
    return any(c.startswith(("grain_", "unit_")) for c in item.grammar) and item.period is None


def _measure_nearby(state: State, i: int) -> int | None:
    """The only measure of the question, when a superlative stands apart from it."""
    measures = [k for k in range(len(state.items)) if state.metric(k) and state.free(k)]
    return measures[0] if len(measures) == 1 else None


def _noun_follows(state: State, after: int) -> bool:
    return bool(state.column(after)) or (after < len(state.items) and bool(state.items[after].hits))


def _count_near(state: State, i: int) -> int | None:
    """The N of "top N", "N best", "the 3 campaigns with the highest", "which 5 days had most"."""
    for k in (state.next(i), state.prev(i)):
        if 0 <= k < len(state.items) and state.free(k) and _whole(state, k):
            return k
    for k in range(i - 1, -1, -1):
        if not (state.free(k) and _whole(state, k)):
            continue
        if state.column(state.next(k)) or state.items[k + 1].any_of(*_UNITS):
            return k
    return None


_BUCKETS = ("day", "week", "month", "quarter", "year")
_UNITS = tuple(f"{kind}_{unit}" for kind in ("unit", "grain") for unit in _BUCKETS)


def _whole(state: State, k: int) -> bool:
    token = state.items[k].number
    return (
        token is not None
        and token.unit == "plain"
        and isinstance(token.value, float)
        and 1 <= token.value <= 10_000
        and token.value == int(token.value)
    )
