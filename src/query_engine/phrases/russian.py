"""Plurals of Russian names that come from the data: «по источникам», «топ 5: менеджеры».

Regular endings only, first noun with the adjectives before it («рекламная кампания» becomes
«рекламным кампаниям»); a name with anything but Russian words in it stays as it is.
"""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = re.compile(r"[а-яё]+( [а-яё]+)*")
_ADJECTIVE: Final = re.compile(r"(ая|ый|ой|ое|яя|ий|ее)$")
_SOFT: Final = ("яя", "ий", "ее")
_SIBILANTS: Final = tuple("кгхжшчщ")
_SAME: Final = {"гео", "фото", "видео", "аудио", "шоу", "промо", "авто", "кафе", "меню", "медиа"}
_IRREGULAR: Final = {
    "рынок": ("рынки", "рынкам"),
    "заголовок": ("заголовки", "заголовкам"),
    "день": ("дни", "дням"),
    "владелец": ("владельцы", "владельцам"),
    "город": ("города", "городам"),
    "адрес": ("адреса", "адресам"),
    "ребенок": ("дети", "детям"),
    "человек": ("люди", "людям"),
    "время": ("время", "времени"),
    "имя": ("имена", "именам"),
}
_ENDINGS: Final = (  # of the name, then of the nominative and the dative plural
    ("ия", "ии", "иям"),
    ("ие", "ия", "иям"),
    ("ий", "ии", "иям"),
    ("ец", "цы", "цам"),
    ("а", "ы", "ам"),
    ("я", "и", "ям"),
    ("о", "а", "ам"),
    ("е", "я", "ям"),
    ("ь", "и", "ям"),
    ("й", "и", "ям"),
    ("ы", "ы", "ам"),
    ("и", "и", "ям"),
    ("", "ы", "ам"),
)


def nominative(name: str) -> str:
    """«источник трафика» as «источники трафика»."""
    return _plural(name, dative=False)


def dative(name: str) -> str:
    """«источник трафика» as «источникам трафика»."""
    return _plural(name, dative=True)


def _plural(name: str, *, dative: bool) -> str:
    if name[:1].isupper() and name[1:].islower():
        many = _plural(name.lower(), dative=dative)
        return many[:1].upper() + many[1:]
    if not _WORDS.fullmatch(name):
        return name
    words = name.split()
    for i, word in enumerate(words):
        last = i == len(words) - 1
        if not last and (ending := _ADJECTIVE.search(word)):
            stem = word[: -len(ending[0])]
            soft = ending[0] in _SOFT or stem[-1:] in _SIBILANTS
            tail = ("им" if soft else "ым") if dative else ("ие" if soft else "ые")
            words[i] = stem + tail
        else:
            words[i] = _noun(word, dative=dative)
            break
    return " ".join(words)


def _noun(word: str, *, dative: bool) -> str:
    if word in _SAME:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word][dative]
    old, many, to = next(e for e in _ENDINGS if word.endswith(e[0]))
    stem = word[: len(word) - len(old)]
    sibilant = stem[-1:] in _SIBILANTS
    if dative:
        return stem + ("ам" if old == "и" and sibilant else to)
    return stem + ("и" if many == "ы" and sibilant else many)
