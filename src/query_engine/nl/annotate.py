"""Every stretch of the question with all the readings it can have."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from src.query_engine.nl.calendar import Period
from src.query_engine.nl.cleaning import cleaned
from src.query_engine.nl.context import TableContext
from src.query_engine.nl.homographs import Homographs
from src.query_engine.nl.lexicon import Lexicon, lexicon
from src.query_engine.nl.periods import PeriodFinder
from src.query_engine.nl.spelling import correct
from src.query_engine.nl.text import Token, name_stems
from src.query_engine.nl.values import ValueHit
from src.query_engine.nl.vocabulary import VERB, Target
from src.query_engine.phrases import Note

_ENDS = {"high": "highest", "low": "lowest"}
_AND_MORE = {"gte_after", "lte_after"}
_THAN = {"than", "чем"}
_PARTIAL_WORDS = 4
_WITH_A_PREPOSITION = 2
_SHORTENED = 5  # letters that tell which word a shortened one stands for
_COMMON = {"new", "old", "first", "main", "big", "second", "last", "real", "extra", "other"}
_BEFORE_A_PLACE = {"the", "in", "for", "from", "within", "outside", "across"}
_LINKS = {"of", "the", "by", "in", "for"}
_EACH = ("per", "/")
_BY = ("by", "по")
_BEFORE_A_COMMAND = {
    "to", "please", "pls", "plz", "you", "i", "we", "me", "and", "then", "can", "could", "let",
    "lets", "let's", "just", "now", "also",
}  # fmt: skip
_AFTER_A_NOUN = {*_EACH, "by", "vs", "vs.", "versus", "or"}
_ASKED = {"filler", "which", "which_one", "order", "rank", "command"}
_SAID_TO_ASK = {"filler", "participle", "command", "which"}
_OF_WHICH = {"for", "of", "on", "in", "from", "для", "по", "с", "из"}
# Words that mean something of their own only where no value of the data is called so.
_YIELDING = {
    "active", "advertised", "anything", "attainment", "negative", "roi", "still_open", "win_rate",
}  # fmt: skip
_YIELDING_TO_PARTS = {"advertised", "negative", "still_open"}
_TOLD_BY_A_PART = 4  # letters: "open" and "marketing" may be parts of names, "ad" of none
_BOUNDING = ("between", "from", "to", "and", "until", "между", "от", "с", "до", "по", "и")
_WITHIN = ("in", "during", "в", "во", "за")
_DONE_BY = {"by", "with", "via", "through", "using"}


@dataclass(frozen=True, slots=True)
class Item:
    """A stretch of tokens and everything it may stand for.

    Attributes:
        grammar: categories of the lexicon.
        targets: metrics and columns, best first; the parser reads the first.
        hits: values of the data, best first; the parser reads the first.
        plural: the words were in the plural.
        typos: how misspelled words were read.
        unsure: the word stands as a value, and could as well be a verb that asks for something.
    """

    text: str
    kind: str
    grammar: frozenset[str] = frozenset()
    targets: tuple[Target, ...] = ()
    hits: tuple[ValueHit, ...] = ()
    period: Period | None = None
    number: Token | None = None
    plural: bool = False
    typos: tuple[Note, ...] = ()
    stemmed: tuple[str, ...] = ()
    unsure: bool = False

    def any_of(self, *categories: str) -> bool:
        return any(category in self.grammar for category in categories)

    def vague(self) -> tuple[str, str] | None:
        """Sense and direction of a vague word: ("quality", "good")."""
        for category in sorted(self.grammar):
            if category.startswith("vague:"):
                _, sense, direction = category.split(":")
                return sense, direction
        return None


def annotate(tokens: tuple[Token, ...], context: TableContext) -> tuple[Item, ...]:
    """Cut the question into items, longest stretch first from the left."""
    corrected, typos = correct(
        cleaned(tokens, context), context.vocabulary, context.values, context.word_blocks
    )
    return tuple(_Annotator(corrected, typos, context).items())


_PLURAL_ENDINGS = ("ы", "и", "ам", "ами", "ах", "ях", "ям", "ов", "ев", "ей", "ий")


def _is_plural(token: Token) -> bool:
    """Whether a noun stands in the plural; a Russian stem differs from every form."""
    if token.norm.isascii():
        return token.norm != token.stem
    return token.norm.endswith(_PLURAL_ENDINGS)


class _Annotator:
    def __init__(
        self, tokens: tuple[Token, ...], typos: dict[int, Note], context: TableContext
    ) -> None:
        self.tokens = tokens
        self.typos = typos
        self.context = context
        self.book: Lexicon = lexicon()
        self.stemmed = tuple(t.stem for t in tokens)
        self.homographs = Homographs(tokens, context.vocabulary, context.values)
        self.periods = PeriodFinder(tokens, self.book, context.anchor, context.first)

    def items(self) -> Iterator[Item]:
        i = 0
        while i < len(self.tokens):
            item, length = self._item(i)
            yield item
            i += length

    def _item(self, i: int) -> tuple[Item, int]:
        token = self.tokens[i]
        if token.kind == "quoted":
            return self._quoted(token), 1
        names = self.context.vocabulary.at(self.stemmed, i)
        grammar = self._grammar(i, max(names, default=0))
        values = self.context.values.at(self.stemmed, i)
        period = self.periods.at(i)
        if period and not period[0].dated and self._is_in_a_name(i, period[1]):
            period = None
        if period and self._counts_within(i, period[1]):
            period = None
        lengths = {1, *grammar, *names, *values} | ({period[1]} if period else set())
        length = max(lengths)
        aside = self._set_aside(i)
        # A rate that is given for each row can still be divided anew from what it is a rate of.
        divided = any(c.startswith("rate:") for c in grammar.get(aside, ()))
        if aside >= length > 0 and not divided:
            words = self.tokens[i : i + aside]
            text = " ".join(t.text for t in words)
            return Item(text, token.kind, stemmed=self.stemmed[i : i + aside]), aside
        item = Item(
            text=" ".join(t.text for t in self.tokens[i : i + length]),
            kind=token.kind,
            grammar=grammar.get(length, frozenset()),
            targets=self._things_first(i, names.get(length, ())),
            hits=values.get(length, ()),
            period=period[0] if period and period[1] == length else None,
            number=self._number(token) if length == 1 else None,
            plural=_is_plural(token) or _is_plural(self.tokens[i + length - 1]),
            typos=tuple(self.typos[j] for j in range(i, i + length) if j in self.typos),
            stemmed=self.stemmed[i : i + length],
        )
        if length == 1 and token.norm == "record" and self._is_a_unit(i + 1):
            # "Our record month" had most, and is no row of the data.
            item = replace(item, grammar=frozenset({"highest"}), targets=())
        if length == 1 and item.stemmed[0] in _ENDS and self._is_measure(i + 1) and not item.hits:
            # "High spend" ranks by spend; elsewhere the word may be a part of a name.
            item = replace(item, grammar=frozenset({_ENDS[item.stemmed[0]]}))
        if length == 1 and item.grammar and not item.targets:
            item = self._counted_by(item, i)
        if length == 1 and item.plural and item.grammar and not item.targets:
            item = self._beside_a_measure(item, i)
        if item.hits and item.targets and self._says_which(i, length, item):
            item = replace(item, targets=())
        weak = item.grammar & _YIELDING if length == 1 else frozenset()
        if weak and item.hits:
            item = replace(item, grammar=item.grammar - weak)
        elif weak & _YIELDING_TO_PARTS and len(item.stemmed[0]) >= _TOLD_BY_A_PART:
            part = self._partial(i, replace(item, grammar=item.grammar - weak))
            if part is not None and not item.targets:
                return part
        if "command" in item.grammar and all(t.weight <= VERB for t in item.targets):
            item = replace(item, targets=())
        if item.hits and length == 1 and item.grammar:
            hits = self.homographs.hits(item, i)
            item = replace(item, hits=hits, unsure=self.homographs.unsure(item, i))
        bare = not (item.targets or item.hits or item.period or item.number)
        if bare and "participle" in item.grammar and self._done_by(i + 1):
            return replace(item, grammar=frozenset({"filler"})), length
        if bare and token.kind == "word" and not item.grammar - {"filler", "participle"}:
            return self._partial(i, item) or (self._shortened(i, self._translated(item)), length)
        if bare and "command" in item.grammar and not item.grammar - _SAID_TO_ASK:
            return self._commanded(i, item), length
        return item, length

    def _is_a_unit(self, i: int) -> bool:
        said = (
            self.book.grammar.meanings.get((self.stemmed[i],), ()) if i < len(self.stemmed) else ()
        )
        return any(name.startswith("unit_") for name in said)

    def _says_which(self, i: int, length: int, item: Item) -> bool:
        """The "traffic" of "traffic spend" and "spend for traffic": an objective, where the word
        only stands in for a measure and the data has it as a value."""
        if item.hits[0].quality != "exact" or any(t.weight > VERB for t in item.targets):
            return False
        after = i + length
        found = self.context.vocabulary.at(self.stemmed, after) if after < len(self.tokens) else {}
        return bool(found) or (i > 0 and self.tokens[i - 1].norm in _OF_WHICH)

    def _counts_within(self, i: int, length: int) -> bool:
        """The 3 of "ROAS above 3 in September" is no day of that month, nor are the numbers of
        "between 5 and 10 in September"."""
        span = self.tokens[i : i + length]
        led = span[0].kind == "number" or span[0].norm in _BOUNDING
        pairs = itertools.pairwise(span)
        return led and any(a.kind == "number" and b.norm in _WITHIN for a, b in pairs)

    def _is_in_a_name(self, i: int, length: int) -> bool:
        """The "Autumn" of "for Autumn Sale", a campaign: seasons name campaigns, too."""
        last = i + length - 1
        names = self.book.time.at(self.tokens, last).get(1, frozenset())
        word = self.tokens[last].norm
        said = any(name.startswith("seasons:") for name in names)
        return (
            said
            and length <= _WITH_A_PREPOSITION
            and bool(self.context.values.partial((word,), word))
        )

    def _set_aside(self, i: int) -> int:
        """The length of the longest name of a column at `i` that is not asked about."""
        known = self.context.set_aside
        reach = range(1, max(map(len, known), default=0) + 1)
        return max((n for n in reach if self.stemmed[i : i + n] in known), default=0)

    def _things_first(self, i: int, targets: tuple[Target, ...]) -> tuple[Target, ...]:
        """ "Spend by goal" is broken down by goals where the table has them, not goals reached."""
        if len({t.kind for t in targets}) < 2 or not i or self.tokens[i - 1].norm not in _BY:
            return targets
        return tuple(sorted(targets, key=lambda target: target.kind != "column"))

    def _commanded(self, i: int, item: Item) -> Item:
        """ "Search campaigns" may be those with "Search" in their names, or ask for all of them."""
        word = self.tokens[i].norm
        after = self.context.vocabulary.at(self.stemmed, 1) if i == 0 < len(self.tokens) - 1 else {}
        named = {target.name for targets in after.values() for target in targets}
        measured = self._is_measure(1)
        hits = tuple(
            hit
            for hit in (self.context.values.partial((word,), word) if named else ())
            if measured or hit.column in named
        )
        return replace(item, hits=hits, unsure=bool(hits))

    def _done_by(self, i: int) -> bool:
        """ "Paid by Klarna" names the payment by its value, and nothing called "paid_social"."""
        by = i + 1 < len(self.tokens) and self.tokens[i].norm in _DONE_BY
        return by and bool(self.context.values.full((self.stemmed[i + 1],)))

    def _counted_by(self, item: Item, i: int) -> Item:
        """The "view" of "likes per view" and "over 100 views": a measure, whatever else it says."""
        before = self.tokens[i - 1] if i else None
        targets = tuple(self.context.vocabulary.shadowed.get(item.stemmed, ()))
        if before is None or not targets or not (before.text == "per" or before.kind == "number"):
            return item
        return replace(item, targets=targets, grammar=frozenset())

    def _beside_a_measure(self, item: Item, i: int) -> Item:
        """The "shares" of "comments and shares": a measure, listed with another one."""
        targets = tuple(self.context.vocabulary.shadowed.get(item.stemmed, ()))
        for joiner, other in ((i - 1, i - 2), (i + 1, i + 2)):
            listed = 0 <= joiner < len(self.tokens) and self._joins(joiner)
            if listed and targets and self._ends_a_measure(other, before=other < i):
                return replace(item, targets=targets, grammar=frozenset())
        return item

    def _joins(self, i: int) -> bool:
        return "and" in self.book.grammar.meanings.get((self.stemmed[i],), ())

    def _ends_a_measure(self, i: int, *, before: bool) -> bool:
        if not 0 <= i < len(self.tokens):
            return False
        if not before:
            found = self.context.vocabulary.at(self.stemmed, i)
            return any(t.kind == "metric" for ts in found.values() for t in ts)
        return any(
            t.kind == "metric"
            for start in range(max(0, i - 3), i + 1)
            for t in self.context.vocabulary.at(self.stemmed, start).get(i - start + 1, ())
        )

    def _grammar(self, i: int, named: int) -> dict[int, frozenset[str]]:
        """Grammar phrases at `i`, less those that only look so beside a name of the data.

        Nobody sorts by "orders by", and "quantity of" is the quantity where that is a column.
        """
        found: dict[int, frozenset[str]] = {}
        if self._is_a_place(i):
            return found
        norm = self.tokens[i].norm
        plural = norm.isascii() and norm != self.stemmed[i]
        for length, meanings in self.book.grammar.at(self.tokens, i).items():
            core = length
            while core > 1 and self.stemmed[i + core - 1] in _LINKS:
                core -= 1
            if named and named >= core and length > core and not meanings & {"order"}:
                continue
            absent = "absent" in meanings and "per" not in self.stemmed[i : i + length]
            last_measured = self._is_measure(i + length - 1) and not self._is_measure(i + length)
            if length > 1 and last_measured and not absent:
                continue  # "the highest total", where Total is what is measured
            if length > 1 and meanings & {"by", "order"} and i and self._says_by(i - 1):
                continue  # neither "per group by leads" groups, nor "per order by day" orders
            if meanings <= _AND_MORE and self._counts_on(i + length):
                continue  # "3 and more" ends there; "and more than 100 clicks" begins
            kept = meanings - {"order", "rank"} if plural else meanings
            if length == 1 and "command" in meanings and not self._commands(i, plural=plural):
                kept -= _ASKED
            if kept:
                found[length] = kept
        return found

    def _commands(self, i: int, *, plural: bool) -> bool:
        """Whether a word asks for something: "display CPA", "order by CPA". Else it is a noun that
        the data may have or lack: "CPA for display", "views by campaign", "cost per order"."""
        before = self.tokens[i - 1].norm if i else ""
        after = self.tokens[i + 1].norm if i + 1 < len(self.tokens) else ""
        if self.tokens[i].norm == "order":
            return before not in _EACH
        opens = i == 0 or before in _BEFORE_A_COMMAND or self.tokens[i - 1].kind == "punct"
        return opens and not plural and after not in _AFTER_A_NOUN

    def _is_a_place(self, i: int) -> bool:
        """ "In the US" and "in IT" are countries, of the data or not; "show us" names none."""
        token, before = self.tokens[i], self.tokens[i - 1].norm if i else ""
        placed = before in _BEFORE_A_PLACE
        if token.norm == "us" and placed:
            return True
        short = len(token.text) == len("US") and token.text.isupper() and token.kind == "word"
        shouted = all(t.text.isupper() for t in self.tokens if t.kind == "word")
        return short and not shouted and (placed or token.norm == "us")

    def _counts_on(self, i: int) -> bool:
        """Whether a number follows, or "than" and a number."""
        then = i + (self.tokens[i].norm in _THAN) if i < len(self.tokens) else i
        return then < len(self.tokens) and self._number(self.tokens[then]) is not None

    def _says_by(self, i: int) -> bool:
        return "by" in self.book.grammar.meanings.get((self.stemmed[i],), ())

    def _is_measure(self, i: int) -> bool:
        found = self.context.vocabulary.at(self.stemmed, i) if i < len(self.tokens) else {}
        return any(t.kind == "metric" and t.weight >= 0.95 for ts in found.values() for t in ts)

    def _number(self, token: Token) -> Token | None:
        if token.kind == "number":
            return token
        # "The worst ones" are no single one.
        spelled = None if token.norm == "ones" else self.book.numbers.get(token.stem)
        return replace(token, kind="number", value=spelled) if spelled is not None else None

    def _quoted(self, token: Token) -> Item:
        words = tuple(token.stem.split())
        hits = self.context.values.full(words) or self.context.values.partial(
            tuple(token.norm.split()), token.norm
        )
        return Item(text=token.text, kind="quoted", hits=hits, stemmed=words)

    def _names(self, hit: ValueHit, words: tuple[str, ...]) -> bool:
        """Whether the words name the column, not one of its values: "room" of a room type."""
        return set(words) <= set(name_stems(hit.column))

    def _translated(self, item: Item) -> Item:
        """«Ретаргетинг» where a value says "Retargeting"."""
        if item.grammar:
            return item
        hits = self.context.values.translated(item.stemmed[0], item.text.lower())
        return replace(item, hits=hits) if hits else item

    def _shortened(self, i: int, item: Item) -> Item:
        """«Таргет» where a value says «Таргетированная реклама», and no more than one does."""
        word = item.stemmed[0]
        if item.grammar or item.hits or word.isascii() or len(word) < _SHORTENED:
            return item
        found = self.context.values.shortened(word)
        hits = self.context.values.partial(found, word) if len(found) == 1 else ()
        return replace(item, hits=hits) if len(hits) == 1 else item

    def _partial(self, i: int, item: Item) -> tuple[Item, int] | None:
        """Some words of a value: the longest run of words that some value contains."""
        if "filler" in item.grammar and (i == 0 or len(item.stemmed[0]) < 5):
            return None
        if item.plural and i and self.tokens[i - 1].kind == "number":
            return None  # "top 10 ads" names a thing, not a value with "ads" in it
        best: tuple[Item, int] | None = None
        for length in range(1, _PARTIAL_WORDS + 1):
            run = self.tokens[i : i + length]
            words = tuple(t.norm for t in run)
            if len(words) < length or any(t.kind not in ("word", "number") for t in run):
                break
            text = " ".join(t.norm for t in run)
            hits = tuple(
                h for h in self.context.values.partial(words, text) if not self._names(h, words)
            )
            if not hits:
                break
            typos = tuple(self.typos[j] for j in range(i, i + length) if j in self.typos)
            best = (
                replace(
                    item, text=" ".join(t.text for t in run), hits=hits, stemmed=words, typos=typos
                ),
                length,
            )
        if best is not None and best[1] == 1 and self.tokens[i].norm in _COMMON:
            return None  # "new conversions" are not those of "Reels - New Arrivals"
        return best
