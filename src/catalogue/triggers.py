"""Trigger words: which products go to the model that does not refuse them.

The words are data: `triggers.toml` beside this file, over which a user's file is merged. How a term
is written and read is in `terms.py`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from src.catalogue.terms import Terms, Vocabulary, Word
from src.config.toml_lines import line_of
from src.errors import ConfigError

if TYPE_CHECKING:
    from src.config.settings import Settings

SHIPPED = Path(__file__).with_name("triggers.toml")
_CACHED_LINES = 8192
_LONG = 400  # characters; longer lines are not worth their place in the cache


@dataclass(frozen=True, slots=True)
class Match:
    """A trigger that a product carries: its category, and the words as found."""

    category: str
    found: str


class TriggerCategory(BaseModel):
    """One category of trigger words.

    Attributes:
        terms: what triggers.
        never: words and phrases that look like a term and are none.
        unless: topics, each with its terms: where one stands in the same line, in the title or in
            the product's category, the category's terms mean something else.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    terms: tuple[str, ...] = Field(min_length=1)
    never: tuple[str, ...] = ()
    unless: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    triggers: Mapping[str, TriggerCategory]


class Triggers:
    """The trigger words, ready to be matched. Safe to share between threads.

    Args:
        categories: by name, in order of precedence.
    """

    def __init__(self, categories: Mapping[str, TriggerCategory]) -> None:
        self.categories = {name: one for name, one in categories.items() if one.enabled}
        self._vocabulary = Vocabulary()
        self._rules = [_Rule(name, one) for name, one in self.categories.items()]
        self._terms = Terms(pair for rule in self._rules for pair in rule.terms(self._vocabulary))
        self._cached = lru_cache(maxsize=_CACHED_LINES)(self._read)
        # A template's own lines come with every product; only the product's are new each time.
        self._clean: set[str] = set()  # lines of prompts without a find

    @classmethod
    def load(cls, own: Path | None = None) -> Triggers:
        """The shipped words, under a user's file: its categories replace or add, key by key.

        Raises:
            ConfigError: a file cannot be read or is wrong; `where` names file and line.
        """
        merged = _toml(SHIPPED)
        if own is not None:
            theirs = _toml(own)
            for name, spec in theirs.pop("triggers", {}).items():
                known = merged["triggers"].get(name)
                merged["triggers"][name] = (
                    {**known, **spec} if known and isinstance(spec, dict) else spec
                )
            merged.update(theirs)
        try:
            return cls(_File.model_validate(merged).triggers)
        except ValidationError as error:
            raise _wrong(error, own) from None

    def match(
        self, title: str, *, type: str = "", prompt: str = "", category: str = ""
    ) -> Match | None:
        """The first trigger in the title, the content type, the product's category or the prompt.

        Prompts are read line by line, so that a word in one line says nothing about another's.
        """
        about, kind = self._line(title), self._line(category)
        known = about.topics | kind.topics
        for line in (about, self._line(type), kind):
            if line.finds and (found := line.first(known)):
                return found
        for text in prompt.splitlines():
            if text in self._clean:
                continue
            if title and text.endswith(title) and self._is_label(text[: -len(title)]):
                continue  # the title once more, which was read
            line = self._line(text)
            if not line.finds:
                self._keep_clean(text)
            elif found := line.first(known):
                return found
        return None

    def _keep_clean(self, text: str) -> None:
        if len(text) <= _LONG:
            if len(self._clean) >= _CACHED_LINES:
                self._clean.clear()
            self._clean.add(text)

    def _line(self, text: str) -> _Line:
        return self._cached(text) if len(text) <= _LONG else self._read(text)

    def _is_label(self, text: str) -> bool:
        """Whether what stands before a title ends like ``Title: `` and is no part of any term."""
        return not text or (text[-1] in " :" and self._line(text) is _NO_WORDS)

    def _read(self, text: str) -> _Line:
        words = self._vocabulary.words(text)
        if not words:
            return _NOTHING if self._terms.vague else _NO_WORDS
        places: dict[_Label, list[range]] = {}
        for label, span in self._terms.spans(words):
            places.setdefault(label, []).append(span)
        if not places:
            return _NOTHING
        found = [rule for rule in self._rules if rule.sought in places]
        finds = [find for rule in found for find in rule.finds(words, places)]
        return _Line(tuple(finds), frozenset(topic for _, topic in places if "/" in topic))


@dataclass(frozen=True, slots=True)
class _Line:
    """What one line holds: finds with the topics that would void each, and the topics it is of."""

    finds: tuple[tuple[Match, frozenset[str]], ...]
    topics: frozenset[str]

    def first(self, known: frozenset[str]) -> Match | None:
        here = self.topics | known
        return next((match for match, void in self.finds if not void & here), None)


_NOTHING = _Line((), frozenset())
_NO_WORDS = _Line((), frozenset())  # nor a word that a term could begin with


# The category and what is looked for: "terms", "never", or a topic, which has a slash in its name.
_Label = tuple[str, str]


class _Rule:
    """One category, compiled."""

    def __init__(self, name: str, spec: TriggerCategory) -> None:
        self.sought: _Label = (name, "terms")
        self._name = name
        self._spec = spec
        self._void = frozenset(f"{name}/{topic}" for topic in spec.unless)

    def terms(self, vocabulary: Vocabulary) -> Iterator[tuple[tuple[int, ...], _Label]]:
        listed = {"terms": self._spec.terms, "never": self._spec.never}
        listed |= {f"{self._name}/{topic}": terms for topic, terms in self._spec.unless.items()}
        for what, terms in listed.items():
            for term in terms:
                yield vocabulary.term(term), (self._name, what)

    def finds(
        self, words: list[Word], places: Mapping[_Label, list[range]]
    ) -> list[tuple[Match, frozenset[str]]]:
        """The terms that stand in a line which has any of them."""
        barred = {at for span in places.get((self._name, "never"), ()) for at in span}
        return [
            (Match(self._name, " ".join(words[at].text for at in span)), self._void)
            for span in places[self.sought]
            if not barred.intersection(span)
        ]


def own_triggers(settings: Settings) -> Path | None:
    """The user's file: CATALOGUE_TRIGGERS_FILE, or triggers.toml in the app's home."""
    if settings.catalogue_triggers_file is not None:
        return settings.catalogue_triggers_file
    own = settings.campaign_analyst_home / "triggers.toml"
    return own if own.is_file() else None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"The file of trigger words cannot be read: {error.strerror or error}.",
            where=str(path),
            hint="Check CATALOGUE_TRIGGERS_FILE, or remove it to use the shipped words.",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The file of trigger words is not valid TOML: {error}.",
            where=str(path),
            hint="The position is in the message; src/catalogue/triggers.toml is an example.",
        ) from None


def _wrong(error: ValidationError, own: Path | None) -> ConfigError:
    problem = error.errors(include_url=False)[0]
    path = tuple(str(part) for part in problem["loc"])
    where = str(own or SHIPPED)
    if own is not None:
        line = line_of(own.read_text(encoding="utf-8"), path)
        where = f"{own}, line {line}" if line else where
    return ConfigError(
        f"{'.'.join(path)}: {problem['msg']}.",
        where=where,
        hint="The shipped src/catalogue/triggers.toml shows every setting.",
    )
