"""Whether a text is in Russian or English, brand names in other letters allowed."""

from __future__ import annotations

import re

from src.catalogue.values import Language

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_KEY = re.compile(r'"[\w-]+"\s*:')  # of a structured text
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_NOT_RUSSIAN = re.compile(r"[іїєґўђјљњћџѓќѕ]", re.IGNORECASE)
_FOREIGN = re.compile(
    "[\u0530-\u05ff\u0600-\u06ff\u0900-\u0e7f\u10a0-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
# Small words that every text of some length has; what is common to several languages is left out.
_SMALL: dict[str, set[str]] = {
    "en": {
        "the", "and", "of", "with", "for", "your", "you", "is", "are", "this", "that", "from",
        "it", "its", "to", "in", "by", "our", "or", "an", "be",
    },
    "de": {
        "und", "der", "die", "das", "mit", "für", "ist", "ein", "eine", "sie", "ihre", "nicht",
        "auf", "den", "dem", "zu",
    },
    "fr": {
        "et", "le", "la", "les", "des", "avec", "pour", "est", "une", "votre", "vous", "dans",
        "sur", "du", "au", "ce",
    },
    "es": {
        "y", "el", "los", "las", "con", "para", "es", "una", "su", "del", "por", "que", "más",
        "tu", "sus", "al",
    },
    "it": {
        "e", "il", "gli", "della", "con", "per", "è", "una", "che", "di", "nel", "tuo", "più",
        "dei", "alla", "sono",
    },
    "pt": {
        "e", "os", "as", "com", "para", "é", "uma", "seu", "do", "da", "em", "que", "mais", "não",
        "ao", "pele",
    },
    "nl": {
        "de", "het", "een", "van", "voor", "met", "niet", "en", "dat", "zodat", "je", "u", "uw",
        "wordt", "ook",
    },
    "pl": {
        "się", "jest", "na", "do", "dla", "oraz", "który", "nie", "jak", "od",
        "przez", "ma",
    },
    "tr": {
        "ve", "bir", "bu", "için", "ile", "da", "de", "çok", "olarak", "daha", "her", "su",
    },
    "Russian in Latin letters": {
        "na", "ne", "dlya", "iz", "po", "kak", "chto", "eto", "etot", "eta",
        "kotoraya", "kotoryy", "pri", "vy", "vash", "ot", "ili",
    },
}  # fmt: skip
_IN_LANGUAGES = {
    word: [name for name, small in _SMALL.items() if word in small]
    for word in set().union(*_SMALL.values())
}
# Bulgarian shares all its letters with Russian, and has small words that Russian has not.
_NEIGHBOURS = frozenset({
    "се", "си", "този", "тази", "това", "тези", "която", "който", "което", "които", "със",
    "през", "още", "също", "вашата", "вашия", "ръка", "бъде",
})  # fmt: skip
_ENOUGH_WORDS = 8
_NAMES_MAY_BE = 12  # words; in a text of so many, one with a neighbour's letters is a name
_FOREIGN_SHARE = 0.25


def language_of(text: str) -> Language | None:
    """Russian or English by letters, as a title shows it; None without letters."""
    cyrillic = len(_CYRILLIC.findall(text))
    latin = len(re.findall(r"[A-Za-z]", text))
    if not cyrillic and not latin:
        return None
    # One Russian word makes a title Russian: brands and models are Latin in any catalogue.
    return "ru" if cyrillic >= 3 or cyrillic > latin else "en"


def language_problem(text: str, language: Language, title: str = "") -> str:
    """What is wrong with the text's language; empty when nothing is.

    Args:
        text: without tags.
        title: the product's title, whose words do not count.
    """
    if '"' in text:
        text = _KEY.sub("", text)
    known = {word.casefold() for word in _WORD.findall(title)}
    words = [word for word in _WORD.findall(text) if word.casefold() not in known]
    if _FOREIGN.search(text) and any(_FOREIGN.search(word) for word in words):
        return "The text holds letters of another script."
    cyrillic: list[str] = []
    latin: list[str] = []
    for word in words:
        (cyrillic if _has_cyrillic(word) else latin).append(word)
    if language == "ru":
        return _russian(text, cyrillic, latin)
    if len(cyrillic) > len(words) * 0.1 or (cyrillic and not latin):
        return "The text must be in English."
    return _english(latin)


def _has_cyrillic(word: str) -> bool:
    # Mostly the first letter tells.
    return "\u0400" <= word[0] <= "\u04ff" or (
        not word.isascii() and _CYRILLIC.search(word) is not None
    )


def _russian(text: str, cyrillic: list[str], latin: list[str]) -> str:
    if not cyrillic and (latin or not _CYRILLIC.search(text)):
        return "The text must be in Russian."
    if _is_neighbours(text, cyrillic):
        return "The text must be in Russian, not in a neighbouring language."
    # Names begin with a capital; Latin words in small letters are another language's.
    plain = [word for word in latin if word.islower() and len(word) > 2]
    if len(plain) > 1 and len(plain) > _FOREIGN_SHARE * (len(plain) + len(cyrillic)):
        return "The text must be in Russian; parts of it are not."
    if len(latin) >= _ENOUGH_WORDS and len(latin) > 1.5 * len(cyrillic):
        return "The text must be in Russian; most of it is not."
    return ""


def _is_neighbours(text: str, cyrillic: list[str]) -> bool:
    if not _NEIGHBOURS.isdisjoint(cyrillic) and sum(word in _NEIGHBOURS for word in cyrillic) > 1:
        return True
    if not _NOT_RUSSIAN.search(text):
        return False
    strange = sum(1 for word in cyrillic if _NOT_RUSSIAN.search(word))
    if strange == 1 and len(cyrillic) >= _NAMES_MAY_BE:
        return False
    return strange > 0.02 * len(cyrillic)


def _english(latin: list[str]) -> str:
    if len(latin) < _ENOUGH_WORDS:
        return ""
    counts = dict.fromkeys(_SMALL, 0)
    for word in latin:
        for name in _IN_LANGUAGES.get(word.casefold(), ()):
            counts[name] += 1
    best = max(counts, key=lambda name: (counts[name], name == "en"))
    if best != "en" and counts[best] >= 2 and counts[best] > 2 * counts["en"]:
        return "The text must be in English."
    return ""
