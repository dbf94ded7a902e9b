"""Everything that is said about a question and its answer, in the question's language.

Sentences are templates of one catalogue a language, in a few files (en.toml, en_review.toml …);
`{names}` are filled in. A sentence that depends on a number is a table of CLDR plural forms
(``one``, ``few``, ``many``, ``other``) chosen by `count`. Words of the data stay as they are, so
the Russian templates put them where no case is needed.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

from src.query_engine.phrases.russian import dative, nominative

Language = Literal["en", "ru"]


def language_of(question: str) -> Language:
    """Russian when at least half of its common words are Cyrillic; else English.

    Names and acronyms (Meta, ROAS, Москва) tell nothing, unless there is nothing else.
    """
    words = re.findall(r"[^\W\d_]+", question)
    common = [word for i, word in enumerate(words) if word.islower() or (not i and word.istitle())]
    told = common or words
    cyrillic = sum("а" <= word[0].lower() <= "я" or word[0].lower() == "ё" for word in told)
    return "ru" if cyrillic and 2 * cyrillic >= len(told) else "en"


def language_for(locale: str) -> Language:
    """The language of words beside numbers of a locale: Russian for ``ru``, else English."""
    return "ru" if locale.lower().startswith("ru") else "en"


def say(language: Language, key: str, /, **values: object) -> str:
    """The sentence `key` with its names filled in; notes among them are said in the language, too.

    Raises:
        KeyError: the catalogue has no such sentence.
    """
    told = {name: _told(language, value) for name, value in values.items()}
    catalogue = _catalogue(language)
    template = catalogue.get(key)
    if template is None and "count" in values:
        form = _plural_form(language, values["count"])
        template = catalogue.get(f"{key}.{form}") or catalogue[f"{key}.other"]
    return catalogue[key].format(**told) if template is None else template.format(**told)


def capital(text: str) -> str:
    """`text` as a sentence begins."""
    return text[:1].upper() + text[1:]


def lowered(label: str) -> str:
    """A label inside a sentence: "Spend" is spend, but acronyms and CamelCase stay."""
    return " ".join(
        w if (len(w) > 1 and w.isupper()) or any(c.isupper() for c in w[1:]) else w.lower()
        for w in label.split()
    )


def label_in(language: Language, label: str) -> str:
    """What a column or metric of that label is called inside a sentence."""
    return name_in(language, lowered(label.replace("_", " ")))


def plural(noun: str) -> str:
    """The plural of a label, by rule; a standard Russian name by the catalogue."""
    if not noun.isascii():
        return _catalogue("ru").get(f"plural.{noun}") or nominative(noun)
    if not noun or noun.endswith("s"):
        return noun
    if noun.endswith("y") and noun[-2:-1] not in set("aeiou"):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("x", "ch", "sh")) else "s")


def heading(language: Language, label: str) -> str:
    """The label at the head of a column: a standard name in the language, else as it is."""
    known = _catalogue(language).get(f"name.{lowered(label.replace('_', ' '))}")
    return capital(known) if known else label


def grammar(language: Language, label: str, unit: str | None) -> dict[str, str]:
    """Verbs and comparatives that agree with a label: "clicks are", "the most clicks"."""
    many = unit == "count" and label.endswith("s") and " of " not in label
    prefix = f"grammar.{'many' if many else 'one'}."
    found = _catalogue(language).items()
    return {key.removeprefix(prefix): text for key, text in found if key.startswith(prefix)}


def by_words(language: Language, label: str) -> str:
    """The label as it follows "by": the dative plural of a Russian name, «по источникам»."""
    name = lowered(label.replace("_", " "))
    return _catalogue(language).get(f"by.{name}") or (dative(name) if language == "ru" else name)


def number(language: Language, value: float) -> str:
    """A plain number with the language's separators: 1,234.5; 1 234,5 with no-break spaces."""
    text = f"{value:,.10g}" if isinstance(value, float) else f"{value:,}"
    return text if language == "en" else text.translate(_RUSSIAN_SEPARATORS)


def listed(language: Language, words: list[str], last: Literal["and", "or"] = "and") -> str:
    """ "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {say(language, f'word.{last}')} {words[-1]}"


def name_in(language: Language, label: str) -> str:
    """What a standard measure or breakdown is called; a label of the data stays as it is."""
    return _catalogue(language).get(f"name.{label.casefold()}", label)


def day(language: Language, value: dt.date) -> str:
    """8 Sep 2024; 8 сен 2024."""
    return f"{value.day} {say(language, f'month.{value.month}')} {value.year}"


def month(language: Language, value: dt.date) -> str:
    """Sep 2024; сен 2024."""
    return f"{say(language, f'month_alone.{value.month}')} {value.year}"


def period_label(language: Language, label: str) -> str:
    """The name of a period, which plans keep in English; empty where there is no other name."""
    if language == "en" or not label or re.search("[а-яё]", label.casefold()):
        return label
    for pattern, template in _labels(language):
        found = pattern.fullmatch(label)
        if found:
            parts = (_part_label(language, part) for part in found.groups(""))
            return template.format(*parts)
    return ""


def _part_label(language: Language, part: str) -> str:
    """A period inside the name of another one, or a number as it is."""
    return part if part.isdigit() else period_label(language, part) or part


class Note(str):
    """A sentence in English that can be said in another language, too.

    Attributes:
        key: its place in the catalogues.
        values: what its names are filled with.
    """

    key: str
    values: dict[str, object]

    def __new__(cls, key: str, /, **values: object) -> Self:
        made = super().__new__(cls, say("en", key, **values))
        made.key = key
        made.values = values
        return made

    def said_in(self, language: Language) -> str:
        """The sentence in `language`."""
        return str(self) if language == "en" else say(language, self.key, **self.values)


class PeriodName(str):
    """The English name of a period, for a note that names one."""

    def said_in(self, language: Language) -> str:
        """Its name in `language`; the English one where there is no other."""
        return period_label(language, str(self)) or str(self)


def said(text: str, language: Language) -> str:
    """A note in `language`; any other text as it is."""
    return text.said_in(language) if isinstance(text, Note) else text


@lru_cache(maxsize=4)
def _catalogue(language: Language) -> dict[str, str]:
    found: dict[str, str] = {}

    def add(table: dict[str, Any], prefix: str) -> None:
        for name, value in table.items():
            if isinstance(value, dict):
                add(value, f"{prefix}{name}.")
            elif isinstance(value, str):
                found[prefix + name] = value

    for path in sorted(Path(__file__).parent.glob(f"{language}*.toml")):
        add(tomllib.loads(path.read_text(encoding="utf-8")), "")
    return found


def _told(language: Language, value: object) -> object:
    if isinstance(value, Note | PeriodName):
        return value.said_in(language)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(language, value)
    return day(language, value) if isinstance(value, dt.date) else value


def _plural_form(language: Language, count: object) -> str:
    """CLDR's form for `count`, which may be text that was formatted for print."""
    if not isinstance(count, int | float):
        return "other"
    if language == "en":
        return "one" if count == 1 else "other"
    from babel import Locale

    return str(Locale.parse(language).plural_form(count))


_RUSSIAN_SEPARATORS = str.maketrans({",": "\u00a0", ".": ","})


@lru_cache(maxsize=4)
def _labels(language: Language) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns of English names of periods, and what they are called."""
    path = Path(__file__).parent / f"{language}.toml"
    pairs = tomllib.loads(path.read_text(encoding="utf-8")).get("labels", [])
    return tuple((re.compile(pattern), template) for pattern, template in pairs)
