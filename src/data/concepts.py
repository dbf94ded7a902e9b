"""The standard marketing concepts: what exports call them, how they are measured and asked for.

The vocabulary is data (`concepts.toml`); this module validates it and reads a column's header
against it. What a whole table means is decided in `inference.py`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from src.data.semantic import Additivity, Aggregation, Role, Unit
from src.errors import ConfigError

CONCEPTS_FILE = Path(__file__).with_name("concepts.toml")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Entry(_Strict):
    name: str
    label: str
    label_ru: str
    headers: tuple[str, ...]
    synonyms: tuple[str, ...]
    description: str = ""


class Concept(_Entry):
    """A standard meaning of a column.

    Attributes:
        metric: name of the metric a measure makes; None for everything else.
        headers: normalised header names, the preferred one first.
        own: headers that stay what the column is called.
        synonyms: words people ask with, English and Russian.
        counts: the headers that may as well name a count ("sales"), and the concept of that count.
    """

    role: Role
    unit: Unit | None = None
    additivity: Additivity | None = None
    aggregation: Aggregation = Aggregation.SUM
    metric: str | None = None
    higher_is_better: bool | None = None
    counts: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    own: tuple[str, ...] = ()


class Ratio(_Entry):
    """A standard ratio of sums: ``scale * sum(numerator) / sum(denominator)``.

    Attributes:
        numerator, denominator: concepts, in order of preference.
        headers: names of ready-made columns that hold this ratio row by row.
    """

    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    scale: float = 1.0
    unit: Unit
    higher_is_better: bool | None = None


class Words(_Strict):
    """Words by which columns outside the vocabulary are judged; see the file for each list."""

    noise: frozenset[str]
    platform: frozenset[str]
    ratio_start: frozenset[str]
    ratio_word: frozenset[str]
    average_after: frozenset[str]
    identifier: frozenset[str]
    category: frozenset[str]
    money: frozenset[str]
    averaged: frozenset[str]
    stock: frozenset[str]
    score: frozenset[str]
    position: frozenset[str]
    sold: frozenset[str]
    secondary_date: frozenset[str]
    date: frozenset[str]


class _ReadyMade(_Strict):
    headers: tuple[str, ...]


class _File(_Strict):
    concept: tuple[Concept, ...]
    ratio: tuple[Ratio, ...]
    ready_made: _ReadyMade
    words: Words


@dataclass(frozen=True, slots=True)
class HeaderReading:
    """What a header says by itself.

    Attributes:
        words: the normalised header, qualifiers included.
        concept, ratio: what it names, at most one of them.
        rank: position in the list of headers of what it names; lower is the better match.
        currency: ISO code found in the header, e.g. of ``Amount spent (USD)``.
        percent: the header says that the values are percents.
        micros: the header says that the values are millionths.
        thousands: the header says that the values are thousands.
        ready_made: a ratio or an average that must not be summed.
    """

    words: str
    concept: Concept | None = None
    ratio: Ratio | None = None
    rank: int = 0
    currency: str | None = None
    percent: bool = False
    micros: bool = False
    ready_made: bool = False
    thousands: bool = False


_CURRENCY_WORDS = {
    "$": "USD", "us$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD",
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "евро": "EUR",
    "£": "GBP", "gbp": "GBP", "₽": "RUB", "руб": "RUB", "р": "RUB", "rub": "RUB", "rur": "RUB",
    "рублей": "RUB", "рубли": "RUB", "₸": "KZT", "kzt": "KZT", "тенге": "KZT", "₴": "UAH",
    "uah": "UAH", "грн": "UAH", "byn": "BYN", "₺": "TRY", "₹": "INR", "inr": "INR",
    "¥": "JPY", "jpy": "JPY", "cny": "CNY", "chf": "CHF", "cad": "CAD", "aud": "AUD",
    "brl": "BRL", "r$": "BRL", "mxn": "MXN", "pln": "PLN", "zł": "PLN", "czk": "CZK", "sek": "SEK",
    "nok": "NOK", "dkk": "DKK", "aed": "AED", "sgd": "SGD", "hkd": "HKD", "krw": "KRW", "₩": "KRW",
    "nzd": "NZD", "zar": "ZAR", "ils": "ILS", "₪": "ILS", "thb": "THB", "idr": "IDR", "vnd": "VND",
    "huf": "HUF", "ron": "RON", "kgs": "KGS", "uzs": "UZS", "amd": "AMD", "gel": "GEL",
}  # fmt: skip
CURRENCY_CODES = frozenset(_CURRENCY_WORDS.values()) | {"TRY", "EGP", "SAR", "PHP", "MYR", "CLP"}
CURRENCY_SYMBOLS = {
    "$": "USD", "€": "EUR", "£": "GBP", "₽": "RUB", "₸": "KZT", "₴": "UAH", "₺": "TRY",
    "₹": "INR", "¥": "JPY", "₩": "KRW", "₪": "ILS",
}  # fmt: skip

# A "total price" is what several things cost together.
SUMMED_WORDS = frozenset({"total", "totals", "sum", "сумма", "итого", "всего"})
_PERCENT_WORDS = frozenset({"%", "pct", "percent", "percentage"})
_MICRO_WORDS = frozenset({"micros", "micro"})
_THOUSANDS = re.compile(
    r"[(\[,] *(in )?('?000'?s?|thousands?|тыс\.?|tsd\.?|tys\.?)\b", re.IGNORECASE
)
_SPLIT_CAMEL = re.compile(r"(?<=[a-zа-яё0-9])(?=[A-ZА-ЯЁ])|(?<=[A-ZА-ЯЁ])(?=[A-ZА-ЯЁ][a-zа-яё])")
_WORD = re.compile(r"us\$|r\$|[$€£₽₸₴₺₹¥₩₪№%#]|[^\W_]+", re.UNICODE)


def header_words(header: str) -> list[str]:
    """The words of a header, lower case: ``campaignName`` and ``Campaign_Name`` alike."""
    text = header.replace("\ufeff", "").replace("\u00a0", " ").strip()
    if not (text.isupper() or text.islower()):
        text = _SPLIT_CAMEL.sub(" ", text)
    return _WORD.findall(text.lower().replace("ё", "е"))


@lru_cache(maxsize=16_384)
def header_phrase(header: str) -> str:
    """The words of a header in one line. Kept: each column of a wide table asks for all others'."""
    return " ".join(header_words(header))


