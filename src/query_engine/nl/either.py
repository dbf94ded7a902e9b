"""Either-or: "spend over 1000 or more than 50 conversions", "named Brand or on TikTok".

Conditions that "or" joins directly are met by meeting one of them. Where something else is joined
to one of them alone, by "and" or by standing beside it, the question can be meant in two ways and
is refused; values of one column with "or" between are a list of values and read elsewhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from src.query_engine.compiler.quoting import family
from src.query_engine.nl.annotate import Item
from src.query_engine.nl.mainstays import entity
from src.query_engine.nl.reading import State
from src.query_engine.phrases import Note
from src.query_engine.plan import Either, Filter, FilterOp, Having

_LEADS = {
    "with", "having", "have", "has", "had", "that", "those", "whose", "where", "which", "a", "an",
    "the", "either", "their", "its", "is", "are", "was", "were", "in", "on", "from", "for", "at",
    "с", "со", "у", "которых", "где", "либо", "на", "в", "во", "из", "для", "чей", "чьи", "которые",
    "или", "их",
}  # fmt: skip
_EITHER = ("either", "либо")
_Span = tuple[int, int, Having | Filter]
_ASIDE = ("but", "yet", "while", "но", "однако", "а")
_COMPARED = ("compare", "comparative", "best", "worst", "better_of")
_NAMING = ("contains", "starts", "named")


@dataclass(frozen=True, slots=True)
class _Choice:
    """A condition on rows with the items that say it, first and last."""

    first: int
    last: int
    item: Item
    filter: Filter


def thresholds(state: State) -> None:
    """Join conditions on groups that "or" stands between.

    Refuses what mixes "or" with "and", or joins a condition on groups to something else.
    """
    if state.out.problem:
        return
    spans = sorted(state.spans, key=lambda span: span[:2])
    groups: list[list[int]] = []
    for i in _ors(state):
        left = next((k for k in reversed(range(len(spans))) if spans[k][1] < i), None)
        right = next((k for k in range(len(spans)) if spans[k][0] > i), None)
        near_left = left is not None and _light(state, spans[left][1] + 1, i)
        near_right = right is not None and _light(state, i + 1, spans[right][0])
        if left is not None and right is not None and near_left and near_right:
            state.take(i, *_leads_between(state, spans[left][1] + 1, spans[right][0]))
            _put_together(groups, left, right)
        elif near_left or near_right:
            state.out.refuse(Note("asked.either_mixed"))
            return
    for group in groups:
        _with_commas(state, spans, group, {k for other in groups for k in other})
        if _joined_by_and(state, spans, group):
            state.out.refuse(Note("asked.either_and"))
            return
        found = [spans[k][2] for k in sorted(group)]
        having = tuple(c for c in found if isinstance(c, Having))
        filters = tuple(c for c in found if isinstance(c, Filter))
        if having and filters:
            state.out.refuse(Note("asked.either_mixed"))
            return
        for condition in filters:
            state.out.filters.remove(condition)
        _take_either(state, spans[min(group)][0])
        state.out.either.append(Either(having=having, filters=filters))


def _ors(state: State) -> Iterator[int]:
    for i, item in enumerate(state.items):
        if item.any_of("or") and not (item.targets or item.hits):
            yield i


def _light(state: State, start: int, end: int) -> bool:
    """Whether the items say nothing but where a condition begins."""
    return all(_is_light(state, k) for k in range(start, end))


def _is_light(state: State, k: int) -> bool:
    item = state.items[k]
    if item.any_of("and", "or", "not", "none") and item.text.lower() not in _LEADS:
        return False
    if item.targets or item.hits or item.period or item.number:
        return _is_named_again(state, k)
    return state.skippable(k) or item.text.lower() in _LEADS


def _is_named_again(state: State, k: int) -> bool:
    """The second "campaigns" of "campaigns with … or campaigns with …"."""
    name = state.column(k)
    return name is not None and any(state.column(j) == name for j in range(k))


def _leads_between(state: State, start: int, end: int) -> list[int]:
    words = range(start, end)
    return [k for k in words if state.free(k) and not state.items[k].targets]


def _put_together(groups: list[list[int]], left: int, right: int) -> None:
    for group in groups:
        if left in group:
            group.append(right)
            return
    groups.append([left, right])


def _with_commas(state: State, spans: list[_Span], group: list[int], taken: set[int]) -> None:
    """ "CPA under 20, ROAS over 3 or no clicks": a comma before the last "or" says "or", too."""
    first = min(group)
    while first > 0 and first - 1 not in taken:
        between = range(spans[first - 1][1] + 1, spans[first][0])
        commas = [k for k in between if state.items[k].text == ","]
        if len(commas) != 1 or not all(k in commas or _is_light(state, k) for k in between):
            return
        first -= 1
        group.append(first)


def _joined_by_and(state: State, spans: list[_Span], group: list[int]) -> bool:
    """Whether "and" joins one of the conditions to another one that is not among them."""
    ends = ((min(group) - 1, min(group)), (max(group), max(group) + 1))
    for left, right in ends:
        if left < 0 or right >= len(spans):
            continue
        between = [state.items[k] for k in range(spans[left][1] + 1, spans[right][0])]
        aside = any(item.text.lower() in _ASIDE for item in between)
        if not aside and any(item.any_of("and") for item in between):
            return True
    return False


def values(state: State) -> None:
    """Join conditions on rows of different columns, or parts of names, with "or" between them."""
    if state.out.problem:
        return
    done = -1
    for i in _ors(state):
        if i <= done or not state.free(i):
            continue
        if _between_measures(state, i):
            state.out.refuse(Note("asked.two_things"))
            return
        chain = _chain(state, i, done)
        if chain is None:
            if _between_conditions(state, i):
                state.out.refuse(Note("asked.either"))
                return
            continue
        done = chain[-1].last
        columns = {c.filter.column for c in chain}
        if len(columns) == 1 and all(c.filter.op in ("=", "in") for c in chain):
            continue
        if _is_compared(state):
            continue
        if _unclear(state, chain):
            state.out.refuse(Note("asked.either_and"))
            state.out.unclear = True
            return
        for choice in chain:
            _note(state, choice)
            state.take(*(k for k in range(choice.first, choice.last + 1) if state.free(k)))
        for left, right in itertools.pairwise(chain):
            state.take(*_leads_between(state, left.last + 1, right.first))
        _take_either(state, chain[0].first)
        state.out.either.append(Either(filters=tuple(_by_column(chain))))


def _note(state: State, choice: _Choice) -> None:
    """Say how a part of a value was read, as everywhere else."""
    hit = choice.item.hits[0] if choice.item.hits else None
    if hit is None or choice.filter.op not in ("=", "in") or hit.quality == "exact":
        return
    if hit.quality == "partial":
        state.out.cost("partial_value" if len(hit.values) == 1 else "partial_values")
    elif hit.quality == "fuzzy":
        state.out.cost("typo")
    if len(hit.values) == 1:
        said = Note("note.read_as", said=choice.item.text, meant=hit.values[0])
        state.out.notes.append(said)


def _between_conditions(state: State, i: int) -> bool:
    """ "From Germany or returned": a value or a mark on either side, not of one column."""
    before, after = i - 1, i + 1
    while before >= 0 and _is_light(state, before):
        before -= 1
    while after < len(state.items) and _is_light(state, after):
        after += 1
    sides = [_conditioned(state, k) for k in (before, after)]
    return all(sides) and sides[0] != sides[1]


def _conditioned(state: State, k: int) -> str:
    """The column that the item puts a condition on, by a value or as a mark."""
    if not 0 <= k < len(state.items):
        return ""
    if state.items[k].hits:
        return state.items[k].hits[0].column
    column = state.table.column(state.column(k) or "")
    return column.name if column and family(column.type) == "boolean" else ""


def _between_measures(state: State, i: int) -> bool:
    """ "Revenue from Meta or clicks from TikTok": a value before, and another measure after."""
    before, after = i - 1, i + 1
    while before >= 0 and _is_light(state, before):
        before -= 1
    while after < len(state.items) and _is_light(state, after):
        after += 1
    measured = after < len(state.items) and state.free(after) and state.metric(after) is not None
    return measured and before >= 0 and bool(state.items[before].hits)


def _take_either(state: State, first: int) -> None:
    """The "either" before the first of the conditions."""
    k = first - 1
    while k >= 0 and _is_light(state, k):
        if state.free(k) and state.items[k].text.lower() in _EITHER:
            state.take(k)
        k -= 1


def _chain(state: State, i: int, done: int) -> list[_Choice] | None:
    """The choices around an "or", with those that further ones join after item `done`."""
    left, right = _choice_before(state, i), _choice_after(state, i)
    if left is None or right is None:
        return None
    found = [left, right]
    while True:
        at = found[-1].last + 1
        more = _choice_after(state, at) if _is_or(state, at) else None
        if more is None:
            break
        found.append(more)
    while (at := found[0].first - 1) > 0 and state.items[at].text == ",":
        more = _choice_before(state, at)
        if more is None or more.first <= done:
            break
        found.insert(0, more)
    return found


def _is_or(state: State, i: int) -> bool:
    return i < len(state.items) and state.items[i].any_of("or") and not state.items[i].targets


def _choice_after(state: State, i: int) -> _Choice | None:
    k = i + 1
    naming: int | None = None
    while k < len(state.items):
        item = state.items[k]
        if item.any_of(*_NAMING) and not (item.targets or item.hits):
            naming = k
        elif state.free(k) and item.hits and not item.targets:
            if naming is None and k == i + 1:
                naming = _naming_of(state, i)
                if naming is not None and _is_elsewhere(state, k):
                    return None  # "containing Brand or TikTok"
            found = _choice(state, i + 1, k, naming)
            return found if found and _names_only(state, found) else None
        elif naming is not None and state.free(k) and _is_word(item):
            found = _choice(state, i + 1, k, naming)
            return found if found and _names_only(state, found) else None
        elif not (_is_light(state, k) or item.any_of("eq") or state.column(k)):
            return None
        k += 1
    return None


def _choice_before(state: State, i: int) -> _Choice | None:
    k = i - 1
    while k >= 0 and (_is_light(state, k) or (state.column(k) and not state.items[k].hits)):
        if state.items[k].kind == "punct":
            return None
        k -= 1
    if k < 0 or not state.free(k):
        return None
    item, before = state.items[k], k - 1
    while before >= 0 and state.items[before].text.lower() in ("the", "word", "with"):
        before -= 1
    naming = before if before >= 0 and state.items[before].any_of(*_NAMING) else None
    if naming is None and item.hits:
        before = k - 1
        while before >= 0 and (_is_light(state, before) or state.items[before].any_of("eq")):
            before -= 1
        if state.column(before) == item.hits[0].column and before < k - 1:
            return _choice(state, before, k, None)  # "platform is Meta"
    if (item.hits and not item.targets) or (naming is not None and _is_word(item)):
        return _choice(state, naming if naming is not None else k, k, naming)
    return None


def _is_elsewhere(state: State, k: int) -> bool:
    """Whether the word is a value of its own, so that it need not be a part of a name."""
    main = entity(state.table)
    hit = state.items[k].hits[0]
    return hit.quality in ("exact", "alias") and (main is None or hit.column != main.name)


def _names_only(state: State, choice: _Choice) -> bool:
    """Whether nothing is named before the value but its own column, or what was named before."""
    return all(
        state.column(k) in (None, choice.filter.column) or _is_named_again(state, k)
        for k in range(choice.first, choice.last)
    )


def _naming_of(state: State, i: int) -> int | None:
    """The "containing" that "Brand" has in "containing Brand or Retargeting"."""
    left = _choice_before(state, i)
    if left is None or left.filter.op not in ("contains", "starts with"):
        return None
    return left.first if i + 1 < len(state.items) and state.items[i + 1].kind == "word" else None


def _is_word(item: Item) -> bool:
    known = item.targets or item.period or item.number
    return not known and item.kind in ("word", "quoted") and not item.grammar


def _choice(state: State, first: int, at: int, naming: int | None) -> _Choice | None:
    item = state.items[at]
    if naming is None:
        hit = item.hits[0]
        op: FilterOp = "=" if len(hit.values) == 1 else "in"
        return _Choice(first, at, item, Filter(column=hit.column, op=op, values=hit.values))
    said = state.items[naming]
    exact = next((h for h in item.hits if h.quality == "exact"), None)
    if said.any_of("named") and exact is not None:
        op = "=" if len(exact.values) == 1 else "in"
        return _Choice(first, at, item, Filter(column=exact.column, op=op, values=exact.values))
    main = entity(state.table)
    own = next((c for k in range(naming, first - 1, -1) if (c := state.column(k))), None)
    things = (c for k in range(first, -1, -1) if state.items[k].plural and (c := state.column(k)))
    column = own or next(things, main.name if main else None)
    if column is None:
        return None
    op = "starts with" if said.any_of("starts") else "contains"
    return _Choice(first, at, item, Filter(column=column, op=op, values=(item.text,)))


def _is_compared(state: State) -> bool:
    return any(item.any_of(*_COMPARED) and not (item.targets or item.hits) for item in state.items)


def _unclear(state: State, chain: list[_Choice]) -> bool:
    """Whether something beside the choices may belong to one of them alone."""
    before = chain[0].first - 1
    while before >= 0 and _is_light(state, before):
        before -= 1
    after = chain[-1].last + 1
    while after < len(state.items) and (_is_light(state, after) or state.column(after)):
        after += 1
    for k in (before, after):
        if not 0 <= k < len(state.items):
            continue
        item = state.items[k]
        if item.any_of("and", "not", "none") and not (item.targets or item.hits):
            if k == before or _says_more(state, k + 1):
                return True
        elif item.hits and not item.targets and state.free(k):
            return True
    return False


def _says_more(state: State, k: int) -> bool:
    while k < len(state.items) and _is_light(state, k):
        k += 1
    return k < len(state.items) and bool(state.items[k].hits) and not state.items[k].targets


def _by_column(chain: list[_Choice]) -> Iterator[Filter]:
    """Values of one column as one condition."""
    listed: dict[str, list[str]] = {}
    for choice in chain:
        if choice.filter.op in ("=", "in"):
            listed.setdefault(choice.filter.column, []).extend(map(str, choice.filter.values))
    for choice in chain:
        if choice.filter.op not in ("=", "in"):
            yield choice.filter
        elif found := tuple(dict.fromkeys(listed.pop(choice.filter.column, ()))):
            op: FilterOp = "=" if len(found) == 1 else "in"
            yield Filter(column=choice.filter.column, op=op, values=found)
