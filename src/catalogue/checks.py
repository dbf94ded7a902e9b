"""What code checks in a text before anybody sees it. Pure functions; nothing is repaired here.

Duplicates are found by `checks_duplicates.py`, since they need the other texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from src.catalogue.checks_html import html_problem, visible
from src.catalogue.checks_language import language_problem
from src.catalogue.terms import Terms, Vocabulary, fold, stem
from src.catalogue.values import CopyRules

_FENCED = re.compile(r"\s*```[\w+-]*[ \t]*\n(?P<body>.*?)\n?[ \t]*```\s*", re.DOTALL)
_OF_TEXT = (
    r"\b(?:descriptions?|texts?|cop(?:y|ies)|titles?|versions?|bullets?|headlines?|meta|seo|html|json|"
    r"drafts?|options?|rewrites?|ads?|answer|описани\w*|текст\w*|вариант\w*|заголов\w*|"
    r"объявлени\w*|карточк\w*|верси\w*|ответ\w*|мета\w*|пункт\w*|спис\w*)\b"
)
_PREAMBLE = re.compile(
    r"(?:(?:sure|certainly|of course|absolutely|great|okay|ok|конечно|разумеется|хорошо|отлично|"
    r"с удовольствием)\b[^\n]{0,40}?[!,.:]\s*)?"
    r"(?:here(?:'s| is| are)|below (?:is|are)|i(?:'ve| have) (?:written|prepared|created)|вот|ниже|"
    rf"держите|представляю|предлагаю)\b[^\n:]{{0,80}}{_OF_TEXT}[^\n:]{{0,60}}:|"
    r"(?:here you go|here it is|вот|вот он|вот оно)\s*:|"
    r"(?:sure|certainly|of course|absolutely|конечно|разумеется|с удовольствием)[!.]\s",
    re.IGNORECASE,
)
_Phrases = tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]


def _phrases(*listed: tuple[str, str]) -> _Phrases:
    """Patterns, each behind the small-letter pieces (``a|b``) of which its matches have one: to
    look for a piece takes a hundredth of the time a pattern takes, and hardly any text has one."""
    return tuple(
        (tuple(pieces.split("|")), re.compile(pattern, re.IGNORECASE)) for pieces, pattern in listed
    )


_ASSISTANT = _phrases(
    ("as a", r"\bas an? (?:ai|language model)\b"),
    ("как ", r"\bкак (?:ии|языковая модель|искусственный интеллект)\b(?!-)"),
    (
        "i can|i won't|i am |i'm ",
        r"\b(?:i (?:can(?:no|')t|won't|am (?:unable|not able) to)|i'm (?:unable|not able) to) "
        r"(?:write|create|help|assist|provide|generate)\b",
    ),
    (" polic", r"\b(?:content|usage) polic(?:y|ies)\b"),
    (
        "я не ",
        r"\bя не (?:могу|смогу|вправе|буду) (?:\w+ ){0,2}?(?:написать|создать|помочь|составить|"
        r"выполнить|предоставить|сгенерировать|описать)\b",
    ),
    ("политик", r"\bполитик\w+ (?:контента|использования)\b"),
    (" наруша| противореч", r"\b(?:запрос|контент|тема)\w* (?:наруша|противореч)\w+"),
    (
        "let me know|i hope|feel free",
        r"\b(?:let me know if|i hope this helps|feel free to (?:ask|adjust))\b",
    ),
    (
        "надеюсь,|дайте знать|если нужно,|если хотите,",
        r"\b(?:надеюсь, (?:это|текст) (?:поможет|подойд[её]т)|дайте знать, если|"
        r"если (?:нужно|хотите), (?:я )?(?:могу|подготовлю|напишу))",
    ),
)
_BLANK = _phrases(
    ("[", r"\[(?!/?\d)[^\W\d_][^\]\[\n\"]{0,60}\]"),  # [название], [insert brand]
    ("{", r"\{\{?\s*[^\W\d][\w. ]{0,40}\}\}?"),  # {title}
    ("<<", r"<<[^<>\n]{1,40}>>"),
    ("%", r"%[^\W\d_][\w]{2,30}%"),
    ("lorem ipsum", r"\blorem ipsum\b"),
    ("todo|xxx", r"(?-i:\bTODO\b|\bX{3,}\b)"),
    ("____", r"_{4,}"),
)
_SENTENCE = re.compile(r"[^.!?…\n]{20,}")
_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """A failed check. `message` is told to the model that repairs the text, and to people.

    Attributes:
        code: ``empty``, ``placeholder``, ``language``, ``length``, ``claim``, ``html``,
            ``repeats`` or ``duplicate``.
    """

    code: str
    message: str


def tidy(text: str) -> str:
    """The text without the code fence around all of it, if there is one: nothing else is lost."""
    fenced = _FENCED.fullmatch(text)
    return (fenced["body"] if fenced and "```" not in fenced["body"] else text).strip()


def check_text(text: str, rules: CopyRules, title: str = "") -> tuple[Problem, ...]:
    """What is wrong with a text; empty when it may be used.

    Args:
        title: the product's title; its words and brackets are fine in any language.
    """
    shown = visible(text)
    if not re.search(r"[^\W_]", shown):
        return (Problem("empty", "The text is empty."),)
    found = [_placeholder(text, title), html_problem(text, allowed=rules.html)]
    if rules.language is not None:
        found.append(language_problem(shown, rules.language, title))
    problems = [
        Problem(code, message)
        for code, message in zip(("placeholder", "html", "language"), found, strict=False)
        if message
    ]
    problems += _length(shown, rules)
    if claim := claim_in(shown, rules.forbidden):
        problems.append(Problem("claim", f"The text makes a claim that is not allowed: {claim}."))
    if repeated := _repeated(shown):
        problems.append(Problem("repeats", f"The text repeats itself: {repeated}"))
    return tuple(problems)


def claim_in(text: str, forbidden: tuple[str, ...]) -> str:
    """The first forbidden claim the text makes, in any form of its words; empty without one."""
    if not forbidden:
        return ""
    vocabulary, terms, literals = _claims(forbidden)
    places = {place for place, _ in terms.spans(vocabulary.words(text))}
    if places:
        return forbidden[min(places)]
    folded = fold(text)
    for claim, pieces, pattern in literals:
        if all(piece in folded for piece in pieces) and pattern.search(folded):
            return claim
    return ""


@lru_cache(maxsize=64)
def _claims(
    forbidden: tuple[str, ...],
) -> tuple[Vocabulary, Terms[int], list[tuple[str, list[str], re.Pattern[str]]]]:
    """The claims as terms, by their places in the list; those with signs in them (``100%``, ``#1``)
    as patterns behind the pieces that each match holds."""
    vocabulary, literals = Vocabulary(), []
    terms: list[tuple[tuple[int, ...], int]] = []
    for place, claim in enumerate(forbidden):
        if re.fullmatch(r"[\w*'’ -]+", claim):
            terms.append((vocabulary.term(claim.replace("-", " ")), place))
        elif claim.strip():
            parts = re.findall(r"[^\W\d]+|\d+|[^\w\s]", fold(claim))
            pieces = [stem(part) if _has_forms(part) else part for part in parts]
            signs = r"\s*".join(
                re.escape(piece) + (r"\w{0,4}" if _has_forms(part) else "")
                for part, piece in zip(parts, pieces, strict=True)
            )
            literals.append((claim, pieces, re.compile(rf"(?<!\w){signs}(?!\w)")))
    return vocabulary, Terms(terms), literals


def _has_forms(part: str) -> bool:
    return part.isalpha() and len(part) > 3


def _placeholder(text: str, title: str) -> str:
    if "```" in text:
        return "The text holds a code fence."
    if _PREAMBLE.match(text.lstrip().replace("’", "'")):
        return "The text begins with words about the text; give the text alone."
    small = text.lower()
    if talk := next(_found(_ASSISTANT, text, small), None):
        return f"The text speaks as an assistant ({talk!r}); give the text alone."
    for blank in _found(_BLANK, text, small):
        if blank.casefold() not in title.casefold():
            return f"The text holds an unfilled place: {blank}."
    return ""


def _found(phrases: _Phrases, text: str, small: str) -> Iterator[str]:
    for pieces, pattern in phrases:
        if any(piece in small for piece in pieces):
            yield from (match.group() for match in pattern.finditer(text))


def _length(shown: str, rules: CopyRules) -> list[Problem]:
    count = len(shown)
    if count < rules.min_chars:
        wanted = f"at least {rules.min_chars}"
    elif rules.max_chars and count > rules.max_chars:
        wanted = f"at most {rules.max_chars}"
    else:
        return []
    return [Problem("length", f"The text has {count} characters; it needs {wanted}.")]


def _repeated(shown: str) -> str:
    seen: dict[str, int] = {}
    for sentence in _SENTENCE.findall(shown):
        key = " ".join(sentence.casefold().split())
        seen[key] = seen.get(key, 0) + 1
        if seen[key] >= _REPEATS:
            return str(sentence).strip()
    return ""
