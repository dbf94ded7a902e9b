"""Clauses that keep or leave out rows by the values of their dimensions."""

from __future__ import annotations

from typing import cast

from src.data.semantic import Role
from src.query_engine.nl.annotate import Item
from src.query_engine.nl.reading import State, is_text
from src.query_engine.nl.text import name_stems
from src.query_engine.phrases import Note
from src.query_engine.plan import (
    Filter,
    FilterOp,
)

_GROUPING = ("by", "per", "по", "в разрезе")
_SAID_OF = ("from", "of", "via", "through")


def numbered(state: State) -> None:
    """floor 3, store 12: a numeric column with its value right after."""
    for i in range(len(state.items) - 1):
        name = state.column(i) if state.free(i) else None
        column = state.table.column(name) if name else None
        token = state.items[i + 1].number
        if column is None or token is None or token.unit != "plain" or not state.free(i + 1):
            continue
        if state.items[i + 1].hits or is_text(column):
            continue
        value = float(cast(float, token.value))
        state.take(i, i + 1)
        shown = int(value) if value == int(value) else value
        state.out.filters.append(Filter(column=column.name, op="=", values=(shown,)))


def values(state: State) -> None:
    """Keep or leave out rows by the values of their dimensions."""
    negated, since = False, 0
    keep: dict[str, list[Item]] = {}
    drop: dict[str, list[Item]] = {}
    for i, item in enumerate(state.items):
        led = item.any_of("not") or (item.any_of("none") and state.free(i))
        if led and not item.hits and _value_follows(state, i):
            negated, since = True, i
        elif not (
            item.hits
            or state.skippable(i)
            or item.any_of("and", "or", "contains", "starts")
            or item.targets
            or item.kind == "punct"
        ):
            negated = False
        if not item.hits or not state.free(i) or (item.targets and not _reads_as_value(state, i)):
            continue
        if _is_divisor(state, i):
            continue
        if item.number is not None and state.column(i - 1) != item.hits[0].column:
            continue  # the 3 of "top 3" is not the room called 3
        if negated:
            state.take(since)
        excluded = state.next(i)
        if state.is_free(excluded, "not_after") and not state.items[excluded].targets:
            state.take(excluded)
            listed = keep.get(item.hits[0].column) or negated
            if listed:
                state.out.refuse(Note("asked.excluded", words=item.text))
            drop.setdefault(item.hits[0].column, []).append(item)
            _take_value(state, i)
            continue
        chosen = drop if negated else keep
        chosen.setdefault(item.hits[0].column, []).append(item)
        _take_value(state, i)
    for column, items in keep.items():
        state.out.filters.append(_value_filter(column, items, negated=False))
    for column, items in drop.items():
        state.out.filters.append(_value_filter(column, items, negated=True))


def _is_divisor(state: State, i: int) -> bool:
    """The "dollar" of "conversions per dollar", a measure that the data has not."""
    before = state.items[i - 1].text.lower() if i else ""
    return before in ("per", "/") and bool(state.metric(i - 2)) and not state.column(i + 1)


def _value_follows(state: State, i: int) -> bool:
    j = state.next(i, over=("contains", "starts", "and", "named"))
    while j < len(state.items) and state.column(j) and not state.items[j].hits:
        j = state.next(j, over=("contains", "starts", "eq", "named"))
    return j < len(state.items) and bool(state.items[j].hits)


def _reads_as_value(state: State, i: int) -> bool:
    """Whether a word that is both a name and a value stands as a value."""
    before = state.items[i - 1].text.lower() if i else ""
    column = state.items[i].hits[0].column
    if _says_which(state, i):
        return True
    return before in {"=", "is", "in", "on", "only", "from"} or column in (
        state.column(i - 1),
        state.column(i + 1),
    )


def _says_which(state: State, i: int) -> bool:
    """ "All sales campaigns": a value of theirs right before the things, and no measure.

    After a ranking it is one: "top revenue campaigns".
    """
    item, noun = state.items[i], i + 1
    thing = state.column(noun) if state.free(noun) else None
    if thing is None or not state.items[noun].plural or item.hits[0].quality != "exact":
        return False
    ranks = ("top", "bottom", "best", "worst", "highest", "lowest", "rank", "order", "by")
    before = state.prev(i)
    led = before >= 0 and (state.items[before].any_of(*ranks) or state.has_number(before))
    return not led


def _take_value(state: State, i: int) -> None:
    """Use the value with the words that belong to it: its column's name, "named", "="."""
    item = state.items[i]
    hit = item.hits[0]
    state.take(i)
    if hit.quality == "fuzzy":
        state.out.cost("typo")
    if hit.quality == "partial":
        state.out.cost("partial_value" if len(hit.values) == 1 else "partial_values")
        if len(hit.values) == 1:
            state.out.notes.append(Note("note.read_as", said=item.text, meant=hit.values[0]))
    elif hit.quality == "alias":
        state.out.notes.append(Note("note.read_as", said=item.text, meant=hit.values[0]))
    left = state.prev(i)
    while (
        left >= 0
        and state.items[left].any_of("contains", "starts", "named", "eq", "only", "not", "ne")
        and not state.items[left].targets
    ):
        if state.items[left].any_of("not", "ne"):
            break
        state.take(left)
        left = state.prev(left)
    named = _column_of(hit.column, state)
    _take_noun(state, i, hit.column)
    if (
        left >= 0
        and state.column(left) in named
        and state.free(left)
        and not state.items[left].plural
    ):
        state.take(left)
    counted = state.metric(left) if left >= 0 and state.free(left) else None
    if counted and not state.items[left].plural and state.measure_column(counted) == hit.column:
        state.take(left)  # the "order" of "order A-1005"
    right = state.next(i)
    grouped = any(item.text.lower() in _GROUPING for item in state.items[i + 1 : right])
    if right < len(state.items) and state.is_free(right, "in_name"):
        state.take(right)
        right = state.next(right)
    if (
        right < len(state.items)
        and not grouped
        and state.free(right)
        and state.column(right) in named
        and (
            not state.items[right].plural
            or (hit.quality in ("exact", "alias") and hit.column not in _entity(state))
        )
    ):
        state.take(right)


