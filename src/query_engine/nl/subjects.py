"""Things a measure is said of, no breakdown: the "campaigns" of "spend of Meta campaigns".

A plural that names what all rows are of says which rows are meant; what to break down by is said
with "by", "per", "which", a ranking, or by naming the things first. Where it can be meant both
ways, the reading that lists the things comes second.
"""

from __future__ import annotations

from src.data.semantic import Aggregation, Role
from src.query_engine.nl.reading import State, with_first
from src.query_engine.nl.text import name_stems

# The things that rows of a marketing table are of; attributes such as a device are not among them.
_CONCEPTS = {"campaign", "ad_group", "ad", "keyword", "creative"}
_SAID_OF = {
    "of", "for", "from", "on", "across", "across all", "for all", "in", "within", "among", "over",
    "via", "through", "with", "excluding", "except", "without", "кроме", "без", "исключая", "у",
    "для", "от", "из", "в", "на", "с",
}  # fmt: skip
_ALL_OF = {"across all", "for all"}
_WHOSE = {
    "our", "all", "all our", "all the", "the", "my", "these", "those", "both", "of our", "of all",
    "наших", "наши", "наших всех", "всех", "все", "всем", "этих",
}  # fmt: skip
_LISTING = {"show", "show me", "list", "list all", "display", "give me", "find", "name", "see"}
_LISTING |= {"покажи", "выведи", "перечисли", "список"}
_RANKS = ("top", "bottom", "best", "worst", "highest", "lowest", "cheapest", "dearest", "rank")
_AMOUNT = ("how_much", "copula", "count", "total")


def said_of(state: State) -> None:
    """Use the plural of a thing that a measure before it, or the verb after it, is said of."""
    if state.out.having:
        return
    said: set[str | None] = set()
    for i in range(1, len(state.items)):
        if not _thing(state, i) or _joined(state, i):
            continue
        column = state.column(i)
        left, qualified = _before(state, i)
        again = left > 0 and column in said and state.items[left].any_of("versus", "and", "or")
        if not again and not _introduced(state, left, i):
            continue
        qualified = qualified or _value_follows(state, i)
        other = _broken_down(state, i) or _set_apart(state)
        amount = qualified or _amount_asked(state, left)
        if not other and (not amount or _lists(state)):
            continue
        _says_which(state, i)
        said.add(column)
        state.take(i, *(k for k in range(max(left, 0), i) if state.is_free(k, "of_total", "by")))
        if not other or not qualified:
            state.out.said_of = state.out.said_of or str(column)


def _thing(state: State, i: int) -> bool:
    """A free plural that names campaigns or the like, by their name or identifier."""
    if not state.free(i) or not state.items[i].plural or state.items[i].hits:
        return False
    column = state.table.column(state.column(i) or "")
    if column is None:
        return False
    known = column.concept in _CONCEPTS
    hits = state.items[i - 1].hits
    if hits and _amount_asked(state, i - 1):
        return True  # "how much did we pay macro creators"
    elsewhere = bool(hits) and hits[0].column != column.name and i > 1
    if elsewhere and state.items[i - 2].text.lower() in _SAID_OF:
        return True  # "revenue of Harbor shows"
    return known or column.role is Role.IDENTIFIER or column.identified_by is not None


def _before(state: State, i: int) -> tuple[int, bool]:
    """What introduces the things, left of the values and the "our" that say which; -1: nothing."""
    qualified, k = False, i - 1
    while k >= 0:
        item = state.items[k]
        text = item.text.lower()
        if text in ("of our", "of all"):
            return k, True
        if item.hits and state.free(k):
            qualified = True
        elif k and _names_kind(state, k):
            pass  # the "match" of "exact match keywords"
        elif text in _WHOSE:
            qualified = qualified or text != "the"
        elif not (item.any_of("and", "or") and k and state.items[k - 1].hits):
            break
        k -= 1
    return k, qualified


def _names_kind(state: State, k: int) -> bool:
    """Whether a word after a value is of the name of the value's column."""
    before, item = state.items[k - 1], state.items[k]
    if not before.hits or item.targets or item.hits:
        return False
    return set(item.stemmed) <= set(name_stems(before.hits[0].column))


def _introduced(state: State, left: int, i: int) -> bool:
    """Whether a measure is said of the things: "spend of", "did … spend", «расход кампаний»."""
    if left < 0:
        return False
    item = state.items[left]
    text = item.text.lower()
    measured = any(state.metric(k) and not state.items[k].hits for k in range(left + 1))
    if text in _SAID_OF or item.any_of("of_total"):
        everything = text in _ALL_OF and not _amount_asked(state, left)
        return measured and not everything
    if item.any_of("how_much", "copula") or text in ("do", "have", "has"):
        return any(state.metric(k) for k in range(len(state.items)) if k != i)
    asked = not text.isascii() or _amount_asked(state, left)
    return asked and state.metric(left) is not None


def _says_which(state: State, i: int) -> None:
    """The "sales" of "sales campaigns" is a value of theirs, not a measure."""
    before = state.items[i - 1]
    if before.hits and before.targets and before.hits[0].quality == "exact":
        state.items = with_first(state.items, i - 1, targets=())


def _joined(state: State, i: int) -> bool:
    """ "Campaigns and devices": one of several breakdowns."""
    after, before = i + 1, i - 1
    return (
        after + 1 < len(state.items)
        and state.items[after].any_of("and")
        and state.column(after + 1) is not None
    ) or (before > 0 and state.items[before].any_of("and") and state.column(before - 1) is not None)


def _value_follows(state: State, i: int) -> bool:
    """ "Campaigns on Meta", «кампании Яндекса»."""
    return any(
        state.items[k].hits and not state.column(k)
        for k in range(i + 1, min(i + 3, len(state.items)))
    )


def _broken_down(state: State, i: int) -> bool:
    """Whether something else is what to break down by."""
    own = {state.column(i)}
    own |= {c.name for c in state.table.columns if c.identified_by in own}
    own |= {c.identified_by for c in state.table.columns if c.name in own and c.identified_by}
    return any(
        any(c.startswith("grain_") for c in item.grammar)
        or (state.free(k) and state.column(k) and state.column(k) not in own and not item.hits)
        for k, item in enumerate(state.items)
        if k != i
    )


def _set_apart(state: State) -> bool:
    """ "Compare Meta and TikTok campaigns": values of one column stand beside each other."""
    said = [item.hits[0].column for item in state.items if item.hits]
    several = any(said.count(column) > 1 for column in said)
    return several and any(
        item.any_of("compare", "versus", "gt", "lt", "more_less") for item in state.items
    )


def _amount_asked(state: State, left: int) -> bool:
    """One figure is asked for: "how much did", "what is the total"."""
    return any(
        item.any_of(*_AMOUNT) and not item.hits and not state.metric(k)
        for k, item in enumerate(state.items[: left + 1])
    )


def _lists(state: State) -> bool:
    """The things themselves are asked for: they are to be shown, ranked, averaged or shared out."""
    first = state.items[0].text.lower()
    return first in _LISTING or any(
        not item.targets
        and (
            item.any_of(*_RANKS, "share", "rows")
            or (item.any_of("average") and _averaged(state, i))
        )
        for i, item in enumerate(state.items)
    )


def _averaged(state: State, i: int) -> bool:
    """Whether "average" takes one of each thing: the average CTR of them all is their CTR."""
    spec = state.table.metric(state.metric(state.next(i)) or "")
    return spec is None or spec.aggregation is not Aggregation.RATIO
