"""What is written between words and means nothing there: dashes, brackets, full stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from src.query_engine.nl.lexicon import lexicon
from src.query_engine.nl.text import Token

if TYPE_CHECKING:
    from src.query_engine.nl.context import TableContext

_LONGEST_NAME = 6  # words


def cleaned(tokens: tuple[Token, ...], context: TableContext) -> tuple[Token, ...]:
    """The tokens that are read, with ranges that are values as one."""
    return _without_brackets(_without_dashes(_with_ranges(tokens, context)), context)


def _with_ranges(tokens: tuple[Token, ...], context: TableContext) -> tuple[Token, ...]:
    """Values such as the age group "25-34" as one token, before anything reads them as numbers."""
    kept: list[Token] = []
    for token in tokens:
        if len(kept) > 1 and kept[-1].text in ("-", "–") and token.kind == "number":
            low = kept[-2]
            hits = context.values.full((low.stem, token.stem)) if low.kind == "number" else ()
            if any(f"{low.text}-{token.text}" in hit.values for hit in hits):
                text = f"{low.text}-{token.text}"
                kept[-2:] = [
                    Token(text, text, f"{low.stem} {token.stem}", low.start, token.end, "quoted")
                ]
                continue
        kept.append(token)
    return tuple(kept)


def _without_dashes(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Dashes between words go ("Search - Brand"); between numbers and times they mean a range."""
    time = lexicon().time

    def ranged(i: int) -> bool:
        if not 0 <= i < len(tokens):
            return False
        names = {name for found in time.at(tokens, i).values() for name in found}
        named = any(name.startswith("months:") for name in names)
        return (
            named
            or tokens[i].kind in ("number", "date", "day", "month")
            or _is_quarter(tokens[i].norm)
        )

    return tuple(
        token
        for i, token in enumerate(tokens)
        if token.kind != "punct" or token.text not in "-–—" or (ranged(i - 1) and ranged(i + 1))
    )


def _without_brackets(tokens: tuple[Token, ...], context: TableContext) -> tuple[Token, ...]:
    """The name "Search lost IS (rank)" as it is compared: without its brackets."""
    texts = [t.text for t in tokens]
    for opened in (i for i, text in enumerate(texts) if text == "("):
        closed = next((i for i in range(opened, len(texts)) if texts[i] == ")"), 0)
        inner = tuple(t.stem for t in tokens[opened + 1 : closed])
        for start in range(max(0, opened - _LONGEST_NAME), opened):
            phrase = tuple(t.stem for t in tokens[start:opened]) + inner
            if phrase in context.vocabulary.phrases or phrase in context.set_aside:
                rest = tokens[:opened] + tokens[opened + 1 : closed] + tokens[closed + 1 :]
                return _without_brackets(rest, context)
    for stop in (i for i, text in enumerate(texts) if text == "."):
        rest = tokens[:stop] + tokens[stop + 1 :]
        reach = range(max(0, stop - _LONGEST_NAME), stop)
        if any(_names_across(rest, start, stop, context) for start in reach):
            return _without_brackets(rest, context)
    return tokens


def _names_across(tokens: tuple[Token, ...], start: int, stop: int, context: TableContext) -> bool:
    """Whether a name begins at `start` and goes on past `stop`: "Search impr. share"."""
    ends = range(stop + 1, min(len(tokens), stop + _LONGEST_NAME) + 1)
    phrases = (tuple(t.stem for t in tokens[start:end]) for end in ends)
    return any(p in context.vocabulary.phrases or p in context.set_aside for p in phrases)


def _is_quarter(word: str) -> bool:
    return len(word) == 2 and word[0] in "qh" and word[1] in "1234"
