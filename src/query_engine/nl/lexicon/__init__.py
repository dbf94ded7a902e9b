"""The grammar words of each language, read once from the TOML files in this folder."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from src.query_engine.nl.text import Token, tokenise

Phrase = tuple[str, ...]


def phrase_of(text: str) -> Phrase:
    """The stems a phrase of the lexicon is compared by."""
    tokens = tokenise(text)
    return tuple(t.stem for t in tokens if t.kind != "punct" or t.text == "," or len(tokens) == 1)


@dataclass(slots=True)
class PhraseBook:
    """Phrases with what they mean; finds all lengths that match at a position."""

    meanings: dict[Phrase, set[str]] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)

    def add(self, phrases: Iterable[str], meaning: str) -> None:
        for text in phrases:
            phrase = phrase_of(text)
            if phrase:
                self.meanings.setdefault(phrase, set()).add(meaning)
                self.longest[phrase[0]] = max(self.longest.get(phrase[0], 0), len(phrase))

    def at(self, tokens: tuple[Token, ...], start: int) -> dict[int, frozenset[str]]:
        """Length in tokens to meanings, for every phrase that starts at `start`."""
        found: dict[int, frozenset[str]] = {}
        reach = self.longest.get(tokens[start].stem, 0)
        for length in range(1, min(reach, len(tokens) - start) + 1):
            meanings = self.meanings.get(tuple(t.stem for t in tokens[start : start + length]))
            if meanings:
                found[length] = frozenset(meanings)
        return found


@dataclass(slots=True)
class Lexicon:
    """All languages together: a question may mix them.

    Attributes:
        grammar: phrases to categories: names of `[grammar]`, ``filler``, ``absent``, and
            ``unsupported:KIND``.
        time: phrases to canonical tokens of the period rules.
        money: words for what a table of sales earns, whatever it calls the amount.
        outlay: words for what was paid, whatever the table calls it.
        metric_words: a stem to the names of measures it stands for, first that exists wins.
    """

    grammar: PhraseBook = field(default_factory=PhraseBook)
    time: PhraseBook = field(default_factory=PhraseBook)
    numbers: dict[str, float] = field(default_factory=dict)
    money: set[Phrase] = field(default_factory=set)
    outlay: set[Phrase] = field(default_factory=set)
    metric_words: dict[Phrase, tuple[str, ...]] = field(default_factory=dict)

    def merge(self, data: Mapping[str, Any]) -> None:
        """Add one language's file."""
        self.grammar.add(data.get("filler", {}).get("words", ()), "filler")
        for category, phrases in data.get("grammar", {}).items():
            self.grammar.add(phrases, category)
        for kind, phrases in data.get("unsupported", {}).items():
            self.grammar.add(phrases, f"unsupported:{kind}")
        self.grammar.add(data.get("absent", {}).get("names", ()), "absent")
        for canon, phrases in data.get("time", {}).items():
            if isinstance(phrases, dict):
                for name, words in phrases.items():
                    self.time.add(words, f"{canon}:{name}")
            else:
                self.time.add(phrases, canon)
        for number, words in data.get("numbers", {}).items():
            self.numbers.update({" ".join(phrase_of(w)): float(number) for w in words})
        self.outlay.update(phrase_of(w) for w in data.get("outlay", {}).get("words", ()))
        self.money.update(phrase_of(w) for w in data.get("money", {}).get("words", ()))
        for word, names in data.get("metric_words", {}).items():
            phrase = phrase_of(word)
            self.metric_words[phrase] = self.metric_words.get(phrase, ()) + tuple(names)


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Every language shipped."""
    book = Lexicon()
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        if path.stem not in ("senses", "aliases", "rates", "kin"):
            book.merge(tomllib.loads(path.read_text(encoding="utf-8")))
    for name, rate in rates().items():
        book.grammar.add(rate["words"], f"rate:{name}")
        book.grammar.add(rate["words"], "absent")
    for name, sense in senses().items():
        for quality in ("good", "bad"):
            book.grammar.add(sense.get(quality, ()), f"vague:{name}:{quality}")
        book.grammar.add(sense.get("words", ()), name)
    return book


@lru_cache(maxsize=1)
def rates() -> Mapping[str, Any]:
    """Rates of two measures, from ``rates.toml``."""
    data: dict[str, Any] = tomllib.loads(
        (Path(__file__).parent / "rates.toml").read_text(encoding="utf-8")
    )
    return data


@lru_cache(maxsize=1)
def senses() -> Mapping[str, Any]:
    """What vague words can mean, from ``senses.toml``."""
    data: dict[str, Any] = tomllib.loads(
        (Path(__file__).parent / "senses.toml").read_text(encoding="utf-8")
    )
    return data


@lru_cache(maxsize=1)
def kin() -> Mapping[Phrase, tuple[str, ...]]:
    """Measures that tell much of the same as one that a table may lack, from ``kin.toml``."""
    data = tomllib.loads((Path(__file__).parent / "kin.toml").read_text(encoding="utf-8"))
    return {phrase_of(word): tuple(k["near"]) for k in data.values() for word in k["said"]}
