"""Tokens, stems and names: text in, comparable words out."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from src.stems import snowball

Kind = Literal["word", "number", "date", "day", "month", "quoted", "op", "punct"]
NumberUnit = Literal["percent", "currency", "multiple", "plain"]

_MAGNITUDES = {
    "k": 1e3, "к": 1e3, "тыс": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "mln": 1e6, "million": 1e6,
    "млн": 1e6, "мил": 1e6, "thousand": 1e3, "bn": 1e9, "b": 1e9, "billion": 1e9, "hundred": 1e2,
}  # fmt: skip
_CURRENCY = r"[$€£¥₽₴₸₹]|(?:usd|eur|gbp|rub)\b"
_TOKEN = re.compile(
    rf"""
    (?P<yy>(?<!\w)['’]\d{{2}}(?![\w'’]))
  | (?P<quoted>"[^"]{{1,200}}"|“[^”]{{1,200}}”|«[^»]{{1,200}}»|`[^`]{{1,200}}`
              |(?<!\w)'[^']{{1,200}}'(?!\w))
  | (?P<iso>\b\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}\b)
  | (?P<dmy>\b\d{{1,2}}(?P<sep>[./-])\d{{1,2}}(?P=sep)\d{{4}}\b
           |\b\d{{1,2}}(?P<dot>[./])\d{{1,2}}(?P=dot)\d{{2}}\b)
  | (?P<ym>\b(?:19|20)\d{{2}}[-/](?:0[1-9]|1[0-2])\b|\b(?:0[1-9]|1[0-2])[./](?:19|20)\d{{2}}\b)
  | (?P<dm>\b(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|[12]\d|3[01])\b)
  | (?P<fiscal>\bfy\s?'?(?:\d{{4}}|\d{{2}})\b)
  | (?P<ordinal>\b\d{{1,2}}-(?:ый|ий|ой|ая|ое|его|ого|го|й|я|е|му|ом|м|х)\b)
  | (?P<number>(?:(?P<before>{_CURRENCY})\s?)?(?<![\w.])[-−]?
      (?:\d{{1,3}}(?:[,\u00a0\u202f ]\d{{3}})+(?:\.\d+)?|\d+(?:[.,]\d+)?)
      \s?(?P<mag>(?:mm|mn|mln|million|thousand|hundred|billion|bn|k|m|b|к|тыс(?:яч\w?)?|млн|миллион\w{{0,2}})\b\.?)?
      \s?(?P<after>%|(?:percent|per\s?cent|pct|процент\w*)\b|(?:x|х)\b|{_CURRENCY}|(?:dollars?|bucks|euros?|pounds?|roubles?|rubles?|руб\w*)\b)?)(?!\w)
  | (?P<coin>(?<=per\s)[$€£₽](?!\s?\d))
  | (?P<op><=|>=|=<|=>|<>|!=|==|≤|≥|≠|[<>=%])
  | (?P<word>[^\W_]+(?:[’'](?=[^\W_])[^\W_]+)?)
  | (?P<punct>[,;:?!.()…—–]|-|(?<=\s)[/+](?=\s))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_COINS = {"$": "dollar", "€": "euro", "£": "pound", "₽": "rouble"}
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
            (``5%`` is 5 with unit ``percent``). A ``day`` has no year: 2000 stands in its place.
        other: the date with month and day the other way round, where both can be meant.
    """

    text: str
    norm: str
    stem: str
    start: int
    end: int
    kind: Kind
    value: float | dt.date | None = None
    unit: NumberUnit = "plain"
    other: dt.date | None = None


def normalise(text: str) -> str:
    """Fold width, case and marks that people leave out: ``Ё`` reads as ``е``, ``É`` as ``e``."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text.casefold().replace("й", "\u0001"))
    kept = "".join(c for c in folded if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", kept.replace("\u0001", "й")).replace("’", "'")


_SINGULARS = {
    "people": "person", "men": "man", "women": "woman", "children": "child", "indices": "index",
    "series": "series", "news": "news", "status": "status", "ads": "ad", "spends": "spend",
    "has": "has", "was": "was", "is": "is", "its": "its", "this": "this", "does": "does",
    "vs": "vs", "plus": "plus", "less": "less", "minus": "minus", "yes": "yes", "us": "us",
    "as": "as", "analysis": "analysis", "bonus": "bonus", "campus": "campus", "gas": "gas",
    "avg": "average", "qty": "quantity", "previous": "previous", "versus": "versus",
    "roas": "roas", "sms": "sms", "ios": "ios", "ids": "id", "tvs": "tv", "pcs": "pc",
    "niches": "niche", "caches": "cache",
    "imps": "impression", "impr": "impression", "convs": "conversion",
}  # fmt: skip


# Snowball takes the end of these nouns for that of a verb, in some of their forms only.
_NOUNS = {
    "кана": "канал", "порта": "портал", "филиа": "филиал", "материа": "материал",
    "журна": "журнал", "капита": "капитал", "потенциа": "потенциал", "оригина": "оригинал",
    "телегр": "телеграм", "инстагр": "инстаграм",
}  # fmt: skip
# It leaves «выполненных» longer than the «выполнен» that a status is; of words as short as «имен»
# nothing would be left.
_SHORT_PARTICIPLE = 5


# Snowball makes one of the summer and of many years, «лет».
_SUMMER = {"лето", "лета", "лету", "летом", "лете"}


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The form words are compared in: singular for English, Snowball's stem for Russian.

    English keeps its derivations apart ("impressive" is not an impression), so only number and
    the possessive are removed.
    """
    if not word.isascii():
        if any("а" <= c <= "я" for c in word):
            if word in _SUMMER:
                return "лето"
            found = snowball(word, "russian")
            if found.endswith("ен") and len(found) > _SHORT_PARTICIPLE:
                found = snowball(found, "russian")
            return _NOUNS.get(found, found)
        return word
    word = word.removesuffix("'s").removesuffix("'")
    if word in _SINGULARS:
        return _SINGULARS[word]
    if len(word) <= 3 or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    if word.endswith("ie") and len(word) > 4:
        return word[:-2] + "y"  # as of "movies", which cannot be told from "cities"
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
    return _one_order(tuple(tokens))


def _tokens(match: re.Match[str]) -> list[Token]:
    text = match.group().strip()
    start = match.start() + (len(match.group()) - len(match.group().lstrip()))
    end = start + len(text)
    if match.group("quoted"):
        inner = text[1:-1].strip()
        return [Token(inner, normalise(inner), " ".join(stems(inner)), start, end, "quoted")]
    if match.group("yy"):
        full = f"20{text[1:]}"
        return [Token(full, full, full, start, end, "number", float(full))]
    if match.group("iso") or match.group("dmy") or match.group("dm"):
        kind: Kind = "day" if match.group("dm") else "date"
        readings = _dates(text)
        if not readings:
            return [Token(text, text, text, start, end, "word")]
        other = readings[1] if len(readings) > 1 else None
        return [Token(text, text, text, start, end, kind, readings[0], other=other)]
    if match.group("ym"):
        year, month = sorted((int(part) for part in re.split(r"[-/.]", text)), reverse=True)
        return [Token(text, text, text, start, end, "month", dt.date(year, month, 1))]
    if match.group("fiscal"):
        return [Token(text, "fy", "fy", start, end, "word")]
    if match.group("ordinal"):
        norm = normalise(text).replace("-", "")
        return [Token(text, norm, norm, start, end, "word")]
    if match.group("number"):
        value, unit = _number(match)
        return [Token(text, normalise(text), text, start, end, "number", value, unit)]
    if match.group("coin"):
        name = _COINS[text]
        return [Token(text, name, name, start, end, "word")]
    if match.group("word"):
        norm = normalise(text)
        return [Token(text, norm, stem(norm), start, end, "word")]
    return [Token(text, text, text, start, end, "op" if match.group("op") else "punct")]


def _dates(text: str) -> list[dt.date]:
    """The days a date in figures can be, likeliest first: 3/5 is March 5 or 3 May, 3.5 is 3 May."""
    parts = [int(part) for part in re.split(r"[-/.]", text)]
    if len(parts) == 3 and parts[0] > 31:
        orders = [(parts[0], parts[1], parts[2])]
    else:
        first, second = parts[:2]
        year = parts[2] if len(parts) == 3 else 2000
        year += 2000 if year < 100 else 0
        orders = [(year, second, first)]
        if "." not in text:
            orders.insert(0, (year, first, second))
    found = []
    for year, month, day in orders:
        with suppress(ValueError):
            found.append(dt.date(year, month, day))
    return list(dict.fromkeys(found))


def _one_order(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """All dates of a question are in one order: a part above 12, or Russian words, decide it."""
    slashed = [t for t in tokens if t.kind in ("date", "day") and re.match(r"\d{1,2}[/-]", t.text)]
    if not any(t.other for t in slashed):
        return tokens
    day_first = {int(re.split(r"[/-]", t.text)[0]) > 12 for t in slashed if not t.other}
    if not day_first and any("а" <= c <= "я" for t in tokens for c in t.norm):
        day_first = {True}
    if len(day_first) != 1:
        return tokens
    keep_other = day_first.pop()
    return tuple(
        replace(t, value=t.other if keep_other else t.value, other=None) if t.other else t
        for t in tokens
    )


def magnitude(token: Token) -> float:
    """The factor a number was written with: 1000 for "5k" and "5 тысяч", 1 for "5"."""
    match = _TOKEN.fullmatch(token.text)
    return _magnitude(match.group("mag") or "") if match else 1.0


def _magnitude(word: str) -> float:
    """The factor of "k" or "тысяч"; Russian words are known by their first letters."""
    name = word.lower().rstrip(".")
    return _MAGNITUDES.get(name) or _MAGNITUDES.get(name[:3], 1.0)


def _number(match: re.Match[str]) -> tuple[float, NumberUnit]:
    digits = re.search(r"[-−]?\d[\d,.\u00a0\u202f ]*", match.group())
    raw = re.sub(r"[\u00a0\u202f ]", "", digits.group() if digits else "0").rstrip(".,")
    raw = raw.replace("−", "-")
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", raw):
        raw = raw.replace(",", "")
    value = float(raw.replace(",", "."))
    value *= _magnitude(match.group("mag") or "")
    after = (match.group("after") or "").lower()
    if after.startswith(("%", "per", "pct", "процент")):
        return value, "percent"
    if after in {"x", "х"}:
        return value, "multiple"
    return value, "currency" if after or match.group("before") else "plain"
