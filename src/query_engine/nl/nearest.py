"""Questions that can be asked instead of one that cannot; each is checked to have a reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from src.data.profile import Dataset
from src.data.semantic import Role, Table
from src.query_engine.drafts import Clarification
from src.query_engine.nl.mainstays import entity, main_metrics
from src.query_engine.nl.text import stems
from src.query_engine.phrases import Language, by_words, capital, label_in, language_of, plural, say

_WANTED = 3
_TRIED = 8


def nearest_questions(
    question: str, dataset: Dataset, ask: Callable[[str], Clarification]
) -> tuple[str, ...]:
    """Up to three questions about the data that share the most words with `question`."""
    words = set(stems(question[:500]))
    language = language_of(question)
    offered = [q for table in dataset.model.tables for q in _offers(table, words, language)]
    scored = sorted(offered, key=lambda q: -len(words & set(stems(q))))
    kept: list[str] = []
    for candidate in scored[:_TRIED]:
        if len(kept) == _WANTED:
            break
        if candidate not in kept and ask(candidate).interpretations:
            kept.append(candidate)
    return tuple(kept)


def _offers(table: Table, words: set[str], language: Language) -> Iterator[str]:
    def shared(name: str, label: str) -> int:
        return len(words & set(stems(f"{name} {label} {label_in(language, label)}")))

    metrics = sorted(main_metrics(table), key=lambda m: -shared(m.name, m.label))
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
            yield say(language, "instead.by", **told, thing=by_words(language, thing))
        if named:
            things = plural(label_in(language, named[0]))
            yield say(language, "instead.top", **told, things=things)
        if table.time_column:
            yield say(language, "instead.by_month", **told)
    if not metrics and named:
        yield say(language, "instead.list", things=plural(label_in(language, named[0])))
