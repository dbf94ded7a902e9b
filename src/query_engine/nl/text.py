"""Tokens, stems and names: text in, comparable words out."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import snowballstemmer

Kind = Literal["word", "number", "date", "month", "quoted", "op", "punct"]
NumberUnit = Literal["percent", "currency", "multiple", "plain"]

_MAGNITUDES = {
    "k": 1e3, "к": 1e3, "тыс": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "mln": 1e6, "million": 1e6,
    "млн": 1e6, "thousand": 1e3, "bn": 1e9, "b": 1e9, "billion": 1e9, "hundred": 1e2,
}  # fmt: skip
_CURRENCY = r"[$€£¥₽₴₸₹]|(?:usd|eur|gbp|rub)\b"
_TOKEN = re.compile(
    rf"""
    (?P<quoted>"[^"]{{1,200}}"|“[^”]{{1,200}}”|«[^»]{{1,200}}»|`[^`]{{1,200}}`|(?<!\w)'[^']{{1,200}}'(?!\w))
  | (?P<iso>\b\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}\b)
  | (?P<dmy>\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}}\b)
  | (?P<ym>\b(?:19|20)\d{{2}}-(?:0[1-9]|1[0-2])\b)
  | (?P<number>(?:(?P<before>{_CURRENCY})\s?)?(?<![\w.])[-−]?
      (?:\d{{1,3}}(?:[,\u00a0\u202f ]\d{{3}})+(?:\.\d+)?|\d+(?:[.,]\d+)?)
      \s?(?P<mag>(?:mm|mn|mln|million|thousand|hundred|billion|bn|k|m|b|к|тыс|млн)\b\.?)?
      \s?(?P<after>%|(?:percent|per\s?cent|pct|процент\w*)\b|(?:x|х)\b|{_CURRENCY}|(?:dollars?|bucks|euros?|pounds?|roubles?|rubles?|руб\w*)\b)?)(?!\w)
  | (?P<op><=|>=|=<|=>|<>|!=|==|≤|≥|≠|[<>=%])
  | (?P<word>[^\W_]+(?:[’'](?=[^\W_])[^\W_]+)?)
  | (?P<punct>[,;:?!.()…—–]|-)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-zа-я0-9])(?=[A-ZА-Я])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+(?:[’'](?=\w)[^\W_]+)?")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the question.

    Attributes:
        text: as written.
        norm: lower case, compatibility characters folded.
        stem: `norm` without inflection, for words.
        value: of numbers and dates; magnitudes and percent signs are not applied to a percentage
            (``5%`` is 5 with unit ``percent``).
    """

    text: str
    norm: str
    stem: str
    start: int
    end: int
    kind: Kind
    value: float | dt.date | None = None
    unit: NumberUnit = "plain"


def normalise(text: str) -> str:
    """Fold width, case and marks that people leave out: ``Ё`` reads as ``е``, ``É`` as ``e``."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text.casefold().replace("й", "\u0001"))
    kept = "".join(c for c in folded if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", kept.replace("\u0001", "й")).replace("’", "'")


_RUSSIAN = snowballstemmer.stemmer("russian")
_SINGULARS = {
    "people": "person", "men": "man", "women": "woman", "children": "child", "indices": "index",
    "series": "series", "news": "news", "status": "status", "ads": "ad", "spends": "spend",
    "has": "has", "was": "was", "is": "is", "its": "its", "this": "this", "does": "does",
    "vs": "vs", "plus": "plus", "less": "less", "minus": "minus", "yes": "yes", "us": "us",
    "as": "as", "analysis": "analysis", "bonus": "bonus", "campus": "campus", "gas": "gas",
    "avg": "average", "qty": "quantity", "previous": "previous", "versus": "versus",
    "roas": "roas", "sms": "sms", "ios": "ios",
}  # fmt: skip


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The form words are compared in: singular for English, Snowball's stem for Russian.

    English keeps its derivations apart ("impressive" is not an impression), so only number and
    the possessive are removed.
    """
    if not word.isascii():
        if any("а" <= c <= "я" for c in word):
            return str(_RUSSIAN.stemWord(word))
        return word
    word = word.removesuffix("'s").removesuffix("'")
    if word in _SINGULARS:
        return _SINGULARS[word]
    if len(word) <= 3 or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def name_stems(name: str) -> tuple[str, ...]:
    """The stems of a name: ``campaign_name``, ``CampaignName`` and ``Campaign names`` agree."""
    return stems(_CAMEL.sub(" ", name)) if name.isidentifier() else stems(name)


def stems(text: str) -> tuple[str, ...]:
    """The stems of the words of a text."""
    return tuple(stem(word) for word in _WORD.findall(normalise(text)))


def plain_words(text: str) -> list[str]:
    """The words of a text as written, but for case."""
    return _WORD.findall(normalise(text))


def tokenise(question: str) -> tuple[Token, ...]:
    """Cut a question into tokens; characters that carry no meaning here are skipped."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(question.replace("\u00a0", " ")):
        tokens.extend(_tokens(match))
    return tuple(tokens)


def _tokens(match: re.Match[str]) -> list[Token]:
    text = match.group().strip()
    start = match.start() + (len(match.group()) - len(match.group().lstrip()))
    end = start + len(text)
    if match.group("quoted"):
        inner = text[1:-1].strip()
        return [Token(inner, normalise(inner), " ".join(stems(inner)), start, end, "quoted")]
    if match.group("iso") or match.group("dmy"):
        day = _date(text)
        if day:
            return [Token(text, text, text, start, end, "date", day)]
        return [Token(text, text, text, start, end, "word")]
    if match.group("ym"):
        year, month = (int(part) for part in text.split("-"))
        return [Token(text, text, text, start, end, "month", dt.date(year, month, 1))]
    if match.group("number"):
        value, unit = _number(match)
        return [Token(text, normalise(text), text, start, end, "number", value, unit)]
    if match.group("word"):
        norm = normalise(text)
        return [Token(text, norm, stem(norm), start, end, "word")]
    return [Token(text, text, text, start, end, "op" if match.group("op") else "punct")]


def _date(text: str) -> dt.date | None:
    parts = [int(part) for part in re.split(r"[-/.]", text)]
    if parts[0] > 31:
        year, month, day = parts
    else:
        day, month, year = parts
        # 12/31/2025 can only be the American order; day first otherwise
        if month > 12 >= day and "/" in text:
            day, month = month, day
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _number(match: re.Match[str]) -> tuple[float, NumberUnit]:
    digits = re.search(r"[-−]?\d[\d,.\u00a0\u202f ]*", match.group())
    raw = re.sub(r"[\u00a0\u202f ]", "", digits.group() if digits else "0").rstrip(".,")
    raw = raw.replace("−", "-")
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", raw):
        raw = raw.replace(",", "")
    value = float(raw.replace(",", "."))
    magnitude = (match.group("mag") or "").lower().rstrip(".")
    value *= _MAGNITUDES.get(magnitude, 1.0)
    after = (match.group("after") or "").lower()
    if after.startswith(("%", "per", "pct", "процент")):
        return value, "percent"
    if after in {"x", "х"}:
        return value, "multiple"
    return value, "currency" if after or match.group("before") else "plain"
