"""The values of a table's text columns, found by name, alias, some of their words, or a typo."""

from __future__ import annotations

import itertools
import tomllib
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

from rapidfuzz.distance import OSA

from src.data.profile import Dataset
from src.data.semantic import Role, Table
from src.query_engine.nl.text import normalise, plain_words, stems

Quality = Literal["exact", "alias", "partial", "fuzzy"]
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю")
_VOWELS = set("aeiouyаеиоуыэюя")
_ALIKE = ({"c", "s"}, {"c", "k"}, {"s", "z"}, {"i", "y"})
_MANY = 500
_ADJECTIVE_ENDINGS = ("ая", "ый", "ий", "ое", "ые", "ой")


@dataclass(frozen=True, slots=True)
class ValueHit:
    """Values of one column that some words of the question may mean.

    Attributes:
        values: as stored, most frequent first.
        coverage: the share of the value's words that the question said, 0 to 1.
        words: the words matched, as one text; what a ``contains`` filter looks for.
    """

    column: str
    values: tuple[str, ...]
    quality: Quality
    coverage: float
    words: str


@dataclass(slots=True)
class ValueIndex:
    """Built once per data set; look-ups are dictionary reads."""

    exact: dict[tuple[str, ...], list[tuple[str, str]]] = field(default_factory=dict)
    postings: dict[str, list[int]] = field(default_factory=dict)
    entries: list[tuple[str, str, int]] = field(default_factory=list)
    longest: dict[str, int] = field(default_factory=dict)
    blocks: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    aliases: dict[tuple[str, ...], list[tuple[str, str]]] = field(default_factory=dict)
    adjectives: list[str] = field(default_factory=list)

    def at(self, stemmed: tuple[str, ...], start: int) -> dict[int, tuple[ValueHit, ...]]:
        """Length in tokens to hits of full values or aliases that start at `start`."""
        found: dict[int, tuple[ValueHit, ...]] = {}
        for length in range(1, min(self.longest.get(stemmed[start], 0), len(stemmed) - start) + 1):
            hits = self.full(stemmed[start : start + length])
            if hits:
                found[length] = hits
        return found

    def full(self, phrase: tuple[str, ...]) -> tuple[ValueHit, ...]:
        """Hits of exactly these words."""
        hits = _by_column(self.exact.get(phrase, ()), "exact", " ".join(phrase))
        return hits or _by_column(self.aliases.get(phrase, ()), "alias", " ".join(phrase))

    def partial(self, words: tuple[str, ...], text: str) -> tuple[ValueHit, ...]:
        """Values that contain all these words, a hit per column, best covered first."""
        lists = [self.postings.get(word) for word in words]
        if not lists or not all(lists):
            return ()
        smallest = min((ids for ids in lists if ids), key=len)
        common = set(smallest).intersection(*(ids for ids in lists if ids))
        columns: dict[str, list[int]] = defaultdict(list)
        for entry in sorted(common):
            columns[self.entries[entry][0]].append(entry)
        hits = [
            ValueHit(
                column,
                tuple(self.entries[i][1] for i in ids[:_MANY]),
                "partial",
                len(words) / (sum(self.entries[i][2] for i in ids) / len(ids)),
                text,
            )
            for column, ids in columns.items()
        ]
        return tuple(sorted(hits, key=lambda h: (-h.coverage, len(h.values))))

    def translated(self, stem: str, text: str) -> tuple[ValueHit, ...]:
        """Values with the word in the other language: "Retargeting - Cart" for «ретаргетинг»."""
        values: dict[str, dict[str, None]] = {}
        for word in _other_words().get(stem, ()):
            for hit in self.partial((word,), text):
                values.setdefault(hit.column, {}).update(dict.fromkeys(hit.values))
        return tuple(
            ValueHit(column, tuple(found), "partial", 0.5, text) for column, found in values.items()
        )

    def shortened(self, stem: str) -> tuple[str, ...]:
        """The adjectives of values that a noun is short for: «таргет» for «таргетированная»."""
        start = bisect_left(self.adjectives, stem)
        return tuple(itertools.takewhile(lambda w: w.startswith(stem), self.adjectives[start:]))

    def typo(self, word: str) -> str | None:
        """The word of some value that `word` is a misspelling of, or None."""
        return nearest_word(word, self.blocks)


def build_values(table: Table, dataset: Dataset) -> ValueIndex:
    """Index the text values of the table's dimensions and identifiers."""
    index = ValueIndex()
    profile = dataset.profile.tables.get(table.name)
    postings: dict[str, list[int]] = defaultdict(list)
    for column in table.columns:
        if column.role not in (Role.DIMENSION, Role.IDENTIFIER) or profile is None:
            continue
        measured = profile.columns.get(column.name)
        values = measured.values if measured else ()
        for value in values:
            words = stems(value)
            if not words:
                continue
            index.exact.setdefault(words, []).append((column.name, value))
            if "&" in value:
                _alias(index, stems(value.replace("&", " and ")), column.name, value)
            index.longest[words[0]] = max(index.longest.get(words[0], 0), len(words))
            for word in set(plain_words(value)):
                postings[word].append(len(index.entries))
            index.entries.append((column.name, value, len(words)))
        _add_aliases(index, column.name, column.concept, values)
    index.postings = dict(postings)
    index.adjectives = sorted(
        w for w in postings if not w.isascii() and w.endswith(_ADJECTIVE_ENDINGS)
    )
    index.blocks = blocks(index.postings)
    return index


