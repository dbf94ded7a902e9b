"""Words as they were meant: misspelled ones, and Russian forms that lose a vowel."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from rapidfuzz.distance import OSA

from src.query_engine.nl.lexicon import lexicon
from src.query_engine.nl.text import Token, stem
from src.query_engine.nl.values import ValueIndex, nearest_word
from src.query_engine.nl.vocabulary import Vocabulary
from src.query_engine.phrases import Note

Blocks = dict[tuple[str, int], list[str]]
_FULL_NAME = 0.95


@lru_cache(maxsize=1)
def grammar_words() -> frozenset[str]:
    """Words a typo may be corrected to: content-bearing grammar and time words."""
    book = lexicon()
    words: set[str] = set()
    for phrase, meanings in book.grammar.meanings.items():
        if meanings - {"filler", "absent"} and len(phrase) <= 2:
            words.update(word for word in phrase if len(word) > 4)
    for phrase in book.time.meanings:
        words.update(word for word in phrase if len(word) > 4)
    return frozenset(words)


@lru_cache(maxsize=1)
def _known_words() -> frozenset[str]:
    """Every word of the lexicon: none of them is a misspelling of something else."""
    book = lexicon()
    words: set[str] = set(book.numbers)
    for phrases in (book.grammar.meanings, book.time.meanings, book.metric_words):
        for phrase in phrases:
            words.update(phrase)
    return frozenset(words)


def correct(
    tokens: tuple[Token, ...], vocabulary: Vocabulary, values: ValueIndex, word_blocks: Blocks
) -> tuple[tuple[Token, ...], dict[int, Note]]:
    """Replace misspelled words by the word of the model, the lexicon or the data they mean."""
    fixed: list[Token] = list(tokens)
    typos: dict[int, Note] = {}
    known = _known_words()
    for i, token in enumerate(tokens):
        if token.kind != "word":
            continue
        if form := _without_vowel(token, vocabulary, values):
            fixed[i] = replace(token, norm=form, stem=form)
            continue
        if token.stem in known or token.norm in known:
            continue
        if token.stem in vocabulary.words or token.norm in values.postings:
            continue
        if (token.stem,) in vocabulary.phrases or token.stem in values.longest:
            continue
        word = nearest_word(token.stem, word_blocks) or values.typo(token.stem)
        if word and (word in vocabulary.words or _may_be(token, word, i, values)):
            whole = word in values.postings  # as written; names of the model come as stems
            fixed[i] = replace(token, norm=word, stem=stem(word) if whole else word)
            if not _inflected(token, word):
                typos[i] = Note("note.typo", said=token.text, meant=word)
    return tuple(fixed), typos


def _without_vowel(token: Token, vocabulary: Vocabulary, values: ValueIndex) -> str | None:
    """The stem of "Сделки" for "сделок", where the data has the one and not the other.

    The name in full comes before an everyday word for another measure.
    """
    said = token.stem
    if said.isascii() or len(said) < 4 or said[-2] not in "ое":
        return None
    form = said[:-2] + said[-1]
    named = vocabulary.phrases.get((form,), ())
    rivals = vocabulary.phrases.get((said,), ())
    if named and named[0].weight >= _FULL_NAME:
        return form if not rivals or rivals[0].weight < named[0].weight else None
    known = rivals or token.norm in values.postings or said in values.longest
    return form if not known and form in values.longest else None


def _inflected(token: Token, word: str) -> bool:
    """Whether a Russian form only looks like a slip, as "заявок" and "директа" do."""
    if token.norm.isascii():
        return False
    fleeting = token.stem[-2:-1] in ("о", "е") and token.stem[:-2] + token.stem[-1:] == word
    return fleeting or token.stem == word


def _may_be(token: Token, word: str, i: int, values: ValueIndex) -> bool:
    """Whether a word that is none of the model's names may be a slip for `word`.

    A capital inside the sentence starts a name, and a name is a value of the data, a month or a
    weekday, or unknown; what it is not is a misspelled verb.
    """
    longer, shorter = sorted((token.stem, word), key=len, reverse=True)
    if not word.isascii() and longer.startswith(shorter) and word not in values.postings:
        return False  # «выходил» has another suffix than «выходные»: another word, no slip
    if word in values.postings or word in _time_words():
        return True
    named = i > 0 and token.text[:1].isupper()
    return not named and OSA.distance(token.stem, word) <= 1


@lru_cache(maxsize=1)
def _time_words() -> frozenset[str]:
    return frozenset(word for phrase in lexicon().time.meanings for word in phrase)