class Concepts:
    """The validated vocabulary and the look-up of headers in it."""

    def __init__(self, parsed: _File) -> None:
        self.concepts = {c.name: c for c in parsed.concept}
        self.ratios = parsed.ratio
        self.words = parsed.words
        self._ready_made = frozenset(parsed.ready_made.headers)
        self._by_header: dict[str, tuple[Concept | Ratio, int]] = {}
        entries: tuple[Concept | Ratio, ...] = (*parsed.ratio, *parsed.concept)
        for entry in entries:
            for rank, header in enumerate(entry.headers):
                self._by_header[header] = (entry, rank)

    def read_header(self, header: str) -> HeaderReading:
        """What `header` means: concept or ratio, currency, percent, micros, thousands.

        The whole header is tried first, then it without its qualifiers (currency, unit, what
        stands in brackets), then without the words that change nothing (``total``, ``metrics.``).
        """
        reading = self._read(header)
        many = reading.concept is not None and bool(_THOUSANDS.search(header))
        return replace(reading, thousands=True) if many else reading

    def _read(self, header: str) -> HeaderReading:
        words = header_words(header)
        bare = _without_window(header_words(_without_brackets(header)))
        marks = {w for w in words if w in _CURRENCY_WORDS or w.upper() in CURRENCY_CODES}
        percent = any(w in _PERCENT_WORDS for w in words)
        micros = any(w in _MICRO_WORDS for w in words)
        drop = _PERCENT_WORDS | _MICRO_WORDS
        candidates = (
            words,
            [w for w in words if w not in drop],
            [w for w in words if w not in drop and w not in marks],
            [w for w in bare if w not in drop and w not in marks],
            [w for w in words[1:] if w not in drop and w not in marks]
            if words[:1] and words[0] in self.words.noise
            else words,
            [w for w in words if w not in drop and w not in marks and w not in self.words.noise],
            [w for w in bare if w not in drop and w not in marks and w not in self.words.noise],
        )
        currency = _header_currency(header, words)
        base = HeaderReading(" ".join(words), currency=currency, percent=percent, micros=micros)
        keys = [" ".join(c) for c in candidates] + ["".join(candidates[3])]
        for penalty, key in enumerate(keys):
            if key in self._ready_made:
                return HeaderReading(base.words, None, None, 0, currency, percent, micros, True)
            found = self._by_header.get(key)
            if found is None:
                continue
            entry, rank = found
            rank += 100 * penalty
            averaged = isinstance(entry, Concept) and entry.aggregation is Aggregation.AVERAGE
            if averaged and SUMMED_WORDS & set(words):
                continue
            if isinstance(entry, Ratio):
                return HeaderReading(
                    base.words, None, entry, rank, currency, percent, micros, ready_made=True
                )
            if percent and entry.unit is Unit.COUNT:
                # "Отказы (%)" is a share of visits, not a count of bounces.
                return HeaderReading(
                    base.words, None, None, rank, currency, percent, micros, ready_made=True
                )
            return HeaderReading(base.words, entry, None, rank, currency, percent, micros)
        ratio = self._named_ratio(candidates[2])
        ready = percent or ratio is not None or self._is_ratio(candidates[2])
        return replace(base, ratio=ratio, ready_made=ready)

    def _named_ratio(self, words: list[str]) -> Ratio | None:
        """The ratio whose abbreviation ends a header ("Durchschn. CPC", "… spend (ROAS)")."""
        if not words:
            return None
        averaged = len(words) == 2 and words[1] in self.words.average_after
        found = self._by_header.get(words[0] if averaged else words[-1])
        entry = found[0] if found else None
        named = words[0] if averaged else words[-1]
        # A whole word such as "frequency" may end any name; an abbreviation says what it is.
        return entry if isinstance(entry, Ratio) and len(named) <= 4 else None

    def _is_ratio(self, words: list[str]) -> bool:
        """Whether a header says by its words that it is a price for one thing, or an average."""
        return " ".join(words[:2]) in self.words.ratio_start or bool(
            set(words[-1:]) & self.words.ratio_word
        )


