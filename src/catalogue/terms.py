"""Terms that stand for all forms of a word, in Russian and English, and where a text has them.

A term is one or more words that follow each other: a plain word stands for all its inflected forms
(Snowball), ``x*`` for every word that starts so, ``*x*`` for every word that holds it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[^\W_]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\u0301]")
_MIXED = re.compile(r"[^\W_]*(?:[а-я][a-z03]|[a-z03][а-я])[^\W_]*")
# Latin letters and digits that stand for Cyrillic ones in a word that is otherwise Cyrillic.
_LOOK_ALIKE = str.maketrans("abcehkmnoprtuxyi03", "авсенкмпоргтихуиоз")
_RUSSIAN = snowballstemmer.stemmer("russian")
_ENGLISH = snowballstemmer.stemmer("english")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, folded, and the numbers of the pieces of terms that it is."""

    text: str
    pieces: frozenset[int]


class Vocabulary:
    """Numbers the pieces of all terms, and knows which of them a word is."""

    def __init__(self) -> None:
        self._stems: dict[str, int] = {}
        self._parts: dict[str, int] = {}
        self._of = lru_cache(maxsize=50_000)(self._pieces)

    def term(self, text: str) -> tuple[int, ...]:
        """The numbers of a term's pieces."""
        return tuple(self._number(piece) for piece in text.split())

    def words(self, text: str) -> list[Word]:
        return [Word(word, self._of(word)) for word in _WORD.findall(fold(text))]

    def _number(self, piece: str) -> int:
        if "*" in piece:
            start = "" if piece.startswith("*") else "^"
            return self._parts.setdefault(
                start + fold(piece.strip("*")), len(self._parts) + len(self._stems)
            )
        return self._stems.setdefault(stem(fold(piece)), len(self._parts) + len(self._stems))

    def _pieces(self, word: str) -> frozenset[int]:
        numbers = {number for part, number in self._parts.items() if part in f"^{word}"}
        own = self._stems.get(stem(word))
        return frozenset(numbers if own is None else numbers | {own})


def spans(terms: Iterable[tuple[int, ...]], words: Sequence[Word]) -> Iterator[range]:
    """Where any of the terms stands."""
    for term in terms:
        for start in range(len(words) - len(term) + 1):
            if all(number in words[start + at].pieces for at, number in enumerate(term)):
                yield range(start, start + len(term))


def fold(text: str) -> str:
    """Lower case without stress marks, ``ё`` and invisible characters; Latin look-alikes in a
    Cyrillic word are made Cyrillic."""
    folded = text.lower()
    if folded.isascii():
        return folded
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKC", folded)).replace("ё", "е")
    return _MIXED.sub(lambda word: word.group().translate(_LOOK_ALIKE), folded)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word without its inflection, by Snowball; `word` is folded."""
    return str((_ENGLISH if word.isascii() else _RUSSIAN).stemWord(word))
