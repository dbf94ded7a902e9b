"""Words that are both grammar and a value of the data: "search", "display", "US", "lost"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from src.data.semantic import Aggregation
from src.query_engine.nl.lexicon import lexicon
from src.query_engine.nl.text import Token
from src.query_engine.nl.values import ValueHit, ValueIndex
from src.query_engine.nl.vocabulary import Vocabulary

if TYPE_CHECKING:
    from src.query_engine.nl.annotate import Item

# categories whose words can give way to a value right before a measure: the rest bind sentences
LOOSE = (
    "filler",
    "command",
    "which",
    "which_one",
    "fell",
    "grew",
    "change",
    "contains",
    "also",
    "what_about",
)

_ROWS = (Aggregation.COUNT_ROWS, Aggregation.COUNT_DISTINCT)
_MARKS = {"pronoun", "copula", "people", "of_whom", "per_each"}


class Homographs:
    """Decides by its neighbours whether a grammar word stands as a value."""

    def __init__(
        self, tokens: tuple[Token, ...], vocabulary: Vocabulary, values: ValueIndex
    ) -> None:
        self.tokens = tokens
        self.vocabulary = vocabulary
        self.values = values
        self.stemmed = tuple(t.stem for t in tokens)
        self.grammar = lexicon().grammar
        words = [t.text for t in tokens if t.kind == "word"]
        self.shouting = bool(words) and all(word.isupper() for word in words)

    def hits(self, item: Item, i: int) -> tuple[ValueHit, ...]:
        """The values that the one-word item at token `i` stands for here; often none."""
        return tuple(h for h in item.hits if self._stands(item, h, i))

    def unsure(self, item: Item, i: int) -> bool:
        """ "Display clicks" may be clicks of Display, or an order to show them."""
        certain = any(
            self._named(h, i) or self._coordinated(h, i) or self._written_as_stored(h, i)
            for h in item.hits
        )
        return i == 0 and bool(item.grammar & {"filler", "which"}) and not certain

    def _stands(self, item: Item, hit: ValueHit, i: int) -> bool:
        if self._named(hit, i) or self._written_as_stored(hit, i) or self._coordinated(hit, i):
            return True
        if hit.quality == "partial" and self._is(i - 1, "copula"):
            return False  # "were paid by card" is not of "paid_social"
        said = item.grammar - _MARKS
        if said and all(c == "unsupported:action" for c in said) and not self._opens(i):
            return True
        loose = all(c in LOOSE or c.startswith("unsupported:") for c in said)
        return loose and "quantifier" not in item.grammar and self._attributive(item, i)

    def _opens(self, i: int) -> bool:
        """Whether only words without content stand before: there a verb commands."""
        return all(self._is(k, "filler", "which", "and") for k in range(i))

    def _is(self, i: int, *categories: str) -> bool:
        if not 0 <= i < len(self.tokens):
            return False
        return bool(self.grammar.meanings.get((self.stemmed[i],), set()) & set(categories))

    def _names_column(self, i: int, column: str) -> bool:
        if not 0 <= i < len(self.tokens):
            return False
        targets = self.vocabulary.phrases.get((self.stemmed[i],), [])
        return any(t.kind == "column" and t.name == column for t in targets)

    def _named(self, hit: ValueHit, i: int) -> bool:
        """After "in" or "=", or beside the name of its column."""
        before = self.tokens[i - 1].norm if i else ""
        if before == "the" and i > 1:
            before = self.tokens[i - 2].norm
        if before in {"=", "in", "within", "outside", "from"}:
            return True
        return self._names_column(i - 1, hit.column) or self._names_column(i + 1, hit.column)

    def _written_as_stored(self, hit: ValueHit, i: int) -> bool:
        """In capitals where the sentence has none: "US", and "Direct" past the first word."""
        text = self.tokens[i].text
        if self.shouting or text == self.tokens[i].norm:
            return False
        return text.isupper() if i == 0 or text not in hit.values else True

    def _coordinated(self, hit: ValueHit, i: int) -> bool:
        """Joined with another value of its column: "search & display", "won vs lost"."""
        for step in (-1, 1):
            joiner, other = i + step, i + 2 * step
            beside = (
                self.values.full((self.stemmed[joiner],)) if 0 <= joiner < len(self.tokens) else ()
            )
            if any(h.column == hit.column for h in beside) and not self._measured(joiner):
                return True
            if self._is(joiner, "and", "or", "versus", "not") and self._in_column(other, hit):
                return True
            joined = 0 <= joiner < len(self.tokens) and self.tokens[joiner].text in ",&+"
            if joined and self._in_column(other, hit):
                return True
        return False

    def _in_column(self, i: int, hit: ValueHit) -> bool:
        if not 0 <= i < len(self.tokens):
            return False
        found = self.values.full((self.stemmed[i],)) or self.values.partial(
            (self.tokens[i].norm,), self.tokens[i].norm
        )
        return any(h.column == hit.column for h in found)

    def _attributive(self, item: Item, i: int) -> bool:
        """Before a measure or its rows ("search conversions", "lost deals"), or said of them."""
        if self._is(i, "pronoun"):
            if i == 0:  # no sentence opens with "us" but as a value: "US installs by month"
                return self.tokens[i].norm == "us" and self._measured(i + 1)
            return not self._is(i - 1, "filler", "which") and self._measured(i + 1)
        if i and self.tokens[i - 1].norm in {"via", "through", "on", "for", "by", "except"}:
            return True
        if self._is(i - 1, "copula") and not item.grammar & {"filler"}:
            return not self._measured(i + 1)
        if item.grammar & {"fell", "grew", "change"}:
            return self._counted(i + 1)
        return self._measured(i + 1)

    def _measured(self, i: int) -> bool:
        found = self.vocabulary.at(self.stemmed, i) if i < len(self.tokens) else {}
        return any(t.kind in ("metric", "rows") for targets in found.values() for t in targets)

    def _counted(self, i: int) -> bool:
        found = self.vocabulary.at(self.stemmed, i) if i < len(self.tokens) else {}
        rows = {m.name for m in self.vocabulary.table.metrics if m.aggregation in _ROWS}
        return any(
            t.kind == "rows" or t.name in rows for targets in found.values() for t in targets
        )
