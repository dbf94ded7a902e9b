"""Values joined by "and": those of one column stand side by side, those of two are unclear.

"CTR of search and display" asks for both CTRs, "… together" for one over both. "Pmax and mobile
cost" may mean the cost of either or of what is both; no plan is made of a guess.
"""

from __future__ import annotations

import itertools

from src.query_engine.nl.annotate import Item
from src.query_engine.nl.homographs import LOOSE
from src.query_engine.nl.reading import State, with_first
from src.query_engine.phrases import Note

_OWN_NAME = 0.9  # the weight of what a measure is called itself
_SUMMED = ("together", "total", "only", "share", "count")


def coordinate(state: State) -> None:
    """Values joined by "and" or "or" are read as values of one column where they can be."""
    for i in range(1, len(state.items) - 1):
        left, right = state.items[i - 1], state.items[i + 1]
        if not state.items[i].any_of("and", "or", "versus") or not (left.hits and right.hits):
            continue
        if left.hits[0].column == right.hits[0].column:
            continue
        shared = next(
            (h.column for h in left.hits if any(h.column == k.column for k in right.hits)), None
        )
        if shared is None:
            continue
        for at, item in ((i - 1, left), (i + 1, right)):
            hits = tuple(sorted(item.hits, key=lambda h: h.column != shared))
            state.items = with_first(state.items, at, hits=hits)


def shared_head(state: State) -> None:
    """ "Planned vs actual cost", "net revenue and gross": both measures end in the same word."""
    for i in range(1, len(state.items) - 1):
        if not state.items[i].any_of("and", "or", "versus") or state.items[i].targets:
            continue
        for bare, full in ((i - 1, i + 1), (i + 1, i - 1)):
            word, name = state.items[bare], state.items[full]
            known = word.targets or word.hits or word.period or word.number or word.grammar
            if known or not state.metric(full) or len(name.stemmed) < 2:
                continue
            found = state.context.vocabulary.phrases.get((*word.stemmed, name.stemmed[-1]), [])
            measures = tuple(t for t in found if t.kind == "metric" and t.weight >= _OWN_NAME)
            if measures:
                state.items = with_first(state.items, bare, targets=measures)


def around_a_value(state: State) -> None:
    """«По сумме выполненных заказов»: a name that is said around a value of its rows."""
    for i in range(len(state.items) - 2):
        head, value, tail = state.items[i : i + 3]
        if head.targets or head.hits or not value.hits or value.targets or not state.free(i):
            continue
        found = state.context.vocabulary.phrases.get((*head.stemmed, *tail.stemmed), [])
        measures = tuple(t for t in found if t.kind == "metric" and t.weight >= _OWN_NAME)
        if measures and state.free(i + 2):
            state.take(i)
            state.items = with_first(state.items, i + 2, targets=measures, grammar=frozenset())


def across_columns(state: State) -> None:
    """Refuse "X and Y" and "X or Y" where X and Y are values of different columns."""
    for i in range(1, len(state.items) - 1):
        item = state.items[i]
        if not item.any_of("and", "or") or item.text == "," or item.targets or item.hits:
            continue
        if i in state.used:
            continue  # either of two conditions
        left, right = state.items[i - 1], state.items[i + 1]
        if _value(state, left) and _value(state, right):
            columns = (left.hits[0].column, right.hits[0].column)
            if columns[0] != columns[1]:
                names = [_label(state, c) for c in columns]
                state.out.refuse(
                    Note(
                        "asked.two_columns",
                        left=left.text,
                        first=names[0],
                        joined=item.text.lower(),
                        right=right.text,
                        second=names[1],
                    )
                )
                state.out.unclear = True


def _value(state: State, item: Item) -> bool:
    """Whether the item stands for a value of a column, and for nothing else."""
    return bool(item.hits) and not item.targets and not item.period and item.number is None


def _label(state: State, name: str) -> str:
    column = state.table.column(name)
    return (column.label if column else "") or name


def side_by_side(state: State) -> None:
    """Break down by the column of which several values are listed with "and"."""
    listed = _listed_columns(state)
    if len(listed) != 1 or any(item.any_of(*_SUMMED) for item in _plain(state)):
        _take_together(state)
        return
    reading, column = state.out, listed[0]
    measured = reading.metrics or reading.vague
    if not measured or reading.ranked or reading.having or reading.share or reading.limit:
        return
    if column in reading.dimensions:
        return
    if reading.dimensions:
        reading.split = column
    else:
        reading.add_dimension(column)
    spec = state.table.column(column)
    label = (spec.label if spec else "") or column
    reading.notes.append(Note("note.side_by_side", column=label))


def _plain(state: State) -> list[Item]:
    return [item for item in state.items if not (item.targets or item.hits or item.period)]


def _take_together(state: State) -> None:
    for i, item in enumerate(state.items):
        if state.is_free(i, "together") and not (item.targets or item.hits):
            state.take(i)


def _listed_columns(state: State) -> list[str]:
    """Columns of which values stand in a list with "and", and in no list with "or"."""
    found: dict[str, bool] = {}
    at = [i for i, item in enumerate(state.items) if item.hits and i in state.used]
    for left, right in itertools.pairwise(at):
        column = state.items[left].hits[0].column
        kept = any(f.column == column and f.op == "in" for f in state.out.filters)
        if not kept or state.items[right].hits[0].column != column:
            continue
        between = state.items[left + 1 : right]
        pair = (state.items[left], state.items[right])
        if not between and all(item.grammar - set(LOOSE) for item in pair):
            words = " ".join(item.text for item in pair)
            state.out.refuse(Note("asked.two_values", words=words))
        # "Meta & TikTok" and "Meta/TikTok" leave no token between
        joined = not between or any(item.any_of("and") for item in between)
        either = any(item.any_of("or", "not", "versus") for item in between)
        content = any(item.targets or item.period or item.number for item in between)
        found[column] = found.get(column, True) and joined and not either and not content
    return [column for column, both in found.items() if both]
