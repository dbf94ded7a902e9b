"""What code checks in a text before anybody sees it. Pure functions; nothing is repaired here.

Duplicates are found by `checks_duplicates.py`, since they need the other texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from src.catalogue.checks_html import html_problem, visible
from src.catalogue.checks_language import language_problem
from src.catalogue.terms import Vocabulary, fold, spans, stem
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
_ASSISTANT = re.compile(
    r"\bas an? (?:ai|language model)\b|\bкак (?:ии|языковая модель|искусственный интеллект)\b|"
    r"\b(?:i (?:can(?:no|')t|won't|am (?:unable|not able) to)|i'm (?:unable|not able) to) "
    r"(?:write|create|help|assist|provide|generate)\b|\b(?:content|usage) polic(?:y|ies)\b|"
    r"\bя не (?:могу|смогу|вправе|буду) (?:\w+ ){0,2}?(?:написать|создать|помочь|составить|"
    r"выполнить|предоставить|сгенерировать|описать)\b|\bполитик\w+ (?:контента|использования)\b|"
    r"\b(?:запрос|контент|тема)\w* (?:наруша|противореч)\w+|"
    r"\b(?:let me know if|i hope this helps|feel free to (?:ask|adjust))\b|"
    r"\b(?:надеюсь, (?:это|текст) (?:поможет|подойд[её]т)|дайте знать, если|"
    r"если (?:нужно|хотите), (?:я )?(?:могу|подготовлю|напишу))",
    re.IGNORECASE,
)
_BLANK = re.compile(
    r"\[(?!/?\d)[^\W\d_][^\]\[\n\"]{0,60}\]|"  # [название], [insert brand]
    r"\{\{?\s*[^\W\d][\w. ]{0,40}\}\}?|"  # {title}
    r"<<[^<>\n]{1,40}>>|%[^\W\d_][\w]{2,30}%|"
    r"\blorem ipsum\b|(?-i:\bTODO\b|\bX{3,}\b)|_{4,}",
    re.IGNORECASE,
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
    words = vocabulary.words(text)
    for claim, term in terms:
        if any(spans((term,), words)):
            return claim
    folded = fold(text)
    return next((claim for claim, pattern in literals if pattern.search(folded)), "")


@lru_cache(maxsize=64)
def _claims(
    forbidden: tuple[str, ...],
) -> tuple[Vocabulary, list[tuple[str, tuple[int, ...]]], list[tuple[str, re.Pattern[str]]]]:
    """The claims as terms; those with signs in them (``100%``, ``#1``) as patterns."""
    vocabulary, terms, literals = Vocabulary(), [], []
    for claim in forbidden:
        if re.fullmatch(r"[\w*'’ -]+", claim):
            terms.append((claim, vocabulary.term(claim.replace("-", " "))))
        elif claim.strip():
            parts = re.findall(r"[^\W\d]+|\d+|[^\w\s]", fold(claim))
            signs = r"\s*".join(_any_form(part) for part in parts)
            literals.append((claim, re.compile(rf"(?<!\w){signs}(?!\w)")))
    return vocabulary, terms, literals


def _any_form(part: str) -> str:
    if part.isalpha() and len(part) > 3:
        return rf"{re.escape(stem(part))}\w{{0,4}}"
    return re.escape(part)


def _placeholder(text: str, title: str) -> str:
    if "```" in text:
        return "The text holds a code fence."
    if _PREAMBLE.match(text.lstrip().replace("’", "'")):
        return "The text begins with words about the text; give the text alone."
    if talk := _ASSISTANT.search(text):
        return f"The text speaks as an assistant ({talk.group()!r}); give the text alone."
    for blank in _BLANK.finditer(text):
        if blank.group().casefold() not in title.casefold():
            return f"The text holds an unfilled place: {blank.group()}."
    return ""


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