def _without_window(words: list[str]) -> list[str]:
    """The words of a header without its attribution window ("14 day total sales")."""
    window = len(words) > 2 and words[0].isdigit() and words[1] in {"day", "days", "d"}
    return words[2:] if window else words


def _without_brackets(header: str) -> str:
    kept = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", header)
    return kept.split(",", 1)[0] if "," in kept else kept


def _header_currency(header: str, words: list[str]) -> str | None:
    """The currency a header names: a symbol, or a code in brackets, after a comma or at the end."""
    for word in reversed(words):
        if word in CURRENCY_SYMBOLS or word in {"us$", "r$"}:
            return _CURRENCY_WORDS[word]
    tail = words[-1:] if words else []
    qualified = re.findall(r"\(([^)]*)\)|\[([^\]]*)\]|,([^,]*)", header)
    inside = [w for group in qualified for part in group for w in header_words(part)]
    for word in [*inside, *tail]:
        if len(words) > 1 and word in _CURRENCY_WORDS:
            return _CURRENCY_WORDS[word]
        if len(words) > 1 and word.upper() in CURRENCY_CODES and word != "try":
            return word.upper()
    return None


def load_concepts(path: Path = CONCEPTS_FILE) -> Concepts:
    """Read and validate the vocabulary.

    Raises:
        ConfigError: the file cannot be read, or an entry is wrong; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
        parsed = _File.model_validate(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigError(
            f"{path.name} is wrong at {_where(text, first['loc'])}: {first['msg']}.",
            where=f"{path.name}, {_where(text, first['loc'])}",
            hint="Every entry needs name, label, label_ru, headers and synonyms.",
        ) from None
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name} cannot be read: {error}.", where=path.name) from None
    _check(parsed, text, path.name)
    return Concepts(parsed)


@lru_cache(maxsize=1)
def get_concepts() -> Concepts:
    """The shipped vocabulary."""
    return load_concepts()


def _check(parsed: _File, text: str, file: str) -> None:
    """Names are unique, a header means one thing, and a ratio's parts are measures."""
    measures = {c.name for c in parsed.concept if c.role is Role.MEASURE}
    owners: dict[str, str] = {}
    names: set[str] = set()
    entries: tuple[_Entry, ...] = (*parsed.concept, *parsed.ratio)
    for entry in entries:
        if entry.name in names:
            raise _wrong(file, text, entry.name, "the name is used twice")
        names.add(entry.name)
        for header in entry.headers:
            if " ".join(header_words(header)) != header:
                raise _wrong(file, text, entry.name, f"the header {header!r} is not normalised")
            if owners.setdefault(header, entry.name) != entry.name:
                message = f"the header {header!r} already belongs to {owners[header]}"
                raise _wrong(file, text, entry.name, message)
    for concept in parsed.concept:
        for counted, headers in concept.counts.items():
            if counted not in measures or not set(headers) <= set(concept.headers):
                message = f"counts must map a measure to headers of its own, not {counted!r}"
                raise _wrong(file, text, concept.name, message)
    for ratio in parsed.ratio:
        for part in (*ratio.numerator, *ratio.denominator):
            if part not in measures:
                raise _wrong(file, text, ratio.name, f"{part!r} is not a measure")


def _wrong(file: str, text: str, name: str, message: str) -> ConfigError:
    line = _line_of(text, f'name = "{name}"')
    return ConfigError(f"{file}, line {line}, {name}: {message}.", where=f"{file}, line {line}")


def _line_of(text: str, needle: str) -> int:
    return text[: max(text.rfind(needle), 0)].count("\n") + 1


def _where(text: str, loc: tuple[Any, ...]) -> str:
    """``line 12, spend.unit`` from a pydantic location such as ``("concept", 4, "unit")``."""
    if len(loc) < 2 or not isinstance(loc[1], int):
        return ".".join(str(part) for part in loc)
    starts = [m.start() for m in re.finditer(rf"^\[\[{loc[0]}\]\]", text, re.MULTILINE)]
    line = text[: starts[loc[1]]].count("\n") + 1 if loc[1] < len(starts) else 0
    return f"line {line}, {loc[0]} {loc[1] + 1}.{'.'.join(str(part) for part in loc[2:])}"
