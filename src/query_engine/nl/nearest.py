"""Questions that can be asked instead of one that cannot; each is checked to have a reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from src.data.profile import Dataset
from src.data.semantic import Metric, Role, Table
from src.query_engine.drafts import Clarification
from src.query_engine.nl.lexicon import kin
from src.query_engine.nl.mainstays import entity, main_metrics
from src.query_engine.nl.text import name_stems, stems
from src.query_engine.phrases import Language, by_words, capital, label_in, language_of, plural, say

_WANTED = 3
_TRIED = 8
_SHORTENED = 3  # times
_CLEAR = 0.7
# What makes the next word part of the question's frame, and what does that to the word before it.
_LEADS = (
    r"\b(by|per|of|from|in|on|for|to|with|each|every|than|how many|how much|"
    r"по|из|от|на|в|для|у|с|за|чем|кажд\w+|сколько|процент|дол[яю]|часть)\s+"
)
_FOLLOWS = r"(?:\s+(?:by|per|for each|по)\b|-\w)"


def nearest_questions(
    question: str,
    missing: tuple[str, ...],
    dataset: Dataset,
    ask: Callable[[str], Clarification],
) -> tuple[str, ...]:
    """Up to three questions that can be asked instead.

    First `question` itself without the words that nothing stands for, when that can be answered: a
    person sees what is left of it, and decides; then those about the data that share the most words
    with it.

    Args:
        missing: the words of `question` that nothing stands for.
    """
    said = stems(question[:500])
    words = set(said)
    language = language_of(question)
    near = _near(said)
    offered = [q for table in dataset.model.tables for q in _offers(table, words, near, language)]
    # What tells the same comes first, then what shares the most words.
    scored = sorted(offered, key=lambda o: (o[0], -len(words & set(stems(o[1])))))
    kept = _without(question, missing, ask)
    for _, candidate in scored[:_TRIED]:
        if len(kept) == _WANTED:
            break
        if candidate not in kept and ask(candidate).interpretations:
            kept.append(candidate)
    return tuple(kept)


def _without(
    question: str, missing: tuple[str, ...], ask: Callable[[str], Clarification]
) -> list[str]:
    """The question without those words, and without what then turns out to be missing, too.

    Only where what is left is whole and clear: nobody means a breakdown without what it is by, or a
    bound without its number.
    """
    for _ in range(_SHORTENED):
        shorter = question
        for words in missing:
            apart = r"\W+".join(map(re.escape, words.split()))
            framed = re.search(f"{_LEADS}{apart}|{apart}{_FOLLOWS}", question, re.IGNORECASE)
            if framed or any(map(str.isdigit, words)):
                return []
            shorter = re.sub(rf"(?<!\w){apart}(?!\w)", " ", shorter, flags=re.IGNORECASE)
        shorter = re.sub(r"\s+([,.:;?!])", r"\1", " ".join(shorter.split())).strip(" ,:;-–—")
        if shorter == question or not shorter:
            break
        read = ask(shorter)
        if read.interpretations:
            return [shorter] if read.interpretations[0].confidence >= _CLEAR else []
        question, missing = shorter, read.refusal.missing if read.refusal else ()
    return []


def _near(said: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The stems of measures that tell much of the same as one in the question."""
    reach = range(1, max(map(len, kin())) + 1)
    for length in reversed(reach):
        for i in range(len(said) - length + 1):
            if names := kin().get(said[i : i + length]):
                return tuple(stems(name) for name in names)
    return ()


def _offers(
    table: Table, words: set[str], near: tuple[tuple[str, ...], ...], language: Language
) -> Iterator[tuple[int, str]]:
    """Questions with their place: that of their measure in `near`, or after all of those."""

    def shared(name: str, label: str) -> int:
        return len(words & set(stems(f"{name} {label} {label_in(language, label)}")))

    def place(metric: Metric) -> int:
        names = (name_stems(metric.name), stems(metric.label))
        return next((i for i, kin_name in enumerate(near) if kin_name in names), len(near))

    metrics = sorted(main_metrics(table), key=lambda m: (place(m), -shared(m.name, m.label)))
    columns = [c for c in table.columns if c.role is Role.DIMENSION]
    columns.sort(key=lambda c: -shared(c.name, c.label))
    main = entity(table)
    named = [c.label or c.name for c in columns[:2]]
    if main and len(named) < 2:
        named.append(main.label or main.name)
    for metric in metrics[:3]:
        label = metric.label or metric.name
        name = label_in(language, label)
        # an English question keeps the label as the data has it
        told = {"metric": label if language == "en" else name, "Metric": capital(name)}
        for thing in named[:2]:
            yield (
                place(metric),
                say(language, "instead.by", **told, thing=by_words(language, thing)),
            )
        if named:
            things = plural(label_in(language, named[0]))
            yield place(metric), say(language, "instead.top", **told, things=things)
        if table.time_column:
            yield place(metric), say(language, "instead.by_month", **told)
    if not metrics and named:
        yield 0, say(language, "instead.list", things=plural(label_in(language, named[0])))
