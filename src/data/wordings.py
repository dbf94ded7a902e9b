"""More words for a column: its name without what stands in brackets, in the other language, and of
its day.

"Opens (unique)" are opens and unique opens, `trials_started` are trials and «триалы», `revenue_d7`
is revenue of day 7 and «выручка d7».
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from src.data.concepts import CURRENCY_CODES, Concepts, header_phrase, header_words
from src.data.semantic import Column, Role

_FILE: Final = Path(__file__).with_name("wordings.toml")
_QUALIFIED: Final = re.compile(r"([^()\[\]]+?)\s*[(\[]([^()\[\]]+)[)\]]\s*")
_DAY: Final = re.compile(r"(?:d|day)(\d{1,3})")


def more_words(column: Column, columns: Sequence[Column], known: Concepts) -> tuple[str, ...]:
    """What else `column` may be asked by; words that are another column's name are left out."""
    if column.role is not Role.MEASURE:
        return renderings(" ".join(header_words(column.name))) if column.concept is None else ()
    bare, qualified = _unbracketed(column)
    said = [w for w in (bare, qualified) if w]
    if column.concept is None:
        said += renderings(bare or " ".join(header_words(column.name)))
        day = day_of(column)
        said += _of_day(*day, known) if day else ()
    if not said:
        return ()
    others = {form for c in columns if c.name != column.name for form in _forms(c)}
    return tuple(dict.fromkeys(w for w in said if w not in others))


def day_of(column: Column) -> tuple[str, int] | None:
    """The name of a column without the day after the start that it is of, and that day:
    ``retained_d7``, ``D7 retained users`` and ``Retained (day 7)`` as ``("retained", 7)``."""
    words = header_words(column.name)
    for i, word in enumerate(words):
        joined = _DAY.fullmatch(word)
        apart = word == "day" and i + 1 < len(words) and words[i + 1].isdecimal()
        if joined or apart:
            number = int(joined[1] if joined else words[i + 1])
            rest = words[:i] + words[i + (1 if joined else 2) :]
            persons = wordings()["persons"]
            kept = [w for w in rest if w not in persons and w.upper() not in CURRENCY_CODES]
            return (" ".join(kept), number) if kept and number < 1000 else None
    return None


def in_days(names: Sequence[str], day: int) -> tuple[str, ...]:
    """`names` with the day, as it is said: "d7 retention", «ретеншн седьмого дня»."""
    said: list[str] = []
    for name in names:
        said += [f"d{day} {name}", f"{name} d{day}"]
        if name.isascii():
            said += [
                f"day {day} {name}",
                f"{day} day {name}",
                f"{name} day {day}",
                f"{name} on day {day}",
            ]
            continue
        ordinal = wordings()["ordinals"].get(str(day))
        said += [f"{name} {day} дня", f"{name} на {day} день"]
        said += [f"{name} {ordinal} дня"] if ordinal else []
    return tuple(said)


def _of_day(name: str, day: int, known: Concepts) -> tuple[str, ...]:
    concept = known.read_header(name).concept
    names = [name, *renderings(name)]
    if concept:
        names += [concept.label.lower(), concept.label_ru.lower()]
    return in_days(tuple(dict.fromkeys(names)), day)


@lru_cache(maxsize=16_384)
def renderings(name: str) -> tuple[str, ...]:
    """What a column of that name is called, too, in either language."""
    return tuple(w for words in wordings()["same"] if name in words for w in words if w != name)


def _unbracketed(column: Column) -> tuple[str, str]:
    """ "Opens (unique)" as "opens" and "unique opens"; of a unit or a currency only the first."""
    return _parted(column.name)


@lru_cache(maxsize=16_384)
def _parted(name: str) -> tuple[str, str]:
    found = _QUALIFIED.fullmatch(name)
    if found is None:
        return "", ""
    bare, said = (" ".join(header_words(part)) for part in found.groups())
    plain = said.isalpha() and said.upper() not in CURRENCY_CODES
    return bare, f"{said} {bare}" if plain and bare else ""


def _forms(column: Column) -> Iterator[str]:
    """Names that a column has by itself or by its concept."""
    yield header_phrase(column.name)
    yield from _unbracketed(column)
    if column.concept:
        yield from column.synonyms


@lru_cache(maxsize=1)
def wordings() -> dict[str, Any]:
    """The lists of ``wordings.toml``."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