def _take_noun(state: State, i: int, column: str) -> None:
    """The "customers" of "VIP customers", where VIP is a customer segment."""
    spec = state.table.column(column)
    words = {*name_stems(column), *name_stems(spec.label if spec else "")}
    for k in (i + 1, i - 1):
        if not state.free(k):
            continue
        item = state.items[k]
        if len(item.stemmed) != 1 or item.stemmed[0] not in words or item.hits:
            continue
        if not item.targets or (k == i + 1 and _says_whose(state, k)):
            state.take(k)


def _says_whose(state: State, k: int) -> bool:
    """The "publishers" of "clicks from content publishers by country": no second breakdown."""
    if state.free(k + 1) and state.metric(k + 1):
        return state.items[k].plural  # "returning customers revenue"
    measured = any(state.metric(j) for j in range(k))
    if measured and k > 1 and state.items[k - 2].text.lower() in _SAID_OF:
        return state.items[k].plural  # "sales from cashback publishers in October"
    return (
        measured
        and state.items[k].plural
        and any(
            state.items[j].any_of("by", "per_group") and state.column(j + 1)
            for j in range(k + 1, len(state.items) - 1)
        )
    )


def people(state: State) -> None:
    """The "users" of "revenue from desktop users": whom a value is said of, with a measure."""
    for i in range(2, len(state.items)):
        if not state.is_free(i, "people") or state.items[i].targets or not state.out.metrics:
            continue
        said_of = state.items[i - 1].hits and i - 1 in state.used
        if said_of and state.items[i - 2].kind == "word" and state.items[i - 2].any_of("of_whom"):
            state.take(i)


def _column_of(column: str, state: State) -> set[str]:
    """The column itself and the identifier or name that stands for the same thing."""
    spec = state.table.column(column)
    twins = {c.name for c in state.table.columns if c.identified_by == column}
    return {column, *twins, *([spec.identified_by] if spec and spec.identified_by else [])}


def _entity(state: State) -> set[str]:
    """Columns whose values are things one lists (campaigns, customers), not attributes of them."""
    return {c.name for c in state.table.columns if c.identified_by or c.role is Role.IDENTIFIER}


def _value_filter(column: str, items: list[Item], *, negated: bool) -> Filter:
    hits = [item.hits[0] for item in items]
    if len(hits) == 1 and hits[0].quality == "partial" and len(hits[0].values) > 1:
        words = hits[0].words
        if all(words.casefold() in value.casefold() for value in hits[0].values):
            return Filter(
                column=column, op="not contains" if negated else "contains", values=(words,)
            )
    found = tuple(dict.fromkeys(value for hit in hits for value in hit.values))
    if len(found) == 1:
        return Filter(column=column, op="!=" if negated else "=", values=found)
    op: FilterOp = "not in" if negated else "in"
    return Filter(column=column, op=op, values=found)


def _in_column(state: State, word: Item, column: str) -> bool:
    """Whether a value of the column has the word, which may be one of another column in full."""
    words = tuple(word.text.lower().split())
    found = state.context.values.partial(words, word.text.lower()) if word.hits else ()
    return any(hit.column == column for hit in (*word.hits, *found))


def patterns(state: State) -> None:
    """campaigns containing X, starting with X, where X is a quoted or unknown word."""
    for i, item in enumerate(state.items):
        if not state.free(i) or not item.any_of("contains", "starts", "named"):
            continue
        j = state.next(i)
        column = next((state.column(k) for k in range(i - 1, -1, -1) if state.column(k)), None)
        if j >= len(state.items) or column is None or not state.free(j):
            continue
        word = state.items[j]
        explicit = word.kind == "quoted" or item.any_of("starts") or _in_column(state, word, column)
        if not explicit or word.period or (word.targets and not word.hits):
            continue
        spec = state.table.column(column)
        if spec is None or spec.role is Role.MEASURE:
            continue
        before = state.prev(i)
        negated = state.is_free(before, "not")
        whole = item.any_of("named") and any(h.quality == "exact" for h in word.hits)
        if whole and not negated:
            continue  # named in full: a plain value
        op: FilterOp = (
            "starts with" if item.any_of("starts") else "not contains" if negated else "contains"
        )
        state.take(i, j, *([before] if negated else []))
        after = state.next(j)
        if state.is_free(after, "in_name"):
            state.take(after)
        text = word.text
        if op == "starts with" and word.hits:
            text = next(
                (
                    v[: len(text)]
                    for v in word.hits[0].values
                    if v.casefold().startswith(text.casefold())
                ),
                text,
            )
        state.out.filters.append(Filter(column=column, op=op, values=(text,)))
