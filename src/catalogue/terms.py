"""Terms that stand for all forms of a word, in Russian and English, and where a text has them.

A term is one or more pieces that follow each other:

    word     every inflected form of it (Snowball)
    =word    this form only
    start*   every word that begins so
    *part*   every word that holds it
    ~start   every word that begins so, or with one slip: a letter wrong, missing, doubled, swapped
    *        any one word
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Generic, NamedTuple, TypeVar

from rapidfuzz.distance import OSA

from src.stems import snowball

_WORD = re.compile(r"[^\W_]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\u0301]")
_UNUSUAL = re.compile("[^\x00-\x7fА-Яа-я«»–—“”„]")  # what folding may change, beside the case
_SEAM = re.compile(r"[a-z03](?:(?<=[а-я].)|(?=[а-я]))")  # quick: most letters are passed over
_MIXED = re.compile(r"[^\W_]*(?:[а-я][a-z03]|[a-z03][а-я])[^\W_]*")
# Latin letters and digits that stand for Cyrillic ones in a word that is otherwise Cyrillic.
_LOOK_ALIKE = str.maketrans("abcehkmnoprtuxyi03", "авсенкмпоргтихуиоз")
# Latin letters without their accents (``Silk-épil`` is ``silk epil``), and ``е`` for ``ё``.
_BARE = {
    ord(letter): unicodedata.normalize("NFD", letter)[0] for letter in map(chr, range(0xDF, 0x180))
} | {ord("ё"): "е"}
_HISSING = re.compile("([жчшщ])ат$")
_ANY = 0
_NO_PIECES: frozenset[int] = frozenset()
_CACHED_WORDS = 16_384  # about 5 MB
_CACHED_BEGINNINGS = 1024
_SHORT = 3  # characters
_begins = attrgetter("begins")
L = TypeVar("L")


class Word(NamedTuple):
    """A word of a text, folded, the numbers of the pieces of terms that it is, and whether a term
    may begin with it."""

    text: str
    pieces: frozenset[int]
    begins: bool


class Vocabulary:
    """Numbers the pieces of all terms, and knows which of them a word is."""

    def __init__(self) -> None:
        self._count = _ANY
        self._stems: dict[str, int] = {}
        self._exact: dict[str, int] = {}
        self._parts: dict[str, int] = {}
        self._slips: dict[str, int] = {}
        self._firsts: set[int] = set()
        self._known: dict[str, Word] = {}

    def term(self, text: str) -> tuple[int, ...]:
        """The numbers of a term's pieces."""
        numbers = tuple(self._number(piece) for piece in text.split())
        self._firsts.update(numbers[:1])
        self._known.clear()
        return numbers

    def words(self, text: str) -> list[Word]:
        """The words of a text, in order; none at all when no term can begin in it."""
        known = self._known
        words = [known.get(word) or self._read(word) for word in words_of(text)]
        return words if any(map(_begins, words)) else []

    def _read(self, word: str) -> Word:
        plain = word.isalpha()
        pieces = self._pieces(word) if plain else self._bare(word)
        read = Word(word, pieces, not self._firsts.isdisjoint((*pieces, _ANY)))
        # Longer numbers and articles are new ones all the time, and would only push words out.
        if plain or len(word) <= _SHORT:
            if len(self._known) >= _CACHED_WORDS:
                self._known.clear()
            self._known[word] = read
        return read

    def _number(self, piece: str) -> int:
        if piece == "*":
            return _ANY
        word = fold(piece.strip("*=~"))
        if piece.startswith("="):
            table = self._exact
        elif piece.startswith("~"):
            table = self._slips
        elif "*" in piece:
            table, word = self._parts, word if piece.startswith("*") else f"^{word}"
        else:
            table, word = self._stems, stem(word)
        if word not in table:
            self._count += 1
            table[word] = self._count
        return table[word]

    def _bare(self, word: str) -> frozenset[int]:
        """Of a number or an article, which has no forms."""
        number = self._exact.get(word)
        return _NO_PIECES if number is None else frozenset({number})

    def _pieces(self, word: str) -> frozenset[int]:
        found = {number for part, number in self._parts.items() if part in f"^{word}"}
        found |= {number for start, number in self._slips.items() if _slipped(word, start)}
        own = (self._stems.get(stem(word)), self._exact.get(word))
        return frozenset(found | {number for number in own if number is not None})


class Terms(Generic[L]):
    """Labelled terms, all looked for at once by the first piece of each: a text has few of the
    words that a long list begins with."""

    def __init__(self, terms: Iterable[tuple[tuple[int, ...], L]]) -> None:
        self._by_first: dict[int, list[tuple[tuple[int, ...], L]]] = {}
        for term, label in terms:
            if term:
                self._by_first.setdefault(term[0], []).append((term, label))
        self.vague = _ANY in self._by_first  # a term may begin with any word
        self._begun = lru_cache(maxsize=_CACHED_BEGINNINGS)(self._beginning)

    def spans(self, words: Sequence[Word]) -> Iterator[tuple[L, range]]:
        """The label and the place of every term that stands in a text, from the left."""
        for start, word in enumerate(words):
            if not word.begins:
                continue
            for term, label in self._begun(word.pieces):
                if len(term) == 1 or _stands(term, words, start):
                    yield label, range(start, start + len(term))

    def _beginning(self, pieces: frozenset[int]) -> list[tuple[tuple[int, ...], L]]:
        """The terms that may begin with a word of these pieces."""
        known = self._by_first
        return [pair for first in (*pieces, _ANY) if first in known for pair in known[first]]


def _stands(term: tuple[int, ...], words: Sequence[Word], start: int) -> bool:
    """Whether the pieces of `term` after the first stand after `start`."""
    if start + len(term) > len(words):
        return False
    for at in range(1, len(term)):
        if term[at] != _ANY and term[at] not in words[start + at].pieces:
            return False
    return True


def words_of(text: str) -> list[str]:
    """The words of a text, folded, in order."""
    return _WORD.findall(fold(text))


def fold(text: str) -> str:
    """Lower case without stress marks, accents, ``ё`` and invisible characters; Latin look-alikes
    in a Cyrillic word are made Cyrillic."""
    if text.isascii():
        return text.lower()
    if _UNUSUAL.search(text):
        folded = unicodedata.normalize("NFKC", text).lower()
        folded = _INVISIBLE.sub("", folded).translate(_BARE)
    else:
        folded = text.lower()
    if not _SEAM.search(folded):
        return folded
    return _MIXED.sub(lambda word: word.group().translate(_LOOK_ALIKE), folded)


@lru_cache(maxsize=_CACHED_WORDS)
def stem(word: str) -> str:
    """The word without its inflection, by Snowball; `word` is folded."""
    if word.isascii():
        return snowball(word, "english")
    # Snowball knows ``лечит`` and ``лечить``, not ``лечат``.
    return snowball(_HISSING.sub(r"\1ит", word), "russian")


def _slipped(word: str, start: str) -> bool:
    """Whether the word begins with `start`, one slip allowed after its first letter."""
    if word[:1] != start[:1] or len(word) < len(start) - 1:
        return False
    size = len(start)
    return any(
        OSA.distance(word[:length], start, score_cutoff=1) <= 1
        for length in (size, size - 1, size + 1)
    )
