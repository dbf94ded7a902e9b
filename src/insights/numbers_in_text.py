"""Every number a sentence states, read as an English or a Russian reader would.

Figures with their sign, currency, percent and magnitude (``$1.2M``, ``12 345,67 ₽``, ``5,2 %``),
number words (``two``, ``doubled``, ``вдвое``), hedges (``about``, ``over``) that widen what the
writer means, and the smallest step the written digits can express.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Claim:
    """A number as written.

    Attributes:
        value: in the scale of the text; 5% is 5 with `percent`.
        step: the value of its last written digit, or of its last non-zero one after a hedge.
        currency: ISO code of its sign or code; None without one.
        points: percentage points.
        times: a multiple: ``3.2x``, ``вдвое``.
        at_least, at_most: written as a bound (``over``, ``under``).
        ordinal: a position: ``second``, ``#2``.
    """

    text: str
    start: int
    end: int
    value: float
    step: float
    signed: bool = False
    percent: bool = False
    points: bool = False
    currency: str | None = None
    times: bool = False
    word: bool = False
    at_least: bool = False
    at_most: bool = False
    ordinal: bool = False


_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "₽": "RUB", "¥": "JPY", "₸": "KZT", "₴": "UAH"}
_CODES = "USD|EUR|GBP|RUB|JPY|KZT|UAH"
_SCALES = {
    "k": 1e3, "thousand": 1e3, "тыс": 1e3, "тысяч": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6,
    "млн": 1e6, "миллион": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9, "млрд": 1e9, "t": 1e12,
}  # fmt: skip
_ENGLISH = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+"
_RUSSIAN = r"(?:\d{1,3}(?: \d{3})+(?!\d)|\d+)(?:[.,]\d+)?"
_AROUND = (
    r"(?P<hash>#|№\s?)?(?P<sign>[+-])?\s?(?P<mark>[$€£₽¥₸₴]|(?:{codes})\s)?(?P<sign2>[+-])?"
    r"(?P<digits>{digits})"
    r"(?:\s?(?P<scale>(?:тыс|тысяч\w*|млн|миллион\w*|млрд|thousand|million|billion|bn|mn|[kKmMbBT])"
    r"(?![^\W_])\.?))?"
    r"(?:\s?(?P<percent>%|percent(?!age)|процент(?!н)\w*)|"
    r"\s?(?P<points>pp\b|p\.p\.|п\.\s?п\.|percentage points?|процентн\w+ пункт\w*)|"
    r"\s?(?P<times>x\b|×|times\b|раза?\b)|(?P<nth>st|nd|rd|th)\b|"
    r"\s?(?P<tail>[$€£₽¥₸₴]|(?:{codes})\b|руб\w*\.?|dollars?\b|euros?\b))?"
)
_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "dozen": 12, "hundred": 100, "thousand": 1000,
    "million": 1e6, "два": 2, "две": 2, "три": 3, "четыре": 4, "пять": 5, "шесть": 6, "семь": 7,
    "восемь": 8, "девять": 9, "десять": 10,
}  # fmt: skip
_TIMES = {
    "twice": 2, "doubled": 2, "double": 2, "doubles": 2, "doubling": 2, "tripled": 3, "triple": 3,
    "triples": 3, "quadrupled": 4, "halved": 0.5, "вдвое": 2, "втрое": 3, "удвоил": 2,
    "удвоился": 2, "удвоилась": 2, "удвоились": 2,
}  # fmt: skip
_PARTS = {
    "half": 50, "quarter": 25, "third": 100 / 3, "половина": 50, "половину": 50, "треть": 100 / 3,
    "четверть": 25,
}  # fmt: skip
_ORDINALS = {
    "second": 2, "fourth": 4, "fifth": 5, "sixth": 6, "второе": 2, "второй": 2, "вторая": 2,
    "третье": 3, "третий": 3, "третья": 3,
}  # fmt: skip
_ABOUT = re.compile(
    r"(?:about|around|roughly|nearly|almost|approximately|some|~|≈|около|примерно|почти|порядка)"
    r"\s?$",
    re.IGNORECASE,
)
_OVER = re.compile(
    r"(?:over|more than|above|at least|exceeds|exceeding|>|≥|более|больше|свыше|выше)\s?$",
    re.IGNORECASE,
)
_UNDER = re.compile(
    r"(?:under|less than|below|at most|up to|<|≤|менее|меньше|ниже|до)\s?$", re.IGNORECASE
)


def plain_spaces(text: str) -> str:
    """`text` with every kind of space a plain one and every minus a hyphen, length unchanged."""
    return re.sub(r"[\u00a0\u2007\u2009\u202f\t\r\n]", " ", text).replace("−", "-")


def claims(text: str) -> list[Claim]:
    """The numbers of `text`, which `plain_spaces` has been through, in order of appearance."""
    found = [*_figures(text), *_number_words(text)]
    return sorted(found, key=lambda claim: claim.start)


def _figures(text: str) -> Iterator[Claim]:
    russian = re.search("[а-яё]", text, re.IGNORECASE) is not None
    digits = _RUSSIAN if russian else _ENGLISH
    pattern = _AROUND.replace("{digits}", digits).replace("{codes}", _CODES)
    for match in re.finditer(rf"(?<![\w.]){pattern}(?![\d])", text):
        yield _figure(match, text, russian)


def _figure(match: re.Match[str], text: str, russian: bool) -> Claim:
    raw = match["digits"].replace(" ", "")
    raw = raw.replace(",", ".") if russian else raw.replace(",", "")
    number = Decimal(raw)
    word = (match["scale"] or "").lower().rstrip(".")
    scale = next((s for name, s in _SCALES.items() if word == name), None)
    scale = scale or next((s for n, s in _SCALES.items() if len(n) > 2 and word.startswith(n)), 1.0)
    sign = match["sign"] or match["sign2"]
    before = text[max(0, match.start() - 16) : match.start()]
    exponent = number.as_tuple().exponent
    step = 10.0 ** (exponent if isinstance(exponent, int) else 0)
    hedged = _ABOUT.search(before) or _OVER.search(before) or _UNDER.search(before)
    if hedged and number and exponent == 0:
        step = 10.0 ** _trailing_zeros(int(number))
    return Claim(
        text=match[0].strip(),
        start=match.start(),
        end=match.end(),
        value=float(number) * scale * (-1 if sign == "-" else 1),
        step=step * scale,
        signed=sign is not None,
        percent=match["percent"] is not None,
        points=match["points"] is not None,
        currency=_currency(match["mark"] or match["tail"]),
        times=match["times"] is not None,
        at_least=_OVER.search(before) is not None,
        at_most=_UNDER.search(before) is not None,
        ordinal=match["nth"] is not None or match["hash"] is not None,
    )


def _trailing_zeros(number: int) -> int:
    digits = str(number)
    return len(digits) - len(digits.rstrip("0"))


def _currency(mark: str | None) -> str | None:
    if not mark:
        return None
    mark = mark.strip()
    named = {"руб": "RUB", "dol": "USD", "eur": "EUR"}
    return _SIGNS.get(mark) or named.get(mark[:3].lower()) or mark


def _number_words(text: str) -> Iterator[Claim]:
    for match in re.finditer(r"[^\W\d_]+", text):
        word, before = match[0].lower(), text[: match.start()]
        plain = Claim(match[0], match.start(), match.end(), 0.0, 1.0, word=True)
        if word in _WORDS and not re.search(r"\d[\d.,]*\s?$", before):
            yield replace(plain, value=float(_WORDS[word]))
        elif word in _TIMES:
            yield replace(plain, value=float(_TIMES[word]), step=0.1, times=True)
        elif word in _PARTS and (word != "third" or before.endswith("a ")):
            yield replace(plain, value=_PARTS[word], step=2.0, percent=True)
        elif word in _ORDINALS or word == "third":
            yield replace(plain, value=float(_ORDINALS.get(word, 3)), ordinal=True)