def _by_column(
    found: list[tuple[str, str]] | tuple[()], quality: Quality, words: str
) -> tuple[ValueHit, ...]:
    columns: dict[str, list[str]] = {}
    for column, value in found:
        columns.setdefault(column, []).append(value)
    return tuple(
        ValueHit(column, tuple(values), quality, 1.0, words) for column, values in columns.items()
    )


@lru_cache(maxsize=1)
def _alias_data() -> dict[str, list[str]]:
    path = Path(__file__).parent / "lexicon" / "aliases.toml"
    data: dict[str, list[str]] = tomllib.loads(path.read_text(encoding="utf-8"))["values"]
    return data


@lru_cache(maxsize=1)
def _other_words() -> dict[str, list[str]]:
    """Stems to words of the other language."""
    path = Path(__file__).parent / "lexicon" / "aliases.toml"
    data: dict[str, list[str]] = tomllib.loads(path.read_text(encoding="utf-8"))["words"]
    return {" ".join(stems(word)): others for word, others in data.items()}


@lru_cache(maxsize=4)
def _territories(language: str) -> dict[str, tuple[str, ...]]:
    from babel import Locale

    return {
        code: stems(name) for code, name in Locale(language).territories.items() if code.isalpha()
    }


def _add_aliases(
    index: ValueIndex, column: str, concept: str | None, values: tuple[str, ...]
) -> None:
    """Other names for values: products of the ad platforms, devices, and countries by ISO code."""
    if len(values) > 5000:
        return
    known = {normalise(value): value for value in values}
    for stored, names in _alias_data().items():
        if stored in known:
            for name in names:
                _alias(index, stems(name), column, known[stored])
    codes = [value for value in values if len(value) == 2 and value.isupper()]
    territories = _territories("en")
    if codes and sum(code in territories for code in codes) >= 0.8 * len(values):
        for language in ("en", "ru"):
            names_by_code = _territories(language)
            for code in codes:
                if code in names_by_code:
                    _alias(index, names_by_code[code], column, code)


def _alias(index: ValueIndex, phrase: tuple[str, ...], column: str, value: str) -> None:
    if not phrase or phrase in index.exact:
        return
    index.aliases.setdefault(phrase, []).append((column, value))
    index.longest[phrase[0]] = max(index.longest.get(phrase[0], 0), len(phrase))


def blocks(words: dict[str, list[int]] | set[str]) -> dict[tuple[str, int], list[str]]:
    """Words by first letter and length: a misspelling keeps the one, nearly the other."""
    made: dict[tuple[str, int], list[str]] = defaultdict(list)
    for word in words:
        if len(word) >= 4 and not any(c.isdigit() for c in word):
            made[word[0], len(word)].append(word)
    return dict(made)


def nearest_word(word: str, index: dict[tuple[str, int], list[str]]) -> str | None:
    """The only plausible word that `word` misspells: one slip, two in a word of eight letters."""
    if len(word) < 4 or not word.isalpha():
        return None
    allowed = 1 if len(word) < 8 else 2
    best: list[tuple[int, str]] = []
    for length in range(len(word) - allowed, len(word) + allowed + 1):
        for known in index.get((word[0], length), ()):
            distance = OSA.distance(word, known, score_cutoff=allowed)
            if distance <= allowed and _plausible(word, known):
                best.append((int(distance), known))
    best.sort()
    if not best or (len(best) > 1 and best[0][0] == best[1][0]):
        return None
    return best[0][1]


def _plausible(word: str, known: str) -> bool:
    """Whether every replaced letter is a neighbour on the keyboard or a vowel for a vowel.

    "store" is one letter away from "score", yet nobody slips from c to t.
    """
    if len(word) <= 4 and len(word) != len(known):
        return "".join(letter for letter in known if letter not in _VOWELS) == word
    if len(word) != len(known):
        return True
    pairs = [(a, b) for a, b in zip(word, known, strict=True) if a != b]
    if sorted(word) == sorted(known):
        return True
    return all(_neighbours(a, b) or {a, b} <= _VOWELS for a, b in pairs)


def _neighbours(a: str, b: str) -> bool:
    if {a, b} in _ALIKE:
        return True
    for row, line in enumerate(_KEYBOARD):
        if a in line:
            at = line.index(a)
            near = line[max(0, at - 1) : at + 2]
            if row % 3:
                near += _KEYBOARD[row - 1][at : at + 2]
            if row % 3 < 2:
                near += _KEYBOARD[row + 1][max(0, at - 1) : at + 1]
            return b in near
    return False
